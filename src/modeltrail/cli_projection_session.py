"""How does a command ask tables that may have to be built first? In the store where it can be written, else in memory.

A bar shows on a terminal how far that is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from modeltrail.building import Progress
from modeltrail.datastore import StoreError
from modeltrail.follower import nobody
from modeltrail.trail import Trail

Answer = TypeVar("Answer")


def answered(url: str, ask: Callable[[Trail], Answer]) -> Answer:
    """The answer of a store whose tables are brought up to date, or built in memory where it cannot be written."""
    with _opened(url) as trail:
        try:
            return ask(trail)
        except StoreError:
            if trail.log.is_read_only:
                raise
    with Trail.open(url, read_only=True) as trail:
        return ask(trail)


def _opened(url: str) -> Trail:
    """The store for writing, by somebody who moves nothing; for reading where only that is possible."""
    try:
        return Trail.open(url, acting="worker")
    except (StoreError, ValueError, OSError):
        return Trail.open(url, read_only=True)


@contextmanager
def shown(what: str) -> Iterator[Progress]:
    """What shows, on a terminal, how far something has got: from the first page on that is not the last."""
    if not sys.stderr.isatty():
        yield nobody
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    bar = Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task(what, total=None)

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if done < total:
            bar.start()

    try:
        yield tell
    finally:
        if bar.live.is_started:
            bar.stop()
