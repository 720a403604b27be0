"""How is a course drawn? Which part of a line each segment takes, how sure it is, and which dates stand on the axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from modeltrail.projections.serving import Possible, SegmentAnswer

Tone = Literal["sure", "assumed", "window", "outage"]
"""How a segment looks: `sure` where it is recorded or observed, `outage` where it is certain that nothing is served."""

TONES: dict[Tone, str] = {
    "sure": "recorded or observed",
    "assumed": "assumed",
    "window": "window",
    "outage": "stopped",
}
"""What each tone means."""
STOPPED = Possible(status="stopped", model=None, version=None)
_SHORTEST = timedelta(days=1)
_STEPS_IN_DAYS = (1, 2, 7, 14)
_STEPS_IN_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000)
_MOST_DAYS = 75
"""The longest stretch of which the axis shows days."""


@dataclass(frozen=True, slots=True)
class Span:
    """A segment in a drawing: from where to where it reaches, in parts of the whole from 0 to 1, and on which lanes.

    `segment`: which one of the course it is, from 1.
    """

    start: float
    end: float
    tone: Tone
    lanes: tuple[int, ...]
    segment: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A course between two moments. One lane a version, in the order in which they come, a stop last."""

    since: datetime
    until: datetime
    lanes: tuple[Possible, ...]
    spans: tuple[Span, ...]

    def across(self, moment: datetime) -> float:
        """How far a moment is from the left, from 0 to 1."""
        return min(max((moment - self.since) / ((self.until - self.since) or _SHORTEST), 0.0), 1.0)

    def tones(self) -> tuple[Tone, ...]:
        """The tones that occur, in one order."""
        seen = {span.tone for span in self.spans}
        return tuple(tone for tone in get_args(Tone) if tone in seen)


def tone_of(segment: SegmentAnswer) -> Tone:
    """How a segment looks (R29)."""
    if segment.certainty == "window":
        return "window"
    if segment.possible == (STOPPED,):
        return "outage"
    return "assumed" if segment.certainty == "assumed" else "sure"


def at_a_glance(segments: Sequence[SegmentAnswer]) -> list[tuple[int, SegmentAnswer]]:
    """The segments, each with its number from 1, where neighbours that look alike and have one cause count as one."""
    found: list[tuple[int, SegmentAnswer]] = []
    for number, part in enumerate(segments, start=1):
        if found and _looks(found[-1][1]) == _looks(part):
            first, before = found.pop()
            because = tuple(sorted({*before.because, *part.because}))
            number, part = first, before.model_copy(update={"until": part.until, "because": because})
        found.append((number, part))
    return found


def _looks(part: SegmentAnswer) -> tuple[object, ...]:
    return part.possible, part.certainty, part.cause


def timeline(segments: Sequence[SegmentAnswer], until: datetime, since: datetime | None = None) -> Timeline:
    """The segments of a course up to a moment, from their beginning, or from `since`. A deleted one is a gap."""
    first = since or min([part.since for part in segments[:1]], default=until)
    empty = Timeline(min(first, _before(until)), until, (), ())
    drawn = [
        (number, part)
        for number, part in enumerate(segments, start=1)
        if part.possible and part.since < until and (part.until is None or part.until > empty.since)
    ]
    found = dict.fromkeys(one for _, part in drawn for one in part.possible)
    lanes = sorted(found, key=lambda one: one.status == "stopped")
    spans = [
        Span(
            empty.across(part.since),
            empty.across(part.until or until),
            tone_of(part),
            tuple(sorted(map(lanes.index, part.possible))),
            number,
        )
        for number, part in drawn
    ]
    return Timeline(empty.since, until, tuple(lanes), tuple(spans))


def _before(until: datetime) -> datetime:
    earliest = datetime.min.replace(tzinfo=UTC)
    return until - _SHORTEST if until - earliest >= _SHORTEST else earliest


def ticks(since: datetime, until: datetime, most: int) -> list[tuple[datetime, str]]:
    """At most so many dates of an axis, each with its text: years, months or days, whatever fits."""
    if until - since <= timedelta(days=_MOST_DAYS):
        steps = (list(_days(since, until, step)) for step in _STEPS_IN_DAYS)
        length = len("2025-04-01")
    else:
        steps = (list(_months(since, until, step)) for step in _STEPS_IN_MONTHS)
        length = len("2025-04")
    found = next((dates for dates in steps if len(dates) <= most), [])
    if length == len("2025-04") and all(date.month == 1 for date in found):
        length = len("2025")
    return [(date, date.isoformat()[:length]) for date in found]


def _days(since: datetime, until: datetime, step: int) -> Iterator[datetime]:
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        if day >= since:
            yield day
        day += timedelta(days=step)


def _months(since: datetime, until: datetime, step: int) -> Iterator[datetime]:
    first = -(-(since.year * 12 + since.month - 1) // step) * step
    for month in range(first, until.year * 12 + until.month, step):
        date = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if since <= date < until:
            yield date
