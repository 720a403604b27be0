"""What comes next, for models and for deployments, if every standing announcement is carried out on its date?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal

from modeltrail.domain.course import Course
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import Announcement as AnnouncementEvent
from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    ForcedUpgradeAnnounced,
    ModelEvent,
    MovePostponed,
    ReplacementNamed,
    RetirementAnnounced,
    StageChangeAnnounced,
    StageChanged,
    VersionEvent,
    VersionReinstated,
    VersionRetired,
    VersionTested,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.moves import Move
from modeltrail.domain.segments import Outcome, Segment
from modeltrail.domain.values import Instant, Qualifier
from modeltrail.projections.announcements import announced_date, kind_of, standing_announcements
from modeltrail.projections.models import Answer


class Target(Answer):
    """A model and a version of it; the version is null where it is not named yet (R15)."""

    model: str
    version: str | None


UpcomingKind = Literal[
    "retirement", "default-change", "forced-upgrade", "stage-change", "replacement", "move", "stop", "api-break"
]


class Upcoming(Answer):
    """Something that is to come, or is overdue. `until`: the end of the window in which it happens, null for none.

    `deployment` null: it concerns the catalogue. `to`: where it leads. `certainty`: `announced` for the catalogue, else
    as in the course. `tested`: whether the target was tested for the deployment (R36), with the last result.
    `owner`: that of the deployment. `advice`: what to do about it, null where there is nothing to do.
    """

    on: Instant
    until: Instant | None
    qualifier: Qualifier | None
    kind: UpcomingKind
    model: str
    version: str | None
    deployment: str | None
    to: Target | None
    certainty: Literal["announced", "recorded", "observed", "assumed", "window"]
    tested: bool | None
    flags: tuple[str, ...]
    because: tuple[int, ...]
    test_result: Literal["passed", "failed"] | None = None
    sku: str | None = None
    owner: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Horizon:
    """From when to when, the last moment included."""

    start: datetime
    end: datetime


def carried_out(state: ModelState, after: datetime) -> list[Fact]:
    """The facts that the standing announcements would become on their dates, where these lie ahead (R28)."""
    dated = [(fact, announced_date(fact)) for fact in standing_announcements(state)]
    ahead = [(fact, on) for fact, on in dated if on is not None and on > after]
    deeds = [(fact, on, deed) for fact, on in ahead for deed in deeds_of(state, fact, on)]
    return [fact._replace(event=deed, stream=deed.stream, effective_at=on, known_at=on) for fact, on, deed in deeds]


def deeds_of(state: ModelState, announcement: Fact, on: datetime) -> list[ModelEvent]:
    """The events that carry an announcement out on a date; none for what takes effect by itself."""
    deed = _deed(announcement)
    return [] if deed is None else [deed, *_spared(state, announcement, on)]


def _spared(state: ModelState, announcement: Fact, on: datetime) -> list[ModelEvent]:
    """The SKUs with a statement of their own, which a general retirement does not concern on its date (R14)."""
    event = announcement.event
    if not isinstance(event, RetirementAnnounced) or event.sku is not None:
        return []
    version = state.versions[event.version]
    own = [(sku, version.retirement_for(sku)) for sku in version.announced if sku is not None]
    later = [sku for sku, fact in own if fact is not announcement and (fact is None or not _is_by(fact, on))]
    return [VersionReinstated(model=event.model, version=event.version, sku=sku) for sku in later]


def _is_by(announcement: Fact, moment: datetime) -> bool:
    on = announced_date(announcement)
    return on is not None and on <= moment


def _deed(announcement: Fact) -> ModelEvent | None:
    match announcement.event:
        case RetirementAnnounced() as event:
            return VersionRetired(model=event.model, version=event.version, sku=event.sku)
        case DefaultChangeAnnounced() as event:
            return DefaultChanged(model=event.model, version=event.version)
        case StageChangeAnnounced() as event:
            return StageChanged(model=event.model, version=event.version, stage=event.stage)
        case ForcedUpgradeAnnounced() as event:
            return event.model_copy(update={"qualifier": "fixed"})
        case _:
            return None


def catalogue_upcoming(state: ModelState, horizon: Horizon) -> Iterator[Upcoming]:
    """What is announced for a model by the end of the horizon; a date that has passed is `overdue` (R12)."""
    for fact in standing_announcements(state):
        on = announced_date(fact)
        if on is None or on > horizon.end:
            continue
        event = fact.event
        assert isinstance(event, VersionEvent)
        if isinstance(event, ReplacementNamed) and on <= horizon.start:
            continue
        yield Upcoming(
            on=on,
            until=None,
            qualifier=event.qualifier if isinstance(event, AnnouncementEvent) else "fixed",
            kind=kind_of(event),
            model=event.model,
            version=event.version,
            deployment=None,
            to=_announced_target(state, event),
            certainty="announced",
            tested=None,
            flags=tuple(sorted(_announced_flags(state, fact, on, horizon.start))),
            because=(fact.position,),
            sku=event.sku if isinstance(event, RetirementAnnounced) else None,
        )


def _announced_flags(state: ModelState, fact: Fact, on: datetime, start: datetime) -> Iterator[str]:
    if on <= start:
        yield "overdue"
    is_first = state.stated_default is None
    if isinstance(fact.event, DefaultChangeAnnounced) and not is_first and on - fact.known_at < state.rules.notice:
        yield "short-notice"


def _announced_target(state: ModelState, event: VersionEvent) -> Target | None:
    match event:
        case DefaultChangeAnnounced():
            return Target(model=event.model, version=event.version)
        case ForcedUpgradeAnnounced():
            return Target(model=event.to_model or event.model, version=event.to_version)
        case ReplacementNamed():
            return Target(model=event.to_model, version=event.to_version)
        case RetirementAnnounced():
            named = state.versions[event.version].replacement
            return Target(model=named.to_model, version=named.to_version) if named is not None else None
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the entries of a deployment say beside its course.

    `qualifier`: how firm the announcement at a position is, null for a fact. `breaks_api`: whether a version does not
    answer the API version that the deployment pins (R35).
    """

    state: DeploymentState
    qualifier: Callable[[int], Qualifier | None]
    breaks_api: Callable[[Outcome, datetime], bool]


