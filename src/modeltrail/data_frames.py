"""How do the rows of a projection become a data frame? Columns with the types of the fields, in polars (an extra)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modeltrail.shapes import Shape

if TYPE_CHECKING:
    import polars


def frame_of(shape: Shape[Any], records: Sequence[Mapping[str, Any]]) -> polars.DataFrame:
    """Records as a data frame. Raises ValueError, with the way out, where polars is not installed."""
    try:
        import polars
    except ImportError:
        raise ValueError("data frames need polars: pip install 'modeltrail[polars]'") from None
    moment = polars.Datetime("us", "UTC")
    types: dict[str, Any] = {
        "INTEGER": polars.Int64,
        "FACT": polars.Int64,
        "REAL": polars.Float64,
        "BOOLEAN": polars.Boolean,
        "MOMENT": moment,
        "DURATION": polars.Duration("us"),
        "DATE": polars.Date,
    }
    schema = dict.fromkeys(shape.key_names, polars.String) | {
        name: types.get(kind, polars.String) for name, kind in zip(shape.names, shape.kinds, strict=True)
    }
    schema |= {"since": moment, "position": polars.Int64, "is_stale": polars.Boolean}
    columns = {name: [record[name] for record in records] for name in schema}
    return polars.DataFrame(columns, schema=schema)
