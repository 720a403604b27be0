"""Where are tables kept of a log that cannot be written? In memory, aside of it: they end with their process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from modeltrail import registry
from modeltrail.datastore import translated
from modeltrail.log import Log


class Aside:
    """Tables in memory beside the events of a file, which is only read. Threads take turns."""

    def __init__(self, log: Log) -> None:
        self._connection = sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False)
        self._connection.execute("ATTACH DATABASE ? AS log", (log.database,))
        self._lock = RLock()
        self.write(registry.make_tables)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """A cursor on one unchanging state of log and tables."""
        with self._transaction("ROLLBACK") as cursor:
            yield cursor

    def write(self, task: Callable[[sqlite3.Cursor], None]) -> None:
        """Do something within one transaction."""
        with self._transaction("COMMIT") as cursor:
            task(cursor)

    @contextmanager
    def _transaction(self, end: str) -> Iterator[sqlite3.Cursor]:
        with self._lock, translated(0):
            cursor = self._connection.cursor()
            cursor.execute("BEGIN")
            try:
                yield cursor
                cursor.execute(end)
            finally:
                if self._connection.in_transaction:
                    cursor.execute("ROLLBACK")

    def close(self) -> None:
        """Forget the tables."""
        self._connection.close()
