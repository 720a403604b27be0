"""What needs a person's eye at a moment, and what was settled? Read from the log, deployment by deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, get_args

from modeltrail.domain.course import course_of
from modeltrail.domain.events import ReviewSettled
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import Calendar, ModelHistory
from modeltrail.domain.readings import with_few_sights, with_sights
from modeltrail.domain.refusals import NotUnderReview, nearest
from modeltrail.ledger import Ledger
from modeltrail.projections.models import models
from modeltrail.projections.review import (
    Finding,
    Kind,
    ReviewEntry,
    Settlement,
    may_rest,
    of_deployment,
    of_model,
    quarantined,
    quarantined_entry,
    subject_digest,
)
from modeltrail.read import Read

if TYPE_CHECKING:
    from modeltrail.trail import Trail

KINDS: tuple[Kind, ...] = get_args(Kind)
_CATALOGUE, _MODEL, _DEPLOYMENT, _REVIEW = "catalogue/", "model/", "deployment/", "review/"


def needs_your_eye(trail: Trail, read: Read) -> tuple[ReviewEntry, ...]:
    """What is open of what one import recorded, and of the rows that it could not read.

    Only what it changed is looked at, so an unchanged night costs nothing; `Trail.review` lists everything, also what
    follows for deployments from what an import stated of their models. Of an import that was only tried it is the rows.
    """
    return trail.at().review(of=read)


class Review:
    """Everything that needs an eye at a moment `t`, as known at `limit`, null for all (R6). Nothing of it is stored."""

    def __init__(
        self, ledger: Ledger, histories: Callable[[str], ModelHistory], t: datetime, limit: datetime | None
    ) -> None:
        self._ledger, self._histories, self._t, self._limit = ledger, histories, t, limit
        self._settled_subjects = frozenset(ledger.streams(_REVIEW))
        self._settlements = cache(self._settled)
        self._readings: dict[str, list[Fact]] = {}

    def entries(self, kind: Kind | None = None, *, settled: bool = False) -> tuple[ReviewEntry, ...]:
        """What is open, by its moment; with `settled` what was settled too. Raises ValueError for an unknown kind."""
        if kind is not None and kind not in KINDS:
            raise ValueError(f"nothing needs an eye as {kind!r}: use one of {', '.join(KINDS)}")
        found = chain.from_iterable(self._of(stream, kind) for stream in self._streams(kind))
        return _in_time(self._judged(found, kind, settled))

    def of(self, read: Read, kind: Kind | None = None, *, settled: bool = False) -> tuple[ReviewEntry, ...]:
        """The same of what one import recorded, and of the rows that it could not read."""
        raws = {problem.raw for problem in read.quarantined}
        if not read.kept:
            rows = {one.raw: Finding(self._tried(read, one.raw, one.reason)) for one in read.quarantined}
            return _in_time(self._judged(rows.values(), kind, settled))
        new = range(read.first or 0, (read.last or -1) + 1)
        streams = self._ledger.streams_between(new.start, new.stop - 1) if new else []
        if raws:
            streams = [*dict.fromkeys([*streams, f"{_CATALOGUE}{read.catalogue}"])]
        found = chain.from_iterable(self._of(stream, kind) for stream in streams)
        judged = self._judged(found, kind, settled)
        return _in_time(one for one in judged if one.raw in raws or any(at in new for at in one.positions))

    def _tried(self, read: Read, raw: str, reason: str) -> ReviewEntry:
        return quarantined_entry(read.catalogue, raw, reason, read.observed_at)

    def find(self, entry: str) -> ReviewEntry:
        """The entry of an id, settled or not. Raises NotUnderReview, with the nearest one."""
        kind: Kind | None = next((kind for kind in KINDS if entry.startswith(f"{kind}:")), None)
        digest = entry.partition(":")[2].partition("-")[0]
        for stream in self._streams(kind):
            if subject_digest(stream.partition("/")[2]) == digest:
                for one in self._of(stream, kind, every_sight=True):
                    if entry in (one.entry.id, *one.formerly):
                        return self._with_settlement(one)
        known = [one.id for one in self.entries(settled=True)]
        raise NotUnderReview(entry, nearest(entry, known), len(known))

    def _streams(self, kind: Kind | None) -> Iterator[str]:
        """The streams of which something of a kind may need an eye."""
        if kind in (None, "quarantined-row"):
            yield from self._ledger.streams(_CATALOGUE)
        if kind in (None, "missing-version", "contradiction"):
            yield from (f"{_MODEL}{model}" for model in self._ledger.keys(models))
        if kind != "quarantined-row":
            yield from self._ledger.streams(_DEPLOYMENT)

    def _judged(self, found: Iterable[Finding], kind: Kind | None, settled: bool) -> Iterator[ReviewEntry]:
        for one in found:
            entry = self._with_settlement(one)
            if kind in (None, entry.kind) and (settled or entry.settled is None):
                yield entry

    def _with_settlement(self, one: Finding) -> ReviewEntry:
        settlements = self._settlements(one.entry.subject)
        found = next((settlements[name] for name in (one.entry.id, *one.formerly) if name in settlements), None)
        return one.entry if found is None else one.entry.model_copy(update={"settled": found})

    def _settled(self, subject: str) -> dict[str, Settlement]:
        """What was settled of a subject by the moment, by the ids under which it was."""
        stream = f"{_REVIEW}{subject}"
        facts = self._ledger.of_stream(stream, self._limit) if stream in self._settled_subjects else []
        return {
            fact.event.entry: Settlement(by=fact.by, at=fact.effective_at, why=fact.why or "", position=fact.position)
            for fact in reversed(facts)
            if isinstance(fact.event, ReviewSettled) and fact.effective_at <= self._t
        }

    def _of(self, stream: str, kind: Kind | None, *, every_sight: bool = False) -> Sequence[Finding]:
        """What needs an eye of the subject of a stream, perhaps of other kinds too."""
        name = stream.partition("/")[2]
        if stream.startswith(_CATALOGUE):
            facts = self._ledger.of_stream(stream, self._limit)
            return quarantined(fact for fact in facts if fact.effective_at <= self._t)
        if stream.startswith(_MODEL):
            return of_model(self._histories(name), self._ledger.known(models, name, self._limit), self._t)
        if stream.startswith(_DEPLOYMENT):
            return self._of_deployment(name, kind, every_sight=every_sight)
        return ()

    def _of_deployment(self, name: str, kind: Kind | None, *, every_sight: bool) -> Sequence[Finding]:
        """Its course is derived only where it may matter, and from few of the nights on which it rested.

        Where something was settled, every sight counts: an entry may have had the moment of a later one in its id.
        """
        told = self._ledger.told(name, self._limit)
        course, facts = None, told
        if kind != "missing-version" and not may_rest(told, self._histories):
            turns = Calendar(told, self._histories).turns
            facts = with_few_sights(name, told, self._readings_of(name), turns)
            course = course_of(name, facts, self._histories)
        if every_sight or f"{_REVIEW}{name}" in self._settled_subjects:
            facts = with_sights(name, told, self._readings_of(name))
        return of_deployment(name, facts, course, self._histories, self._t)

    def _readings_of(self, deployment: str) -> list[Fact]:
        """The readings whose scope a deployment lies in, in time: those of its neighbours are the same."""
        scope = deployment.rpartition("/")[0]
        if scope not in self._readings:
            readings = self._ledger.readings(deployment, self._limit)
            self._readings[scope] = sorted(readings, key=lambda fact: fact.effective_at)
        return self._readings[scope]


def _in_time(entries: Iterable[ReviewEntry]) -> tuple[ReviewEntry, ...]:
    return tuple(sorted(entries, key=lambda one: (one.at, one.subject, one.id)))
