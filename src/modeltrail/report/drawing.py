"""What is drawn where? Bars for the segments of a course, placed in parts of the width, so that they fit any page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from modeltrail import phrases
from modeltrail.projections.serving import Possible, SegmentAnswer
from modeltrail.projections.timeline import TONES, Timeline, Tone, ticks, timeline

HUES = 3
"""How many colours versions take turns with; each is named beside it as well."""
_MOST_DATES = 7
_SIGN, _SIGN_NARROW = 0.010, 0.026
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
    return [(_part(whole.across(date)), text) for date, text in ticks(whole.since, until, _MOST_DATES)]


def row(segments: Sequence[SegmentAnswer], since: datetime, until: datetime, hues: Hues, page: str) -> list[Bar]:
    """A whole course on one line."""
    return _bars(timeline(segments, until, since), segments, hues, page)


def lanes(segments: Sequence[SegmentAnswer], until: datetime, hues: Hues) -> list[Lane]:
    """A course with a line for each version and for stops."""
    drawn = timeline(segments, until)
    return [
        Lane(name, _bars(drawn, segments, hues, "", only=number))
        for number, name in enumerate(phrases.lanes(drawn.lanes))
    ]


def legend(tones: Iterable[Tone]) -> list[tuple[Tone, str]]:
    """What each look means."""
    return [(tone, TONES[tone]) for tone in tones]


def _bars(
    drawn: Timeline, segments: Sequence[SegmentAnswer], hues: Hues, page: str, only: int | None = None
) -> list[Bar]:
    found = []
    for span in drawn.spans:
        if only is not None and only not in span.lanes:
            continue
        part = segments[span.segment - 1]
        start = min(span.start, 1 - _LEAST)
        width = max(span.end - start, _LEAST)
        may_stop = any(one.status == "stopped" for one in part.possible)
        label = _label(part)
        looks = [span.tone, f"hue-{hues(part.possible[0]) % HUES}"]
        looks += ["may-stop"] if may_stop and span.tone == "window" else []
        looks += ["tight"] if width < len(label) * _SIGN_NARROW else []
        found.append(
            Bar(
                _part(start),
                _part(width),
                " ".join(looks),
                ("hatch-stop" if may_stop else "hatch") if span.tone == "window" else "",
                label if width >= len(label) * _SIGN else "",
                says(part),
                f"{page}#segment-{span.segment}",
            )
        )
    return found


def _label(part: SegmentAnswer) -> str:
    one = part.possible[0]
    return "stopped" if one.status == "stopped" else one.version or (one.model or "").partition("/")[2]


def says(part: SegmentAnswer) -> str:
    """A segment in one sentence: what, from when to when, how sure, why, and on which positions that rests."""
    until = "on" if part.until is None else f"to {phrases.minute(part.until)}"
    return (
        f"{phrases.places(part.possible) or 'deleted'}, from {phrases.minute(part.since)} {until}: "
        f"{phrases.reasons(part)}; positions {phrases.positions(part.because)}"
    )


def _part(share: float) -> str:
    return f"{share * 100:.3f}%"
