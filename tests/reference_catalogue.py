"""What do the facts say of the models at a moment, in the plainest words? An independent reading of the rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

Fact = Mapping[str, Any]  # position, type, effective_at, known_at, mode, source, and data without nulls
Place = tuple[Any, ...]  # ("serving", model, version) or ("stopped", model, version, whether a retirement did it)
UNKNOWN = "created without a version while no default was known"
CREATED, CHANGED, SIGHT = "deployment.created", "deployment.version-changed", "deployment.observed"
RELEASED, RETIRED, REINSTATED = "model.version-released", "model.version-retired", "model.version-reinstated"
DEFAULT, REPLACED, FORCING = "model.default-changed", "model.replacement-named", "model.forced-upgrade-announced"
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)
ENGINE = {"rollout_days": 0, "lead_days": 0, "unspecified": "manual", "preview_delay_days": 14, "provisioned": ""}
FOUNDRY = ENGINE | {"rollout_days": 14, "provisioned": "never-moved"}
OPENAI = FOUNDRY | {"unspecified": "upgrade-when-expired"}
ATTRIBUTES = {"deployment.policy-changed", "deployment.sku-changed", "model.registered", "model.rules-changed"}
TRUSTED, RETIRING = "catalogue.trust-changed", ("model.retirement-announced", "model.retirement-withdrawn")
STAGED, MOVING = "model.stage-changed", ("auto-update", "upgrade-when-expired")
BLANK: Mapping[str, Any] = {"policy": "unspecified", "sku": None, "run_by": "provider"}


@dataclass(frozen=True)
class Possibility:
    """What a deployment may be doing; `hold`: chosen by hand when (R26)? `origin`: not retired on its date (R12).
    `is_held_back`: its host did not move it (R37).
    """

    place: Place
    cause: str
    basis: str = "assumed"
    hold: datetime | None = None
    due: tuple[Place, str] | None = None
    origin: Possibility | None = None
    is_held_back: bool = False
    executed_by: int = 0


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


def begins(source: str, entry: str) -> bool:
    """Whether a source begins with an entry of an order of trust, and no letter or digit follows (R13)."""
    rest = source.removeprefix(entry)
    return source.startswith(entry) and (rest == "" or not rest[0].isalnum())


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

    def back_at(self, moment: datetime) -> View:
        """The view at an earlier moment."""
        return self if self.before is None or self.moment <= moment else self.before.back_at(moment)

    @cached_property
    def of_models(self) -> dict[str, list[Fact]]:
        """The facts of each model."""
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact["data"].get("model"), []).append(fact)
        return found

    @cached_property
    def named(self) -> set[tuple[Any, Any]]:
        """All versions that are named."""
        return {pair for f in self.facts for pair in names(f["data"])}

    @cached_property
    def in_use(self) -> set[tuple[Any, Any]]:
        """The versions that are stated as default or as a target, or that a deployment was on."""
        used = {
            pair for f in self.facts if f["type"] in (DEFAULT, CREATED, CHANGED, SIGHT) for pair in names(f["data"])
        }
        return used | {target(f["data"]) for f in self.facts if f["type"] in (REPLACED, FORCING)}

    def said(self, model: str, version: str | None, *kinds: str) -> list[Fact]:
        """The facts of these kinds about one version of a model, or about all of it."""
        mine = self.of_models.get(model, ())
        return [f for f in mine if f["type"] in kinds and version in (None, f["data"].get("version"))]

    def trusted(self, said: list[Fact]) -> list[Fact]:
        """Of several statements about a model those whose sources are trusted most, by the order in force (R13)."""
        models = {f["data"]["model"].partition("/")[0] for f in said}
        orders = [f["data"]["sources"] for f in self.facts if f["type"] == TRUSTED and f["data"]["catalogue"] in models]
        for entry in orders[-1] if orders else []:
            found = [f for f in said if begins(f["source"] or "", entry)]
            if found:
                return found
        return said

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

    def latest(self, said: list[Fact], sku: str | None) -> Fact | None:
        """What counts for a SKU: its own statement, unless a general one is effective later (R14)."""
        last = [[f for f in said if f["data"].get("sku") == of][-1:] for of in (None, sku)]
        return max(last[0] + last[1], key=lambda f: (f["effective_at"], "sku" in f["data"]), default=None)

    def gone(self, place: Place, general: bool = False) -> bool:
        """Whether the version of a place is retired, for the deployment or in general (R14, R16)."""
        last = self.latest(self.said(*place[1:3], RETIRED, REINSTATED), None if general else self.its["sku"])
        return last is not None and last["type"] == RETIRED

    def choosable(self, model: str, version: str, general: bool = False) -> bool:
        """Whether it is released (in a mirrored model also: stated or seen in use) and not retired (R10)."""
        is_released = bool(self.said(model, version, RELEASED)) or (
            self.mirrored(model) and (model, version) in self.in_use
        )
        return is_released and not self.gone(("", model, version), general)

    def default(self, model: str, but: str | None = None) -> str | None:
        """The default: as stated, or the only choosable version where none was ever stated (R10)."""
        only = {v for m, v in self.named if m == model and self.choosable(m, v) and v != but}
        stated = self.stated.get(model)
        return (stated if stated in only else None) if model in self.stated else only.pop() if len(only) == 1 else None

    def replacement(self, model: str, version: str) -> Mapping[str, Any]:
        """What takes its place, if anything; named again without dates, it keeps those said before (R15, R20)."""
        found: Mapping[str, Any] = {}
        for fact in self.trusted(self.said(model, version, REPLACED)):
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
        its = (None, self.its["sku"])
        retired = [f for f in self.said(*place[1:3], RETIRED) if f["data"].get("sku") in its]
        retired = [f for f in retired if "sku" in f["data"] or not self.spared(place)]
        said = [f for f in self.said(*place[1:3], *RETIRING) if f["data"].get("sku") in its]
        since = [f for f in said if all(done["effective_at"] < f["effective_at"] for done in retired)]
        last = self.latest(self.trusted(since), self.its["sku"])
        data = last["data"] if last else {}
        return datetime.fromisoformat(data["on"]) if data.get("qualifier") == "fixed" and "on" in data else None

    def spared(self, place: Place) -> bool:
        """Whether the last general retirement left out its SKU, which was reinstated at that moment (R14)."""
        said = self.said(*place[1:3], RETIRED, REINSTATED)
        own = [f for f in said if f["data"].get("sku", "") == self.its["sku"]][-1:]
        general = [f for f in said if f["type"] == RETIRED and "sku" not in f["data"]][-1:]
        is_back = bool(own) and own[0]["type"] == REINSTATED
        return is_back and own[0]["effective_at"] in {f["effective_at"] for f in general}

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
        said = self.trusted(self.said(place[1], place[2], FORCING)) if place[0] == "serving" else []
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
        was, default = self.before and self.before.default(model), self.default(model)
        changed = was != default and any(f["effective_at"] == self.moment for f in self.said(model, None, DEFAULT))
        known = p.executed_by if old is None else 0  # what is executed counts in all that was recorded before it (R38)
        at_once = [f for f in self.facts if f["effective_at"] == self.moment and f["position"] > known]
        news = {f["type"] for f in at_once if f["data"].get("model", model) == model}
        changed, turned = changed and DEFAULT in news, not known or news & ATTRIBUTES
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
            (auto and not was_auto and turned and self.behind(p.place, default, False), place, "policy-change"),
            (early and is_new and self.its["run_by"] == "engine", early, "upgrade-window"),
            (auto and not known, self.new_preview(p), "preview"),
        ):
            if applies and to:
                return replace(p, due=(to, cause)), None if cause == "default-change" and to in of else deadline
        return p, None

    def spread(self, p: Possibility, with_forced: bool) -> list[Possibility]:
        """The possibility itself and all that it may have become by now."""
        found = [p]
        for q in found:
            early = self.early(q.place) if self.its["run_by"] == "provider" else None
            explained = self.forced(q.place, False)[0] if with_forced else None
            for to, cause in (q.due or (None, ""), (early, "upgrade-window"), (explained, "forced")):
                found += [Possibility(to, cause)] if to and Possibility(to, cause) not in found else []
        return found
