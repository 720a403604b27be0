"""Which version served a deployment when, how sure is that, and why? The course of a deployment (R28): read this first.

The course is one pure function of the facts that are known: `course_of`. It walks forward through the moments at which
something happens or falls due and keeps all that is possible, each with what it is due to (`dues.py`, `frames.py`).
Whenever an export shows what the deployment serves, it settles what lay before (`sights.py`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter

from modeltrail.domain.deployment import evolve, is_done, new_deployment
from modeltrail.domain.dues import Now, alarms, is_at_rest, is_retired, is_version_retired
from modeltrail.domain.events import (
    ChangeLogged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    DeploymentStopped,
    MoveFailed,
    MoveHeldBack,
    MovePostponed,
    VersionChanged,
)
from modeltrail.domain.facts import Fact, in_order
from modeltrail.domain.frames import Frame, Member, joined, joined_from, segment_at
from modeltrail.domain.history import Calendar, Histories
from modeltrail.domain.judging import (
    keep_dues,
    open_automatic,
    open_dues,
    open_forced,
    open_later,
    open_upgrades,
    retire,
    spread,
    stop_retired,
)
from modeltrail.domain.possible import Possible, changed, created, held_back, place_seen, placed, seen_first
from modeltrail.domain.segments import Place, Segment
from modeltrail.domain.sights import (
    bridged,
    by_hand,
    changed_within,
    doubted,
    first_possible,
    forced,
    forcing_to,
    last_repeated,
    may_lead_to,
    observed,
    settle_before,
    stand,
    unexplained,
)
from modeltrail.domain.values import MICROSECOND


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one deployment: segments without gaps or overlaps, from its first incarnation on (R28)."""

    deployment: str
    segments: tuple[Segment, ...]

    def at(self, moment: datetime) -> Segment | None:
        """The segment at a moment, null before the deployment existed."""
        after = bisect_right(self.segments, moment, key=lambda part: part.since)
        return self.segments[after - 1] if after else None


def course_of(deployment: str, facts: Iterable[Fact], histories: Histories) -> Course:
    """The course of a deployment from its own known facts and the histories of its models (R28 to R35)."""
    return Course(deployment, joined(_Walk(deployment, in_order(facts), cache(histories)).frames_until(None)))


def course_at(deployment: str, facts: Iterable[Fact], histories: Histories, moment: datetime) -> Course:
    """The course at one moment: the segment that holds then, if there is one. Its end is not looked for."""
    frames = _Walk(deployment, in_order(facts), cache(histories)).frames_until(moment)
    found = segment_at(frames, moment)
    return Course(deployment, () if found is None else (found,))


def course_from(deployment: str, facts: Iterable[Fact], histories: Histories, moment: datetime) -> Course:
    """The course from a moment on: the segment that holds then, all after it, those before it back to a certain one.

    The beginning of the first is not looked for.
    """
    frames = _Walk(deployment, in_order(facts), cache(histories)).frames_until(None)
    return Course(deployment, joined_from(frames, moment))


_LOOKING_BACK = frozenset(
    {VersionChanged, DeploymentObserved, DeploymentStopped, DeploymentDeleted, MovePostponed, MoveFailed}
)
"""The events that may say something of the time before them."""
_PLACING = _LOOKING_BACK | {DeploymentCreated, ChangeLogged}
"""The events that put a deployment somewhere, or tell that somebody may have; all others change an attribute."""
_KINDS = {"preview": "preview", "forced": "forced", "retirement": "retirement", "upgrade-window": "upgrade"}
"""As which kind of due a cause is kept; a change of default or policy is of the kind `default`."""
_is_overdue = attrgetter("is_overdue")


