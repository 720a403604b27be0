"""Which histories do the tests draw, and how does the reference read them? Lives of models and deployments."""

from __future__ import annotations

from typing import Any

from modeltrail.domain.facts import Fact
from modeltrail.testing.drawn_events import DEPLOYMENTS
from modeltrail.testing.drawn_facts import LATEST, History, reordered
from modeltrail.testing.drawn_lives import busy, disputed, often_seen
from modeltrail.testing.drawn_lives import facts_of_lives as facts
from modeltrail.testing.drawn_lives import lives as histories

__all__ = [
    "DEPLOYMENTS",
    "LATEST",
    "History",
    "as_plain",
    "busy",
    "disputed",
    "facts",
    "histories",
    "often_seen",
    "reordered",
]


def as_plain(fact: Fact) -> dict[str, Any]:
    """A fact as the reference reads it: plain values, nulls left out."""
    kept = ("position", "effective_at", "known_at", "mode", "source")
    return {name: getattr(fact, name) for name in kept} | {"type": fact.event.type, "data": fact.event.data()}
