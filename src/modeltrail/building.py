"""How are the tables of a projection built, beside those that answer? First which facts concern which key, then by key.

The log is read once for the keys; then each key is folded from all of its facts, one after the other, so that nothing
but the facts of a few keys is in memory, and late news costs nothing more. Indexes come last. Whatever is interrupted
goes on where it was.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

from modeltrail import registry
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import Conflict
from modeltrail.failpoints import reach
from modeltrail.folding import Folding, Letter, Unfit
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.plane import HandlerFailed
from modeltrail.projections.projection import Projection
from modeltrail.registry import Build, key_text
from modeltrail.shapes import Shape
from modeltrail.sources import source_of
from modeltrail.sql_views import make_views
from modeltrail.tables import Changes, KeyValues, Stored, Tables
from modeltrail.work import CHECKED, Store

PAGE = 2_000
"""How many facts are read, or keys folded from, in one transaction."""
_PATIENCE_SECONDS, _LOOK_SECONDS = 5.0, 0.05
Progress = Callable[[int, int], None]
"""Told how much is done, and of how much: facts read and facts folded."""


class Building:
    """Makes builds of one projection."""

    def __init__(self, projection: Projection[Any], shape: Shape[Any], log: Log, ledger: Ledger, store: Store) -> None:
        self._projection, self._shape = projection, shape
        self._log, self._ledger, self._store = log, ledger, store

    def make(self, progress: Progress) -> Build:
        """A build with all that was recorded when it was read. Raises Unfit, and Conflict where it was dropped."""
        build = self._begun()
        while True:
            tables = Tables(self._shape, build)
            try:
                _Task(self._projection, self._shape, tables, self._ledger, self._store).run(self._log, progress)
                return build
            except Conflict:
                if self._others_have_made(build):
                    return build
            except Unfit:
                self._store.write(partial(registry.drop_tables, build=build))
                raise

    def _begun(self) -> Build:
        """A build that is not complete: one that was interrupted, or a new one."""
        begun: list[Build] = []

        def begin(cursor: sqlite3.Cursor) -> None:
            registry.make_tables(cursor)
            for one in registry.builds(cursor, self._projection.name):
                if one.state == "building" and one.edition == self._projection.edition:
                    begun.append(one)
                elif one.state == "building" and one.edition < self._projection.edition:
                    registry.drop_tables(cursor, one)
            if not begun:
                name, edition = self._projection.name, self._projection.edition
                begun.append(registry.begin(cursor, name, edition, self._shape.description))
                Tables(self._shape, begun[0]).make(cursor)

        self._store.write(begin)
        return begun[0]

    def _others_have_made(self, build: Build) -> bool:
        """Wait while another process makes the same build; false when it seems to have given up."""
        before, since = self._progress(build), time.monotonic()
        while time.monotonic() - since < _PATIENCE_SECONDS:
            now = self._progress(build)
            if now is None:
                raise Conflict(f"the new build of {build.name} was dropped meanwhile: ask again")
            if now[0] != "building":
                return True
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(_LOOK_SECONDS)
        return False

    def _progress(self, build: Build) -> tuple[object, ...] | None:
        with self._store.reading() as cursor:
            return registry.progress(cursor, build)

    def take_place(self, build: Build) -> None:
        """Let a build answer from now on. Older ones of the same edition are removed, others are kept until dropped."""

        def take(cursor: sqlite3.Cursor) -> None:
            if registry.take_place(cursor, build):
                make_views(cursor, self._shape, build)
            for older in registry.builds(cursor, build.name):
                if older.edition == build.edition and older.id < build.id:
                    registry.drop_tables(cursor, older)

        self._store.write(take)


class _Task:
    """One attempt at a build, which goes on from whatever is there."""

    def __init__(
        self, projection: Projection[Any], shape: Shape[Any], tables: Tables, ledger: Ledger, store: Store
    ) -> None:
        source = source_of(projection, tables, ledger)
        self._projection, self._shape, self._ledger = projection, shape, ledger
        self._tables, self._build, self._source, self._store = tables, tables.build, source, store
        self._folding = Folding(projection, shape, tables, source)
        self._left_to_check = CHECKED

    def run(self, log: Log, progress: Progress) -> None:
        """Read, fold and index. Raises Conflict where another process does the same."""
        end = self._ledger.catch_up()
        if self._folded() is None:
            self._read(log, end, progress)
        after = self._folded()
        if after != registry.ALL_FOLDED:
            self._fold(after, progress)
        with self._store.reading() as cursor:
            is_indexed = self._tables.is_indexed(cursor)
        if not is_indexed:
            self._store.write(self._tables.index)
        reach("build.indexed")

    def _folded(self) -> KeyValues | None:
        with self._store.reading() as cursor:
            return registry.folded(cursor, self._build)

    def _read(self, log: Log, end: int, progress: Progress) -> None:
        """Find out which facts concern which key."""
        kinds = self._projection.kinds
        with self._store.reading() as cursor:
            position = registry.position(cursor, self._build)
        while position < end:
            until = min(position + PAGE, end)
            changes, letters = Changes(), list[Letter]()
            if self._source.is_indexed:
                for fact in log.pick(position, until, lambda _, kind: kind in kinds):
                    self._folding.find(fact, changes, letters)
            self._store.write(partial(self._write_keys, changes, letters, position, until))
            reach("build.page")
            position = until
            progress(position, 2 * end)

    def _write_keys(
        self, changes: Changes, letters: Sequence[Letter], position: int, until: int, cursor: sqlite3.Cursor
    ) -> None:
        registry.reach_position(cursor, self._build, position, until)
        self._tables.write(cursor, changes)
        registry.bury(cursor, self._build, letters)

    def _fold(self, after: KeyValues | None, progress: Progress) -> None:
        """Fold key after key, from all of its facts, those after one, null for the first."""
        done = 0
        with self._store.reading() as cursor:
            until = registry.position(cursor, self._build)
            rowid = self._tables.next_rowid(cursor)
        while True:
            with self._ledger.held(), self._store.reading() as cursor:
                concerned = self._source.some(cursor, after, PAGE, until)
                if not concerned:
                    break
                changes, letters = Changes(), list[Letter]()
                for key, facts in concerned.items():
                    for stored in self._folded_key(cursor, key, facts, until, letters):
                        changes.inserts[rowid] = key, stored
                        rowid += 1
                    done += len(facts)
            last = max(concerned)
            self._store.write(partial(self._write_rows, changes, letters, after, last))
            reach("build.keys")
            after = last
            progress(min(until + done, 2 * until), 2 * until)
        self._store.write(partial(self._write_rows, Changes(), [], after, registry.ALL_FOLDED))

    def _write_rows(
        self,
        changes: Changes,
        letters: Sequence[Letter],
        after: KeyValues | None,
        last: KeyValues,
        cursor: sqlite3.Cursor,
    ) -> None:
        registry.set_folded(cursor, self._build, after, last)
        self._tables.write(cursor, changes)
        registry.bury(cursor, self._build, letters)

    def _folded_key(
        self, cursor: sqlite3.Cursor, key: KeyValues, facts: Sequence[Fact], until: int, letters: list[Letter]
    ) -> Sequence[Stored]:
        try:
            made = self._folding.made(key, facts, until)
            if self._left_to_check > 0:
                self._left_to_check -= len(facts)
                self._check(cursor, key, facts, until, made)
            return made
        except HandlerFailed as failed:
            letters.append((key_text(key), failed.position, failed.error))
            return self._folding.stored(key, failed.made)

    def _check(
        self, cursor: sqlite3.Cursor, key: KeyValues, facts: Sequence[Fact], until: int, made: Sequence[Stored]
    ) -> None:
        """Raise Unfit for rows that are others when they are made again, or read back."""
        again = self._folding.made(key, facts, until)
        for pair in zip_longest(made, again):
            if pair[0] != pair[1]:
                position = next(one.position for one in pair if one is not None)
                once, then = (None if one is None else one.values for one in pair)
                raise Unfit(
                    f"{self._projection.name} makes of position {position} once {once!r} and once {then!r}: let its "
                    "handlers depend on nothing but the row, the event, the fact and the key"
                )
        self._folding.check(cursor, key, facts, until)
