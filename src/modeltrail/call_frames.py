"""How are calls in a data frame annotated, and in a file of Parquet? Column by column, with polars (an extra).

A file is read, annotated and written in batches by the streaming engine of polars, of which few are in memory at a
time. Python looks at the two columns that say when which deployment was called; all others pass by untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from modeltrail.annotating import COLUMNS, Annotator, Columns, possible_json
from modeltrail.call_times import CallTimes
from modeltrail.projections.calls import Annotation, Served

if TYPE_CHECKING:
    import polars

Frame = TypeVar("Frame", "polars.DataFrame", "polars.LazyFrame")


def annotate_frame(annotator: Annotator, calls: Frame, columns: Columns) -> Frame:
    """The calls, a column more for each thing that is added; of a lazy frame only once it is collected.

    Raises ValueError, with the way out, where a column is missing or holds no times.
    """
    import polars

    if isinstance(calls, polars.DataFrame):
        _check(calls.schema, annotator.times, columns)
        return _annotated(annotator, calls, columns)
    schema = calls.collect_schema()
    _check(schema, annotator.times, columns)
    return calls.map_batches(
        lambda batch: _annotated(annotator, batch, columns),
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
        schema=dict(schema) | dict(zip(columns.added, _types(), strict=True)),
        streamable=True,
    )


def annotate_parquet(annotator: Annotator, source: Path, target: Path, columns: Columns) -> None:
    """Write the calls of a file, annotated, into another one. Raises ValueError as `annotate_frame`."""
    try:
        import polars
    except ImportError:
        raise ValueError("calls in Parquet need polars: pip install 'modeltrail[polars]'") from None
    with source.open("rb"):
        pass  # what is not there is told as of every other file
    try:
        calls = annotate_frame(annotator, polars.scan_parquet(source, glob=False), columns)
        calls.sink_parquet(target)
    except polars.exceptions.PolarsError as error:
        raise ValueError(f"{source} cannot be annotated as Parquet ({error}): correct it") from None


def _types() -> list[Any]:
    """The types of what is added."""
    import polars

    return [polars.List(polars.Int64) if name == "because" else polars.String for name in COLUMNS]


def _check(schema: polars.Schema, times: CallTimes, columns: Columns) -> None:
    """Raise ValueError, with the way out, for columns in which no call can be looked up."""
    import polars

    columns.check(schema.names())
    kind, name = schema[columns.time], columns.time
    is_date = isinstance(kind, polars.Datetime | polars.Date)
    if isinstance(kind, polars.Datetime) and kind.time_zone is None and not times.utc:
        raise ValueError(
            f"{name!r} has no time zone: replace it (dt.replace_time_zone), or say that its times are in UTC (utc)"
        )
    if is_date and times.unit is not None:
        raise ValueError(f"{name!r} holds moments, and no numbers of {times.unit}: leave the unit out")
    if not is_date and not isinstance(kind, polars.String | polars.Null) and times.unit is None:
        raise ValueError(f"{name!r} holds {kind}, and no dates: if it counts from 1970, say in what unit")
    if not isinstance(schema[columns.deployment], polars.String | polars.Categorical | polars.Enum | polars.Null):
        raise ValueError(f"{columns.deployment!r} holds {schema[columns.deployment]}, and no names of deployments")


def _annotated(annotator: Annotator, calls: polars.DataFrame, columns: Columns) -> polars.DataFrame:
    """A batch of calls, with what is added."""
    import polars

    names = calls[columns.deployment].cast(polars.String).to_list()
    times = calls[columns.time]
    is_date = isinstance(times.dtype, polars.Datetime | polars.Date)
    with annotator.lock:
        find = annotator.at if is_date else annotator.annotation
        found = list(map(find, names, (_microseconds(times) if is_date else times).to_list()))
    return calls.with_columns(_added(found, columns))


def _added(found: Sequence[Annotation], columns: Columns) -> list[polars.Series]:
    """What is added to calls, column by column. Little of it differs: the rest is looked up where it stands once."""
    import polars

    number: dict[Served | None, int] = {}
    numbers = [number.setdefault(one.served, len(number)) for one in found]
    texts = dict.fromkeys(columns.added[:5], polars.String)
    served = polars.DataFrame(list(map(_cells, number)), schema=texts, orient="row")
    because, why = columns.added[5:]
    rest = polars.Series(because, [None if one.served is None else one.because for one in found], dtype=polars.String)
    positions = rest.str.extract_all(r"\d+").cast(polars.List(polars.Int64))
    problems = polars.Series(why, [one.problem for one in found], dtype=polars.String)
    return [*served[numbers].get_columns(), positions, problems]


def _microseconds(moments: polars.Series) -> polars.Series:
    """Moments in microseconds since 1970; what is below is cut off."""
    import polars

    moments = moments.cast(polars.Datetime("us")) if moments.dtype == polars.Date else moments
    return moments.dt.cast_time_unit("us").to_physical()


def _cells(served: Served | None) -> tuple[str | None, ...]:
    if served is None:
        return (None,) * 5
    possible = possible_json(served) if served.possible else None
    return (served.status, served.model, served.version, served.certainty, possible)
