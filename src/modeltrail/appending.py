"""How do very many facts become one transaction? They are appended part by part, and committed once, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

from modeltrail.domain.facts import Fact
from modeltrail.drafts import Draft, Tip, prepare, record
from modeltrail.rows import versions_of


class Appender:
    """An open write transaction of a log. `cursor` is for tables beside it, committed with the facts."""

    def __init__(self, cursor: sqlite3.Cursor, tip: Tip, clock: Callable[[], datetime]) -> None:
        self.cursor = cursor
        self._tip = tip
        self._clock = clock
        self.size = tip.frontier.size
        """The last position, what was appended here included."""

    def append(self, drafts: Sequence[Draft]) -> tuple[Fact, ...]:
        """Record some facts in their order, behind all others. Raises ValueError, ClocksOutOfOrder (R5)."""
        if not drafts:
            return ()
        prepared = [prepare(draft, None) for draft in drafts]
        versions = versions_of(self.cursor, {item.envelope.stream for item in prepared})
        facts = record(self.cursor, prepared, self._tip, versions, self._clock)
        self._tip = Tip(facts[-1].recorded_at, self._tip.frontier)
        self.size = self._tip.frontier.size
        return facts
