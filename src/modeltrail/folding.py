"""How do new facts change stored rows? One by one where they come in order, else their keys are folded again.

Nothing is written here: a page of facts becomes `Changes`, which are written with the position reached.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from modeltrail.clocks import micros
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, Retractions, in_order, is_known
from modeltrail.growth import Growth, Tail, comes_in_order
from modeltrail.projections.plane import HandlerFailed, Rectangle, applied, rectangles
from modeltrail.projections.projection import Key, Projection
from modeltrail.registry import NO_KEY, key_text
from modeltrail.shapes import Shape, Values
from modeltrail.tables import OPEN, Changes, KeyValues, Stored, Tables

TAILS_KEPT = 20_000
"""How many ends of keys are remembered at most."""
Letter = tuple[str, int, str]
"""The text of a key, a position and an error."""


class Source(Protocol):
    """Where the facts of a key come from when it is folded again."""

    @property
    def is_indexed(self) -> bool:
        """Whether the table of positions by key is needed for that."""
        ...

    def matters(self, fact: Fact) -> bool:
        """Whether a fact may change any row."""
        ...

    def facts(self, cursor: sqlite3.Cursor, key: KeyValues, until: int) -> list[Fact]:
        """All facts up to a position that concern a key, retracted ones too."""
        ...

    def fact(self, cursor: sqlite3.Cursor, position: int) -> Fact:
        """The fact at a position."""
        ...

    def retractions(self, until: int) -> Retractions:
        """The retractions up to a position."""
        ...


@dataclass(slots=True)
class Page:
    """What a page of facts brings about. `news`: its facts by key. `again`: the keys to be folded again, with the first
    moment at which something was learned of them."""

    changes: Changes = field(default_factory=Changes)
    letters: list[Letter] = field(default_factory=list)
    again: dict[KeyValues, datetime] = field(default_factory=dict)
    news: Mapping[KeyValues, list[Fact]] = field(default_factory=dict)


class Unfit(ValueError):
    """A projection that cannot be stored. The message says how to mend it."""


class Folding:
    """Folds pages of facts into changes of the tables of one build."""

    def __init__(self, projection: Projection[Any], shape: Shape[Any], tables: Tables, source: Source) -> None:
        self._projection, self._shape, self._tables, self._source = projection, shape, tables, source
        self.tails: dict[KeyValues, Tail] = {}
        self._next_rowid = 0

    def forget(self) -> None:
        """Forget what was remembered of the tables: somebody else has written to them."""
        self.tails.clear()
        self._next_rowid = 0

    def page(self, cursor: sqlite3.Cursor, facts: Sequence[Fact], stale: set[str]) -> Page:
        """What some facts bring about. Keys that are stale are not folded.

        Nothing is folded again here: `again` says which keys are to be.
        """
        found = Page()
        self._number(cursor)
        found.news = self._by_key(cursor, facts, found)
        for key, arrived in found.news.items():
            if key_text(key) in stale:
                found.again.pop(key, None)
            elif key in found.again or not self._grow(cursor, key, arrived, found):
                learned = [fact.known_at for fact in arrived]
                found.again[key] = min([*learned, *([found.again[key]] if key in found.again else [])])
        for key in found.again:
            self.tails.pop(key, None)
        if len(self.tails) > TAILS_KEPT:
            self.tails.clear()
        return found

    def _by_key(self, cursor: sqlite3.Cursor, facts: Iterable[Fact], found: Page) -> Mapping[KeyValues, list[Fact]]:
        news: defaultdict[KeyValues, list[Fact]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact.event, FactRetracted):
                for key in self.retracted_keys(cursor, fact):
                    known = found.again.get(key)
                    found.again[key] = fact.known_at if known is None else min(known, fact.known_at)
                    news.setdefault(key, [])
            if not self._source.matters(fact):
                continue
            for key in self.find(fact, found.changes, found.letters):
                news[key].append(fact)
        return news

    def find(self, fact: Fact, changes: Changes, letters: list[Letter]) -> list[KeyValues]:
        """The keys of a fact, to be remembered; none where the function that gives them fails."""
        try:
            keys = self.keys(fact)
        except HandlerFailed as failed:
            letters.append((NO_KEY, failed.position, failed.error))
            return []
        if self._source.is_indexed:
            at = micros(fact.effective_at)
            changes.concerned += [(key, at, fact.position) for key in keys]
        return keys

    def keys(self, fact: Fact) -> list[KeyValues]:
        """The keys of a fact, as columns hold them. Raises HandlerFailed."""
        try:
            return [self._shape.key_values(key) for key in self._projection.keys(fact)]
        except Exception as error:  # a key function is somebody else's code
            message = f"{type(error).__name__}: {error}"
            raise HandlerFailed(self._projection.name, None, fact.position, message) from error

    def retracted_keys(self, cursor: sqlite3.Cursor, retraction: Fact) -> list[KeyValues]:
        """The keys of the fact that is retracted, and where that is a retraction, of what comes back."""
        found: list[KeyValues] = []
        fact = retraction
        while isinstance(fact.event, FactRetracted):
            fact = self._source.fact(cursor, fact.event.position)
            with suppress(HandlerFailed):  # it was never folded
                found += self.keys(fact)
        return found

    def _tail(self, cursor: sqlite3.Cursor, key: KeyValues, rowid: int, stored: Stored, latest: int) -> Tail:
        row = None if stored.is_gone else self._decoded(cursor, key, stored.values)
        return Tail(rowid, stored.valid_from, stored.known_from, stored.position, row, stored.values, latest)

    def check(self, cursor: sqlite3.Cursor, key: KeyValues, facts: Sequence[Fact], until: int) -> None:
        """Raise Unfit for a handler that changes the row that it is given, or whose row is another one when it is read
        back. Raises HandlerFailed."""
        name, row = self._shape.key(key), None
        retractions = self._source.retractions(until)
        known = in_order(fact for fact in facts if is_known(fact, None, retractions))
        for fact in self._projection.counted(name, known):
            before, held = row, self._shape.encode(row)
            row = applied(self._projection, before, name, fact)
            if self._shape.encode(before) != held:
                raise Unfit(
                    f"{self._projection.name} changes the row that it is given at position {fact.position} "
                    f"({fact.event.type}): let its handler leave that as it is and return a new row, as "
                    "row.model_copy(update=...) makes one, and let lists and mappings in it be new ones too"
                )
            back = None if row is None else self._decoded(cursor, key, self._encoded(name, row, fact.position))
            if back != row:
                raise Unfit(
                    f"{self._projection.name} is {row!r} after position {fact.position}, and {back!r} when it is read "
                    "back: let each field hold what its type says, and a field that is named like a part of the key "
                    "that part of it"
                )

    def _decoded(self, cursor: sqlite3.Cursor, key: KeyValues, values: Values) -> Any:
        return self._shape.decode(key, values, lambda position: self._source.fact(cursor, position))

    def _loaded(self, cursor: sqlite3.Cursor, key: KeyValues) -> Tail:
        latest = self._tables.latest(cursor, key)
        found = self._tables.tail(cursor, key)
        if found is None and latest is not None and self._tables.known_since(cursor, key, -OPEN):
            return Tail(latest=OPEN)  # all of it was retracted: what was known before bounds what comes
        if found is None:
            return Tail(latest=-OPEN if latest is None else latest)
        return self._tail(cursor, key, *found, OPEN if latest is None else latest)

    def _grow(self, cursor: sqlite3.Cursor, key: KeyValues, news: Sequence[Fact], found: Page) -> bool:
        """Let a key grow by facts that come in order on both clocks; false where they do not, and nothing is done."""
        if self._projection.sifts:
            return False
        tail = self.tails.get(key)
        if tail is None:
            tail = self._loaded(cursor, key)
        if not comes_in_order(tail, news):
            return False
        growth = Growth(tail, found.changes, self._take_rowid)
        for fact in news:
            try:
                row, values = self._applied(growth.tail.row, key, fact)
            except HandlerFailed as failed:
                found.letters.append((key_text(key), failed.position, failed.error))
                break
            if not growth.take(key, fact, row, values):
                return False
        growth.commit(key)
        self.tails[key] = growth.tail
        return True

    def _number(self, cursor: sqlite3.Cursor) -> None:
        """Learn which numbers of rows are free."""
        if not self._next_rowid:
            self._next_rowid = self._tables.next_rowid(cursor)

    def _take_rowid(self) -> int:
        self._next_rowid += 1
        return self._next_rowid - 1

    def _applied(self, before: Any, key: KeyValues, fact: Fact) -> tuple[Any, Values | None]:
        """The next row and what its columns hold, null where it is the same row."""
        name = self._shape.key(key)
        row = applied(self._projection, before, name, fact)
        if row == before:
            return before, None
        return row, self._encoded(name, row, fact.position)

    def _encoded(self, name: Key, row: Any, position: int) -> Values:
        try:
            return self._shape.encode(row)
        except Exception as error:  # a field may hold anything
            message = f"{type(error).__name__}: {error}"
            raise HandlerFailed(self._projection.name, name, position, message) from error

    def again(
        self, cursor: sqlite3.Cursor, key: KeyValues, facts: Sequence[Fact], until: int, since: datetime | None = None
    ) -> Page:
        """Fold a key again from all facts that concern it, as known from a moment on, null for always."""
        found = Page()
        try:
            wanted = self.made(key, facts, until, since)
        except HandlerFailed as failed:
            found.letters.append((key_text(key), failed.position, failed.error))
            if since is not None:
                return found  # what was last known stays
            wanted = self.stored(key, failed.made)
        start = -OPEN if since is None else micros(since)
        stored = self._tables.known_since(cursor, key, start)
        self._number(cursor)
        _replace(found.changes, key, stored, _continued(wanted, stored.values(), start), self._take_rowid)
        return found

    def made(self, key: KeyValues, facts: Sequence[Fact], until: int, since: datetime | None = None) -> list[Stored]:
        """The rectangles of a key as they are stored. Raises HandlerFailed."""
        name = self._shape.key(key)
        return self.stored(key, rectangles(self._projection, name, facts, self._source.retractions(until), since))

    def stored(self, key: KeyValues, found: Sequence[Rectangle[Any]]) -> list[Stored]:
        """Rectangles as they are stored. Raises HandlerFailed for a row that cannot be."""
        name, encoded = self._shape.key(key), dict[int, Values]()
        for one in found:
            if id(one.row) not in encoded:  # a row is in several rectangles
                encoded[id(one.row)] = self._encoded(name, one.row, one.position)
        micros_of = _Micros()
        return [_as_stored(one, encoded[id(one.row)], micros_of) for one in found]


class _Micros(dict[datetime | None, int]):
    """The microseconds of moments, each worked out once: the rectangles of a key share them. Null is an open end."""

    def __missing__(self, moment: datetime | None) -> int:
        found = self[moment] = OPEN if moment is None else micros(moment)
        return found


def _as_stored(one: Rectangle[Any], values: Values, micros_of: Mapping[datetime | None, int]) -> Stored:
    valid_from, valid_to, known_from, known_to, row, position = one
    ends = micros_of[valid_from], micros_of[valid_to], micros_of[known_from], micros_of[known_to]
    return Stored(*ends, position, int(row is None), values)


def _continued(wanted: Iterable[Stored], stored: Iterable[Stored], start: int) -> list[Stored]:
    """Rectangles that are to be known from a moment on, joined with those that said the same before it; what else was
    known before stays known until then."""
    before = [one for one in stored if one.known_from < start]
    by_content = {_content(one): one for one in before}
    found, joined = [], set()
    for one in wanted:
        earlier = by_content.get(_content(one)) if one.known_from == start else None
        if earlier is not None:
            joined.add(_content(one))
            one = one._replace(known_from=earlier.known_from)
        found.append(one)
    return found + [one._replace(known_to=start) for one in before if _content(one) not in joined]


def _content(one: Stored) -> tuple[Any, ...]:
    return one.valid_from, one.valid_to, one.position, one.is_gone, one.values


def _replace(
    changes: Changes,
    key: KeyValues,
    stored: Mapping[int, Stored],
    wanted: Iterable[Stored],
    take_rowid: Callable[[], int],
) -> None:
    """Write what is wanted and not stored, and remove what is stored and not wanted."""
    missing = Counter(wanted)
    for rowid, one in stored.items():
        if missing[one]:
            missing[one] -= 1
        else:
            changes.drop(rowid)
    for one in missing.elements():
        changes.inserts[take_rowid()] = key, one