def deployment_upcoming(course: Course, beside: Beside, horizon: Horizon) -> list[Upcoming]:
    """What comes for a deployment by the end of the horizon, read from the course of what is announced (R28)."""
    found: list[Upcoming] = []
    present = course.at(horizon.start)
    if present is None:
        return []
    ahead = [part for part in course.segments if part.since > horizon.start]
    for earlier, part, news in (*_open(course, present), *_news([present, *ahead])):
        if part.since > horizon.end or part.incarnation != earlier.incarnation:
            continue
        for outcome in news:
            kinds: list[UpcomingKind] = ["stop" if outcome.status == "stopped" else "move"]
            if beside.breaks_api(outcome, part.since):
                kinds.append("api-break")
            found += [_entry(kind, earlier, part, outcome, beside) for kind in kinds]
    return found


_News = tuple[Segment, Segment, list[Outcome]]
"""Two segments, and what is possible in the later one that was not in the earlier one."""


def _news(parts: Sequence[Segment]) -> Iterator[_News]:
    for earlier, part in pairwise(parts):
        yield earlier, part, [outcome for outcome in part.possible if outcome not in earlier.possible]


def _open(course: Course, present: Segment) -> Iterator[_News]:
    """Of a window that is open: all that may have happened in it, each since it became possible (R30).

    It began where the deployment certainly was where it still may be.
    """
    before = [part for part in course.segments if part.since < present.since]
    chain = [*before[-1:], present]
    for part in reversed(before[:-1]):
        if len(chain[0].possible) < 2 or not set(part.possible) & set(present.possible):
            break
        chain.insert(0, part)
    if len(present.possible) > 1:
        for _, part, outcomes in _news(chain):
            news = [outcome for outcome in outcomes if outcome in present.possible and outcome not in chain[0].possible]
            yield chain[0], replace(present, since=part.since), news


