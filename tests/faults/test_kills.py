"""A process is killed at any moment, again and again, and another one goes on: what comes of it is the same."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from random import Random

import pytest

from faults.living import Place, kill
from faults.outcome import outcome
from faults.random_steps import random_steps

LIVES = 6
"""So many tests share the kills."""


@pytest.mark.rule("R37")
@pytest.mark.rule("R38")
@pytest.mark.rule("R39")
@pytest.mark.parametrize("seed", range(LIVES))
def test_whatever_is_killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(
    seed: int, kills: int, tmp_path: Path
) -> None:
    left = -(-kills // LIVES)
    for life in count(seed, LIVES):
        left -= live(life, left, tmp_path / str(life))
        if left <= 0:
            break


def live(seed: int, kills: int, folder: Path) -> int:
    """Go through one life with at most so many kills, and compare it with the same life undisturbed."""
    lot, steps = Random(f"kills of {seed}"), random_steps(seed, 60, on_time=bool(seed % 2))
    quiet, disturbed = Place(folder / "quiet"), Place(folder / "disturbed")
    for place in (quiet, disturbed):
        place.folder.mkdir(parents=True)
    killed = 0
    while killed < kills and kill(disturbed, steps, lot):
        killed += 1
    for place in (quiet, disturbed):
        place.go_on(steps)
    days = (steps[len(steps) // 2].day, steps[-1].day)
    expected, found = (outcome(place, steps[-1].day, days) for place in (quiet, disturbed))
    assert found == expected, f"life {seed}, killed {killed} times"
    return killed
