"""Why does a deployment serve what it serves, who caused that, how much notice was there, and what was known then?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modeltrail.domain.course import Course
from modeltrail.domain.events import (
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    VersionChanged,
    VersionRetired,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.model import ModelState
from modeltrail.domain.segments import Certainty, Segment
from modeltrail.domain.values import Instant, Mode, Policy, Qualifier, Rules, Sighted
from modeltrail.projections.announcements import Announcement, Kind
from modeltrail.projections.models import Answer
from modeltrail.projections.policies import PolicyInForce
from modeltrail.projections.serving import Callers, Possible, Serving, possible, serving

_DAY = timedelta(days=1)
_ENDS: frozenset[Kind] = frozenset({"retirement", "forced-upgrade", "replacement"})
_NO_KINDS: frozenset[Kind] = frozenset()
_DEFAULT: frozenset[Kind] = frozenset({"default-change"})
_CARRIED_OUT = {
    "default-change": DefaultChanged.type,
    "policy-change": DefaultChanged.type,
    "retirement": VersionRetired.type,
}
"""By cause, what carries out that which was announced."""
_MATTERS: Mapping[str, tuple[frozenset[Kind], frozenset[Kind]]] = {
    "default-change": (_NO_KINDS, _DEFAULT),
    "policy-change": (_NO_KINDS, _DEFAULT),
    "preview": (_NO_KINDS, _NO_KINDS),
    "retirement": (_ENDS, _NO_KINDS),
    "upgrade-window": (_ENDS, _NO_KINDS),
    "overdue": (_ENDS, _NO_KINDS),
    "forced": (_ENDS, _NO_KINDS),
}
"""By cause, which announcements led to a move: those of what it left, and those of where it went. Of another cause, all
of them may have."""


class Ground(Answer):
    """A fact on which an answer rests: its position in the log, its clocks, who, why and from where (R42).

    `type`: the stored name of its event; `data`: its fields. `known_then`: whether it was known at the moment itself.
    """

    position: int
    type: str
    data: dict[str, object]
    effective_at: Instant
    known_at: Instant
    recorded_at: Instant
    mode: Mode
    by: str
    why: str | None
    source: str | None
    known_then: bool


class Arrival(Answer):
    """How a deployment came to where it is: a move, a stop, or its beginning.

    It took place not before `earliest` and by `latest`, the same where the moment is certain; `latest` is null where
    nobody can tell yet. `left`: what was possible before, none where the deployment began. `cause`, `certainty`,
    `policy` and `rules` are those of the course there (R28); `grounds`: the facts that it rests on.
    """

    earliest: Instant
    latest: Instant | None
    left: tuple[Possible, ...]
    to: tuple[Possible, ...]
    cause: str
    certainty: Certainty
    policy: Policy
    rules: str
    grounds: tuple[Ground, ...]


class NoticeGiven(Answer):
    """An announcement of what moved the deployment, for its SKU or in general, and its whole days of notice.

    `promised_days`: from when it was known to its date (R11). `real_days`: from when it was known to the earliest
    moment of the move; negative where it was learned afterwards. `standing`: whether it stood just before its cause.
    """

    position: int
    kind: Kind
    model: str
    version: str
    on: Instant | None
    qualifier: Qualifier
    to_model: str | None
    to_version: str | None
    known_at: Instant
    source: str | None
    standing: bool
    promised_days: int | None
    real_days: int
    sku: str | None = None


class Sight(Answer):
    """An export showed the deployment like this (R31)."""

    at: Instant
    model: str
    version: str
    status: Sighted
    position: int
    source: str | None


class SightsAround(Answer):
    """The last sight by the moment asked about, the first one after it, and how many there were by then."""

    before: Sight | None
    after: Sight | None
    count: int


class RulesInForce(Answer):
    """The rules of the model at the moment, and the fact that put them in force, null where they are usual (R46)."""

    model: str
    values: Rules
    since: Instant | None
    position: int | None


class Why(Answer):
    """Why a deployment does what it does at a moment: everything that one would ask next.

    `serving` is the answer itself, `grounds` the facts that it rests on. `arrival`: how it came there. `policy`: what
    counts, and who set it when and why. `announcements`: those of what moved it. `then`: the answer as known at the
    moment itself. `learned_later`: the facts of this answer that were not known then; `taken_back`: those of the answer
    of then that were retracted since.
    All but `serving` and `then` are null or empty before the deployment existed.
    """

    serving: Serving
    arrival: Arrival | None = None
    policy: PolicyInForce | None = None
    rules: RulesInForce | None = None
    announcements: tuple[NoticeGiven, ...] = ()
    sights: SightsAround | None = None
    then: Serving
    learned_later: tuple[Ground, ...] = ()
    taken_back: tuple[Ground, ...] = ()
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an explanation draws on beside the course.

    `facts`: the known facts of the deployment, sights too. `told`: every fact that may be among the grounds, by its
    position; `callers`: who made what they state. `state`: a model at the moment. `announced`: what was announced of a
    version just before a moment. `then`: the answer as known at the moment itself, and `told_then` its grounds.
    """

    facts: Sequence[Fact]
    told: Mapping[int, Fact]
    callers: Callers
    policy: PolicyInForce | None
    state: Callable[[str], ModelState]
    announced: Callable[[str, str, datetime], Iterable[Announcement]]
    then: Serving
    told_then: Mapping[int, Fact]


