"""How does a report get into its place? Whole or not at all, and never in the place of anything else."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "modeltrail-report.json"
"""The file by which a folder is known to be a report."""
_PAGE = re.compile(r"(index|fleet|register|models|upcoming|conformance)(-[0-9]+)?\.html")


class Pages:
    """The files of a report that is being written: how many they are, and how large."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.size = 0

    def write(self, path: str, text: str) -> None:
        """Write a file, with its folder where that is not there yet."""
        file, content = self.folder / path, text.encode("utf-8", "backslashreplace")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        self.count += path.endswith(".html")
        self.size += len(content)


@contextmanager
def put_in_place(folder: Path) -> Iterator[Pages]:
    """A folder beside the one that is meant, which takes its place in the end; after an error nothing has changed.

    Raises ValueError, with the way out, where something else than an older report is there.
    """
    place = folder.resolve()
    _check(place, folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    new, old = (place.with_name(f".{place.name}.{token}.{state}") for state in ("new", "old"))
    new.mkdir()
    try:
        yield Pages(new)
        _check(place, folder)
        if place.exists():
            place.rename(old)
        try:
            new.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _check(place: Path, told: Path) -> None:
    """Whether a folder may be replaced: it is not there, empty, or a report and nothing more."""
    if not place.exists():
        return
    if not place.is_dir():
        raise ValueError(f"{told} is a file, and a report is a folder: name another one")
    names = sorted(path.name for path in place.iterdir())
    if names and MARK not in names:
        raise ValueError(
            f"{told} holds something else than a report, such as {names[0]}: name a folder that is empty or not there"
        )
    strange = [name for name in names if not _is_ours(name)]
    if strange:
        raise ValueError(
            f"{told} holds {strange[0]}, which is no part of a report and would be lost: move it away, "
            "or name another folder"
        )


def _is_ours(name: str) -> bool:
    return name in (MARK, "report.css", "report.js", "deployments", "models") or bool(_PAGE.fullmatch(name))
