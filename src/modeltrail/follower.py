"""How do the tables of a projection follow the log? In pages, each written with the position reached, or not at all.

Nothing pushes: whoever asks brings the tables up to date first. Where there are none of this edition they are built
beside those of older ones, which answer until the new are complete.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

from modeltrail import registry
from modeltrail.building import Building, Progress
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import Conflict
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.projection import Projection
from modeltrail.registry import Build
from modeltrail.shapes import Shape
from modeltrail.tables import Tables
from modeltrail.work import Store, Work

_ATTEMPTS = 20
PAGE = 2_000
"""How many facts are folded in one transaction while tables follow."""


def nobody(done: int, total: int) -> None:
    """Tell nobody."""


class Follower:
    """Keeps the tables of one projection. Threads may share it; other processes may keep the same tables."""

    def __init__(
        self,
        log: Log,
        ledger: Ledger,
        projection: Projection[Any],
        store: Store,
        aside: Callable[[], Store] | None = None,
    ) -> None:
        self.projection = projection
        self.shape = Shape(projection)
        self.store = store
        """Where the tables are."""
        self._log, self._ledger, self._aside = log, ledger, aside
        self._kinds = projection.kinds | {FactRetracted.type}
        self._lock = RLock()
        self._work: Work | None = None

    @contextmanager
    def session(self) -> Iterator[tuple[sqlite3.Cursor, Tables, bool]]:
        """A cursor on tables that hold all that is recorded, these, and whether there are dead letters."""
        while True:
            work = self._work or self.bring_up()
            with self.store.reading() as cursor:
                has_letters = registry.at_end(cursor, work.build)
                if has_letters is not None:
                    yield cursor, work.tables, has_letters
                    return
            self.bring_up()

    def bring_up(self, progress: Progress = nobody) -> Work:
        """Bring the tables up to the end of the log; build them first where there are none of this edition."""
        with self._lock:
            for _ in range(_ATTEMPTS):
                with suppress(Conflict):  # another process has dropped or replaced them: look again
                    return self._brought_up(progress)
                self._work = None
            return self._brought_up(progress)

    def _brought_up(self, progress: Progress) -> Work:
        work = self._standing()
        if self._aside is not None and not self._is_at_end(work):
            self.keep_in(self._aside())
            work = self._standing()
        if work is None:
            build = self._built(progress)
            work = self._completed(build, progress)
        self._follow(work, progress)
        self._work = work
        return work

    def keep_in(self, store: Store) -> None:
        """Keep the tables elsewhere, from now on."""
        if store is not self.store:
            self.store, self._aside, self._work = store, None, None

    def _is_at_end(self, work: Work | None) -> bool:
        with self.store.reading() as cursor:
            return work is not None and registry.is_at_end(cursor, work.build)

    def _standing(self) -> Work | None:
        """The tables of this edition that are complete, though they may be behind."""
        with self.store.reading() as cursor:
            complete = [one for one in self._of_edition(cursor) if one.state != "building"]
        if not complete:
            return None
        if self._work is not None and self._work.build.id == complete[-1].id:
            return self._work
        return self._work_of(complete[-1])

    def _of_edition(self, cursor: sqlite3.Cursor) -> list[Build]:
        found = [one for one in registry.builds(cursor, self.projection.name) if one.edition == self.projection.edition]
        for build in found:
            if build.columns != self.shape.description:
                raise ValueError(
                    f"{build.name} has other columns than those stored as its edition {build.edition}: raise its "
                    f"edition, and it is built anew beside them, or run modeltrail projections drop {build.name}"
                )
        return found

    def rebuild(self, progress: Progress = nobody) -> Work:
        """Build the tables anew beside those that answer, which they replace when complete. An interrupted build of the
        same edition goes on."""
        build = self._built(progress)  # others go on asking
        with self._lock:
            self._work = self._completed(build, progress)
            self._follow(self._work, progress)
            return self._work

    def _follow(self, work: Work, progress: Progress) -> None:
        while (end := self._ledger.catch_up()) > (position := self._position(work)):
            until = min(position + PAGE, end)
            try:
                work.follow(position, self._facts(position, until), until)
            except Conflict:
                work.forget()  # another process was quicker, with the same rows
                self._position(work)  # or has dropped them: Conflict
            progress(until, end)

    def _work_of(self, build: Build) -> Work:
        return Work(self.projection, self.shape, build, self._ledger, self.store)

    def _built(self, progress: Progress) -> Build:
        """A build with nearly all that is recorded, made beside whatever else there is."""
        with self.store.reading() as cursor:
            self._of_edition(cursor)
        return self._building().make(progress)

    def _building(self) -> Building:
        return Building(self.projection, self.shape, self._log, self._ledger, self.store)

    def _completed(self, build: Build, progress: Progress) -> Work:
        """A build brought to the end of the log, and in its place."""
        work = self._work_of(build)
        self._follow(work, progress)
        self._building().take_place(build)
        return work

    def _position(self, work: Work) -> int:
        with self.store.reading() as cursor:
            return registry.position(cursor, work.build)

    def _facts(self, after: int, until: int) -> list[Fact]:
        return list(self._log.pick(after, until, lambda _, kind: kind in self._kinds))

    def retry(self) -> tuple[int, int]:
        """Fold keys again whose facts could not be taken. How many are mended, and how many are not."""
        with self._lock:
            for _ in range(_ATTEMPTS):
                with suppress(Conflict):  # another process has followed meanwhile
                    return self.bring_up().retry()
            return self.bring_up().retry()
