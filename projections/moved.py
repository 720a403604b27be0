"""Was each deployment moved when its policy and the rules required it? Its course against what exports showed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modeltrail.domain.course import Course, course_of
from modeltrail.domain.deployment import is_done
from modeltrail.domain.events import (
    ChangeLogged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    DeploymentStopped,
    VersionChanged,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.frames import outcome
from modeltrail.domain.history import Histories
from modeltrail.domain.possible import place_seen
from modeltrail.domain.segments import Outcome, Place, Segment
from modeltrail.domain.values import named
from modeltrail.projections.breaches import Breach, BreachKind, day, thing, whole_days
from modeltrail.projections.promised import DAY, Promise, Topic, standing_at
from modeltrail.projections.review import is_unexplained

Promised = Callable[[str], dict[Topic, list[Promise]]]
"""All that was promised of a model, by its name."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A deployment in one place: the fact that put it there or showed it first, and the sights that show it again.

    Null: the fact ended its existence.
    """

    place: Place | None
    first: Fact
    sights: list[Fact] = field(default_factory=list)

    @property
    def last(self) -> Fact:
        """The last fact that shows it there."""
        return self.sights[-1] if self.sights else self.first


def stays(ordered: Sequence[Fact]) -> list[Stay]:
    """Where the facts of a deployment put it, one after the other; each change by hand begins anew."""
    found: list[Stay] = []
    for fact in ordered:
        match fact.event:
            case DeploymentObserved() as event:
                place = place_seen(event)
                if found and found[-1].place == place:
                    found[-1].sights.append(fact)
                else:
                    found.append(Stay(place, fact))
            case DeploymentCreated() | VersionChanged() as event:
                found.append(Stay(Place(event.model, event.version), fact))
            case DeploymentStopped():
                found.append(Stay(Place("", None, is_stopped=True), fact))
            case DeploymentDeleted():
                found.append(Stay(None, fact))
            case ChangeLogged() as event if is_done(event, "delete"):
                found.append(Stay(None, fact))
            case _:
                pass
    return found


@dataclass(frozen=True, slots=True)
class Watched:
    """A deployment with its facts and its course. `histories`: the models as they are known; `ahead`: the same, with
    what stands announced taken as carried out on its date. `said`: what was promised of each model."""

    course: Course
    facts: Sequence[Fact]
    histories: Histories
    ahead: Histories
    said: Promised
    until: datetime


def move_breaches(watched: Watched) -> Iterator[Breach]:
    """What was done with a deployment that its provider runs, against policy and rules, by a moment (R19 to R24, R32).

    Late: it was seen where it should not have been any more, more than a day after its window closed. Early: it was
    seen where it should only have gone later. Else, what nothing explains.
    """
    ordered = in_order(watched.facts)
    found = [stay for stay in stays(ordered) if stay.first.effective_at <= watched.until]
    for number, stay in enumerate(found):
        if stay.place is not None and not stay.place.is_stopped and stay.place.version is not None:
            yield from _late(watched, ordered, stay, stay.place)
        before = found[number - 1] if number else None
        if before is not None and before.place is not None and stay.place is not None:
            yield from _moved(watched, ordered, before, stay)


def _late(watched: Watched, ordered: Sequence[Fact], stay: Stay, place: Place) -> Iterator[Breach]:
    """The deployment is seen where it was, although policy and rules had moved it on (R19, R20, R24)."""
    sights = [fact for fact in stay.sights if fact.effective_at <= watched.until]
    if not sights:
        return
    again = {id(fact) for fact in stay.sights}
    last = sights[-1].effective_at
    known = [fact for fact in ordered if id(fact) not in again and fact.effective_at <= last]
    course = course_of(watched.course.deployment, known, watched.histories)
    seen, shown = outcome(place), dict[datetime, tuple[Segment, Fact]]()
    for sight in sights:
        left = _left(course, seen, sight.effective_at)
        if left is not None:
            shown[left.since] = (left, sight)
    for since, (left, sight) in shown.items():
        if sight.effective_at >= since + DAY and left.run_by == "provider":
            yield _late_breach(watched.course.deployment, place, left, sight)


def _left(course: Course, seen: Outcome, moment: datetime) -> Segment | None:
    """The segment with which a place was left for another one, null where it may be that the deployment is there."""
    left: Segment | None = None
    for part in reversed([part for part in course.segments if part.since <= moment]):
        if not part.possible or seen in part.possible:
            break
        left = part
    serves = left is not None and any(one.status == "serving" for one in left.possible)
    return left if serves else None


def _late_breach(deployment: str, place: Place, left: Segment, sight: Fact) -> Breach:
    at, late = left.since, whole_days(sight.effective_at - left.since)
    return _breach(
        "moved-late",
        deployment,
        place,
        left,
        at,
        f"{named(deployment)} was to leave {_where(place)} by {day(at)} ({left.cause}), and was still there on "
        f"{day(sight.effective_at)}",
        promised=at,
        happened=sight.effective_at,
        days=late,
        because=(*left.because, sight.position),
    )


def _moved(watched: Watched, ordered: Sequence[Fact], before: Stay, stay: Stay) -> Iterator[Breach]:
    """The deployment is seen elsewhere than before: too early, against its policy, or without any explanation."""
    sight, place = stay.first, stay.place
    part = watched.course.at(sight.effective_at)
    if not isinstance(sight.event, DeploymentObserved) or part is None or part.run_by == "engine":
        return
    assert place is not None and before.place is not None
    seen, left = outcome(place), before.place
    if left.version is None or outcome(left) == seen:
        return
    if part.cause == "forced":
        yield from _forced_early(watched, left, place, part, sight)
    elif is_unexplained(watched.course, seen, sight.effective_at):
        yield _unasked(watched, ordered, before, place, part, sight)


def _forced_early(watched: Watched, left: Place, place: Place, part: Segment, sight: Fact) -> Iterator[Breach]:
    """A forced upgrade before the date that stood announced for it (R24)."""
    topic = Topic("forced-upgrade", left.version or "")
    promise = standing_at(watched.said(left.model).get(topic, []), sight.effective_at)
    if promise is None or promise.on is None or promise.qualifier == "tentative" or promise.on <= sight.effective_at:
        return
    at = sight.effective_at
    yield _breach(
        "earlier-than-promised",
        watched.course.deployment,
        place,
        part,
        at,
        f"{named(watched.course.deployment)} was seen on {_where(place)} on {day(at)}, and {thing(left.model, topic)} "
        f"was announced for {'' if promise.qualifier == 'fixed' else 'no earlier than '}{day(promise.on)}",
        promised=promise.on,
        happened=at,
        days=whole_days(promise.on - at),
        because=(sight.position, *promise.positions),
    )


def _unasked(
    watched: Watched, ordered: Sequence[Fact], before: Stay, place: Place, part: Segment, sight: Fact
) -> Breach:
    """A move that no rule explains (R32): early, against the policy, or just so."""
    deployment, at = watched.course.deployment, sight.effective_at
    assert before.place is not None
    told = (
        f"{named(deployment)} was on {_where(before.place)} ({day(before.last.effective_at)}) and was seen "
        f"{_where(place, 'on ')} ({day(at)})"
    )
    because = (*part.because, before.last.position, sight.position)
    if part.policy_effective == "manual" and not place.is_stopped:
        policy = part.policy if part.policy == "manual" else f"{part.policy}, which acts as manual"
        says = f"{told}: its policy is {policy}, and no change by hand or announcement explains it"
        return _breach("policy-breach", deployment, place, part, at, says, because=because, happened=at)
    due = _due_later(watched, ordered, before, place, part, at)
    if due is None:
        says = f"{told}: no rule, announcement or logged change explains it"
        return _breach("unexplained-move", deployment, place, part, at, says, because=because, happened=at)
    return _breach(
        "moved-early",
        deployment,
        place,
        part,
        at,
        f"{told}: it was not to be moved there before {day(due.since)} ({due.cause})",
        promised=due.since,
        happened=at,
        days=whole_days(due.since - at),
        because=(*because, *due.because),
    )


def _due_later(
    watched: Watched, ordered: Sequence[Fact], before: Stay, place: Place, part: Segment, at: datetime
) -> Segment | None:
    """With what its policy would have led it there later, had it not been moved: announced, or within a rollout."""
    seen, earlier = outcome(place), [fact for fact in ordered if fact.effective_at < at]
    course = course_of(watched.course.deployment, earlier, watched.ahead)
    due = next((one for one in course.segments if one.since > at and seen in one.possible), None)
    if due is None or before.place is None:
        return None
    model = watched.histories(before.place.model).at(at)
    said = watched.said(before.place.model)
    topics = [Topic("default-change", place.version or "")]
    topics += [topic for topic in said if (topic.kind, topic.version) == ("retirement", before.place.version)]
    is_announced = any(standing_at(said.get(topic, []), at) is not None for topic in topics)
    return due if is_announced or due.since - at <= model.rules.rollout else None


def _breach(
    kind: BreachKind,
    deployment: str,
    place: Place,
    part: Segment,
    at: datetime,
    says: str,
    because: Iterable[int],
    **more: object,
) -> Breach:
    told: dict[str, object] = {"promised": None, "happened": None, "days": None, **more}
    return Breach.model_validate(
        {
            "kind": kind,
            "model": place.model,
            "version": None if place.is_stopped else place.version,
            "sku": part.sku,
            "deployment": deployment,
            "at": at,
            "says": says,
            "because": tuple(sorted(set(because))),
            **told,
        }
    )


def _where(place: Place, on: str = "") -> str:
    return "stopped" if place.is_stopped else f"{on}{place.model} {place.version or ''}".rstrip()
