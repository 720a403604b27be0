"""What is one version of a model, and how do facts change it? Its release, stage, retirement and what was announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import TypeVar

from modeltrail.domain.events import (
    Announcement,
    Event,
    ForcedUpgradeAnnounced,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    StageChangeAnnounced,
    StageChanged,
    VersionEvent,
    VersionReinstated,
    VersionReleased,
    VersionRetired,
    VersionUnlisted,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.trust import Thread, Weighing
from modeltrail.domain.values import Days, Stage

Key = TypeVar("Key")
Value = TypeVar("Value")
Sku = str | None
"""A SKU, or null for what is said in general (R14)."""


def with_item(mapping: Mapping[Key, Value], key: Key, value: Value) -> dict[Key, Value]:
    """The mapping with one item more, or another value for it."""
    return {**mapping, key: value}


def without_item(mapping: Mapping[Key, Value], key: Key) -> dict[Key, Value]:
    """The mapping without one item."""
    return {other: value for other, value in mapping.items() if other != key}


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of a version (R15), and when upgrades to it begin (R20)."""

    fact: Fact
    to_model: str
    to_version: str | None
    upgrade_from: datetime | None
    lead_days: Days | None


@dataclass(frozen=True, slots=True)
class VersionState:
    """One version of a model. Announcements are the latest of their kind, or where sources are weighed, the latest of
    those that are trusted most (R13); whether they stand, the model says."""

    version: str
    release: Fact | None = None
    """The first fact that released it, null where that is not known."""
    is_mentioned: bool = False
    """Stated as default or as a target, or seen in a deployment: it exists, released on an unknown day (R10)."""
    stage: Stage | None = None
    api_versions: tuple[str, ...] = ()
    is_listed: bool = True
    retirements: Mapping[Sku, Fact] = field(default_factory=dict)
    """The last retirement or reinstatement for each SKU."""
    retired_at: Mapping[Sku, datetime] = field(default_factory=dict)
    """When it was last retired for each SKU, also where it was reinstated since."""
    announced: Mapping[Sku, Fact] = field(default_factory=dict)
    """The last announcement or withdrawal of a retirement for each SKU."""
    forced: Fact | None = None
    replacement: Replacement | None = None
    stage_changes: Mapping[Stage, Fact] = field(default_factory=dict)
    weighing: Weighing | None = field(default=None, compare=False, repr=False)
    """All that was announced of it and the order of trust, null where none was ever declared: the latest counts."""

    @property
    def released_at(self) -> datetime | None:
        """When it was released, null on an unknown day or not yet."""
        return self.release.effective_at if self.release is not None else None

    def retired_by(self, sku: Sku) -> Fact | None:
        """The fact that retired the version for a SKU, unless it was reinstated since (R14)."""
        fact = _of_sku(self.retirements, sku)
        return fact if fact is not None and isinstance(fact.event, VersionRetired) else None

    def retirement_for(self, sku: Sku) -> Fact | None:
        """The announcement of a retirement that stands for a SKU: the latest, not withdrawn, not carried out (R13).

        Where sources are weighed: the latest of those trusted most, of what was not carried out.
        """
        fact = _of_sku(self.announced if self.weighing is None else self._trusted(sku, self.weighing), sku)
        if fact is None or not isinstance(fact.event, RetirementAnnounced) or self.retired_by(sku) is not None:
            return None
        return None if self._is_carried_out(fact, sku) else fact

    def _trusted(self, sku: Sku, weighing: Weighing) -> dict[Sku, Fact]:
        """The last announcement or withdrawal, for a SKU and in general, of those whose sources are trusted most."""
        said = [fact for of in dict.fromkeys((None, sku)) for fact in weighing.said.get(_retirement_of(of), ())]
        best = weighing.best(fact for fact in said if not self._is_carried_out(fact, sku))
        return {_sku_of(fact): fact for fact in best}

    def _is_carried_out(self, announcement: Fact, sku: Sku) -> bool:
        """Whether a version was retired for a SKU since its retirement was announced."""
        done = [self.retired_at[other] for other in {None, sku} if other in self.retired_at]
        if self._is_spared(sku):
            done.remove(self.retired_at[None])
        return any(moment >= announcement.effective_at for moment in done)

    def _is_spared(self, sku: Sku) -> bool:
        """Whether the last general retirement left out a SKU, which was reinstated at the same moment (R14)."""
        own = self.retirements.get(sku) if sku is not None else None
        is_back = own is not None and isinstance(own.event, VersionReinstated)
        return is_back and own is not None and own.effective_at == self.retired_at.get(None)

    def standing(self, sku: Sku) -> Fact | None:
        """The announcement that stands for just this SKU, or for null just in general."""
        fact = self.retirement_for(sku)
        return fact if fact is not None and _sku_of(fact) == sku else None

    def decider(self, announcement: Fact) -> Fact | None:
        """The order of trust by which an announcement stands and not another one, null where nothing was to weigh."""
        thread = _thread(announcement.event)
        if self.weighing is None or thread is None:
            return None
        return self.weighing.decider(*(other for other in self.weighing.said if other[0] == thread[0]))

    def grounds(self, announcement: Fact) -> frozenset[int]:
        """The positions on which it rests that an announcement stands (R28)."""
        decider = self.decider(announcement)
        return frozenset({announcement.position, *(() if decider is None else (decider.position,))})


def _of_sku(facts: Mapping[Sku, Fact], sku: Sku) -> Fact | None:
    """The statement that counts for a SKU: its own, unless a general one is effective later (R14)."""
    general, own = facts.get(None), facts.get(sku)
    if own is None or (general is not None and general.effective_at > own.effective_at):
        return general
    return own


