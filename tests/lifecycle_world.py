"""In what world does the machine of lives live? One store, a clock that is set, one or two processes, a host.

Every command goes through `World.record`, which demands of all commands alike that a refusal and a repetition change
nothing, and lets the process die at a failpoint where that was asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from modeltrail import Conflict, Fail, Move, Postpone, Refused, Trail
from modeltrail.domain.facts import Fact
from modeltrail.failpoints import watched
from modeltrail.hosts import Answer
from modeltrail.projections.serving import Serving
from modeltrail.recording import Recording
from modeltrail.trail import Acting

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Command = Callable[[Recording], None]


class Died(BaseException):
    """The process has ended at a failpoint: nothing catches that."""


@dataclass
class Doom:
    """Lets the process die when a point is reached for the n-th time."""

    point: str
    times: int = 1

    def __call__(self, point: str) -> None:
        self.times -= point == self.point
        if self.times == 0:
            self.times = -1
            raise Died(point)


@dataclass
class Intrusion:
    """Lets another process do something when a point is reached, once."""

    point: str
    deed: Callable[[], object]
    is_over: bool = False

    def __call__(self, point: str) -> None:
        if point == self.point and not self.is_over:
            self.is_over = True
            self.deed()


@dataclass
class Host:
    """Carries moves out, but for what is planned: `postpone`, `fail` or `raise`, one answer after the other."""

    now: Callable[[], datetime]
    plan: list[str] = field(default_factory=list)
    asked: list[Move] = field(default_factory=list)

    def __call__(self, move: Move) -> Answer:
        self.asked.append(move)
        match self.plan.pop(0) if self.plan else "move":
            case "postpone":
                return Postpone(self.now() + 3 * DAY, "not during the fair")
            case "late":
                return Postpone(EPOCH, "until a moment that is over")
            case "fail":
                return Fail("no quota")
            case "raise":
                raise RuntimeError("the host is down")
            case _:
                return None


class World:
    """A store, its processes, and what the machine remembers of it."""

    def __init__(self, *, on_file: bool = False, acting: Acting = "inline") -> None:
        self.now = EPOCH
        self.folder = tempfile.TemporaryDirectory() if on_file else None
        self.url = f"sqlite:///{Path(self.folder.name) / 'trail.db'}" if self.folder else "memory:"
        self.host = Host(lambda: self.now)
        self.trails: list[Trail] = []
        self.actings: list[Acting] = []
        self.doom: Doom | Intrusion | None = None
        self.deaths: set[str] = set()
        self.kinds: set[str] = set()
        self.refusals: set[type[Refused]] = set()
        self.done: list[tuple[str, Command, tuple[Fact, ...]]] = []
        self.begin(acting)

    def begin(self, acting: Acting) -> None:
        """Another process opens the store."""
        self.trails.append(self._opened(acting))
        self.actings.append(acting)

    def _opened(self, acting: Acting) -> Trail:
        trail = Trail.open(self.url, clock=lambda: self.now, acting=acting)
        trail.on_move(self.host)
        return trail

    @property
    def trail(self) -> Trail:
        """The first process, which answers the questions."""
        return self.trails[0]

    def facts(self, since: int = 0) -> tuple[Fact, ...]:
        """What is recorded after a position."""
        return tuple(self.trail.events(since))

    def answers(self) -> tuple[int, tuple[Serving, ...]]:
        """How much is recorded, and what every deployment does now."""
        return self.trail.log.size(), self.trail.at().deployments()

    def settle(self) -> None:
        """Let whoever acts look at all that was recorded."""
        for trail, acting in zip(self.trails, self.actings, strict=True):
            if acting == "inline":
                with trail.record(by="nobody"):
                    pass
                return
        self.trail.advance(max((fact.known_at for fact in self.facts()), default=EPOCH))

    def record(self, kind: str, command: Command, via: int = 0, **told: Any) -> tuple[Fact, ...]:
        """One command: what it recorded. Refused, it has changed nothing; a process that dies begins anew."""
        via %= len(self.trails)
        self.settle()
        before = self.answers()
        try:
            batch = self._batch(command, via, **told)
        except Refused as refused:
            self.refusals.add(type(refused))
            assert self.answers() == before, f"a {kind} that was refused has changed something"
            return ()
        self.kinds.add(kind)
        if batch.command_id is not None and not batch.repeated:
            self.done.append((batch.command_id, command, batch.facts))
        return batch.facts

    def _batch(self, command: Command, via: int, **told: Any) -> Recording:
        """One command in one batch; whoever was too late, or hears nothing of it, sends it once more (R39)."""
        try:
            with watched(self._watch), self.trails[via].record(by="alice@example.com", **told) as batch:
                command(batch)
        except Died as died:
            self._buried(via, died)
            return self._batch(command, via, **told)
        except Conflict:
            return self._batch(command, via, **told)
        return batch

    def repeat(self, which: int, via: int) -> None:
        """A command that was carried out before comes once more (R39)."""
        if not self.done:
            return
        command_id, command, facts = self.done[which % len(self.done)]
        self.settle()
        before = self.answers()
        trail = self.trails[via % len(self.trails)]
        with trail.record(by="alice@example.com", command_id=command_id) as batch:
            command(batch)
        assert (batch.repeated, batch.facts) == (True, facts)
        self.settle()
        assert self.answers() == before, "a command that was repeated has changed something"

    def advance(self, to: datetime, via: int, *, on_time: bool) -> Sequence[Fact]:
        """Carry out what is due by a moment; a second time, nothing is left to do."""
        via %= len(self.trails)
        was_busy = bool(self.host.plan)
        try:
            with watched(self._watch):
                done = self.trails[via].advance(to, on_time=on_time)
        except Died as died:
            self._buried(via, died)
            done = self.trails[via].advance(to, on_time=on_time)
        if not was_busy:
            again = self.trails[via].advance(to, on_time=on_time)
            assert not again.facts, "what was carried out is carried out again"
        return done.facts

    def _watch(self, point: str) -> None:
        if self.doom is not None:
            self.doom(point)

    def _buried(self, via: int, died: Died) -> None:
        """The process is gone without a farewell; another takes its place."""
        self.deaths.add(str(died))
        self.doom = None
        self.trails[via] = self._opened(self.actings[via])

    def close(self) -> None:
        """The end of this world: what is recorded can be proven."""
        for trail in self.trails[1:]:
            trail.close()
        verified = self.trail.log.verify()
        self.trail.close()
        if self.folder is not None:
            self.folder.cleanup()
        assert verified.ok, verified.reason
