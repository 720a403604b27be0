"""What is a model, how do facts change it, and what may be decided about it? State, evolve, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    Event,
    ForcedUpgradeAnnounced,
    ModelEvent,
    ModelRegistered,
    OffersChanged,
    ReplacementNamed,
    RulesChanged,
    StageChanged,
    TrustChanged,
    VersionChanged,
    VersionEvent,
    VersionReinstated,
    VersionReleased,
    VersionRetired,
    VersionUnlisted,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import (
    AlreadyExists,
    NotChoosable,
    NoticeMissing,
    NoticeTooShort,
    RetirementNotDue,
    Unknown,
    nearest,
)
from modeltrail.domain.trust import Thread, Weighing
from modeltrail.domain.values import Policy, Rules, RunBy, catalogue_of, usual_rules
from modeltrail.domain.version import (
    Sku,
    VersionState,
    evolve_version,
    is_due,
    is_in_force,
    under_trust,
    with_item,
    without_item,
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A statement that cannot be true beside the others; it is kept and changes nothing (R10, R44)."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model at one moment."""

    model: str
    rules: Rules
    run_by: RunBy = "provider"
    offers: tuple[Policy, ...] | None = None
    registered: Fact | None = None
    ruled_by: Fact | None = None
    """The fact that put the rules in force, null for the usual ones."""
    versions: Mapping[str, VersionState] = field(default_factory=dict)
    stated_default: Fact | None = None
    default_is_void: bool = False
    """The stated default was retired, or could not be chosen when it was stated (R10)."""
    default_changes: Mapping[str, Fact] = field(default_factory=dict)
    """The announcement that stands for each version that shall be the default."""
    contradictions: tuple[Contradiction, ...] = ()
    weighing: Weighing | None = field(default=None, compare=False, repr=False)
    """All default changes that stand announced, and the order of trust; null where none is ever declared (R13)."""
    outlooks: dict[tuple[str | None, Sku], Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was worked out of it (`dues.outlook`): many deployments ask one state the same."""

    def is_released(self, version: str) -> bool:
        """Whether a version was released; in a mirrored catalogue a mention will do (R10)."""
        state = self.versions.get(version)
        return state is not None and (
            state.released_at is not None or (state.is_mentioned and self.run_by == "provider")
        )

    def is_choosable(self, version: str, sku: Sku = None) -> bool:
        """Whether a version is released and not retired for a SKU (R10)."""
        return self.is_released(version) and self.versions[version].retired_by(sku) is None

    def choosable(self, sku: Sku = None) -> tuple[str, ...]:
        """The versions that can be chosen for a SKU, in the order in which they were first heard of."""
        return tuple(version for version in self.versions if self.is_choosable(version, sku))

    def default_for(self, sku: Sku = None) -> str | None:
        """The default version for a SKU, or null where there is none (R10)."""
        if self.stated_default is None:
            only = self.choosable(sku)
            return only[0] if len(only) == 1 else None
        version = _version(self.stated_default)
        return None if self.default_is_void or not self.is_choosable(version, sku) else version

    def is_earlier(self, version: str, other: str) -> bool:
        """Whether a version was released before another, as far as that is known (R2, R25)."""
        ours, theirs = self.versions.get(version), self.versions.get(other)
        if ours is None or theirs is None or ours.released_at is None or theirs.released_at is None:
            return False
        return ours.released_at < theirs.released_at

    def decider(self, announcement: Fact) -> Fact | None:
        """The order of trust by which an announcement stands and not another one, null where nothing was to weigh."""
        if not isinstance(announcement.event, DefaultChangeAnnounced):
            return self.versions[_version(announcement)].decider(announcement)
        return None if self.weighing is None else self.weighing.decider(_default_of(_version(announcement)))


def _version(fact: Fact) -> str:
    assert isinstance(fact.event, VersionEvent)
    return fact.event.version


def _default_of(version: str) -> Thread:
    return "default", version


def new_model(model: str, *, weighs: bool = False) -> ModelState:
    """A model of which nothing is known: run by its provider, under the usual rules of its catalogue.

    `weighs`: whether all that is announced is kept, as it has to be where an order of trust is declared at some moment.
    """
    return ModelState(model=model, rules=usual_rules(model), weighing=Weighing() if weighs else None)


def models_concerned(event: Event) -> tuple[str, ...]:
    """The models whose state an event may change: its own, and one in which it names a version (R10)."""
    match event:
        case ReplacementNamed() | ForcedUpgradeAnnounced() if event.to_model not in (None, event.model):
            return (event.model, event.to_model or "")
        case ModelEvent() | DeploymentCreated() | DeploymentObserved() | VersionChanged():
            return (event.model,)
        case _:
            return ()


def versions_shown(model: str, event: Event) -> tuple[str, ...]:
    """The versions of a model that an event shows to exist, although it releases none (R10)."""
    shown: str | None = None
    match event:
        case ReplacementNamed() | ForcedUpgradeAnnounced() if (event.to_model or event.model) == model:
            shown = event.to_version
        case DefaultChanged() | DeploymentCreated() | DeploymentObserved() | VersionChanged() if event.model == model:
            shown = event.version
        case _:
            pass
    return () if shown is None else (shown,)


def versions_named(model: str, event: Event) -> tuple[str, ...]:
    """The versions of a model that an event names (R2)."""
    own = (event.version,) if isinstance(event, VersionEvent) and event.model == model else ()
    return own + versions_shown(model, event)


def evolve(state: ModelState, fact: Fact) -> ModelState:
    """The model after one more fact, in R6 order. Total: it never refuses a recorded fact (R43)."""
    state = _mention(state, fact.event)
    match fact.event:
        case ModelRegistered(model=model) as event if model == state.model:
            after = replace(
                state, registered=fact, ruled_by=fact, rules=event.rules, offers=event.offers, run_by=event.run_by
            )
            return replace(after, default_is_void=after.default_is_void or _is_no_default(after))
        case RulesChanged(rules=rules):
            return replace(state, rules=rules, ruled_by=fact)
        case OffersChanged(offers=offers):
            return replace(state, offers=offers)
        case DefaultChangeAnnounced(version=version):
            if state.stated_default is not None and state.default_for() == version:
                return _contradicted(state, fact, f"{version} is the default already")
            return _default_announced(state, fact, version)
        case DefaultChanged(version=version):
            return _default_changed(state, fact, version)
        case VersionEvent(model=model, version=version) if model == state.model:
            changed = evolve_version(_known(state, version), fact)
            after = replace(state, versions=with_item(state.versions, version, changed))
            return _default_judged(after, fact, version)
        case TrustChanged(catalogue=catalogue) if catalogue == catalogue_of(state.model):
            return _under_trust(state, fact)
        case _:
            return state


def _known(state: ModelState, version: str) -> VersionState:
    """A version as it is known, or one of which nothing is; it weighs sources where its model does."""
    weighing = None if state.weighing is None else Weighing(state.weighing.trusted_by)
    return state.versions.get(version) or VersionState(version, weighing=weighing)


def _default_announced(state: ModelState, fact: Fact, version: str) -> ModelState:
    """The latest announcement counts, or where sources are weighed, the latest of those trusted most (R13).

    What says the same again confirms it and changes nothing (R39, R43): notice counts from when it was said first.
    """
    if state.weighing is None:
        standing = state.default_changes.get(version)
        if standing is not None and standing.event == fact.event:
            return state
        return replace(state, default_changes=with_item(state.default_changes, version, fact))
    weighing = state.weighing.heard(_default_of(version), fact)
    best = _first_said(weighing.counting(_default_of(version)))
    return replace(state, default_changes=with_item(state.default_changes, version, best), weighing=weighing)


def _first_said(said: Sequence[Fact]) -> Fact:
    """Of announcements in their order the last, or the one that it only confirms."""
    return list(takewhile(lambda fact: fact.event == said[-1].event, reversed(said)))[-1]


def _under_trust(state: ModelState, declared: Fact) -> ModelState:
    """Another order of trust is in force: of all that stands announced it is weighed again which counts (R13).

    A state that keeps only the latest has nothing to weigh, and goes on so.
    """
    if state.weighing is None:
        return state
    weighing = state.weighing.under(declared)
    counting = {version: weighing.counting(_default_of(version)) for version in state.default_changes}
    return replace(
        state,
        weighing=weighing,
        default_changes={version: _first_said(said) for version, said in counting.items()},
        versions={name: under_trust(version, declared) for name, version in state.versions.items()},
    )


def _mention(state: ModelState, event: Event) -> ModelState:
    for version in versions_shown(state.model, event):
        known = _known(state, version)
        if not known.is_mentioned:
            state = replace(state, versions=with_item(state.versions, version, replace(known, is_mentioned=True)))
    return state


def _default_changed(state: ModelState, fact: Fact, version: str) -> ModelState:
    can_be = state.is_choosable(version)
    after = replace(
        state,
        stated_default=fact,
        default_is_void=not can_be,
        default_changes=without_item(state.default_changes, version),
        weighing=None if state.weighing is None else state.weighing.without(_default_of(version)),
    )
    return after if can_be else _contradicted(after, fact, f"{version} cannot be chosen, so it is no default")


def _is_no_default(state: ModelState) -> bool:
    """Whether a default is stated that cannot be chosen (R10)."""
    return state.stated_default is not None and not state.is_choosable(_version(state.stated_default))


def _default_judged(state: ModelState, fact: Fact, version: str) -> ModelState:
    """What the retirement or reinstatement of a version means for the default: all of one moment counts (R6, R10)."""
    default = state.stated_default
    if default is None or _version(default) != version:
        return state
    if isinstance(fact.event, VersionRetired) and fact.event.sku is None:
        return replace(state, default_is_void=True)
    if isinstance(fact.event, VersionReinstated | VersionReleased) and fact.effective_at == default.effective_at:
        doubts = tuple(doubt for doubt in state.contradictions if doubt.position != default.position)
        return replace(state, default_is_void=not state.is_choosable(version), contradictions=doubts)
    return state


def _contradicted(state: ModelState, fact: Fact, reason: str) -> ModelState:
    return replace(state, contradictions=(*state.contradictions, Contradiction(fact.position, reason)))


def is_news(state: ModelState, event: ModelEvent) -> bool:
    """Whether what a list shows again says something else than what is known: then somebody else has stated that.

    What it announces is no news when it only says again what it said before.
    """
    match event:
        case DefaultChanged(version=version):
            return state.default_for() != version
        case VersionReleased(version=version):
            known = state.versions.get(version)
            return known is None or known.released_at is None or not known.is_listed
        case VersionRetired(version=version, sku=sku):
            known = state.versions.get(version)
            return known is None or known.retired_by(sku) is None
        case StageChanged() | VersionUnlisted():
            known = state.versions.get(event.version)
            return known is None or not is_in_force(known, event)
        case _:
            return False


def decide(state: ModelState, event: ModelEvent, effective_at: datetime, known_at: datetime) -> tuple[ModelEvent, ...]:
    """What a decision about an engine-run model records: the event, or nothing where it is in force already (R39).

    Raises Refused where a rule forbids it (R7).
    """
    match event:
        case ModelRegistered():
            return _register(state, event)
        case RulesChanged(rules=rules):
            return () if state.rules == rules else (event,)
        case OffersChanged(offers=offers):
            return () if state.offers == offers else (event,)
        case VersionReleased():
            return _release(state, event)
        case VersionEvent(version=version) if version not in state.versions:
            raise Unknown("version", f"{state.model} {version}", nearest(version, state.versions))
        case DefaultChangeAnnounced():
            return _announce_default(state, event, known_at)
        case DefaultChanged():
            return _change_default(state, event, effective_at)
        case VersionRetired():
            return _retire(state, event, effective_at)
        case VersionEvent() if is_in_force(state.versions[event.version], event):
            return ()
        case _:
            return (event,)


def _register(state: ModelState, event: ModelRegistered) -> tuple[ModelEvent, ...]:
    if state.registered is None:
        return (event,)
    if state.registered.event == event:
        return ()
    raise AlreadyExists(f"the model {event.model}", "use change_rules or change_offers")


def _release(state: ModelState, event: VersionReleased) -> tuple[ModelEvent, ...]:
    known = state.versions.get(event.version)
    if known is None or known.released_at is None:
        return (event,)
    if (known.stage, known.api_versions) == (event.stage, event.api_versions):
        return ()
    raise AlreadyExists(f"version {event.version!r} of {event.model}", "use change_stage, or release another version")


def _announce_default(state: ModelState, event: DefaultChangeAnnounced, known_at: datetime) -> tuple[ModelEvent, ...]:
    standing = state.default_changes.get(event.version)
    if standing is not None and standing.event == event:
        return ()
    _demand_choosable(state, event.version, None)
    if event.on is not None and state.stated_default is not None and event.on - known_at < state.rules.notice:
        raise NoticeTooShort(event.model, event.version, state.rules.notice_days, known_at + state.rules.notice)
    return (event,)


def _change_default(state: ModelState, event: DefaultChanged, effective_at: datetime) -> tuple[ModelEvent, ...]:
    if state.stated_default is not None and state.default_for() == event.version:
        return ()
    _demand_choosable(state, event.version, None)
    announced = state.default_changes.get(event.version)
    is_free = state.stated_default is None or state.rules.notice_days == 0
    if not (is_free or _is_said(event.emergency) or _is_due_in_time(state, announced, effective_at)):
        raise NoticeMissing(event.model, event.version, state.rules.notice_days)
    return (event,)


def _retire(state: ModelState, event: VersionRetired, effective_at: datetime) -> tuple[ModelEvent, ...]:
    version = state.versions[event.version]
    if version.retired_by(event.sku) is not None:
        return ()
    if not _is_said(event.emergency) and not is_due(version.retirement_for(event.sku), effective_at):
        raise RetirementNotDue(event.model, event.version)
    return (event,)


def _is_said(reason: str | None) -> bool:
    return bool(reason and reason.strip())


def _is_due_in_time(state: ModelState, announced: Fact | None, moment: datetime) -> bool:
    """Whether an announcement is due that left the notice which the rules promise (R11)."""
    if announced is None or not is_due(announced, moment):
        return False
    assert isinstance(announced.event, DefaultChangeAnnounced)
    return announced.event.on is not None and announced.event.on - announced.known_at >= state.rules.notice


def _demand_choosable(state: ModelState, version: str, sku: Sku) -> None:
    if not state.is_choosable(version, sku):
        raise NotChoosable(state.model, version, sku, state.choosable(sku))
