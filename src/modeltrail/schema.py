"""Which tables does a log have, and what does the database itself refuse? Nothing recorded is changed or removed (R45).

The guards are triggers, so they hold for every program that writes to the file. `INSERT OR REPLACE` removes a row
without asking a delete trigger; hence each table says before an insert what the next row is.
"""

from __future__ import annotations

from collections.abc import Iterable

APPLICATION_ID = int.from_bytes(b"MTRL", "big")
"""Marks an SQLite file as a log of this library."""
FORMAT = 1
"""The format of the tables below, kept as SQLite's `user_version`; a file of a newer format is refused."""
FORMAT_WITH_PROJECTIONS = 2
"""The format of a log with tables of projections and their views, which an older modeltrail takes for strange ones."""
OF_A_PROJECTION = "/* of a projection */"
"""Marks the statement of a view that shows a projection."""

EVENT_COLUMNS = "position, stream, stream_version, type, effective_at, known_at, recorded_at, command_id, body, leaf"
"""The columns of a fact, in order. Times are microseconds UTC since 1970; `body` is the fact, the rest is in it."""

_EVENTS = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    stream_version INTEGER NOT NULL,
    type TEXT NOT NULL,
    effective_at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    command_id TEXT,
    body BLOB NOT NULL,
    leaf BLOB NOT NULL,
    UNIQUE (stream, stream_version),
    CHECK (effective_at <= known_at AND known_at <= recorded_at)
)
"""

_COMMANDS = """
CREATE TABLE commands (
    command_id TEXT PRIMARY KEY NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    CHECK (first >= 1 AND last >= first - 1)
) WITHOUT ROWID
"""

_FRONTIER = "CREATE TABLE frontier (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, hashes BLOB NOT NULL)"

_EVENTS_NEXT = """
CREATE TRIGGER events_next BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
    OR NEW.stream_version IS NOT
        (SELECT coalesce(max(stream_version), 0) + 1 FROM events WHERE stream = NEW.stream)
    OR NEW.recorded_at < (SELECT recorded_at FROM events WHERE position = NEW.position - 1)
BEGIN SELECT RAISE(ABORT, 'a fact takes the next position, the next version of its stream, and no earlier time'); END
"""

_COMMANDS_NEXT = """
CREATE TRIGGER commands_next BEFORE INSERT ON commands
WHEN EXISTS (SELECT 1 FROM commands WHERE command_id = NEW.command_id)
    OR NEW.last IS NOT (SELECT coalesce(max(position), 0) FROM events)
BEGIN SELECT RAISE(ABORT, 'a command is stored once, with the facts just recorded'); END
"""

_FRONTIER_GROWS = """
CREATE TRIGGER frontier_grows BEFORE UPDATE ON frontier
WHEN NEW.id IS NOT 1 OR NEW.size IS NOT (SELECT max(position) FROM events) OR NEW.size <= OLD.size
BEGIN SELECT RAISE(ABORT, 'the frontier only grows, with the facts'); END
"""

_FRONTIER_ONCE = """
CREATE TRIGGER frontier_once BEFORE INSERT ON frontier WHEN EXISTS (SELECT 1 FROM frontier)
BEGIN SELECT RAISE(ABORT, 'there is one frontier'); END
"""


def _never(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'nothing recorded is changed or removed'); END"
    )


_TRACKING = """
CREATE TABLE tracking (
    application_name TEXT PRIMARY KEY,
    notification_id INTEGER
) WITHOUT ROWID
"""

TABLES = (
    _EVENTS,
    _COMMANDS,
    _FRONTIER,
    "INSERT INTO frontier VALUES (1, 0, x'')",
    _TRACKING,
    "INSERT INTO tracking VALUES ('__migration__', 1)",
    _EVENTS_NEXT,
    _COMMANDS_NEXT,
    _FRONTIER_GROWS,
    _FRONTIER_ONCE,
    _never("events", "UPDATE"),
    _never("events", "DELETE"),
    _never("commands", "UPDATE"),
    _never("commands", "DELETE"),
    _never("frontier", "DELETE"),
)
"""The statements that make a new log. `tracking` is `eventsourcing`'s, which makes it in no order with others."""

Part = tuple[str, str, str | None]
"""Type, name and SQL of a part of a database, as `sqlite_master` has them."""


def _made(kind: str) -> dict[str, str]:
    """Name and statement of all parts of a kind that a log has."""
    begin = f"CREATE {kind.upper()} "
    made = (" ".join(statement.split()) for statement in TABLES)
    return {one.removeprefix(begin).split()[0]: one for one in made if one.startswith(begin)}


def table_flaw(parts: Iterable[Part]) -> str | None:
    """Which table is not as it was made, null where all are."""
    return _flaw("table", "table", parts)


def guard_flaw(parts: Iterable[Part]) -> str | None:
    """Which guard is not as it was made, or what is there that is not ours and may change what is stored or read."""
    parts = list(parts)
    ours = _made("trigger")
    shown = {name for kind, name, sql in parts if kind == "view" and OF_A_PROJECTION in (sql or "")}
    strange = [(kind, name) for kind, name, _ in parts if kind in ("trigger", "view") and name not in {*ours, *shown}]
    for kind, name in sorted(strange):
        return f"the {kind} {name} is not of the log: it may change what is stored or read"
    return _flaw("guard", "trigger", parts)


def _flaw(word: str, kind: str, parts: Iterable[Part]) -> str | None:
    found = {name: " ".join((sql or "").split()) for each, name, sql in parts if each == kind}
    for name, statement in _made(kind).items():
        if name not in found:
            return f"the {word} {name} is missing: somebody has removed it"
        if found[name] != statement:
            return f"the {word} {name} was changed: it is not the one that the log was made with"
    return None
