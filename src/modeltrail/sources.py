"""Where do the facts of a key come from, when it is folded again? From the table of its positions, or from memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from modeltrail.damage import checked
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, Retractions
from modeltrail.ledger import Ledger
from modeltrail.projections.mentions import Mention
from modeltrail.projections.models import models
from modeltrail.projections.projection import Projection
from modeltrail.rows import bodies_at, bodies_between
from modeltrail.tables import KeyValues, Tables


def facts_at(cursor: sqlite3.Cursor, positions: Sequence[int]) -> list[Fact]:
    """The facts at some positions, in order. Raises Damaged."""
    return [checked(*row) for row in bodies_at(cursor, positions)]


def fact_at(cursor: sqlite3.Cursor, position: int) -> Fact:
    """The fact at a position. Raises Damaged."""
    ((_, body, leaf),) = bodies_between(cursor, position, position)
    return checked(position, body, leaf)


class Indexed:
    """The facts of a key by the positions that were stored for it."""

    is_indexed = True

    def __init__(self, projection: Projection[Any], tables: Tables, ledger: Ledger) -> None:
        self._kinds, self._tables, self._ledger = projection.kinds, tables, ledger

    def matters(self, fact: Fact) -> bool:
        """Whether the projection handles such a fact."""
        return fact.event.type in self._kinds

    def facts(self, cursor: sqlite3.Cursor, key: KeyValues, until: int) -> list[Fact]:
        """All facts up to a position that concern a key."""
        positions = self._tables.positions(cursor, key)
        return facts_at(cursor, [position for position in positions if position <= until])

    def some(
        self, cursor: sqlite3.Cursor, after: KeyValues | None, limit: int, until: int
    ) -> dict[KeyValues, list[Fact]]:
        """The facts up to a position of some keys after one, about so many facts; nothing where no key is left."""
        concerned = self._tables.concerned_after(cursor, after, limit)
        positions = [at for all_ in concerned.values() for at in all_ if at <= until]
        facts = {fact.position: fact for fact in facts_at(cursor, positions)}
        return {key: [facts[at] for at in sorted(all_) if at in facts] for key, all_ in concerned.items()}

    def fact(self, cursor: sqlite3.Cursor, position: int) -> Fact:
        """The fact at a position."""
        return fact_at(cursor, position)

    def retractions(self, until: int) -> Retractions:
        """The retractions up to a position."""
        return self._ledger.retractions(until)


class Kept(Indexed):
    """The facts of a model: those that the ledger keeps. Of a million mentions it keeps the few that matter (R10)."""

    is_indexed = False

    def matters(self, fact: Fact) -> bool:
        """Whether the ledger keeps it."""
        if fact.event.type not in self._kinds or isinstance(fact.event, FactRetracted):
            return False
        return not isinstance(fact.event, Mention) or self._ledger.keeps(fact)

    def some(
        self, cursor: sqlite3.Cursor, after: KeyValues | None, limit: int, until: int
    ) -> dict[KeyValues, list[Fact]]:
        """The kept facts of all models, at once."""
        names = sorted(self._ledger.keys(models)) if after is None else []
        return {(name,): self.facts(cursor, (name,), until) for name in names}

    def facts(self, cursor: sqlite3.Cursor, key: KeyValues, until: int) -> list[Fact]:
        """All kept facts up to a position that concern a model."""
        return [fact for fact in self._ledger.facts(models, key[0]) if fact.position <= until]


def source_of(projection: Projection[Any], tables: Tables, ledger: Ledger) -> Indexed:
    """Where the facts of a projection's keys come from."""
    return (Kept if projection is models else Indexed)(projection, tables, ledger)