def held_back_upcoming(move: Move, beside: Beside, horizon: Horizon) -> Iterator[Upcoming]:
    """A move that is due and was postponed or failed: it comes when its host is asked again (R37)."""
    fact = beside.state.held_back
    if fact is None or move.not_before is None or move.not_before > horizon.end:
        return
    to = Outcome("stopped") if move.to.is_stopped else Outcome("serving", move.to.model, move.to.version)
    kinds: list[UpcomingKind] = ["stop" if move.to.is_stopped else "move"]
    if beside.breaks_api(to, move.not_before):
        kinds.append("api-break")
    target = Target(model=to.model, version=to.version) if to.model is not None else None
    result = test_result(beside.state, target)
    flags = {"postponed" if isinstance(fact.event, MovePostponed) else "failed", *kinds[1:]}
    if move.not_before <= horizon.start:
        flags.add("overdue")
    for kind in kinds:
        yield Upcoming(
            on=move.not_before,
            until=None,
            qualifier=None,
            kind=kind,
            model=move.leaves.model,
            version=move.leaves.version,
            deployment=move.deployment,
            to=target,
            certainty="assumed",
            tested=None if target is None else result is not None,
            flags=tuple(sorted(flags)),
            because=tuple(sorted({*move.because, fact.position})),
            test_result=result,
            sku=beside.state.sku,
            owner=beside.state.owner,
        )


def _entry(
    kind: UpcomingKind,
    earlier: Segment,
    part: Segment,
    outcome: Outcome,
    beside: Beside,
) -> Upcoming:
    state = beside.state
    leaving = next((one for one in earlier.possible if one.status == "serving"), None)
    to = Target(model=outcome.model, version=outcome.version) if outcome.model is not None else None
    result = test_result(state, to)
    flags = {*part.flags} - {"api-break"} | ({"overdue"} if part.cause == "overdue" else set())
    flags |= {"api-break"} if beside.breaks_api(outcome, part.since) else set()
    return Upcoming(
        on=part.since,
        until=part.deadline,
        qualifier=_weakest(beside, earlier, part),
        kind=kind,
        model=leaving.model or state.model or "" if leaving is not None else state.model or "",
        version=leaving.version if leaving is not None else None,
        deployment=state.deployment,
        to=to,
        certainty=part.certainty,
        tested=None if to is None else result is not None,
        flags=tuple(sorted(flags)),
        because=part.because,
        test_result=result,
        sku=state.sku,
        owner=state.owner,
    )


def _weakest(beside: Beside, earlier: Segment, part: Segment) -> Qualifier | None:
    """How firm a step is: as the least firm of the announcements that are new in it, or else in all of it (R13)."""
    new = [position for position in part.because if position not in earlier.because]
    firmness: tuple[Qualifier, ...] = ("tentative", "no-earlier-than", "fixed")
    for positions in (new, part.because):
        named = {beside.qualifier(position) for position in positions}
        for qualifier in firmness:
            if qualifier in named:
                return qualifier
    return None


def test_result(state: DeploymentState, to: Target | None) -> Literal["passed", "failed"] | None:
    """The last result of testing a target for a deployment, null where it was not tested (R36)."""
    result: Literal["passed", "failed"] | None = None
    for fact in state.tests:
        event = fact.event
        if to is None or not isinstance(event, VersionTested):
            continue
        if event.version == to.version and (event.model or state.model) == to.model:
            result = event.result
    return result


def concerns(entry: Upcoming, model: str | None, owner: str | None) -> bool:
    """Whether an entry concerns a model or leads to it, and deployments of an owner; null for any."""
    named = {entry.model, entry.to.model if entry.to is not None else None}
    return (model is None or model in named) and (owner is None or entry.owner == owner)


def in_time(entries: Iterable[Upcoming]) -> Sequence[Upcoming]:
    """Entries by their dates."""
    return sorted(entries, key=lambda one: (one.on, one.deployment or "", one.model, one.version or "", one.kind))
