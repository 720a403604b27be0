"""Which dates stood announced, from when to when? What was promised, read from a model at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from modeltrail.domain.events import Announcement as AnnouncementEvent
from modeltrail.domain.events import DefaultChanged
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.model import ModelState
from modeltrail.domain.values import Qualifier, Stage
from modeltrail.projections.announcements import Kind

DAY = timedelta(days=1)
"""An announced date is a day: what happens within it is in time."""


class Topic(NamedTuple):
    """One thing that is announced: of one version, one kind, and for a retirement one SKU, null for all."""

    kind: Kind
    version: str
    sku: str | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A date that stood announced: said with the same firmness, however often, until something else was.

    `known_at`: when somebody could know of it first. `until`: when it stood no longer, null where it still does;
    `is_kept`: it was carried out then; `is_moved`: another date took its place then; `ended_by`: the position of that.
    """

    fact: Fact
    since: datetime
    known_at: datetime
    positions: tuple[int, ...]
    until: datetime | None = None
    is_kept: bool = False
    is_moved: bool = False
    ended_by: int | None = None

    @property
    def on(self) -> datetime | None:
        """The date, null for none."""
        assert isinstance(self.fact.event, AnnouncementEvent)
        return self.fact.event.on

    @property
    def qualifier(self) -> Qualifier:
        """How firm it is."""
        assert isinstance(self.fact.event, AnnouncementEvent)
        return self.fact.event.qualifier

    def says_as(self, other: Fact) -> bool:
        """Whether another announcement of the same thing names the same date, as firmly."""
        event = other.event
        return isinstance(event, AnnouncementEvent) and (event.on, event.qualifier) == (self.on, self.qualifier)


def promised(history: ModelHistory, until: datetime) -> dict[Topic, list[Promise]]:
    """All that stood announced of a model up to a moment, each thing with its dates in the order in which they stood.

    Where sources are weighed it is the dates that counted (R13).
    """
    found: dict[Topic, list[Promise]] = {}
    for moment, state in zip(history.moments, history.states, strict=True):
        if moment > until:
            break
        standing = dict(standing_topics(state))
        for topic, promises in found.items():
            if promises[-1].until is None and topic not in standing:
                promises[-1] = _ended(topic, state, promises[-1], moment)
        for topic, fact in standing.items():
            _take(found.setdefault(topic, []), fact, moment)
    return found


def _take(promises: list[Promise], fact: Fact, moment: datetime) -> None:
    """One more statement that stands from a moment on: it confirms the last date, or takes its place."""
    last = promises[-1] if promises and promises[-1].until is None else None
    if last is not None and last.says_as(fact):
        positions = tuple(dict.fromkeys((*last.positions, fact.position)))
        promises[-1] = replace(last, known_at=min(last.known_at, fact.known_at), positions=positions)
        return
    if last is not None:
        promises[-1] = replace(last, until=moment, is_moved=True, ended_by=fact.position)
    promises.append(Promise(fact, moment, fact.known_at, (fact.position,)))


def standing_topics(state: ModelState) -> Iterator[tuple[Topic, Fact]]:
    """What stands announced with a date or without, replacements left out, and who said so."""
    for name, fact in state.default_changes.items():
        yield Topic("default-change", name), fact
    for name, version in state.versions.items():
        for sku in version.announced:
            retirement = version.standing(sku)
            if retirement is not None:
                yield Topic("retirement", name, sku), retirement
        for stage, fact in version.stage_changes.items():
            yield Topic("stage-change", name, stage=stage), fact
        if version.forced is not None and version.retired_by(None) is None:
            yield Topic("forced-upgrade", name), version.forced


def _ended(topic: Topic, state: ModelState, promise: Promise, moment: datetime) -> Promise:
    """A promise that stands no longer: it was carried out, or withdrawn."""
    done = _done_by(topic, state)
    is_staged = topic.kind == "stage-change" and state.versions[topic.version].stage == topic.stage
    last = state.versions[topic.version].announced.get(topic.sku) if topic.kind == "retirement" else None
    by = done or last
    return replace(
        promise, until=moment, is_kept=is_staged or done is not None, ended_by=None if by is None else by.position
    )


def _done_by(topic: Topic, state: ModelState) -> Fact | None:
    """The fact that carried out what stands announced no longer, null where none did."""
    stated, version = state.stated_default, state.versions[topic.version]
    match topic.kind:
        case "default-change":
            event = stated.event if stated is not None else None
            return stated if isinstance(event, DefaultChanged) and event.version == topic.version else None
        case "retirement":
            return version.retired_by(topic.sku)
        case _:
            return None


def standing_at(promises: list[Promise], moment: datetime) -> Promise | None:
    """What stood just before a moment."""
    return next((one for one in reversed(promises) if one.since < moment and _lasts(one, moment)), None)


def _lasts(promise: Promise, moment: datetime) -> bool:
    return promise.until is None or promise.until >= moment
