"""What stands in a report? The deployments with their courses, the models, and what is to come, read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import NamedTuple

from modeltrail.domain.course import course_of
from modeltrail.domain.logged import callers
from modeltrail.explaining import explain
from modeltrail.knowledge import Knowledge
from modeltrail.moment import Moment
from modeltrail.outline import Line as Outline
from modeltrail.outline import outline
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import ModelAnswer, models
from modeltrail.projections.serving import Possible, SegmentAnswer, Serving, course_answer, serving
from modeltrail.projections.upcoming import Upcoming
from modeltrail.projections.why import arrivals


@dataclass(frozen=True, slots=True)
class Line:
    """One deployment: what it serves at the moment, its course up to it, and the model that it is on, or was last."""

    name: str
    model: str
    serving: Serving
    segments: tuple[SegmentAnswer, ...]
    arrived: tuple[datetime, ...]
    """When it had come to where it then was."""


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

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The deployments that have existed by the moment, by model and name."""
        found = (self._line(name) for name in self._known.keys(deployments))
        return tuple(sorted((line for line in found if line is not None), key=lambda line: (line.model, line.name)))

    def _line(self, name: str) -> Line | None:
        at, facts = self.moment.t, self._known.facts(name)
        course, did = course_of(name, facts, self._known.history), callers(facts)
        segments = tuple(part for part in course_answer(course, did).segments if part.since <= at)
        if not segments:
            return None
        named = (one.model for part in reversed(segments) for one in part.possible if one.model is not None)
        answer = serving(course, at, self.moment.known_at, did)
        return Line(name, next(named, ""), answer, segments, tuple(one for one in arrivals(course) if one <= at))

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
    def since(self) -> datetime:
        """When the first of the courses begins."""
        return min((line.segments[0].since for line in self.lines), default=self.moment.t)

    @cached_property
    def upcoming(self) -> tuple[Upcoming, ...]:
        """What is to come and what is overdue, by date."""
        return self.moment.upcoming(self.days)

    @cached_property
    def coming_for(self) -> Mapping[str, Sequence[Upcoming]]:
        """The same for each deployment."""
        return _by((one, one.deployment) for one in self.upcoming)

    @cached_property
    def coming_of(self) -> Mapping[str, Sequence[Upcoming]]:
        """The same for each model, without what it means for deployments."""
        return _by((one, one.model if one.deployment is None else None) for one in self.upcoming)

    def sheets(self) -> Iterator[Sheet]:
        """The models of which something was known by the moment, by name."""
        names = {line.model for line in self.lines} - {""}
        for name in sorted({*self._known.keys(models), *names}):
            state = self._known.history(name).at(self.moment.t)
            if name in names or state.versions or state.registered is not None:
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


def chunks(found: Sequence[Line], size: int) -> list[Sequence[Line]]:
    """A long list in parts, at least one."""
    return [found[first : first + size] for first in range(0, len(found), size)] or [()]


def _by(entries: Iterable[tuple[Upcoming, str | None]]) -> Mapping[str, Sequence[Upcoming]]:
    found: dict[str, list[Upcoming]] = {}
    for entry, name in entries:
        if name is not None:
            found.setdefault(name, []).append(entry)
    return found
