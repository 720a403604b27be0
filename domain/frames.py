"""What may a deployment be doing between two moments? All that is possible, what it is due to, where it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.history import Histories
from modeltrail.domain.model import ModelState
from modeltrail.domain.policies import Acting, ModelsAt, acting_policy
from modeltrail.domain.segments import Cause, Certainty, Outcome, Place, Segment, Status, Waiting


class Due(NamedTuple):
    """A move that a rule requires or allows: to where, until when, why.

    `is_binding`: past the deadline it is assumed to have happened (R30); the upgrades before a retirement only end
    with the retirement itself (R20). `is_waiting`: a host holds it back, so it has not happened before it is recorded.
    """

    target: Place
    opened: datetime
    deadline: datetime | None
    cause: Cause
    because: frozenset[int]
    is_binding: bool = True
    is_waiting: bool = False
    flags: frozenset[str] = frozenset()


class Member(NamedTuple):
    """One of the things that a deployment may be doing, and how it came to it.

    `is_lapsed`: its move is assumed to have happened, so it shows only if a later sight tells otherwise (R31).
    `is_overdue`: it is there only as long as an announced retirement is overdue (R12).
    `held_since`: since when a creation or a change by hand holds automatic moves to the default (R26).
    """

    place: Place
    entered: datetime
    certainty: Certainty
    cause: Cause
    because: frozenset[int]
    dues: Mapping[str, Due]
    sight: int | None = None
    """The position of the sight that showed it last."""
    held_since: datetime | None = None
    stopped_because: str | None = None
    is_stopped_by_retirement: bool = False
    is_lapsed: bool = False
    is_overdue: bool = False
    flags: frozenset[str] = frozenset()


@dataclass(slots=True)
class Frame:
    """All that may be between one moment and the next.

    `origins`: for each place, the places of the frame before from which it may have come. `moves`: which place may
    be left for which within the frame. `showing`: the members that showed at first; `shown`: the places that show, once
    a sight has settled it. `deletion`: the positions of the last one.
    """

    since: datetime
    members: dict[Place, Member]
    origins: dict[Place, frozenset[Place]]
    moves: AbstractSet[tuple[Place, Place]]
    showing: Sequence[Member]
    state: DeploymentState
    models: ModelsAt
    histories: Histories
    deletion: frozenset[int]
    shown: frozenset[Place] | None = None
    closes: datetime | None = None
    closed_by: frozenset[int] = frozenset()

    def is_window(self) -> bool:
        """Whether there is more than one member, or one that does not show: else no sight says anything new of it."""
        return len(self.members) != 1 or len(self.showing) != 1

    def visible(self) -> list[Member]:
        """The members that show, in the order in which they entered; what is stopped comes last."""
        if self.shown is None:
            members = [member for member in self.members.values() if not member.is_lapsed]
        else:
            members = [member for place, member in self.members.items() if place in self.shown]
        return sorted(members, key=lambda member: (member.place.is_stopped, member.entered))


def leading_to(places: Collection[Place], moves: Collection[tuple[Place, Place]]) -> frozenset[Place]:
    """The places, and those from which the moves lead to one of them."""
    reached = set(places)
    while moves:
        more = {start for start, end in moves if end in reached and start not in reached}
        if not more:
            break
        reached |= more
    return frozenset(reached)


def outcome(place: Place) -> Outcome:
    """A place as it is answered."""
    return Outcome("stopped") if place.is_stopped else Outcome("serving", place.model, place.version)


def segment(frame: Frame) -> Segment:
    """A frame as it is answered; its end is set by the frame that follows."""
    visible = frame.visible()
    model = frame.models(frame.showing[0].place.model if frame.showing else frame.state.model or "")
    acting = acting_policy(frame.state.policy, frame.state.sku, model)
    possible = tuple(dict.fromkeys(outcome(member.place) for member in visible))
    is_window = len(possible) > 1
    newest = max(visible, key=lambda member: member.entered, default=None)
    status: Status = "window" if is_window else possible[0].status if possible else "deleted"
    policy_fact = frame.state.policy_fact
    because = _grounds(frame, model).union(*(member.because for member in visible))
    if is_window:
        because = because.union(frame.closed_by, *(due.because for member in visible for due in member.dues.values()))
    sights = {member.sight for member in visible if member.sight is not None}
    policy = {policy_fact.position} if policy_fact is not None else set()
    flags = frozenset(_flags(frame, acting)).union(*(member.flags for member in visible))
    return Segment(
        since=frame.since,
        until=None,
        status=status,
        possible=possible,
        certainty="window" if is_window else visible[0].certainty if visible else "recorded",
        cause=newest.cause if newest is not None else "deleted",
        policy=frame.state.policy,
        policy_effective=acting.policy,
        rules=model.rules.id,
        because=tuple(sorted(because | sights | policy)),
        deadline=_deadline(frame, visible) if is_window else None,
        sku=frame.state.sku,
        api_version=frame.state.api_version,
        owner=frame.state.owner,
        run_by=frame.state.run_by,
        incarnation=frame.state.incarnation,
        flags=tuple(sorted(flags)),
        stopped_because=next((member.stopped_because for member in visible if member.stopped_because), None),
        waits_for=next((_waiting(due) for member in visible for due in member.dues.values() if due.is_waiting), None),
    )


def _grounds(frame: Frame, model: ModelState) -> frozenset[int]:
    """The facts on which an answer rests beside those that brought the deployment where it is."""
    state = frame.state
    if not state.exists:
        return frame.deletion
    grounds = (model.ruled_by, state.sku_fact)
    doubts = [doubt.position for doubt in state.contradictions]
    return frozenset((*doubts, *(fact.position for fact in grounds if fact is not None)))


def _flags(frame: Frame, acting: Acting) -> Iterator[str]:
    if acting.is_ineffective:
        yield "ineffective"
    if frame.state.contradictions:
        yield "contradiction"
    if any(member.place.version == "" and frame.histories(member.place.model).unclear for member in frame.showing):
        yield "ambiguous"
    if any(_breaks_api(frame, member.place) for member in frame.showing):
        yield "api-break"


def _breaks_api(frame: Frame, place: Place) -> bool:
    """Whether the version that a place serves does not answer the API version that is pinned (R35)."""
    pinned = frame.state.api_version
    if pinned is None or place.is_stopped:
        return False
    known = frame.models(place.model).versions.get(place.version or "")
    return known is not None and bool(known.api_versions) and pinned not in known.api_versions


def _waiting(due: Due) -> Waiting:
    return Waiting(due.target, due.cause, due.opened, tuple(sorted(due.because)))


def _deadline(frame: Frame, visible: list[Member]) -> datetime | None:
    ends = [due.deadline for member in visible for due in member.dues.values() if due.deadline is not None]
    return min([*ends, *([frame.closes] if frame.closes else [])], default=None)


_LASTING = attrgetter(*(one.name for one in fields(Segment) if one.name != "since"))
"""All of a segment but when it begins: where that is alike, two neighbours are one."""


def joined(frames: Iterable[Frame]) -> tuple[Segment, ...]:
    """Segments from one to the next: alike neighbours become one, each ends where the next begins."""
    kept: list[Segment] = []
    for part in map(segment, frames):
        if not kept or _LASTING(part) != _LASTING(kept[-1]):
            kept.append(part)
    ended = [replace(first, until=second.since) for first, second in pairwise(kept)]
    return (*ended, *kept[-1:])


def joined_from(frames: Sequence[Frame], moment: datetime) -> tuple[Segment, ...]:
    """The segments from the last certain one before that which holds at a moment; its beginning is not looked for."""
    start = max(0, bisect_right(frames, moment, key=lambda frame: frame.since) - 1)
    present = earlier = segment(frames[start]) if frames else None
    while start and earlier is not None and (_LASTING(earlier) == _LASTING(present) or len(earlier.possible) > 1):
        start -= 1
        earlier = segment(frames[start])
    return joined(frames[start:])


def segment_at(frames: Sequence[Frame], moment: datetime) -> Segment | None:
    """The segment at a moment, null before there is one. Its end is not looked for."""
    after = bisect_right(frames, moment, key=lambda frame: frame.since)
    found = segment(frames[after - 1]) if after else None
    for frame in reversed(frames[: max(0, after - 1)]):
        earlier = segment(frame)
        if _LASTING(earlier) != _LASTING(found):
            break
        found = earlier
    return found