class _Walk:
    """The way through the moments of one deployment."""

    def __init__(self, deployment: str, ordered: list[Fact], histories: Histories) -> None:
        self.histories = histories
        self.facts = ordered
        self.taken = 0
        """How many facts were taken."""
        self.calendar = Calendar(ordered, histories)
        looking_back = (fact.effective_at for fact in reversed(ordered) if type(fact.event) in _LOOKING_BACK)
        self.looks_back_at = next(looking_back, None)
        self.state = new_deployment(deployment)
        self.possible = Possible()
        self.frames: list[Frame] = []
        """What has not been settled, since the last moment at which the place of the deployment was certain."""
        self.done: list[Frame] = []
        self.is_at_rest = False
        """Whether there was nothing to judge at the last moment: then nothing changes when it ends."""
        self.anchored_at: datetime | None = None
        self.seen_at: datetime | None = None
        self.held_back_at: datetime | None = None
        self.executed_by: int | None = None
        """The position of the execution that put the deployment there last, null where none did."""
        self.anchor: Member | None = None
        """Where a record or a sight put the deployment last."""
        self.deletion: frozenset[int] = frozenset()
        self.logged: list[Fact] = []
        """The changes since then that a provider's log states, whatever they changed (R32)."""
        self.led_to: dict[int, Member] = {}
        """Who was put there by a logged change, as a sight after it has shown; by the position of the change."""

    def frames_until(self, end: datetime | None) -> list[Frame]:
        """The parts of the course, one for each moment at which something might change; all of them for null.

        Else they are right up to that moment: nothing that is left out says anything of the time before it.
        """
        moment = self._next_fact()
        while moment is not None and not (end is not None and self._is_certain(end, moment)):
            now = self._step(moment)
            if self.is_at_rest and self.anchor is not None:
                self.taken = last_repeated(self.facts, self.taken, self.anchor, self.calendar.next_turn(moment))
            moment = self._next_fact() if now is None else self._next(now)
        self._flush()
        return self.done

    def _is_certain(self, end: datetime, ahead: datetime) -> bool:
        """Whether no fact of a moment ahead, or after it, can say anything of the time up to a moment (R31, R38)."""
        if ahead <= end:
            return False
        is_open = bool(self.frames) and self.frames[0].since <= end
        return not is_open or self.looks_back_at is None or self.looks_back_at < ahead

    def _next(self, now: Now) -> datetime | None:
        """The next moment at which there is a fact, or something falls due without one."""
        if not self.state.exists:
            return self._next_fact()
        moment, members = now.moment, self.possible.members.values()
        is_overdue = not self.is_at_rest and any(map(_is_overdue, members))
        ahead = [self._next_fact(), self.calendar.next_turn(moment, of_all=is_overdue)]
        for member in members:
            ahead += alarms(member, now)
        if self.anchored_at == moment and not self.is_at_rest:
            ahead.append(moment + MICROSECOND)
        return min([at for at in ahead if at is not None and at > moment], default=None)

    def _moment_of(self, number: int) -> datetime | None:
        return self.facts[number].effective_at if number < len(self.facts) else None

    def _next_fact(self) -> datetime | None:
        """The moment of the next fact that was not taken yet."""
        return self._moment_of(self.taken)

    def _step(self, moment: datetime) -> Now | None:
        """All that happens at a moment (R6): deadlines close, facts are taken, then judged, then sights settle.

        Null where the way leads back to a change that a sight has shown.
        """
        before = self.state
        self.possible.begin()
        self.possible.lapse(moment)
        now = Now(moment, *self.calendar.models(moment), before, before)
        while self._next_fact() == moment:
            fact = self.facts[self.taken]
            self.taken += 1
            if isinstance(fact.event, DeploymentObserved) and self.state.exists:
                self._judge(now)
                if not self._see(fact, fact.event, now):
                    return None
            else:
                self._take(fact, now)
            now = Now(moment, now.models, now.models_before, self.state, before)
        self._judge(now)
        if self.state.incarnation:
            self.frames.append(self._frame(now))
        return now

    def _flush(self) -> None:
        self.done += self.frames
        self.frames = []

    def _anchor(self, moment: datetime, member: Member | None) -> None:
        """From this moment on the place of the deployment is certain, until something else is due or seen."""
        self._flush()
        self.possible.become(member)
        self.anchored_at = moment
        self.held_back_at = None
        self.executed_by = None
        self.logged = []
        self.anchor = member
        self.seen_at = moment if member is not None and member.certainty == "observed" else None

    def _take(self, fact: Fact, now: Now) -> None:
        """A fact that is no sight of a known deployment: it places the deployment, or changes an attribute."""
        existed, moment = self.state.exists, now.moment
        self.state = evolve(self.state, fact)
        if type(fact.event) not in _PLACING or not (existed or self.state.exists):
            return
        match fact.event:
            case DeploymentCreated() as event if not existed:
                self._anchor(moment, created(fact, event, self.histories(event.model).at(moment)))
            case DeploymentObserved() as event:
                self._anchor(moment, seen_first(place_seen(event), fact, now._replace(state=self.state)))
            case VersionChanged() as event:
                self._settle_late(Place(event.model, event.version), event.cause, moment)
                self._anchor(moment, changed(fact, event))
                self.executed_by = None if event.cause is None else fact.position
            case DeploymentStopped() as event:
                stopped = self._stopped(fact, event, now)
                self._settle_late(stopped.place, event.cause, moment)
                self._anchor(moment, stopped)
                self.executed_by = None if event.cause is None else fact.position
            case MoveHeldBack() as event if self.state.run_by == "engine":
                self._hold_back(fact, event, moment)
            case DeploymentDeleted(not_before=last_seen):
                self._delete(fact, last_seen, now)
            case ChangeLogged() as event if is_done(event, "delete"):
                self._delete(fact, None, now)
            case ChangeLogged() as event if is_done(event, "write"):
                self.logged.append(fact)
                if fact.position in self.led_to:
                    self._change(fact, self.led_to.pop(fact.position), now)
            case _:
                pass

    def _delete(self, fact: Fact, last_seen: datetime | None, now: Now) -> None:
        """It is gone; and may have been since it was last seen, where that is all that is known (R16)."""
        if last_seen is not None and self.anchored_at is not None:
            since = max(last_seen, self.anchored_at) + MICROSECOND
            self.frames = doubted([*self.frames, self._frame(now)], since, fact)
        self._anchor(fact.effective_at, None)
        self.deletion = frozenset({fact.position})

    def _change(self, last: Fact, led_to: Member, now: Now) -> None:
        """By the last of the logged changes that a later sight has shown, what it shows was made (R32)."""
        self.frames = changed_within([*self.frames, self._frame(now)], led_to, last)
        self._anchor(now.moment, led_to)

    def _stopped(self, fact: Fact, event: DeploymentStopped, now: Now) -> Member:
        here = next(iter(self.possible.showing())).place
        stopped = placed(here._replace(is_stopped=True), fact, event.cause or "by-hand", event.because)
        is_mirrored = self.state.run_by == "provider"
        by_retirement = is_version_retired(here, now) if is_mirrored else event.cause is not None
        return stopped._replace(stopped_because=event.reason, is_stopped_by_retirement=by_retirement)

    def _settle_late(self, place: Place, cause: str | None, moment: datetime) -> None:
        """What the engine executes later than it was due had not happened before: the deployment had stayed (R38)."""
        if cause is None or self.state.run_by == "provider" or self.anchor is None:
            return
        if any(member.place == place and member.entered < moment for member in self.possible.showing()):
            stand(self.frames, self.anchor)

    def _hold_back(self, fact: Fact, event: MoveHeldBack, moment: datetime) -> None:
        """A move that was due has not happened, and will not before the host is asked again (R37)."""
        if self.anchor is None:
            return
        here = stand(self.frames, self.anchor)
        flag = "postponed" if isinstance(event, MovePostponed) else "failed"
        since = next((due.opened for due in self.anchor.dues.values() if due.is_waiting), moment)
        waiting = {_KINDS.get(event.cause, "default"): held_back(fact, event, since)}
        because = here.because | {fact.position}
        self._anchor(moment, here._replace(because=because, flags=frozenset({flag}), dues=waiting))
        self.held_back_at = moment

    def _judge(self, now: Now) -> None:
        """What becomes due, and what a retirement does, once all facts of the moment are taken (R6)."""
        self.is_at_rest = is_at_rest(self.possible.members.values(), now)
        if self.is_at_rest:
            return
        if self.held_back_at == now.moment:
            stop_retired(self.possible, now)
            return
        is_placed = self.anchored_at == now.moment
        is_seen = self.seen_at == now.moment
        keep_dues(self.possible, now)
        retire(self.possible, now, is_anchored=is_placed)
        open_upgrades(self.possible, now, is_placed=is_placed, is_seen=is_seen)
        if not is_placed:
            open_dues(self.possible, now)
        elif not is_seen:
            if self.executed_by is not None:
                open_later(self.possible, now, self.executed_by)
            open_forced(self.possible, now)
        elif now.state_before.incarnation == now.state.incarnation:
            open_automatic(self.possible, now)
        if not is_seen:
            self.possible.lapse(now.moment)
            spread(self.possible, now)

    def _see(self, fact: Fact, event: DeploymentObserved, now: Now) -> bool:
        """A sight of a deployment that exists: it settles what lies before it and its own moment (R31).

        False where it shows what a logged change has led to: then all since that change is gone through again.
        """
        self.state = evolve(self.state, fact)
        place = place_seen(event)
        if not place.is_stopped and is_retired(place, now):
            self._anchor(now.moment, seen_first(place, fact, now)._replace(flags=frozenset({"contradiction"})))
            return True
        seen = self.possible.find(place)
        if seen is None:
            seen = self._explained(place, fact, now)
        elif seen.place.version is None:
            seen = seen._replace(place=place)
        else:
            settle_before(self.frames, self.possible, seen, fact)
        if seen is not None:
            self._anchor(now.moment, observed(seen, fact))
        return seen is not None

    def _explained(self, place: Place, sight: Fact, now: Now) -> Member | None:
        """What was seen although no derived move leads to it: explained by a forced upgrade, or not (R24, R32).

        Null where a logged change explains it.
        """
        assert self.anchored_at is not None
        since = first_possible(place, self.anchored_at, now)
        frames = [*self.frames, self._frame(now)]
        forcing = forcing_to(place, self.possible.showing(), self.histories, self.anchored_at, now)
        changes = [one for one in self.logged if one.effective_at >= since and may_lead_to(place, one, frames)]
        if forcing is None and changes:
            self._go_back(by_hand(place, changes, sight), changes[-1])
            return None
        start, announcement = forcing or (None, None)
        seen = unexplained(place, sight, since, now) if announcement is None else forced(place, since, announcement)
        self.frames = bridged(frames, start, seen, sight)
        return seen

    def _go_back(self, member: Member, change: Fact) -> None:
        """Back to the moment of a logged change: now it is known what it led to, and what follows is derived anew."""
        moment = change.effective_at
        self.led_to[change.position] = member
        self.frames = [frame for frame in self.frames if frame.since < moment]
        self.logged = [earlier for earlier in self.logged if earlier.effective_at < moment]
        self.taken = bisect_left(self.facts, moment, key=lambda fact: fact.effective_at)
        self.possible.members, self.state = self.frames[-1].members, self.frames[-1].state

    def _frame(self, now: Now) -> Frame:
        possible = self.possible
        return Frame(
            now.moment,
            possible.members,
            possible.origins,
            possible.moves,
            possible.showing(),
            self.state,
            now.models,
            self.histories,
            self.deletion,
        )
