"""Which facts did a call record? As many as there are, read from the log when they are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import overload

from modeltrail.domain.facts import Fact
from modeltrail.log import Log


class Recorded(Sequence[Fact]):
    """Facts by their positions. The moves of a crowd are many; nothing of them is kept but where they are."""

    def __init__(self, log: Log, positions: Iterable[range]) -> None:
        self._log = log
        self.positions = tuple(run for run in positions if run)
        self._ends = tuple(accumulate(len(run) for run in self.positions))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Fact]:
        for run in self.positions:
            yield from self._log.read(after=run.start - 1, limit=len(run))

    @overload
    def __getitem__(self, index: int) -> Fact: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Fact]: ...

    def __getitem__(self, index: int | slice) -> Fact | Sequence[Fact]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        for run, end in zip(self.positions, self._ends, strict=True):
            if 0 <= place < end:
                return self._log.fact(run[place - (end - len(run))])
        raise IndexError(f"{len(self)} facts were recorded: there is no {index}")


def runs(positions: Iterable[range]) -> list[range]:
    """The same positions in order, with neighbours joined.

    >>> runs([range(1, 3), range(3, 4), range(7, 9)])
    [range(1, 4), range(7, 9)]
    """
    joined: list[range] = []
    for run in positions:
        if joined and joined[-1].stop == run.start:
            joined[-1] = range(joined[-1].start, run.stop)
        elif run:
            joined.append(run)
    return joined


def places(facts: Sequence[Fact]) -> range:
    """The positions of facts that were appended together."""
    return range(facts[0].position, facts[-1].position + 1) if facts else range(0)
