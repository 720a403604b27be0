"""What follows for a deployment once all facts of a moment are taken? Dues open and end, retirements move or stop."""

from __future__ import annotations

from datetime import datetime

from modeltrail.domain.dues import (
    Now,
    becomes_automatic,
    default_due,
    forced_due,
    forced_terms,
    is_default_changed,
    is_retired,
    is_upgrade_new,
    is_version_retired,
    overdue_since,
    preview_due,
    upgrade_due,
    was_retired,
)
from modeltrail.domain.frames import Due, Member
from modeltrail.domain.policies import Target
from modeltrail.domain.possible import Possible
from modeltrail.domain.segments import Cause, Place


def keep_dues(possible: Possible, now: Now) -> None:
    """Drop what no longer holds: the policy was left, the announcement moved, the target retired (R30)."""
    for member in list(possible.members.values()):
        if "retirement" in member.dues and member.place.version is not None:
            _lead_elsewhere(possible, member, now)
            member = possible.members[member.place]
        kinds = [kind for kind in member.dues if not _holds(member, kind, now)]
        possible.drop(member, *kinds)
        if any(member.dues[kind].is_waiting for kind in kinds):
            possible.change(possible.members[member.place]._replace(flags=member.flags - HELD_BACK))


HELD_BACK = frozenset({"postponed", "failed"})
"""The flags of a deployment whose host holds a move back (R37)."""


def _lead_elsewhere(possible: Possible, member: Member, now: Now) -> None:
    """Who waits to leave a retired version goes where its retirement leads now (R15, R20)."""
    waiting, serving = member.dues["retirement"], member.place._replace(is_stopped=False)
    target = now.successor(serving)
    place = serving._replace(is_stopped=True) if target.version is None else Place(target.model, target.version)
    changed = waiting._replace(target=place, because=waiting.because | target.because)
    possible.change(member._replace(dues={**member.dues, "retirement": changed}))


def _holds(member: Member, kind: str, now: Now) -> bool:
    target = member.dues[kind].target
    if kind == "retirement":
        return is_version_retired(member.place, now)
    if target.version is None or not now.models(target.model).is_choosable(target.version, now.state.sku):
        return False
    if kind == "forced":
        terms = forced_terms(member.place, now)
        return terms is not None and (terms[3].model, terms[3].version) == (target.model, target.version)
    return kind == "upgrade" or now.acting(member.place.model).policy == "auto-update"


def open_dues(possible: Possible, now: Now) -> None:
    """What becomes due at this moment; of several things the strongest, which comes last, counts (R19 to R24)."""
    for member in list(possible.members.values()):
        if member.held_since is not None and is_default_changed(member, now):
            possible.change(member._replace(held_since=None))  # a hold ends with a default change (R26)
    for place in list(possible.members):
        _open(possible, place, "preview", preview_due(possible.members[place], now))
    deadline = possible.deadline()
    for place in list(possible.members):
        _open_default(possible, place, now, deadline)
    open_forced(possible, now)


def open_later(possible: Possible, now: Now, position: int) -> None:
    """What the facts of this moment make due that were recorded after an execution at it: it knew the others (R38)."""
    for place in list(possible.members):
        model = now.models(place.model)
        changed = (now.state.policy_fact, now.state.sku_fact, model.ruled_by)
        is_changed = model.stated_default is not None and model.stated_default.position > position
        if is_changed or any(fact is not None and fact.position > position for fact in changed):
            _open_default(possible, place, now, possible.deadline(), is_change=is_changed)


def open_automatic(possible: Possible, now: Now) -> None:
    """Who was seen at this moment, and is automatic from it on, is due like others, without a deadline (R26, R31)."""
    for place in list(possible.members):
        member = possible.members[place]
        if member.held_since == now.moment or not becomes_automatic(member, now):
            continue
        _open_default(possible, place, now, None)
        open_forced(possible, now)
        member = possible.members[place]
        dues = {kind: due._replace(deadline=None) for kind, due in member.dues.items()}
        possible.change(member._replace(dues=dues))


def open_forced(possible: Possible, now: Now) -> None:
    """A forced upgrade that begins at this moment (R24)."""
    for place in list(possible.members):
        _open(possible, place, "forced", forced_due(possible.members[place], now))


def _open(possible: Possible, place: Place, kind: str, due: Due | None) -> None:
    if due is not None and due.target != place:
        possible.open(possible.members[place], kind, due)


def _open_default(
    possible: Possible, place: Place, now: Now, deadline: datetime | None, *, is_change: bool = True
) -> None:
    """A default change, or a policy that begins to act, makes a move due (R19, R25, R26)."""
    member = possible.members[place]
    is_change = is_change and is_default_changed(member, now)
    begins = becomes_automatic(member, now)
    is_stopped_for_good = place.is_stopped and not member.is_stopped_by_retirement
    if not (is_change or begins) or is_stopped_for_good or now.acting(place.model).policy != "auto-update":
        return
    due = default_due(member, now)
    if due is not None:
        stays = is_change and possible.shows(due.target)
        possible.open(member, "default", due._replace(deadline=deadline) if stays else due)
    elif is_change and now.models(place.model).default_for(now.state.sku) == place.version:
        possible.drop(member, "default", "preview")


