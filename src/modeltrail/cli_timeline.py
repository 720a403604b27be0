"""How does a course look on a terminal? A line for each version and for stops, as wide as the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from modeltrail.cli_printing import put, terminal
from modeltrail.phrases import lanes, printable
from modeltrail.projections.serving import CourseAnswer
from modeltrail.projections.timeline import TONES, Timeline, Tone, ticks, timeline

_BLOCKS: dict[Tone, str] = {"sure": "█", "assumed": "░", "window": "▒", "outage": "█"}
_SIGNS: dict[Tone, str] = {"sure": "#", "assumed": ".", "window": "/", "outage": "X"}
"""The same for an output that has no blocks."""
_STYLES: dict[Tone, str] = {"sure": "blue", "assumed": "blue", "window": "yellow", "outage": "red"}
_MOST_LANES = 6
_LABEL = 28
"""How wide the names beside the lines may get; the table says them in full."""
_GAP = 2
_PER_DATE = 12
"""The room that a date takes on the axis, with what keeps it from the next."""
_LEAST = 10
_LEAST_SPANS = 2


def show_timeline(answer: CourseAnswer, at: datetime) -> None:
    """The course up to a moment, in at most 8 lines and a blank one; nothing where nothing changed, or nothing fits."""
    drawn = timeline(answer.segments, at)
    names = _names(drawn)
    room = max(map(len, names), default=0)
    width = terminal().width - room - _GAP
    if len(drawn.spans) < _LEAST_SPANS or width < _LEAST:
        return
    signs = _BLOCKS if "utf" in _encoding().lower() else _SIGNS
    lines = [Text(" " * (room + _GAP) + _axis(drawn, width), "dim")]
    lines += [
        Text.assemble((f"{name:{room}}{' ' * _GAP}", "dim"), line)
        for name, line in zip(names, _lines(drawn, width, signs), strict=True)
    ]
    lines.append(_legend(drawn, signs))
    put(Text("\n").join([*lines, Text()]))


def _encoding() -> str:
    return sys.stdout.encoding or ""


def _names(drawn: Timeline) -> list[str]:
    """What stands beside each line; the first versions of many share one."""
    names = [_short(name) for name in lanes(drawn.lanes)]
    shared = _shared(drawn)
    return [f"{shared} earlier", *names[shared:]] if shared else names


def _short(name: str) -> str:
    text = printable(name)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 2]}.."


def _shared(drawn: Timeline) -> int:
    """How many versions share the first line, none where each has its own."""
    return 0 if len(drawn.lanes) <= _MOST_LANES else len(drawn.lanes) - _MOST_LANES + 1


def _lines(drawn: Timeline, width: int, signs: dict[Tone, str]) -> Iterator[Text]:
    shared = _shared(drawn)
    for line in range(max(shared - 1, 0), len(drawn.lanes)):
        cells: list[Tone | None] = [None] * width
        for span in drawn.spans:
            if line in span.lanes or (shared and line == shared - 1 and span.lanes[0] < shared):
                first = min(round(span.start * width), width - 1)
                last = max(round(span.end * width), first + 1)
                for cell in range(first, last):
                    cells[cell] = span.tone
        yield Text.assemble(*((" " if tone is None else signs[tone], _STYLES[tone or "sure"]) for tone in cells))


def _axis(drawn: Timeline, width: int) -> str:
    """The dates, each at its place, as far as it does not reach beyond the end."""
    line = ""
    for date, text in ticks(drawn.since, drawn.until, max(width // _PER_DATE, 1)):
        at = round(drawn.across(date) * width)
        if at >= len(line) + bool(line) and at + len(text) <= width:
            line = f"{line:{at}}{text}"
    return line


def _legend(drawn: Timeline, signs: dict[Tone, str]) -> Text:
    """What the signs mean that were used; the line of stops says itself what it is."""
    parts = [
        Text.assemble((signs[tone], _STYLES[tone]), f" {TONES[tone]}") for tone in drawn.tones() if tone != "outage"
    ]
    return Text("   ").join(parts)
