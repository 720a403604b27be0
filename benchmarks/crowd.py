"""How fast does one default change move a crowd, and does that take more memory the larger the crowd is?

As a script it moves one crowd in a process of its own, the only way to know its peak of memory, and prints what
it measured as JSON.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import fleet

from modeltrail import Trail
from modeltrail.domain.events import DeploymentCreated, VersionChanged
from modeltrail.drafts import Draft
from modeltrail.hosts import ENGINE
from modeltrail.moving import BATCH

MODEL = "acme/chat"
CHANGED = fleet.START + timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Crowd:
    """`moved` and `appended`: events per second, moved by the engine and appended plainly; `grown`: megabytes by which
    the process grew while it moved the crowd."""

    moved: float
    appended: float
    grown: float


def measured(folder: Path, deployments: int) -> Crowd:
    """Move a crowd in another process, and append as many events plainly in the same one."""
    words = [sys.executable, __file__, str(folder), str(deployments)]
    said = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Crowd(**json.loads(said))


def peak_megabytes() -> float:
    """The most memory that the process has had.

    Linux counts to `ru_maxrss` what the process had that started this one: there it is read where it is not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if platform.system() == "Darwin" else 2**10)


def followers(deployments: int) -> Iterator[list[Draft]]:
    """Deployments that follow the default, created."""
    for numbers in batches(deployments):
        created = (
            DeploymentCreated(deployment=fleet.name(number), model=MODEL, version="1", policy="auto-update")
            for number in numbers
        )
        clocks = {"effective_at": fleet.START, "known_at": fleet.START}
        yield [Draft(event=event, mode="decision", by=fleet.BY, **clocks) for event in created]


def batches(deployments: int) -> Iterator[range]:
    for start in range(0, deployments, BATCH):
        yield range(start, min(start + BATCH, deployments))


def move(trail: Trail, deployments: int) -> tuple[float, float]:
    """The seconds that the default change took, and the megabytes."""
    with trail.record(by=fleet.BY, effective_at=fleet.START, known_at=fleet.START) as batch:
        model = batch.model(MODEL)
        model.register(run_by="engine")
        model.release("1")
        model.release("2")
        model.change_default("1")
    for drafts in followers(deployments):
        trail.log.append(drafts)
    trail.advance(fleet.START)
    before, begun = peak_megabytes(), perf_counter()
    with trail.record(by=fleet.BY, effective_at=CHANGED, known_at=CHANGED) as batch:
        batch.model(MODEL).change_default("2", emergency="version 1 leaks")
    seconds = perf_counter() - begun
    assert trail.log.size() == 5 + 2 * deployments
    assert trail.at().serving(fleet.name(deployments - 1)).version == "2"
    return seconds, peak_megabytes() - before


def append(trail: Trail, deployments: int) -> float:
    """The seconds that the log needs for the same events, in batches of the same size."""
    seconds = 0.0
    terms = {"model": MODEL, "version": "2", "cause": "default-change", "policy": "auto-update", "rules": "engine"}
    for numbers in batches(deployments):
        begun = perf_counter()
        events = (
            VersionChanged.model_validate({"deployment": fleet.name(number), "because": (1, 5 + deployments), **terms})
            for number in numbers
        )
        clocks = {"effective_at": CHANGED, "known_at": CHANGED}
        trail.log.append([Draft(event=event, mode="execution", by=ENGINE, **clocks) for event in events])
        seconds += perf_counter() - begun
    return seconds


def main(folder: Path, deployments: int) -> None:
    """Measure one crowd."""
    with fleet.opened(folder / "crowd.db") as trail:
        seconds, grown = move(trail, deployments)
    with fleet.opened(folder / "plain.db") as trail:
        plain = append(trail, deployments)
    print(json.dumps(asdict(Crowd(deployments / seconds, deployments / plain, grown))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