def why(course: Course, at: datetime, known_at: datetime, evidence: Evidence) -> Why:
    """The explanation of what a deployment does at a moment."""
    answer = serving(course, at, known_at, evidence.callers)
    there = course.at(at)
    missing = [position for position in evidence.then.because if position not in evidence.told]
    taken_back = tuple(grounds(missing, evidence.told_then, at))
    if there is None:
        return Why(serving=answer, then=evidence.then, taken_back=taken_back)
    arrival = _arrival(course, there, at, evidence)
    positions = {*answer.because, *(one.position for one in arrival.grounds)}
    policy = evidence.policy if there.possible else None
    if policy is not None:
        positions.add(policy.fact)
    return Why(
        serving=answer,
        arrival=arrival,
        policy=policy,
        rules=_rules(arrival, there.rules, at, evidence) if there.possible else None,
        announcements=tuple(_notices(arrival, there.sku, evidence)),
        sights=_sights(there, course, at, evidence.facts),
        then=evidence.then,
        learned_later=tuple(one for one in grounds(positions, evidence.told, at) if not one.known_then),
        taken_back=taken_back,
        grounds=tuple(grounds(answer.because, evidence.told, at)),
    )


def grounds(positions: Iterable[int], told: Mapping[int, Fact], at: datetime) -> Iterator[Ground]:
    """The facts at some positions, oldest first."""
    for position in sorted(positions):
        fact = told.get(position)
        if fact is not None:
            yield Ground(
                position=position,
                type=fact.event.type,
                data=fact.event.data(),
                effective_at=fact.effective_at,
                known_at=fact.known_at,
                recorded_at=fact.recorded_at,
                mode=fact.mode,
                by=fact.by,
                why=fact.why,
                source=fact.source,
                known_then=fact.known_at <= at,
            )


def arrivals(course: Course) -> list[datetime]:
    """The moments at which a deployment had come to where it then was: each begins what `why` explains as one."""
    places = [(part.incarnation, part.possible) for part in course.segments]
    return [
        part.since
        for part, here, before in zip(course.segments, places, [None, *places], strict=False)
        if here != before
    ]


def _arrival(course: Course, there: Segment, at: datetime, evidence: Evidence) -> Arrival:
    """Back to where the deployment came there, through the window in which it did."""
    parts = [one for one in course.segments if one.incarnation == there.incarnation and one.since <= there.since]
    first, opened = _came(parts)
    left = parts[opened - 1] if opened else None
    return Arrival(
        earliest=parts[opened].since,
        latest=parts[first].since if len(there.possible) == 1 else there.deadline,
        left=possible(left.possible) if left is not None else (),
        to=possible(there.possible),
        cause=parts[first].cause,
        certainty=parts[first].certainty,
        policy=parts[first].policy,
        rules=parts[first].rules,
        grounds=tuple(grounds({*parts[opened].because, *parts[first].because}, evidence.told, at)),
    )


