"""How does one record what happened, and ask what was so? The trail: the face of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypeVar, get_args

from modeltrail.advance import Advanced, Overdue, carry_out, promises
from modeltrail.annotating import PREFIX, Annotator, Columns
from modeltrail.call_frames import Frame, annotate_frame
from modeltrail.call_times import CallTimes, TimeUnit
from modeltrail.datastore import StoreError, StoreLocked
from modeltrail.domain.events import Event as DomainEvent
from modeltrail.domain.events import ModelEvent, RowQuarantined
from modeltrail.domain.facts import Fact, content
from modeltrail.domain.model import is_news, models_concerned
from modeltrail.domain.refusals import Refused
from modeltrail.domain.values import instant_text, to_utc
from modeltrail.engine import Engine
from modeltrail.hosts import ENGINE, Host
from modeltrail.imports.exports import Export
from modeltrail.imports.rows import Quarantined, Statement
from modeltrail.knowledge import Knowledge
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.moment import Moment
from modeltrail.naming import stream_named
from modeltrail.problems import Date, moment_of
from modeltrail.projected import Projected
from modeltrail.projections.models import models
from modeltrail.projections.projection import Projection
from modeltrail.projections.review import Kind, ReviewEntry
from modeltrail.read import Origin, Read
from modeltrail.reading import Progress, read_export
from modeltrail.recorded import Recorded, runs
from modeltrail.recording import Recording, check_clocks
from modeltrail.remembered import Remembered
from modeltrail.status import Status, status
from modeltrail.views import Rows, View

Row = TypeVar("Row")
Acting = Literal["inline", "worker"]
"""Who carries out what follows from a fact: the call that records it, or a worker."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import recorded. `repeated`: rows known before. `unclear`: facts with an ambiguous version (R2)."""

    facts: tuple[Fact, ...]
    repeated: int
    quarantined: tuple[Quarantined, ...]
    unclear: tuple[Fact, ...]


def utc_now() -> datetime:
    """The clock of the machine, in UTC."""
    return datetime.now(UTC)


