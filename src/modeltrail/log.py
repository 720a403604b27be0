"""How is a fact recorded, so that it can be read and proven for ever? The log: append, read, verify, prove.

One append is one write transaction with one commit: the stream versions are checked, `recorded_at` is stamped, the
canonical bytes, the Merkle leaf and the frontier are formed, or nothing of it happens. Reading is checked: a body that
does not fit its leaf, or that is no fact, raises `Damaged` with its position. Only `verify` shows that nothing changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

from modeltrail.appending import Appender
from modeltrail.clocks import at_microseconds, micros
from modeltrail.columns import Row
from modeltrail.damage import Damaged, Wanted, checked, decoded, picked
from modeltrail.datastore import LogDatastore, LogRecorder, StoreError
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import Conflict
from modeltrail.domain.values import to_utc
from modeltrail.drafts import Draft, Tip, prepare, record
from modeltrail.failpoints import reach
from modeltrail.location import Location
from modeltrail.merkle import Frontier, frontier_of, inclusion_path
from modeltrail.proofs import Checkpoint, InclusionProof
from modeltrail.rows import (
    bodies_at,
    bodies_between,
    bodies_known,
    bodies_of,
    end_of,
    false_command,
    has_stream,
    headed_between,
    insert_result,
    last_position,
    parts_of,
    result_of,
    rows_after,
    stored_frontier,
    stored_state,
    streams_from,
    versions_of,
)
from modeltrail.schema import guard_flaw, table_flaw
from modeltrail.verification import Verification, verify

_BATCH = 2_000
_NOTHING: Mapping[str, int] = {}
Beside = Callable[[sqlite3.Cursor, tuple[Fact, ...]], None]
"""What is written to other tables in the transaction of an append, with the facts that it records."""


class End(NamedTuple):
    """The last position of a log, and when it was recorded; 0 and null where it is empty."""

    position: int
    recorded_at: datetime | None


class _Undone(Exception):
    """A transaction that was tried, and of which nothing is to be kept."""


class Log:
    """An append-only log of facts in one SQLite file, or in memory. Threads may share it; a process opens its own."""

    def __init__(self, recorder: LogRecorder, clock: Callable[[], datetime]) -> None:
        self._recorder = recorder
        self._clock = clock

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Callable[[], datetime],
        read_only: bool = False,
        lock_timeout_seconds: float = 30.0,
    ) -> Log:
        """Open `sqlite:///relative.db`, `sqlite:////absolute.db` or `memory:`; a missing file is made.

        Raises ValueError, naming the way out, for another kind of URL, a file that is no log or of a newer format, and,
        if `read_only`, a missing file; StoreLocked when other writers take longer than `lock_timeout_seconds`.
        """
        location = Location.parse(url)
        datastore = LogDatastore.at(location, read_only=read_only, lock_timeout_seconds=lock_timeout_seconds)
        return cls(LogRecorder(datastore), clock)

    @property
    def database(self) -> str:
        """The name under which SQLite finds the file."""
        return self._recorder.database

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be recorded."""
        return self._recorder.log_datastore.read_only

    def close(self) -> None:
        """Close all connections. Closing twice is closing once."""
        self._recorder.datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        expected: Mapping[str, int] = _NOTHING,
        command_id: str | None = None,
        tracking: tuple[str, int] | None = None,
        beside: Beside | None = None,
    ) -> tuple[Fact, ...]:
        """Record all drafts in their order, or none, with one commit that is on disk when this returns.

        `expected` gives the versions that streams must have (0: the stream is empty); Conflict is raised where one has
        another. A `command_id` that has a result already returns that result and records nothing, also where the first
        recorded nothing (R39). `tracking` stores with it the position that a follower has reached; `beside` writes what
        it likes to tables of its own, in the same transaction.
        Raises ClocksOutOfOrder (R5), ValueError for what cannot be encoded, StoreLocked and StoreError.
        """
        prepared = [prepare(draft, command_id) for draft in drafts]
        if not prepared and command_id is None and tracking is None and beside is None:
            return ()
        reach("append.before")
        with self._recorder.writing(tracking) as cursor:
            result = None if command_id is None else result_of(cursor, command_id)
            if result is not None:
                return tuple(_facts_between(cursor, result.start, result.stop - 1))
            versions = versions_of(cursor, {*expected, *(item.envelope.stream for item in prepared)})
            _check_expected(versions, expected)
            tip = _tip(cursor)
            first = tip.frontier.size + 1
            facts = record(cursor, prepared, tip, versions, self._clock) if prepared else ()
            if command_id is not None:
                insert_result(cursor, command_id, range(first, tip.frontier.size + 1))
            if beside is not None:
                beside(cursor, facts)
            reach("append.written")
        reach("append.after")
        return facts

    @contextmanager
    def appending(self, *, keep: bool = True) -> Iterator[Appender]:
        """One write transaction in which very many facts are appended part by part; nothing of it is kept where
        `keep` is false, or an exception leaves the block. Raises StoreLocked and StoreError."""
        reach("append.before")
        with suppress(_Undone), self._recorder.writing() as cursor:
            yield Appender(cursor, _tip(cursor), self._clock)
            reach("append.written")
            if not keep:
                raise _Undone
        reach("append.after")

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Fact]:
        """The facts after a position, in order, up to the one that is the last when reading begins.

        Nothing is locked between batches, so facts may be recorded while reading. Raises Damaged.
        """
        if after < 0 or (limit is not None and limit < 0):
            raise ValueError("positions count from 1, and a limit from 0")
        last = self.size()
        end = last if limit is None else min(last, after + limit)
        return self.pick(after, end)

    def pick(self, after: int, until: int, wanted: Wanted | None = None) -> Iterator[Fact]:
        """The facts that are wanted, null for all, after one position up to another that the log has reached.

        The others are checked against their leaves as well, and not decoded, which takes most of the time.
        """
        for start in range(after + 1, until + 1, _BATCH):
            end = min(start + _BATCH - 1, until)
            with self._recorder.reading() as cursor:
                if wanted is None:
                    facts = _facts_between(cursor, start, end)
                else:
                    facts = picked(headed_between(cursor, start, end), start, end, wanted)
            yield from facts

    def stream(self, stream: str, until: int) -> list[Fact]:
        """The facts of a stream up to a position of the log, in order. Raises Damaged."""
        with self._recorder.reading() as cursor:
            rows = bodies_of(cursor, stream, until)
        facts = [checked(*row) for row in rows]
        for due, fact in enumerate(facts, start=1):
            if (fact.stream, fact.stream_version) != (stream, due):
                raise Damaged(f"{stream} has no version {due}: modeltrail verify says where it begins")
        return facts

    def stream_as_known(self, stream: str, until: int, known_at: datetime) -> list[Fact]:
        """Those of them that were known at a moment; the others are not read. Raises Damaged."""
        with self._recorder.reading() as cursor:
            rows = bodies_known(cursor, stream, until, micros(known_at))
        return [checked(*row) for row in rows]

    def has_stream(self, stream: str, until: int) -> bool:
        """Whether a stream has a fact up to a position of the log."""
        with self._recorder.reading() as cursor:
            return has_stream(cursor, stream, until)

    def streams(self, until: int, prefix: str = "") -> list[str]:
        """The streams that begin with a text and have a fact up to a position of the log, oldest first."""
        with self._recorder.reading() as cursor:
            return streams_from(cursor, prefix, until)

    def end(self) -> End:
        """Where the log ends, read from one row."""
        with self._recorder.reading() as cursor:
            position, recorded_at = end_of(cursor)
        return End(position, None if recorded_at is None else at_microseconds(recorded_at))

    def at(self, positions: Collection[int]) -> list[Fact]:
        """The facts at some positions of the log, in order. Raises Damaged."""
        if not positions:
            return []
        with self._recorder.reading() as cursor:
            return [checked(*row) for row in bodies_at(cursor, positions)]

    def fact(self, position: int) -> Fact:
        """The fact at a position. Raises ValueError where there is none."""
        self._check_position(position, self.size())
        with self._recorder.reading() as cursor:
            (fact,) = _facts_between(cursor, position, position)
        return fact

    def last(self) -> Fact | None:
        """The newest fact, null in an empty log."""
        size = self.size()
        return self.fact(size) if size else None

    def size(self) -> int:
        """The number of facts, which is the last position."""
        with self._recorder.reading() as cursor:
            return last_position(cursor)

    def stream_versions(self, streams: Iterable[str]) -> dict[str, int]:
        """The version of each of these streams, 0 for an empty one: what `append` can be told to expect."""
        with self._recorder.reading() as cursor:
            return versions_of(cursor, streams)

    def command(self, command_id: str) -> tuple[int, ...] | None:
        """The positions that a command recorded, perhaps none; null where the command is unknown."""
        with self._recorder.reading() as cursor:
            result = result_of(cursor, command_id)
        return None if result is None else tuple(result)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """A cursor on one unchanging state of the file, for the tables that were written beside appends."""
        with self._recorder.reading() as cursor:
            yield cursor

    def write(self, task: Callable[[sqlite3.Cursor], None]) -> None:
        """Write to tables beside the log within one transaction, which records nothing."""
        self.append((), beside=lambda cursor, _: task(cursor))

    def tracked(self, follower: str) -> int:
        """The position that a follower has reached, 0 at first."""
        return self._recorder.max_tracking_id(follower) or 0

    def checkpoint(self) -> Checkpoint:
        """Size, root and time of the log as it is now. Raises Damaged where the tree does not cover the facts."""
        with self._recorder.reading() as cursor:
            frontier = _tip(cursor).frontier
        return Checkpoint(size=frontier.size, root=frontier.root().hex(), time=to_utc(self._clock()))

    def verify(self, checkpoint: Checkpoint | None = None) -> Verification:
        """Recompute the tree from the stored bytes, compare all columns with them, prove that it extends a checkpoint.

        Last of all, whether the guards of the database are those that the log was made with.

        Facts that are recorded meanwhile are not looked at.
        """
        with self._recorder.reading(lenient=True) as cursor:
            parts = parts_of(cursor)
            flaw = table_flaw(parts)
            if flaw is not None:
                return Verification(False, 0, None, None, flaw)
            stored = replace(stored_state(cursor), false_command=false_command(cursor), guard_flaw=guard_flaw(parts))
        return verify(self._pages(stored.last), stored, checkpoint)

    def _pages(self, last: int) -> Iterator[list[Row]]:
        after = -(2**63)
        while page := self._some_rows(after, last):
            yield page
            after = page[-1][0]

    def _some_rows(self, after: int, last: int) -> list[Row]:
        """Rows that hold broken text make no error here, so that they can be named; reading leniently takes longer."""
        for lenient in (False, True):
            with suppress(StoreError), self._recorder.reading(lenient=lenient) as cursor:
                return rows_after(cursor, after, last, _BATCH)
        raise Damaged(f"the rows after position {after} cannot be read: restore the file from a backup")

    def prove(self, position: int, *, size: int | None = None) -> InclusionProof:
        """That a fact is at this position of the log, as it is now or as it was when it held `size` facts.

        Raises ValueError where there is no such position, Damaged where the leaves are not those of the tree.
        """
        with self._recorder.reading() as cursor:
            tip = _tip(cursor).frontier
            self._check_position(position, tip.size if size is None else min(size, tip.size))
            leaves = [leaf for (leaf,) in cursor.execute("SELECT leaf FROM events ORDER BY position")]
            ((_, body, _),) = bodies_between(cursor, position, position)
        if frontier_of(leaves).to_bytes() != tip.to_bytes():
            raise Damaged("the leaves are not those of the tree: modeltrail verify says where it begins")
        leaves = leaves[: size or tip.size]
        return InclusionProof(
            position=position,
            size=len(leaves),
            root=frontier_of(leaves).root().hex(),
            leaf=leaves[position - 1].hex(),
            path=tuple(step.hex() for step in inclusion_path(leaves, position - 1)),
            body=body.decode(),
        )

    def _check_position(self, position: int, size: int) -> None:
        if not 1 <= position <= size:
            held = f"it holds 1 to {size}" if size else "it is empty"
            raise ValueError(f"the log has no position {position}: {held}")


def _check_expected(versions: Mapping[str, int], expected: Mapping[str, int]) -> None:
    for stream, version in expected.items():
        if versions[stream] != version:
            raise Conflict(
                f"{stream} is at version {versions[stream]}, not {version}: another writer recorded something first; "
                "nothing of this batch was recorded: read again and repeat it"
            )


def _tip(cursor: sqlite3.Cursor) -> Tip:
    (last, recorded_at), (size, hashes) = end_of(cursor), stored_frontier(cursor)
    if last != size:
        raise Damaged(f"{last} facts are stored, but their tree covers {size}: modeltrail verify says more")
    return Tip(None if recorded_at is None else at_microseconds(recorded_at), Frontier.from_bytes(last, hashes))


def _facts_between(cursor: sqlite3.Cursor, first: int, last: int) -> Iterator[Fact]:
    return decoded(bodies_between(cursor, first, last), first, last)
