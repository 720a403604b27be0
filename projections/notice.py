"""How much notice did each deployment get of each move? From the first word of it to the moment it moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from modeltrail.domain.course import Course
from modeltrail.domain.history import Histories, ModelHistory
from modeltrail.domain.segments import Certainty, Outcome, Segment
from modeltrail.domain.values import Instant
from modeltrail.projections.breaches import whole_days
from modeltrail.projections.models import Answer
from modeltrail.projections.promised import DAY, Promise, Topic

_KINDS: dict[str, Literal["default-change", "retirement", "forced-upgrade"]] = {
    "default-change": "default-change",
    "retirement": "retirement",
    "upgrade-window": "retirement",
    "overdue": "retirement",
    "forced": "forced-upgrade",
}
"""What had to be announced of a move, by its cause."""
Promised = Callable[[str], dict[Topic, list[Promise]]]
"""All that was promised of a model, by its name."""


class MoveNotice(Answer):
    """How long before a move of a deployment, or a stop, somebody could know of it.

    `at`: when its window began, or when it moved or stopped. `first_known_at`: when it was first announced with a date;
    `right_known_at`: when the date was first announced on which it came. `first_days` and `right_days`: whole days from
    there to `at`. Null where nothing was announced before it.
    """

    deployment: str
    owner: str | None
    kind: Literal["move", "stop"]
    at: Instant
    left_model: str
    left_version: str | None
    to_model: str | None
    to_version: str | None
    cause: str
    certainty: Certainty
    first_known_at: Instant | None
    first_days: int | None
    right_known_at: Instant | None
    right_days: int | None
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """When a move could be known of, and on which positions that rests."""

    first: datetime | None = None
    right: datetime | None = None
    because: tuple[int, ...] = ()


def notice_given(course: Course, histories: Histories, said: Promised, until: datetime) -> Iterator[MoveNotice]:
    """The notice of each move and stop in a course by a moment that a rule brought about."""
    for before, part in pairwise(course.segments):
        left = next((one for one in reversed(before.possible) if one.status == "serving"), None)
        is_move = part.cause in _KINDS and part.since <= until
        if left is None or left.model is None or not is_move:
            continue
        for outcome in part.possible:
            if outcome not in before.possible:
                words = _words(part, left, outcome, histories(left.model), said(left.model))
                yield _given(course.deployment, part, left, outcome, words)


def _given(deployment: str, part: Segment, left: Outcome, outcome: Outcome, words: _Words) -> MoveNotice:
    assert left.model is not None
    return MoveNotice(
        deployment=deployment,
        owner=part.owner,
        kind="stop" if outcome.status == "stopped" else "move",
        at=part.since,
        left_model=left.model,
        left_version=left.version,
        to_model=outcome.model,
        to_version=outcome.version,
        cause=part.cause,
        certainty=part.certainty,
        first_known_at=words.first,
        first_days=_days(words.first, part.since),
        right_known_at=words.right,
        right_days=_days(words.right, part.since),
        because=tuple(sorted({*part.because, *words.because})),
    )


def _days(known_at: datetime | None, at: datetime) -> int | None:
    return None if known_at is None else whole_days(at - known_at)


def _words(
    part: Segment, left: Outcome, outcome: Outcome, history: ModelHistory, said: dict[Topic, list[Promise]]
) -> _Words:
    """What was announced before a move of what brought it about, since the last time that it was carried out."""
    kind = _KINDS[part.cause]
    version = outcome.version if kind == "default-change" else left.version
    if version is None:
        return _Words()
    own = Topic(kind, version, part.sku if kind == "retirement" else None)
    promises = [one for topic in dict.fromkeys((own, own._replace(sku=None))) for one in said.get(topic, [])]
    dated = [one for one in promises if one.on is not None and one.since < part.since and one.known_at < part.since]
    dated = [one for one in dated if not (one.is_kept and one.until is not None and one.until < part.since)]
    came = _came(kind, version, part, history)
    right = [one for one in dated if came is not None and one.on is not None and _is_day(one.on, came)]
    return _Words(
        min((one.known_at for one in dated), default=None),
        min((one.known_at for one in right), default=None),
        tuple(position for one in dated for position in one.positions),
    )


def _came(kind: str, version: str, part: Segment, history: ModelHistory) -> datetime | None:
    """When that came which moved it: of a window before a retirement, the retirement itself; null: not yet."""
    if kind != "retirement" or part.cause == "overdue":
        return part.since
    for moment, state in zip(history.moments, history.states, strict=True):
        known = state.versions.get(version)
        retired = known.retired_by(part.sku) if known is not None else None
        if moment >= part.since and retired is not None:
            return retired.effective_at
    return None


def _is_day(on: datetime, came: datetime) -> bool:
    """Whether something came on an announced day."""
    return on <= came < on + DAY
