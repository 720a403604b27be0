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
    if not callable(handler):
        raise ValueError(f"{projection} has the handler {handler!r}, which is no function: decorate a function")
    wanted = _asked_for(f"{projection} has a handler that", handler, ("row", "event"), ("fact", "key"))
    if wanted == {"fact", "key"}:
        return lambda row, fact, key: handler(row, fact.event, fact=fact, key=key)
    if wanted == {"fact"}:
        return lambda row, fact, key: handler(row, fact.event, fact=fact)
    if wanted == {"key"}:
        return lambda row, fact, key: handler(row, fact.event, key=key)
    return lambda row, fact, key: handler(row, fact.event)


def _takes_fact(projection: str, key: Keys) -> bool:
    """Whether a key function asks for the fact. Raises ValueError for one that asks for something else."""
    if not callable(key):
        raise ValueError(
            f"{projection} has the key {key!r}, which is no function: give one, as in "
            "key=lambda event: event.deployment"
        )
    return bool(_asked_for(f"{projection} has a key function that", key, ("event",), ("fact",)))


def _asked_for(who: str, function: Callable[..., Any], given: Sequence[str], more: Sequence[str]) -> frozenset[str]:
    """By which names a function asks for more than it is given in order; nothing where it does not tell, as some
    built-in ones. Raises ValueError where it asks for something that nobody has."""
    try:
        parameters = list(signature(function).parameters.values())
    except ValueError:
        return frozenset()
    in_order = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    takes_any = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    if len(in_order) < len(given) and not takes_any:
        raise ValueError(f"{who} takes too little: it is given {' and '.join(given)}, in this order")
    rest = [one for one in parameters if one not in in_order[: len(given)]]
    named = [one for one in rest if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    wanted = frozenset(one.name for one in named if one.default is one.empty or one.name in more)
    if strange := wanted - {*more}:
        raise ValueError(
            f"{who} asks for {', '.join(sorted(strange))}: it is given {' and '.join(given)}, and may ask for "
            f"{' and '.join(more)} by name"
        )
    return wanted


_RECORDED = frozenset(EVENT_TYPES.values())


def _not_recorded(projection: str, event: object) -> str:
    """What to write in place of something that is no recorded event."""
    if isinstance(event, type) and issubclass(event, Event):
        name = event.__name__
        instead = f"name the kinds below it, as in .on(*leaves({name}), ...) with leaves of modeltrail.domain.events"
    elif isinstance(event, str) and event in EVENT_TYPES:
        name, instead = repr(event), f"write {EVENT_TYPES[event].__name__}, of modeltrail.domain.events"
    else:
        name = event.__name__ if isinstance(event, type) else repr(event)
        instead = "take one of modeltrail.domain.events"
    return f"{projection} handles {name}, which is never recorded: {instead}"


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
        recorded, or has a handler already, and where the handler or `key` asks for what nobody has.
        """
        if not events:
            raise ValueError(
                f"{self.name} has a handler of no event: name what it takes, as in .on(DeploymentCreated, ...)"
            )

        def register(handler: Handler) -> Handler:
            apply = _applied(self.name, handler)
            takes_fact = _takes_fact(self.name, key)
            for event in events:
                if event not in _RECORDED:
                    raise ValueError(_not_recorded(self.name, event))
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
