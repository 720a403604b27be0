"""How do several facts become one atomic batch? Each verb is judged at once; on leaving the block all is appended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from modeltrail.domain.events import Event, FactRetracted, ReviewSettled, TrustChanged
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.refusals import ClocksOutOfOrder, NoSuchPosition
from modeltrail.domain.values import Mode, catalogue_of
from modeltrail.drafts import Draft
from modeltrail.ledger import Ledger
from modeltrail.log import Beside, Log
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models
from modeltrail.projections.projection import Projection
from modeltrail.review import Review
from modeltrail.verbs import CatalogueVerbs, DeploymentVerbs, ModelVerbs

Statement = tuple[Event, str | None, datetime, datetime]
"""What makes a statement a repetition: content, source, `effective_at` and `known_at` (R39)."""


class Recording:
    """One atomic batch, with who, why and from where (R42) and its clocks (R5), as `Trail.record` opens it.

    After the block, `facts` holds what was recorded, and `repeated` says whether the `command_id` had its result
    already. An exception in the block, or a verb that is refused, records nothing of it.
    """

    def __init__(
        self,
        log: Log,
        ledger: Ledger,
        histories: Callable[[str], ModelHistory],
        clock: Callable[[], datetime],
        *,
        by: str,
        why: str | None = None,
        source: str | None = None,
        effective_at: datetime | None = None,
        known_at: datetime | None = None,
        command_id: str | None = None,
        then: Callable[[tuple[Fact, ...]], None] = lambda facts: None,
        beside: Beside | None = None,
    ) -> None:
        self.log, self.ledger, self._recorded = log, ledger, histories
        self._then, self._beside = then, beside
        self.by, self.why, self.source, self.command_id = by, why, source, command_id
        self.now = clock()
        self.known_at = known_at or self.now
        self.effective_at = effective_at or self.known_at
        self._given = (effective_at, known_at)
        self.facts: tuple[Fact, ...] = ()
        self.repeated = command_id is not None and log.command(command_id) is not None
        self._pending: list[Fact] = []
        self._pending_of: dict[str, dict[Any, list[Fact]]] = {models.name: {}, deployments.name: {}}
        self._pending_trust: dict[str, list[Fact]] = {}
        self._histories: dict[str, tuple[int, ModelHistory]] = {}
        self._drafts: list[Draft] = []
        self._expected: dict[str, int] = {}
        self._added: Counter[str] = Counter()
        self._made: dict[str, set[Statement]] = {}
        check_clocks(self.effective_at, self.known_at, self.now)

    def model(self, name: str) -> ModelVerbs:
        """What can be recorded about a model."""
        return ModelVerbs(self, name)

    def deployment(self, name: str) -> DeploymentVerbs:
        """What can be recorded about a deployment."""
        return DeploymentVerbs(self, name)

    def catalogue(self, name: str) -> CatalogueVerbs:
        """What can be recorded about a catalogue. Raises ValueError for a name that is none."""
        return CatalogueVerbs(self, name)

    def retract(self, position: int, why: str) -> None:
        """A recorded fact was wrong: whoever knows of this does not see it (R45). Raises NoSuchPosition."""
        if self.repeated:
            return
        if not why:
            raise ValueError("a retraction says why: give why= with the reason")
        if not 1 <= position <= self.ledger.position:
            raise NoSuchPosition(position, self.ledger.position)
        event = FactRetracted(position=position, of=self.log.fact(position).stream)
        if not self.ledger.is_retracted(position) and event not in [fact.event for fact in self._pending]:
            self.add(event, "decision", why=why)

    def settle(self, entry: str, why: str) -> None:
        """What needed an eye was looked at, and is settled (R41): it is open no more, until this is retracted (R45).

        `entry`: the id under which `Trail.review` lists it. Raises NotUnderReview, with the nearest one.
        """
        if self.repeated:
            return
        if not why.strip():
            raise ValueError("what is settled has a reason: give why= with what was found")
        found = Review(self.ledger, self._recorded, self.now, None).find(entry)
        event = ReviewSettled(entry=found.id, subject=found.subject)
        if found.settled is None and event not in [fact.event for fact in self._pending]:
            self.add(event, "decision", why=why)

    def state(self, event: Event, *, source: str | None, effective_at: datetime, known_at: datetime) -> bool:
        """Record a statement, unless its source made it before with the same content and times (R39)."""
        key: Statement = (event, source, effective_at, known_at)
        if key in self._statements(event.stream):
            return False
        self._statements(event.stream).add(key)
        self.add(event, "statement", source=source, effective_at=effective_at, known_at=known_at)
        return True

    def _statements(self, stream: str) -> set[Statement]:
        if stream not in self._made:
            facts = [fact for fact in self.ledger.stream(stream) if fact.mode == "statement"]
            made = {(fact.event, fact.source, fact.effective_at, fact.known_at) for fact in facts}
            self._made[stream] = made
        return self._made[stream]

    def state_once(self, event: Event) -> bool:
        """Record a statement, unless its source ever made it, on whatever day (R41)."""
        if any((made[0], made[1]) == (event, self.source) for made in self._statements(event.stream)):
            return False
        return self.state(event, source=self.source, effective_at=self.effective_at, known_at=self.known_at)

    def consult(self, stream: str) -> None:
        """A decision rests on a stream: if another writer adds to it meanwhile, the batch is a lost race."""
        if stream not in self._expected:
            self._expected[stream] = self.ledger.version(stream)

    def add(
        self,
        event: Event,
        mode: Mode,
        *,
        why: str | None = None,
        source: str | None = None,
        effective_at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> None:
        """Put an event into the batch; verbs that follow see it."""
        self.consult(event.stream)
        effective, known = effective_at or self._given[0], known_at or self._given[1]
        draft = Draft(
            event=event,
            mode=mode,
            by=self.by,
            effective_at=effective,
            known_at=known,
            why=why or self.why,
            source=source or self.source,
        )
        self._drafts.append(draft)
        self._added[event.stream] += 1
        fact = self.provisional(event, mode, source=draft.source, effective_at=effective, known_at=known)
        self._pending.append(fact)
        if isinstance(event, TrustChanged):
            self._pending_trust.setdefault(event.catalogue, []).append(fact)
        for projection in (models, deployments):
            for key in projection.keys(fact):
                self._pending_of[projection.name].setdefault(key, []).append(fact)

    def history(self, model: str) -> ModelHistory:
        """The history of a model, this batch included."""
        pending = self.pending_of(models, model)
        counted, history = self._histories.get(model) or (0, self._recorded(model))
        if not all(history.is_unchanged_by(fact) for fact in pending[counted:]):
            history = model_history(model, [*self.ledger.known(models, model), *pending])
        self._histories[model] = (len(pending), history)
        return history

    def pending_of(self, projection: Projection[Any], key: Any) -> list[Fact]:
        """The facts of this batch that concern a key; of a model the orders of trust of its catalogue as well (R13)."""
        found = self._pending_of[projection.name].get(key, [])
        if projection is not models or not self._pending_trust:
            return found
        orders = self._pending_trust.get(catalogue_of(key), [])
        return sorted([*found, *orders], key=lambda fact: fact.position)

    def orders(self, catalogue: str) -> list[Fact]:
        """The orders of trust of a catalogue, those of this batch included."""
        return [*self.ledger.orders(catalogue), *self._pending_trust.get(catalogue, [])]

    def pending_keys(self, projection: Projection[Any]) -> list[Any]:
        """The keys that facts of this batch concern."""
        return list(self._pending_of[projection.name])

    def provisional(
        self,
        event: Event,
        mode: Mode,
        *,
        source: str | None = None,
        effective_at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Fact:
        """The fact that an event of this batch would be, as far as that can be told before it is recorded."""
        known = known_at or self.known_at
        return Fact(
            position=self.ledger.position + len(self._pending) + 1,
            stream=event.stream,
            stream_version=self._expected.get(event.stream, 0) + self._added[event.stream],
            event=event,
            effective_at=effective_at or (self.effective_at if known_at is None else known),
            known_at=known,
            recorded_at=self.now,
            mode=mode,
            by=self.by,
            source=source,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_type is None:
            self._append()

    def _append(self) -> None:
        if self.repeated and self.command_id is not None:
            positions = self.log.command(self.command_id) or ()
            self.facts = tuple(self.log.fact(position) for position in positions)
            return
        beside = self._beside if self._drafts else None
        self.facts = self.log.append(self._drafts, expected=self._expected, command_id=self.command_id, beside=beside)
        self.ledger.take(self.facts)
        self._then(self.facts)


def check_clocks(effective_at: datetime, known_at: datetime, recorded_at: datetime) -> None:
    """Raise ClocksOutOfOrder unless `effective_at <= known_at <= recorded_at` (R5)."""
    if not effective_at <= known_at <= recorded_at:
        raise ClocksOutOfOrder(effective_at, known_at, recorded_at)
