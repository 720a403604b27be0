"""What are the rows of a projection, for a question asked once? One pass over the log, without tables.

Of each key the last few facts are at hand, so that late news finds its place among them. Where it belongs before those,
or something was retracted, the key is folded in the end from all of its facts, which are read again: memory holds rows
and positions, however long the log is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple, TypeVar

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, in_order, is_known, precedes
from modeltrail.log import Log
from modeltrail.projections.plane import HandlerFailed, applied
from modeltrail.projections.projection import Key, Projection
from modeltrail.views import Rows

Row = TypeVar("Row")
AT_HAND = 4
"""How many of the last facts of a key are kept at least, and twice as many at most."""
READ_AGAIN = 10_000
"""How many facts are read again at once."""


class Asked(NamedTuple):
    """Which moment is asked about, and whose knowledge; null for now, and for all that is known."""

    at: datetime | None
    known_at: datetime | None


class _Line:
    """The row of a key while its facts come. `base`: the row before the last ones, which are kept, each with the row
    that it made. `again`: it is to be folded from all of its facts."""

    __slots__ = ("again", "base", "kept", "positions", "row")

    def __init__(self, *, again: bool) -> None:
        self.positions = array("q")
        self.base: Any = None
        self.kept: list[tuple[Fact, Any]] = []
        self.row: Any = None
        self.again = again


def fold(log: Log, projection: Projection[Row], at: datetime | None, known_at: datetime | None) -> Rows[Row]:
    """The rows by their keys at a moment as known at another; null for now and for all that is known (R6)."""
    folding = _LiveFold(log, projection, Asked(at, known_at))
    folding.read()
    stale = folding.settle()
    rows = {key: line.row for key, line in folding.lines.items() if line.row is not None}
    return Rows(rows, frozenset(stale), tuple(folding.lost))


class _LiveFold:
    """One pass over the log, and what has to be done after it."""

    def __init__(self, log: Log, projection: Projection[Any], asked: Asked) -> None:
        self._log, self._projection, self._asked = log, projection, asked
        self._retractions: dict[int, list[Fact]] = {}
        self.lines: dict[Key, _Line] = {}
        self.lost: list[int] = []
        """Positions of which the key cannot be told."""

    def read(self) -> None:
        """Take all facts."""
        (at, known_at), projection = self._asked, self._projection
        kinds = projection.kinds
        wanted = kinds | {FactRetracted.type}
        for fact in self._log.pick(0, self._log.size(), lambda _, kind: kind in wanted):
            if isinstance(fact.event, FactRetracted):
                self._retractions.setdefault(fact.event.position, []).append(fact)
            is_past = at is None or fact.effective_at <= at or projection.sifts  # a sift looks at all that is known
            if is_past and (known_at is None or fact.known_at <= known_at) and fact.event.type in kinds:
                self._take(fact)

    def _take(self, fact: Fact) -> None:
        projection, lines = self._projection, self.lines
        try:
            keys = projection.keys(fact)
        except Exception:  # a key function is somebody else's code: the position is named in the answer
            self.lost.append(fact.position)
            return
        for key in keys:
            line = lines.get(key)
            if line is None:
                line = lines[key] = _Line(again=projection.sifts)
            line.positions.append(fact.position)
            if not line.again:
                self._place(line, key, fact)

    def _place(self, line: _Line, key: Key, fact: Fact) -> None:
        """Fold a fact where it belongs, among those that are kept or after them; else all are folded in the end."""
        kept = line.kept
        try:
            if not kept or precedes(kept[-1][0], fact):
                line.row = self._projection.apply(line.row, key, fact)
                kept.append((fact, line.row))
            else:
                self._insert(line, key, fact)
        except Exception:  # a handler is somebody else's code: folded again in the end, where it is told
            line.again = True
        if len(kept) > 2 * AT_HAND:
            line.base = kept[AT_HAND - 1][1]
            del kept[:AT_HAND]

    def _insert(self, line: _Line, key: Key, fact: Fact) -> None:
        at = bisect_left(line.kept, True, key=lambda pair: not precedes(pair[0], fact))
        is_first_ever = len(line.positions) == len(line.kept) + 1
        if at == 0 and not is_first_ever:
            line.again = True
            return
        later = [fact, *(other for other, _ in line.kept[at:])]
        del line.kept[at:]
        line.row = line.kept[-1][1] if line.kept else line.base
        for one in later:
            line.row = self._projection.apply(line.row, key, one)
            line.kept.append((one, line.row))

    def settle(self) -> list[Key]:
        """Fold the keys again that came out of order, or of which something was retracted; which of them cannot be."""
        for fact in self._log.at(self._retractions):
            with suppress(Exception):  # it is in `lost`
                for key in self._projection.keys(fact):
                    if key in self.lines:
                        self.lines[key].again = True
        again = {key: line for key, line in self.lines.items() if line.again}
        self.lost = [position for position in self.lost if position not in self._retractions]
        return [key for key, facts in self._read_again(again) if not self._settled(key, again[key], facts)]

    def _read_again(self, lines: dict[Key, _Line]) -> Iterator[tuple[Key, list[Fact]]]:
        """The facts of some keys, many at once."""
        some: dict[Key, _Line] = {}
        for key, line in lines.items():
            some[key] = line
            if sum(len(one.positions) for one in some.values()) >= READ_AGAIN:
                yield from self._read_some(some)
                some = {}
        yield from self._read_some(some)

    def _read_some(self, lines: dict[Key, _Line]) -> Iterator[tuple[Key, list[Fact]]]:
        facts = {fact.position: fact for fact in self._log.at({at for one in lines.values() for at in one.positions})}
        for key, line in lines.items():
            yield key, [facts[position] for position in line.positions]

    def _settled(self, key: Key, line: _Line, facts: Sequence[Fact]) -> bool:
        line.row = None
        at, known_at = self._asked
        known = [fact for fact in facts if is_known(fact, known_at, self._retractions)]
        counted: Iterable[Fact] = self._projection.counted(key, in_order(known))
        try:
            for fact in counted if at is None else takewhile(lambda fact: fact.effective_at <= at, counted):
                line.row = applied(self._projection, line.row, key, fact)
        except HandlerFailed:
            return False
        return True
