"""What would be otherwise? Where a course that is supposed differs from the one that follows from the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from modeltrail.domain.course import Course
from modeltrail.domain.segments import Certainty, Segment
from modeltrail.domain.values import MICROSECOND, Instant, Policy
from modeltrail.projections.models import Answer
from modeltrail.projections.serving import Possible, possible
from modeltrail.projections.suppositions import Apart, Supposition


class Outlook(Answer):
    """What a deployment does in a part of a course, and why (R28). No `possible`: it does not exist.

    `because`: the positions that it rests on; a negative one is a supposition, -1 the first.
    """

    possible: tuple[Possible, ...]
    certainty: Certainty | None
    cause: str | None
    policy: Policy | None
    rules: str | None
    because: tuple[int, ...]


class Otherwise(Answer):
    """A part of a course, half-open, in which a deployment would do something else; `until` null: it goes on.

    `actual`: what follows from the facts; `supposed`: what would follow.
    """

    deployment: str
    since: Instant
    until: Instant | None
    actual: Outlook
    supposed: Outlook


class WhatIf(Answer):
    """What would be otherwise until `until`, from all that was known at `known_at`. Nothing of it is recorded.

    `deployments`: how many were looked at. `differences`: by deployment and time; none where nothing differs.
    """

    at: Instant
    known_at: Instant
    until: Instant
    supposed: tuple[Supposition, ...]
    deployments: int
    differences: tuple[Otherwise, ...]


Courses = Callable[[Sequence[Apart]], Course]
"""A course without the evidence from some times."""


def times_apart(facts: Courses, supposed: Courses, shown: Sequence[datetime], start: datetime) -> list[Apart]:
    """When two worlds differ: in these times, evidence from the one does not count in the other.

    They meet where both are certainly in the same place; from there on what was seen counts in both again. `shown`: the
    moments at which evidence shows a deployment somewhere else; `start`: the earliest at which they may part.
    """
    apart: list[Apart] = []
    actual = facts(())
    while (parted := _parting(facts, supposed, apart, shown, start)) is not None:
        met = _meeting(actual, supposed([*apart, (parted, None)]), parted)
        apart.append((parted, met))
        if met is None:
            break
        start = met + MICROSECOND
    return apart


def _parting(
    facts: Courses, supposed: Courses, apart: Sequence[Apart], shown: Sequence[datetime], start: datetime
) -> datetime | None:
    """When two worlds part that were together at the start: until then, evidence from the one counts in the other."""
    for since in (start, *(moment + MICROSECOND for moment in shown if moment >= start)):
        worlds = facts([(since, None)]), supposed([*apart, (since, None)])
        moments = (max(moment, start) for moment in _differing(*worlds, start))
        parted = next(moments, None)
        if parted is None or not any(since <= moment < parted for moment in shown):
            return parted
    return None


def _differing(one: Course, other: Course, start: datetime) -> Iterator[datetime]:
    """From when on two courses differ in what is possible, after a start."""
    for since, until, here, there in _side_by_side(one, other):
        if (until is None or until > start) and _what(here) != _what(there):
            yield since


def _meeting(actual: Course, supposed: Course, parted: datetime) -> datetime | None:
    """When two worlds that parted are certainly in the same place again; null: never."""
    for since, _, here, there in _side_by_side(actual, supposed):
        is_certain = here is not None and len(here.possible) < 2
        if since > parted and is_certain and _what(here) == _what(there):
            return since
    return None


def _what(part: Segment | None) -> object:
    return None if part is None else (part.incarnation, set(part.possible))


def _side_by_side(
    one: Course, other: Course
) -> Iterator[tuple[datetime, datetime | None, Segment | None, Segment | None]]:
    """The parts of two courses in time, each from when to when."""
    moments = sorted({part.since for part in (*one.segments, *other.segments)})
    for since, until in pairwise([*moments, None]):
        assert since is not None
        yield since, until, one.at(since), other.at(since)


def otherwise(actual: Course, supposed: Course, start: datetime, end: datetime) -> Iterator[Otherwise]:
    """Where two courses differ in what is possible, from one moment to another; what says the same is joined."""
    found: Otherwise | None = None
    for since, until, here, there in _side_by_side(actual, supposed):
        if since > end or (until is not None and until <= start):
            continue
        if _possible(here) == _possible(there):
            continue
        one = _otherwise(actual.deployment, max(since, start), until, here, there)
        if found is not None and found.until == one.since and _says(found) == _says(one):
            found = found.model_copy(update={"until": one.until})
            continue
        if found is not None:
            yield found
        found = one
    if found is not None:
        yield found


def _possible(part: Segment | None) -> object:
    return set(part.possible) if part is not None else set()


def _otherwise(
    deployment: str, since: datetime, until: datetime | None, here: Segment | None, there: Segment | None
) -> Otherwise:
    return Otherwise(deployment=deployment, since=since, until=until, actual=_outlook(here), supposed=_outlook(there))


def _says(one: Otherwise) -> object:
    return [(set(each.possible), each.cause) for each in (one.actual, one.supposed)]


def _outlook(part: Segment | None) -> Outlook:
    if part is None:
        return Outlook(possible=(), certainty=None, cause=None, policy=None, rules=None, because=())
    return Outlook(
        possible=possible(part.possible),
        certainty=part.certainty,
        cause=part.cause,
        policy=part.policy,
        rules=part.rules,
        because=part.because,
    )
