"""What would the facts be, if something were otherwise? Suppositions, and the facts that they add, change and remove.

A fact that is supposed has no place in the log: its position is negative, -1 for the first supposition and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modeltrail.domain.deployment import evolve, new_deployment
from modeltrail.domain.events import (
    ChangeLogged,
    DefaultChangeAnnounced,
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    DeploymentStopped,
    Event,
    ModelRegistered,
    MoveHeldBack,
    PolicyChanged,
    RetirementAnnounced,
    RetirementWithdrawn,
    RulesChanged,
    TrustChanged,
    VersionChanged,
    VersionReinstated,
    VersionRetired,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.values import Instant, Policy, Rules, catalogue_of
from modeltrail.projections.models import Answer

SUPPOSED_BY = "supposed"
"""Who says so where a fact is supposed."""


class PolicySupposed(Answer):
    """A deployment had a policy all the time, or `since` a moment, whatever was set."""

    kind: Literal["policy"] = "policy"
    deployment: str
    policy: Policy
    since: Instant | None = None


class RulesSupposed(Answer):
    """Rules were in force for all models all the time, or `since` a moment (R46)."""

    kind: Literal["rules"] = "rules"
    rules: Rules
    since: Instant | None = None


class DefaultSupposed(Answer):
    """A version becomes the default of its model on a day, whenever that was announced or happened."""

    kind: Literal["default"] = "default"
    model: str
    version: str
    on: Instant


class RetirementSupposed(Answer):
    """A version is retired for every SKU on a day, whenever that was announced or happened."""

    kind: Literal["retirement"] = "retirement"
    model: str
    version: str
    on: Instant


class TrustSupposed(Answer):
    """Sources are trusted in this order, the most trusted first, in every catalogue, all the time or `since` (R13)."""

    kind: Literal["trust"] = "trust"
    sources: tuple[str, ...]
    since: Instant | None = None


Supposition = PolicySupposed | RulesSupposed | DefaultSupposed | RetirementSupposed | TrustSupposed
"""Something that is taken to be otherwise."""


@dataclass(frozen=True, slots=True)
class _Supposing:
    """One supposition: which position its facts have, and the moment that is the present."""

    position: int
    now: datetime

    def fact(self, event: Event, at: datetime, known_at: datetime | None = None) -> Fact:
        """A decision of nobody: it counts after what is stated of its moment, and known by then."""
        known_at = known_at or at
        return Fact(self.position, event.stream, 0, event, at, known_at, known_at, "decision", SUPPOSED_BY)


def supposed_of_deployment(
    deployment: str, facts: Sequence[Fact], suppositions: Sequence[Supposition], now: datetime
) -> list[Fact]:
    """The facts of a deployment as they would be; the same facts where nothing is supposed of it."""
    changed = list(facts)
    for number, one in enumerate(suppositions, start=1):
        if isinstance(one, PolicySupposed) and one.deployment == deployment:
            changed = list(_with_policy(changed, one, _Supposing(-number, now)))
    return changed


def _with_policy(facts: Sequence[Fact], supposed: PolicySupposed, by: _Supposing) -> Iterator[Fact]:
    state = new_deployment(supposed.deployment)
    for fact in in_order(facts):
        is_since = supposed.since is None or fact.effective_at >= supposed.since
        if is_since and isinstance(fact.event, PolicyChanged):
            continue
        began, state = state.incarnation, evolve(state, fact)
        if is_since and isinstance(fact.event, DeploymentCreated):
            fact = fact._replace(event=fact.event.model_copy(update={"policy": supposed.policy}))
        yield fact
        if is_since and state.incarnation > began and not isinstance(fact.event, DeploymentCreated):
            yield by.fact(_policy(supposed), fact.effective_at, fact.known_at)
    if supposed.since is not None:
        yield by.fact(_policy(supposed), supposed.since)


def _policy(supposed: PolicySupposed) -> PolicyChanged:
    return PolicyChanged(deployment=supposed.deployment, policy=supposed.policy)


def supposed_of_model(
    model: str, facts: Sequence[Fact], suppositions: Sequence[Supposition], now: datetime
) -> list[Fact]:
    """The facts of a model as they would be; the same facts where nothing is supposed of it."""
    changed = list(facts)
    for number, one in enumerate(suppositions, start=1):
        by = _Supposing(-number, now)
        match one:
            case RulesSupposed():
                changed = _with_rules(model, changed, one, by)
            case DefaultSupposed() if one.model == model:
                changed = _with_default(changed, one, by)
            case RetirementSupposed() if one.model == model:
                changed = _with_retirement(changed, one, by)
            case TrustSupposed():
                changed = _with_trust(model, changed, one, by)
            case _:
                pass
    return changed


def _beginning(facts: Iterable[Fact], since: datetime | None, by: _Supposing) -> datetime:
    return since or min((fact.effective_at for fact in facts), default=by.now)


def _with_rules(model: str, facts: Sequence[Fact], supposed: RulesSupposed, by: _Supposing) -> list[Fact]:
    since = supposed.since
    kept = [fact for fact in facts if not (isinstance(fact.event, RulesChanged) and _is_since(fact, since))]
    ruled = [
        fact._replace(event=fact.event.model_copy(update={"rules": supposed.rules}))
        if isinstance(fact.event, ModelRegistered) and _is_since(fact, since)
        else fact
        for fact in kept
    ]
    return [*ruled, by.fact(RulesChanged(model=model, rules=supposed.rules), _beginning(facts, since, by))]


def _is_since(fact: Fact, since: datetime | None) -> bool:
    return since is None or fact.effective_at >= since


def _with_trust(model: str, facts: Sequence[Fact], supposed: TrustSupposed, by: _Supposing) -> list[Fact]:
    since = supposed.since
    kept = [fact for fact in facts if not (isinstance(fact.event, TrustChanged) and _is_since(fact, since))]
    order = TrustChanged(catalogue=catalogue_of(model), sources=supposed.sources)
    return [*kept, by.fact(order, _beginning(facts, since, by))]


def _with_default(facts: Sequence[Fact], supposed: DefaultSupposed, by: _Supposing) -> list[Fact]:
    """The version becomes the default on that day alone; what made others the default stays."""
    kept = [fact for fact in facts if not _is_of(fact, supposed, DefaultChanged, DefaultChangeAnnounced)]
    model, version, on = supposed.model, supposed.version, supposed.on
    if on > by.now:
        return [*kept, by.fact(DefaultChangeAnnounced(model=model, version=version, on=on), by.now)]
    return [*kept, by.fact(DefaultChanged(model=model, version=version), on)]


def _with_retirement(facts: Sequence[Fact], supposed: RetirementSupposed, by: _Supposing) -> list[Fact]:
    """All that was said and done of the end of the version gives way; announced it was when that was first done."""
    if _is_so(facts, supposed, by.now):
        return list(facts)
    kept = [fact for fact in facts if not _is_of(fact, supposed, *_ENDING)]
    announced = [fact.effective_at for fact in facts if _is_of(fact, supposed, RetirementAnnounced)]
    told = min([*announced, supposed.on, by.now])
    event = RetirementAnnounced(model=supposed.model, version=supposed.version, on=supposed.on)
    kept.append(by.fact(event, told))
    if supposed.on <= by.now:
        kept.append(by.fact(VersionRetired(model=supposed.model, version=supposed.version), supposed.on))
    return kept


_ENDING = (RetirementAnnounced, RetirementWithdrawn, VersionRetired, VersionReinstated)
"""What is said and done of the end of a version."""


def _is_so(facts: Iterable[Fact], supposed: RetirementSupposed, now: datetime) -> bool:
    """Whether the version was retired then for every SKU, or is announced for a day ahead: nothing is otherwise."""
    said = in_order(fact for fact in facts if _is_of(fact, supposed, *_ENDING) and fact.effective_at <= now)
    if not said or any(getattr(fact.event, "sku", None) is not None for fact in said):
        return False
    done = [fact for fact in said if isinstance(fact.event, VersionRetired | VersionReinstated)]
    if done:
        return all(isinstance(fact.event, VersionRetired) and fact.effective_at == supposed.on for fact in done)
    last = said[-1].event
    is_ahead = isinstance(last, RetirementAnnounced) and (last.on, last.qualifier) == (supposed.on, "fixed")
    return is_ahead and supposed.on > now


def _is_of(fact: Fact, supposed: DefaultSupposed | RetirementSupposed, *kinds: type[Event]) -> bool:
    return isinstance(fact.event, kinds) and getattr(fact.event, "version", None) == supposed.version


def is_evidence(fact: Fact) -> bool:
    """Whether a fact shows what came of the others: a sight, an execution, a provider's log, or a host's answer."""
    match fact.event:
        case VersionChanged(cause=cause) | DeploymentStopped(cause=cause):
            return cause is not None
        case DeploymentObserved() | ChangeLogged() | MoveHeldBack():
            return True
        case _:
            return False


Apart = tuple[datetime, datetime | None]
"""From when until when the world that is supposed is another one; null: for good."""


def without_evidence(deployment: str, facts: Iterable[Fact], apart: Sequence[Apart]) -> list[Fact]:
    """The facts less what shows what came of them in another world. A sight that begins an incarnation stays."""
    state = new_deployment(deployment)
    kept: list[Fact] = []
    for fact in in_order(facts):
        began, state = state.incarnation, evolve(state, fact)
        if not is_evidence(fact) or state.incarnation > began or not any(_is_within(fact, span) for span in apart):
            kept.append(fact)
    return kept


def _is_within(fact: Fact, apart: Apart) -> bool:
    """Whether a fact tells of the time apart: a sight does so no more once the worlds meet, an execution then still."""
    since, until = apart
    is_before = until is None or fact.effective_at < until
    is_last = fact.effective_at == until and not isinstance(fact.event, DeploymentObserved)
    return since <= fact.effective_at and (is_before or is_last)


def shown_places(facts: Iterable[Fact]) -> Iterator[datetime]:
    """The moments at which evidence shows a deployment somewhere else than the evidence before it did."""
    before = None
    for fact in in_order(facts):
        event = fact.event
        if isinstance(event, DeploymentObserved | VersionChanged) and is_evidence(fact):
            here = event.model, event.version, getattr(event, "status", "serving")
            if here != before:
                yield fact.effective_at
            before = here
        elif isinstance(event, DeploymentStopped) and is_evidence(fact):
            yield fact.effective_at
            before = None
