"""May this be recorded, and as what? Statements are kept as they are, decisions are judged (R7, R44)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modeltrail.domain import deployment as deployment_rules
from modeltrail.domain import model as model_rules
from modeltrail.domain.course import course_of
from modeltrail.domain.deployment import DeploymentState, Situation, new_deployment
from modeltrail.domain.events import (
    DeploymentCreated,
    DeploymentEvent,
    DeploymentObserved,
    DeploymentStopped,
    ModelEvent,
    ModelRegistered,
    TrustChanged,
    VersionChanged,
    VersionTested,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.model import ModelState
from modeltrail.domain.refusals import Refused, Unknown, WouldUndo, nearest
from modeltrail.domain.segments import Segment
from modeltrail.domain.values import Mode, RunBy, as_recorded, catalogue_of
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models
from modeltrail.projections.projection import History, Projection

if TYPE_CHECKING:
    from modeltrail.recording import Recording


def judge_model(recording: Recording, event: ModelEvent, mode: Mode = "decision", why: str | None = None) -> None:
    """Put an event of a model into the batch: a statement as it is, a decision if no rule forbids it.

    `mode`: what it is where the engine runs the model.
    """
    book = _Book(recording)
    if book.model_run_by(event) == "provider" and not isinstance(event, ModelRegistered):
        recording.state(
            event, source=recording.source, effective_at=recording.effective_at, known_at=recording.known_at
        )
        return
    state = book.history(event.model).at(recording.effective_at)
    for decided in model_rules.decide(state, event, recording.effective_at, recording.known_at):
        facts = book.facts(models, event.model)
        _check_later(facts, decided, recording, lambda known, fact: _judge_model_again(event.model, known, fact))
        recording.add(decided, mode if book.model_run_by(event) == "engine" else "statement", why=why)


def judge_trust(recording: Recording, event: TrustChanged) -> None:
    """Put an order of trust into the batch, unless it is the one in force at the batch's moment (R39)."""
    before = [fact for fact in recording.orders(event.catalogue) if fact.effective_at <= recording.effective_at]
    in_force = [fact.event for fact in in_order(before)][-1:] or [TrustChanged(catalogue=event.catalogue, sources=())]
    if in_force != [event]:
        recording.add(event, "decision")


def judge_deployment(recording: Recording, event: DeploymentEvent) -> None:
    """Put an event of a deployment into the batch; sights and tests are statements, whoever runs it (R7)."""
    book = _Book(recording)
    run_by = book.deployment_run_by(event)
    if run_by == "provider" or isinstance(event, DeploymentObserved | VersionTested):
        recording.state(
            event, source=recording.source, effective_at=recording.effective_at, known_at=recording.known_at
        )
        return
    if isinstance(event, DeploymentCreated | VersionChanged):
        book.demand_known(event.model)
    facts = book.facts(deployments, event.deployment)
    situation = book.situation(event.deployment, facts, recording.effective_at)
    for decided in deployment_rules.decide(book.deployment_now(event.deployment), event, situation):
        _check_later(facts, decided, recording, book.judge_deployment_again)
        is_executed = isinstance(decided, VersionChanged | DeploymentStopped) and decided.cause is not None
        recording.add(decided, "execution" if is_executed else "decision")


def current_model(recording: Recording, name: str) -> str:
    """The model that a deployment is on at the batch's moment. Raises Unknown where it does not exist then."""
    name = as_recorded(name)
    book = _Book(recording)
    facts = [fact for fact in book.facts(deployments, name) if fact.effective_at <= recording.effective_at]
    segment = course_of(name, facts, book.history).at(recording.effective_at)
    models_possible = [one.model for one in segment.possible if one.model is not None] if segment is not None else []
    stated = book.deployment(name, facts).model
    model = models_possible[0] if models_possible else stated
    if model is None:
        raise Unknown("deployment", name, nearest(name, recording.ledger.keys(deployments)))
    return model


