"""What did an export show of a deployment that looked as before? The same as the export before it (R31, R40).

Only what differs becomes a fact of the deployment; the reading itself is one fact for all of them. So the sights of
rows that did not change are derived here, one for each reading, and count like any other sight.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from modeltrail.domain.events import DeploymentDeleted, DeploymentObserved, ExportObserved
from modeltrail.domain.facts import Fact, in_order

_AT = attrgetter("effective_at")


def scopes_of(key: str) -> Iterator[str]:
    """The scopes that a key lies in: all that stands before one of its slashes.

    >>> list(scopes_of("acme/eu/chat"))
    ['acme', 'acme/eu']
    """
    end = key.find("/", 1)
    while end > 0:
        yield key[:end]
        end = key.find("/", end + 1)


def with_sights(deployment: str, facts: Sequence[Fact], readings: Iterable[Fact]) -> list[Fact]:
    """The known facts of a deployment, and a sight for each known reading that showed it unchanged.

    `readings` are those whose scope it lies in. A sight has the position, the times and the source of its reading.
    """
    told = _told(facts)
    shown: dict[str, Fact] = {}
    sights: list[Fact] = []
    for reading in sorted(readings, key=_AT):
        while told and told[0].effective_at <= reading.effective_at:
            _tell(shown, told.popleft())
        if _shows_again(deployment, shown, reading):
            sights.append(_seen_again(shown, reading))
    return [*facts, *sights]


def with_few_sights(
    deployment: str, facts: Sequence[Fact], readings: Sequence[Fact], turns: Iterable[datetime]
) -> list[Fact]:
    """The same, but of sights in a row that show one thing, with nothing between them, only the first and the last.

    `turns`: the moments at which a model changes in what counts for the deployment. `readings` are in time. The sights
    that are left out show it where it rests, and change nothing of where it was before and after them.
    """
    told = _told(facts)
    shown: dict[str, Fact] = {}
    sights: list[Fact] = []
    moments = sorted({*turns, *(fact.effective_at for fact in facts)})
    for moment, ahead in zip(moments, [*moments[1:], None], strict=True):
        while told and told[0].effective_at <= moment:
            _tell(shown, told.popleft())
        start, after = bisect_left(readings, moment, key=_AT), bisect_right(readings, moment, key=_AT)
        end = len(readings) if ahead is None else bisect_left(readings, ahead, key=_AT)
        between: Iterable[int] = range(after, end)
        if len({_what(fact) for fact in shown.values()}) == 1:
            between = _ends(range(after, end), lambda number: _shows_again(deployment, shown, readings[number]))
        again = (readings[number] for number in (*range(start, after), *between))
        sights += [_seen_again(shown, reading) for reading in again if _shows_again(deployment, shown, reading)]
    return [*facts, *sights]


def _ends(numbers: range, is_meant: Callable[[int], bool]) -> list[int]:
    """The first and the last of some numbers that are meant."""
    ends = (next(filter(is_meant, way), None) for way in (numbers, reversed(numbers)))
    return sorted({number for number in ends if number is not None})


def _told(facts: Iterable[Fact]) -> deque[Fact]:
    return deque(fact for fact in in_order(facts) if isinstance(fact.event, DeploymentObserved | DeploymentDeleted))


def _what(fact: Fact) -> tuple[str, str, str]:
    assert isinstance(fact.event, DeploymentObserved)
    return fact.event.model, fact.event.version, fact.event.status


def _shows_again(deployment: str, shown: Mapping[str, Fact], reading: Fact) -> bool:
    """Whether a reading showed again what exports of its kind had shown last."""
    event = reading.event
    assert isinstance(event, ExportObserved)
    last = shown.get(event.export)
    return last is not None and last.effective_at < reading.effective_at and deployment not in event.unread


def _tell(shown: dict[str, Fact], fact: Fact) -> None:
    """What each kind of export has shown last; what is deleted is shown by none until one shows it anew."""
    if isinstance(fact.event, DeploymentDeleted):
        shown.clear()
    elif isinstance(fact.event, DeploymentObserved) and fact.event.export is not None:
        shown[fact.event.export] = fact


def _seen_again(shown: Mapping[str, Fact], reading: Fact) -> Fact:
    assert isinstance(reading.event, ExportObserved)
    sight = shown[reading.event.export]
    return Fact(
        reading.position,
        sight.stream,
        0,
        sight.event,
        reading.effective_at,
        reading.known_at,
        reading.recorded_at,
        sight.mode,
        reading.by,
        reading.why,
        reading.source,
        reading.command_id,
    )
