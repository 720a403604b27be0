"""What has been dropped into a folder? Each export is imported once, the oldest first, and moved away.

A file is moved after what it says is recorded. So a crash in between, or another watcher of the same folder, means that
it is read once more, and a file that was read before records nothing (R39).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import NamedTuple

from modeltrail.datastore import StoreLocked
from modeltrail.failpoints import reach
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.exports import Export
from modeltrail.imports.json_items import items
from modeltrail.imports.kinds import KINDS
from modeltrail.imports.named_times import before_time, named_time
from modeltrail.problems import problem
from modeltrail.read import Read
from modeltrail.trail import Trail

DONE, QUARANTINE = "done", "quarantine"
"""The folders, within the one that is watched, in which imported files end, and those that cannot be imported."""
REASON = ".reason.txt"
"""What is added to the name of a file that cannot be imported, for the note beside it that says why."""
LEFT_ALONE = (".tmp", ".part")
"""How the names of files end that are still being written."""
ATTEMPTS = 3
"""How often a locked store is tried where nobody looks again; each try waits for as long as the store does."""
_LAST = datetime.max.replace(tzinfo=UTC)
_PATTERN = "KIND.TIME.json or KIND.CATALOGUE.TIME.json, such as azure-deployments.2026-11-23T0200Z.json"

Pause = Callable[[float], bool]
"""Waits for so many seconds, and says whether to end: the `wait` of a `threading.Event` does. Asked for none before
each file."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a file: what reading it recorded, or the problem, and where it is now.

    `moved_to` is null where another watcher of the same folder has moved it.
    """

    file: str
    moved_to: Path | None
    read: Read | None = None
    problem: str | None = None


class _Look(NamedTuple):
    """What tells a file that is being written, or was replaced, from one that rests."""

    size: int
    changed: int
    inode: int


def export_named(
    name: str, catalogue: str | None = None, kinds: Mapping[str, Callable[[str | None], Export]] = KINDS
) -> tuple[Export, datetime]:
    """What kind of export a file is by its name, and when it was made.

    `catalogue`: that of deployments whose name has none. Raises ValueError, with the way out.
    """
    kind, _, rest = name.partition(".")
    if kind not in kinds:
        raise ValueError(f"{kind!r} is no kind of export ({', '.join(kinds)} are): name the file {_PATTERN}")
    made = named_time(rest)
    if made is None or not rest.lower().endswith(".json"):
        raise ValueError(f"the name {name!r} does not say when the export was made: name the file {_PATTERN}")
    named = before_time(rest)
    if named and not named.endswith("."):
        raise ValueError(f"{named!r} stands before the time in {name!r}, without a point: name the file {_PATTERN}")
    usual = catalogue if kind == AzureDeployments.name else None
    return kinds[kind](named.removesuffix(".") or usual), made


def watch(
    trail: Trail,
    folder: Path,
    *,
    by: str,
    pause: Pause,
    catalogue: str | None = None,
    poll_seconds: float = 5.0,
    once: bool = False,
    kinds: Mapping[str, Callable[[str | None], Export]] = KINDS,
) -> Iterator[Handled]:
    """Import what appears in a folder, until `pause` says to end; yields what became of each file.

    A file is taken when it has not changed between two looks; with `once` everything that is there is taken, and then
    it ends. `catalogue`: that of deployments whose file names none. A locked store is tried again. Raises ValueError
    where there is no folder, and what else keeps the store from taking anything; no file is moved for that.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}: make it first")
    # What is missing for all files is no fault of the first one.
    list(items(BytesIO(b"[]")))
    seen: dict[Path, _Look] = {}
    for attempt in count(1):
        there = _looks(folder)
        taken = {path: look for path, look in there.items() if once or seen.get(path) == look}
        seen = there
        try:
            for path in sorted(taken, key=lambda path: (_time_of(path.name), path.name)):
                if pause(0):
                    return
                handled = _handle(trail, path, taken[path], by=by, catalogue=catalogue, kinds=kinds)
                if handled is not None:
                    yield handled
            if once:
                return
        except StoreLocked:
            if once and attempt == ATTEMPTS:
                raise
        if pause(poll_seconds):
            return


def _looks(folder: Path) -> dict[Path, _Look]:
    """The files in a folder that are meant to be imported."""
    found = {}
    for path in folder.iterdir():
        if not path.name.startswith(".") and not path.name.lower().endswith(LEFT_ALONE) and path.is_file():
            look = _look(path)
            if look is not None:
                found[path] = look
    return found


def _look(path: Path) -> _Look | None:
    """How a file is now, null where it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _Look(found.st_size, found.st_mtime_ns, found.st_ino)


def _time_of(name: str) -> datetime:
    """When an export was made; one of which nobody can tell comes last."""
    try:
        return named_time(name) or _LAST
    except ValueError:
        return _LAST


def _handle(
    trail: Trail,
    path: Path,
    look: _Look,
    *,
    by: str,
    catalogue: str | None,
    kinds: Mapping[str, Callable[[str | None], Export]],
) -> Handled | None:
    """Import one file and move it; null where another watcher has it already."""
    try:
        export, made = export_named(path.name, catalogue, kinds)
        read = trail.read_export(export, path, observed_at=made, by=by)
    except (ValueError, OverflowError, RecursionError, OSError) as error:
        return None if _look(path) is None else _put_aside(path, problem(error))
    reach("watch.imported")
    # Who writes a file anew while it is read will see it read again.
    moved = _moved(path, path.parent / DONE) if _look(path) == look else None
    return Handled(path.name, moved, read=read)


def _put_aside(path: Path, reason: str) -> Handled | None:
    """Move a file that cannot be imported, with a note beside it that says why."""
    folder = path.parent / QUARANTINE
    folder.mkdir(exist_ok=True)
    for target in _places(folder, path.name):
        note = target.with_name(f"{target.name}{REASON}")
        try:
            with note.open("x", encoding="utf-8") as stream:
                stream.write(_note(reason))
        except FileExistsError:
            continue
        if not target.exists():
            reach("watch.reserved")
            moved = _replaced(path, target)
            if not moved:
                note.unlink()
            return Handled(path.name, target, problem=reason) if moved else None
        note.unlink()
    raise AssertionError("there is always another number")


def _note(reason: str) -> str:
    return (
        f"{reason}\n\n"
        "Nothing of this file was recorded. Mend what the sentence above says, put the file back into the folder that\n"
        f"is watched, and delete this note. Files there are named\n{_PATTERN}.\n"
    )


def _moved(path: Path, folder: Path) -> Path | None:
    """Move a file to a folder, where nothing is overwritten; null where somebody else has moved it."""
    folder.mkdir(exist_ok=True)
    for target in _places(folder, path.name):
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            continue
        reach("watch.reserved")
        if _replaced(path, target):
            return target
        target.unlink()
        return None
    raise AssertionError("there is always another number")


def _replaced(path: Path, target: Path) -> bool:
    """Put a file in the place that was kept for it; false where it is gone."""
    try:
        path.replace(target)
    except FileNotFoundError:
        return False
    return True


def _places(folder: Path, name: str) -> Iterator[Path]:
    """Where a file may end: under its name, or with a number."""
    yield folder / name
    path = Path(name)
    for number in count(2):
        yield folder / f"{path.stem}.{number}{path.suffix}"
