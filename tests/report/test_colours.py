"""Can everybody read a report, and tell its segments apart? Contrasts as WCAG computes them, of the colours in it."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import pytest

CSS = (files("modeltrail") / "report" / "report.css").read_text(encoding="utf-8")
Colour = tuple[float, float, float]
HUES = ("hue-0", "hue-1", "hue-2")
TEXTS = [
    *((text, ground) for text in ("ink", "faint", "link") for ground in ("paper", "raised")),
    ("outage", "paper"),
    *(("on-bar", bar) for bar in (*HUES, "outage")),
    *(("ink", f"pale-{number}") for number in range(len(HUES))),
    ("paper", "ink"),
]
"""What is read on what; the last is the text beside a segment that is pointed at."""
SHAPES = [*((bar, "paper") for bar in (*HUES, "outage", "hatch", "hatch-stop")), ("focus", "paper")]
"""What must be seen on what."""
SIGHTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What is left of a colour in linear light, by Machado, Oliveira and Fernandes (2009)."""


def scheme(name: str) -> dict[str, str]:
    """The colours of a scheme, by their names in the style sheet."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if name == "light" else light + dark))


def linear(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def luminance(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(linear(one)), luminance(linear(other))))
    return (light + 0.05) / (dark + 0.05)


def lab(red: float, green: float, blue: float) -> Colour:
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = luminance((red, green, blue))
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, cones: tuple[Colour, Colour, Colour]) -> Colour:
    given = linear(colour)
    red, green, blue = (min(max(sum(a * b for a, b in zip(row, given, strict=True)), 0.0), 1.0) for row in cones)
    return lab(red, green, blue)


def distance(one: Colour, other: Colour) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def test_black_on_white_has_the_contrast_that_wcag_names() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_can_be_read(name: str, text: str, ground: str) -> None:
    colours = scheme(name)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_every_segment_and_the_focus_can_be_seen(name: str, shape: str, ground: str) -> None:
    colours = scheme(name)
    assert contrast(colours[shape], colours[ground]) >= 3


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("cones", SIGHTS)
def test_versions_and_outages_are_told_apart_by_everybody(name: str, cones: str) -> None:
    colours = scheme(name)
    found = [seen(colours[bar], SIGHTS[cones]) for bar in (*HUES, "outage")]
    assert min(distance(one, other) for one, other in combinations(found, 2)) > 20


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_is_assumed_is_paler_than_what_is_known(name: str) -> None:
    colours = scheme(name)
    for number in range(len(HUES)):
        pale, known = (contrast(colours[f"{kind}-{number}"], colours["paper"]) for kind in ("pale", "hue"))
        assert pale < known / 2


def test_paper_is_printed_light() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in CSS
    assert CSS.count("prefers-color-scheme") == 1
