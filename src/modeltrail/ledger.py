"""Which facts concern a key, and who knows them? The log read once and kept by key, caught up before each question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import RLock
from typing import Any, NamedTuple

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact, is_known
from modeltrail.log import Log
from modeltrail.projections.announcements import announcements
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.projections.projection import Projection

BUILT_IN: tuple[Projection[Any], ...] = (models, deployments, announcements)


class Mark(NamedTuple):
    """How many facts concern a key, and how many retractions there are."""

    facts: int
    retractions: int


class Ledger:
    """The facts of the log by projection and key. Threads may share it."""

    def __init__(self, log: Log, projections: Iterable[Projection[Any]] = BUILT_IN) -> None:
        self._log = log
        self._lock = RLock()
        self._projections = tuple(projections)
        self._facts: dict[str, dict[Any, list[Fact]]] = {one.name: {} for one in self._projections}
        self._streams: defaultdict[str, list[Fact]] = defaultdict(list)
        self._retractions: defaultdict[int, list[Fact]] = defaultdict(list)
        self._retracted = 0
        self.position = 0
        self.recorded_at: datetime | None = None
        """When the last fact was recorded, null in an empty log."""

    def catch_up(self) -> int:
        """Take what was recorded since. Returns the position reached."""
        with self._lock:
            for fact in self._log.read(after=self.position):
                self._take(fact)
            return self.position

    def _take(self, fact: Fact) -> None:
        self.position, self.recorded_at = fact.position, fact.recorded_at
        self._streams[fact.stream].append(fact)
        if isinstance(fact.event, FactRetracted):
            self._retractions[fact.event.position].append(fact)
            self._retracted += 1
        for projection in self._projections:
            rows = self._facts[projection.name]
            for key in projection.keys(fact.event):
                rows.setdefault(key, []).append(fact)

    def known(self, projection: Projection[Any], key: Any, known_at: datetime | None = None) -> list[Fact]:
        """The facts that concern a key and are known, in the order of the log (R6, R45)."""
        with self._lock:
            return self._of(self._facts[projection.name].get(key, ()), known_at)

    def _of(self, facts: Sequence[Fact], known_at: datetime | None) -> list[Fact]:
        if known_at is None and not self._retractions:
            return list(facts)
        return [fact for fact in facts if is_known(fact, known_at, self._retractions)]

    def is_retracted(self, position: int) -> bool:
        """Whether the fact at a position is retracted, as known now (R45)."""
        with self._lock:
            return any(is_known(fact, None, self._retractions) for fact in self._retractions.get(position, ()))

    def mark(self, projection: Projection[Any], key: Any) -> Mark:
        """A mark that changes whenever something new may concern a key: a fact of it, or a retraction."""
        with self._lock:
            return Mark(len(self._facts[projection.name].get(key, ())), self._retracted)

    def since(self, projection: Projection[Any], key: Any, mark: Mark) -> list[Fact]:
        """The facts that concern a key and came after a mark."""
        with self._lock:
            return self._facts[projection.name].get(key, [])[mark.facts :]

    def keys(self, projection: Projection[Any]) -> list[Any]:
        """The keys of a projection, oldest first, whoever knows them."""
        with self._lock:
            return list(self._facts[projection.name])

    def has(self, projection: Projection[Any], key: Any) -> bool:
        """Whether any fact concerns a key."""
        with self._lock:
            return key in self._facts[projection.name]

    def stream(self, stream: str) -> list[Fact]:
        """Every fact of a stream, retracted ones and retractions included, in the order of the log."""
        with self._lock:
            return list(self._streams.get(stream, ()))

    def streams(self) -> list[str]:
        """The streams that have a fact."""
        with self._lock:
            return list(self._streams)
