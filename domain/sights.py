"""What does a sight say of the time before it? Only what could have led to it remains possible (R31, R32)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from modeltrail.domain.dues import Now
from modeltrail.domain.events import DeploymentObserved
from modeltrail.domain.facts import Fact
from modeltrail.domain.frames import Frame, Member, leading_to
from modeltrail.domain.history import Histories
from modeltrail.domain.policies import forced_target
from modeltrail.domain.possible import place_seen
from modeltrail.domain.segments import Cause, Place


def settle(frames: Sequence[Frame], reached: frozenset[Place], sight: Fact, *, with_lapsed: bool) -> None:
    """Leave in each frame only the places from which the rules lead to what was reached after the last one.

    `with_lapsed`: a move that was assumed past its deadline had not happened after all.
    """
    for frame in reversed(frames):
        if not frame.is_window():
            reached = came_from(frame.origins, reached & frame.members.keys())
            continue
        reached = staying(frame.members, frame.moves, reached, with_lapsed=with_lapsed)
        if not reached:
            return
        frame.shown = reached
        frame.closes = sight.effective_at
        frame.closed_by = frozenset({sight.position})
        reached = came_from(frame.origins, reached)


def staying(
    members: Mapping[Place, Member],
    moves: Collection[tuple[Place, Place]],
    reached: frozenset[Place],
    *,
    with_lapsed: bool,
) -> frozenset[Place]:
    """The members that are, or that moves lead to, one of the places that were reached."""
    allowed = {place for place, member in members.items() if with_lapsed or not member.is_lapsed}
    return leading_to(reached & allowed, moves) & allowed


def came_from(origins: Mapping[Place, frozenset[Place]], places: Iterable[Place]) -> frozenset[Place]:
    """From where some members may have come."""
    return frozenset[Place]().union(*(origins.get(place, frozenset()) for place in places))


def divided(frames: Sequence[Frame], moment: datetime) -> list[Frame]:
    """The frames, divided at a moment that lies between two of them, or after all: nothing happened then, so both parts
    are alike."""
    before = [frame for frame in frames if frame.since < moment]
    after = list(frames[len(before) :])
    if before and not (after and after[0].since == moment):
        stay = {place: frozenset({place}) for place in before[-1].members}
        after = [replace(before[-1], since=moment, origins=stay), *after]
    return [*before, *after]


def bridge(frames: Sequence[Frame], start: Place | None, seen: Member, since: datetime) -> None:
    """Make what was seen possible from a moment on, from one place or, for null, from all: no move explains it."""
    for frame in frames:
        if frame.since < since:
            continue
        showing = [place for place, member in frame.members.items() if not member.is_lapsed]
        leaving = showing if start is None else [place for place in showing if place == start]
        frame.members = {**frame.members, seen.place: seen}
        frame.origins = {**frame.origins, seen.place: frozenset({seen.place})}
        frame.moves = frame.moves | {(place, seen.place) for place in leaving}


def arrive(frames: Sequence[Frame], seen: Member, since: datetime) -> None:
    """Make what was seen all that is possible from a moment on: by then everything had been changed that was (R32)."""
    for before, frame in pairwise(frames):
        if frame.since < since:
            continue
        has_arrived = before.since >= since
        frame.members = {seen.place: seen}
        frame.origins = {seen.place: frozenset({seen.place} if has_arrived else before.members)}
        frame.moves = frozenset()


def doubt(frames: Sequence[Frame], last_seen: datetime) -> list[Frame]:
    """The frames after the last sight of what was deleted before the next: it may have been gone already (R16)."""
    return [_doubted(frame) if frame.since > last_seen else frame for frame in frames]


def _doubted(frame: Frame) -> Frame:
    members = {
        place: member._replace(certainty="assumed", flags=member.flags | {"perhaps-deleted"})
        for place, member in frame.members.items()
    }
    return replace(frame, members=members)


def forcing_to(
    place: Place, showing: Iterable[Member], histories: Histories, since: datetime | None, now: Now
) -> tuple[Place, Fact] | None:
    """The place, and the forced upgrade announced for it, that explain a sight; the first that does (R24)."""
    if place.is_stopped:
        return None
    for member in showing:
        history = histories(member.place.model)
        for announcement in history.forced_upgrades(member.place.version, since or now.moment, now.moment):
            target = forced_target(now.models, announcement, now.state.sku)
            if not member.place.is_stopped and (target.model, target.version) == (place.model, place.version):
                return member.place, announcement
    return None


def observed(member: Member, sight: Fact) -> Member:
    """Who was seen where it may have been; what it is due to stays due, without a deadline (R31).

    Who is seen again where it was seen, and is due to nothing, is as before: the first sight tells it all.
    """
    if member.certainty == "observed" and not (member.dues or member.is_lapsed or member.is_overdue):
        return member
    waiting = {kind: due._replace(deadline=None) for kind, due in member.dues.items()}
    return member._replace(
        certainty="observed",
        sight=sight.position,
        dues=waiting,
        is_lapsed=False,
        entered=sight.effective_at,
        is_overdue=False,
    )


def last_repeated(facts: Sequence[Fact], number: int, seen: Member, turn: datetime | None) -> int:
    """The number of the last sight, from one fact on, in a row of sights that show again who was seen last.

    Nobody has to look at those in between: where a deployment is at rest, it is as before until something turns.
    """
    if seen.certainty != "observed":
        return number
    while number + 1 < len(facts):
        moment, after = facts[number].effective_at, facts[number + 1].effective_at
        is_alone = moment < after and (number + 2 == len(facts) or after < facts[number + 2].effective_at)
        if not is_alone or (turn is not None and after >= turn):
            break
        if not (_shows(facts[number], seen.place) and _shows(facts[number + 1], seen.place)):
            break
        number += 1
    return number


def _shows(fact: Fact, place: Place) -> bool:
    return isinstance(fact.event, DeploymentObserved) and place_seen(fact.event) == place


def bridged(seen: Place, entered: datetime, cause: Cause, because: frozenset[int]) -> Member:
    """A place that was seen although no derived move leads to it."""
    return Member(seen, entered, "assumed", cause, because, {})


def stand(frames: Sequence[Frame], anchor: Member) -> Member:
    """Show that a deployment had stayed where it was put, or was down from the retirement of that version on (R34).

    No move was carried out. Returns where it was at last.
    """
    here = anchor
    for frame in frames:
        if here.place not in frame.members and not here.place.is_stopped:
            here = _down(frame, anchor)
        frame.members = {**frame.members, here.place: here}
        frame.shown = frozenset({here.place})
    return here


def _down(frame: Frame, anchor: Member) -> Member:
    """Stopped by the retirement from which nobody had moved it (R34)."""
    place = anchor.place._replace(is_stopped=True)
    known = frame.members.get(place)
    because = frozenset[int]().union(*(member.because for member in frame.visible()))
    reason = f"{place.model} {place.version} is retired, and it had not been moved"
    down = Member(place, frame.since, "assumed", "retirement", because, {}, stopped_because=reason)
    return (known or down)._replace(is_stopped_by_retirement=True)
