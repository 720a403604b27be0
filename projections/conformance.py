"""Did the provider keep its word? What happened, against what the rules require and what had been announced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from modeltrail.domain.values import Instant, Qualifier, Stage
from modeltrail.projections.announcements import Kind
from modeltrail.projections.breaches import Breach, whole_days
from modeltrail.projections.models import Answer
from modeltrail.projections.notice import MoveNotice
from modeltrail.projections.promised import Promise, Topic


class DateSaid(Answer):
    """A date as it was said, and when it was known first. `positions`: of all who said so while it stood."""

    on: Instant | None
    qualifier: Qualifier
    known_at: Instant
    source: str | None
    positions: tuple[int, ...]


class MovedDates(Answer):
    """One thing whose announced date was moved (R13). `later` and `earlier`: how often; `days`: by how much in all, in
    whole days, below 0 where it came nearer. `stage`: of a change of stage, to which one. `said`: all its dates, in the
    order in which they stood."""

    model: str
    version: str
    kind: Kind
    sku: str | None
    stage: Stage | None
    later: int
    earlier: int
    days: int
    said: tuple[DateSaid, ...]


class Conformance(Answer):
    """Whether providers kept their word from `since` (null: ever) to `until`, as known at `known_at`.

    `breaches`: what they did or left undone against rules and announcements, by its moment. `notice`: how much notice
    each deployment got of each move or stop. `moved_dates`: what was announced for another date again.
    """

    since: Instant | None
    until: Instant
    known_at: Instant
    breaches: tuple[Breach, ...]
    notice: tuple[MoveNotice, ...]
    moved_dates: tuple[MovedDates, ...]


def moved_dates(model: str, said: dict[Topic, list[Promise]], since: Instant | None) -> Iterator[MovedDates]:
    """What was announced of a model for another date again, since a moment."""
    for topic, promises in said.items():
        dated = [(one.since, one.on) for one in promises if one.on is not None]
        steps = [(moment, after - before) for (_, before), (moment, after) in pairwise(dated) if after != before]
        if not any(since is None or moment >= since for moment, _ in steps):
            continue
        yield MovedDates(
            model=model,
            version=topic.version,
            kind=topic.kind,
            sku=topic.sku,
            stage=topic.stage,
            later=sum(step.total_seconds() > 0 for _, step in steps),
            earlier=sum(step.total_seconds() < 0 for _, step in steps),
            days=whole_days(dated[-1][1] - dated[0][1]),
            said=tuple(map(_said, promises)),
        )


def _said(promise: Promise) -> DateSaid:
    return DateSaid(
        on=promise.on,
        qualifier=promise.qualifier,
        known_at=promise.known_at,
        source=promise.fact.source,
        positions=promise.positions,
    )


def breaches_in_time(found: Iterable[Breach]) -> tuple[Breach, ...]:
    """Breaches by their moments."""
    return tuple(sorted(found, key=lambda one: (one.at, one.model, one.version or "", one.deployment or "", one.kind)))
