"""What was possible for a deployment, in the plainest words? An independent reading of R1 to R36, R45 and R46."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

Fact = Mapping[str, Any]  # position, type, effective_at, known_at, mode, source, and data without nulls
Place = tuple[Any, ...]  # ("serving", model, version) or ("stopped", model, version, whether a retirement did it)
Step = tuple[datetime, "dict[Possibility, set[Possibility | None]]", datetime | None]  # what came of what; a deadline
UNKNOWN = "created without a version while no default was known"
LEVELS = STRICT, LENIENT, FORCED = (0, 1, 2)  # as the rules say; what was due may not have happened; was forced
CREATED, CHANGED, SIGHT = "deployment.created", "deployment.version-changed", "deployment.observed"
RELEASED, RETIRED, REINSTATED = "model.version-released", "model.version-retired", "model.version-reinstated"
DEFAULT, REPLACED, FORCING = "model.default-changed", "model.replacement-named", "model.forced-upgrade-announced"
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)
ENGINE = {"rollout_days": 0, "lead_days": 0, "unspecified": "manual", "preview_delay_days": 14, "provisioned": ""}
FOUNDRY = ENGINE | {"rollout_days": 14, "provisioned": "never-moved"}
OPENAI = FOUNDRY | {"unspecified": "upgrade-when-expired"}
STAGED, MOVING = "model.stage-changed", ("auto-update", "upgrade-when-expired")
BLANK: Mapping[str, Any] = {"policy": "unspecified", "sku": None, "run_by": "provider"}


@dataclass(frozen=True)
class Answer:
    """What was possible at a moment. `cause` is null where the rules do not say which of several it is."""

    status: str
    possible: frozenset[Place]
    certainty: str
    cause: str | None = None


@dataclass(frozen=True)
class Possibility:
    """What a deployment may be doing; `hold`: chosen by hand when (R26)? `origin`: not retired on its date (R12)."""

    place: Place
    cause: str
    basis: str = "assumed"
    hold: datetime | None = None
    due: tuple[Place, str] | None = None
    origin: Possibility | None = None


def order(fact: Fact) -> tuple[Any, ...]:
    """The place of a fact among others (R6)."""
    text = json.dumps([fact["type"], fact["data"]], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    last = (0, fact["source"] or "", text) if fact["mode"] == "statement" else (1, fact["position"])
    return (fact["effective_at"], fact["type"].startswith("deployment."), fact["known_at"], *last)


def target(data: Mapping[str, Any]) -> tuple[Any, Any]:
    """The (model, version) that a fact names as the place to go."""
    return data.get("to_model") or data.get("model"), data.get("to_version")


def names(data: Mapping[str, Any]) -> set[tuple[Any, Any]]:
    """The (model, version) pairs that a fact speaks of."""
    return {pair for pair in ((data.get("model"), data.get("version")), target(data)) if None not in pair}


def visible(facts: Iterable[Fact], known_at: datetime | None) -> list[Fact]:
    """The facts that count for whoever knows what was known at `known_at`, in their order (R2, R6, R45)."""
    known, retracted = [f for f in facts if known_at is None or f["known_at"] <= known_at], set()
    for fact in sorted(known, key=lambda f: -int(f["position"])):
        if fact["type"] == "log.fact-retracted" and fact["position"] not in retracted:
            retracted.add(fact["data"]["position"])
    standing = [f for f in known if f["position"] not in retracted]
    with_names = {model for f in standing for model, version in names(f["data"]) if version}
    return sorted((f for f in standing if not any(not v and m in with_names for m, v in names(f["data"]))), key=order)


@dataclass
class View:
    """What the facts up to a moment say of all models, read for a deployment with its attributes of then (`its`)."""

    moment: datetime
    facts: list[Fact]
    before: View | None
    its: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Fold the defaults: a stated one counts while it is choosable, and once lost it stays lost (R10)."""
        now = [f["data"] for f in self.facts if f["effective_at"] == self.moment and f["type"] == DEFAULT]
        said = (self.before.stated if self.before else {}) | {data["model"]: data["version"] for data in now}
        good = {m: v for m, v in said.items() if v is not None and self.choosable(m, v, True)}
        self.stated: dict[str, str | None] = dict.fromkeys(said) | good

    def said(self, model: str, version: str | None, *kinds: str) -> list[Fact]:
        """The facts of these kinds about one version of a model, or about all of it."""
        mine = [f for f in self.facts if f["type"] in kinds and f["data"]["model"] == model]
        return [f for f in mine if version is None or f["data"]["version"] == version]

    def rules(self, model: str) -> Mapping[str, Any]:
        """The rules in force (R46)."""
        said, catalogue = self.said(model, None, "model.registered", "model.rules-changed"), model.partition("/")[0]
        other = OPENAI if catalogue.startswith("azure@") else ENGINE
        usual = {"azure-openai": OPENAI, "azure-foundry": FOUNDRY}.get(catalogue, other)
        return said[-1]["data"]["rules"] if said else usual

    def mirrored(self, model: str) -> bool:
        """Whether a provider runs the model (R7)."""
        return all(f["data"]["run_by"] == "provider" for f in self.said(model, None, "model.registered")[-1:])

    def release(self, model: str, version: str) -> datetime | None:
        """When the version was released, null where the day is unknown."""
        return next((f["effective_at"] for f in self.said(model, version, RELEASED)), None)

    def latest(self, place: Place, sku: str | None, *kinds: str) -> Fact | None:
        """What counts for a SKU: its own statement, unless a general one is effective later (R14)."""
        last = [[f for f in self.said(*place[1:3], *kinds) if f["data"].get("sku") == of][-1:] for of in (None, sku)]
        return max(last[0] + last[1], key=lambda f: (f["effective_at"], "sku" in f["data"]), default=None)

    def gone(self, place: Place, general: bool = False) -> bool:
        """Whether the version of a place is retired, for the deployment or in general (R14, R16)."""
        last = self.latest(place, None if general else self.its["sku"], RETIRED, REINSTATED)
        return last is not None and last["type"] == RETIRED

    def choosable(self, model: str, version: str, general: bool = False) -> bool:
        """Whether it is released (in a mirrored model also: stated or seen in use) and not retired (R10)."""
        in_use = [
            pair for f in self.facts if f["type"] in (DEFAULT, CREATED, CHANGED, SIGHT) for pair in names(f["data"])
        ]
        in_use += [target(f["data"]) for f in self.facts if f["type"] in (REPLACED, FORCING)]
        is_released = bool(self.said(model, version, RELEASED)) or (self.mirrored(model) and (model, version) in in_use)
        return is_released and not self.gone(("", model, version), general)

    def default(self, model: str, but: str | None = None) -> str | None:
        """The default: as stated, or the only choosable version where none was ever stated (R10)."""
        only = {v for f in self.facts for m, v in names(f["data"]) if m == model and self.choosable(m, v) and v != but}
        stated = self.stated.get(model)
        return (stated if stated in only else None) if model in self.stated else only.pop() if len(only) == 1 else None

    def replacement(self, model: str, version: str) -> Mapping[str, Any]:
        """What takes its place, if anything; named again without dates, it keeps those said before (R15, R20)."""
        found: Mapping[str, Any] = {}
        for fact in self.said(model, version, REPLACED):
            found = {**(found if target(found) == target(fact["data"]) else {}), **fact["data"]}
        return found

    def follow(self, model: str, version: str | None, seen: set[Place]) -> Place | None:
        """The first choosable version from here on along the replacements, null at a cycle or dead end (R15)."""
        version = self.default(model) if version is None else version
        if version is None or (model, version) in seen:
            return None
        named = self.replacement(model, version)
        further = self.follow(*target(named), seen | {(model, version)}) if named else None
        return ("serving", model, version) if self.choosable(model, version) else further

    def successor(self, model: str, version: str) -> Place | None:
        """Where a retirement leads: to the declared replacement, else to the default as of then (R20)."""
        named = self.replacement(model, version)
        to = target(named) if named else (model, self.default(model, version) or version)
        return self.follow(to[0], to[1], {(model, version)})

    def retires_on(self, place: Place) -> datetime | None:
        """The date of the standing `fixed` announcement that was not carried out since (R12, R13)."""
        last = self.latest(place, self.its["sku"], "model.retirement-announced", "model.retirement-withdrawn")
        retired = [f for f in self.said(*place[1:3], RETIRED) if f["data"].get("sku") in (None, self.its["sku"])]
        data = last["data"] if last and all(f["effective_at"] < last["effective_at"] for f in retired) else {}
        return datetime.fromisoformat(data["on"]) if data.get("qualifier") == "fixed" and "on" in data else None

    def policy(self, model: str) -> str:
        """The policy that counts on a model (R18, R22), or that reserved capacity is never moved (R23)."""
        said, its = self.said(model, None, "model.registered", "model.offers-changed"), self.its["policy"]
        offered = its if not said or its in said[-1]["data"].get("offers", [its]) else "manual"
        if "Provisioned" in (self.its["sku"] or "") and self.rules(model)["provisioned"] == "never-moved":
            return "never-moved"
        return str(self.rules(model)["unspecified"]) if its == "unspecified" else offered

    def outcome(self, place: Place) -> Place:
        """What a retirement makes of a deployment on this version (R20 to R23)."""
        moves = self.policy(place[1]) in MOVING
        return (self.successor(place[1], place[2]) if moves else None) or ("stopped", place[1], place[2], True)

    def early(self, place: Place) -> Place | None:
        """Where an upgrade window that opens before the retirement leads (R20)."""
        may_move = place[0] == "serving" and not self.gone(place) and self.policy(place[1]) in MOVING
        named, date = self.replacement(*place[1:3]), self.retires_on(place)
        lead = named.get("lead_days", self.rules(place[1])["lead_days"])
        begin = date - lead * DAY if date is not None and lead > 0 else None
        begin = datetime.fromisoformat(named["upgrade_from"]) if "upgrade_from" in named else begin
        return self.successor(*place[1:]) if may_move and begin is not None and begin <= self.moment else None

    def overdue(self, place: Place) -> Place | None:
        """What a retirement whose fixed date has passed may have made of it (R12)."""
        date = None if place[0] == "stopped" or self.gone(place) else self.retires_on(place)
        return self.outcome(place) if date is not None and date <= self.moment and self.mirrored(place[1]) else None

    def forced(self, place: Place, due: bool) -> tuple[Place | None, Any]:
        """Target and terms of the standing forced upgrade, nulls for none; with `due`, of one that is due (R24)."""
        said = self.said(place[1], place[2], FORCING) if place[0] == "serving" else []
        data = said[-1]["data"] if said else {}
        passed = data.get("qualifier") == "fixed" and "on" in data and datetime.fromisoformat(data["on"]) <= self.moment
        if not said or (due and (not passed or self.policy(place[1]) == "never-moved")):
            return None, None
        named = {"to_model", "to_version"} & {*data}
        to = self.follow(*target(data), {place[1:]}) if named else self.successor(*place[1:])
        return to, to and (data.get("on"), target(data))

    def behind(self, place: Place, version: str | None, steps_back: bool) -> bool:
        """Whether an `auto-update` deployment there is to move to this version of its model (R19, R25)."""
        old, new = self.release(place[1], place[2]), self.release(place[1], str(version))
        is_older = old and new and new < old and not steps_back and place[0] == "serving"
        return version not in (None, place[2]) and self.choosable(place[1], str(version)) and not is_older

    def new_preview(self, p: Possibility) -> Place | None:
        """The preview whose delay ends now and which replaces the one that is served (R24)."""
        (state, model, served, *_), delay = p.place, self.rules(p.place[1]).get("preview_delay_days")
        stages = {f["data"]["version"]: f["data"]["stage"] for f in self.said(model, None, RELEASED, STAGED)}
        if state == "stopped" or delay is None or stages.get(served) != "preview":
            return None
        day, before = self.moment - delay * DAY, [self.release(model, served), p.hold]
        new = [v for v, stage in stages.items() if stage == "preview" and self.release(model, v) == day and v != served]
        found = [("serving", model, v) for v in new if self.choosable(model, v)]
        return found[-1] if found and all(moment is None or moment < day for moment in before) else None

    def judged(self, p: Possibility) -> Possibility:
        """What is due no longer, then a reinstatement (R16), then a retirement (R20 to R23, R34)."""
        (state, model, version, *_), (to, cause) = p.place, p.due or (None, "")
        others = {"forced": self.forced(p.place, True)[0], "upgrade-window": self.early(p.place)}
        to = others.get(cause, to if to and self.policy(model) == "auto-update" and not self.gone(to) else None)
        p = replace(p, due=(to, cause) if to and to != p.place else None)
        again = any(f["effective_at"] == self.moment for f in self.said(model, version, REINSTATED))
        if again and state == "stopped" and p.place[3] and self.its["run_by"] == "provider" and not self.gone(p.place):
            p = replace(p, place=("serving", model, version), cause="reinstatement", basis="assumed")
        stays = p.place[0] == "stopped" or not self.gone(p.place)
        return p if stays else Possibility(self.outcome(p.place), "retirement")

    def triggered(self, old: Possibility | None, p: Possibility, of: set[Place]) -> tuple[Possibility, datetime | None]:
        """What becomes due at this moment, perhaps with a deadline; `of` is what was possible so far."""
        (_, model, version, *_), before = p.place, self.before or self
        was, default = before.default(model), self.default(model)
        changed = was != default and any(f["effective_at"] == self.moment for f in self.said(model, None, DEFAULT))
        auto = self.policy(model) == "auto-update" and p.hold != self.moment and (*p.place, True)[3]
        if changed and p.hold != self.moment:
            p = replace(p, hold=None, due=p.due if default != version or (p.due and p.due[1] == "forced") else None)
        (forced, terms), early = self.forced(p.place, True), self.early(p.place)
        is_new = old is None or old.place != p.place or early != before.early(p.place)
        place, was_auto = ("serving", model, default), before.policy(model) == "auto-update"
        deadline = self.moment + (self.rules(model)["rollout_days"] if self.its["run_by"] == "provider" else 0) * DAY
        for applies, to, cause in (
            (forced and terms != before.forced(p.place, True)[1], forced, "forced"),
            (auto and changed and self.behind(p.place, default, was == version), place, "default-change"),
            (auto and not was_auto and self.behind(p.place, default, False), place, "policy-change"),
            (early and is_new and self.its["run_by"] == "engine", early, "upgrade-window"),
            (auto, self.new_preview(p), "preview"),
        ):
            if applies and to:
                return replace(p, due=(to, cause)), None if cause == "default-change" and to in of else deadline
        return p, None

    def spread(self, p: Possibility, level: int) -> list[Possibility]:
        """The possibility itself and all that it may have become by now."""
        found = [p]
        for q in found:
            early = self.early(q.place) if self.its["run_by"] == "provider" else None
            explained = self.forced(q.place, False)[0] if level == FORCED else None
            for to, cause in (q.due or (None, ""), (early, "upgrade-window"), (explained, "forced")):
                found += [Possibility(to, cause)] if to and Possibility(to, cause) not in found else []
        return found


