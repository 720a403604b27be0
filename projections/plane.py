"""What was a row at every moment, as known at every moment? Rectangles on the two clocks, from the facts of one key.

A rectangle says: from `valid_from` until `valid_to` the row was this, as known from `known_from` until `known_to`; both
half-open. What changes nothing makes no rectangle, so a key has about twice as many of them as changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar

from modeltrail.domain.facts import Fact, Retractions, in_order, is_known
from modeltrail.projections.projection import Key, Projection

Row = TypeVar("Row")


class State(NamedTuple, Generic[Row]):
    """The row from a moment on, null for none, and the position of the fact that made it so."""

    since: datetime
    row: Row | None
    position: int


class Rectangle(NamedTuple, Generic[Row]):
    """A row and where it holds on the two clocks; null for an end that is open."""

    valid_from: datetime
    valid_to: datetime | None
    known_from: datetime
    known_to: datetime | None
    row: Row | None
    position: int


class HandlerFailed(Exception):
    """A handler could not take a fact: the row of the key cannot be told from there on."""

    def __init__(self, projection: str, key: Key | None, position: int, error: str) -> None:
        super().__init__(f"{projection} could not take position {position} for {key!r} ({error})")
        self.key, self.position, self.error = key, position, error
        self.made: list[Rectangle[Any]] = []
        """The rectangles without what could not be taken."""


def states(projection: Projection[Row], key: Key, known: Iterable[Fact]) -> list[State[Row]]:
    """The row of a key from each moment on at which it changed, from the known facts that concern it (R6)."""
    found: list[State[Row]] = []
    extend(projection, key, found, projection.counted(key, in_order(known)))
    return found


def extend(projection: Projection[Row], key: Key, found: list[State[Row]], facts: Iterable[Fact]) -> None:
    """Let states grow by facts that count after all of them. Raises HandlerFailed."""
    for fact in facts:
        before = found[-1].row if found else None
        after = applied(projection, before, key, fact)
        if after == before:
            continue
        if found and found[-1].since == fact.effective_at:
            found.pop()
            if after == (found[-1].row if found else None):
                continue
        found.append(State(fact.effective_at, after, fact.position))


def applied(projection: Projection[Row], row: Row | None, key: Key, fact: Fact) -> Row | None:
    """The row after one more fact. Raises HandlerFailed for whatever the handler raises."""
    try:
        return projection.apply(row, key, fact)
    except Exception as error:  # a handler is somebody else's code
        raise HandlerFailed(projection.name, key, fact.position, f"{type(error).__name__}: {error}") from error


def rectangles(
    projection: Projection[Row],
    key: Key,
    facts: Sequence[Fact],
    retractions: Retractions,
    since: datetime | None = None,
) -> list[Rectangle[Row]]:
    """The rectangles of a key from all facts that concern it; with `since` as if nothing was known before that.

    Where a handler fails, what was last known stays known until all that is known can be taken again. Raises
    HandlerFailed, with what was made, where that is not so in the end.
    """
    plane, failed = _Plane(projection, key), None
    disturbed = {retraction.known_at for fact in facts for retraction in _retracting(fact, retractions)}
    arriving = {
        moment: list(group)
        for moment, group in groupby(sorted(facts, key=lambda fact: (fact.known_at, fact.position)), key=_known_at)
    }
    learned: list[Fact] = []
    moments: set[datetime] = {*arriving, *disturbed}
    if since is not None:
        moments.add(since)
    for moment in sorted(moments):
        news = arriving.get(moment, [])
        learned += news
        if since is not None and moment < since:
            continue
        is_plain = failed is None and moment not in disturbed and moment != since
        try:
            if not (is_plain and _all_known(news, moment, retractions) and plane.grow(moment, news)):
                plane.refold(moment, [fact for fact in learned if is_known(fact, moment, retractions)])
            failed = None
        except HandlerFailed as error:
            failed = error
    if failed is not None:
        failed.made = plane.all()
        raise failed
    return plane.all()


def _known_at(fact: Fact) -> datetime:
    return fact.known_at


def _all_known(facts: Sequence[Fact], moment: datetime, retractions: Retractions) -> bool:
    """Whether none of some facts is retracted, as known when they are learned."""
    return not retractions or all(is_known(fact, moment, retractions) for fact in facts)


def _retracting(fact: Fact, retractions: Retractions) -> Iterator[Fact]:
    """All that retracts a fact, or retracts that."""
    for retraction in retractions.get(fact.position, ()):
        yield retraction
        yield from _retracting(retraction, retractions)


class _Plane(Generic[Row]):
    """The rectangles of a key while knowledge grows. `known_from` says since when each state is known as it is;
    `ordered` are the facts of which the states are made."""

    def __init__(self, projection: Projection[Row], key: Key) -> None:
        self._projection, self._key = projection, key
        self._ordered: list[Fact] = []
        self._states: list[State[Row]] = []
        self._known_from: list[datetime] = []
        self._done: list[Rectangle[Row]] = []

    def grow(self, moment: datetime, news: Sequence[Fact]) -> bool:
        """Take facts that become known at a moment, beside all that is known; false where they may change what else
        counts, and nothing is taken."""
        if self._projection.sifts:
            return False
        if len(news) == 1 and (not self._ordered or self._ordered[-1].effective_at < news[0].effective_at):
            self._append(moment, news[0])
        else:
            self._insert(moment, news)
        return True

    def _insert(self, moment: datetime, news: Sequence[Fact]) -> None:
        """Take facts among the others: what is effective since the first of them is folded again."""
        since = min(fact.effective_at for fact in news)
        at = bisect_left(self._ordered, since, key=lambda fact: fact.effective_at)
        later = in_order([*self._ordered[at:], *news])
        start = max(0, bisect_left(self._states, since, key=lambda state: state.since) - 1)
        is_before = bool(self._states) and self._states[start].since < since
        found = self._states[start : start + is_before]
        extend(self._projection, self._key, found, later)
        self._ordered[at:] = later
        self._become(moment, start, found)

    def _append(self, moment: datetime, fact: Fact) -> None:
        """Take one fact after the moments of all others, as most facts come: only the last rectangle ends."""
        last = self._states[-1] if self._states else None
        row = applied(self._projection, last.row if last else None, self._key, fact)
        self._ordered.append(fact)
        if row == (last.row if last else None):
            return
        if last is not None:
            self._close(len(self._states) - 1, moment)
            self._known_from[-1] = moment
        self._states.append(State(fact.effective_at, row, fact.position))
        self._known_from.append(moment)

    def refold(self, moment: datetime, known: Sequence[Fact]) -> None:
        """Take all that is known at a moment."""
        ordered = in_order(known)
        found: list[State[Row]] = []
        extend(self._projection, self._key, found, self._projection.counted(self._key, ordered))
        self._ordered = ordered
        self._become(moment, 0, found)

    def _become(self, moment: datetime, start: int, found: Sequence[State[Row]]) -> None:
        """From a moment on the states from the one at `start` on are known to be these."""
        before = self._states[start:]
        same = _common(before, found)
        start, before, found = start + same, before[same:], found[same:]
        if not before and not found:
            return
        end = _common(before[::-1], found[::-1])
        changed, new = before[: len(before) - end], found[: len(found) - end]
        first = start
        if start and (changed[0].since if changed else self._since(start)) != (
            new[0].since if new else self._since(start + len(changed))
        ):
            first = start - 1  # it ends at another moment than before
        kept = self._states[first:start]
        for index in range(first, start + len(changed)):
            self._close(index, moment)
        self._states[first : start + len(changed)] = [*kept, *new]
        self._known_from[first : start + len(changed)] = [moment] * (len(kept) + len(new))

    def _since(self, index: int) -> datetime | None:
        return self._states[index].since if index < len(self._states) else None

    def _close(self, index: int, moment: datetime) -> None:
        if self._known_from[index] < moment:
            self._done.append(self._rectangle(index, moment))

    def _rectangle(self, index: int, known_to: datetime | None) -> Rectangle[Row]:
        state = self._states[index]
        return Rectangle(
            state.since, self._since(index + 1), self._known_from[index], known_to, state.row, state.position
        )

    def all(self) -> list[Rectangle[Row]]:
        """What was known for a time, then what is known now."""
        return [*self._done, *(self._rectangle(index, None) for index in range(len(self._states)))]


def _common(ours: Sequence[Any], theirs: Sequence[Any]) -> int:
    """How many of the first of both are the same."""
    count = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        count += 1
    return count
