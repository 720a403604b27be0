"""How do the tables of a projection follow the log? In pages, each written with the position reached, or not at all.

Nothing pushes: whoever asks brings the tables up to date first, and `follow` looks again and again. A new edition is
built beside the old one, keys with late news last, and takes its place when it is complete. Whatever is interrupted
goes on where it was.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import RLock
from typing import Any, Protocol

from modeltrail import registry
from modeltrail.codecs import micros
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import Conflict
from modeltrail.failpoints import reach
from modeltrail.folding import Folding, Page, Unfit
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.plane import HandlerFailed
from modeltrail.projections.projection import Projection
from modeltrail.registry import Build
from modeltrail.shapes import Shape
from modeltrail.sources import source_of
from modeltrail.sql_views import make_views
from modeltrail.tables import KeyValues, Tables

PAGE = 2_000
"""How many facts are folded in one transaction while tables follow."""
BUILD_PAGE = 10_000
"""The same while a build is made."""
LATE_PAGE = 500
"""How many keys are folded again in one transaction of a build."""
_PATIENCE_SECONDS, _LOOK_SECONDS = 5.0, 0.05
Progress = Callable[[int, int], None]
"""Told how many positions are done, and of how many."""


class Store(Protocol):
    """Where tables are kept: beside the log, or aside of one that cannot be written."""

    def reading(self) -> Any:
        """A context with a cursor on one unchanging state of log and tables."""

    def write(self, task: Callable[[sqlite3.Cursor], None]) -> None:
        """Do something within a transaction that is committed once."""


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
        self._work: _Work | None = None

    @contextmanager
    def session(self) -> Iterator[tuple[sqlite3.Cursor, Tables]]:
        """A cursor on tables that hold all that is recorded, and these."""
        while True:
            work = self._work or self.bring_up()
            with self.store.reading() as cursor:
                if registry.is_at_end(cursor, work.build):
                    yield cursor, work.tables
                    return
            self.bring_up()

    def bring_up(self, progress: Progress = nobody) -> _Work:
        """Bring the tables up to the end of the log; build them first where there are none of this edition."""
        with self._lock:
            work = self._standing()
            if self._aside is not None and not self._is_at_end(work):
                self.keep_in(self._aside())
                work = self._standing()
            if work is None:
                work = self._built(progress)
            self._follow(work, progress)
            self._work = work
            return work

    def keep_in(self, store: Store) -> None:
        """Keep the tables elsewhere, from now on."""
        if store is not self.store:
            self.store, self._aside, self._work = store, None, None

    def _is_at_end(self, work: _Work | None) -> bool:
        with self.store.reading() as cursor:
            return work is not None and registry.is_at_end(cursor, work.build)

    def _standing(self) -> _Work | None:
        """The tables of this edition that are complete, though they may be behind."""
        with self.store.reading() as cursor:
            complete = [one for one in self._of_edition(cursor) if one.state != "building"]
        if not complete:
            return None
        if self._work is not None and self._work.build.id == complete[-1].id:
            return self._work
        return _Work(self, complete[-1])

    def _of_edition(self, cursor: sqlite3.Cursor) -> list[Build]:
        found = [one for one in registry.builds(cursor, self.projection.name) if one.edition == self.projection.edition]
        for build in found:
            if build.columns != self.shape.description:
                raise ValueError(
                    f"{build.name} has other columns than those stored as its edition {build.edition}: raise its "
                    "edition, and it is built anew beside them"
                )
        return found

    def rebuild(self, progress: Progress = nobody) -> _Work:
        """Build the tables anew beside those that answer, which they replace when complete. An interrupted build of the
        same edition goes on."""
        with self._lock:
            work = self._built(progress)
            self._follow(work, progress)
            self._work = work
            return work

    def _follow(self, work: _Work, progress: Progress) -> None:
        while (end := self._ledger.catch_up()) > (position := self._position(work)):
            until = min(position + PAGE, end)
            try:
                work.follow(position, self._facts(position, until), until)
            except Conflict:
                work.forget()  # another process was quicker, with the same rows
            progress(until, end)

    def _position(self, work: _Work) -> int:
        with self.store.reading() as cursor:
            return registry.position(cursor, work.build)

    def _facts(self, after: int, until: int) -> list[Fact]:
        return list(self._log.pick(after, until, lambda _, kind: kind in self._kinds))

    def _built(self, progress: Progress) -> _Work:
        """A complete build, made beside whatever else there is."""
        work = self._begun()
        while True:
            try:
                self._build(work, progress)
                return work
            except Conflict:
                if self._others_built(work):
                    return _Work(self, work.build)
                work.resume()
            except Unfit:
                self.store.write(partial(registry.drop_tables, build=work.build))
                raise

    def _begun(self) -> _Work:
        """A build that is not complete: one that was interrupted, or a new one."""
        begun: list[Build] = []

        def begin(cursor: sqlite3.Cursor) -> None:
            registry.make_tables(cursor)
            self._of_edition(cursor)
            unfinished = [one for one in registry.builds(cursor, self.projection.name) if one.state == "building"]
            for one in unfinished:
                if one.edition == self.projection.edition:
                    begun.append(one)
                else:
                    registry.drop_tables(cursor, one)
            if not begun:
                name, edition = self.projection.name, self.projection.edition
                begun.append(registry.begin(cursor, name, edition, self.shape.description))
                Tables(self.shape, begun[0]).make(cursor)

        self.store.write(begin)
        work = _Work(self, begun[0])
        work.resume()
        return work

    def _build(self, work: _Work, progress: Progress) -> None:
        while (end := self._ledger.catch_up()) > (position := self._position(work)) and not work.is_indexed():
            until = min(position + BUILD_PAGE, end)
            work.build_on(position, self._facts(position, until), until)
            reach("build.page")
            progress(until, end)
        self.store.write(work.tables.index)
        reach("build.indexed")
        while work.fold_late():
            reach("build.late")
        self._follow(work, progress)
        self.store.write(work.take_place)

    def _others_built(self, work: _Work) -> bool:
        """Wait while another process makes the same build; false when it seems to have given up."""
        position, since = self._position(work), time.monotonic()
        while time.monotonic() - since < _PATIENCE_SECONDS:
            with self.store.reading() as cursor:
                now = next((one for one in registry.builds(cursor) if one.id == work.build.id), None)
            if now is None:
                raise Conflict(f"the new build of {work.build.name} was dropped meanwhile: ask again")
            if now.state == "current":
                return True
            if now.position != position:
                position, since = now.position, time.monotonic()
            time.sleep(_LOOK_SECONDS)
        return False

    def retry(self) -> tuple[int, int]:
        """Fold keys again whose facts could not be taken. How many are mended, and how many are not."""
        work = self.bring_up()
        with self._lock:
            return work.retry()


class _Work:
    """The tables of one build, at work."""

    def __init__(self, follower: Follower, build: Build) -> None:
        self.build = build
        self._store = follower.store
        self.tables = Tables(follower.shape, build)
        self._source = source_of(follower.projection, self.tables, follower._ledger)
        self._folding = Folding(follower.projection, follower.shape, self.tables, self._source)
        self._shape = follower.shape
        self._stale: set[str] | None = None
        self._late: set[KeyValues] = set()

    def forget(self) -> None:
        """Forget what was remembered of the tables."""
        self._folding.forget()
        self._stale = None

    def follow(self, position: int, facts: Sequence[Fact], until: int) -> None:
        """Take a page of facts after a position. Raises Conflict where another process has done so."""
        with self._store.reading() as cursor:
            page = self._folding.page(cursor, facts, self._stale_keys(cursor), set())
            for key, since in page.again.items():
                known = self._source.facts(cursor, key, until)
                news = page.news[key] if self._source.is_indexed else []
                again = self._folding.again(cursor, key, [*known, *news], until, since)
                page.changes.add(again.changes)
                page.letters += again.letters
        reach("follow.before")
        self._commit(lambda cursor: self._written(cursor, page, position, until))
        reach("follow.after")

    def _commit(self, write: Callable[[sqlite3.Cursor], None]) -> None:
        """Write; where that fails, nothing is remembered that was not written."""
        try:
            self._store.write(write)
        except BaseException:
            self.forget()
            raise

    def _stale_keys(self, cursor: sqlite3.Cursor) -> set[str]:
        if self._stale is None:
            self._stale = registry.stale_keys(cursor, self.build)
        return self._stale

    def _written(self, cursor: sqlite3.Cursor, page: Page, position: int, until: int) -> None:
        registry.reach_position(cursor, self.build, position, until)
        self.tables.write(cursor, page.changes)
        registry.bury(cursor, self.build, page.letters)
        if page.letters:
            self._stale = None

    def resume(self) -> None:
        """Prepare to go on with a build."""
        with self._store.reading() as cursor:
            self._folding.load_tails(cursor)
            self._late = self.tables.all_late(cursor)
            if registry.position(cursor, self.build) == 0:
                self._folding.check_first()
        self._stale = None

    def is_indexed(self) -> bool:
        """Whether the build has got so far that its tables follow the log as all others do."""
        with self._store.reading() as cursor:
            return self.tables.is_indexed(cursor)

    def build_on(self, position: int, facts: Sequence[Fact], until: int) -> None:
        """Take a page of facts; keys that cannot take them in order are folded last."""
        with self._store.reading() as cursor:
            page = self._folding.page(cursor, facts, self._stale_keys(cursor), self._late)
        late = page.again.keys() - self._late

        def write(cursor: sqlite3.Cursor) -> None:
            self._written(cursor, page, position, until)
            self.tables.put_off(cursor, late)

        self._commit(write)
        self._late |= late

    def fold_late(self) -> bool:
        """Fold some of the keys that came out of order; false where none is left."""
        with self._store.reading() as cursor:
            until = registry.position(cursor, self.build)
            keys = self.tables.some_late(cursor, LATE_PAGE)
            pages = [self._folding.again(cursor, key, self._source.facts(cursor, key, until), until) for key in keys]

        def write(cursor: sqlite3.Cursor) -> None:
            registry.reach_position(cursor, self.build, until, until)
            for page in pages:
                self.tables.write(cursor, page.changes)
                registry.bury(cursor, self.build, page.letters)
            self.tables.done_late(cursor, keys)

        if keys:
            self._store.write(write)
            self._stale = None
        return bool(keys)

    def take_place(self, cursor: sqlite3.Cursor) -> None:
        """Let this build answer from now on."""
        registry.take_place(cursor, self.build)
        make_views(cursor, self._shape, self.build)
        for older in registry.builds(cursor, self.build.name):
            if older.edition == self.build.edition and older.id < self.build.id:
                registry.drop_tables(cursor, older)
        self._folding.loads_tails = True
        self._folding.forget()

    def retry(self) -> tuple[int, int]:
        """Fold stale keys again, each in a transaction of its own."""
        with self._store.reading() as cursor:
            until = registry.position(cursor, self.build)
            letters = registry.dead_letters(cursor, self.build)
            lost = [letter.position for letter in letters if letter.key is None]
            keys = {self._shape.key_values(letter.key) for letter in letters if letter.key is not None}
            found = [(fact, self._folding.keys(fact)) for fact in self._findable(cursor, lost)]
        self._store.write(lambda cursor: self._find(cursor, found, until))
        keys |= {key for _, keys_found in found for key in keys_found}
        mended = sum([self._mend(key, until) for key in sorted(keys)])
        self.forget()
        return mended, len(keys) - mended + len(lost) - len(found)

    def _findable(self, cursor: sqlite3.Cursor, positions: Sequence[int]) -> Iterator[Fact]:
        """The facts of which the key can be told now."""
        for position in positions:
            fact = self._source.fact(cursor, position)
            with suppress(HandlerFailed):
                self._folding.keys(fact)
                yield fact

    def _find(self, cursor: sqlite3.Cursor, found: Sequence[tuple[Fact, list[KeyValues]]], until: int) -> None:
        registry.reach_position(cursor, self.build, until, until)
        for fact, keys in found:
            self.tables.concern(cursor, [(key, micros(fact.effective_at), fact.position) for key in keys])
            registry.find(cursor, self.build, fact.position)

    def _mend(self, key: KeyValues, until: int) -> bool:
        with self._store.reading() as cursor:
            page = self._folding.again(cursor, key, self._source.facts(cursor, key, until), until)

        def write(cursor: sqlite3.Cursor) -> None:
            registry.reach_position(cursor, self.build, until, until)
            registry.revive(cursor, self.build, registry.key_text(key))
            self.tables.write(cursor, page.changes)
            registry.bury(cursor, self.build, page.letters)

        self._store.write(write)
        return not page.letters
