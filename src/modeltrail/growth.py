"""How does a row grow by facts that come in order on both clocks? Only the last rectangle of its key changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modeltrail.clocks import micros
from modeltrail.domain.facts import Fact, precedes
from modeltrail.shapes import Values
from modeltrail.tables import OPEN, Changes, KeyValues, Stored


@dataclass(slots=True)
class Tail:
    """The end of a key as known now. `latest`: when the last of its facts was effective; `last`: that fact, where it is
    known; `before`: the row before `valid_from`; `rowid` 0: there is no rectangle yet."""

    rowid: int = 0
    valid_from: int = -OPEN
    known_from: int = -OPEN
    position: int = 0
    row: Any = None
    values: Values = ()
    latest: int = -OPEN
    last: Fact | None = None
    before: Any = None


def comes_in_order(tail: Tail, news: Sequence[Fact]) -> bool:
    """Whether facts count after all of a key, one after the other, and become known one after the other."""
    latest, last, known = tail.latest, tail.last, tail.known_from
    for fact in news:
        at, learned = micros(fact.effective_at), micros(fact.known_at)
        if at < latest or learned < known:
            return False
        if at == latest and (last is None or not precedes(last, fact)):
            return False
        latest, last, known = at, fact, learned
    return True


class Growth:
    """The changes that facts in order make to the end of a key."""

    def __init__(self, tail: Tail, changes: Changes, take_rowid: Callable[[], int]) -> None:
        self.tail = replace(tail)
        self._changes, self._take_rowid = changes, take_rowid
        self._steps: list[tuple[Callable[[int, int], None], int, int]] = []
        self._inserts: list[tuple[int, Stored]] = []

    def take(self, key: KeyValues, fact: Fact, row: Any, values: Values | None) -> bool:
        """Take the row after a fact; false where it is again the row before the moment of the fact."""
        tail, at, known = self.tail, micros(fact.effective_at), micros(fact.known_at)
        tail.latest, tail.last = at, fact
        if values is None:
            return True
        is_same_moment = tail.rowid and at == tail.valid_from
        if is_same_moment and row == tail.before:
            return False
        if tail.rowid:
            self._end(at, known, keeps_past=not is_same_moment)
        if not is_same_moment:
            tail.before = tail.row
        tail.row, tail.values, tail.position = row, values, fact.position
        tail.valid_from, tail.known_from = at, known
        tail.rowid = self._take_rowid()
        self._inserts.append((tail.rowid, Stored(at, OPEN, known, OPEN, fact.position, int(row is None), values)))
        return True

    def _end(self, at: int, known: int, *, keeps_past: bool) -> None:
        """End what was the last rectangle: it is known no longer, and what it says of the past is known anew."""
        tail = self.tail
        if known > tail.known_from:
            self._steps.append((self._changes.end_known, tail.rowid, known))
            if keeps_past:
                is_gone = int(tail.row is None)
                past = Stored(tail.valid_from, at, known, OPEN, tail.position, is_gone, tail.values)
                self._inserts.append((self._take_rowid(), past))
        elif keeps_past:
            self._steps.append((self._changes.end_valid, tail.rowid, at))
        else:
            self._steps.append((lambda rowid, _: self._changes.drop(rowid), tail.rowid, 0))

    def commit(self, key: KeyValues) -> None:
        """Hand all changes over."""
        for rowid, stored in self._inserts:
            self._changes.inserts[rowid] = key, stored
        for change, rowid, moment in self._steps:
            change(rowid, moment)
