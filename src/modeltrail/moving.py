"""Which deployments have to move, and how is that recorded? One by one where few are concerned, else cohort by cohort.

A batch is recorded only if nothing was added meanwhile to the streams of its deployments and of the models that their
moves rest on; otherwise it is looked at again. So two processes may do the same work, and each move is made once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory, models_of
from modeltrail.domain.moves import Move, due_move, rests, stand_of
from modeltrail.domain.refusals import Conflict
from modeltrail.domain.values import MICROSECOND, catalogue_of
from modeltrail.drafts import Draft
from modeltrail.failpoints import reach
from modeltrail.hosts import Host, ask, draft, executed, remembered
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.deployments import deployments
from modeltrail.recorded import places
from modeltrail.standings import Cohort, Quiet, Standing, Standings, follow, standing_of

BATCH = 1_000
"""How many moves are recorded at once: other writers wait no longer than that."""
ALIKE = frozenset({"default-change", "policy-change", "retirement"})
"""The causes that make the same of all that stand alike; others also depend on when each was put there."""
At = Callable[[Move], datetime]
"""When a move takes effect and is known."""


@dataclass(frozen=True, slots=True)
class Look:
    """From when to when something may have become due, when what is due takes effect, and whether it is time for it."""

    since: datetime
    moment: datetime
    at: At
    is_time: Callable[[Move], bool] = lambda move: True


@dataclass(frozen=True, slots=True)
class Due:
    """A move that is due, for a deployment that stands as the table says. `models`: the streams of the models that it
    rests on, and of their catalogues, with the versions that they had before it was found."""

    move: Move
    standing: Standing
    models: Mapping[str, int]


class Mover:
    """Finds what is due and records it, after asking the host if there is one.

    Of deployments that stand alike one is looked at, and what is due for it is due for all.
    """

    def __init__(
        self, log: Log, ledger: Ledger, standings: Standings, histories: Callable[[str], ModelHistory]
    ) -> None:
        self.host: Host | None = None
        self._log, self._ledger, self._standings, self._histories = log, ledger, standings, histories

    def some(self, names: Iterable[str], look: Look, tracking: tuple[str, int] | None) -> Iterator[range]:
        """Move those of some deployments for which something is due; the position is stored with the last batch.

        What is yielded, here and below, are the positions of what was recorded, a batch at a time.
        """
        for batch, is_last in _batches(sorted(names)):
            yield self._batch(batch, look, tracking if is_last else None)

    def _batch(
        self, names: Sequence[str], look: Look, tracking: tuple[str, int] | None, host: Host | None = None
    ) -> range:
        host = host or remembered(self.host)
        while True:
            dues = [due for name in names if (due := self.due(name, look)) is not None]
            try:
                return self._record(dues, look, tracking, host)
            except Conflict:
                self._ledger.catch_up()
                tracking = None  # another process may have got as far

    def due(self, name: str, look: Look) -> Due | None:
        """What is due for one deployment, null where nothing is, or where its host wants to be asked later."""
        version = self._version(f"deployment/{name}")
        states = self._ledger.fold(name).states
        state = states[-1][1] if states else None
        if state is None or self._rests(states, look):
            return None
        facts = self._ledger.known(deployments, name)
        models = {stream: self._version(stream) for stream in _streams(models_of(facts, self._histories))}
        latest = max(fact.known_at for fact in facts)  # another process may have moved it after the moment looked at
        move = due_move(state, facts, self._histories, max(look.moment, latest))
        if move is None or not look.is_time(move) or (move.not_before or look.moment) > look.moment:
            return None
        standing = standing_of(state, latest, version)
        assert standing is not None
        return Due(move, standing, models)

    def _version(self, stream: str) -> int:
        return self._ledger.version(stream)

    def _rests(self, states: Sequence[tuple[datetime, DeploymentState | None]], look: Look) -> bool:
        """Whether, by all that a deployment was within the time looked at, nothing can have become due."""
        ends = [*(moment - MICROSECOND for moment, _ in states[1:]), look.moment]
        for (begin, state), end in zip(states, ends, strict=True):
            if state is None or end < look.since:
                continue
            stand = stand_of(state)
            if state.held_back is not None:
                return False
            if stand is not None and not rests(stand, self._histories(stand.model), max(begin, look.since), end):
                return False
        return True

    def crowds(self, models: frozenset[str] | None, look: Look) -> Iterator[range]:
        """Move all deployments whom these models concern, null for all models, from the table and in batches."""
        position = self._standings.catch_up()
        for model in self._standings.models():
            if models is None or not models.isdisjoint(self._reachable(model)):
                for text, cohort in self._standings.cohorts(model):
                    yield from self._cohort(model, text, cohort, look, position)

    def _reachable(self, model: str) -> frozenset[str]:
        """A model, and those to which its deployments may be moved (R15, R24)."""
        found, ahead = frozenset[str](), frozenset({model})
        while ahead:
            found |= ahead
            ahead = frozenset(other for one in ahead for other in self._histories(one).leads_to) - found
        return found

    def _cohort(self, model: str, text: str, cohort: Cohort, look: Look, position: int) -> Iterator[range]:
        at_rest = cohort.alone is None and rests(cohort.stand(model), self._histories(model), look.since, look.moment)
        others = self._standings.since(model, text, look.since, position, with_new=not at_rest)
        yield from self.some(others, look, None)
        if not at_rest:
            yield from self._quiet(model, text, cohort, look)

    def _quiet(self, model: str, text: str, cohort: Cohort, look: Look) -> Iterator[range]:
        """Those of a cohort about whom nothing new was learned."""
        after = (0, "")
        is_alike = cohort.how == "record" and not _is_on_preview(self._histories(model), cohort, look)
        while quiet := self._standings.before(model, text, look.since, after, BATCH):
            self._standings.catch_up()
            after = (quiet[-1].latest, quiet[-1].deployment)
            current = self._current(quiet) if is_alike else None
            first = None if current is None else self.due(current.deployment, look)
            if current is not None and first is None:
                return
            if first is not None and first.move.cause in ALIKE and self._are_as_listed(quiet):
                yield from self._alike(first, model, cohort, quiet, look)
            else:
                yield from self.some([one.deployment for one in quiet], look, None)

    def _current(self, quiet: Sequence[Quiet]) -> Quiet | None:
        """The first that still stands as its row says, null where something was recorded about each meanwhile."""
        return next(filter(self._is_as_listed, quiet), None)

    def _is_as_listed(self, one: Quiet) -> bool:
        return one.stream_version == self._version(f"deployment/{one.deployment}")

    def _are_as_listed(self, quiet: Sequence[Quiet]) -> bool:
        """Whether a host may be asked for them all; without one it shows when they are recorded."""
        return self.host is None or all(map(self._is_as_listed, quiet))

    def _alike(self, first: Due, model: str, cohort: Cohort, quiet: Sequence[Quiet], look: Look) -> Iterator[range]:
        """The same move for each; where somebody was quicker, each is looked at after all."""
        host, at = remembered(self.host), look.at(first.move)
        standings = [
            Standing(one.deployment, model, cohort, look.since, one.stream_version, one.placed_by) for one in quiet
        ]
        reach("batch.before")
        try:
            yield self._append(_same(first.move, standings, at, host), standings, first.models, None)
        except Conflict:
            self._ledger.catch_up()
            yield self._batch([one.deployment for one in quiet], look, None, host)
        reach("batch.after")

    def _record(self, dues: Sequence[Due], look: Look, tracking: tuple[str, int] | None, host: Host | None) -> range:
        """Ask the host for each move, and record what it says; nothing, where nothing is due."""
        models = {stream: version for due in dues for stream, version in due.models.items()}
        drafts = (_asked(due.move, look.at(due.move), host) for due in dues)
        return self._append(drafts, [due.standing for due in dues], models, tracking)

    def _append(
        self,
        drafts: Iterable[Draft],
        standings: Sequence[Standing],
        models: Mapping[str, int],
        tracking: tuple[str, int] | None,
    ) -> range:
        """Record what is to be recorded for deployments that stand so, unless something came in between."""
        if not standings:
            return range(0)
        reach("reaction.before")
        expected = {f"deployment/{one.deployment}": one.stream_version for one in standings}

        def beside(cursor: sqlite3.Cursor, facts: Sequence[Fact]) -> None:
            pairs = zip(standings, facts, strict=True)
            follow(cursor, [(one.deployment, one.after(fact)) for one, fact in pairs], facts)

        facts = self._log.append(list(drafts), expected={**expected, **models}, tracking=tracking, beside=beside)
        self._ledger.take(facts)
        self._ledger.catch_up()  # whoever was moved into a cohort that is looked at later is known to be there
        reach("reaction.after")
        return places(facts)


def _streams(models: Iterable[str]) -> set[str]:
    """The streams of models, and of their catalogues, which say whose word counts (R13)."""
    return {stream for model in models for stream in (f"model/{model}", f"catalogue/{catalogue_of(model)}")}


def _asked(move: Move, at: datetime, host: Host | None) -> Draft:
    """What a host says; never before it wanted to be asked again."""
    draft = ask(host, move, at if move.not_before is None else max(at, move.not_before))
    reach("reaction.asked")
    return draft


def _same(move: Move, standings: Sequence[Standing], at: datetime, host: Host | None) -> Iterator[Draft]:
    """The same move for several deployments; without a host nothing but the name differs."""
    if host is not None:
        for one in standings:
            yield _asked(replace(move, deployment=one.deployment, placed_by=one.placed_by), at, host)
        return
    event = executed(move)
    for one in standings:
        yield draft(event.model_copy(update={"deployment": one.deployment}), at)


def _batches(names: Sequence[str]) -> Iterator[tuple[Sequence[str], bool]]:
    """The names in batches, each with whether it is the last."""
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH], start + BATCH >= len(names)


def _is_on_preview(history: ModelHistory, cohort: Cohort, look: Look) -> bool:
    """Whether they are on a preview: then it counts since when each has held (R24, R26)."""
    version = history.at(look.moment).versions.get(cohort.version)
    return version is not None and version.stage == "preview"
