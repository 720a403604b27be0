"""How do the tables of one build take new facts? A page at a time, written with the position reached, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

from modeltrail import registry
from modeltrail.clocks import micros
from modeltrail.domain.facts import Fact
from modeltrail.failpoints import reach
from modeltrail.folding import Folding, Page
from modeltrail.ledger import Ledger
from modeltrail.projections.plane import HandlerFailed
from modeltrail.projections.projection import Projection
from modeltrail.registry import Build
from modeltrail.shapes import Shape
from modeltrail.sources import source_of
from modeltrail.tables import KeyValues, Tables

CHECKED = 200
"""How many of the first facts are folded twice, to find a handler that does not do the same twice."""


class Store(Protocol):
    """Where tables are kept: beside the log, or aside of one that cannot be written."""

    def reading(self) -> AbstractContextManager[sqlite3.Cursor]:
        """A cursor on one unchanging state of log and tables."""
        ...

    def write(self, task: Callable[[sqlite3.Cursor], None]) -> None:
        """Do something within a transaction that is committed once."""
        ...


class Work:
    """The tables of one build, at work."""

    def __init__(
        self, projection: Projection[Any], shape: Shape[Any], build: Build, ledger: Ledger, store: Store
    ) -> None:
        self.build = build
        self.tables = Tables(shape, build)
        self._shape, self._store, self._ledger = shape, store, ledger
        self._source = source_of(projection, self.tables, ledger)
        self._folding = Folding(projection, shape, self.tables, self._source)
        self._letters: dict[str, int] = {}
        """How many dead letters there are for each key, as the tables were left."""
        self._reached = -1
        """Up to which position the tables are known to be as they were left."""

    def forget(self) -> None:
        """Forget what was remembered of the tables."""
        self._reached = -1
        self._folding.forget()

    def follow(self, position: int, facts: Sequence[Fact], until: int) -> None:
        """Take a page of facts after a position. Raises Conflict where another process has done so."""
        with self._or_forgotten():
            with self._ledger.held(), self._store.reading() as cursor:
                self._forget_if_changed(cursor, position)
                page = self._folding.page(cursor, facts, self._letters.keys() - {registry.NO_KEY})
                for key, since in page.again.items():
                    known = self._source.facts(cursor, key, until)
                    news = page.news[key] if self._source.is_indexed else []
                    again = self._folding.again(cursor, key, [*known, *news], until, since)
                    page.changes.add(again.changes)
                    page.letters += again.letters
                if position < CHECKED:
                    self._check(cursor, page, until)
            reach("follow.before")
            self._store.write(lambda cursor: self._written(cursor, page, position, until))
            self._reached = until
            for stopped, _, _ in page.letters:
                self._letters[stopped] = self._letters.get(stopped, 0) + 1
        reach("follow.after")

    def _check(self, cursor: sqlite3.Cursor, page: Page, until: int) -> None:
        """Fold the first facts of a log twice: tables that were made empty had nothing to be tried on. Raises Unfit."""
        stopped = {key for key, _, _ in page.letters} | self._letters.keys()
        for key, news in page.news.items():
            if registry.key_text(key) not in stopped:
                known = self._source.facts(cursor, key, until)
                facts = [*known, *news] if self._source.is_indexed else known
                self._folding.check(cursor, key, facts, until)

    def _forget_if_changed(self, cursor: sqlite3.Cursor, position: int) -> None:
        """Forget what was remembered where another process has written since: it has followed, or mended a key."""
        registry.position(cursor, self.build)  # Conflict where it was dropped
        letters = registry.letters_by_key(cursor, self.build)
        is_mended = any(letters.get(key, 0) < count for key, count in self._letters.items())
        if position != self._reached or is_mended:
            self.forget()
        self._letters = letters

    @contextmanager
    def _or_forgotten(self) -> Iterator[None]:
        """Fold and write; where either fails or is interrupted, nothing is remembered that was not written."""
        try:
            yield
        except BaseException:
            self.forget()
            raise

    def _written(self, cursor: sqlite3.Cursor, page: Page, position: int, until: int) -> None:
        registry.reach_position(cursor, self.build, position, until)
        self.tables.write(cursor, page.changes)
        registry.bury(cursor, self.build, page.letters)

    def retry(self) -> tuple[int, int]:
        """Fold stale keys again, each in a transaction of its own. Raises Conflict where another process has followed
        meanwhile; nothing is lost then, and it can be repeated."""
        with self._ledger.held(), self._store.reading() as cursor:
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
            found_again = "its key can be told now: folded again next"
            registry.bury(cursor, self.build, [(registry.key_text(key), fact.position, found_again) for key in keys])

    def _mend(self, key: KeyValues, until: int) -> bool:
        with self._ledger.held(), self._store.reading() as cursor:
            page = self._folding.again(cursor, key, self._source.facts(cursor, key, until), until)

        def write(cursor: sqlite3.Cursor) -> None:
            registry.reach_position(cursor, self.build, until, until)
            registry.revive(cursor, self.build, registry.key_text(key))
            self.tables.write(cursor, page.changes)
            registry.bury(cursor, self.build, page.letters)

        self._store.write(write)
        return not page.letters
