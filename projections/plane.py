"""What was a row at every moment, as known at every moment? Rectangles on the two clocks, from the facts of one key.

A rectangle says: from `valid_from` until `valid_to` the row was this, as known from `known_from` until `known_to`; both
half-open. What changes nothing makes no rectangle, so a key has about twice as many of them as changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar

from modeltrail.domain.facts import Fact, Retractions, in_order, is_known, precedes
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

    Raises HandlerFailed.
    """
    plane = _Plane(projection, key)
    disturbed = {retraction.known_at for fact in facts for retraction in _retracting(fact, retractions)}
    early, late = [], sorted(facts, key=lambda fact: (fact.known_at, fact.position))
    if since is not None:
        early = [fact for fact in late if fact.known_at <= since]
        plane.refold(since, [fact for fact in early if is_known(fact, since, retractions)])
        late = late[len(early) :]
    arriving = {moment: list(group) for moment, group in groupby(late, key=lambda fact: fact.known_at)}
    for moment in sorted({*arriving, *(moment for moment in disturbed if since is None or moment > since)}):
        news = arriving.get(moment, [])
        early += news
        if moment in disturbed or not plane.grow(moment, news):
            plane.refold(moment, [fact for fact in early if is_known(fact, moment, retractions)])
    return plane.all()


def _retracting(fact: Fact, retractions: Retractions) -> Iterator[Fact]:
    """All that retracts a fact, or retracts that."""
    for retraction in retractions.get(fact.position, ()):
        yield retraction
        yield from _retracting(retraction, retractions)


class _Plane(Generic[Row]):
    """The rectangles of a key while knowledge grows. `known_from` says since when each state is known as it is."""

    def __init__(self, projection: Projection[Row], key: Key) -> None:
        self._projection, self._key = projection, key
        self._last: Fact | None = None
        self._states: list[State[Row]] = []
        self._known_from: list[datetime] = []
        self._done: list[Rectangle[Row]] = []

    def grow(self, moment: datetime, news: Sequence[Fact]) -> bool:
        """Take facts that become known at a moment, if they count after all others; else nothing is taken."""
        ordered = in_order(news)
        if self._projection.sifts or (self._last is not None and not precedes(self._last, ordered[0])):
            return False
        if len(ordered) == 1 and (not self._states or self._states[-1].since < ordered[0].effective_at):
            self._append(moment, ordered[0])
            return True
        kept = max(0, len(self._states) - 2)
        tail = self._states[kept:]
        extend(self._projection, self._key, tail, ordered)
        self._last = ordered[-1]
        self._become(moment, kept, tail)
        return True

    def _append(self, moment: datetime, fact: Fact) -> None:
        """Take one fact after the moments of all others, as most facts come: only the last rectangle ends."""
        last = self._states[-1] if self._states else None
        row = applied(self._projection, last.row if last else None, self._key, fact)
        self._last = fact
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
        self._last = ordered[-1] if ordered else None
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
