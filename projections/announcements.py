"""What was announced, when was it known, who confirmed it, and does it stand?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modeltrail.domain.events import (
    Announcement as AnnouncementEvent,
)
from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    ForcedUpgradeAnnounced,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    StageChangeAnnounced,
    VersionEvent,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.values import Instant, Qualifier
from modeltrail.projections.models import Answer
from modeltrail.projections.projection import Projection

Kind = Literal["retirement", "default-change", "forced-upgrade", "stage-change", "replacement"]


@dataclass(frozen=True, slots=True)
class Announced:
    """A statement that was new when it was made, with those that said the same again (R39)."""

    fact: Fact
    confirmations: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """All that was announced of one thing: the same version, kind and SKU. A withdrawal ends what stood before."""

    said: tuple[Announced, ...] = ()
    is_withdrawn: bool = False


announcements = Projection(
    "announcements",
    Thread,
    edition=1,
    question="What was announced of each version?",
    key=("model", "version", "kind", "sku"),
)


def _thread(event: VersionEvent) -> tuple[tuple[str, str, str, str], ...]:
    match event:
        case RetirementAnnounced(sku=sku) | RetirementWithdrawn(sku=sku):
            return ((event.model, event.version, "retirement", sku or ""),)
        case StageChangeAnnounced(stage=stage):
            return ((event.model, event.version, "stage-change", stage),)
        case _:
            return ((event.model, event.version, kind_of(event), ""),)


def kind_of(event: VersionEvent) -> Kind:
    """The kind of an announcement."""
    match event:
        case RetirementAnnounced():
            return "retirement"
        case DefaultChangeAnnounced():
            return "default-change"
        case ForcedUpgradeAnnounced():
            return "forced-upgrade"
        case StageChangeAnnounced():
            return "stage-change"
        case _:
            return "replacement"


@announcements.on(
    RetirementAnnounced,
    DefaultChangeAnnounced,
    ForcedUpgradeAnnounced,
    StageChangeAnnounced,
    ReplacementNamed,
    key=_thread,
)
def announced(row: Thread | None, event: VersionEvent, fact: Fact) -> Thread:
    """What says the same as the statement before it confirms that; anything else is news."""
    row = row or Thread()
    last = row.said[-1] if row.said else None
    if last is not None and not row.is_withdrawn and _says_the_same(last.fact.event, event):
        return Thread((*row.said[:-1], Announced(last.fact, (*last.confirmations, fact))))
    return Thread((*row.said, Announced(fact)))


@announcements.on(RetirementWithdrawn, key=_thread)
def withdrawn(row: Thread | None, event: RetirementWithdrawn) -> Thread:
    """A withdrawal ends what stood; the same statement made again is news."""
    return Thread(row.said if row is not None else (), is_withdrawn=True)


def _says_the_same(before: object, event: VersionEvent) -> bool:
    if isinstance(before, ReplacementNamed) and isinstance(event, ReplacementNamed):
        same_target = (before.to_model, before.to_version) == (event.to_model, event.to_version)
        start, lead = event.upgrade_from or before.upgrade_from, event.lead_days
        adds_nothing = start == before.upgrade_from and lead in (None, before.lead_days)
        return same_target and adds_nothing
    return before == event


class Confirmation(Answer):
    """A statement that said the same again: another source, or a later day (R39)."""

    position: int
    known_at: Instant
    source: str | None


class Announcement(Answer):
    """Something announced. `on` of a replacement is when upgrades to it begin. `standing`: neither moved,
    withdrawn nor carried out at the moment asked about (R12, R13)."""

    position: int
    known_at: Instant
    model: str
    version: str
    kind: Kind
    on: Instant | None
    qualifier: Qualifier
    sku: str | None
    to_model: str | None
    to_version: str | None
    source: str | None
    standing: bool
    confirmations: tuple[Confirmation, ...]


def announcement_answers(threads: Iterable[Thread], state: ModelState) -> list[Announcement]:
    """All that was announced of a model, oldest knowledge first, with what stands in the model's state."""
    standing = {fact.position for fact in standing_announcements(state)}
    answers = [_answer(said, standing) for thread in threads for said in thread.said]
    return sorted(answers, key=lambda answer: (answer.known_at, answer.version, answer.kind, answer.sku or ""))


def _answer(said: Announced, standing: set[int]) -> Announcement:
    event, fact = said.fact.event, said.fact
    assert isinstance(event, VersionEvent)
    positions = {fact.position, *(confirmation.position for confirmation in said.confirmations)}
    on = event.upgrade_from if isinstance(event, ReplacementNamed) else None
    return Announcement(
        position=fact.position,
        known_at=fact.known_at,
        model=event.model,
        version=event.version,
        kind=kind_of(event),
        on=event.on if isinstance(event, AnnouncementEvent) else on,
        qualifier=event.qualifier if isinstance(event, AnnouncementEvent) else "fixed",
        sku=event.sku if isinstance(event, RetirementAnnounced) else None,
        to_model=event.to_model if isinstance(event, ReplacementNamed | ForcedUpgradeAnnounced) else None,
        to_version=event.to_version if isinstance(event, ReplacementNamed | ForcedUpgradeAnnounced) else None,
        source=fact.source,
        standing=bool(positions & standing),
        confirmations=tuple(
            Confirmation(position=one.position, known_at=one.known_at, source=one.source) for one in said.confirmations
        ),
    )


def standing_announcements(state: ModelState) -> list[Fact]:
    """The announcements that stand in the state of a model: latest of their kind, neither withdrawn nor carried out."""
    standing = list(state.default_changes.values())
    for version in state.versions.values():
        retirements = [version.standing(sku) for sku in version.announced]
        standing += [fact for fact in retirements if fact is not None]
        standing += version.stage_changes.values()
        if version.retired_by(None) is not None:
            continue
        standing += [fact for fact in (version.forced,) if fact is not None]
        standing += [named.fact for named in (version.replacement,) if named is not None]
    return standing


def announced_date(fact: Fact) -> datetime | None:
    """The date that an announcement states."""
    if isinstance(fact.event, ReplacementNamed):
        return fact.event.upgrade_from
    assert isinstance(fact.event, AnnouncementEvent)
    return fact.event.on
