"""How does the log reach SQLite? The recorder of `eventsourcing`, with transactions, guards and tables of our own.

The only file that knows the library. Four things differ from what is inherited: a write transaction is IMMEDIATE,
because one that reads before it writes fails at once under a second writer; whatever SQLite raises becomes a
`StoreError` with a way out; positions are a column; and readers of one process never queue behind its writers.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
    Tracking,
)
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
    SQLiteTransaction,
)

from modeltrail.domain.refusals import Conflict
from modeltrail.location import Location
from modeltrail.opening import MEMORY, connect, prepare

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class StoreError(OperationalError):
    """The store could not do it; nothing of this batch was recorded. The message says what to do."""


class StoreLocked(StoreError):
    """Another writer held the store for too long; nothing was recorded. Repeat it."""


def store_error(error: sqlite3.Error, timeout_seconds: float) -> StoreError:
    """What SQLite said, in words that name the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StoreLocked(
            f"another writer held the store for {timeout_seconds:g} seconds; nothing was recorded: repeat it"
        )
    if code == sqlite3.SQLITE_READONLY:
        return StoreError("the store cannot be written: allow writing to the file and its folder, or open it read-only")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError("the file cannot be opened: allow reading and writing it and its folder")
    if code == sqlite3.SQLITE_FULL:
        return StoreError("the disk is full; nothing was recorded: make room and repeat it")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(f"the file is damaged ({error}): restore it from a backup")
    return StoreError(f"SQLite could not do it ({error}); nothing was recorded")


@contextmanager
def translated(timeout_seconds: float) -> Iterator[None]:
    """Let nothing of SQLite's own errors out."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, timeout_seconds) from error


class LogTransaction(SQLiteTransaction):
    """A write transaction takes its lock at once; a failed commit is rolled back, so the connection stays usable."""

    connection: LogConnection

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.sqlite_cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.Error as error:
            raise store_error(error, self.connection.lock_timeout_seconds) from error
        return cursor

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if exc_val is None and self.commit:
                self.connection.commit()
            else:
                self.connection.rollback()
        except sqlite3.Error as error:
            self.connection.rollback()
            raise store_error(error, self.connection.lock_timeout_seconds) from error
        if isinstance(exc_val, sqlite3.Error):
            raise store_error(exc_val, self.connection.lock_timeout_seconds) from exc_val


class LogConnection(SQLiteConnection):
    """A connection whose transactions are ours."""

    def __init__(self, sqlite_conn: sqlite3.Connection, lock_timeout_seconds: float) -> None:
        super().__init__(sqlite_conn, max_age=None)
        self.lock_timeout_seconds = lock_timeout_seconds

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A cursor inside a transaction that is committed at its end, or rolled back."""
        with LogTransaction(self, commit=commit) as cursor, cursor:
            yield cursor


class LogConnectionPool(SQLiteConnectionPool):
    """Connections to one log. A log in memory has exactly one, which its threads take in turns."""

    def __init__(self, database: str, *, lock_timeout_seconds: float) -> None:
        in_memory = database == MEMORY
        kept, more = (1, 0) if in_memory else (5, 59)
        super().__init__(db_name=database, pool_size=kept, max_overflow=more, pool_timeout=lock_timeout_seconds)
        self.lock_timeout_seconds = lock_timeout_seconds

    def _create_connection(self) -> LogConnection:
        with translated(self.lock_timeout_seconds):
            return LogConnection(connect(self.db_name, self.lock_timeout_seconds), self.lock_timeout_seconds)

    def put_connection(self, conn: SQLiteConnection) -> None:
        """Take a connection back; into a closed pool it comes to be closed."""
        with self._put_condition:
            if self._closed:
                del self._in_use[id(conn)]
                conn.close()
            else:
                super().put_connection(conn)

    def close(self) -> None:
        """Close what nobody uses. The library also closes what another thread is using, which ends the process."""
        with self._put_condition:
            self._closed = True
            while self._pool:
                self._pool.popleft().close()


class LogDatastore(SQLiteDatastore):
    """The datastore of a log: one writer of this process at a time, readers beside it. It asks no environment."""

    def __init__(self, database: str, *, read_only: bool, lock_timeout_seconds: float) -> None:
        super().__init__(database, originator_id_type="text")
        self.pool = LogConnectionPool(database, lock_timeout_seconds=lock_timeout_seconds)
        self.read_only = read_only
        self.lock_timeout_seconds = lock_timeout_seconds
        self._writing = threading.Lock()

    @classmethod
    def at(cls, location: Location, *, read_only: bool, lock_timeout_seconds: float) -> LogDatastore:
        """The datastore of a place, made first where there is nothing. Raises ValueError where there is no log."""
        with translated(lock_timeout_seconds):
            database = prepare(location, read_only=read_only, lock_timeout_seconds=lock_timeout_seconds)
        return cls(database, read_only=read_only, lock_timeout_seconds=lock_timeout_seconds)

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:
        """A connection for writing (`commit`) or reading, for the library. Raises StoreLocked."""
        connection = self.take(commit=commit)
        try:
            yield connection
        finally:
            self.give_back(connection, commit=commit)

    def take(self, *, commit: bool) -> LogConnection:
        """A connection for writing (`commit`) or reading. Raises StoreLocked when none gets free in time.

        Writers queue here and not in the pool: there a waiting writer would hold up the readers behind it.
        """
        if commit and self.read_only:
            raise StoreError("the log was opened read-only: open it for writing to record something")
        if commit and not self._writing.acquire(timeout=self.lock_timeout_seconds):
            raise StoreLocked("another thread held the store for too long; nothing was recorded: repeat it")
        try:
            return self._taken()
        except BaseException:
            if commit:
                self._writing.release()
            raise

    def give_back(self, connection: SQLiteConnection, *, commit: bool) -> None:
        """Let others have a connection that was taken."""
        try:
            self.pool.put_connection(connection)
        finally:
            if commit:
                self._writing.release()

    def _taken(self) -> LogConnection:
        try:
            connection = self.pool.get_connection()
            assert isinstance(connection, LogConnection)
            return connection
        except ConnectionPoolClosedError:
            raise StoreError("the log is closed: open it again") from None
        except ConnectionUnavailableError as error:
            raise StoreLocked("no connection to the store got free in time: read from fewer threads") from error


