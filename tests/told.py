"""A trail that has been told some drawn facts, in the order in which they were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from modeltrail import Trail
from modeltrail.domain.facts import Fact
from modeltrail.drafts import Draft
from modeltrail.testing.drawn_facts import LATEST

NOW = LATEST + timedelta(days=1)


def told(facts: Iterable[Fact], now: datetime = NOW) -> Trail:
    """A trail in memory whose clock stands still after all of it; nobody acts."""
    trail = Trail.open("memory:", clock=lambda: now, acting="worker")
    trail.log.append(
        [
            Draft(
                event=fact.event,
                mode=fact.mode,
                by=fact.by,
                effective_at=fact.effective_at,
                known_at=fact.known_at,
                why=fact.why,
                source=fact.source,
            )
            for fact in facts
        ]
    )
    return trail