def open_upgrades(possible: Possible, now: Now, *, is_placed: bool, is_seen: bool) -> None:
    """The windows before retirements (R20). The engine moves at once, when one opens or it is placed there (R19).

    `is_placed`: a record has put the deployment in its place at this moment; `is_seen`: a sight has.
    """
    for place in list(possible.members):
        member = possible.members[place]
        upgrade = upgrade_due(member, now)
        if upgrade is not None and now.state.run_by == "engine":
            is_new = not is_seen and (is_placed or is_upgrade_new(member, now, upgrade))
            known = member.dues.get("upgrade")
            if is_new:
                upgrade = upgrade._replace(deadline=now.moment, is_binding=True)
            elif is_seen or (known is not None and known.target == upgrade.target):
                is_waiting = known is not None and known.is_waiting
                upgrade = upgrade._replace(deadline=None, is_waiting=is_waiting)
            else:
                upgrade = None
        possible.drop(member, "upgrade")
        if upgrade is not None:
            possible.open(possible.members[place], "upgrade", upgrade)


def retire(possible: Possible, now: Now, *, is_anchored: bool) -> None:
    """A retirement moves or stops what is on the version at that moment (R20, R21, R34); a reinstatement resumes it."""
    for place in list(possible.members):
        member = possible.members.get(place)
        if member is None:
            continue
        if place.is_stopped and member.cause == "overdue" and is_version_retired(place, now):
            possible.change(member._replace(is_stopped_by_retirement=True))
        elif is_retired(place, now):
            flags = member.flags | ({"contradiction"} if is_anchored and member.certainty != "assumed" else set())
            possible.move(place, _after_retirement(member, now)._replace(flags=flags))
        elif member.is_stopped_by_retirement and now.state.run_by == "provider" and _is_reinstated(place, now):
            because = member.because
            possible.move(place, _derived(member, place._replace(is_stopped=False), now, "reinstatement", because))


def stop_retired(possible: Possible, now: Now) -> None:
    """What was not moved off a version that is retired is down (R34, R37)."""
    for place in list(possible.members):
        member = possible.members[place]
        if is_retired(place, now):
            reason = f"{place.model} {place.version} is retired, and it has not been moved yet"
            down = member._replace(place=place._replace(is_stopped=True), cause="retirement", stopped_because=reason)
            possible.move(place, down._replace(entered=now.moment, certainty="assumed", is_stopped_by_retirement=True))


def _after_retirement(member: Member, now: Now) -> Member:
    place = member.place
    known = now.models(place.model).versions[place.version or ""]
    retirement = known.retired_by(now.state.sku)
    target = now.successor(place)
    because = member.because | target.because | ({retirement.position} if retirement is not None else set())
    return _arrived(member, target, now, "retirement", because)


def _arrived(member: Member, target: Target, now: Now, cause: Cause, because: frozenset[int]) -> Member:
    """Where a retirement leads: the target, or a stop with the reason."""
    if target.version is not None:
        return _derived(member, Place(target.model, target.version), now, cause, because)
    stopped = _derived(member, member.place._replace(is_stopped=True), now, cause, because)
    return stopped._replace(stopped_because=target.reason, is_stopped_by_retirement=True)


def _derived(member: Member, place: Place, now: Now, cause: Cause, because: frozenset[int]) -> Member:
    return Member(place, now.moment, "assumed", cause, because, {}, is_lapsed=member.is_lapsed)


def _is_reinstated(place: Place, now: Now) -> bool:
    """Whether the version of a place can be chosen again from this moment on; another SKU does not do that (R16)."""
    return not is_version_retired(place, now) and was_retired(place, now)


def spread(possible: Possible, now: Now) -> None:
    """All that is due is possible as well, and while a retirement is overdue, what it would bring (R12)."""
    is_mirrored = now.state.run_by == "provider"
    if is_mirrored:
        open_upgrades(possible, now, is_placed=False, is_seen=False)  # of whoever has just arrived
    while possible.spread(now.moment):
        if is_mirrored:
            open_upgrades(possible, now, is_placed=False, is_seen=False)
    for member in list(possible.members.values()):
        retirement = overdue_since(member, now)
        if retirement is None:
            continue
        target = now.successor(member.place)
        known = now.models(member.place.model).versions[member.place.version or ""]
        because = member.because | target.because | known.grounds(retirement)
        arrived = _arrived(member, target, now, "overdue", because)
        end = arrived._replace(is_overdue=True, is_stopped_by_retirement=False)
        possible.moves.add((member.place, end.place))
        there = possible.members.get(end.place)
        if there is None or (there.is_lapsed and not end.is_lapsed):
            possible.change(end)
