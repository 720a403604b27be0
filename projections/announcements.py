"""What was announced, when was it known, who confirmed it, who says something else, and does it stand?"""

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
    Event,
    ForcedUpgradeAnnounced,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    StageChangeAnnounced,
    VersionEvent,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.model import ModelState
from modeltrail.domain.trust import speaker_of
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
    """Something announced. `on` of a replacement is when upgrades to it begin. `standing`: it counts, being neither
    moved, withdrawn, carried out nor outweighed at the moment asked about (R12, R13). `disagrees_with`: the positions
    where others said last of the same thing that it is otherwise; none where nobody says this any more."""

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
    disagrees_with: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A thread at a moment, and what each source said last of it, a withdrawal too."""

    thread: Thread
    last_words: tuple[Fact, ...]


def heard(thread: Thread, facts: Iterable[Fact]) -> Heard:
    """A thread with the last word of each source, from all that was said of it (R6)."""
    latest = {speaker_of(fact.source): fact for fact in in_order(facts)}
    return Heard(thread, tuple(latest.values()))


def announcement_answers(threads: Iterable[Heard], state: ModelState) -> list[Announcement]:
    """All that was announced of a model, oldest knowledge first, with what stands in the model's state."""
    standing = {fact.position for fact in standing_announcements(state)}
    answers = [_answer(said, one.last_words, standing) for one in threads for said in one.thread.said]
    return sorted(answers, key=lambda answer: (answer.known_at, answer.version, answer.kind, answer.sku or ""))


def _answer(said: Announced, last_words: Iterable[Fact], standing: set[int]) -> Announcement:
    event, fact = said.fact.event, said.fact
    assert isinstance(event, VersionEvent)
    positions = {fact.position, *(confirmation.position for confirmation in said.confirmations)}
    is_still_said = any(last.position in positions for last in last_words)
    others = [last.position for last in last_words if is_still_said and _disagrees(event, last.event)]
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
        disagrees_with=tuple(sorted(others)),
    )


def _disagrees(said: VersionEvent, other: Event) -> bool:
    """Whether another statement of the same thing names another date, qualifier or target, or withdraws it.

    Where only one of them names a target, or when the upgrades to it begin, they do not contradict each other.
    """
    match said, other:
        case _, RetirementWithdrawn():
            return True
        case ReplacementNamed(), ReplacementNamed():
            named = (said.to_model, said.to_version), said.upgrade_from, said.lead_days
            instead = (other.to_model, other.to_version), other.upgrade_from, other.lead_days
            return any(None not in (one, two) and one != two for one, two in zip(named, instead, strict=True))
        case AnnouncementEvent(), AnnouncementEvent():
            ours, theirs = _target(said), _target(other)
            is_elsewhere = None not in (ours, theirs) and ours != theirs
            return is_elsewhere or (said.on, said.qualifier) != (other.on, other.qualifier)
        case _:
            return False


def _target(event: AnnouncementEvent) -> tuple[str, str | None] | None:
    """Where a forced upgrade leads, null where that is not said."""
    if not isinstance(event, ForcedUpgradeAnnounced) or (event.to_model or event.to_version) is None:
        return None
    return event.to_model or event.model, event.to_version


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
