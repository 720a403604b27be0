"""What served each of many calls? The course of a deployment, as moments to look up and what was served from each."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from datetime import UTC, datetime
from typing import NamedTuple

from modeltrail.domain.course import Course
from modeltrail.domain.segments import Certainty, Outcome, Status
from modeltrail.domain.values import Instant
from modeltrail.projections.models import Answer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Served(NamedTuple):
    """What a deployment served, in the words of `Serving`. `possible` is empty unless more than one thing is possible.

    There are few of them, however many calls there are.
    """

    status: Status
    model: str | None = None
    version: str | None = None
    certainty: Certainty | None = None
    possible: tuple[Outcome, ...] = ()


class Annotation(NamedTuple):
    """What is added to a call: what served it, and the positions that this rests on, or why that cannot be said."""

    served: Served | None
    because: str = ""
    """The positions, with spaces between them: text takes less memory than numbers."""
    problem: str | None = None


ABSENT = Annotation(Served("absent"))
"""Before the deployment existed."""


class Timeline:
    """A course with what is annotated alone: from when on which annotation holds, in microseconds since 1970."""

    def __init__(self, course: Course, shared: dict[Served, Served]) -> None:
        """`shared`: those that other courses had, which are not kept twice."""
        self._since = array("q")
        self._annotations = [ABSENT]
        for segment in course.segments:
            sole = segment.possible[0] if len(segment.possible) == 1 else Outcome("stopped")
            several = segment.possible if len(segment.possible) > 1 else ()
            served = Served(segment.status, sole.model, sole.version, segment.certainty, several)
            found = Annotation(shared.setdefault(served, served), " ".join(map(str, segment.because)))
            if found != self._annotations[-1]:
                self._since.append(microseconds(segment.since))
                self._annotations.append(found)

    def at(self, moment: int) -> Annotation:
        """The annotation of a call at a moment, in microseconds since 1970."""
        return self._annotations[bisect_right(self._since, moment)]


def microseconds(moment: datetime) -> int:
    """A moment in microseconds since 1970, of which none is lost.

    >>> microseconds(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class UnknownDeployment(Answer):
    """A name in a log of calls that no deployment has, with the known one that resembles it most."""

    deployment: str
    nearest: str | None
    rows: int


class Unanswered(Answer):
    """A call for which there is no answer, and why; rows are counted from 1, without the heading."""

    row: int
    problem: str


class AnnotatedCalls(Answer):
    """How a log of calls was annotated, with what was known at `known_at`.

    `problems`: rows without an answer; every other one is counted by its status, and by its certainty where it has one.
    The first few unknown deployments are named, and the first few calls that have no answer for any other reason.
    """

    known_at: Instant
    rows: int
    problems: int
    by_status: dict[str, int]
    by_certainty: dict[str, int]
    unknown: tuple[UnknownDeployment, ...]
    unanswered: tuple[Unanswered, ...]
