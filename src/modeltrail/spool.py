"""What does one file show? All of it is read before anything is compared, and kept on disk, however large it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from modeltrail.imports.exports import Row, Shown, Unreadable

RAW_LENGTH = 100_000
"""How many characters of an unreadable row are kept: the most that a stored text may have."""
_DEPTH = 50
"""How deep an element is kept that is nested more deeply than can be written."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TABLES = """
CREATE TABLE rows (key TEXT PRIMARY KEY, scope TEXT, stream TEXT, row INTEGER, shown TEXT) WITHOUT ROWID;
CREATE TABLE problems (row INTEGER PRIMARY KEY, key TEXT, scope TEXT, raw TEXT, reason TEXT);
"""


@dataclass(frozen=True, slots=True)
class SpooledRow:
    """One row of the file. `text` is what it shows as canonical JSON: two rows show the same where it is equal."""

    key: str
    scope: str
    stream: str
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that could not be read: its place, what it is about where that can be told, its text and the reason."""

    row: int
    key: str | None
    scope: str | None
    raw: str
    reason: str

    @property
    def digest(self) -> str:
        """What tells it from others, on whatever line it stands: its text and the reason."""
        return sha256(f"{self.raw}\n{self.reason}".encode()).hexdigest()[:16]


def text_of(shown: Shown) -> str:
    """What a row shows, as canonical JSON."""
    return _encode(sorted(shown.items()))


def raw_of(item: object) -> str:
    """An element of the file as JSON, as it stood there but for spaces; what is nested too deeply is cut off."""
    try:
        return json.dumps(item, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError:
        return json.dumps(_cut(item, _DEPTH), ensure_ascii=False, separators=(",", ":"), default=str)


def _cut(item: object, depth: int) -> object:
    """An element without what lies deeper in it."""
    if not isinstance(item, dict | list):
        return item
    if not depth:
        return "..."
    if isinstance(item, list):
        return [_cut(inner, depth - 1) for inner in item]
    return {name: _cut(inner, depth - 1) for name, inner in item.items()}


def shown_in(text: str) -> dict[str, str]:
    """What a row shows, from its canonical JSON."""
    return dict(json.loads(text))


class Spool:
    """The rows of one file, each key once, in a database of its own that goes away when it is closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self.scopes: dict[str, None] = {}
        self._put_aside: set[str] = set()
        self.rows = 0
        """How many elements the file has, unreadable ones too."""

    def close(self) -> None:
        """Let it go."""
        self._database.close()

    def add(self, row: Row) -> Row | None:
        """Take a row; returns the one that has the same key already, where there is one."""
        self.scopes[row.scope] = None
        if row.key in self._put_aside:
            return None
        taken = (row.key, row.scope, row.stream, self.rows, text_of(row.shown))
        if self._database.execute("INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?)", taken).rowcount:
            return None
        found = self._database.execute("SELECT scope, stream, shown FROM rows WHERE key = ?", (row.key,)).fetchone()
        return Row(row.key, found[0], found[1], shown_in(found[2]))

    def replace(self, row: Row) -> None:
        """Let a row that was merged from two take the place of the first."""
        self._database.execute("UPDATE rows SET shown = ? WHERE key = ?", (text_of(row.shown), row.key))

    def put_aside(self, raw: str, problem: Unreadable) -> None:
        """Take a row that cannot be read (R41). What else the file says of the same key is not believed either."""
        kept = raw[:RAW_LENGTH].encode("utf-8", "backslashreplace").decode("utf-8")[:RAW_LENGTH]
        if problem.key is not None:
            self._put_aside.add(problem.key)
            self._database.execute("DELETE FROM rows WHERE key = ?", (problem.key,))
        if problem.scope is not None:
            self.scopes[problem.scope] = None
        aside = (self.rows, problem.key, problem.scope, kept, str(problem))
        self._database.execute("INSERT INTO problems VALUES (?, ?, ?, ?, ?)", aside)

    def pages(self, size: int) -> Iterator[list[SpooledRow]]:
        """The rows by their keys, so many at a time."""
        after = ""
        while page := self._database.execute(
            "SELECT key, scope, stream, row, shown FROM rows WHERE key > ? ORDER BY key LIMIT ?", (after, size)
        ).fetchall():
            yield [SpooledRow(*row) for row in page]
            after = page[-1][0]

    def has(self, keys: list[str]) -> set[str]:
        """Which of some keys the file has."""
        found = self._database.execute(
            "SELECT value FROM json_each(?) WHERE value IN (SELECT key FROM rows)", (json.dumps(keys),)
        )
        return {key for (key,) in found}

    def problems(self) -> Iterator[Problem]:
        """The rows that could not be read, in their order."""
        for row in self._database.execute("SELECT row, key, scope, raw, reason FROM problems ORDER BY row"):
            yield Problem(*row)

    def unread(self) -> tuple[str, ...]:
        """The keys of rows that could not be read."""
        found = self._database.execute("SELECT DISTINCT key FROM problems WHERE key IS NOT NULL ORDER BY key")
        return tuple(key for (key,) in found)

    def is_unreadable(self) -> bool:
        """Whether there are rows, and of none of them one can tell what it is about."""
        (unnamed,) = self._database.execute("SELECT count(*) FROM problems WHERE key IS NULL").fetchone()
        return bool(self.rows) and unnamed == self.rows

    def has_unnamed(self) -> bool:
        """Whether there is a row of which nobody can tell what it is about: then nothing can be said to be missing."""
        return self._database.execute("SELECT 1 FROM problems WHERE key IS NULL LIMIT 1").fetchone() is not None
