"""Who keeps the tables of projections, and dies at it? A process that brings them up to date, in small pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from faults.living import DIED, processes
from faults.scenario import Hand, moment
from modeltrail import Trail
from modeltrail.failpoints import watched

NOW = "2025-06-01"
KEPT = ("policies", "changes", "models")


@contextmanager
def opened(url: str) -> Iterator[Trail]:
    """The store, with so few facts a page that there is a place to die between any two."""
    with (
        patch("modeltrail.building.PAGE", 3),
        patch("modeltrail.follower.PAGE", 3),
        Trail.open(url, clock=Hand(moment(NOW))) as trail,
    ):
        yield trail


def keep(url: str, point: str, nth: int) -> None:
    """Bring the tables up to date, and die where a point is reached for the n-th time. The body of a process."""
    left = nth

    def reached(name: str) -> None:
        nonlocal left
        left -= name == point
        if left == 0:
            os._exit(DIED)

    with opened(url) as trail, watched(reached):
        for name in KEPT:
            trail.view(name).all()


def let_keep(url: str, point: str, nth: int) -> bool:
    """A process brings the tables up to date; whether it died at it."""
    process = processes().Process(target=keep, args=(url, point, nth))
    process.start()
    process.join(timeout=120)
    code = process.exitcode
    process.close()
    assert code in (0, DIED), f"it ended with {code}"
    return code == DIED
