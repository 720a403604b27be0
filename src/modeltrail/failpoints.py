"""Where can a process die? Named points before, within and after each write, at which tests let it end.

Nobody watches them in use: reaching one then costs a look at a variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

POINTS = (
    "append.before",
    "append.written",
    "append.after",
    "reaction.before",
    "reaction.asked",
    "reaction.after",
    "batch.before",
    "batch.after",
    "position.before",
    "position.after",
    "standings.before",
    "standings.after",
)
"""Every point. `append`: any transaction that records facts; `written`: all is written and nothing committed.
`reaction`: the moves that follow from what was recorded; `asked`: the host has answered for one of them, and nothing of
it is recorded; `batch`: some of the moves of a crowd; `position`: how far the engine has got, where that is stored
without a move; `standings`: a page of the table of standings."""
KEEPING_POINTS = ("build.page", "build.keys", "build.indexed", "follow.before", "follow.after")
"""Those of tables that are kept beside the log. `build`: a page of positions is written, then the rows of some keys,
then the indexes, before the build takes its place; `follow`: a page of facts. What is written there is an append too,
of no facts."""
WATCHING_POINTS = ("watch.imported", "watch.reserved")
"""Those of a watched folder: a file is imported and still there; its new place is taken and the file not moved."""

_watcher: Callable[[str], None] | None = None


def reach(point: str) -> None:
    """Tell whoever watches that this point is reached."""
    if _watcher is not None:
        _watcher(point)


@contextmanager
def watched(by: Callable[[str], None]) -> Iterator[None]:
    """Call a function with the name of each point that is reached, in any thread of the process."""
    global _watcher
    before, _watcher = _watcher, by
    try:
        yield
    finally:
        _watcher = before
