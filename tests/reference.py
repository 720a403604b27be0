"""What was possible for a deployment, in the plainest words? An independent reading of R1 to R38, R45 and R46."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reference_catalogue import (
    BLANK,
    CHANGED,
    CREATED,
    DAY,
    ENGINE,
    INSTANT,
    OPENAI,
    SIGHT,
    UNKNOWN,
    Fact,
    Place,
    Possibility,
    View,
    visible,
)

Step = tuple[datetime, "dict[Possibility, set[Possibility | None]]", datetime | None]  # what came of what; a deadline
HELD_BACK = ("deployment.move-postponed", "deployment.move-failed")
LOGGED = "deployment.change-logged"
LEVELS = STRICT, LENIENT, FORCED = (0, 1, 2)  # as the rules say; what was due may not have happened; was forced


class Changed(Exception):
    """No rule explains what was seen, but logged changes do: the first and the last of them, and what was seen."""


@dataclass(frozen=True)
class Answer:
    """What was possible at a moment. `cause` is null where the rules do not say which of several it is."""

    status: str
    possible: frozenset[Place]
    certainty: str
    cause: str | None = None


def answer(parts: Iterable[Possibility], is_doubted: bool) -> Answer:
    """What is possible, as an answer (R29); in doubt whether it was deleted before, nothing is certain (R16)."""
    parts = [replace(p, basis="assumed") for p in parts] if is_doubted else [*parts]
    named = {p.place: p.place if p.place[2] != UNKNOWN else (*p.place[:2], None) for p in parts}
    places = frozenset(named[p.place] if p.place[0] == "serving" else ("stopped",) for p in parts)
    causes = {p.cause for p in parts if len(places) == 1 or p.basis == "assumed"}
    bases = {"window"} if len(places) > 1 else {"assumed"} & {p.basis for p in parts} or {p.basis for p in parts}
    status = "window" if len(places) > 1 else str(next(iter(places))[0])
    return Answer(status, places, bases.pop(), causes.pop() if len(causes) == 1 else None)


@dataclass
class Course:
    """A deployment, one moment after the other. `tracks`: the steps since it was placed last, on each level.

    `unmoved`: where it is at each of these moments if nothing was carried out since. `logged`: the changes in a log.
    `led_to`: by the last of some logged changes, the moment of the first and what they led to, as was seen later.
    """

    led_to: Mapping[Any, tuple[datetime, Place]]
    ended: bool = True
    tracks: list[list[Step]] = field(default_factory=lambda: [[], [], []])
    unmoved: dict[datetime, set[Possibility]] = field(default_factory=dict)
    logged: list[Fact] = field(default_factory=list)
    doubted: set[datetime] = field(default_factory=set)
    answers: dict[datetime, Answer] = field(default_factory=dict)

    def settle(self, certain: list[Step]) -> None:
        """Take the steps so far as final, and go on from what is certain."""
        self.answers |= {moment: answer(parts, moment in self.doubted) for moment, parts, _ in self.tracks[STRICT]}
        self.tracks, self.unmoved = [[*certain] for _ in LEVELS], {}

    def stays(self, now: View, start: set[Possibility]) -> set[Possibility]:
        """Where it is if nothing was carried out: where it was put last, or down since that was retired (R34, R38)."""
        last = start or [*self.unmoved.values()][-1]
        down = {p: Possibility(("stopped", *p.place[1:3], True), "retirement") for p in last}
        return {down[p] if p.place[0] == "serving" and now.gone(p.place) else p for p in last}

    def late(self, now: View, fact: Fact, start: set[Possibility]) -> None:
        """What was held back, or is executed only now although it was assumed before, had not happened (R37, R38)."""
        moment, parts, _ = self.tracks[STRICT][-1]
        assumed = {p.place[:3] for p in parts if not p.origin} & {p.place[:3] for p in start}
        is_executed = "cause" in fact["data"] and now.its["run_by"] == "engine" and assumed and moment < now.moment
        if {p for p in start if p.is_held_back} or is_executed:
            had_stayed = self.unmoved.items()
            self.tracks[STRICT] = [(moment, {p: set() for p in parts}, None) for moment, parts in had_stayed]

    def recorded(self, now: View, fact: Fact, start: set[Possibility]) -> set[Possibility]:
        """What a recorded fact makes certain, or what was so before where it changes no version."""
        data, kind, cause = fact["data"], fact["type"], fact["data"].get("cause", "by-hand")
        done = data["operation"] if kind == LOGGED and data["status"] == "Succeeded" else ""
        if kind in ("deployment.policy-changed", "deployment.sku-changed") and not self.ended:
            now.its = {**now.its, **({"sku": None} if "sku" in kind else {}), **data}
        elif kind == CREATED and self.ended:
            self.ended, now.its = False, {**BLANK, **data}
            version = data["version"] if "version" in data else now.default(data["model"])
            place = ("serving", data["model"], UNKNOWN if version is None else version)
            return {Possibility(place, "created", "recorded" if "version" in data else "assumed", now.moment)}
        elif (kind == "deployment.deleted" or done == "delete") and not self.ended:
            self.doubt(None if start else data.get("not_before"))
            self.settle([])
            self.ended, now.its = True, BLANK
            self.answers[now.moment] = Answer("deleted", frozenset(), "recorded", "deleted")
            return set()
        elif done == "write" and not self.ended:
            self.logged.append(fact)
            if fact["position"] in self.led_to:
                return self.changed(now.moment, *self.led_to[fact["position"]])
        elif kind == CHANGED and not self.ended:
            hold = now.moment if cause == "by-hand" else None
            by = 0 if hold else fact["position"]
            return {Possibility(("serving", data["model"], data["version"]), cause, "recorded", hold, executed_by=by)}
        elif kind == "deployment.stopped" and not self.ended:
            on = {p.place for p in start or self.tracks[STRICT][-1][1] if p.origin is None}
            # Only a retirement is over when others are: what a person stops, no rule starts again.
            by = fact["position"] if "cause" in data else 0
            retired = {place: now.gone(place) if now.its["run_by"] == "provider" else by > 0 for place in on}
            places = {("stopped", *place[1:3], retired[place]) for place in on}
            return {Possibility(place, cause, "recorded", executed_by=by) for place in places}
        elif kind in HELD_BACK and not self.ended and now.its["run_by"] == "engine":
            return {replace(p, due=None, is_held_back=True) for p in self.stays(now, start)}
        return start

    def doubt(self, last_seen: str | None) -> None:
        """What was deleted between two sights may have been gone since the first of them (R16)."""
        track = self.tracks[STRICT]
        since = max(track[0][0], datetime.fromisoformat(last_seen)) if last_seen and track else None
        self.doubted |= {moment for moment, _, _ in track if since and moment > since}

    def changed(self, last: datetime, first: datetime, place: Place) -> set[Possibility]:
        """One of some changes led to a place, so by the last of them it was there, and held (R26, R32)."""
        for moment, parts, _ in self.tracks[STRICT][1:]:
            if moment >= first:
                parts[Possibility(place, "by-hand")] = set()
        return {Possibility(place, "by-hand", hold=last)}

    def step(self, level: int, now: View, start: set[Possibility]) -> None:
        """One moment on: a deadline, then what is retired or due, then all that may have come of it."""
        self.unmoved[now.moment] = self.stays(now, start)
        if {p for p in start if p.is_held_back}:
            self.tracks[level].append((now.moment, {p: {None} for p in start}, None))
            return
        _, olds, deadline = self.tracks[level][-1] if self.tracks[level] else (None, {}, None)
        pairs: list[tuple[Possibility | None, Possibility]] = [(None, p) for p in start]
        pairs += [(p, q) for p in olds if not p.origin and now.before for q in now.before.spread(p, level == FORCED)]
        if deadline == now.moment:
            late = {p.place for _, p in pairs if p.due and level == STRICT}
            pairs, deadline = [(old, p) for old, p in pairs if p.place not in late], None
        then = [(old, *now.triggered(old, now.judged(p), {q.place for _, q in pairs})) for old, p in pairs]
        deadline = max((new for *_, new in then if new), default=deadline if any(p.due for _, p, _ in then) else None)
        at_once = deadline == now.moment and level == STRICT
        moved = [(old, Possibility(*p.due) if p.due and at_once else p) for old, p, _ in then]
        parts: dict[Possibility, set[Possibility | None]] = {}
        for old, p in [(old, r) for old, q in moved for r in now.spread(q, level == FORCED)]:
            for new in [p, *(Possibility(late, "overdue", origin=p) for late in [now.overdue(p.place)] if late)]:
                same = {other for other in olds if old and other.origin == old and other.place == new.place}
                parts.setdefault(new, set()).update({old}, same)
        self.tracks[level].append((now.moment, parts, deadline))

    def settled(self, now: View, seen: Place) -> set[Possibility]:
        """Drop what cannot have led to what was seen. What no rule leads to was done by hand (R31, R32)."""
        for track in self.tracks:
            same = {p for p in track[-1][1] if p.place[:2] == seen[:2] and p.place[2] in (seen[2], UNKNOWN)}
            hits = same or {p for p in track[-1][1] if p.place[0] == seen[0] == "stopped"}
            keep: set[Possibility | None] = {*hits}
            for _, parts, _ in reversed(track if hits else []):
                for p in set(parts) - keep:
                    del parts[p]
                keep = {old for olds in parts.values() for old in olds}
            if hits:
                self.tracks[STRICT] = track
                places = {p: seen if p.place[2] == UNKNOWN else p.place for p in hits}
                return {replace(p, place=place, basis="observed", origin=None) for p, place in places.items()}
        return self.by_hand(now, seen)

    def by_hand(self, now: View, seen: Place) -> set[Possibility]:
        """What no rule explains was done when a log says so, or at any time since the release (R31, R32)."""
        release, start = now.release(*seen[1:3]), self.tracks[STRICT][0][0]
        logged = [f for f in self.logged if f["effective_at"] > start and f["effective_at"] >= (release or start)]
        views = {f["position"]: now if seen[0] == "stopped" else now.back_at(f["effective_at"]) for f in logged}
        logged = [f for f in logged if not views[f["position"]].gone(seen)]
        if logged:
            raise Changed(logged[0], logged[-1], (*seen[:3], *([False] if seen[0] == "stopped" else [])))
        cause = "unexplained" if seen[0] == "serving" else "observed-stop"
        for moment, parts, _ in self.tracks[STRICT][1:]:
            if release is None or moment >= release:
                parts[Possibility(seen, cause)] = set()
        return {Possibility(seen, cause, "observed", hold=now.moment)}

    def sight(self, now: View, data: Mapping[str, Any]) -> None:
        """What was seen is certain at its moment and settles what lies before; a retired version is not (R31, R34)."""
        place = (data["status"], data["model"], data["version"])
        seen = place if data["status"] == "serving" else (*place, now.gone(place))
        early = now.early(seen) if now.its["run_by"] == "engine" else None
        certain = put = {Possibility(seen, "first-sight", "observed")}
        if data["status"] == "serving" and now.gone(place):
            certain = {Possibility(now.outcome(place), "retirement")}
        elif not self.ended:
            certain = put = self.settled(now, seen)
        certain = {replace(p, due=p.due or (early, "upgrade-window")) if early else p for p in certain}
        self.ended = False
        self.settle([(now.moment, {p: set() for p in certain}, None)])
        self.unmoved[now.moment] = self.stays(now, put)

    def automatic(self, now: View) -> None:
        """Who is automatic from the moment of a sight on is due, without a deadline (R26, R31)."""
        for track in self.tracks:
            moment, parts, deadline = track.pop()
            then = {p: now.triggered(p, p, set())[0] for p in parts}
            is_due = {p for p, q in then.items() if q.due and q.due[1] in ("policy-change", "default-change", "forced")}
            track.append((moment, {then[p] if p in is_due else p: parts[p] for p in parts}, deadline))


def moments(facts: list[Fact]) -> list[datetime]:
    """Every moment at which something may change, and more."""
    datas = [f["data"] for f in facts]
    rules = [ENGINE, OPENAI, *(d["rules"] for d in datas if isinstance(d.get("rules"), Mapping))]
    rollouts, delays = ({r.get(key) or 0 for r in rules} | {0} for key in ("rollout_days", "preview_delay_days"))
    leads = {r["lead_days"] for r in rules} | {d["lead_days"] for d in datas if "lead_days" in d}
    dates = {datetime.fromisoformat(d[key]) for d in datas for key in ("on", "upgrade_from", "not_before") if key in d}
    starts = {f["effective_at"] + n * DAY + after for f in facts for n in delays for after in (0 * DAY, INSTANT)}
    starts |= {date + INSTANT for date in dates}
    starts |= {date - n * DAY for date in dates for n in leads}
    return sorted({start + n * DAY for start in starts for n in rollouts})


def course(facts: Iterable[Fact], deployment: str, known_at: datetime | None = None) -> list[tuple[datetime, Answer]]:
    """What was possible from each moment on, known at `known_at` (null: all)."""
    seen, led_to = visible(facts, known_at), dict[Any, tuple[datetime, Place]]()
    while True:
        try:
            return sorted(walk(seen, deployment, Course(led_to)).answers.items(), key=lambda since: since[0])
        except Changed as found:  # it is walked again by whoever knows that
            first, last, place = found.args
            led_to[last["position"]] = first["effective_at"], place


def walk(seen: list[Fact], deployment: str, it: Course) -> Course:
    """From one moment to the next, with all that is known by then."""
    now: View | None = None
    for moment in moments(seen):
        its = now.its if now and not it.ended else BLANK
        now = View(moment, [f for f in seen if f["effective_at"] <= moment], now, its)
        mine = [f for f in now.facts if f["effective_at"] == moment and f["data"].get("deployment") == deployment]
        start, is_seen, was_there = set[Possibility](), False, not it.ended
        for fact in [*mine, None]:
            if fact is not None and fact["type"] != SIGHT:
                was, start = start, it.recorded(now, fact, start)
                if start and not was and it.tracks[STRICT]:
                    it.late(now, fact, start)
                continue
            if start or it.ended:
                it.settle([])
            for level in LEVELS if not it.ended and (start or not is_seen) else ():
                it.step(level, now, start)
            if fact is not None:
                it.sight(now, fact["data"])
                start, is_seen = set(), True
            elif is_seen and was_there and not it.ended and not start:
                it.automatic(now)
    it.settle([])
    return it
