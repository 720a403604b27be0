"""Which facts has a stream? Read from the log when they are asked for, and kept as long as they are in use."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from modeltrail.domain.facts import Fact
from modeltrail.log import Log
from modeltrail.projections.projection import Fold

STREAMS_KEPT = 2_048
"""How many streams are kept: those that were asked for last."""


@dataclass(slots=True)
class Stream:
    """All facts of a stream. `fold` is that of its key from the first `folded` facts, when there were so many
    `retractions` in the log."""

    facts: list[Fact]
    fold: Fold[Any] = field(default_factory=lambda: Fold([], None))
    folded: int = 0
    retractions: int = 0


class Streams:
    """The facts of streams up to a position that only grows. What is kept of a stream is all of it."""

    def __init__(self, log: Log, kept: int = STREAMS_KEPT) -> None:
        self._log = log
        self._limit = kept
        self._kept: OrderedDict[str, Stream] = OrderedDict()

    def __contains__(self, stream: str) -> bool:
        return stream in self._kept

    @property
    def kept(self) -> int:
        """How many facts are kept."""
        return sum(len(stream.facts) for stream in self._kept.values())

    def take(self, fact: Fact) -> None:
        """Let what is kept of a stream grow by its next fact."""
        kept = self._kept.get(fact.stream)
        if kept is not None:
            kept.facts.append(fact)

    def of(self, stream: str, position: int) -> Stream:
        """A stream up to the position that was reached."""
        kept = self._kept.get(stream)
        if kept is None:
            kept = self._kept[stream] = Stream(self._log.stream(stream, position))
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(stream)
        return kept
