"""Whose word counts where sources disagree? How much each is trusted, and what was said of one thing (R13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from modeltrail.domain.events import TrustChanged
from modeltrail.domain.facts import Fact

Thread = tuple[str, str | None]
"""One thing that is announced: its kind, and for which SKU, stage or version where there are several."""


@lru_cache(maxsize=4_096)
def rank(order: tuple[str, ...], source: str | None) -> int:
    """How much a source is trusted, 0 for most: the place of the first entry that it matches, else behind all of them.

    It matches an entry that it equals, or that it begins with, followed by neither a letter nor a digit.

    >>> order = ("https://learn.microsoft.com", "azure-models")
    >>> [rank(order, source) for source in ("https://learn.microsoft.com/azure#a", "azure-models sweden.json row 7")]
    [0, 1]
    >>> [rank(order, source) for source in ("azure-models2 sweden.json row 7", "a mail", None)]
    [2, 2, 2]
    """
    for place, entry in enumerate(order):
        if source is not None and source.startswith(entry) and not source[len(entry) : len(entry) + 1].isalnum():
            return place
    return len(order)


def speaker_of(source: str | None) -> str | None:
    """Who speaks in a source: its first word, without what follows `#`. So an import is the same one every night.

    >>> speaker_of("azure-models sweden.json sha256:ab12 row 7"), speaker_of("https://example.com/dates#o3")
    ('azure-models', 'https://example.com/dates')
    """
    return None if source is None else source.partition(" ")[0].partition("#")[0]


@dataclass(frozen=True, slots=True)
class Weighing:
    """All that was said of some things, each thread in the order in which it counts, and the order of trust in force.

    What is trusted less is kept: another order may let it count (R13).
    """

    trusted_by: Fact | None = None
    """The fact that declared the order in force, null where none was declared yet."""
    before: tuple[str, ...] = ()
    """The order that was in force before it."""
    said: Mapping[Thread, tuple[Fact, ...]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        """The sources, the most trusted first."""
        event = self.trusted_by.event if self.trusted_by is not None else None
        return event.sources if isinstance(event, TrustChanged) else ()

    def under(self, declared: Fact) -> Weighing:
        """The same under another order of trust."""
        return replace(self, trusted_by=declared, before=self.order)

    def heard(self, thread: Thread, fact: Fact) -> Weighing:
        """The same with one more statement of a thread."""
        return replace(self, said={**self.said, thread: (*self.said.get(thread, ()), fact)})

    def without(self, thread: Thread) -> Weighing:
        """The same without a thread: it was carried out, whoever announced it."""
        return replace(self, said={other: facts for other, facts in self.said.items() if other != thread})

    def best(self, facts: Iterable[Fact]) -> list[Fact]:
        """Those of some statements whose sources are trusted most, in their order."""
        ranked = [(rank(self.order, fact.source), fact) for fact in facts]
        most = min((place for place, _ in ranked), default=0)
        return [fact for place, fact in ranked if place == most]

    def counting(self, thread: Thread) -> list[Fact]:
        """The statements of a thread whose sources are trusted most, the last one being what counts."""
        return self.best(self.said.get(thread, ()))

    def decider(self, *threads: Thread) -> Fact | None:
        """What declared the order in force, where it makes a difference between those who spoke of some things.

        So it does where the one before it made one: what was trusted less counts again.
        """
        sources = {fact.source for thread in threads for fact in self.said.get(thread, ())}
        makes_one = any(len({rank(order, source) for source in sources}) > 1 for order in (self.order, self.before))
        return self.trusted_by if makes_one else None
