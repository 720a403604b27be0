"""What does the log ask of its tables? One function a question, on the cursor of one transaction."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Sequence

from modeltrail.columns import Row
from modeltrail.merkle import Frontier
from modeltrail.schema import EVENT_COLUMNS, Part
from modeltrail.verification import Stored

_INSERT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROWS = f"SELECT {EVENT_COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
_FALSE_COMMAND = """
SELECT command_id, first FROM commands AS given
WHERE last - first + 1 IS NOT
    (SELECT count(*) FROM events WHERE position BETWEEN first AND last AND command_id = given.command_id)
OR EXISTS (SELECT 1 FROM events WHERE position IN (first - 1, last + 1) AND command_id = given.command_id)
OR typeof(first) IS NOT 'integer' OR typeof(last) IS NOT 'integer'
OR first NOT BETWEEN 1 AND (SELECT coalesce(max(position), 0) + 1 FROM events)
UNION ALL
SELECT command_id, position FROM events
WHERE command_id IS NOT NULL AND command_id NOT IN (SELECT command_id FROM commands)
ORDER BY first LIMIT 1
"""


def parts_of(cursor: sqlite3.Cursor | sqlite3.Connection) -> list[Part]:
    """The tables, indexes, triggers and views of the database."""
    return [(kind, name, sql) for kind, name, sql in cursor.execute("SELECT type, name, sql FROM sqlite_master")]


def versions_of(cursor: sqlite3.Cursor, streams: Iterable[str]) -> dict[str, int]:
    """The version of each of these streams, 0 for an empty one."""
    found = cursor.execute(
        "SELECT value, (SELECT coalesce(max(stream_version), 0) FROM events WHERE stream = value) FROM json_each(?)",
        (json.dumps(sorted(streams)),),
    )
    return dict(found.fetchall())


def last_position(cursor: sqlite3.Cursor) -> int:
    """The last position, 0 in an empty log."""
    (last,) = cursor.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    assert isinstance(last, int)
    return last


def stored_frontier(cursor: sqlite3.Cursor) -> tuple[int | None, bytes]:
    """The size and the hashes of the frontier; null and nothing where it is missing."""
    return cursor.execute("SELECT size, hashes FROM frontier").fetchone() or (None, b"")


def stored_state(cursor: sqlite3.Cursor) -> Stored:
    """What the store says of itself."""
    return Stored(last_position(cursor), *stored_frontier(cursor))


def result_of(cursor: sqlite3.Cursor, command_id: str) -> range | None:
    """The positions that a command recorded, null where it is unknown."""
    found = cursor.execute("SELECT first, last FROM commands WHERE command_id = ?", (command_id,)).fetchone()
    return None if found is None else range(found[0], found[1] + 1)


def headed_between(cursor: sqlite3.Cursor, first: int, last: int) -> list[tuple[str, str, int, bytes, bytes]]:
    """Stream and type, then position, body and leaf, from one position to another."""
    columns = "stream, type, position, body, leaf"
    statement = f"SELECT {columns} FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
    return cursor.execute(statement, (first, last)).fetchall()


def bodies_between(cursor: sqlite3.Cursor, first: int, last: int) -> list[tuple[int, bytes, bytes]]:
    """Position, body and leaf of each fact from one position to another."""
    statement = "SELECT position, body, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
    return cursor.execute(statement, (first, last)).fetchall()


def bodies_of(cursor: sqlite3.Cursor, stream: str, last: int) -> list[tuple[int, bytes, bytes]]:
    """Position, body and leaf of each fact of a stream up to a position."""
    statement = "SELECT position, body, leaf FROM events WHERE stream = ? AND position <= ? ORDER BY stream_version"
    return cursor.execute(statement, (stream, last)).fetchall()


def bodies_known(cursor: sqlite3.Cursor, stream: str, last: int, known_at: int) -> list[tuple[int, bytes, bytes]]:
    """The same of those that were known at a moment, in microseconds."""
    statement = (
        "SELECT position, body, leaf FROM events WHERE stream = ? AND position <= ? AND known_at <= ? "
        "ORDER BY stream_version"
    )
    return cursor.execute(statement, (stream, last, known_at)).fetchall()


def has_stream(cursor: sqlite3.Cursor, stream: str, last: int) -> bool:
    """Whether a stream had a fact by a position."""
    statement = "SELECT 1 FROM events WHERE stream = ? AND stream_version = 1 AND position <= ?"
    return cursor.execute(statement, (stream, last)).fetchone() is not None


def bodies_at(cursor: sqlite3.Cursor, positions: Iterable[int]) -> list[tuple[int, bytes, bytes]]:
    """Position, body and leaf of the facts at some positions, in order."""
    statement = (
        "SELECT position, body, leaf FROM events WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position"
    )
    return cursor.execute(statement, (json.dumps(list(positions)),)).fetchall()


def streams_from(cursor: sqlite3.Cursor, prefix: str, last: int) -> list[str]:
    """The streams that begin with a text and had a fact by a position, oldest first."""
    statement = (
        "SELECT stream FROM events WHERE stream >= ? AND stream < ? AND stream_version = 1 AND position <= ? "
        "ORDER BY position"
    )
    beyond = prefix + chr(sys.maxunicode)
    return [stream for (stream,) in cursor.execute(statement, (prefix, beyond, last))]


def streams_between(cursor: sqlite3.Cursor, first: int, last: int) -> list[str]:
    """The streams that have a fact from one position to another, oldest first."""
    statement = "SELECT stream FROM events WHERE position BETWEEN ? AND ? GROUP BY stream ORDER BY min(position)"
    return [stream for (stream,) in cursor.execute(statement, (first, last))]


def end_of(cursor: sqlite3.Cursor) -> tuple[int, int | None]:
    """The last position, and when it was recorded; 0 and null in an empty log."""
    statement = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
    return cursor.execute(statement).fetchone() or (0, None)


def rows_after(cursor: sqlite3.Cursor, position: int, last: int, limit: int) -> list[Row]:
    """Whole rows after a position, at most so many, none after `last`."""
    return cursor.execute(_ROWS, (position, last, limit)).fetchall()


def false_command(cursor: sqlite3.Cursor) -> tuple[str, int] | None:
    """A command whose stored result is not just the facts that carry it, and the first of its positions."""
    found: tuple[str, int] | None = cursor.execute(_FALSE_COMMAND).fetchone()
    return found


def insert(cursor: sqlite3.Cursor, rows: Sequence[Row], frontier: Frontier) -> None:
    """Store the next facts, and the frontier of the tree that holds them."""
    cursor.executemany(_INSERT, rows)
    statement = "UPDATE frontier SET size = ?, hashes = ? WHERE id = 1"
    cursor.execute(statement, (frontier.size, frontier.to_bytes()))


def insert_result(cursor: sqlite3.Cursor, command_id: str, result: range) -> None:
    """Store which positions a command recorded, perhaps none."""
    cursor.execute("INSERT INTO commands VALUES (?, ?, ?)", (command_id, result.start, result.stop - 1))
