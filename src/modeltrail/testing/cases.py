"""On what is a law checked? A projection, a history, facts that it does not handle, and what is drawn by lot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import instant_text
from modeltrail.projections.projection import Projection
from modeltrail.shapes import Shape
from modeltrail.testing.drawn_facts import in_new_order
from modeltrail.testing.reading import Reading


class Broken(Exception):
    """A law does not hold. The text says what was found, and in place of what."""


@dataclass(frozen=True)
class Case:
    """One try. The same seed draws the same, so a try can be repeated. `strangers`: facts that are not handled."""

    projection: Projection[Any]
    facts: tuple[Fact, ...]
    strangers: tuple[Fact, ...]
    seed: int
    flaws: dict[str, str | None] = field(default_factory=dict, init=False, compare=False)
    """What is known of each law by its name: how it is broken, null where it is not."""

    def lot(self) -> Random:
        """What is drawn by lot."""
        return Random(self.seed)

    @cached_property
    def shape(self) -> Shape[Any]:
        """The columns of the projection."""
        return Shape(self.projection)

    @cached_property
    def reading(self) -> Reading:
        """All facts, read plainly."""
        return Reading(self.projection, self.facts)

    @cached_property
    def moments(self) -> list[datetime | None]:
        """The moments at which something takes effect or becomes known, and null for now."""
        return [None, *sorted({moment for fact in self.facts for moment in (fact.effective_at, fact.known_at)})]

    @cached_property
    def knowledges(self) -> list[datetime | None]:
        """The moments at which something becomes known, and null for all that is known."""
        return [None, *sorted({fact.known_at for fact in self.facts})]

    def parts(self, lot: Random) -> Iterator[tuple[Fact, ...]]:
        """The facts in parts as they are recorded, mostly one at a time."""
        start = 0
        while start < len(self.facts):
            end = start + lot.choice((1, 1, 1, 2, 5))
            yield self.facts[start:end]
            start = end

    def smaller(self) -> Iterator[Case]:
        """The same with one fact less, or one that is told more simply."""
        for fact in reversed(self.facts):
            gone = _with_retractions(self.facts, fact.position)
            left = [one for one in self.facts if one.position not in gone]
            yield replace(self, facts=tuple(in_new_order(left)))
        for place, fact in enumerate(self.facts):
            simple = fact._replace(known_at=fact.effective_at, source=None)
            if simple != fact and not isinstance(fact.event, FactRetracted):
                yield replace(self, facts=(*self.facts[:place], simple, *self.facts[place + 1 :]))


def _with_retractions(facts: Sequence[Fact], position: int) -> set[int]:
    """A position, and those of all that retracts it, or retracts that."""
    gone = {position}
    for fact in facts:
        if isinstance(fact.event, FactRetracted) and fact.event.position in gone:
            gone.add(fact.position)
    return gone


def demand(what: str, expected: Any, found: Any) -> None:
    """Raise Broken where something is not what it has to be. Of mappings only what differs is shown."""
    if expected == found:
        return
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        differing = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
        if differing:
            key = differing[0]
            what, expected, found = f"{what}, of {key!r}", expected.get(key), found.get(key)
    raise Broken(f"{what}:\n    expected {_shown(expected)}\n    found    {_shown(found)}")


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list) and value and not hasattr(value, "_fields"):
        return "".join(f"\n        {one!r}" for one in value)
    return "nothing" if value is None or value == () else repr(value)


def when(t: datetime | None, k: datetime | None) -> str:
    """A moment on both clocks in words."""
    at = "now" if t is None else f"at {instant_text(t)}"
    return at if k is None else f"{at} as known at {instant_text(k)}"