def answer(parts: Iterable[Possibility]) -> Answer:
    """What is possible, as an answer (R29)."""
    named = {p.place: p.place if p.place[2] != UNKNOWN else (*p.place[:2], None) for p in parts}
    places = frozenset(named[p.place] if p.place[0] == "serving" else ("stopped",) for p in parts)
    causes = {p.cause for p in parts if len(places) == 1 or p.basis == "assumed"}
    bases = {"window"} if len(places) > 1 else {"assumed"} & {p.basis for p in parts} or {p.basis for p in parts}
    status = "window" if len(places) > 1 else str(next(iter(places))[0])
    return Answer(status, places, bases.pop(), causes.pop() if len(causes) == 1 else None)


@dataclass
class Course:
    """A deployment, one moment after the other. `tracks`: the steps since the last anchor, on each level."""

    ended: bool = True
    tracks: list[list[Step]] = field(default_factory=lambda: [[], [], []])
    answers: dict[datetime, Answer] = field(default_factory=dict)

    def settle(self, certain: list[Step]) -> None:
        """Take the steps so far as final, and go on from what is certain."""
        self.answers |= {moment: answer(parts) for moment, parts, _ in self.tracks[STRICT]}
        self.tracks = [[*certain] for _ in LEVELS]

    def recorded(self, now: View, fact: Fact, start: set[Possibility]) -> set[Possibility]:
        """What a recorded fact makes certain, or what was so before where it changes no version."""
        data, kind, cause = fact["data"], fact["type"], fact["data"].get("cause", "by-hand")
        if kind in ("deployment.policy-changed", "deployment.sku-changed") and not self.ended:
            now.its = {**now.its, **({"sku": None} if "sku" in kind else {}), **data}
        elif kind == CREATED and self.ended:
            self.ended, now.its = False, {**BLANK, **data}
            version = data["version"] if "version" in data else now.default(data["model"])
            place = ("serving", data["model"], UNKNOWN if version is None else version)
            return {Possibility(place, "created", "recorded" if "version" in data else "assumed", now.moment)}
        elif kind == "deployment.deleted" and not self.ended:
            self.ended, now.its = True, BLANK
            self.answers[now.moment] = Answer("deleted", frozenset(), "recorded", "deleted")
            return set()
        elif kind == CHANGED and not self.ended:
            hold = now.moment if cause == "by-hand" else None
            return {Possibility(("serving", data["model"], data["version"]), cause, "recorded", hold)}
        elif kind == "deployment.stopped" and not self.ended:
            on = {p.place for p in start or self.tracks[STRICT][-1][1] if p.origin is None}
            return {Possibility(("stopped", *place[1:3], now.gone(place)), cause, "recorded") for place in on}
        return start

    def step(self, level: int, now: View, start: set[Possibility]) -> None:
        """One moment on: a deadline, then what is retired or due, then all that may have come of it."""
        _, olds, deadline = self.tracks[level][-1] if self.tracks[level] else (None, {}, None)
        pairs: list[tuple[Possibility | None, Possibility]] = [(None, p) for p in start]
        pairs += [(p, q) for p in olds if not p.origin and now.before for q in now.before.spread(p, level)]
        if deadline == now.moment:
            late = {p.place for _, p in pairs if p.due and level == STRICT}
            pairs, deadline = [(old, p) for old, p in pairs if p.place not in late], None
        then = [(old, *now.triggered(old, now.judged(p), {q.place for _, q in pairs})) for old, p in pairs]
        deadline = max((new for *_, new in then if new), default=deadline if any(p.due for _, p, _ in then) else None)
        at_once = deadline == now.moment and level == STRICT
        moved = [(old, Possibility(*p.due) if p.due and at_once else p) for old, p, _ in then]
        parts: dict[Possibility, set[Possibility | None]] = {}
        for old, p in [(old, r) for old, q in moved for r in now.spread(q, level)]:
            for new in [p, *(Possibility(late, "overdue", origin=p) for late in [now.overdue(p.place)] if late)]:
                same = {other for other in olds if old and other.origin == old and other.place == new.place}
                parts.setdefault(new, set()).update({old}, same)
        self.tracks[level].append((now.moment, parts, deadline))

    def settled(self, seen: Place, release: datetime | None) -> set[Possibility]:
        """Drop what cannot have led to what was seen. What no rule leads to was done by hand at any time (R31, R32)."""
        cause = "unexplained" if seen[0] == "serving" else "observed-stop"
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
        for moment, parts, _ in self.tracks[STRICT][1:]:
            if release is None or moment >= release:
                parts[Possibility(seen, cause)] = set()
        return {Possibility(seen, cause, "observed", hold=self.tracks[STRICT][-1][0])}

    def sight(self, now: View, data: Mapping[str, Any]) -> None:
        """What was seen is certain at its moment and settles what lies before; a retired version is not (R31, R34)."""
        place = (data["status"], data["model"], data["version"])
        seen = place if data["status"] == "serving" else (*place, now.gone(place))
        early = now.early(seen) if now.its["run_by"] == "engine" else None
        certain = {Possibility(seen, "first-sight", "observed")}
        if data["status"] == "serving" and now.gone(place):
            certain = {Possibility(now.outcome(place), "retirement")}
        elif not self.ended:
            certain = self.settled(seen, now.release(*seen[1:3]))
        certain = {replace(p, due=p.due or (early, "upgrade-window")) if early else p for p in certain}
        self.ended = False
        self.settle([(now.moment, {p: set() for p in certain}, None)])


