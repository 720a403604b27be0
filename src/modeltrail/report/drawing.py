"""What is drawn where? Bars for the segments of a course, placed in parts of the width, so that they fit any page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from modeltrail import phrases
from modeltrail.projections.serving import Possible, SegmentAnswer
from modeltrail.projections.timeline import TONES, Span, Tone, ticks, timeline
from modeltrail.report.addresses import deployment_page
from modeltrail.report.fleet import Line

HUES = 3
"""How many colours versions take turns with; each is named beside it as well."""
_MOST_DATES = 7
_SIGN, _SIGN_NARROW = 0.0125, 0.026
"""The part of the width that a sign of a label takes, on a wide page and on a narrow one."""
_LEAST = 0.003
"""The part of the width below which nothing could be seen or pointed at."""


class Bar(NamedTuple):
    """A segment as it is drawn: where, how wide, in which look, with which label, and what it says when it is asked."""

    x: str
    width: str
    look: str
    hatch: str
    label: str
    says: str
    href: str


class Lane(NamedTuple):
    """A line of a drawing, with what it stands for."""

    name: str
    bars: list[Bar]


Hues = Callable[[Possible], int]


def axis(since: datetime, until: datetime) -> list[tuple[str, str]]:
    """The dates below a drawing, each with its place."""
    whole = timeline((), until, since)
    return [(_share(whole.across(date)), text) for date, text in ticks(whole.since, until, _MOST_DATES)]


def row(line: Line, since: datetime, until: datetime, hues: Hues) -> list[Bar]:
    """A whole course on one line of the fleet."""
    page = deployment_page(line.name)
    return [
        _bar(span, line.segments[span.segment - 1], hues, f"{page}#segment-{line.numbers[span.segment - 1]}", _glance)
        for span in timeline(line.segments, until, since).spans
    ]


def lanes(line: Line, until: datetime, hues: Hues) -> list[Lane]:
    """A course with a line for each version and for stops."""
    drawn = timeline(line.segments, until)
    found = [Lane(name, []) for name in phrases.lanes(drawn.lanes)]
    for span in drawn.spans:
        bar = _bar(span, line.segments[span.segment - 1], hues, f"#segment-{span.segment}", phrases.reasons)
        for lane in span.lanes:
            found[lane].bars.append(bar)
    return found


def legend(tones: Iterable[Tone]) -> list[tuple[Tone, str]]:
    """What each look means."""
    return [(tone, TONES[tone]) for tone in tones]


def _bar(span: Span, part: SegmentAnswer, hues: Hues, href: str, why: Callable[[SegmentAnswer], str]) -> Bar:
    start = min(span.start, 1 - _LEAST)
    width = max(span.end - start, _LEAST)
    may_stop = any(one.status == "stopped" for one in part.possible)
    label = _label(part)
    looks: list[str] = [span.tone, f"hue-{hues(part.possible[0]) % HUES}"]
    looks += ["may-stop"] if may_stop and span.tone == "window" else []
    looks += ["tight"] if width < len(label) * _SIGN_NARROW else []
    return Bar(
        _share(start),
        _share(width),
        " ".join(looks),
        ("hatch-stop" if may_stop else "hatch") if span.tone == "window" else "",
        label if width >= len(label) * _SIGN else "",
        says(part, why),
        href,
    )


def _label(part: SegmentAnswer) -> str:
    one = part.possible[0]
    return "stopped" if one.status == "stopped" else one.version or (one.model or "").partition("/")[2]


def says(part: SegmentAnswer, why: Callable[[SegmentAnswer], str]) -> str:
    """A segment in one sentence: what, from when to when, how sure and why, and on which positions that rests."""
    until = "on" if part.until is None else f"to {phrases.minute(part.until)}"
    return (
        f"{phrases.places(part.possible)}, from {phrases.minute(part.since)} {until}: "
        f"{why(part)}; positions {phrases.positions(part.because)}"
    )


def _glance(part: SegmentAnswer) -> str:
    """Why, in as far as it is the same for all that the fleet shows as one."""
    return f"{part.certainty}, {part.cause}"


def _share(share: float) -> str:
    return f"{share * 100:.3f}%"
