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
from typing import Literal, NamedTuple

from modeltrail.clocks import at_microseconds, micros
from modeltrail.damage import checked
from modeltrail.domain.events import ExportObserved, ExportRow, ExportRowsObserved, FactRetracted
from modeltrail.domain.facts import Fact, standing
from modeltrail.rows import last_position
from modeltrail.spool import text_of

FOLLOWER = "exports-1"
"""The name under which the log keeps up to where the tables hold what it says."""
_TABLES = (
    """CREATE TABLE IF NOT EXISTS export_rows (
    export TEXT, key TEXT, at INTEGER, scope TEXT, stream TEXT, row INTEGER, shown TEXT, digest TEXT,
    PRIMARY KEY (export, key, at)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS export_rows_by_scope ON export_rows (export, scope, key, at)",
    "CREATE INDEX IF NOT EXISTS export_rows_by_stream ON export_rows (stream)",
    """CREATE TABLE IF NOT EXISTS export_readings (
    export TEXT, scope TEXT, at INTEGER, position INTEGER, digest TEXT, unnamed INTEGER,
    PRIMARY KEY (export, scope, at, digest)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS export_unread (
    export TEXT, at INTEGER, key TEXT, PRIMARY KEY (export, at, key)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS export_others (
    stream TEXT, at INTEGER, is_late INTEGER, PRIMARY KEY (stream, at)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS export_others_late ON export_others (stream, at) WHERE is_late",
)
_NEWS = "SELECT position, body, leaf FROM events WHERE position > ? AND stream >= 'export/' AND stream < 'export0'"
_BY_OTHERS = """
stream IN (SELECT stream FROM export_rows)
    AND type NOT IN ('deployment.version-tested', 'deployment.api-version-changed')
    AND CASE type WHEN 'deployment.change-logged' THEN json_extract(CAST(body AS TEXT), '$.data.operation') = 'delete'
    ELSE NOT EXISTS (
        SELECT 1 FROM export_rows WHERE export_rows.stream = events.stream
        AND json_extract(CAST(body AS TEXT), '$.source') LIKE export || ' %') END
"""
"""What others have stated of something that exports show, and that these show as well.

A log of changes shows no state: that something was deleted is stated by another in the eyes of who lists what is there.
"""
_LEARN_OTHERS = f"""
INSERT INTO export_others
SELECT stream, effective_at, EXISTS (SELECT 1 FROM export_readings WHERE at >= effective_at) FROM events
WHERE position > ? AND {_BY_OTHERS} GROUP BY stream, effective_at
ON CONFLICT (stream, at) DO UPDATE SET is_late = is_late OR excluded.is_late
"""
_LEARN_OTHERS_OF = f"""
INSERT OR IGNORE INTO export_others
SELECT stream, effective_at, 0 FROM events
WHERE stream IN (SELECT value FROM json_each(?)) AND {_BY_OTHERS} GROUP BY stream, effective_at
"""
_ENTRY = "key, at, scope, stream, row, shown, digest"
_LATEST = f"""
SELECT {_ENTRY.replace("at", "max(at)", 1)} FROM export_rows
WHERE export = ? AND key IN (SELECT value FROM json_each(?)) AND at <= ? GROUP BY key
"""
_FOLLOWING = f"""
SELECT {_ENTRY.replace("at", "min(at)", 1)} FROM export_rows
WHERE export = ? AND key IN (SELECT value FROM json_each(?)) AND at > ? GROUP BY key
"""
_SHOWN_LAST = f"""
SELECT {_ENTRY} FROM export_rows
WHERE export = ? AND key = ? AND at < ? AND shown IS NOT NULL ORDER BY at DESC LIMIT 1
"""
_IN_SCOPE = f"""
SELECT {_ENTRY.replace("at", "max(at)", 1)} FROM export_rows
WHERE export = ? AND scope = ? AND key > ? AND at < ? GROUP BY key ORDER BY key LIMIT ?
"""
_AT = f"SELECT {_ENTRY} FROM export_rows WHERE export = ? AND scope = ? AND at = ?"
_INSERT_ROW = "INSERT OR REPLACE INTO export_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SOME = 100
_READING = "SELECT at, position, digest, unnamed FROM export_readings"


class Reading(NamedTuple):
    """A reading of an export: when it was made, its position, the digest of its file, and whether it has rows of which
    nobody can tell what they are about."""

    at: datetime
    position: int
    digest: str
    unnamed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What an export showed under a key from a moment on; `text` null: nothing, it was gone."""

    key: str
    at: datetime
    scope: str
    stream: str
    row: int | None
    text: str | None
    digest: str
    """Of the file that showed it."""

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
        self.learn_news(reached)
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
        """Forget everything: a reading was retracted. Returns what was read and stands.

        What a reading showed goes with it, unless the reading was recorded anew.
        """
        for table in ("export_rows", "export_readings", "export_unread", "export_others"):
            self._cursor.execute(f"DELETE FROM {table}")
        facts = [checked(*row) for row in self._cursor.execute(f"{_NEWS} ORDER BY position", (0,)).fetchall()]
        told = standing(facts)
        readings = {_reading_of(fact) for fact in told if isinstance(fact.event, ExportObserved)}
        return [fact for fact in told if _reading_of(fact) in readings]

    def _take(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if isinstance(fact.event, ExportObserved):
                self.add_reading(fact.event, fact.effective_at, fact.position)
            elif isinstance(fact.event, ExportRowsObserved):
                self.add_rows(fact.event, fact.effective_at)

    def add_reading(self, event: ExportObserved, at: datetime, position: int) -> None:
        """One reading more, or the same with more that it says nothing of."""
        told = (micros(at), position, event.digest, bool(event.unnamed))
        rows = [(event.export, scope, *told) for scope in event.scope or ("",)]
        self._cursor.executemany("INSERT OR REPLACE INTO export_readings VALUES (?, ?, ?, ?, ?, ?)", rows)
        unread = [(event.export, micros(at), key) for key in event.unread]
        self._cursor.executemany("INSERT OR IGNORE INTO export_unread VALUES (?, ?, ?)", unread)

    def add_rows(self, event: ExportRowsObserved, at: datetime) -> None:
        """What a reading showed otherwise than the one before it."""
        self._cursor.executemany(_INSERT_ROW, [_stored(event, at, row) for row in event.rows])

    def learn_news(self, after: int | None = None) -> None:
        """Find out what others have stated after a position, null for the one up to which the tables hold all."""
        self._cursor.execute(_LEARN_OTHERS, (self._reached() if after is None else after,))

    def learn_others(self, streams: Iterable[str]) -> None:
        """Find out what others have stated of streams that no export showed before."""
        self._cursor.execute(_LEARN_OTHERS_OF, (json.dumps(sorted(streams)),))

    def beside(self, export: str, scope: str, at: datetime, relation: Literal["<", "=", ">", ">="]) -> Reading | None:
        """The reading of a scope last before a moment, at it, or first after it."""
        order = "DESC" if relation == "<" else "ASC"
        found = self._cursor.execute(
            f"{_READING} WHERE export = ? AND scope = ? AND at {relation} ? ORDER BY at {order} LIMIT 1",
            (export, scope, micros(at)),
        ).fetchone()
        return None if found is None else _reading(found)

    def reading_of(self, export: str, entry: Entry) -> Reading:
        """The reading that showed something."""
        found = self._cursor.execute(
            f"{_READING} WHERE export = ? AND at = ? AND digest = ? LIMIT 1", (export, micros(entry.at), entry.digest)
        ).fetchone()
        return _reading(found)

    def unread(self, export: str, at: datetime) -> frozenset[str]:
        """The keys of which the readings of a moment say nothing."""
        found = self._cursor.execute("SELECT key FROM export_unread WHERE export = ? AND at = ?", (export, micros(at)))
        return frozenset(key for (key,) in found)

    def with_digest(self, export: str, digest: str) -> list[Reading]:
        """The readings of files with the same bytes, the latest first."""
        statement = f"{_READING} WHERE export = ? AND digest = ? GROUP BY at, position ORDER BY at DESC"
        return [_reading(row) for row in self._cursor.execute(statement, (export, digest)).fetchall()]

    def latest(self, export: str, keys: Sequence[str], by: datetime) -> dict[str, Entry]:
        """What was shown last of some keys by a moment."""
        found = self._cursor.execute(_LATEST, (export, json.dumps(keys), micros(by)))
        return {entry.key: entry for entry in map(_entry, found)}

    def following(self, export: str, keys: Sequence[str], after: datetime) -> dict[str, Entry]:
        """What was shown first of some keys after a moment."""
        found = self._cursor.execute(_FOLLOWING, (export, json.dumps(keys), micros(after)))
        return {entry.key: entry for entry in map(_entry, found)}

    def shown_last(self, export: str, key: str, before: datetime) -> Entry | None:
        """What was shown last under a key before a moment, though it may have been gone since."""
        found = self._cursor.execute(_SHOWN_LAST, (export, key, micros(before))).fetchone()
        return None if found is None else _entry(found)

    def in_scope(self, export: str, scope: str, before: datetime, size: int) -> Iterator[list[Entry]]:
        """What was shown last of all keys of a scope before a moment, so many at a time, in the order of the keys."""
        after = ""
        while page := self._cursor.execute(_IN_SCOPE, (export, scope, after, micros(before), size)).fetchall():
            yield [_entry(row) for row in page]
            after = page[-1][0]

    def shows_any(self, export: str, scope: str, before: datetime) -> bool:
        """Whether anything lay in a scope before a moment."""
        pages = self.in_scope(export, scope, before, _SOME)
        return any(entry.text is not None for page in pages for entry in page)

    def at(self, export: str, scope: str, moment: datetime) -> dict[str, Entry]:
        """What the reading of a moment showed otherwise than the one before it."""
        return {entry.key: entry for entry in map(_entry, self._cursor.execute(_AT, (export, scope, micros(moment))))}

    def others(self, streams: Iterable[str]) -> dict[str, list[datetime]]:
        """When others have stated something of some streams, in order; each with the moment at which that holds."""
        found: dict[str, list[datetime]] = {}
        statement = "SELECT stream, at FROM export_others WHERE stream IN (SELECT value FROM json_each(?)) ORDER BY at"
        for stream, at in self._cursor.execute(statement, (json.dumps(sorted(streams)),)):
            found.setdefault(stream, []).append(at_microseconds(at))
        return found

    def is_told_by_others(self, export: str, since: datetime, until: datetime) -> bool:
        """Whether others have stated anything of what an export shows, at some time or too late to be looked at."""
        found = self._cursor.execute(
            "SELECT 1 FROM export_others AS others WHERE (is_late OR at BETWEEN ? AND ?) AND EXISTS "
            "(SELECT 1 FROM export_rows WHERE export_rows.stream = others.stream AND export = ?) LIMIT 1",
            (micros(since), micros(until), export),
        )
        return found.fetchone() is not None

    def late(self, export: str, scopes: Sequence[str]) -> list[tuple[Entry, datetime]]:
        """What others have stated of something after exports had been read that were made after that moment.

        With it, what was shown first under the key concerned.
        """
        found = self._cursor.execute(
            "SELECT key, min(export_rows.at), scope, stream, row, shown, digest, export_others.at "
            "FROM export_others JOIN export_rows USING (stream) WHERE is_late AND export = ? "
            "AND scope IN (SELECT value FROM json_each(?)) GROUP BY key, export_others.at",
            (export, json.dumps(scopes)),
        )
        return [(_entry(row[:7]), at_microseconds(row[7])) for row in found.fetchall()]

    def looked_at(self, streams: Iterable[str]) -> None:
        """What others have stated late of some streams is taken account of."""
        rows = [(stream,) for stream in streams]
        self._cursor.executemany("UPDATE export_others SET is_late = 0 WHERE stream = ? AND is_late", rows)


def _reading_of(fact: Fact) -> tuple[str, str, datetime] | None:
    event = fact.event
    if isinstance(event, ExportObserved | ExportRowsObserved):
        return event.export, event.digest, fact.effective_at
    return None


def _stored(event: ExportRowsObserved, at: datetime, row: ExportRow) -> tuple[object, ...]:
    shown = None if row.shown is None else text_of(dict(row.shown))
    return event.export, row.key, micros(at), row.scope, row.stream, row.row, shown, event.digest


def _reading(row: tuple[int, int, str, int]) -> Reading:
    at, position, digest, unnamed = row
    return Reading(at_microseconds(at), position, digest, bool(unnamed))


def _entry(row: Sequence[object]) -> Entry:
    key, at, scope, stream, number, text, digest = row
    assert isinstance(key, str) and isinstance(at, int) and isinstance(scope, str) and isinstance(stream, str)
    assert (number is None or isinstance(number, int)) and (text is None or isinstance(text, str))
    assert isinstance(digest, str)
    return Entry(key, at_microseconds(at), scope, stream, number, text, digest)
