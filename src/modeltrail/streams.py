"""Which facts has a stream? Read from the log when they are asked for, and kept as long as they are in use."""

from __future__ import annotations

from collections import OrderedDict

from modeltrail.domain.facts import Fact
from modeltrail.log import Log

STREAMS_KEPT = 2_048
"""How many streams are kept: those that were asked for last."""


class Streams:
    """The facts of streams up to a position that only grows. What is kept of a stream is all of it."""

    def __init__(self, log: Log, kept: int = STREAMS_KEPT) -> None:
        self._log = log
        self._limit = kept
        self._kept: OrderedDict[str, list[Fact]] = OrderedDict()

    def __contains__(self, stream: str) -> bool:
        return stream in self._kept

    @property
    def kept(self) -> int:
        """How many facts are kept."""
        return sum(map(len, self._kept.values()))

    def take(self, fact: Fact) -> None:
        """Let what is kept of a stream grow by its next fact."""
        facts = self._kept.get(fact.stream)
        if facts is not None:
            facts.append(fact)

    def facts(self, stream: str, position: int) -> list[Fact]:
        """Every fact of a stream up to the position that was reached, in the order of the log: not to be changed."""
        facts = self._kept.get(stream)
        if facts is None:
            facts = self._kept[stream] = self._log.stream(stream, position)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(stream)
        return facts
