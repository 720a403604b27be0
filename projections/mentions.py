"""Which facts of deployments matter to a model? Of many that mention a version, those that somebody hears first."""

from __future__ import annotations

from collections.abc import Sequence

from modeltrail.domain.events import DeploymentCreated, DeploymentObserved, VersionChanged
from modeltrail.domain.facts import Fact, precedes

Mention = DeploymentCreated | DeploymentObserved | VersionChanged
"""An event of a deployment that shows a version of a model to exist (R10)."""


def with_mention(kept: Sequence[Fact], fact: Fact) -> list[Fact] | None:
    """The mentions of one version that matter, with one more that is later in the log; null where that adds nothing.

    A mention matters if it is the first (R6) of those known at some moment, none of them being retracted. What comes
    before another, is known no later and stands before it in the log, stands in for it.
    """
    if any(one.known_at <= fact.known_at and precedes(one, fact) for one in kept):
        return None
    return [one for one in kept if one.effective_at <= fact.effective_at or one.known_at < fact.known_at] + [fact]


def without_repeated_mentions(facts: Sequence[Fact]) -> list[Fact]:
    """The facts of a model, less the mentions of a version after the first (R6, R10)."""
    first: dict[tuple[str, str | None], Fact] = {}
    others: list[Fact] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, Mention):
            known = first.get((event.model, event.version))
            if known is None or precedes(fact, known):
                first[event.model, event.version] = fact
        else:
            others.append(fact)
    return [*others, *first.values()]
