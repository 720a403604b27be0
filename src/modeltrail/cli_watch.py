"""How does a folder become a drop-box? Exports that appear in it are imported, a line each, until somebody ends it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from modeltrail import cli_import_printing as printing
from modeltrail.cli_imports import EyeCode
from modeltrail.cli_session import FOUND, ActingOption, By, Store, exit_if, login_name, say, store_url
from modeltrail.phrases import printable
from modeltrail.read import Read
from modeltrail.review import needs_your_eye
from modeltrail.trail import Trail
from modeltrail.watching import QUARANTINE, Handled
from modeltrail.watching import watch as watched

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Where exports are dropped, as KIND[.CATALOGUE].TIME.json.")
]
OfDeployments = Annotated[
    str | None,
    typer.Option(
        "--catalogue", metavar="NAME", show_default="azure-openai", help="That of deployments whose file names none."
    ),
]
PollSeconds = Annotated[
    float,
    typer.Option("--poll-seconds", metavar="SECONDS", min=0.05, max=86_400, help="How long to wait after each look."),
]
Once = Annotated[
    bool, typer.Option("--once", help="Import what is there and end; with 1 if a file cannot be imported.")
]


class Interruption:
    """SIGINT: it ends a wait at once, and the work on a file when that is done. Sent twice, it ends everything."""

    def __init__(self) -> None:
        self.asked = False
        self._waits = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The signal has come."""
        if self._waits or self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def pause(self, seconds: float) -> bool:
        """Wait, and say whether to end."""
        if seconds and not self.asked:
            self._waits = True
            try:
                time.sleep(seconds)
            finally:
                self._waits = False
        return self.asked

    @contextmanager
    def heard(self) -> Iterator[None]:
        """While this lasts the signal comes here."""
        before = signal.signal(signal.SIGINT, self)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if self.asked:
            raise KeyboardInterrupt


def watch(
    ctx: typer.Context,
    folder: Folder,
    catalogue: OfDeployments = None,
    poll_seconds: PollSeconds = 5.0,
    once: Once = False,
    by: By = None,
    exit_code: EyeCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Import exports that appear in a folder, the oldest first, until interrupted; a line for each."""
    reads: list[Read] = []
    put_aside = 0
    interruption = Interruption()
    with Trail.open(store_url(ctx, store), acting=acting) as trail, interruption.heard():
        for handled in watched(
            trail,
            folder,
            by=by or login_name(),
            pause=interruption.pause,
            catalogue=catalogue,
            poll_seconds=poll_seconds,
            once=once,
        ):
            _tell(trail, handled)
            put_aside += handled.read is None
            if once and exit_code and handled.read is not None:
                reads.append(handled.read)
        # What a later file explained needs no eye any more.
        is_open = any(needs_your_eye(trail, read) for read in reads)
    exit_if(True, put_aside > 0, 1)
    exit_if(exit_code, is_open, FOUND)


def _tell(trail: Trail, handled: Handled) -> None:
    """Print a line for a file."""
    read = handled.read
    if read is None:
        say(f"{handled.file}: {handled.problem} (moved to {QUARANTINE})")
        return
    eyes = printing.needing(len(needs_your_eye(trail, read)))
    print(printable(f"{printing.head(read)}: {printing.facts(sum(read.facts.values()))}, {eyes}"), flush=True)
