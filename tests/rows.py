"""The rows of a projection straight from facts in memory: what a store of rows has to equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import book
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import History, Key, Projection

Row = TypeVar("Row")


def keys(projection: Projection[Row], facts: Iterable[Fact]) -> list[Key]:
    """The keys of all rows that there ever were, oldest first."""
    return list(dict.fromkeys(key for fact in facts for key in projection.keys(fact)))


def history(
    projection: Projection[Row], key: Key, facts: Sequence[Fact], known_at: datetime | None = None
) -> History[Row]:
    """The row of a key from each moment on at which it changed, as known at a moment, null for now (R6, R45)."""
    known = book.known(facts, known_at)
    return projection.history(key, [fact for fact in known if key in projection.keys(fact)])


def row(
    projection: Projection[Row],
    key: Key,
    facts: Sequence[Fact],
    t: datetime,
    known_at: datetime | None = None,
) -> Row | None:
    """The row of a key as of a moment, as known at another, null for now."""
    states = [state for moment, state in history(projection, key, facts, known_at) if moment <= t]
    return states[-1] if states else None