class Session:
    """One transaction for the log's own statements: a plain cursor whose rows are tuples. Entered often, so it is one
    object and not a nest of generators."""

    __slots__ = ("_commit", "_connection", "_cursor", "_datastore", "_lenient", "_transaction")

    def __init__(self, datastore: LogDatastore, *, commit: bool, lenient: bool = False) -> None:
        self._datastore = datastore
        self._commit = commit
        self._lenient = lenient

    def __enter__(self) -> sqlite3.Cursor:
        self._connection = self._datastore.take(commit=self._commit)
        try:
            self._transaction = LogTransaction(self._connection, commit=self._commit)
            self._cursor = self._transaction.__enter__().sqlite_cursor
        except BaseException:
            self._datastore.give_back(self._connection, commit=self._commit)
            raise
        self._cursor.row_factory = None
        if self._lenient:
            self._cursor.connection.text_factory = _lenient_text
        return self._cursor

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if self._lenient:
                self._cursor.connection.text_factory = str
            self._cursor.close()
            self._transaction.__exit__(exc_type, exc_val, exc_tb)
        finally:
            self._datastore.give_back(self._connection, commit=self._commit)


def _lenient_text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


class LogRecorder(SQLiteProcessRecorder):
    """What the library asks for, from the log's own tables, and its tracking. Facts come in by `Log.append` alone."""

    def __init__(self, datastore: LogDatastore) -> None:
        super().__init__(datastore, events_table_name="events")
        self.log_datastore = datastore
        self.select_events_statement = (
            "SELECT stream AS originator_id, stream_version AS originator_version, type AS topic, body AS state "
            "FROM (SELECT *, stream AS originator_id, stream_version AS originator_version FROM events) "
            "WHERE originator_id=? "
        )
        self.select_max_notification_id_statement = "SELECT max(position) FROM events"

    def construct_create_table_statements(self) -> list[str]:
        """None: all tables are made with the file, in one transaction."""
        return []

    @property
    def database(self) -> str:
        """The name under which SQLite finds the file."""
        name = self.log_datastore.pool.db_name
        assert isinstance(name, str)
        return name

    def reading(self, *, lenient: bool = False) -> Session:
        """A cursor on one unchanging state of the log; rows are tuples. `lenient` lets broken UTF-8 through as well."""
        return Session(self.log_datastore, commit=False, lenient=lenient)

    @contextmanager
    def writing(self, tracking: tuple[str, int] | None = None) -> Iterator[sqlite3.Cursor]:
        """A cursor that nobody writes beside; committed once at the end, with the position that a follower reached.

        Raises Conflict where that follower has got as far already.
        """
        with Session(self.log_datastore, commit=True) as cursor:
            yield cursor
            if tracking is not None:
                self._track(SQLiteCursor(cursor), *tracking)

    def _track(self, cursor: SQLiteCursor, follower: str, position: int) -> None:
        try:
            self._insert_tracking(cursor, Tracking(follower, position))
        except IntegrityError:
            raise Conflict(
                f"{follower} has got to position {position} already, in another worker; nothing was recorded: "
                "read again from where it is"
            ) from None

    def _insert_events(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: Any) -> NoReturn:
        raise TypeError("a StoredEvent has no clocks: facts are recorded by Log.append")

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Facts as notifications of the library; the id is the position."""
        conditions, parameters = ["position >= ?"], [(start or 0) + (start is not None and not inclusive_of_start)]
        if stop is not None:
            conditions.append("position <= ?")
            parameters.append(stop)
        if topics:
            conditions.append(f"type IN ({', '.join('?' * len(topics))})")
        statement = f"SELECT * FROM events WHERE {' AND '.join(conditions)} ORDER BY position LIMIT ?"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(statement, (*parameters, *topics, limit))
            return [_notification(row) for row in cursor.fetchall()]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The facts of one stream. Raises TypeError for a UUID: streams are named by text."""
        if not isinstance(originator_id, str):
            raise TypeError(f"streams are named by text, not by {originator_id!r}")
        return super().select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)


def _notification(row: sqlite3.Row) -> Notification:
    return Notification(
        id=row["position"],
        originator_id=row["stream"],
        originator_version=row["stream_version"],
        topic=row["type"],
        state=row["body"],
    )
