"""Which version served a deployment at a moment, how sure is that, and on what does the answer rest?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from modeltrail.domain.course import Course
from modeltrail.domain.segments import Certainty, Outcome, Segment, Status
from modeltrail.domain.values import Instant, Policy, RunBy
from modeltrail.projections.models import Answer

Callers = Mapping[int, str]
_NOBODY: Callers = {}


class Possible(Answer):
    """One of the things that a deployment may be doing; a stopped one has no model and version."""

    status: Literal["serving", "stopped"]
    model: str | None
    version: str | None


class Serving(Answer):
    """What a deployment served at `at`, as known at `known_at` (R28, R29).

    `model` and `version` are null unless one version is certain. `possible` has one entry where it is certain. `since`:
    from when this holds; `deadline`: when a window closes. `because`: the positions that the answer rests on;
    `logged_by`: who made what these state, where a provider's log tells. Of an absent or deleted deployment only the
    moments and what is known of its end are given.
    """

    deployment: str
    at: Instant
    known_at: Instant
    status: Status
    model: str | None = None
    version: str | None = None
    possible: tuple[Possible, ...] = ()
    certainty: Certainty | None = None
    since: Instant | None = None
    deadline: Instant | None = None
    policy: Policy | None = None
    policy_effective: Policy | None = None
    sku: str | None = None
    api_version: str | None = None
    run_by: RunBy | None = None
    incarnation: int = 0
    cause: str | None = None
    rules: str | None = None
    stopped_because: str | None = None
    flags: tuple[str, ...] = ()
    because: tuple[int, ...] = ()
    logged_by: tuple[str, ...] = ()


class SegmentAnswer(Answer):
    """One segment of a course, half-open; `until` is null where it goes on. `logged_by` as of `Serving`."""

    since: Instant
    until: Instant | None
    possible: tuple[Possible, ...]
    certainty: Certainty
    cause: str
    policy: Policy
    rules: str
    because: tuple[int, ...]
    logged_by: tuple[str, ...] = ()


class CourseAnswer(Answer):
    """The course of a deployment as known at a moment: segments without gaps or overlaps (R28)."""

    segments: tuple[SegmentAnswer, ...]


def possible(outcomes: tuple[Outcome, ...]) -> tuple[Possible, ...]:
    """Outcomes as they are answered."""
    return tuple(Possible(status=one.status, model=one.model, version=one.version) for one in outcomes)


def serving(course: Course, at: datetime, known_at: datetime, callers: Callers = _NOBODY) -> Serving:
    """The answer of a course for a moment; `callers`: who made what the facts state, by their positions."""
    segment = course.at(at)
    if segment is None:
        return Serving(deployment=course.deployment, at=at, known_at=known_at, status="absent")
    sole = segment.possible[0] if len(segment.possible) == 1 else None
    return Serving(
        deployment=course.deployment,
        at=at,
        known_at=known_at,
        status=segment.status,
        model=sole.model if sole else None,
        version=sole.version if sole else None,
        possible=possible(segment.possible),
        certainty=segment.certainty,
        since=segment.since,
        deadline=segment.deadline,
        policy=segment.policy,
        policy_effective=segment.policy_effective,
        sku=segment.sku,
        api_version=segment.api_version,
        run_by=segment.run_by,
        incarnation=segment.incarnation,
        cause=segment.cause,
        rules=segment.rules,
        stopped_because=segment.stopped_because,
        flags=segment.flags,
        because=segment.because,
        logged_by=_logged_by(segment, callers),
    )


def _logged_by(segment: Segment, callers: Callers) -> tuple[str, ...]:
    """Who made what a segment rests on, each once."""
    return tuple(dict.fromkeys(callers[position] for position in segment.because if position in callers))


def course_answer(course: Course, callers: Callers = _NOBODY) -> CourseAnswer:
    """A whole course as it is answered; neighbours that differ in nothing that is answered are one segment."""
    parts: list[SegmentAnswer] = []
    for part in (_segment(segment, callers) for segment in course.segments):
        if parts and parts[-1].model_copy(update={"since": part.since, "until": part.until}) == part:
            part = part.model_copy(update={"since": parts.pop().since})
        parts.append(part)
    return CourseAnswer(segments=tuple(parts))


def _segment(segment: Segment, callers: Callers) -> SegmentAnswer:
    return SegmentAnswer(
        since=segment.since,
        until=segment.until,
        possible=possible(segment.possible),
        certainty=segment.certainty,
        cause=segment.cause,
        policy=segment.policy,
        rules=segment.rules,
        because=segment.because,
        logged_by=_logged_by(segment, callers),
    )
