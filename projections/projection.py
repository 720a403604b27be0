"""What is a projection? A question that is answered by folding one row by its key, and nothing else.

A handler takes the row of a key and one event and returns the next row, or null for none. It may ask for more by the
names of its parameters: `fact` (times and position) and `key`. It sees no other row, no clock and no store; so the same
projection answers for now, for any day, and for what was known on any other day (R6). What gives the key of the row
takes the event, and the fact where it has a second parameter of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from typing import Any, Generic, TypeVar

from modeltrail.domain.events import EVENT_TYPES, Event
from modeltrail.domain.facts import Fact, in_order, precedes

Row = TypeVar("Row")
Key = Hashable
"""What names a row: a text, or as many texts as the projection has names of key columns."""
Handler = Callable[..., Any]
Keys = Callable[..., Any]
History = list[tuple[datetime, Row | None]]
"""The row of a key from each moment on at which it changed."""
Sift = Callable[[Any, Sequence[Fact]], Sequence[Fact]]
Applied = Callable[[Any, Fact, Key], Any]
"""A handler, whatever it asks for, called with the row, the fact and the key."""


def _applied(projection: str, handler: Handler) -> Applied:
    """A handler called with what it asks for. Raises ValueError for one that asks for something else."""
    wanted = _asked_for(handler, 2)
    strange = wanted - {"fact", "key"}
    if strange:
        raise ValueError(
            f"{projection} has a handler that asks for {', '.join(sorted(strange))}: it is given the row and the "
            "event, and by name the fact and the key"
        )
    if wanted == {"fact", "key"}:
        return lambda row, fact, key: handler(row, fact.event, fact=fact, key=key)
    if wanted == {"fact"}:
        return lambda row, fact, key: handler(row, fact.event, fact=fact)
    if wanted == {"key"}:
        return lambda row, fact, key: handler(row, fact.event, key=key)
    return lambda row, fact, key: handler(row, fact.event)


_RECORDED = frozenset(EVENT_TYPES.values())


def _nearest_event(event: object) -> str:
    """What to write in place of something that is no recorded event."""
    if isinstance(event, type) and issubclass(event, Event):
        return f"name the kinds below it, as in .on(*leaves({event.__name__}), ...)"
    return "take one of modeltrail.domain.events"


def _asked_for(function: Callable[..., Any], after: int) -> frozenset[str]:
    """What a function asks for after so many parameters, but for what it has a default for; nothing where it does not
    tell, as some built-in ones."""
    try:
        parameters = list(signature(function).parameters.values())[after:]
    except ValueError:
        return frozenset()
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return frozenset(one.name for one in named if one.default is one.empty or one.name in ("fact", "key"))


@dataclass(frozen=True, slots=True)
class Fold(Generic[Row]):
    """The history of a key, and the fact that counts last in it; null where it has none, or cannot grow."""

    states: History[Row]
    last: Fact | None


class Projection(Generic[Row]):
    """A keyed fold: its name, the question it answers, and an edition that is raised when its handlers change."""

    def __init__(
        self,
        name: str,
        row: type[Row],
        *,
        edition: int,
        question: str,
        key: str | tuple[str, ...] = "key",
        sift: Sift | None = None,
    ) -> None:
        self.name = name
        self.row = row
        self.edition = edition
        self.question = question
        self.key_names = (key,) if isinstance(key, str) else key
        self._sift = sift
        self._handlers: dict[type[Event], Applied] = {}
        self._keys: dict[type[Event], tuple[Keys, bool]] = {}

    def on(self, *events: type[Event], key: Keys) -> Callable[[Handler], Handler]:
        """Register a handler for some events. `key` gives the key of the row concerned, or a tuple or list of several.

        It takes the event, and the fact by a second parameter `fact`. The key is a text; where the projection names
        several key columns, a tuple of as many texts. Raises ValueError where one of the events is none that is
        recorded, or has a handler already.
        """

        def register(handler: Handler) -> Handler:
            apply = _applied(self.name, handler)
            takes_fact = "fact" in _asked_for(key, 1)
            for event in events:
                if event not in _RECORDED:
                    raise ValueError(f"{self.name} handles {event!r}, which is never recorded: {_nearest_event(event)}")
                if event in self._handlers:
                    raise ValueError(f"{self.name} has two handlers for {event.__name__}: keep one")
                self._handlers[event] = apply
                self._keys[event] = (key, takes_fact)
            return handler

        return register

    @property
    def kinds(self) -> frozenset[str]:
        """The stored names of the events that it folds."""
        return frozenset(event.type for event in self._handlers)

    def keys(self, fact: Fact) -> tuple[Key, ...]:
        """The keys of the rows that a fact concerns."""
        known = self._keys.get(type(fact.event))
        if known is None:
            return ()
        key, takes_fact = known
        keys = key(fact.event, fact=fact) if takes_fact else key(fact.event)
        if not isinstance(keys, tuple | list):
            return (keys,)
        is_one = len(self.key_names) > 1 and keys and isinstance(keys[0], str)
        return (tuple(keys),) if is_one else tuple(dict.fromkeys(keys))

    def apply(self, row: Row | None, key: Key, fact: Fact) -> Row | None:
        """The row after one more fact that concerns its key."""
        result: Row | None = self._handlers[type(fact.event)](row, fact, key)
        return result

    @property
    def sifts(self) -> bool:
        """Whether some facts do not count because of others, so that a row cannot grow by one fact more."""
        return self._sift is not None

    def counted(self, key: Key, ordered: Sequence[Fact]) -> Sequence[Fact]:
        """Which of the facts that concern a key count, in their order."""
        return ordered if self._sift is None else self._sift(key, ordered)

    def history(self, key: Key, facts: Iterable[Fact]) -> History[Row]:
        """The row of a key at every moment at which it changed, from the known facts that concern it (R6)."""
        return self.fold(key, facts).states

    def fold(self, key: Key, facts: Iterable[Fact]) -> Fold[Row]:
        """The same, so that it can grow."""
        ordered = in_order(facts)
        states: History[Row] = []
        self._step(states, key, self.counted(key, ordered))
        return Fold(states, ordered[-1] if ordered and self._sift is None else None)

    def _step(self, states: History[Row], key: Key, ordered: Iterable[Fact]) -> None:
        row = states[-1][1] if states else None
        for fact in ordered:
            row = self.apply(row, key, fact)
            if states and states[-1][0] == fact.effective_at:
                states.pop()
            states.append((fact.effective_at, row))

    def grown(self, fold: Fold[Row], key: Key, facts: Sequence[Fact]) -> Fold[Row] | None:
        """A fold with more facts, null where one of them counts before what it holds (R6): then all are folded."""
        last = fold.last
        if last is None and fold.states:
            return None
        for fact in facts:
            if last is not None and not precedes(last, fact):
                return None
            last = fact
        if not facts:
            return fold
        states = list(fold.states)
        self._step(states, key, facts)
        return Fold(states, last)
