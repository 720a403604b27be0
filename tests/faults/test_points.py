"""A process dies before, within and after each thing that it writes, and whoever opens the store next goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from faults.living import DIED, Place, let_die
from faults.outcome import Outcome, outcome
from faults.scenario import DAYS, STEPS
from modeltrail.failpoints import POINTS, watched

NOW = STEPS[-1].day
FEW_DAYS = DAYS[-1:]
CALLERS = 5
Reached = tuple[str, tuple[str, ...]]
"""A point, and the functions of the library that led there, the last few."""


class Undisturbed(NamedTuple):
    """A run in which nobody died: what came of it, and what points it reached in what order."""

    outcome: Outcome
    reached: tuple[Reached, ...]

    def times(self, point: str, *, all_of_them: bool) -> list[int]:
        """The times at which to die at a point: each, or the first on each way that leads there."""
        ways = [way for name, way in self.reached if name == point]
        return [nth for nth, way in enumerate(ways, 1) if all_of_them or way not in ways[: nth - 1]]


@pytest.fixture(scope="session")
def days(kills: int) -> tuple[str, ...]:
    return DAYS if kills >= 300 else FEW_DAYS


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, days: tuple[str, ...]) -> Undisturbed:
    place = Place(tmp_path_factory.mktemp("undisturbed"))
    reached: list[Reached] = []
    with watched(lambda point: reached.append((point, tuple(islice(callers(), CALLERS))))):
        place.go_on(STEPS)
    return Undisturbed(outcome(place, NOW, days), tuple(reached))


def callers() -> Iterator[str]:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        name = frame.f_globals["__name__"]
        if name.startswith("modeltrail.") and not name.endswith(("recorded", "failpoints")):
            yield f"{name}.{frame.f_code.co_qualname}"


@pytest.mark.rule("R38")
def test_the_scenario_reaches_every_point(undisturbed: Undisturbed) -> None:
    assert {point for point, _ in undisturbed.reached} == set(POINTS)


@pytest.mark.rule("R37")
@pytest.mark.rule("R38")
@pytest.mark.rule("R39")
@pytest.mark.parametrize("point", POINTS)
def test_whoever_dies_at_a_point_has_lost_nothing_and_nothing_is_done_twice(
    point: str, undisturbed: Undisturbed, days: tuple[str, ...], kills: int, tmp_path: Path
) -> None:
    times = undisturbed.times(point, all_of_them=kills >= 300)
    assert times
    for nth in times:
        place = Place(tmp_path / str(nth))
        place.folder.mkdir()
        assert let_die(place, STEPS, point, nth) == DIED
        place.go_on(STEPS)
        assert outcome(place, NOW, days) == undisturbed.outcome, f"after death at {point}, the {nth}. time"


@pytest.mark.rule("R38")
def test_whoever_dies_again_and_again_gets_through_and_nothing_is_done_twice(
    undisturbed: Undisturbed, days: tuple[str, ...], place: Place
) -> None:
    """Each life is a little longer than what it has to do again, so that it gets on."""
    lives = 0
    while let_die(place, STEPS, None, 23 + lives % 7) == DIED:
        lives += 1
    assert lives > 10
    assert outcome(place, NOW, days) == undisturbed.outcome
