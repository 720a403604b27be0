"""How do 200 deployments live for 18 months? The simulation: a calendar of happenings, each of which plans others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Literal

from estate.catalogue import END, MODELS, PREVIEWS, SKUS, START, Catalogue, Happening, days, plan
from estate.lives import Life, Logged, State

ACCOUNTS = tuple(
    f"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/RG-{name}/providers"
    f"/Microsoft.CognitiveServices/accounts/ai-{name.lower()}"
    for name in ("West", "North", "Test")
)
DEPLOYMENTS = 200
BREACHES = 12
"""How many `manual` deployments the provider moves, against its rules."""
POLICIES = ("auto-update", "auto-update", "upgrade-when-expired", "manual", "unspecified")
"""As often as people choose them."""
UPGRADING = frozenset({"auto-update", "upgrade-when-expired", "unspecified"})
ROLLOUT = days(14)
QUIET = days(9)
"""For so long nobody touches a deployment again, so that exports can tell one change from the next."""


@dataclass(slots=True)
class World:
    """All that happens, in order."""

    rng: Random
    lives: list[Life] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=Catalogue)
    happenings: list[Happening] = field(default_factory=list)
    pending: dict[tuple[str, str], int] = field(default_factory=dict)
    """The move that a deployment is due to, by kind; a later plan takes its place."""
    touched: dict[str, datetime] = field(default_factory=dict)
    _ahead: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def plan(self, at: datetime, what: Callable[[datetime], None]) -> None:
        """Something will happen."""
        heappush(self._ahead, (at, next(self._numbers), what))

    def run(self) -> None:
        """Let all of it happen."""
        while self._ahead and self._ahead[0][0] < END:
            at, _, what = heappop(self._ahead)
            what(at)

    # The provider

    def happen(self, event: Happening) -> None:
        """The provider does something with a model, and what follows for its deployments is planned."""
        default = self.catalogue.defaults.get(event.model)
        self.catalogue.take(event)
        for life in [life for life in self.lives if life.exists and life.now.model == event.model]:
            if event.kind == "default":
                self._default_changed(life, event, default)
            elif event.kind == "released":
                self._released(life, event)
            elif event.kind in ("dated", "replaced"):
                self._upgrade(life, event.at)
            elif life.now.version == event.version and event.sku in (None, life.now.sku):
                self._retired(life, event.at)

    def _default_changed(self, life: Life, event: Happening, left: str | None) -> None:
        now = life.now
        self.pending.pop((life.id, "default"), None)
        steps_back = now.version == left
        is_later = self.catalogue.is_earlier(event.model, event.version, now.version)
        if not is_followed(now) or now.version == event.version or (is_later and not steps_back):
            return
        self._due(life, event.at, "default", "default-change", event.version)

    def _released(self, life: Life, event: Happening) -> None:
        if event.model == PREVIEWS and is_followed(life.now) and event.version != life.now.version:
            self._due(life, event.at + ROLLOUT, "default", "preview", event.version)

    def _due(self, life: Life, since: datetime, kind: str, cause: str, version: str) -> None:
        """One by one they are moved within two weeks, some late, some never."""
        draw = self.rng.random()
        if draw < 0.03:
            return
        within = days(self.rng.uniform(0.05, 13.9))
        late = ROLLOUT + days(self.rng.uniform(0.2, 12)) if draw < 0.15 else within
        self._move(life, since + late, kind, cause, life.now.model, version)

    def _move(self, life: Life, at: datetime, kind: str, cause: str, model: str, version: str) -> None:
        number = self.pending[life.id, kind] = next(self._numbers)

        def move(moment: datetime) -> None:
            is_gone = (model, version) not in self.catalogue.versions or not life.exists
            if self.pending.get((life.id, kind)) != number or is_gone:
                return
            if life.now.sku not in self.catalogue.versions[model, version].retired:
                self._moved(life, moment, cause, model, version)

        self.plan(at, move)

    def _moved(self, life: Life, at: datetime, cause: str, model: str, version: str) -> None:
        life.become(at, cause, model=model, version=version, is_stopped=False)
        self.forget(life)
        self._upgrade(life, at)

    def forget(self, life: Life) -> None:
        """Whatever a deployment was due to, it is no longer."""
        for kind in ("default", "upgrade"):
            self.pending.pop((life.id, kind), None)

    def _upgrade(self, life: Life, at: datetime) -> None:
        """Before a retirement, from a lead time before its date, deployments are moved to what replaces the version."""
        self.pending.pop((life.id, "upgrade"), None)
        now, version = life.now, self.catalogue.versions[life.now.model, life.now.version]
        named, on = version.replaced_by, version.dates.get(now.sku)
        target = self.catalogue.after_retirement(now.model, now.version, now.sku)
        if named is None or on is None or not named.lead_days or not is_upgraded(now) or target is None:
            return
        begins = max(at, on - days(named.lead_days))
        if begins < on and self.rng.random() < 0.9:
            self._move(life, begins + (on - begins) * self.rng.random(), "upgrade", "upgrade-window", *target)

    def _retired(self, life: Life, at: datetime) -> None:
        now = life.now
        if now.is_stopped:
            return
        target = self.catalogue.after_retirement(now.model, now.version, now.sku) if is_upgraded(now) else None
        if target is None:
            life.become(at, "retirement", is_stopped=True)
            self.forget(life)
        else:
            self._moved(life, at, "retirement", *target)

    def breach(self, at: datetime) -> None:
        """The provider moves a deployment that nobody but its owner may move."""
        quiet = [life for life in self.lives if life.exists and not life.now.is_stopped and self.is_quiet(life, at)]
        manual = [life for life in quiet if life.now.policy == "manual" and life.tells_creation]
        for life in self.rng.sample(manual, len(manual)):
            now = life.now
            dates = self.catalogue.versions[now.model, now.version].dates
            others = [other for other in self.catalogue.choosable(now.model, now.sku) if other != now.version]
            if others and dates.get(now.sku, END) > at:
                self.touched[life.id] = at
                self._moved(life, at, "breach", now.model, others[-1])
                return

    # The people

    def is_quiet(self, life: Life, at: datetime) -> bool:
        """Whether nothing has happened to a deployment lately, and nothing is to happen."""
        last = max(self.touched.get(life.id, START - QUIET), life.now.since)
        is_due = any((life.id, kind) in self.pending for kind in ("default", "upgrade"))
        return at - last > QUIET and not is_due

    def create(self, life: Life, at: datetime) -> None:
        """Somebody deploys a version of a model."""
        model, sku = self.rng.choice(list(MODELS)), self.rng.choice(SKUS)
        choosable = self.catalogue.choosable(model, sku)
        if not choosable:
            self.plan(at + days(5), lambda moment: self.create(life, moment))
            return
        life.begin(State(at, model, self.rng.choice(choosable), self.rng.choice(POLICIES), sku, False, "created"))
        self._log(life, at, "write")
        self.forget(life)
        self._upgrade(life, at)
        self._visit(life, at)

    def _visit(self, life: Life, at: datetime) -> None:
        self.plan(at + days(self.rng.expovariate(1 / 110)) + QUIET, lambda moment: self._change(life, moment))

    def _change(self, life: Life, at: datetime) -> None:
        """Somebody comes to a deployment, to do something with it."""
        if not life.exists:
            return
        if at - self.touched.get(life.id, START - QUIET) > QUIET:
            self.touched[life.id] = at
            act = self.rng.choice((self._by_hand, self._by_hand, self._policy, self._sku, self._delete, self._fail))
            act(life, at)
        self._visit(life, at)

    def _by_hand(self, life: Life, at: datetime) -> None:
        now = life.now
        model = self.rng.choice((now.model, now.model, now.model, self.rng.choice(list(MODELS))))
        others = [one for one in self.catalogue.choosable(model, now.sku) if (model, one) != (now.model, now.version)]
        if not others:
            return
        is_logged = self._log(life, at, "write")
        cause = "by-hand" if is_logged else "by-hand, not logged"
        life.become(at, cause, model=model, version=self.rng.choice(others), is_stopped=False)
        self.forget(life)
        self._upgrade(life, at)

    def _policy(self, life: Life, at: datetime) -> None:
        before = life.now
        life.become(at, "policy", policy=self.rng.choice([one for one in POLICIES if one != before.policy]))
        self._log(life, at, "write")
        self._other_rules(life, at, before)

    def _sku(self, life: Life, at: datetime) -> None:
        before = life.now
        retired = self.catalogue.versions[before.model, before.version].retired
        open_skus = [sku for sku in SKUS if sku != before.sku and sku not in retired]
        if open_skus and not before.is_stopped:
            life.become(at, "sku", sku=self.rng.choice(open_skus))
            self._log(life, at, "write")
            self._other_rules(life, at, before)

    def _other_rules(self, life: Life, at: datetime, before: State) -> None:
        """What another policy or SKU makes due, and what is due no more (R26, R30)."""
        now, default = life.now, self.catalogue.defaults[life.now.model]
        if not is_followed(now):
            self.pending.pop((life.id, "default"), None)
        elif not is_followed(before) and not now.is_stopped and default != now.version and now.model != PREVIEWS:
            is_choosable = now.sku not in self.catalogue.versions[now.model, default].retired
            if is_choosable and not self.catalogue.is_earlier(now.model, default, now.version):
                self._due(life, at, "default", "policy-change", default)
        self._upgrade(life, at)

    def _fail(self, life: Life, at: datetime) -> None:
        """Somebody tries something, and is refused."""
        self.logged.append(Logged(at, life.id, "write", "Failed"))

    def _delete(self, life: Life, at: datetime) -> None:
        life.last.deleted_at = at
        self._log(life, at, "delete")
        self.forget(life)
        soon = days(self.rng.uniform(0.02, 0.4)) if life.tells_creation else days(12)
        later = days(self.rng.uniform(5, 60)) + QUIET
        if self.rng.random() < 0.7:
            self.plan(at + self.rng.choice((soon, later)), lambda moment: self.create(life, moment))

    def _log(self, life: Life, at: datetime, operation: Literal["write", "delete"]) -> bool:
        """Most of what people do stands in the activity log."""
        if self.rng.random() < 0.1:
            return False
        self.logged.append(Logged(at - timedelta(seconds=20), life.id, operation, "Started"))
        self.logged.append(Logged(at, life.id, operation, "Succeeded"))
        return True


def is_followed(state: State) -> bool:
    """Whether the provider moves it when the default changes (R19, R23)."""
    return state.policy == "auto-update" and state.sku != "ProvisionedManaged"


def is_upgraded(state: State) -> bool:
    """Whether the provider moves it when its version is retired (R20 to R23)."""
    return state.policy in UPGRADING and state.sku != "ProvisionedManaged"


def _happen(world: World, event: Happening, _: datetime) -> None:
    world.happen(event)


def simulate(seed: int, deployments: int = DEPLOYMENTS) -> World:
    """The same world for the same seed."""
    world = World(Random(seed))
    world.happenings = plan(world.rng)
    for event in world.happenings:
        world.plan(event.at, partial(_happen, world, event))
    for number in range(deployments):
        life = Life(world.rng.choice(ACCOUNTS), f"Team-{number:03}", tells_creation=number % 10 != 0)
        world.lives.append(life)
        before = number < deployments * 0.6
        at = START - days(world.rng.uniform(5, 150)) if before else START + days(world.rng.uniform(0, 480))
        world.plan(at, partial(world.create, life))
    for _ in range(BREACHES):
        world.plan(START + days(world.rng.uniform(20, 520)), world.breach)
    world.run()
    return world
