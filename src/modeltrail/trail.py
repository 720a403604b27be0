"""How does one record what happened, and ask what was so? The trail: the face of the library."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.events import RowQuarantined
from modeltrail.domain.facts import Fact, content
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.model import models_concerned
from modeltrail.domain.refusals import Refused, Unknown
from modeltrail.domain.values import Instant, to_utc
from modeltrail.imports.rows import Quarantined, Statement
from modeltrail.ledger import Ledger, Mark
from modeltrail.log import Log
from modeltrail.moment import Moment
from modeltrail.naming import deployment_named, model_named
from modeltrail.problems import problem
from modeltrail.projections.models import model_history, models
from modeltrail.recording import Recording, check_clocks

_INSTANT = TypeAdapter[datetime](Instant)
_HISTORIES_KEPT = 1024
Date = datetime | str


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

    def __init__(self, log: Log, clock: Callable[[], datetime]) -> None:
        self.log = log
        self._clock = clock
        self._ledger = Ledger(log)
        self._lock = RLock()
        self._histories: OrderedDict[tuple[str, datetime | None], tuple[Mark, ModelHistory]] = OrderedDict()

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] = utc_now, read_only: bool = False) -> Trail:
        """Open `sqlite:///relative.db`, `sqlite:////absolute.db` or `memory:`; a missing file is made.

        `clock` gives the present moment, time-zone aware. Raises ValueError, with the way out, for what is no store.
        """
        return cls(Log.open(url, clock=clock, read_only=read_only), clock)

    def close(self) -> None:
        """Close the store."""
        self.log.close()

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
        self._ledger.catch_up()
        return Recording(
            self.log,
            self._ledger,
            lambda model: self._history(model, None),
            self.now,
            by=by,
            why=why,
            source=source,
            effective_at=_instant(effective_at),
            known_at=_instant(known_at),
            command_id=command_id,
        )

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
        return Moment(self._ledger, self._history, _instant(t) or now, limit or now, limit)

    def _history(self, model: str, known_at: datetime | None) -> ModelHistory:
        """The history of a model as known at a moment, remembered until something new concerns it."""
        with self._lock:
            mark = self._ledger.mark(models, model)
            mark_then, history = self._histories.get((model, known_at), (None, None))
            if history is None or mark_then is None or not self._still_holds(history, mark_then, mark):
                history = model_history(model, self._ledger.known(models, model, known_at))
            self._histories[model, known_at] = (mark, history)
            self._histories.move_to_end((model, known_at))
            if len(self._histories) > _HISTORIES_KEPT:
                self._histories.popitem(last=False)
            return history

    def _still_holds(self, history: ModelHistory, then: Mark, now: Mark) -> bool:
        """Whether a history that was folded at one mark is the same at another."""
        if then == now:
            return True
        return then.retractions == now.retractions and all(
            history.is_unchanged_by(fact) for fact in self._ledger.since(models, history.model, then)
        )

    def events(self, since: int = 0) -> Iterator[Fact]:
        """The facts after a position, in the order in which they were recorded."""
        return self.log.read(after=since)

    def history(self, name: str) -> tuple[Fact, ...]:
        """Every fact of a model or a deployment, retracted ones and retractions too. Raises Unknown."""
        self._ledger.catch_up()
        return tuple(self._ledger.stream(self._stream(name)))

    def _stream(self, name: str) -> str:
        try:
            return f"deployment/{deployment_named(self._ledger, name)}"
        except Unknown as no_deployment:
            try:
                return f"model/{model_named(self._ledger, name)}"
            except Unknown as no_model:
                nearest = no_deployment.nearest or no_model.nearest
                raise Unknown("deployment or model", name, nearest) from None


def _instant(moment: Date | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return _INSTANT.validate_python(moment)
    except ValidationError as error:
        raise ValueError(problem(error)) from None


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
