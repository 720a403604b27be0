"""Which readings lie around a moment, and which of them says something of a key? The nearest that could read it (R41).

Most readings say something of every key in their scope: it is there, or it is not. A row that cannot be read says
nothing of its key, and one without a name leaves open of every key that is not there whether it was that row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modeltrail.shown import Entry, Exports, Reading


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A reading beside a moment. `entries`: what it showed otherwise than the one before it; `unread`: of what it says
    nothing."""

    reading: Reading
    entries: Mapping[str, Entry]
    unread: frozenset[str]

    def tells(self, key: str, shown_before: str | None) -> bool:
        """Whether it says something of a key, where it was shown so before it."""
        if key in self.unread:
            return False
        return not self.reading.unnamed or shown_before is not None or key in self.entries

    @property
    def tells_all(self) -> bool:
        """Whether it says something of every key."""
        return not self.unread and not self.reading.unnamed


class Side:
    """The readings of one scope on one side of a moment, the nearest first, looked up as far as somebody asks."""

    def __init__(
        self, exports: Exports, export: str, scope: str, at: datetime, relation: Literal["<", ">", ">="]
    ) -> None:
        self._exports, self._export, self._scope = exports, export, scope
        self._relation: Literal["<", ">", ">="] = relation
        self._end: datetime | None = at
        self._found: list[Neighbour] = []

    def __iter__(self) -> Iterator[Neighbour]:
        number = 0
        while number < len(self._found) or self._look_further():
            yield self._found[number]
            number += 1

    def _look_further(self) -> bool:
        if self._end is None:
            return False
        exports, relation = self._exports, self._relation
        reading = exports.beside(self._export, self._scope, self._end, relation)
        self._end = None if reading is None else reading.at
        if reading is None:
            return False
        self._relation = "<" if relation == "<" else ">"
        is_asked = relation != "<" or reading.unnamed
        entries = exports.at(self._export, self._scope, reading.at) if is_asked else {}
        self._found.append(Neighbour(reading, entries, exports.unread(self._export, reading.at)))
        return True

    def telling(self, key: str, shown_before: str | None) -> Neighbour | None:
        """The nearest that says something of a key, which was shown so before it; null where none does."""
        return next((one for one in self if one.tells(key, shown_before)), None)

    def hushed(self, key: str) -> Iterator[Neighbour]:
        """Those, up to the nearest that says something of a key, which say nothing of it as it was not there before."""
        for one in self:
            if one.tells(key, None):
                return
            if key not in one.unread:
                yield one
