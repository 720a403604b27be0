"""Which facts need a store that is opened again? Those that belong to models, by their positions: few of very many.

They could be found by looking through the whole log, and are, where nobody has stored them yet. What is stored is
only a short cut: it is replaced as a whole, with the position up to which it was found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from modeltrail.damage import checked
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import Conflict
from modeltrail.log import Log
from modeltrail.rows import bodies_at

FOLLOWER = "kept-2"
"""The name under which the log keeps up to where the facts were found; another number where others are to be kept, and
another table, since an older version may go on with its own."""
_TABLE = "CREATE TABLE IF NOT EXISTS kept_facts_2 (position INTEGER PRIMARY KEY)"
_EXISTS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'kept_facts_2'"
_REACHED = "SELECT notification_id FROM tracking WHERE application_name = ?"


class Kept(NamedTuple):
    """What was stored: up to which position, the fact there, and the facts that are kept."""

    position: int
    last: Fact | None
    facts: list[Fact]


def load(log: Log) -> Kept:
    """What was stored last, nothing where nobody has."""
    with log.reading() as cursor:
        (is_there,) = cursor.execute(_EXISTS).fetchone()
        found = cursor.execute(_REACHED, (FOLLOWER,)).fetchone() if is_there else None
        if found is None:
            return Kept(0, None, [])
        positions = [position for (position,) in cursor.execute("SELECT position FROM kept_facts_2").fetchall()]
        facts = [checked(*row) for row in bodies_at(cursor, positions)]
        (last,) = [checked(*row) for row in bodies_at(cursor, [found[0]])]
    return Kept(found[0], last, facts)


def store(log: Log, position: int, kept: Iterable[int]) -> None:
    """Store which facts are kept, unless another process has got as far."""

    def write(cursor: sqlite3.Cursor, _: tuple[Fact, ...]) -> None:
        cursor.execute(_TABLE)
        cursor.execute("DELETE FROM kept_facts_2")
        cursor.executemany("INSERT OR IGNORE INTO kept_facts_2 VALUES (?)", [(one,) for one in kept])

    with suppress(Conflict):
        log.append((), tracking=(FOLLOWER, position), beside=write)
