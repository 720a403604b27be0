"""What is a projection? A question that is answered by folding one row by its key, and nothing else.

A handler takes the row of a key and one event and returns the next row, or null for none. It may ask for more by the
names of its parameters: `fact` (times and position) and `key`. It sees no other row, no clock and no store; so the same
projection answers for now, for any day, and for what was known on any other day (R6).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from inspect import signature
from itertools import groupby
from typing import Any, Generic, TypeVar

from modeltrail.domain.events import Event
from modeltrail.domain.facts import Fact, in_order

Row = TypeVar("Row")
Key = Hashable
Handler = Callable[..., Any]
Keys = Callable[[Any], Any]
History = list[tuple[datetime, Row | None]]
"""The row of a key from each moment on at which it changed."""
Sift = Callable[[Any, Sequence[Fact]], Sequence[Fact]]


class Projection(Generic[Row]):
    """A keyed fold: its name, the question it answers, and an edition that is raised when its handlers change."""

    def __init__(self, name: str, row: type[Row], *, edition: int, question: str, sift: Sift | None = None) -> None:
        self.name = name
        self.row = row
        self.edition = edition
        self.question = question
        self._sift = sift
        self._handlers: dict[type[Event], tuple[Handler, frozenset[str], Keys]] = {}

    def on(self, *events: type[Event], key: Keys) -> Callable[[Handler], Handler]:
        """Register a handler for some events. `key` gives the key of the row concerned, or a tuple of several.

        Raises ValueError where one of the events has a handler already.
        """

        def register(handler: Handler) -> Handler:
            wanted = frozenset(signature(handler).parameters) & {"fact", "key"}
            for event in events:
                if event in self._handlers:
                    raise ValueError(f"{self.name} has two handlers for {event.__name__}: keep one")
                self._handlers[event] = (handler, wanted, key)
            return handler

        return register

    @property
    def kinds(self) -> frozenset[str]:
        """The stored names of the events that it folds."""
        return frozenset(event.type for event in self._handlers)

    def keys(self, event: Event) -> tuple[Key, ...]:
        """The keys of the rows that an event concerns."""
        known = self._handlers.get(type(event))
        if known is None:
            return ()
        keys = known[2](event)
        return tuple(dict.fromkeys(keys)) if isinstance(keys, tuple) else (keys,)

    def apply(self, row: Row | None, key: Key, fact: Fact) -> Row | None:
        """The row after one more fact that concerns its key."""
        handler, wanted, _ = self._handlers[type(fact.event)]
        extra = {name: value for name, value in (("fact", fact), ("key", key)) if name in wanted}
        result: Row | None = handler(row, fact.event, **extra)
        return result

    def history(self, key: Key, facts: Iterable[Fact]) -> History[Row]:
        """The row of a key at every moment at which it changed, from the known facts that concern it (R6)."""
        row: Row | None = None
        states: History[Row] = []
        ordered = in_order(facts)
        counted = ordered if self._sift is None else self._sift(key, ordered)
        for moment, group in groupby(counted, key=lambda fact: fact.effective_at):
            for fact in group:
                row = self.apply(row, key, fact)
            states.append((moment, row))
        return states

    def grown(self, states: History[Row], key: Key, facts: Iterable[Fact]) -> History[Row] | None:
        """A history with more facts, null where one of them counts before what it holds (R6): then all are folded."""
        states = list(states)
        for fact in facts:
            moment, row = states[-1] if states else (None, None)
            if self._sift is not None or (moment is not None and fact.effective_at <= moment):
                return None
            states.append((fact.effective_at, self.apply(row, key, fact)))
        return states