def is_due(announcement: Fact | None, moment: datetime) -> bool:
    """Whether a standing announcement has a fixed date that has come (R12)."""
    if announcement is None:
        return False
    event = announcement.event
    assert isinstance(event, Announcement)
    return event.qualifier == "fixed" and event.on is not None and event.on <= moment


def _sku_of(fact: Fact) -> Sku:
    assert isinstance(fact.event, RetirementAnnounced | RetirementWithdrawn)
    return fact.event.sku


def _retirement_of(sku: Sku) -> Thread:
    return "retirement", sku


def _thread(event: Event) -> Thread | None:
    """The thread of an announcement, null for any other event."""
    match event:
        case RetirementAnnounced(sku=sku) | RetirementWithdrawn(sku=sku):
            return _retirement_of(sku)
        case StageChangeAnnounced(stage=stage):
            return "stage", stage
        case ForcedUpgradeAnnounced():
            return "forced", None
        case ReplacementNamed():
            return "replacement", None
        case _:
            return None


def evolve_version(state: VersionState, fact: Fact) -> VersionState:
    """The version after one more fact about it. Where sources are weighed, another may go on to count (R13)."""
    if state.weighing is None:
        return _evolved(state, fact)
    weighing, thread = state.weighing, _thread(fact.event)
    if isinstance(fact.event, StageChanged):
        weighing = weighing.without(("stage", fact.event.stage))
    if thread is None:
        return _evolved(replace(state, weighing=weighing), fact)
    heard = replace(_evolved(state, fact), weighing=weighing.heard(thread, fact))
    return _weighed(heard, thread)


def under_trust(state: VersionState, declared: Fact) -> VersionState:
    """The version under another order of trust: what was kept of less trusted sources may count, and back (R13)."""
    assert state.weighing is not None
    weighing = state.weighing.under(declared)
    return reduce(_weighed, weighing.said, replace(state, weighing=weighing))


def _weighed(state: VersionState, thread: Thread) -> VersionState:
    """The version with what counts of a thread. Retirements are weighed when asked for: by SKU, and not carried out."""
    assert state.weighing is not None
    if thread[0] == "retirement":
        return state
    counting = state.weighing.counting(thread)
    if thread[0] == "replacement":
        return reduce(_evolved, counting, replace(state, replacement=None))
    return _evolved(state, counting[-1])


def _evolved(state: VersionState, fact: Fact) -> VersionState:
    """The version after one more fact, the latest announcement being what counts."""
    match fact.event:
        case VersionReleased() as event:
            return _released(state, fact, event)
        case StageChanged(stage=stage):
            return replace(state, stage=stage, stage_changes=without_item(state.stage_changes, stage))
        case StageChangeAnnounced(stage=stage):
            return replace(state, stage_changes=with_item(state.stage_changes, stage, fact))
        case RetirementAnnounced(sku=sku) | RetirementWithdrawn(sku=sku):
            return replace(state, announced=with_item(state.announced, sku, fact))
        case VersionRetired(sku=sku):
            retired_at = with_item(state.retired_at, sku, fact.effective_at)
            return replace(state, retirements=with_item(state.retirements, sku, fact), retired_at=retired_at)
        case VersionReinstated(sku=sku):
            return replace(state, retirements=with_item(state.retirements, sku, fact))
        case ForcedUpgradeAnnounced():
            return replace(state, forced=fact)
        case ReplacementNamed() as event:
            return replace(state, replacement=_replacement(state.replacement, fact, event))
        case VersionUnlisted():
            return replace(state, is_listed=False)
        case _:
            return state


def _released(state: VersionState, fact: Fact, event: VersionReleased) -> VersionState:
    """The first release counts; a later one confirms it, and may add API versions."""
    if state.released_at is not None:
        api_versions = event.api_versions or state.api_versions
        return replace(state, is_listed=True, stage=event.stage, api_versions=api_versions)
    return replace(
        state,
        release=fact,
        stage=event.stage,
        api_versions=event.api_versions,
        is_listed=True,
    )


def _replacement(before: Replacement | None, fact: Fact, event: ReplacementNamed) -> Replacement:
    """The replacement now named; the same target named again keeps the dates that were given with it (R20)."""
    named = Replacement(fact, event.to_model, event.to_version, event.upgrade_from, event.lead_days)
    if before is None or (before.to_model, before.to_version) != (named.to_model, named.to_version):
        return named
    return replace(
        named,
        upgrade_from=named.upgrade_from or before.upgrade_from,
        lead_days=before.lead_days if named.lead_days is None else named.lead_days,
    )


def is_in_force(version: VersionState, event: VersionEvent) -> bool:
    """Whether a decision about a version would change nothing (R39)."""
    match event:
        case StageChanged(stage=stage):
            return version.stage == stage
        case StageChangeAnnounced(stage=stage):
            return _says(version.stage_changes.get(stage), event)
        case RetirementAnnounced(sku=sku):
            return _says(version.retirement_for(sku), event)
        case RetirementWithdrawn(sku=sku):
            return version.retirement_for(sku) is None
        case VersionReinstated(sku=sku):
            return version.retired_by(sku) is None
        case ForcedUpgradeAnnounced():
            return _says(version.forced, event)
        case ReplacementNamed():
            return version.replacement is not None and _says(version.replacement.fact, event)
        case VersionUnlisted():
            return not version.is_listed
        case _:
            return False


def _says(fact: Fact | None, event: Event) -> bool:
    return fact is not None and fact.event == event
