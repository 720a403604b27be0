"""Which projections are stored, how far has each got, and what could it not take? The tables beside the tables.

A *build* is one set of tables of a projection. There may be several: one is current and answers, another is being built
beside it, older ones stay until they are dropped, since programs of an older edition may still read them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from modeltrail.domain.refusals import Conflict
from modeltrail.projections.projection import Key
from modeltrail.schema import FORMAT_WITH_PROJECTIONS

BuildState = Literal["building", "current", "superseded"]

_TABLES = (
    """
CREATE TABLE IF NOT EXISTS projections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    edition INTEGER NOT NULL,
    columns TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('building', 'current', 'superseded')),
    position INTEGER NOT NULL,
    folded TEXT
)
""",
    """
CREATE TABLE IF NOT EXISTS dead_letters (
    build INTEGER NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (build, key, position)
) WITHOUT ROWID
""",
    f"PRAGMA user_version = {FORMAT_WITH_PROJECTIONS}",
)
_EXISTS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'projections'"
_BUILDS = "SELECT id, name, edition, columns, state, position FROM projections ORDER BY name, id"
_AT_END = """
SELECT EXISTS (SELECT 1 FROM dead_letters WHERE build = projections.id) FROM projections
WHERE id = ? AND position = (SELECT coalesce(max(position), 0) FROM events)
"""
NO_KEY = ""
"""What a dead letter has in place of a key, where the function that gives the key failed."""


@dataclass(frozen=True, slots=True)
class Build:
    """One set of tables of a projection. `position`: up to where they hold what the log says."""

    id: int
    name: str
    edition: int
    columns: str
    state: BuildState
    position: int

    @property
    def rows(self) -> str:
        """The table of its rows."""
        return f"{self.name}_rows_{self.id}"

    @property
    def keys(self) -> str:
        """The table of the positions that concern each key."""
        return f"{self.name}_keys_{self.id}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A fact that a projection could not take. `key` null: the function that gives the key failed."""

    key: Key | None
    position: int
    error: str


def is_there(cursor: sqlite3.Cursor) -> bool:
    """Whether any projection was ever stored."""
    (found,) = cursor.execute(_EXISTS).fetchone()
    return bool(found)


def make_tables(cursor: sqlite3.Cursor) -> None:
    """Make the tables of this file, where they are missing; an older modeltrail says then that it is too old."""
    for statement in _TABLES:
        cursor.execute(statement)


def builds(cursor: sqlite3.Cursor, name: str | None = None) -> list[Build]:
    """The builds of a projection, or all, oldest first."""
    if not is_there(cursor):
        return []
    return [Build(*row) for row in cursor.execute(_BUILDS) if name in (None, row[1])]


def begin(cursor: sqlite3.Cursor, name: str, edition: int, columns: str) -> Build:
    """A new build, empty."""
    statement = "INSERT INTO projections (name, edition, columns, state, position) VALUES (?, ?, ?, 'building', 0)"
    cursor.execute(statement, (name, edition, columns))
    assert cursor.lastrowid is not None
    return Build(cursor.lastrowid, name, edition, columns, "building", 0)


def position(cursor: sqlite3.Cursor, build: Build) -> int:
    """How far a build has got. Raises Conflict where it was dropped."""
    found = cursor.execute("SELECT position FROM projections WHERE id = ?", (build.id,)).fetchone()
    if found is None:
        raise Conflict(f"the tables of {build.name} were dropped meanwhile: ask again, and they are built anew")
    return int(found[0])


def at_end(cursor: sqlite3.Cursor, build: Build) -> bool | None:
    """Whether a build that holds all that is recorded has dead letters; null where it is behind, or was dropped."""
    found = cursor.execute(_AT_END, (build.id,)).fetchone()
    return None if found is None else bool(found[0])


def is_at_end(cursor: sqlite3.Cursor, build: Build) -> bool:
    """Whether a build holds all that is recorded."""
    return at_end(cursor, build) is not None


def reach_position(cursor: sqlite3.Cursor, build: Build, before: int, after: int) -> None:
    """Store how far a build has got. Raises Conflict where another process has written it meanwhile, or dropped it."""
    statement = "UPDATE projections SET position = ? WHERE id = ? AND position = ?"
    if not cursor.execute(statement, (after, build.id, before)).rowcount:
        raise Conflict(f"another process has brought {build.name} up to date meanwhile: read again from where it is")


ALL_FOLDED = ()
"""What is stored in place of the last key that was folded, when all are: from then on the build follows."""


