"""How do rows lie in SQL, so that any moment on two clocks is found by an index? The tables of one build.

A row of the table is a rectangle on the two clocks: from `valid_from` until `valid_to`, as known from `known_from`
until `known_to`, in microseconds UTC since 1970, half-open; an open end is the largest integer. `is_gone`: there was no
row. Partial indexes find what is known now, what was last, and what lay between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from modeltrail.registry import Build
from modeltrail.shapes import Shape, Values

OPEN = 2**63 - 1
"""An end that is open."""
_SQL_TYPES = {
    "INTEGER": "INTEGER",
    "REAL": "REAL",
    "BOOLEAN": "INTEGER",
    "MOMENT": "INTEGER",
    "DURATION": "INTEGER",
    "FACT": "INTEGER",
}
"""Everything else is a text."""
KeyValues = tuple[str, ...]
_INDEXES = (
    ("now", "", f"known_to = {OPEN} AND valid_to = {OPEN}"),
    ("known", ", valid_from", f"known_to = {OPEN}"),
    ("last", ", known_from", f"valid_to = {OPEN}"),
    ("between", ", valid_from, known_to", f"valid_to < {OPEN}"),
)
"""The name of each index, what it has after the key, and which rows are in it."""


class Stored(NamedTuple):
    """A rectangle as it is stored."""

    valid_from: int
    valid_to: int
    known_from: int
    known_to: int
    position: int
    is_gone: int
    values: Values

    @classmethod
    def read(cls, row: Sequence[Any]) -> Stored:
        """The rectangle of a row: six numbers, then the columns of the row itself."""
        return cls(row[0], row[1], row[2], row[3], row[4], row[5], tuple(row[6:]))


@dataclass(slots=True)
class Changes:
    """What is to be written in one transaction. Ends are new ends of rectangles, on the clock of knowledge or that of
    the world; `concerned`: which positions concern which keys."""

    inserts: dict[int, tuple[KeyValues, Stored]] = field(default_factory=dict)
    known_ends: dict[int, int] = field(default_factory=dict)
    valid_ends: dict[int, int] = field(default_factory=dict)
    deletes: list[int] = field(default_factory=list)
    concerned: list[tuple[KeyValues, int, int]] = field(default_factory=list)

    def add(self, other: Changes) -> None:
        """Take other changes, of other rectangles, as well."""
        self.inserts |= other.inserts
        self.known_ends |= other.known_ends
        self.valid_ends |= other.valid_ends
        self.deletes += other.deletes
        self.concerned += other.concerned

    def end_known(self, rowid: int, moment: int) -> None:
        """Let a rectangle be known only until a moment."""
        if rowid in self.inserts:
            key, stored = self.inserts[rowid]
            self.inserts[rowid] = key, stored._replace(known_to=moment)
        else:
            self.known_ends[rowid] = moment

    def end_valid(self, rowid: int, moment: int) -> None:
        """Let a rectangle hold only until a moment."""
        if rowid in self.inserts:
            key, stored = self.inserts[rowid]
            self.inserts[rowid] = key, stored._replace(valid_to=moment)
        else:
            self.valid_ends[rowid] = moment

    def drop(self, rowid: int) -> None:
        """Remove a rectangle."""
        if self.inserts.pop(rowid, None) is None:
            self.deletes.append(rowid)


def quoted(name: str) -> str:
    """A name as SQL writes it, also where it is a word of SQL. In double quotes SQLite would take a name that it does
    not find for a text."""
    return f"[{name}]"


class Tables:
    """The tables of a build and their statements."""

    def __init__(self, shape: Shape[Any], build: Build) -> None:
        self.build = build
        self._width = len(shape.key_names)
        keys = [quoted(name) for name in shape.key_names]
        fields = [quoted(name) for name in shape.names]
        self._key_columns, self._fields = ", ".join(keys), ", ".join(fields)
        self._is_key = " AND ".join(f"{name} = ?" for name in keys)
        self._typed = "".join(
            f", {name} {_SQL_TYPES.get(kind, 'TEXT')}" for name, kind in zip(fields, shape.kinds, strict=True)
        )
        self._rectangle = ", ".join(
            ("valid_from", "valid_to", "known_from", "known_to", "position", "is_gone", *fields)
        )
        rows = quoted(build.rows)
        marks = ", ".join("?" * (1 + len(keys) + 6 + len(fields)))
        self._insert = f"INSERT INTO {rows} (rowid, {self._key_columns}, {self._rectangle}) VALUES ({marks})"
        self._concern = f"INSERT OR IGNORE INTO {quoted(build.keys)} VALUES ({', '.join('?' * (len(keys) + 2))})"
        of_key = f"SELECT {self._rectangle} FROM {rows} WHERE {self._is_key}"
        self.now = f"{of_key} AND known_to = {OPEN} AND valid_to = {OPEN}"
        self.known_now = f"{of_key} AND known_to = {OPEN} AND valid_from <= ? ORDER BY valid_from DESC LIMIT 1"
        self.last_known = f"{of_key} AND valid_to = {OPEN} AND known_from <= ? ORDER BY known_from DESC LIMIT 1"
        self.between = (
            f"{of_key} AND valid_to < {OPEN} AND valid_from <= ? AND known_to > ? AND valid_to > ? AND known_from <= ? "
            "ORDER BY valid_from DESC LIMIT 1"
        )

    def make(self, cursor: sqlite3.Cursor) -> None:
        """Make the tables, without the indexes of the rows."""
        key = "".join(f"{name} TEXT NOT NULL, " for name in self._key_columns.split(", "))
        cursor.execute(
            f"CREATE TABLE {quoted(self.build.rows)} ({key}valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, "
            "known_from INTEGER NOT NULL, known_to INTEGER NOT NULL, position INTEGER NOT NULL, "
            f"is_gone INTEGER NOT NULL{self._typed})"
        )
        cursor.execute(
            f"CREATE TABLE {quoted(self.build.keys)} ({key}effective_at INTEGER NOT NULL, position INTEGER NOT NULL, "
            f"PRIMARY KEY ({self._key_columns}, effective_at, position)) WITHOUT ROWID"
        )

    def index(self, cursor: sqlite3.Cursor) -> None:
        """Make the indexes of the rows, where they are missing."""
        rows = self.build.rows
        for name, columns, where in _INDEXES:
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {quoted(f'{rows}_{name}')} ON {quoted(rows)} "
                f"({self._key_columns}{columns}) WHERE {where}"
            )

    def is_indexed(self, cursor: sqlite3.Cursor) -> bool:
        """Whether the rows have all their indexes."""
        statement = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
        (found,) = cursor.execute(statement, (self.build.rows,)).fetchone()
        return bool(found == len(_INDEXES))

    def write(self, cursor: sqlite3.Cursor, changes: Changes) -> None:
        """Write changes within a transaction."""
        rows = quoted(self.build.rows)
        cursor.executemany(f"DELETE FROM {rows} WHERE rowid = ?", [(rowid,) for rowid in changes.deletes])
        for column, ends in (("known_to", changes.known_ends), ("valid_to", changes.valid_ends)):
            statement = f"UPDATE {rows} SET {column} = ? WHERE rowid = ?"
            cursor.executemany(statement, [(end, rowid) for rowid, end in ends.items()])
        cursor.executemany(
            self._insert, [(rowid, *key, *one[:6], *one.values) for rowid, (key, one) in changes.inserts.items()]
        )
        self.concern(cursor, changes.concerned)

    def concern(self, cursor: sqlite3.Cursor, concerned: Iterable[tuple[KeyValues, int, int]]) -> None:
        """Remember which positions concern which keys, and when the facts there are effective."""
        cursor.executemany(self._concern, [(*key, at, position) for key, at, position in concerned])

    def next_rowid(self, cursor: sqlite3.Cursor) -> int:
        """A number that no row has yet, nor any after it."""
        (last,) = cursor.execute(f"SELECT coalesce(max(rowid), 0) FROM {quoted(self.build.rows)}").fetchone()
        return int(last) + 1

    def tail(self, cursor: sqlite3.Cursor, key: KeyValues) -> tuple[int, Stored] | None:
        """The number of the last rectangle of a key as known now, and that rectangle."""
        statement = self.now.replace("SELECT ", "SELECT rowid, ", 1)
        found = cursor.execute(statement, key).fetchone()
        return None if found is None else (found[0], Stored.read(found[1:]))

    def latest(self, cursor: sqlite3.Cursor, key: KeyValues) -> int | None:
        """When the last fact of a key was effective, null where it has none."""
        statement = f"SELECT max(effective_at) FROM {quoted(self.build.keys)} WHERE {self._is_key}"
        (found,) = cursor.execute(statement, key).fetchone()
        return None if found is None else int(found)

    def positions(self, cursor: sqlite3.Cursor, key: KeyValues) -> list[int]:
        """The positions that concern a key, in order."""
        statement = f"SELECT position FROM {quoted(self.build.keys)} WHERE {self._is_key} ORDER BY position"
        return [position for (position,) in cursor.execute(statement, key)]

    def concerned_after(self, cursor: sqlite3.Cursor, key: KeyValues | None, limit: int) -> dict[KeyValues, list[int]]:
        """Keys after one, null for the first, each with all of its positions: about so many of these."""
        keys, marks = self._key_columns, ", ".join("?" * self._width)
        later = "" if key is None else f"WHERE ({keys}) > ({marks})"
        statement = f"SELECT {keys}, position FROM {quoted(self.build.keys)} {later} ORDER BY {keys} LIMIT {limit}"
        rows = cursor.execute(statement, key or ()).fetchall()
        found: dict[KeyValues, list[int]] = {}
        for row in rows:
            found.setdefault(row[:-1], []).append(row[-1])
        if len(rows) == limit:  # the last key may have more
            last, _ = found.popitem()
            if not found:
                found[last] = self.positions(cursor, last)
        return found

    def known_since(self, cursor: sqlite3.Cursor, key: KeyValues, moment: int) -> dict[int, Stored]:
        """The rectangles of a key that are known after a moment, by their numbers."""
        of_key = f"SELECT rowid, {self._rectangle} FROM {quoted(self.build.rows)} WHERE {self._is_key}"
        later = f"known_to < {OPEN} AND known_to > {moment}"
        parts = [f"known_to = {OPEN}", f"{later} AND valid_to = {OPEN}", f"{later} AND valid_to < {OPEN}"]
        statement = " UNION ALL ".join(f"{of_key} AND {part}" for part in parts)
        return {row[0]: Stored.read(row[1:]) for row in cursor.execute(statement, key * len(parts))}

    def of_key(self, cursor: sqlite3.Cursor, key: KeyValues) -> list[Stored]:
        """All rectangles of a key."""
        return sorted(self.known_since(cursor, key, -OPEN).values())

    def selected(self, cursor: sqlite3.Cursor, t: int | None, k: int | None) -> Iterator[tuple[KeyValues, Stored]]:
        """The rectangles that hold a moment on both clocks, null for now, by key."""
        where, moments = _holding(t, k)
        statement = (
            f"SELECT {self._key_columns}, {self._rectangle} FROM {quoted(self.build.rows)} "
            f"WHERE {where} ORDER BY {self._key_columns}"
        )
        for row in cursor.execute(statement, moments).fetchall():
            yield row[: self._width], Stored.read(row[self._width :])

    def counts(self, cursor: sqlite3.Cursor, names: Sequence[str], t: int | None, k: int | None) -> list[Any]:
        """How many rows have each combination of values, as they are stored."""
        where, moments = _holding(t, k)
        columns = ", ".join(map(quoted, names))
        statement = (
            f"SELECT count(*), {columns} FROM {quoted(self.build.rows)} WHERE {where} AND is_gone = 0 "
            f"GROUP BY {columns} ORDER BY {columns}"
        )
        return cursor.execute(statement, moments).fetchall()


def rows_now(cursor: sqlite3.Cursor, build: Build) -> int:
    """How many rows a build has now."""
    now = f"known_to = {OPEN} AND valid_to = {OPEN} AND is_gone = 0"
    (found,) = cursor.execute(f"SELECT count(*) FROM {quoted(build.rows)} WHERE {now}").fetchone()
    return int(found)


def _holding(t: int | None, k: int | None) -> tuple[str, Mapping[str, int]]:
    """The condition that a rectangle holds a moment on both clocks."""
    valid = f"valid_to = {OPEN}" if t is None else "valid_from <= :t AND valid_to > :t"
    known = f"known_to = {OPEN}" if k is None else "known_from <= :k AND known_to > :k"
    return f"{known} AND {valid}", {name: at for name, at in (("t", t), ("k", k)) if at is not None}