def _came(parts: Sequence[Segment]) -> tuple[int, int]:
    """Of the parts up to where a deployment is: the first in which it is there, and that which opened its way there.

    A window that it came out of as it went in was no move.
    """
    there = set(parts[-1].possible)
    opened = len(parts)
    if not there:
        return opened - 1, opened - 1
    while True:
        first = opened - 1
        while first and set(parts[first - 1].possible) == there:
            first -= 1
        opened = first
        while opened and len(parts[opened - 1].possible) > 1 and there < set(parts[opened - 1].possible):
            opened -= 1
        if not opened or set(parts[opened - 1].possible) != there:
            return first, opened


def _notices(arrival: Arrival, sku: str | None, evidence: Evidence) -> Iterator[NoticeGiven]:
    """What was announced, before it moved, of what it left, and that where it went would be the default (R14)."""
    left = {(one.model, one.version) for one in arrival.left if one.status == "serving"}
    reached = {(one.model, one.version) for one in arrival.to if one.status == "serving"} - left
    if not left or {(one.model, one.version) for one in arrival.to} == left:
        return
    of_left, of_reached = _MATTERS.get(arrival.cause, (_ENDS, _DEFAULT))
    begun = _begun(arrival)
    for named, kinds in ((left, of_left), (reached, of_reached)):
        for model, version in sorted((model, version) for model, version in named if model and version is not None):
            said = (one for one in evidence.announced(model, version, begun) if one.sku in (None, sku))
            yield from (_notice(one, arrival.earliest) for one in said if one.kind in kinds)


def _begun(arrival: Arrival) -> datetime:
    """When that began which moved it: what was announced is carried out then, also where a sight narrows the move."""
    deed = _CARRIED_OUT.get(arrival.cause)
    carried_out = [one.effective_at for one in arrival.grounds if one.type == deed]
    return max((moment for moment in carried_out if moment <= arrival.earliest), default=arrival.earliest)


def _notice(said: Announcement, moved_at: datetime) -> NoticeGiven:
    return NoticeGiven(
        position=said.position,
        kind=said.kind,
        model=said.model,
        version=said.version,
        on=said.on,
        qualifier=said.qualifier,
        to_model=said.to_model,
        to_version=said.to_version,
        known_at=said.known_at,
        source=said.source,
        standing=said.standing,
        promised_days=None if said.on is None else _days(said.on - said.known_at),
        real_days=_days(moved_at - said.known_at),
        sku=said.sku,
    )


def _days(span: timedelta) -> int:
    """Whole days of 24 hours (R5)."""
    return int(span / _DAY)


def _rules(arrival: Arrival, named: str, at: datetime, evidence: Evidence) -> RulesInForce | None:
    """Those that the course names, of the model that it is on; of what is stopped, of the one that it was on."""
    models = [one.model for one in (*arrival.to, *arrival.left) if one.model is not None]
    placing = (DeploymentCreated, DeploymentObserved, VersionChanged)
    facts = [fact for fact in in_order(evidence.facts) if fact.effective_at <= at]
    models += [fact.event.model for fact in reversed(facts) if isinstance(fact.event, placing)]
    if not models:
        return None
    states = [evidence.state(model) for model in dict.fromkeys(models)]
    state = next((one for one in states if one.rules.id == named), states[0])
    by = state.ruled_by
    return RulesInForce(
        model=state.model,
        values=state.rules,
        since=None if by is None else by.effective_at,
        position=None if by is None else by.position,
    )


def _sights(there: Segment, course: Course, at: datetime, facts: Sequence[Fact]) -> SightsAround:
    """The sights of the incarnation that is there at the moment."""
    lives = [part for part in course.segments if part.incarnation == there.incarnation]
    begun, ended = lives[0].since, lives[-1].until if not lives[-1].possible else None
    seen = sorted(
        (one for one in facts if isinstance(one.event, DeploymentObserved) and begun <= one.effective_at),
        key=lambda one: (one.effective_at, one.position),
    )
    seen = [one for one in seen if ended is None or one.effective_at < ended]
    before = [one for one in seen if one.effective_at <= at]
    after = [one for one in seen if one.effective_at > at]
    return SightsAround(
        before=_sight(before[-1]) if before else None,
        after=_sight(after[0]) if after else None,
        count=len({one.effective_at for one in before}),
    )


def _sight(fact: Fact) -> Sight:
    event = fact.event
    assert isinstance(event, DeploymentObserved)
    return Sight(
        at=fact.effective_at,
        model=event.model,
        version=event.version,
        status=event.status,
        position=fact.position,
        source=fact.source,
    )
