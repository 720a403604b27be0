"""What stands in a report? The deployments with their courses, the models, and what is to come, read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import NamedTuple, TypeVar

from modeltrail.domain.course import course_of
from modeltrail.domain.logged import callers
from modeltrail.explaining import explain
from modeltrail.knowledge import Knowledge
from modeltrail.moment import Moment
from modeltrail.outline import Line as Outline
from modeltrail.outline import outline
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.breaches import Breach
from modeltrail.projections.conformance import Conformance, MovedDates
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import ModelAnswer, models
from modeltrail.projections.notice import MoveNotice
from modeltrail.projections.serving import Possible, SegmentAnswer, Serving, course_answer, serving
from modeltrail.projections.timeline import at_a_glance
from modeltrail.projections.upcoming import Upcoming
from modeltrail.projections.why import arrivals

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Line:
    """One deployment: what it serves at the moment, its course up to it, and the model that it is on, or was last.

    `numbers`: those of the segments on its page. `arrived`: when it had come to where it then was.
    """

    name: str
    model: str
    serving: Serving
    segments: tuple[SegmentAnswer, ...]
    numbers: tuple[int, ...]
    arrived: tuple[datetime, ...]

    def brief(self) -> Line:
        """The same as the fleet shows it."""
        glance = at_a_glance(self.segments)
        return replace(self, segments=tuple(part for _, part in glance), numbers=tuple(number for number, _ in glance))


class Move(NamedTuple):
    """How a deployment came to where a segment finds it, in words."""

    segment: int
    told: Outline


@dataclass(frozen=True, slots=True)
class Sheet:
    """One model: its answer, and all that was announced of it, each thing with its revisions."""

    model: str
    answer: ModelAnswer
    announced: tuple[tuple[Announcement, ...], ...]


class Fleet:
    """All that a report shows, as of a moment and as known at another (R6)."""

    def __init__(self, moment: Moment, knowledge: Knowledge, days: int) -> None:
        self.moment, self._known, self.days = moment, knowledge, days
        self._hues = cache(self._hue)

    def lines(self) -> Iterator[Line]:
        """The deployments that have existed by the moment, one by one: the courses of many would fill the memory."""
        for name in self._known.keys(deployments):
            line = self._line(name)
            if line is not None:
                yield line

    def _line(self, name: str) -> Line | None:
        at, facts = self.moment.t, self._known.facts(name)
        course, did = course_of(name, facts, self._known.history), callers(facts)
        segments = tuple(part for part in course_answer(course, did).segments if part.since <= at)
        if not segments:
            return None
        named = (one.model for part in reversed(segments) for one in part.possible if one.model is not None)
        answer = serving(course, at, self.moment.known_at, did)
        numbers = tuple(range(1, len(segments) + 1))
        arrived = tuple(one for one in arrivals(course) if one <= at)
        return Line(name, next(named, ""), answer, segments, numbers, arrived)

    def moves(self, line: Line) -> list[Move]:
        """Why a deployment went where it went, the latest first. A window is told by what came out of it."""
        found = []
        for at in reversed(line.arrived):
            number = sum(part.since <= at for part in line.segments)
            is_last = at == line.arrived[-1]
            if is_last or line.segments[number - 1].certainty != "window":
                found.append(Move(number, outline(explain(self._known, at, self.moment.known_at, line.name))))
        return found

    @cached_property
    def upcoming(self) -> tuple[Upcoming, ...]:
        """What is to come and what is overdue, by date."""
        return self.moment.upcoming(self.days)

    @cached_property
    def coming_for(self) -> Mapping[str, Sequence[Upcoming]]:
        """The same for each deployment."""
        return _by((one, one.deployment) for one in self.upcoming)

    @cached_property
    def conformance(self) -> Conformance:
        """Whether the providers kept their word."""
        return self.moment.conformance()

    @cached_property
    def breaches_for(self) -> Mapping[str, Sequence[Breach]]:
        """What they did not keep towards each deployment."""
        return _by((one, one.deployment) for one in self.conformance.breaches)

    @cached_property
    def breaches_of(self) -> Mapping[str, Sequence[Breach]]:
        """The same of each model, without that towards single deployments."""
        return _by((one, one.model if one.deployment is None else None) for one in self.conformance.breaches)

    @cached_property
    def notice_for(self) -> Mapping[str, Sequence[MoveNotice]]:
        """How much notice each deployment got of its moves and stops."""
        return _by((one, one.deployment) for one in self.conformance.notice)

    @cached_property
    def moved_dates_of(self) -> Mapping[str, Sequence[MovedDates]]:
        """What was announced of each model for another date again."""
        return _by((one, one.model) for one in self.conformance.moved_dates)

    @cached_property
    def coming_of(self) -> Mapping[str, Sequence[Upcoming]]:
        """The same for each model, without what it means for deployments."""
        return _by((one, one.model if one.deployment is None else None) for one in self.upcoming)

    def sheets(self, used: Collection[str]) -> Iterator[Sheet]:
        """The models of which something was known by the moment, by name, and those that are used."""
        for name in sorted({*self._known.keys(models), *used}):
            state = self._known.history(name).at(self.moment.t)
            if name in used or state.versions or state.registered is not None:
                yield Sheet(name, self.moment.model(name), self._announced(name))

    def _announced(self, model: str) -> tuple[tuple[Announcement, ...], ...]:
        """What was announced of each thing, a later statement after those that it replaces."""
        threads: dict[tuple[str, str, str], list[Announcement]] = {}
        for said in self.moment.announcements(model):
            threads.setdefault((said.version, said.kind, said.sku or ""), []).append(said)
        return tuple(tuple(thread) for _, thread in sorted(threads.items()))

    def hue(self, place: Possible) -> int:
        """A number for the colour of a version: neighbours in the order of a model's versions differ."""
        return self._hues(place.model, place.version)

    def _hue(self, model: str | None, version: str | None) -> int:
        if model is None:
            return 0
        versions = list(self._known.history(model).at(self.moment.t).versions)
        return versions.index(version) if version in versions else len(versions)


def chunks(found: Sequence[One], size: int) -> list[Sequence[One]]:
    """A long list in parts, at least one."""
    return [found[first : first + size] for first in range(0, len(found), size)] or [()]


def _by(entries: Iterable[tuple[One, str | None]]) -> Mapping[str, Sequence[One]]:
    found: dict[str, list[One]] = {}
    for entry, name in entries:
        if name is not None:
            found.setdefault(name, []).append(entry)
    return found
