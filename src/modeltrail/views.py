"""What were the rows of a projection, at any moment, as known at any other? A view of its tables."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from modeltrail import registry
from modeltrail.clocks import at_microseconds, micros
from modeltrail.domain.facts import Fact
from modeltrail.follower import Follower
from modeltrail.problems import Date, moment_of
from modeltrail.projections.projection import Key
from modeltrail.registry import DeadLetter, key_text
from modeltrail.shapes import Shape
from modeltrail.sources import fact_at
from modeltrail.tables import OPEN, KeyValues, Stored, Tables

if TYPE_CHECKING:
    import polars

Row = TypeVar("Row")


class Stale(Exception):
    """The row of a key cannot be told: a fact that concerns it could not be taken. `retry` folds it again."""

    def __init__(self, projection: str, key: Key | None, letters: Sequence[tuple[int, str]]) -> None:
        (position, error), *_ = letters
        super().__init__(
            f"{projection} does not know {_what(key)} since position {position}, which its handler could not take "
            f"({error}): mend the handler and retry it, by trail.projections.retry or modeltrail projections retry, or "
            "ask with stale=True"
        )
        self.key, self.position, self.error = key, position, error


def _what(key: Key | None) -> str:
    return "one of its keys" if key is None else repr(key)


class Span(NamedTuple, Generic[Row]):
    """A row of a key, null for none: from `since`, until `until` (null: it goes on), made by the fact at `position`."""

    since: datetime
    until: datetime | None
    row: Row | None
    position: int


class Difference(NamedTuple, Generic[Row]):
    """A key whose row is another one; null where there is none."""

    key: Key
    before: Row | None
    after: Row | None


class Rows(Mapping[Key, Row]):
    """The rows of a moment by their keys. `stale`: the keys of which something could not be taken, with what they were
    before that; `lost`: positions of which not even the key can be told."""

    def __init__(self, rows: Mapping[Key, Row], stale: frozenset[Key], lost: tuple[int, ...] = ()) -> None:
        self._rows = rows
        self.stale, self.lost = stale, lost

    def __getitem__(self, key: Key) -> Row:
        return self._rows[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        told = f", stale={sorted(self.stale, key=str)}" if self.stale else ""
        return f"Rows({dict(self._rows)!r}{told})"


class View(Generic[Row]):
    """The rows of a projection. Every answer holds all that is recorded when it is asked for (R6).

    `at` and `known_at` are moments or their texts; null is now, and all that is known now. Naive ones are UTC days.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._shape: Shape[Row] = follower.shape
        self.name = follower.projection.name

    def get(self, key: Key, at: Date | None = None, known_at: Date | None = None, *, stale: bool = False) -> Row | None:
        """The row of a key, null where there is none. Raises Stale, unless `stale` allows what was last known."""
        values = self._shape.key_values(key)
        t, k = _micros(at), _micros(known_at)
        with self._follower.session() as (cursor, tables, has_letters):
            if has_letters and not stale:
                self._demand_fresh(cursor, tables, key, values)
            found = held(cursor, tables, values, t, k)
            return None if found is None else self._row(cursor, values, found)

    def _demand_fresh(self, cursor: sqlite3.Cursor, tables: Tables, key: Key, values: KeyValues) -> None:
        letters = registry.letters_of(cursor, tables.build, key_text(values))
        if letters:
            raise Stale(self.name, key, letters)

    def _demand_all_fresh(self, cursor: sqlite3.Cursor, tables: Tables) -> None:
        first = registry.dead_letters(cursor, tables.build)[0]
        raise Stale(self.name, first.key, [(first.position, first.error)])

    def _row(self, cursor: sqlite3.Cursor, key: KeyValues, stored: Stored) -> Row | None:
        if stored.is_gone:
            return None
        return self._shape.decode(key, stored.values, _reader(cursor))

    def all(self, at: Date | None = None, known_at: Date | None = None) -> Rows[Row]:
        """All rows by their keys."""
        with self._follower.session() as (cursor, tables, _):
            return self._all(cursor, tables, _micros(at), _micros(known_at))

    def _all(self, cursor: sqlite3.Cursor, tables: Tables, t: int | None, k: int | None) -> Rows[Row]:
        facts = _reader(cursor)
        rows = {
            self._shape.key(key): self._shape.decode(key, stored.values, facts)
            for key, stored in tables.selected(cursor, t, k)
            if not stored.is_gone
        }
        letters = registry.dead_letters(cursor, tables.build)
        lost = tuple(letter.position for letter in letters if letter.key is None)
        return Rows(rows, frozenset(letter.key for letter in letters if letter.key is not None), lost)

    def history(self, key: Key, known_at: Date | None = None, *, stale: bool = False) -> tuple[Span[Row], ...]:
        """Each row that a key had, oldest first, as known at a moment. Raises Stale."""
        values = self._shape.key_values(key)
        k = _micros(known_at)
        with self._follower.session() as (cursor, tables, has_letters):
            if has_letters and not stale:
                self._demand_fresh(cursor, tables, key, values)
            known = [one for one in tables.of_key(cursor, values) if _is_known(one, k)]
            return tuple(
                Span(
                    at_microseconds(one.valid_from),
                    None if one.valid_to == OPEN else at_microseconds(one.valid_to),
                    self._row(cursor, values, one),
                    one.position,
                )
                for one in known
            )

    def diff(
        self,
        before: Date | None = None,
        after: Date | None = None,
        *,
        known_before: Date | None = None,
        known_after: Date | None = None,
        stale: bool = False,
    ) -> tuple[Difference[Row], ...]:
        """The keys whose rows differ between two moments, or between what was known at two moments, by key.

        `diff("2025-03-01", "2025-04-01")`: what changed in March. `diff(known_before="2025-03-01")`: what we think of
        today otherwise than on 1 March. Raises Stale where a key is, unless `stale` allows what was last known.
        """
        with self._follower.session() as (cursor, tables, has_letters):
            if has_letters and not stale:
                self._demand_all_fresh(cursor, tables)
            old = self._all(cursor, tables, _micros(before), _micros(known_before))
            new = self._all(cursor, tables, _micros(after), _micros(known_after))
        keys = sorted({*old, *new}, key=self._shape.key_values)
        return tuple(Difference(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))

    def count_by(
        self, *fields: str, at: Date | None = None, known_at: Date | None = None, stale: bool = False
    ) -> dict[Any, int]:
        """How many rows have each value of a field, or of a part of the key; of several, each tuple of values.

        Values are as the row has them; those of fields that hold several values, or a fact, are as they are stored.
        Raises Stale where a key is, unless `stale` allows what was last known.
        """
        for field in fields:
            if field not in (*self._shape.key_names, *self._shape.names):
                known = ", ".join((*self._shape.key_names, *self._shape.names))
                raise ValueError(f"{self.name} has no field {field!r}: count by {known}")
        if not fields:
            raise ValueError("name the field to count by")
        with self._follower.session() as (cursor, tables, has_letters):
            if has_letters and not stale:
                self._demand_all_fresh(cursor, tables)
            counts = tables.counts(cursor, fields, _micros(at), _micros(known_at))
        read = [self._shape.reader(field) for field in fields]
        found: Counter[Any] = Counter()
        for count, *stored in counts:
            values = tuple(one(value) for one, value in zip(read, stored, strict=True))
            found[values if len(fields) > 1 else values[0]] += count
        return dict(found)

    def records(self, at: Date | None = None, known_at: Date | None = None) -> list[dict[str, Any]]:
        """All rows as plain values by column: the parts of the key, the fields, since when, and the position.

        Fields that hold several values are JSON texts, facts are positions.
        """
        t, k = _micros(at), _micros(known_at)
        readers = [self._shape.reader(name) for name in self._shape.names]
        with self._follower.session() as (cursor, tables, _):
            is_stale = registry.stale_keys(cursor, tables.build)
            return [
                {
                    **dict(zip(self._shape.key_names, key, strict=True)),
                    **{
                        name: read(value)
                        for name, read, value in zip(self._shape.names, readers, stored.values, strict=True)
                    },
                    "since": at_microseconds(stored.valid_from),
                    "position": stored.position,
                    "is_stale": key_text(key) in is_stale,
                }
                for key, stored in tables.selected(cursor, t, k)
                if not stored.is_gone
            ]

    def frame(self, at: Date | None = None, known_at: Date | None = None) -> polars.DataFrame:
        """All rows as a polars data frame with typed columns; needs the extra `modeltrail[polars]`."""
        from modeltrail.data_frames import frame_of

        return frame_of(self._shape, self.records(at, known_at))

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The facts that could not be taken."""
        with self._follower.session() as (cursor, tables, _):
            return tuple(registry.dead_letters(cursor, tables.build))


def held(cursor: sqlite3.Cursor, tables: Tables, key: KeyValues, t: int | None, k: int | None) -> Stored | None:
    """The rectangle of a key that holds a moment on both clocks, found by one to three index probes."""
    if k is None:
        return _one(cursor, tables.now, key) if t is None else _one(cursor, tables.known_now, (*key, t))
    if t is not None:
        found = _one(cursor, tables.known_now, (*key, t))
        if found is not None and found.known_from <= k:
            return found
    last = _one(cursor, tables.last_known, (*key, k))
    if last is not None and last.known_to <= k:
        last = None
    if t is None or (last is not None and last.valid_from <= t):
        return last
    return _one(cursor, tables.between, (*key, t, k, t, k))


def _one(cursor: sqlite3.Cursor, statement: str, bounds: Sequence[Any]) -> Stored | None:
    found = cursor.execute(statement, bounds).fetchone()
    return None if found is None else Stored.read(found)


def _is_known(one: Stored, k: int | None) -> bool:
    return one.known_to == OPEN if k is None else one.known_from <= k < one.known_to


def _micros(moment: Date | None) -> int | None:
    return None if moment is None else micros(moment_of(moment))


def _reader(cursor: sqlite3.Cursor) -> Callable[[int], Fact]:
    """The facts at positions, each read once."""
    read: dict[int, Fact] = {}

    def fact(position: int) -> Fact:
        if position not in read:
            read[position] = fact_at(cursor, position)
        return read[position]

    return fact
