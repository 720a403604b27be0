"""What may a deployment be doing at one moment, and how do moves change that? The set of possibilities (R30)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from modeltrail.domain.dues import Now, is_version_retired
from modeltrail.domain.events import DeploymentCreated, DeploymentObserved, MoveHeldBack, VersionChanged
from modeltrail.domain.facts import Fact
from modeltrail.domain.frames import Due, Member
from modeltrail.domain.model import ModelState
from modeltrail.domain.segments import Place

_is_lapsed = attrgetter("is_lapsed")


class Possible:
    """The members of the set, where each may have come from at this moment, and which moves are open."""

    def __init__(self) -> None:
        self.members: dict[Place, Member] = {}
        self.origins: dict[Place, frozenset[Place]] = {}
        self.moves: set[tuple[Place, Place]] = set()

    def begin(self) -> None:
        """A new moment: all are where they were, but for what was there only while a retirement was overdue."""
        self.origins = {place: frozenset({place}) for place in self.members}
        self.members = {place: member for place, member in self.members.items() if not member.is_overdue}
        self.moves = set()

    def become(self, member: Member | None) -> None:
        """Nothing else is possible from now on; null for nothing at all."""
        self.members = {} if member is None else {member.place: member}
        self.origins = {} if member is None else {member.place: frozenset({member.place})}
        self.moves = set()

    def showing(self) -> list[Member]:
        """The members that show now."""
        return [member for member in self.members.values() if not member.is_lapsed]

    def find(self, place: Place) -> Member | None:
        """The member that a sight shows, or one of whose version nobody knew; null where there is none."""
        if place in self.members:
            return self.members[place]
        if place.is_stopped:
            stopped = [member for member in self.members.values() if member.place.is_stopped]
            return min(stopped, key=_is_lapsed, default=None)
        return self.members.get(Place(place.model, None))

    def change(self, member: Member) -> None:
        """Another state of a member, in the same place."""
        self.members[member.place] = member

    def move(self, start: Place, end: Member) -> None:
        """One member goes to another place for certain; if that is possible already, the two become one."""
        self.members.pop(start)
        self._arrive(end, self.origins.pop(start, frozenset()))

    def _arrive(self, end: Member, origin: frozenset[Place]) -> None:
        there = self.members.get(end.place)
        if there is None or (there.is_lapsed and not end.is_lapsed):
            self.members[end.place] = end
        elif not end.is_lapsed and end.certainty == "assumed":
            self.members[end.place] = there._replace(certainty="assumed", because=there.because | end.because)
        self.origins[end.place] = self.origins.get(end.place, frozenset()) | origin

    def lapse(self, moment: datetime) -> None:
        """What is due by now is assumed to have moved (R30); the place it left stays as a lapsed member."""
        waiting = [member for member in self.members.values() if member.dues and not member.is_lapsed]
        if not waiting:
            return
        passed = {member.place: due for member in waiting if (due := _latest_passed(member, moment))}
        for start in passed:
            end = _end_of(start, {place: due.target for place, due in passed.items()})
            if end == start:
                continue
            member = self.members[start]
            kept = {kind: due._replace(deadline=None) for kind, due in member.dues.items()}
            self.members[start] = member._replace(is_lapsed=True, dues=kept)
            self._arrive(
                arriving(member, passed[start]._replace(target=end), moment), self.origins.get(start, frozenset())
            )

    def shows(self, place: Place) -> bool:
        """Whether a place is one of the possibilities that show."""
        return place in self.members and not self.members[place].is_lapsed

    def open(self, member: Member, kind: str, due: Due) -> None:
        """A member is due to move, and to nothing that was due before: the latest counts (R30).

        A target that joins the set restarts the deadline of the others.
        """
        if due.is_binding and not member.is_lapsed and not self.shows(due.target):
            self._restart(due.deadline)
        dues = self.members[member.place].dues
        kept = {other: known for other, known in dues.items() if not (known.is_binding and due.is_binding)}
        self.members[member.place] = self.members[member.place]._replace(dues={**kept, kind: due})

    def deadline(self) -> datetime | None:
        """When the moves that are due are assumed to have happened, null where that is open (R30)."""
        ends = [due.deadline for member in self.showing() for due in member.dues.values() if due.is_binding]
        return max((end for end in ends if end is not None), default=None)

    def _restart(self, deadline: datetime | None) -> None:
        for place, member in self.members.items():
            dues = {
                kind: due._replace(deadline=deadline) if due.is_binding else due for kind, due in member.dues.items()
            }
            self.members[place] = member._replace(dues=dues)

    def drop(self, member: Member, *kinds: str) -> None:
        """A member is no longer due in these ways."""
        if any(kind in member.dues for kind in kinds):
            kept = {kind: due for kind, due in member.dues.items() if kind not in kinds}
            self.members[member.place] = member._replace(dues=kept)

    def spread(self, moment: datetime) -> bool:
        """Whatever a member is due to is possible as well. Returns whether a place was added.

        What a lapsed member is due to is only possible if its assumed move has not happened: it is lapsed as well.
        """
        added = False
        for member in sorted(self.members.values(), key=_is_lapsed):
            for due in member.dues.values():
                if due.is_waiting:
                    continue
                self.moves.add((member.place, due.target))
                there = self.members.get(due.target)
                if there is None or (there.is_lapsed and not member.is_lapsed):
                    added = True
                    self.members[due.target] = arriving(member, due, moment)._replace(is_lapsed=member.is_lapsed)
        return added


def arriving(member: Member, due: Due, moment: datetime) -> Member:
    """The member that a move brings about: derived and not seen (R29)."""
    because = member.because | due.because | ({member.sight} if member.sight is not None else set())
    return Member(due.target, moment, "assumed", due.cause, because, {}, flags=due.flags)


def placed(place: Place, fact: Fact, cause: str, because: Iterable[int] | None = None) -> Member:
    """Who is put somewhere by a record."""
    return Member(place, fact.effective_at, "recorded", cause, frozenset({fact.position, *(because or ())}), {})


def created(fact: Fact, event: DeploymentCreated, model: ModelState) -> Member:
    """Who is created with a version, or with the default as of then, which is derived and not stated (R26)."""
    if event.version is not None:
        return placed(Place(event.model, event.version), fact, "created")._replace(held_since=fact.effective_at)
    version = model.default_for(event.sku)
    named = model.stated_default or (model.versions[version].release if version is not None else None)
    stated = frozenset({named.position} if named is not None else ())
    member = placed(Place(event.model, version), fact, "created")
    return member._replace(certainty="assumed", held_since=fact.effective_at, because=member.because | stated)


def place_seen(event: DeploymentObserved) -> Place:
    """Where an export shows a deployment."""
    return Place(event.model, event.version, event.status == "stopped")


def seen_first(place: Place, fact: Fact, now: Now) -> Member:
    """Who is seen without anything being known of the time before."""
    member = placed(place, fact, "first-sight")._replace(certainty="observed", held_since=fact.effective_at)
    return seen_stopped(member, now) if place.is_stopped else member


def seen_stopped(member: Member, now: Now) -> Member:
    """Who is seen stopped for the first time: by the retirement of its version, where that is retired (R34)."""
    by_retirement = is_version_retired(member.place, now)
    return member._replace(stopped_because="seen stopped", is_stopped_by_retirement=by_retirement)


def changed(fact: Fact, event: VersionChanged) -> Member:
    """A change by hand holds automatic moves (R26); one that the engine executed does not."""
    by_hand = event.cause is None
    member = placed(Place(event.model, event.version), fact, event.cause or "by-hand", event.because)
    return member._replace(held_since=fact.effective_at if by_hand else None)


def held_back(fact: Fact, event: MoveHeldBack, since: datetime) -> Due:
    """What a host holds back stays due since it did so first (R37)."""
    target = Place(event.to_model, event.to_version, event.to_version is None)
    because = frozenset({fact.position, *(event.because or ())})
    return Due(target, since, None, event.cause, because, is_waiting=True)


def _latest_passed(member: Member, moment: datetime) -> Due | None:
    passed = [
        due for due in member.dues.values() if due.is_binding and due.deadline is not None and due.deadline <= moment
    ]
    return max(passed, key=lambda due: due.opened, default=None)


def _end_of(start: Place, steps: dict[Place, Place]) -> Place:
    """Where moves that happen at once lead; a place that leads back to itself stays."""
    passed = [start]
    while passed[-1] in steps:
        end = steps[passed[-1]]
        if end in passed:
            return start
        passed.append(end)
    return passed[-1]
