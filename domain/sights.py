"""What does a sight say of the time before it? Only what could have led to it remains possible (R31, R32)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from modeltrail.domain.dues import Now, is_retired, is_version_retired
from modeltrail.domain.events import DeploymentObserved
from modeltrail.domain.facts import Fact
from modeltrail.domain.frames import Frame, Member, leading_to
from modeltrail.domain.history import Histories
from modeltrail.domain.policies import forced_target
from modeltrail.domain.possible import Possible, place_seen, seen_stopped
from modeltrail.domain.segments import Cause, Place
from modeltrail.domain.values import MICROSECOND


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


def settle_before(frames: Sequence[Frame], possible: Possible, seen: Member, sight: Fact) -> None:
    """Only what could have led to a member by now had been possible before (R31)."""
    if not any(map(Frame.is_window, frames)):
        return
    places = staying(possible.members, possible.moves, frozenset({seen.place}), with_lapsed=seen.is_lapsed)
    settle(frames, came_from(possible.origins, places), sight, with_lapsed=seen.is_lapsed)


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
    """The frames, divided at a moment that lies between two of them: nothing happened then, so both parts are alike."""
    before = [frame for frame in frames if frame.since < moment]
    after = list(frames[len(before) :])
    if before and after and after[0].since != moment:
        stay = {place: frozenset({place}) for place in before[-1].members}
        after = [replace(before[-1], since=moment, origins=stay), *after]
    return [*before, *after]


def bridged(frames: Sequence[Frame], start: Place | None, seen: Member, sight: Fact) -> list[Frame]:
    """The frames but for the last, which is that of the sight: it shows a place to which no derived move leads."""
    parts = _with_place(frames, start, seen)
    settle(parts, frozenset({seen.place}), sight, with_lapsed=False)
    return parts[:-1]


def changed_within(frames: Sequence[Frame], seen: Member, last: Fact) -> list[Frame]:
    """The frames but for the last, which is that of the last of some changes: one of them led to what was seen."""
    parts = _with_place(frames, None, seen)[:-1]
    for part in parts:
        if part.since >= seen.entered:
            part.closes, part.closed_by = last.effective_at, frozenset({last.position})
    return parts


def _with_place(frames: Sequence[Frame], start: Place | None, seen: Member) -> list[Frame]:
    """The frames with one place more since it was entered, from one place or, for null, from all."""
    parts = divided(frames, seen.entered)
    for part in parts:
        if part.since < seen.entered:
            continue
        showing = [place for place, member in part.members.items() if not member.is_lapsed]
        leaving = showing if start is None else [place for place in showing if place == start]
        part.members = {**part.members, seen.place: seen}
        part.origins = {**part.origins, seen.place: frozenset({seen.place})}
        part.moves = part.moves | {(place, seen.place) for place in leaving}
    return parts


def doubted(frames: Sequence[Frame], since: datetime, deletion: Fact) -> list[Frame]:
    """The frames but for the last, which is now: what was deleted between two sights may have been gone since (R16)."""
    parts = divided(frames, since)[:-1]
    return [part if part.since < since else _doubted(part, deletion) for part in parts]


def _doubted(frame: Frame, deletion: Fact) -> Frame:
    members = {
        place: member._replace(
            certainty="assumed",
            because=member.because | {deletion.position},
            flags=member.flags | {"perhaps-deleted"},
        )
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


def first_possible(place: Place, last_placed: datetime, now: Now) -> datetime:
    """When a place was entered at the earliest: after the deployment was put elsewhere, and not before the release."""
    version = now.models(place.model).versions.get(place.version or "")
    released_at = None if version is None else version.released_at
    return max(last_placed + MICROSECOND, released_at or last_placed)


def may_lead_to(place: Place, change: Fact, frames: Sequence[Frame]) -> bool:
    """Whether a change may have led to a place: its version was not retired at that moment (R27).

    Nor is a stop laid to it that the retirement since may have brought about: it may have changed something else.
    """
    if place.is_stopped:
        last = frames[-1]
        return not is_version_retired(place, Now(last.since, last.models, last.models, last.state, last.state))
    moment = change.effective_at
    frame = next(frame for frame in reversed(frames) if frame.since <= moment)
    return not is_retired(place, Now(moment, frame.models, frame.models, frame.state, frame.state))


def forced(place: Place, since: datetime, announcement: Fact) -> Member:
    """What was seen, and was moved there by a forced upgrade that was only announced (R24)."""
    return _seen(place, max(since, announcement.effective_at), "forced", frozenset({announcement.position}))


def by_hand(place: Place, changes: Sequence[Fact], sight: Fact) -> Member:
    """What was seen, and was put there by one of some changes that a provider's log states (R26, R32)."""
    because = frozenset(fact.position for fact in (*changes, sight))
    seen = _seen(place, changes[0].effective_at, "by-hand", because)
    return seen._replace(held_since=changes[-1].effective_at)


def unexplained(place: Place, sight: Fact, since: datetime, now: Now) -> Member:
    """What was seen although nothing explains it; it counts as a change by hand that was made just then (R26, R32)."""
    seen = _seen(place, since, "unexplained", frozenset())._replace(held_since=sight.effective_at)
    return seen_stopped(seen, now) if place.is_stopped else seen


def _seen(place: Place, entered: datetime, cause: Cause, because: frozenset[int]) -> Member:
    """Where a deployment was seen although no derived move leads to it."""
    reason = "seen stopped" if place.is_stopped else None
    return Member(place, entered, "assumed", cause, because, {}, stopped_because=reason)


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
