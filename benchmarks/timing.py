"""What is a figure? How tasks are timed by turns, and a line of the table."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import monotonic, perf_counter_ns, process_time_ns
from typing import Literal

Unit = Literal["us", "ms", "s", "events/s", "commits", "x", "MB"]
SECONDS_A_LINE = 60
"""What takes longer is repeated less often, but three times at least."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: `appends`, `rounds` of a batch, `questions`, `openings`, deployments in the large log, and
    `fleet` deployments with `life` facts each in the log of the tables, beside one of so many facts (`small`), and
    `calls` in a log of calls."""

    appends: int = 1_000
    rounds: int = 9
    questions: int = 1_000
    openings: int = 3
    deployments: int = 10_000
    crowds: tuple[int, ...] = (10_000, 100_000)
    fleet: int = 20_000
    life: int = 50
    small: int = 10_000
    calls: int = 1_000_000


QUICK = Sizes(
    appends=200,
    rounds=3,
    questions=200,
    openings=2,
    deployments=1_000,
    crowds=(2_000, 10_000),
    fleet=2_000,
    small=2_000,
    calls=100_000,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure beside those of the baselines, null where there is none that does the same."""

    what: str
    unit: Unit
    modeltrail: float
    bare: float | None = None
    stock: float | None = None

    def ratio(self, baseline: float | None) -> float | None:
        """How fast it is, as a share of the baseline's speed: 1 is as fast, 2 twice as fast."""
        if baseline is None:
            return None
        return self.modeltrail / baseline if self.unit == "events/s" else baseline / self.modeltrail


@dataclass(frozen=True, slots=True)
class Spent:
    """The median of wall-clock and the mean of processor time of one repetition, in microseconds."""

    wall: float
    cpu: float


def spent(*tasks: Callable[[], object], times: int) -> list[Spent]:
    """Run the tasks by turns, so that whatever else the machine does falls on all of them."""
    walls: list[list[int]] = [[] for _ in tasks]
    cpus: list[list[int]] = [[] for _ in tasks]
    gc.collect()
    end = monotonic() + SECONDS_A_LINE
    for turn in range(times):
        if turn >= 3 and monotonic() > end:
            break
        for task, wall, cpu in zip(tasks, walls, cpus, strict=True):
            wall_before, cpu_before = perf_counter_ns(), process_time_ns()
            task()
            cpu.append(process_time_ns() - cpu_before)
            wall.append(perf_counter_ns() - wall_before)
    return [Spent(median(wall) / 1e3, sum(cpu) / len(cpu) / 1e3) for wall, cpu in zip(walls, cpus, strict=True)]
