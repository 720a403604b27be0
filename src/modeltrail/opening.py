"""Is this file a log, and how is it opened? A new file becomes one; a file of something else is left as it is.

Functions here raise ValueError, with a way out, for what cannot be a log, and let through what else SQLite raises.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from modeltrail.location import Location
from modeltrail.rows import parts_of
from modeltrail.schema import APPLICATION_ID, FORMAT, FORMAT_WITH_PROJECTIONS, TABLES, guard_flaw, table_flaw

Answer = TypeVar("Answer")
MEMORY = ":memory:"
_RETRY_SECONDS = 0.01


def connect(database: str, lock_timeout_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit mode whose commits are on disk when they return. In memory it brings its tables."""
    connection = sqlite3.connect(
        database, uri=True, check_same_thread=False, isolation_level=None, timeout=lock_timeout_seconds
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
        if database == MEMORY:
            _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def prepare(location: Location, *, read_only: bool, lock_timeout_seconds: float) -> str:
    """The database name for SQLite of a place that holds a log of this format, made first where there is nothing."""
    if location.path is None:
        if read_only:
            raise ValueError("a log in memory begins empty, so there is nothing to read: open it for writing")
        return MEMORY
    if read_only:
        return _prepare_for_reading(location, lock_timeout_seconds)
    if not location.path.parent.is_dir():
        raise ValueError(f"the folder of {location} does not exist: make it first")
    database = location.uri("mode=rwc")
    connection = _opened(location, database, lock_timeout_seconds)
    try:
        if not _in_transaction(connection, lambda: _is_guarded_log(location, connection)):
            _in_transaction(connection, lambda: _make(location, connection), "BEGIN IMMEDIATE")
        _use_wal(connection, lock_timeout_seconds)
    finally:
        connection.close()
    return database


def _prepare_for_reading(location: Location, lock_timeout_seconds: float) -> str:
    """A log in a folder that cannot be written is read as immutable, which would miss what a `-wal` file holds."""
    if location.path is None or not location.path.exists():
        raise ValueError(f"there is no log at {location}: name another one, or record something there first")
    for database in (location.uri("mode=ro"), location.uri("mode=ro&immutable=1")):
        try:
            _check_for_reading(location, database, lock_timeout_seconds)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            if location.wal_exists():
                raise ValueError(
                    f"{location} has a -wal file beside it and its folder cannot be written: copy both files to a "
                    "folder that can be written, or close the log where it is written"
                ) from error
        else:
            return database
    raise ValueError(f"{location} cannot be opened: allow reading the file")


def _check_for_reading(location: Location, database: str, lock_timeout_seconds: float) -> None:
    connection = _opened(location, database, lock_timeout_seconds)
    try:
        if not _in_transaction(connection, lambda: _is_log(location, connection)):
            raise ValueError(f"{location} is empty: record something there first")
    finally:
        connection.close()


def _opened(location: Location, database: str, lock_timeout_seconds: float) -> sqlite3.Connection:
    if location.path is not None and location.path.is_dir():
        raise ValueError(f"{location} is a folder: name a file in it")
    try:
        return connect(database, lock_timeout_seconds)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise _not_sqlite(location) from None
        raise


def _is_log(location: Location, connection: sqlite3.Connection) -> bool:
    """Whether the file is a log; false for an empty one. Raises ValueError for any other.

    Only inside of one transaction: between two questions another process could make the log.
    """
    try:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise _not_sqlite(location) from None
        raise
    if (mark, tables) == (0, 0):
        return False
    if mark != APPLICATION_ID:
        raise ValueError(f"{location} is an SQLite database of something else: name another file")
    if found > FORMAT_WITH_PROJECTIONS:
        raise ValueError(
            f"{location} was written by a newer modeltrail (format {found}, this one knows {FORMAT_WITH_PROJECTIONS}): "
            "upgrade modeltrail"
        )
    return True


def _is_guarded_log(location: Location, connection: sqlite3.Connection) -> bool:
    """As `_is_log`; raises ValueError too for a log in which something could be changed or removed."""
    if not _is_log(location, connection):
        return False
    parts = parts_of(connection)
    flaw = table_flaw(parts) or guard_flaw(parts)
    if flaw is not None:
        raise ValueError(f"nothing is recorded in {location}: {flaw}; run modeltrail verify and restore a backup")
    return True


def _not_sqlite(location: Location) -> ValueError:
    return ValueError(f"{location} is no SQLite database: name another file")


def _make(location: Location, connection: sqlite3.Connection) -> None:
    """Make the log, unless another process has done so while this one waited for the lock."""
    if not _is_guarded_log(location, connection):
        _make_tables(connection)


def _in_transaction(connection: sqlite3.Connection, task: Callable[[], Answer], begin: str = "BEGIN") -> Answer:
    connection.execute(begin)
    try:
        answer = task()
        connection.execute("COMMIT")
        return answer
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _use_wal(connection: sqlite3.Connection, lock_timeout_seconds: float) -> None:
    """Let readers and a writer work at the same time. The change needs the file alone, which SQLite does not await."""
    deadline = time.monotonic() + lock_timeout_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
