"""What has to be carried out by a day? The announced changes of engine-run models, in the order of dates (R37)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from modeltrail.domain.events import DefaultChangeAnnounced, ModelEvent, RetirementAnnounced, StageChangeAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.refusals import Conflict, Refused
from modeltrail.judging import judge_model
from modeltrail.projections.announcements import standing_announcements
from modeltrail.projections.upcoming import deeds_of
from modeltrail.recorded import Recorded, places
from modeltrail.recording import Recording

_ORDER = (StageChangeAnnounced, DefaultChangeAnnounced, RetirementAnnounced)
"""What is carried out first of the announcements of one date."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An announcement whose date has come and which could not be carried out, with the reason (R12)."""

    announcement: Fact
    reason: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """What `advance` did by the moment `to`: the facts it recorded, in their order, and what stays overdue."""

    to: datetime
    facts: Recorded
    overdue: tuple[Overdue, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """A standing announcement with a fixed date, and what carries it out. `due_since`: when the engine took over, and
    when it was known that this announcement counts and not another one (R13)."""

    announcement: Fact
    on: datetime
    deeds: tuple[ModelEvent, ...]
    due_since: datetime

    @property
    def model(self) -> str:
        """The model that it is about."""
        return self.announcement.stream.partition("/")[2]

    @property
    def due_at(self) -> datetime:
        """When it is due: on its date, or when it was known, counted, and the model was the engine's, if later."""
        return max(self.on, self.announcement.known_at, self.due_since)

    def order(self) -> tuple[datetime, int, str, int]:
        """By date; on one date stages first, then defaults, then retirements."""
        kinds = [isinstance(self.announcement.event, kind) for kind in _ORDER]
        return self.on, kinds.index(True), self.announcement.stream, self.announcement.position


def promises(states: Iterable[ModelState], to: datetime) -> list[Promise]:
    """What is announced for a fixed date up to a moment in engine-run models and was not carried out, by date."""
    found = [
        Promise(fact, event.on, tuple(deeds_of(state, fact, event.on)), _due_since(state, state.registered, fact))
        for state in states
        if state.run_by == "engine" and state.registered is not None
        for fact in standing_announcements(state)
        if isinstance(event := fact.event, _ORDER) and event.qualifier == "fixed"
        if event.on is not None and event.on <= to
    ]
    return sorted(found, key=Promise.order)


def _due_since(state: ModelState, registered: Fact, announcement: Fact) -> datetime:
    decider = state.decider(announcement)
    return registered.known_at if decider is None else max(registered.known_at, decider.known_at)


Begin = Callable[[datetime], Recording]
"""Opens a batch of what the engine does, effective and known at a moment."""


def carry_out(found: Iterable[Promise], at: Callable[[Promise], datetime], begin: Begin) -> Iterator[range | Overdue]:
    """Carry the promises out, those that take effect at one moment in one batch; what a rule forbids stays overdue."""
    ordered = sorted(found, key=lambda promise: (at(promise), promise.order()))
    for moment, group in groupby(ordered, key=at):
        kept = list(group)
        while True:
            overdue: list[Overdue] = []
            try:
                with begin(moment) as batch:
                    for promise in kept:
                        overdue += _kept(promise, batch)
            except Conflict:
                continue
            yield places(batch.facts)
            yield from overdue
            break


def _kept(promise: Promise, batch: Recording) -> list[Overdue]:
    try:
        state = batch.history(promise.model).at(batch.effective_at)
        if promise.announcement not in standing_announcements(state):
            return []  # another process has carried it out
        why = f"announced for {promise.on.date()} at position {promise.announcement.position}"
        for deed in promise.deeds:
            judge_model(batch, deed, mode="execution", why=why)
    except Refused as refused:
        return [Overdue(promise.announcement, str(refused))]
    return []
