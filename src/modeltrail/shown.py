"""What did exports show, key by key, and when? Tables beside the log, so that a night is compared quickly.

They hold nothing that is not in the log: each row is an element of an `export.rows-observed`, each reading an
`export.observed`. Whoever compares brings them up to date first, within the transaction that records the difference.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from modeltrail.clocks import at_microseconds, micros
from modeltrail.damage import checked
from modeltrail.domain.events import ExportObserved, ExportRow, ExportRowsObserved, FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.rows import last_position
from modeltrail.spool import text_of

FOLLOWER = "exports-1"
"""The name under which the log keeps up to where the tables hold what it says."""
_TABLES = (
    """CREATE TABLE IF NOT EXISTS export_rows (
    export TEXT, key TEXT, at INTEGER, scope TEXT, stream TEXT, row INTEGER, shown TEXT, restated INTEGER,
    PRIMARY KEY (export, key, at)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS export_rows_by_scope ON export_rows (export, scope, key, at)",
    "CREATE INDEX IF NOT EXISTS export_rows_by_stream ON export_rows (stream)",
    """CREATE TABLE IF NOT EXISTS export_readings (
    export TEXT, scope TEXT, at INTEGER, position INTEGER, digest TEXT,
    PRIMARY KEY (export, scope, at, digest)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS export_touched (stream TEXT PRIMARY KEY, since INTEGER) WITHOUT ROWID",
)
_NEWS = "SELECT position, body, leaf FROM events WHERE position > ? AND stream >= 'export/' AND stream < 'export0'"
_TOUCHED = """
INSERT INTO export_touched
SELECT stream, min(effective_at) FROM events
WHERE position > ? AND stream IN (SELECT stream FROM export_rows)
    AND type NOT IN ('deployment.change-logged', 'deployment.version-tested', 'deployment.api-version-changed')
    AND NOT EXISTS (
        SELECT 1 FROM export_rows WHERE export_rows.stream = events.stream
        AND json_extract(CAST(body AS TEXT), '$.source') LIKE export || ' %')
GROUP BY stream
ON CONFLICT (stream) DO UPDATE SET since = min(since, excluded.since)
"""
_LATEST = """
SELECT key, max(at), scope, stream, row, shown, restated FROM export_rows
WHERE export = ? AND key IN (SELECT value FROM json_each(?)) AND at <= ? GROUP BY key
"""
_IN_SCOPE = """
SELECT key, max(at), scope, stream, row, shown, restated FROM export_rows
WHERE export = ? AND scope = ? AND key > ? AND at < ? GROUP BY key ORDER BY key LIMIT ?
"""
_AT = "SELECT key, at, scope, stream, row, shown, restated FROM export_rows WHERE export = ? AND scope = ? AND at = ?"
_INSERT_ROW = "INSERT OR REPLACE INTO export_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class Reading(NamedTuple):
    """A reading of an export: when it was made, its position, and the digest of its file."""

    at: datetime
    position: int
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What an export showed under a key from a moment on; `text` null: nothing, it was gone."""

    key: str
    at: datetime
    scope: str
    stream: str
    row: int | None
    text: str | None
    restated: bool = False

    @property
    def is_problem(self) -> bool:
        """Whether it is a row that could not be read: it is kept once, and never gone."""
        return self.stream.startswith("catalogue/")


class Exports:
    """The tables, on the cursor of one write transaction."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    def catch_up(self) -> None:
        """Make the tables where there are none, and take what others recorded since."""
        for statement in _TABLES:
            self._cursor.execute(statement)
        reached = self._reached()
        last = last_position(self._cursor)
        if reached == last:
            return
        facts = [checked(*row) for row in self._cursor.execute(f"{_NEWS} ORDER BY position", (reached,)).fetchall()]
        if any(isinstance(fact.event, FactRetracted) for fact in facts):
            facts, reached = self._all_again(), 0
        self._take(facts)
        self._cursor.execute(_TOUCHED, (reached,))
        self.reach(last)

    def _reached(self) -> int:
        found = self._cursor.execute(
            "SELECT notification_id FROM tracking WHERE application_name = ?", (FOLLOWER,)
        ).fetchone()
        return 0 if found is None else int(found[0])

    def reach(self, position: int) -> None:
        """The tables hold all up to a position."""
        self._cursor.execute("INSERT OR REPLACE INTO tracking VALUES (?, ?)", (FOLLOWER, position))

    def _all_again(self) -> list[Fact]:
        """Forget everything: a reading was retracted. Returns what was read and stands."""
        for table in ("export_rows", "export_readings", "export_touched"):
            self._cursor.execute(f"DELETE FROM {table}")
        facts = [checked(*row) for row in self._cursor.execute(f"{_NEWS} ORDER BY position", (0,)).fetchall()]
        retracted = {fact.event.position for fact in facts if isinstance(fact.event, FactRetracted)}
        gone = {
            (fact.event.export, fact.event.digest, fact.effective_at)
            for fact in facts
            if fact.position in retracted and isinstance(fact.event, ExportObserved)
        }
        return [fact for fact in facts if fact.position not in retracted and _reading_of(fact) not in gone]

    def _take(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if isinstance(fact.event, ExportObserved):
                self.add_reading(fact.event, fact.effective_at, fact.position)
            elif isinstance(fact.event, ExportRowsObserved):
                self.add_rows(fact.event.export, fact.effective_at, fact.event.rows)

    def add_reading(self, event: ExportObserved, at: datetime, position: int) -> None:
        """One reading more."""
        rows = [(event.export, scope, micros(at), position, event.digest) for scope in event.scope or ("",)]
        self._cursor.executemany("INSERT OR REPLACE INTO export_readings VALUES (?, ?, ?, ?, ?)", rows)

    def add_rows(self, export: str, at: datetime, rows: Iterable[ExportRow]) -> None:
        """What a reading showed otherwise than the one before it."""
        self._cursor.executemany(_INSERT_ROW, [_stored(export, at, row) for row in rows])

    def readings(self, export: str, scope: str, at: datetime) -> tuple[Reading | None, Reading | None, Reading | None]:
        """The readings of a scope last before a moment, at it, and first after it."""
        found = [
            self._cursor.execute(
                "SELECT at, position, digest FROM export_readings "
                f"WHERE export = ? AND scope = ? AND at {relation} ? ORDER BY at {order} LIMIT 1",
                (export, scope, micros(at)),
            ).fetchone()
            for relation, order in (("<", "DESC"), ("=", "ASC"), (">", "ASC"))
        ]
        before, same, after = (row and Reading(at_microseconds(row[0]), row[1], row[2]) for row in found)
        return before, same, after

    def with_digest(self, export: str, digest: str) -> list[Reading]:
        """The readings of files with the same bytes, the latest first."""
        found = self._cursor.execute(
            "SELECT DISTINCT at, position, digest FROM export_readings "
            "WHERE export = ? AND digest = ? ORDER BY at DESC",
            (export, digest),
        )
        return [Reading(at_microseconds(at), position, digest) for at, position, digest in found.fetchall()]

    def latest(self, export: str, keys: Sequence[str], by: datetime) -> dict[str, Entry]:
        """What was shown last of some keys by a moment."""
        found = self._cursor.execute(_LATEST, (export, json.dumps(keys), micros(by)))
        return {entry.key: entry for entry in map(_entry, found)}

    def in_scope(self, export: str, scope: str, before: datetime, size: int) -> Iterator[list[Entry]]:
        """What was shown last of all keys of a scope before a moment, so many at a time, in the order of the keys."""
        after = ""
        while page := self._cursor.execute(_IN_SCOPE, (export, scope, after, micros(before), size)).fetchall():
            yield [_entry(row) for row in page]
            after = page[-1][0]

    def at(self, export: str, scope: str, moment: datetime) -> dict[str, Entry]:
        """What the reading of a moment showed otherwise than the one before it."""
        return {entry.key: entry for entry in map(_entry, self._cursor.execute(_AT, (export, scope, micros(moment))))}

    def touched(self, streams: Iterable[str], by: datetime) -> set[str]:
        """The streams of which others have stated something, effective by a moment, since they were compared last."""
        found = self._cursor.execute(
            "SELECT stream FROM export_touched WHERE since <= ? AND stream IN (SELECT value FROM json_each(?))",
            (micros(by), json.dumps(sorted(streams))),
        )
        return {stream for (stream,) in found}

    def is_untouched(self) -> bool:
        """Whether nobody else has stated anything of what exports show."""
        return self._cursor.execute("SELECT 1 FROM export_touched LIMIT 1").fetchone() is None

    def restated(self, streams: Iterable[str]) -> None:
        """These were compared with nothing, and so stated anew."""
        self._cursor.executemany("DELETE FROM export_touched WHERE stream = ?", [(stream,) for stream in streams])


def _reading_of(fact: Fact) -> tuple[str, str, datetime] | None:
    event = fact.event
    if isinstance(event, ExportObserved | ExportRowsObserved):
        return event.export, event.digest, fact.effective_at
    return None


def _stored(export: str, at: datetime, row: ExportRow) -> tuple[object, ...]:
    shown = None if row.shown is None else text_of(dict(row.shown))
    return export, row.key, micros(at), row.scope, row.stream, row.row, shown, row.restated


def _entry(row: Sequence[object]) -> Entry:
    key, at, scope, stream, number, text, restated = row
    assert isinstance(key, str) and isinstance(at, int) and isinstance(scope, str) and isinstance(stream, str)
    assert (number is None or isinstance(number, int)) and (text is None or isinstance(text, str))
    return Entry(key, at_microseconds(at), scope, stream, number, text, bool(restated))
