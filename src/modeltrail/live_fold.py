"""What are the rows of a projection, for a question asked once? One pass over the log, without tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple, TypeVar

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, Retractions, in_order, is_known, precedes
from modeltrail.log import Log
from modeltrail.projections.plane import HandlerFailed, applied
from modeltrail.projections.projection import Key, Projection
from modeltrail.views import Rows

Row = TypeVar("Row")


class _Line:
    """The facts of a key, and its row while they come in order."""

    __slots__ = ("facts", "is_folded", "row")

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.row: Any = None
        self.is_folded = True


class _Known(NamedTuple):
    """Who is asked: somebody who knows what was known at a moment, null for all."""

    known_at: datetime | None
    retractions: Retractions

    def is_disturbed(self, facts: Sequence[Fact]) -> bool:
        """Whether one of some facts was ever retracted."""
        return bool(self.retractions) and any(fact.position in self.retractions for fact in facts)

    def of(self, facts: Sequence[Fact]) -> list[Fact]:
        """Those of some facts that are known."""
        return [fact for fact in facts if is_known(fact, self.known_at, self.retractions)]


def fold(log: Log, projection: Projection[Row], at: datetime | None, known_at: datetime | None) -> Rows[Row]:
    """The rows by their keys at a moment as known at another; null for now and for all that is known (R6)."""
    lines: dict[Key, _Line] = {}
    retractions: dict[int, list[Fact]] = {}
    lost: list[int] = []
    kinds = projection.kinds | {FactRetracted.type}
    for fact in log.pick(0, log.size(), lambda _, kind: kind in kinds):
        if isinstance(fact.event, FactRetracted):
            retractions.setdefault(fact.event.position, []).append(fact)
        is_past = at is None or fact.effective_at <= at or projection.sifts  # a sift looks at all that is known
        if is_past and (known_at is None or fact.known_at <= known_at):
            _take(projection, lines, fact, lost)
    known = _Known(known_at, retractions)
    stale = [key for key, line in lines.items() if not _settle(projection, key, line, at, known)]
    rows = {key: line.row for key, line in lines.items() if line.row is not None}
    return Rows(rows, frozenset(stale), tuple(position for position in lost if position not in retractions))


def _take(projection: Projection[Any], lines: dict[Key, _Line], fact: Fact, lost: list[int]) -> None:
    """Take a fact; where it comes out of order its keys are folded in the end."""
    try:
        keys = projection.keys(fact)
    except Exception:  # a key function is somebody else's code: the position is named in the answer
        lost.append(fact.position)
        return
    for key in keys:
        line = lines.get(key)
        if line is None:
            line = lines[key] = _Line()
        facts = line.facts
        if line.is_folded:
            if projection.sifts or (facts and not precedes(facts[-1], fact)):
                line.is_folded = False
            else:
                try:
                    line.row = projection.apply(line.row, key, fact)
                except Exception:  # folded again in the end, where it is told
                    line.is_folded = False
        facts.append(fact)


def _settle(projection: Projection[Any], key: Key, line: _Line, at: datetime | None, known: _Known) -> bool:
    """Fold a key whose facts came out of order, or were retracted; false where one of them cannot be taken."""
    if line.is_folded and not known.is_disturbed(line.facts):
        return True
    line.row = None
    counted = projection.counted(key, in_order(known.of(line.facts)))
    try:
        for fact in counted if at is None else takewhile(lambda fact: fact.effective_at <= at, counted):
            line.row = applied(projection, line.row, key, fact)
    except HandlerFailed:
        return False
    return True