class Trail:
    """A log of facts about models and deployments, and every question about them. Threads may share one.

    >>> with Trail.open("memory:") as trail:
    ...     with trail.record(by="platform-team", why="first version") as rec:
    ...         rec.model("acme/chat").register(run_by="engine")
    ...         rec.model("acme/chat").release("2025-01")
    ...         rec.deployment("chat-prod").create("acme/chat", policy="auto-update")
    ...     trail.at().serving("chat-prod").version
    '2025-01'
    """

    def __init__(self, log: Log, clock: Callable[[], datetime], acting: Acting = "inline") -> None:
        self.log = log
        self._clock = clock
        self._ledger = Ledger(log)
        self._history = Remembered(self._ledger).history
        self._acts_inline = acting == "inline"
        self._engine = Engine(log, self._ledger, lambda model: self._history(model, None))
        self.projections = Projected(log, self._ledger)
        """The stored projections: views, state, building anew, mending and dropping."""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        read_only: bool = False,
        acting: Acting = "inline",
    ) -> Trail:
        """Open `sqlite:///relative.db`, `sqlite:////absolute.db` or `memory:`; a missing file is made.

        `clock` gives the present moment, time-zone aware. `acting`: whether what is recorded here is carried out for
        the deployments that the engine runs within the call that records it, or left to a worker (`work`).
        Raises ValueError, with the way out, for what is no store.
        """
        if acting not in get_args(Acting):
            raise ValueError(f"acting={acting!r} is unknown: use one of {', '.join(get_args(Acting))}")
        return cls(Log.open(url, clock=clock, read_only=read_only), clock, "worker" if read_only else acting)

    def close(self) -> None:
        """Close the store, and keep how far the engine has looked."""
        if self._acts_inline:
            with suppress(StoreError):
                self._engine.store_position()
        with suppress(StoreError):
            self._ledger.close()
        self.projections.close()
        self.log.close()

    def on_move(self, host: Host | None) -> None:
        """Ask a host before each move or stop that this trail carries out, null for none (R37).

        It returns null when it has carried the move out, `Postpone(until, why)` or `Fail(error)`; an exception counts
        as `Fail`. What it says is recorded. It is asked at least once for a move, and again under the same `Move.id`
        after a crash; where it must not do a thing twice, it remembers the ids.
        """
        self._engine.ask(host)

    def advance(self, to: Date | None = None, *, on_time: bool = False) -> Advanced:
        """Carry out what is due by a moment, null for now: announced changes of engine-run models, then moves (R37).

        All of it takes effect and is known at `to`; with `on_time`, for backfills and simulations, when it was due.
        Raises ValueError for a moment that lies ahead.
        """
        moment = _instant(to) or self.now()
        if moment > self.now():
            raise ValueError(
                f"{instant_text(moment)} lies ahead, and nothing is due before its day: leave the day out for now"
            )
        self._ledger.catch_up()
        before = self._engine.catch_up(before_sweep=True) if self._acts_inline else []
        found = promises((self._history(name, None).at(moment) for name in self._ledger.keys(models)), moment)
        done = list(carry_out(found, lambda promise: promise.due_at if on_time else moment, self._executing))
        kept = [one for one in done if isinstance(one, range)]
        moved = self._engine.sweep(moment, on_time=on_time)
        overdue = tuple(one for one in done if isinstance(one, Overdue))
        return Advanced(moment, Recorded(self.log, runs([*before, *kept, *moved])), overdue)

    def _executing(self, moment: datetime) -> Recording:
        """A batch of what the engine does at a moment."""
        self._ledger.catch_up()
        return self._recording(by=ENGINE, effective_at=moment, known_at=moment, then=lambda facts: None)

    def work(self, *, poll_seconds: float = 1.0, stop: Event | None = None) -> Iterator[Advanced]:
        """Advance to the present again and again until `stop` is set; yields whatever it did something at.

        Several workers may work on one store. Nothing is done twice; what one cannot do, because another is at it or
        holds the store, is looked at again.
        """
        stop = stop or Event()
        while not stop.is_set():
            with suppress(StoreLocked):
                done = self.advance()
                if done.facts:
                    yield done
            stop.wait(poll_seconds)

    def status(self) -> Status:
        """How large the store is, how far the engine has looked, and what waits."""
        self._ledger.catch_up()
        return status(self.log, self._ledger, lambda model: self._history(model, None), self.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    def now(self) -> datetime:
        """The present moment, in UTC: by the clock, and never before what was recorded when it was last looked."""
        last, now = self._ledger.recorded_at, to_utc(self._clock())
        return now if last is None else max(now, last)

    def record(
        self,
        *,
        by: str,
        why: str | None = None,
        source: str | None = None,
        effective_at: Date | None = None,
        known_at: Date | None = None,
        command_id: str | None = None,
    ) -> Recording:
        """One atomic batch: who, why, from where (R42), when it holds and when it was learned (R5, both now if null).

        A `command_id` that was recorded before records nothing again (R39). Raises ClocksOutOfOrder; on leaving the
        block Conflict, if another writer was faster: nothing was recorded then, and it can be repeated.
        """
        if not by.strip():
            raise ValueError("every fact says who made it: give by=")
        self._act()
        return self._recording(
            by=by,
            why=why,
            source=source,
            effective_at=_instant(effective_at),
            known_at=_instant(known_at),
            command_id=command_id,
            then=self._act,
        )

    def _recording(self, **told: Any) -> Recording:
        beside = self._engine.remember
        return Recording(
            self.log, self._ledger, lambda model: self._history(model, None), self.now, beside=beside, **told
        )

    def _act(self, recorded: Sequence[Fact] = ()) -> None:
        """Look at what was recorded, and carry out what follows from it, unless a worker does.

        A store that cannot take a move is no reason to fail: the facts are recorded, and whoever acts next looks at
        them.
        """
        is_there = bool(recorded) and recorded[-1].position == self._ledger.position
        reached = self._ledger.position if is_there else self._ledger.catch_up()
        if self._acts_inline:
            with suppress(StoreError):
                self._engine.catch_up(reached)

    def take(
        self,
        rows: Iterable[Statement | Quarantined],
        *,
        catalogue: str,
        by: str,
        source: str | None = None,
        why: str | None = None,
    ) -> Taken:
        """Record the rows of an import in one atomic batch; what was stated before is skipped (R39).

        `source` names the file, for rows without a source of their own. A row that cannot be a fact is recorded as it
        is, with the reason (R41).
        """
        repeated = 0
        quarantined: list[Quarantined] = []
        stated: list[Statement] = []
        with self.record(by=by, why=why, source=source) as batch:
            for row in rows:
                problem = row if isinstance(row, Quarantined) else too_early(row, batch.now)
                if problem is not None:
                    quarantined.append(problem)
                    repeated += not _put_aside(batch, catalogue, problem)
                elif isinstance(row, Statement):
                    stated.append(row)
                    repeated += not batch.state(
                        row.event,
                        source=row.source or source,
                        effective_at=row.effective_at,
                        known_at=row.known_at,
                    )
        return Taken(batch.facts, repeated, tuple(quarantined), self._unclear(stated))

    def read_export(
        self,
        export: Export,
        file: str | Path | BinaryIO,
        *,
        observed_at: Date,
        by: str,
        why: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Read:
        """Read an export: what differs from the one before becomes facts, and the reading itself is one (R40).

        `file`: a path, or a binary stream that can be wound back. `observed_at`: when the export was made. With
        `dry_run` nothing is recorded, and the result holds what would be. Raises ValueError, with the way out, for what
        is no such export; nothing of it is recorded then.
        """
        self._ledger.catch_up()
        with ExitStack() as opened:
            stream = file if not isinstance(file, str | Path) else opened.enter_context(Path(file).open("rb"))
            name = getattr(stream, "name", None)
            name = Path(name).name if isinstance(name, str) else "standard input"
            origin = Origin(file=name, observed_at=moment_of(observed_at), by=by, why=why)
            read = read_export(
                self.log, export, stream, origin, is_news=self._is_news, keep=not dry_run, progress=progress
            )
        if not dry_run:
            self._act()
        return read

    def _is_news(self, event: DomainEvent, at: datetime) -> bool:
        return not isinstance(event, ModelEvent) or is_news(self._history(event.model, None).at(at), event)

    def _unclear(self, stated: Sequence[Statement]) -> tuple[Fact, ...]:
        """The facts of these statements of which nobody can tell what version they mean, as known now (R2)."""
        self._ledger.catch_up()
        said = {content(statement.event) for statement in stated}
        names = dict.fromkeys(model for statement in stated for model in models_concerned(statement.event))
        unclear = {fact.position: fact for name in names for fact in self._history(name, None).unclear}
        return tuple(fact for _, fact in sorted(unclear.items()) if content(fact.event) in said)

    def at(self, t: Date | None = None, known_at: Date | None = None) -> Moment:
        """A moment on both clocks; every question about it is its method (R6). Null: now, and all that is known now."""
        self._ledger.catch_up()
        now = self.now()
        limit = _instant(known_at)
        return Moment(Knowledge(self._ledger, self._history, limit), _instant(t) or now, limit or now)

    def review(
        self,
        at: Date | None = None,
        known_at: Date | None = None,
        *,
        kind: Kind | None = None,
        settled: bool = False,
    ) -> tuple[ReviewEntry, ...]:
        """What needs a person's eye and is open, oldest first; `Recording.settle` settles it (`Moment.review`)."""
        return self.at(at, known_at).review(kind, settled=settled)

    def view(self, projection: str | Projection[Row]) -> View[Row]:
        """The rows of a projection at any moment, as known at any other, from tables that are kept up to date (R6).

        It is given itself or by name, also as `module:name`. Raises ValueError for one that cannot be stored.
        """
        return self.projections.view(projection)

    def fold(
        self, projection: str | Projection[Row], at: Date | None = None, known_at: Date | None = None
    ) -> Rows[Row]:
        """The same rows from one pass over the log, without tables: for a question asked once."""
        return self.projections.fold(projection, at, known_at)

    def annotate(
        self,
        calls: Frame,
        *,
        time: str,
        deployment: str,
        known_at: Date | None = None,
        time_unit: TimeUnit | None = None,
        utc: bool = False,
        prefix: str = PREFIX,
    ) -> Frame:
        """A polars data frame of calls, also a lazy one, with what served each of them (`Moment.serving`).

        `time` and `deployment` name its columns. Times are moments with a time zone, or dates as text (R5); with
        `time_unit` numbers of it since 1970; with `utc` those without a time zone are in UTC. A call for which there is
        no answer says why in the column `problem`. The names of what is added begin with `prefix`. Raises ValueError.
        """
        times = CallTimes(time_unit, utc=utc)
        return annotate_frame(self.annotator(times, known_at), calls, Columns(time, deployment, prefix))

    def annotator(self, times: CallTimes, known_at: Date | None = None) -> Annotator:
        """Who answers for one call after the other, and counts; for files: `modeltrail.call_files.annotate_file`."""
        asked = self.at(known_at=known_at)
        return Annotator(Knowledge(self._ledger, self._history, _instant(known_at)), asked.known_at, times)

    def events(self, since: int = 0) -> Iterator[Fact]:
        """The facts after a position, in the order in which they were recorded."""
        return self.log.read(after=since)

    def history(self, name: str) -> tuple[Fact, ...]:
        """Every fact of a deployment, a model or a catalogue, retracted ones and retractions too. Raises Unknown."""
        self._ledger.catch_up()
        return tuple(self._ledger.stream(stream_named(self._ledger, name)))


def _instant(moment: Date | None) -> datetime | None:
    return None if moment is None else moment_of(moment)


def too_early(row: Statement, now: datetime) -> Quarantined | None:
    """The row put aside, where it claims to be known only in days to come (R5)."""
    try:
        check_clocks(row.effective_at, row.known_at, now)
    except Refused as refused:
        return Quarantined(row.row, content(row.event), str(refused), row.known_at)
    return None


def _put_aside(batch: Recording, catalogue: str, row: Quarantined) -> bool:
    event = RowQuarantined(catalogue=catalogue, raw=row.raw, reason=row.reason)
    return batch.state_once(event)
