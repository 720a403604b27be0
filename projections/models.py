"""What is each model: its versions, default, rules, and what was announced?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import cast, get_args

from pydantic import BaseModel, ConfigDict

from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    Event,
    ModelEvent,
    RetirementAnnounced,
    TrustChanged,
    leaves,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.history import ModelHistory, unclear_of
from modeltrail.domain.model import ModelState, evolve, models_concerned, new_model
from modeltrail.domain.values import Instant, Policy, Qualifier, RunBy, Stage
from modeltrail.domain.version import VersionState
from modeltrail.projections.mentions import Mention, without_repeated_mentions
from modeltrail.projections.projection import History, Projection


def _clear(model: str, facts: Sequence[Fact]) -> list[Fact]:
    unclear = {fact.position for fact in unclear_of(model, facts)}
    return [fact for fact in facts if fact.position not in unclear]


models = Projection("models", ModelState, edition=1, question="What is each model?", key="model", sift=_clear)


@models.on(*leaves(ModelEvent), *get_args(Mention), key=models_concerned)
def changed(row: ModelState | None, event: Event, fact: Fact, key: str) -> ModelState:
    """A model changes by its own events, and by those that show one of its versions to exist (R10)."""
    return evolve(row or new_model(key), fact)


def model_history(model: str, facts: Sequence[Fact]) -> ModelHistory:
    """A model at every moment, from the known facts that concern it and the orders of trust of its catalogue (R13).

    The rows of `models`, whose keys come from the facts of the model alone, hold the latest of what was announced.
    """
    counted = without_repeated_mentions(facts)
    weighs = any(isinstance(fact.event, TrustChanged) for fact in facts)
    states = _weighed(model, counted) if weighs else models.history(model, counted)
    changes = [now for before, now in pairwise([(None, None), *states]) if now[1] is not before[1]]
    leads_to = frozenset(other for fact in facts for other in models_concerned(fact.event)) - {model}
    return ModelHistory(
        model,
        tuple(cast(datetime, moment) for moment, _ in changes),
        tuple(state for _, state in changes if state is not None),
        unclear_of(model, facts),
        leads_to,
    )


def _weighed(model: str, facts: Sequence[Fact]) -> History[ModelState]:
    """A model at every moment at which it changed, where sources are weighed: from its beginning all is kept."""
    state, states = new_model(model, weighs=True), History[ModelState]()
    for fact in _clear(model, in_order(facts)):
        state = evolve(state, fact)
        if states and states[-1][0] == fact.effective_at:
            states.pop()
        states.append((fact.effective_at, state))
    return states


class Answer(BaseModel):
    """An answer: frozen, and its fields are those of the JSON that the command line prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DefaultAnnounced(Answer):
    """An announcement of a default change that stands (R11)."""

    version: str
    on: Instant | None
    known_at: Instant
    source: str | None


class RetirementStanding(Answer):
    """The announcement of a retirement that stands for a SKU, null for all of them (R13, R14)."""

    sku: str | None
    on: Instant | None
    qualifier: Qualifier
    known_at: Instant
    source: str | None


class ReplacementAnswer(Answer):
    """What takes the place of a version (R15), and when upgrades to it begin (R20)."""

    to_model: str
    to_version: str | None
    upgrade_from: Instant | None
    lead_days: int | None


class VersionAnswer(Answer):
    """One version. `released_at` null: on an unknown day, or not yet. `retired_at`: in general, not for one SKU."""

    version: str
    stage: Stage | None
    released_at: Instant | None
    retired_at: Instant | None
    listed: bool
    api_versions: tuple[str, ...]
    replacement: ReplacementAnswer | None
    retirements: tuple[RetirementStanding, ...]


class ContradictionAnswer(Answer):
    """A statement that was kept and changes nothing, with the reason (R10, R41, R44)."""

    position: int
    reason: str


class ModelAnswer(Answer):
    """A model at a moment. `default` null: it has none (R10). `rules`: the id of the rules in force (R46)."""

    model: str
    run_by: RunBy
    default: str | None
    default_announced: tuple[DefaultAnnounced, ...]
    rules: str
    offers: tuple[Policy, ...] | None
    versions: tuple[VersionAnswer, ...]
    contradictions: tuple[ContradictionAnswer, ...]
    because: tuple[int, ...]


def model_answer(history: ModelHistory, moment: datetime) -> ModelAnswer:
    """The answer of a model's history for a moment."""
    state = history.at(moment)
    default = state.stated_default
    doubts = [ContradictionAnswer(position=doubt.position, reason=doubt.reason) for doubt in state.contradictions]
    doubts += [_unclear(fact) for fact in history.unclear if fact.effective_at <= moment]
    announced = list(state.default_changes.values())
    because = {fact.position for fact in (*announced, default, state.registered) if fact is not None}
    return ModelAnswer(
        model=state.model,
        run_by=state.run_by,
        default=state.default_for(),
        default_announced=tuple(map(_default_announced, announced)),
        rules=state.rules.id,
        offers=state.offers,
        versions=tuple(map(_version, state.versions.values())),
        contradictions=tuple(doubts),
        because=tuple(sorted(because)),
    )


def _unclear(fact: Fact) -> ContradictionAnswer:
    return ContradictionAnswer(position=fact.position, reason="it names no version, and the model has named ones")


def _default_announced(fact: Fact) -> DefaultAnnounced:
    event = fact.event
    assert isinstance(event, DefaultChangeAnnounced)
    return DefaultAnnounced(version=event.version, on=event.on, known_at=fact.known_at, source=fact.source)


def _version(state: VersionState) -> VersionAnswer:
    retired = state.retired_by(None)
    skus = sorted((sku for sku in state.announced if sku is not None), key=str)
    named = state.replacement
    replacement = None
    if named is not None:
        replacement = ReplacementAnswer(
            to_model=named.to_model,
            to_version=named.to_version,
            upgrade_from=named.upgrade_from,
            lead_days=named.lead_days,
        )
    standing = [(sku, state.standing(sku)) for sku in (None, *skus)]
    return VersionAnswer(
        version=state.version,
        stage=state.stage,
        released_at=state.released_at,
        retired_at=retired.effective_at if retired is not None else None,
        listed=state.is_listed,
        api_versions=state.api_versions,
        replacement=replacement,
        retirements=tuple(_retirement(sku, fact) for sku, fact in standing if fact is not None),
    )


def _retirement(sku: str | None, fact: Fact) -> RetirementStanding:
    event = fact.event
    assert isinstance(event, RetirementAnnounced)
    return RetirementStanding(
        sku=sku, on=event.on, qualifier=event.qualifier, known_at=fact.known_at, source=fact.source
    )