class _Book:
    """What is recorded so far, the batch included: what a decision is judged by (R44)."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._histories: dict[str, ModelHistory] = {}
        self._deployments: dict[str, History[DeploymentState]] = {}

    def facts(self, projection: Projection[Any], key: str) -> list[Fact]:
        """The facts that concern a key and are not retracted."""
        return [*self._recording.ledger.known(projection, key), *self._recording.pending_of(projection, key)]

    def history(self, model: str) -> ModelHistory:
        """The history of a model; a decision then rests on its stream, and on that of its catalogue (R13)."""
        self._recording.consult(f"model/{model}")
        self._recording.consult(f"catalogue/{catalogue_of(model)}")
        if model not in self._histories:
            self._histories[model] = self._recording.history(model)
        return self._histories[model]

    def demand_known(self, model: str) -> None:
        """Raise Unknown, with the nearest known name, for a model about which nothing is recorded."""
        if not self._recording.ledger.has(models, model) and model not in self._recording.pending_keys(models):
            raise Unknown("model", model, nearest(model, self._recording.ledger.keys(models)))

    def model_run_by(self, event: ModelEvent) -> RunBy:
        """Who runs a model: as it is registered, at that moment or later, else its provider."""
        if isinstance(event, ModelRegistered):
            return event.run_by
        history = self.history(event.model)
        state = history.at(self._recording.effective_at)
        if state.registered is None and history.states:
            state = history.states[-1]
        return state.run_by

    def deployment(self, name: str, facts: Sequence[Fact]) -> DeploymentState:
        """The state of a deployment after some facts."""
        states = deployments.history(name, facts)
        return (states[-1][1] if states else None) or new_deployment(name)

    def deployment_now(self, name: str) -> DeploymentState:
        """The state of a deployment at the batch's moment."""
        states, at = self._states(name), self._recording.effective_at
        after = bisect_right(states, at, key=lambda state: state[0])
        return (states[after - 1][1] if after else None) or new_deployment(name)

    def _states(self, name: str) -> History[DeploymentState]:
        """A deployment at every moment, from what is known now and the batch."""
        if name not in self._deployments:
            recorded = self._recording.ledger.fold(name)
            fold = deployments.grown(recorded, name, self._recording.pending_of(deployments, name))
            self._deployments[name] = (fold or deployments.fold(name, self.facts(deployments, name))).states
        return self._deployments[name]

    def deployment_run_by(self, event: DeploymentEvent) -> RunBy:
        """Who runs a deployment at that moment, else at any. Raises Unknown where nothing is known of it."""
        state = self.deployment_now(event.deployment)
        if isinstance(event, DeploymentCreated) and not state.exists:
            return event.run_by
        if not state.incarnation:
            states = self._states(event.deployment)
            state = (states[-1][1] if states else None) or state
        if not state.incarnation and not isinstance(event, DeploymentObserved):
            known = self._recording.ledger.keys(deployments)
            raise Unknown("deployment", event.deployment, nearest(event.deployment, known))
        return state.run_by

    def situation(self, name: str, facts: Sequence[Fact], moment: datetime) -> Situation:
        """What a decision about a deployment looks at beside it, of facts that are effective by a moment."""

        def at(model: str) -> ModelState:
            return self.history(model).at(moment)

        def course() -> Segment | None:
            before = [fact for fact in facts if fact.effective_at <= moment]
            return course_of(name, before, self.history).at(moment)

        return Situation(
            at,
            course,
            lambda owner, model, version: self._has_run(owner, model, version, moment),
        )

    def _has_run(self, owner: str, model: str, version: str, moment: datetime) -> bool:
        """Whether a deployment of an owner was on a version by a moment, whoever owns its name now (R9)."""
        for name in {*self._recording.ledger.keys(deployments), *self._recording.pending_keys(deployments)}:
            facts = [fact for fact in self.facts(deployments, name) if fact.effective_at <= moment]
            states = [state for _, state in deployments.history(name, facts) if state is not None and state.exists]
            if any((state.owner, state.model, state.version) == (owner, model, version) for state in states):
                return True
        return False

    def judge_deployment_again(self, known: Sequence[Fact], fact: Fact) -> None:
        """Judge a recorded decision once more, after the facts that are known before it."""
        assert isinstance(fact.event, DeploymentEvent)
        name = fact.event.deployment
        situation = self.situation(name, known, fact.effective_at)
        deployment_rules.decide(self.deployment(name, known), fact.event, situation)


def _judge_model_again(model: str, known: Sequence[Fact], fact: Fact) -> None:
    assert isinstance(fact.event, ModelEvent)
    state = model_history(model, known).at(fact.effective_at)
    model_rules.decide(state, fact.event, fact.effective_at, fact.known_at)


def _check_later(
    facts: Sequence[Fact],
    decided: ModelEvent | DeploymentEvent,
    recording: Recording,
    again: Callable[[Sequence[Fact], Fact], None],
) -> None:
    """Refuse a late decision if a later one of the same aggregate would then have been refused (R44)."""
    later = [fact for fact in facts if fact.effective_at > recording.effective_at and fact.stream == decided.stream]
    if not later:
        return
    late = recording.provisional(decided, "decision")
    for fact in in_order(fact for fact in later if fact.mode != "statement"):
        before = [other for other in facts if other.effective_at <= fact.effective_at and other is not fact]
        if _reason(again, before, fact) is not None:
            continue
        reason = _reason(again, [*before, late], fact)
        if reason is not None:
            raise WouldUndo(fact.position, fact.event.type, reason)


def _reason(again: Callable[[Sequence[Fact], Fact], None], known: Sequence[Fact], fact: Fact) -> str | None:
    before = [other for other in known if (other.effective_at, other.position) < (fact.effective_at, fact.position)]
    try:
        again(before, fact)
    except Refused as refused:
        return str(refused)
    return None
