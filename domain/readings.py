"""What did an export show of a deployment that looked as before? The same as the export before it (R31, R40).

Only what differs becomes a fact of the deployment; the reading itself is one fact for all of them. So the sights of
rows that did not change are derived here, one for each reading, and count like any other sight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from modeltrail.domain.events import DeploymentDeleted, DeploymentObserved, ExportObserved
from modeltrail.domain.facts import Fact, in_order


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
    told = deque(fact for fact in in_order(facts) if isinstance(fact.event, DeploymentObserved | DeploymentDeleted))
    shown: dict[str, Fact] = {}
    sights: list[Fact] = []
    for reading in sorted(readings, key=lambda one: one.effective_at):
        while told and told[0].effective_at <= reading.effective_at:
            _tell(shown, told.popleft())
        event = reading.event
        assert isinstance(event, ExportObserved)
        last = shown.get(event.export)
        if last is not None and last.effective_at < reading.effective_at and deployment not in event.unread:
            sights.append(_seen_again(last, reading))
    return [*facts, *sights]


def _tell(shown: dict[str, Fact], fact: Fact) -> None:
    """What each kind of export has shown last; what is deleted is shown by none until one shows it anew."""
    if isinstance(fact.event, DeploymentDeleted):
        shown.clear()
    elif isinstance(fact.event, DeploymentObserved) and fact.event.export is not None:
        shown[fact.event.export] = fact


def _seen_again(sight: Fact, reading: Fact) -> Fact:
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