def folded(cursor: sqlite3.Cursor, build: Build) -> tuple[str, ...] | None:
    """The last key that a build has folded, null where it has folded none."""
    (text,) = cursor.execute("SELECT folded FROM projections WHERE id = ?", (build.id,)).fetchone() or (None,)
    return None if text is None else tuple(json.loads(text))


def set_folded(cursor: sqlite3.Cursor, build: Build, key: tuple[str, ...] | None, after: tuple[str, ...]) -> None:
    """Store the last key that a build has folded. Raises Conflict where another process has gone on meanwhile."""
    before = None if key is None else key_text(key)
    statement = "UPDATE projections SET folded = ? WHERE id = ? AND folded IS ? AND state = 'building'"
    if not cursor.execute(statement, (key_text(after), build.id, before)).rowcount:
        raise Conflict(f"another process makes the same build of {build.name}")


def progress(cursor: sqlite3.Cursor, build: Build) -> tuple[object, ...] | None:
    """How far a build is: its state, what it has read and what it has folded; null where it was dropped."""
    statement = "SELECT state, position, folded FROM projections WHERE id = ?"
    found: tuple[object, ...] | None = cursor.execute(statement, (build.id,)).fetchone()
    return found


def take_place(cursor: sqlite3.Cursor, build: Build) -> bool:
    """Let a complete build answer from now on; what answered before is kept until it is dropped.

    False where a newer edition answers already: then it serves programs of its own edition only.
    """
    if any(other.edition > build.edition and other.state != "building" for other in builds(cursor, build.name)):
        cursor.execute("UPDATE projections SET state = 'superseded' WHERE id = ?", (build.id,))
        return False
    cursor.execute("UPDATE projections SET state = 'superseded' WHERE name = ? AND state = 'current'", (build.name,))
    cursor.execute("UPDATE projections SET state = 'current' WHERE id = ?", (build.id,))
    return True


def drop_tables(cursor: sqlite3.Cursor, build: Build) -> None:
    """Remove a build with its tables."""
    for table in (build.rows, build.keys):
        cursor.execute(f"DROP TABLE IF EXISTS main.[{table}]")
    cursor.execute("DELETE FROM dead_letters WHERE build = ?", (build.id,))
    cursor.execute("DELETE FROM projections WHERE id = ?", (build.id,))


def key_text(values: Iterable[str]) -> str:
    """A key as dead letters name it, and as SQLite's `json_array` writes it."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def dead_letters(cursor: sqlite3.Cursor, build: Build) -> list[DeadLetter]:
    """The dead letters of a build, oldest first."""
    statement = "SELECT key, position, error FROM dead_letters WHERE build = ? ORDER BY position, key"
    return [DeadLetter(_key(key), position, error) for key, position, error in cursor.execute(statement, (build.id,))]


def _key(text: str) -> Key | None:
    if text == NO_KEY:
        return None
    values = json.loads(text)
    return tuple(values) if len(values) > 1 else str(values[0])


def bury(cursor: sqlite3.Cursor, build: Build, letters: Iterable[tuple[str, int, str]]) -> None:
    """Keep facts that could not be taken: the text of their key, their position and the error."""
    rows = [(build.id, *letter) for letter in letters]
    cursor.executemany("INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?)", rows)


def revive(cursor: sqlite3.Cursor, build: Build, key: str) -> None:
    """Remove the dead letters of a key that was folded again."""
    cursor.execute("DELETE FROM dead_letters WHERE build = ? AND key = ?", (build.id, key))


def find(cursor: sqlite3.Cursor, build: Build, at: int) -> None:
    """Remove the dead letter of a position of which the key can be told now."""
    cursor.execute("DELETE FROM dead_letters WHERE build = ? AND key = ? AND position = ?", (build.id, NO_KEY, at))


def letters_of(cursor: sqlite3.Cursor, build: Build, key: str) -> list[tuple[int, str]]:
    """Positions and errors of what could not be taken of a key."""
    statement = "SELECT position, error FROM dead_letters WHERE build = ? AND key = ? ORDER BY position"
    return cursor.execute(statement, (build.id, key)).fetchall()


def stale_keys(cursor: sqlite3.Cursor, build: Build) -> set[str]:
    """The texts of the keys that a dead letter stopped."""
    statement = "SELECT DISTINCT key FROM dead_letters WHERE build = ? AND key <> ''"
    return {key for (key,) in cursor.execute(statement, (build.id,))}


def letters_by_key(cursor: sqlite3.Cursor, build: Build) -> dict[str, int]:
    """How many dead letters each key has, and those without a key."""
    return dict(cursor.execute("SELECT key, count(*) FROM dead_letters WHERE build = ? GROUP BY key", (build.id,)))