def moments(facts: list[Fact]) -> list[datetime]:
    """Every moment at which something may change, and more."""
    datas = [f["data"] for f in facts]
    rules = [ENGINE, OPENAI, *(d["rules"] for d in datas if isinstance(d.get("rules"), Mapping))]
    rollouts, delays = ({r.get(key) or 0 for r in rules} | {0} for key in ("rollout_days", "preview_delay_days"))
    leads = {r["lead_days"] for r in rules} | {d["lead_days"] for d in datas if "lead_days" in d}
    dates = {datetime.fromisoformat(d[key]) for d in datas for key in ("on", "upgrade_from") if key in d}
    starts = {f["effective_at"] + n * DAY + after for f in facts for n in delays for after in (0 * DAY, INSTANT)}
    starts |= {date - n * DAY for date in dates for n in leads}
    return sorted({start + n * DAY for start in starts for n in rollouts})


def course(facts: Iterable[Fact], deployment: str, known_at: datetime | None = None) -> list[tuple[datetime, Answer]]:
    """What was possible from each moment on, known at `known_at` (null: all)."""
    seen, it, now = visible(facts, known_at), Course(), None
    for moment in moments(seen):
        its = now.its if now and not it.ended else BLANK
        now = View(moment, [f for f in seen if f["effective_at"] <= moment], now, its)
        mine = [f for f in now.facts if f["effective_at"] == moment and f["data"].get("deployment") == deployment]
        start, is_seen = set[Possibility](), False
        for fact in [*mine, None]:
            if fact is not None and fact["type"] != SIGHT:
                start = it.recorded(now, fact, start)
                continue
            if start or it.ended:
                it.settle([])
            for level in LEVELS if not it.ended and (start or not is_seen) else ():
                it.step(level, now, start)
            if fact is not None:
                it.sight(now, fact["data"])
                start, is_seen = set(), True
    it.settle([])
    return sorted(it.answers.items(), key=lambda since: since[0])
