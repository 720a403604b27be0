"""A process dies while it imports what was dropped into a folder, and the next one goes on to the same answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.exports import CHAT, MAIL, NEW, deployment, written
from faults.living import DIED, Place, processes
from faults.outcome import without_positions
from faults.scenario import Hand, moment
from modeltrail import Trail
from modeltrail.failpoints import WATCHING_POINTS, watched
from modeltrail.watching import Handled, watch

pytest.importorskip("ijson")

NOW = "2025-06-01"
DAYS = ("2025-03-01T12:00Z", "2025-03-02T12:00Z", NOW)


def dropped(folder: Path) -> Path:
    """A folder with three nights, on the second of which something has moved, and a file that cannot be read."""
    box = folder / "box"
    box.mkdir(parents=True)
    written(box / "azure-deployments.2025-03-01.json", deployment("chat"), deployment("mail"))
    written(box / "azure-deployments.2025-03-02.json", deployment("chat", NEW), deployment("mail"))
    written(box / "azure-deployments.2025-03-03.json", deployment("chat", NEW))
    (box / "azure-deployments.2025-02-28.json").write_text("[", encoding="utf-8")
    return box


def imported(url: str, box: Path) -> list[Handled]:
    with Trail.open(url, clock=Hand(moment(NOW))) as trail:
        return list(watch(trail, box, by="alice@example.com", pause=lambda seconds: False, once=True))


def dies(url: str, box: Path, point: str, nth: int) -> None:
    """Import, and die where a point is reached for the n-th time. The body of a process."""
    left = nth

    def reached(name: str) -> None:
        nonlocal left
        left -= name == point
        if left == 0:
            os._exit(DIED)

    with watched(reached):
        imported(url, box)


def answers(url: str) -> list[object]:
    """All that is known of the deployments, and how much was recorded."""
    with Trail.open(url, clock=Hand(moment(NOW))) as trail:
        assert trail.log.verify().ok
        found: list[object] = [trail.status().size]
        for day in DAYS:
            then = trail.at(day, known_at=day)
            found += [without_positions(then.course(name).model_dump()) for name in (CHAT, MAIL)]
        return found


@pytest.mark.rule("R39", "R40")
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("point", (*WATCHING_POINTS, "append.written", "append.after"))
def test_whoever_dies_at_a_point_leaves_files_that_the_next_one_imports(
    point: str, nth: int, place: Place, tmp_path: Path
) -> None:
    quiet = f"sqlite:///{tmp_path / 'quiet.db'}"
    imported(quiet, dropped(tmp_path / "quiet"))
    box = dropped(tmp_path / "disturbed")
    process = processes().Process(target=dies, args=(place.url, box, point, nth))
    process.start()
    process.join(timeout=120)
    code = process.exitcode
    process.close()
    assert code == DIED
    imported(place.url, box)
    assert answers(place.url) == answers(quiet)
    assert [path.name for path in box.iterdir() if path.is_file()] == []
    kept = {path.read_text(encoding="utf-8") for path in box.glob("*/*.json")} - {""}
    assert len(kept) == 4
