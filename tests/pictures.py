"""How are answers drawn for the pages? Courses as lines of bars, and the plane of the two clocks, as plain SVG.

Text stays text, nothing is fetched from elsewhere, and the picture brings its own ground, in light and in dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from modeltrail.projections.serving import Possible, SegmentAnswer

WIDTH, LEFT, RIGHT, TOP = 760, 130, 20, 20
BAR, LINE = 26, 62
"""How high a bar is, and how far one line is from the next."""
LETTER = 6.2
"""How wide a letter is at the most, near enough to tell whether a text fits."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2430 }
.small { font-size: 11px; fill: #5a6272 }
.middle { text-anchor: middle }
.end { text-anchor: end }
.halo { stroke: #ffffff; stroke-width: 3px; paint-order: stroke; stroke-linejoin: round }
.paper { fill: #ffffff }
.rule { stroke: #d5d8df; stroke-width: 1 }
.mark { stroke: #5a6272; stroke-width: 1; stroke-dasharray: 3 3 }
.edge { fill: none; stroke: #5a6272; stroke-width: 1 }
.sight { fill: #ffffff; stroke: #1f2430; stroke-width: 1.5 }
.fact { fill: #1f2430 }
.v0 { fill: #3b6fb6 } .v1 { fill: #2f8f83 } .v2 { fill: #8a63b8 } .stopped { fill: #c8373a }
.on { fill: #ffffff }
.pale { fill-opacity: 0.35 }
.stripe0 { fill-opacity: 0.2 } .stripe1 { fill-opacity: 0.6 } .stripe2 { fill-opacity: 0.4 }
.glow { stroke: #ffffff; stroke-width: 3; stroke-opacity: 0.6 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e8ee }
  .small { fill: #a5adbd }
  .halo { stroke: #171a21 }
  .paper { fill: #171a21 }
  .rule { stroke: #3a404d }
  .mark { stroke: #a5adbd }
  .edge { stroke: #a5adbd }
  .glow { stroke: #171a21 }
  .sight { fill: #171a21; stroke: #e6e8ee }
  .fact { fill: #e6e8ee }
}
"""


@dataclass(frozen=True)
class Bars:
    """One line of a picture: the segments of a course, and when the deployment was seen."""

    label: str
    segments: Sequence[SegmentAnswer]
    sights: Sequence[datetime] = ()


@dataclass(frozen=True)
class Scale:
    """Where moments are on an axis, in pixels."""

    since: datetime
    until: datetime
    begin: float
    end: float

    def at(self, moment: datetime) -> float:
        share = (moment - self.since) / (self.until - self.since)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> Iterator[datetime]:
        """The first days of the months that lie on it, and the fifteenth ones where it is short."""
        is_short = self.until - self.since < timedelta(days=70)
        moment = self.since
        while moment <= self.until:
            if moment.day == 1 or (is_short and moment.day == 15):
                yield moment
            moment += timedelta(days=1)


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    told = f' class="{kind}"' if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}"{told}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'


def box(x: float, y: float, width: float, height: float, told: str) -> str:
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" {told}/>'


class Colours:
    """A colour for each version, in the order of their names; stripes for windows."""

    def __init__(self, segments: Iterable[SegmentAnswer]) -> None:
        found = {one.version for segment in segments for one in segment.possible if one.version is not None}
        self._kinds = {version: f"v{place}" for place, version in enumerate(sorted(found))}
        self._stripes: dict[tuple[str, ...], str] = {}

    def kind(self, one: Possible) -> str:
        return "stopped" if one.version is None else self._kinds[one.version]

    def fill(self, segment: SegmentAnswer) -> str:
        """How a segment is filled: full where it was recorded or seen, pale where derived, striped in a window."""
        kinds = [self.kind(one) for one in segment.possible]
        if len(kinds) > 1:
            name = self._stripes.setdefault(tuple(kinds), "-".join(kinds))
            return f'fill="url(#{name})"'
        derived = segment.certainty == "assumed" and kinds[0] != "stopped"
        return f'class="{kinds[0]}{" pale" if derived else ""}"'

    def patterns(self) -> str:
        """The stripes of all windows that were drawn."""
        drawn = []
        for kinds, name in self._stripes.items():
            wide = 7 * len(kinds)
            told = f'id="{name}" width="{wide}" height="{wide}" patternUnits="userSpaceOnUse"'
            stripes = (
                box(7 * place, 0, 7, wide, f'class="{kind} stripe{place % 3}"') for place, kind in enumerate(kinds)
            )
            drawn.append(f'<pattern {told} patternTransform="rotate(45)">{"".join(stripes)}</pattern>')
        return f"<defs>{''.join(drawn)}</defs>"


def named(segment: SegmentAnswer) -> str:
    return " or ".join(one.version or one.status for one in segment.possible)


def is_light(segment: SegmentAnswer) -> bool:
    """Whether words on a segment are written on its full colour."""
    is_one = len(segment.possible) == 1
    return is_one and (segment.certainty != "assumed" or segment.possible[0].status == "stopped")


def within(segments: Iterable[SegmentAnswer], scale: Scale) -> Iterator[tuple[SegmentAnswer, float, float]]:
    """The segments that are seen on a scale, with where they begin and end."""
    for segment in segments:
        until = scale.until if segment.until is None else min(segment.until, scale.until)
        begin, end = scale.at(max(segment.since, scale.since)), scale.at(max(until, scale.since))
        if end - begin >= 1 and segment.possible:
            yield segment, begin, end


def bars(one: Bars, scale: Scale, y: float, colours: Colours) -> Iterator[str]:
    """A line: its label, a bar for each segment, what it is and how certain, and the sights."""
    yield text(LEFT - 12, y + 17, one.label, "end")
    for segment, begin, end in within(one.segments, scale):
        yield box(begin, y, end - begin, BAR, colours.fill(segment))
        yield box(begin, y, end - begin, BAR, 'class="edge"')
        for words, down, kind in (
            (named(segment), 17, "middle on" if is_light(segment) else "middle halo"),
            (segment.certainty, BAR + 13, "middle small"),
        ):
            if len(words) * LETTER <= end - begin:
                yield text((begin + end) / 2, y + down, words, kind)
    for moment in one.sights:
        if scale.since <= moment <= scale.until:
            yield f'<circle class="sight" cx="{number(scale.at(moment))}" cy="{number(y)}" r="4"/>'


def marks(told: Iterable[tuple[datetime, str]], scale: Scale, bottom: float) -> Iterator[str]:
    """Lines across the picture for what happened to the model, each with its words, below each other."""
    for place, (moment, words) in enumerate(told):
        x, y = scale.at(moment), TOP + 16 * place + 12
        yield line(x, y - 10, x, bottom, "mark")
        is_late = x + len(words) * LETTER > WIDTH - RIGHT
        yield text(x - 5 if is_late else x + 5, y, words, "small end halo" if is_late else "small halo")


def axis(scale: Scale, y: float) -> Iterator[str]:
    yield line(scale.begin, y, scale.end, y, "rule")
    for moment in scale.ticks():
        x = scale.at(moment)
        yield line(x, y, x, y + 5, "rule")
        yield text(x, y + 18, day(moment), "small" if x < scale.begin + 10 else "small middle")


def drawing(title: str, about: str, height: float, parts: Iterable[str]) -> str:
    """The whole file."""
    size = f'viewBox="0 0 {WIDTH} {number(height)}" width="{WIDTH}" height="{number(height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title about">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="about">{escape(about)}</desc>',
            f"<style>{STYLE}</style>",
            box(0, 0, WIDTH, height, 'class="paper" rx="6"'),
            *parts,
            "</svg>\n",
        ]
    )


def timelines(
    title: str, lines: Sequence[Bars], told: Sequence[tuple[datetime, str]], since: datetime, until: datetime
) -> str:
    """Courses below each other on one axis of time."""
    scale = Scale(since, until, LEFT, WIDTH - RIGHT)
    colours = Colours(segment for one in lines for segment in one.segments)
    first = TOP + 16 * len(told) + 16
    bottom = first + LINE * len(lines) - 8
    parts = [*marks(told, scale, bottom), *axis(scale, bottom)]
    for place, one in enumerate(lines):
        parts += bars(one, scale, first + LINE * place, colours)
    return drawing(title, " ".join(map(in_words, lines)), bottom + 30, [colours.patterns(), *parts])


def in_words(one: Bars) -> str:
    """A line as a sentence, for whoever does not see it."""
    told = "; ".join(
        f"{day(segment.since)}: {named(segment)}, {segment.certainty}" for segment in one.segments if _lasts(segment)
    )
    return f"{one.label}: {told}."


def _lasts(segment: SegmentAnswer) -> bool:
    return segment.until is None or segment.until - segment.since > timedelta(seconds=1)


@dataclass(frozen=True)
class Layer:
    """What was known in a time: from when on, up to when, and the course as known then."""

    since: datetime
    until: datetime
    segments: Sequence[SegmentAnswer]


def plane(title: str, layers: Sequence[Layer], facts: Sequence[tuple[datetime, datetime]], since: datetime) -> str:
    """The plane of answers: the day asked about to the right, the day of the knowledge upwards."""
    until, height = layers[-1].until, 430.0
    across = Scale(since, until, LEFT - 30, WIDTH - RIGHT)
    up = Scale(layers[0].since, until, height - 60, TOP + 16)
    colours = Colours(segment for layer in layers for segment in layer.segments)
    parts: list[str] = []
    for layer in layers:
        parts += _layer(layer, across, up, colours)
    parts += [line(across.begin, up.at(since), across.end, up.at(until), kind) for kind in ("glow", "mark")]
    for effective, known in facts:
        x, y = across.at(effective), up.at(known)
        parts += [f'<circle class="fact" cx="{number(x)}" cy="{number(y)}" r="4.5"/>']
    parts += [text(across.begin, TOP + 4, "known at", "small end"), *axis(across, up.begin)]
    parts += [text(across.end, up.begin + 36, "as of", "small end")]
    parts.sort(key=lambda part: part.startswith("<text"))
    about = " ".join(in_words(Bars(f"As known from {day(one.since)} on", one.segments)) for one in layers)
    return drawing(title, about, height, [colours.patterns(), *parts])


def _layer(layer: Layer, across: Scale, up: Scale, colours: Colours) -> Iterator[str]:
    bottom, top = up.at(layer.since), up.at(layer.until)
    for segment, begin, end in within(layer.segments, across):
        yield box(begin, top, end - begin, bottom - top, colours.fill(segment))
        yield box(begin, top, end - begin, bottom - top, 'class="edge"')
        kind, middle = "middle on" if is_light(segment) else "middle halo", (begin + end) / 2
        words = [one.version or one.status for one in segment.possible]
        lines = [" or ".join(words)] if len(" or ".join(words)) * LETTER <= end - begin else [words[0], *words[1:]]
        for place, told in enumerate([*lines, segment.certainty]):
            yield text(middle, (bottom + top) / 2 + 15 * (place - len(lines) / 2) + 4, told, kind)
    yield text(across.begin - 8, bottom + 4, day(layer.since), "small end")
