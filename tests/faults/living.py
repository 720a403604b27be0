"""Who lives through a scenario, and who dies in it? Processes that write down what they were told is done.

A new process costs little: it is forked from one that has imported the library, where the platform can do that.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from faults.scenario import Step, play
from modeltrail.domain.facts import Fact
from modeltrail.domain.moves import Move
from modeltrail.failpoints import watched

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

DIED = 86
"""The exit code of a process that let itself die."""


def processes() -> SpawnContext | ForkServerContext:
    """Where new processes come from. They share nothing with the one that starts them."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["modeltrail", "modeltrail.trail", "modeltrail.imports.rows", "unittest.mock"])
    return context


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one run: the store, what was acknowledged, and the moves that its host has carried out.

    What a process has written is in the hands of the operating system when it dies, and so outlives it.
    """

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'audit.db'}"

    def note(self, name: str, line: str) -> None:
        """Add a line to one of the files."""
        written = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(written, f"{line}\n".encode())
        finally:
            os.close(written)

    def noted(self, name: str) -> list[str]:
        """The lines of one of the files."""
        file = self.folder / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def acknowledge(self, step: Step, facts: Sequence[Fact]) -> None:
        """A step has returned, with these facts."""
        self.note("acknowledged", json.dumps([step.name, *map(told, facts)]))

    def acknowledged(self) -> dict[str, list[str]]:
        """The steps that have returned, and what facts they said they recorded."""
        return {name: facts for name, *facts in map(json.loads, self.noted("acknowledged"))}

    def carry_out(self, move: Move) -> None:
        """The host carries out a move; it remembers the id."""
        self.note("carried out", move.id)

    def go_on(self, steps: Sequence[Step], acknowledge: Callable[[], None] = lambda: None) -> None:
        """Open the store and give all commands that were not acknowledged."""

        def done(step: Step, facts: tuple[Fact, ...]) -> None:
            self.acknowledge(step, facts)
            acknowledge()

        play(self.url, [step for step in steps if step.name not in self.acknowledged()], done, self.carry_out)


def told(fact: Fact) -> str:
    """A fact in a line: all that was told to whoever recorded it."""
    return repr(fact)


def dies(place: Place, steps: Sequence[Step], point: str | None, nth: int) -> None:
    """Go on, and die where a point (null: any) is reached for the n-th time. The body of a process."""
    left = nth

    def reached(name: str) -> None:
        nonlocal left
        left -= point is None or name == point
        if left == 0:
            os._exit(DIED)

    with watched(reached):
        place.go_on(steps)


def let_die(place: Place, steps: Sequence[Step], point: str | None, nth: int) -> int | None:
    """A process goes on and dies at a point. Its exit code is DIED, or 0 if it has got through."""
    process = processes().Process(target=dies, args=(place, steps, point, nth))
    process.start()
    process.join(timeout=120)
    code: int | None = process.exitcode
    process.close()
    return code


def tells(place: Place, steps: Sequence[Step], progress: Connection) -> None:
    """Go on, and say something whenever a point is reached or a step has returned. The body of a process."""
    with watched(lambda point: progress.send_bytes(b".")):
        place.go_on(steps, lambda: progress.send_bytes(b"."))


def kill(place: Place, steps: Sequence[Step], lot: Random) -> bool:
    """A process goes on and is killed at a moment drawn by lot; false if it was through by then.

    What is drawn is how often it may say that it has got further, and how long its killer then dawdles.
    """
    hear, say = processes().Pipe(duplex=False)
    process = processes().Process(target=tells, args=(place, steps, say))
    process.start()
    say.close()
    with suppress(EOFError):
        for _ in range(lot.choice((lot.randint(1, 10), lot.randint(1, 150)))):
            hear.recv_bytes()
        for _ in range(lot.randrange(20_000)):
            pass
        process.kill()
    process.join(timeout=120)
    hear.close()
    code: int | None = process.exitcode
    process.close()
    assert code is not None and code <= 0, f"it ended with {code}"
    return code < 0
