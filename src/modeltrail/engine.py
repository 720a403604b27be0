"""How are policies carried out, each once? The engine: what was recorded, or a day that has come, moves deployments.

It asks what is due, not what has happened: a move that was carried out is due no longer, so whatever crashes, it is
carried out once (R38). What it appends is stored in one transaction with the position up to which it has looked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import RLock

from modeltrail.clocks import at_microseconds
from modeltrail.concerns import Concerned
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.moves import Move
from modeltrail.domain.refusals import Conflict
from modeltrail.domain.values import MICROSECOND
from modeltrail.failpoints import reach
from modeltrail.hosts import Host
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.moving import At, Look, Mover
from modeltrail.recorded import runs
from modeltrail.standings import Standings

FOLLOWER = "engine"
"""The name under which the log keeps how far the engine has looked."""
STORED_EVERY = 10_000
"""After so many facts without a move the position is stored on its own."""
_LATEST_KNOWN = "SELECT max(known_at) FROM events WHERE position > ? AND position <= ?"
_REMEMBER = """
INSERT INTO tracking VALUES (?, ?) ON CONFLICT (application_name) DO UPDATE
SET notification_id = excluded.notification_id WHERE tracking.notification_id < excluded.notification_id
"""


class Engine:
    """Carries out what is due for the deployments that it runs. Threads may share it; several processes may act."""

    def __init__(self, log: Log, ledger: Ledger, histories: Callable[[str], ModelHistory]) -> None:
        self._log, self._ledger = log, ledger
        self._mover = Mover(log, ledger, Standings(log, ledger), histories)
        self._lock = RLock()
        self._is_acting = False
        self._position: int | None = None
        self._stored = 0
        """The position that was stored when it looked last; another process may have got further."""
        self._known_at: datetime | None = None
        """The latest moment at which anything that it looked at was known. Up to it time has passed for the engine."""
        self._swept: datetime | None = None
        """The moment of the last sweep: what was due by then was found."""

    def ask(self, host: Host | None) -> None:
        """Ask a host before each move from now on, null for none."""
        self._mover.host = host

    def catch_up(self, reached: int | None = None, *, before_sweep: bool = False) -> list[range]:
        """Carry out what follows from all that was recorded since it looked last. Returns the positions of that.

        `reached`: the position that the ledger has just caught up with, null where it has not. Before a sweep, what
        only an advance has carried out is left to it: that advance was cut off.
        """
        if reached is not None and reached == self._position:
            return []
        with self._acting() as may_act:
            return runs(self._reactions(reached, before_sweep)) if may_act else []

    def sweep(self, moment: datetime, *, on_time: bool) -> list[range]:
        """Carry out all that is due by a moment, for every deployment; with `on_time` as of when it was due (R37)."""
        with self._acting() as may_act:
            if not may_act:
                return []
            self._ledger.catch_up()
            concerned = self._unexamined()
            moved = runs(self._sweep(concerned, moment, on_time=on_time))
            self._swept = moment
            if concerned.known_at is None or concerned.known_at <= moment:
                self._pass(concerned, moved)
                self.store_position()
            return moved

    def _sweep(self, concerned: Concerned, moment: datetime, *, on_time: bool) -> Iterator[range]:
        """What is new first, and only for whom it concerns; then what time has made due, for all.

        What is due later than the moment, or was known only later, is left for later.
        """

        def due_at(move: Move) -> datetime:
            return max(self._on_time(move), concerned.corrected_at or move.due_at)

        is_late = concerned.known_at is not None and concerned.known_at > moment
        at = due_at if on_time else _by(moment)

        def is_time(move: Move) -> bool:
            return (due_at(move) if on_time or is_late else move.due_at) <= moment

        if concerned.since is not None:
            yield from self._moves(concerned, replace(self._look(concerned.since, moment, at), is_time=is_time), None)
        yield from self._mover.crowds(None, replace(self._look(moment, moment, at), is_time=is_time))

    def _on_time(self, move: Move) -> datetime:
        """When a move was due, its causes were known, and its host wanted to be asked again."""
        known = (self._log.fact(position).known_at for position in move.because)
        return max(move.due_at, move.not_before or move.due_at, *known)

    @contextmanager
    def _acting(self) -> Iterator[bool]:
        """One at a time, and not from within itself: what a host records is looked at when it has answered."""
        with self._lock:
            may_act, self._is_acting = not self._is_acting, True
            try:
                yield may_act
            finally:
                self._is_acting = not may_act

    def _reactions(self, reached: int | None, before_sweep: bool) -> Iterator[range]:
        before = self._examined()
        end = self._ledger.catch_up() if reached is None else reached
        while before < end:
            concerned = self._unexamined()
            if before_sweep and not concerned.by_others:
                return
            moved = runs(self._react(concerned))
            yield from moved
            before = self._pass(concerned, moved)
            end = self._ledger.catch_up() if moved else end
        if before - self._stored >= STORED_EVERY:
            self.store_position()

    def _unexamined(self) -> Concerned:
        """Whom the facts concern that it has not looked at."""
        before = self._examined()
        return Concerned(before).take(self._ledger.news(before), self._log.fact, self._ledger.models_of)

    def _pass(self, concerned: Concerned, moved: Sequence[range]) -> int:
        """It has looked at these facts, and at what it appended just behind them itself."""
        position = concerned.position
        self._known_at = max(filter(None, (self._known_at, concerned.latest)), default=None)
        for run in moved:
            if run.start == position + 1:
                position = run[-1]
        if moved:
            self._known_at = self._latest_known(concerned.position, position)
        self._position = position
        return position

    def _react(self, concerned: Concerned) -> Iterator[range]:
        if concerned.since is None or concerned.known_at is None:
            return
        look = self._look(concerned.since, concerned.known_at, _by(concerned.known_at))
        yield from self._moves(concerned, look, (FOLLOWER, concerned.position))

    def _moves(self, concerned: Concerned, look: Look, tracking: tuple[str, int] | None) -> Iterator[range]:
        """Move those whom the facts concern; the position is stored with them where no crowd follows."""
        is_crowd = concerned.everything or bool(concerned.models)
        if not concerned.everything:
            yield from self._mover.some(concerned.deployments, look, None if is_crowd else tracking)
        if is_crowd:
            yield from self._mover.crowds(None if concerned.everything else frozenset(concerned.models), look)

    def _look(self, since: datetime, moment: datetime, at: At) -> Look:
        """From the earliest that is new, or from when it looked last, up to a moment; its time never goes back."""
        if self._known_at is None:
            return Look(since, moment, at)
        looked = self._known_at if self._swept is None else max(self._known_at, self._swept)
        return Look(min(since, looked + MICROSECOND), max(moment, self._known_at), at)

    def _examined(self) -> int:
        """The position up to which it has looked; at first that which is stored."""
        if self._position is None:
            self._stored = self._log.tracked(FOLLOWER)
            self._known_at, self._position = self._latest_known(0, self._stored), self._stored
        return self._position

    def _latest_known(self, after: int, position: int) -> datetime | None:
        """The latest moment at which any fact up to a position was known, those after another being new."""
        with self._log.reading() as cursor:
            (known_at,) = cursor.execute(_LATEST_KNOWN, (after, position)).fetchone()
        found = [at for at in (self._known_at, None if known_at is None else at_microseconds(known_at)) if at]
        return max(found, default=None)

    def store_position(self) -> None:
        """Store how far it has looked, where that is not stored yet."""
        with self._lock:
            position = self._position or 0
            self._stored = self._log.tracked(FOLLOWER)
            if position <= self._stored:
                return
            reach("position.before")
            try:
                self._log.append((), tracking=(FOLLOWER, position))
            except Conflict:
                return  # another process has got further
            reach("position.after")

    def remember(self, cursor: sqlite3.Cursor, facts: tuple[Fact, ...]) -> None:
        """Store how far it has looked beside what is recorded: after a crash only what is newer is looked at.

        Each time: the moves that follow take effect when the latest of what is newer was known.
        """
        if self._position:
            cursor.execute(_REMEMBER, (FOLLOWER, self._position))


def _by(moment: datetime) -> At:
    """What was due before takes effect at the moment; what is due later, then."""
    return lambda move: max(move.due_at, moment)
