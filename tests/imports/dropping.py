"""How do tests drop exports into a folder, and let them be imported? Without waiting, by a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modeltrail import Trail
from modeltrail.watching import Handled, watch

NIGHTS = tuple(f"azure-deployments.2025-03-0{day}T0200Z.json" for day in (1, 2, 3))
Between = Callable[[], object]


def empty() -> Trail:
    """A trail without facts."""
    return Trail.open("memory:", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def there(folder: Path) -> dict[str, list[str]]:
    """The names of the files in a folder and in those below it."""
    return {
        name: sorted(path.name for path in (folder / name).iterdir() if path.is_file())
        for name in (".", "done", "quarantine")
        if (folder / name).is_dir()
    }


def once(trail: Trail, folder: Path, **how: Any) -> list[Handled]:
    return list(watch(trail, folder, by="alice@example.com", pause=lambda seconds: False, once=True, **how))


def looked(trail: Trail, folder: Path, *between: Between) -> list[Handled]:
    """Watch, and let something happen between two looks; after the last of these it ends."""
    left = iter(between)

    def pause(seconds: float) -> bool:
        if not seconds:
            return False
        happens = next(left, None)
        if happens is not None:
            happens()
        return happens is None

    return list(watch(trail, folder, by="alice@example.com", pause=pause))


def nothing() -> None:
    """Nothing happens."""


def facts(handled: Handled) -> int:
    assert handled.read is not None
    return sum(handled.read.facts.values())
