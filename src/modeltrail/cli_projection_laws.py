"""Does a projection keep the laws? What `modeltrail.testing` finds out, law by law, up to the first that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from modeltrail.projections.projection import Projection


class Tried(NamedTuple):
    """What became of a law. `flaw`: what breaks it, with the smallest history found; null where it is kept."""

    law: str
    sentence: str
    flaw: str | None

    @property
    def document(self) -> dict[str, object]:
        """The same as JSON."""
        return {"law": self.law, "sentence": self.sentence, "ok": self.flaw is None}


def laws_tried(projection: Projection[Any], examples: int) -> Iterator[Tried]:
    """The laws, each tried on so many drawn histories. Raises ValueError where what draws them is not installed."""
    try:
        import_module("hypothesis")
    except ImportError:
        raise ValueError("drawing histories needs hypothesis: pip install 'modeltrail[testing]'") from None
    testing: Any = import_module("modeltrail.testing")
    for law in testing.LAWS:
        try:
            testing.check_law(projection, law, examples=examples)
        except AssertionError as broken:
            yield Tried(law.name, law.sentence, str(broken))
            return
        yield Tried(law.name, law.sentence, None)
