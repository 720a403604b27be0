"""What do rows have to be? The plainest reading of R6: who knows what, in which order, until when; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, in_order, is_known
from modeltrail.projections.projection import Key, Projection
from modeltrail.views import Span


class Reading:
    """The rows of a projection by facts that are all in memory, folded anew for each question."""

    def __init__(self, projection: Projection[Any], facts: Sequence[Fact]) -> None:
        self.projection = projection
        self.facts_of: dict[Key, list[Fact]] = {}
        """By key, all facts that concern it, in the order of the log."""
        self._retractions: dict[int, list[Fact]] = {}
        for fact in facts:
            if isinstance(fact.event, FactRetracted):
                self._retractions.setdefault(fact.event.position, []).append(fact)
            for key in projection.keys(fact):
                self.facts_of.setdefault(key, []).append(fact)

    def counted(self, key: Key, k: datetime | None = None) -> Sequence[Fact]:
        """What is known at `k` of a key and counts, in its order."""
        known = [fact for fact in self.facts_of[key] if is_known(fact, k, self._retractions)]
        return self.projection.counted(key, in_order(known))

    def row(self, key: Key, t: datetime | None, k: datetime | None) -> Any:
        """The row of a key at `t` as known at `k`, null where there is none."""
        row = None
        for fact in self.counted(key, k):
            if t is None or fact.effective_at <= t:
                row = self.projection.apply(row, key, fact)
        return row

    def rows(self, t: datetime | None, k: datetime | None) -> dict[Key, Any]:
        """All rows at `t` as known at `k`."""
        rows = {key: self.row(key, t, k) for key in self.facts_of}
        return {key: row for key, row in rows.items() if row is not None}

    def history(self, key: Key, k: datetime | None) -> tuple[Span[Any], ...]:
        """Each row that a key had, as known at `k`: from when until when, and the position that made it so."""
        changes = list(self._changes(key, k))
        ends = [*(since for since, _, _ in changes[1:]), None]
        return tuple(Span(since, end, row, at) for (since, row, at), end in zip(changes, ends, strict=False))

    def _changes(self, key: Key, k: datetime | None) -> Iterator[tuple[datetime, Any, int]]:
        """When the row of a key became another one, and by the fact at which position."""
        row, position = None, 0
        for moment, facts in groupby(self.counted(key, k), key=lambda fact: fact.effective_at):
            before = row
            for fact in facts:
                after = self.projection.apply(row, key, fact)
                position = position if after == row else fact.position
                row = after
            if row != before:
                yield moment, row, position
