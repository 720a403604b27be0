"""What may happen to models and deployments? Every command is a rule of the machine, and may come at any time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from lifecycle_machine import TWINS, Lawful
from lifecycle_world import DAY, EPOCH, Doom, Intrusion, World
from modeltrail import Refused, Rules
from modeltrail.domain.values import Policy, Qualifier, Stage, catalogue_of
from modeltrail.failpoints import POINTS
from modeltrail.trail import Acting

OWN, NEXT, FAR = "own/chat", "own/next", "azure-openai/far"
VERSIONS = {OWN: ("v1", "v2", "v3", "v4"), NEXT: ("n1", "n2"), FAR: ("f1", "f2")}
ENGINES, MIRRORED = ("auto", "prod", "test"), ("seen",)
RULES = (
    "engine",
    "azure-openai",
    Rules(id="lead", lead_days=5),
    Rules(id="short", notice_days=0, preview_delay_days=3),
    Rules(id="fixed", provisioned="never-moved", unspecified="upgrade-when-expired"),
)
OPEN = ("append.before", "reaction.before", "reaction.asked", "batch.before")
"""The points at which nobody holds the store."""
SKUS = (None, None, None, "Standard", "ProvisionedManaged")
Version = tuple[str, str]

models = st.sampled_from((OWN, OWN, OWN, OWN, NEXT, FAR))
named = st.sampled_from((OWN, OWN, OWN, NEXT, FAR)).flatmap(
    lambda model: st.tuples(st.just(model), st.sampled_from(VERSIONS[model]))
)
own_versions = st.tuples(st.just(OWN), st.sampled_from(VERSIONS[OWN]))
anyone = st.sampled_from((*ENGINES, *ENGINES, *MIRRORED))
policies: st.SearchStrategy[Policy] = st.sampled_from(
    ("auto-update", "auto-update", "auto-update", "upgrade-when-expired", "manual", "unspecified")
)
stages: st.SearchStrategy[Stage] = st.sampled_from(("generally-available", "generally-available", "preview", "legacy"))
qualifiers: st.SearchStrategy[Qualifier] = st.sampled_from(("fixed", "fixed", "fixed", "no-earlier-than", "tentative"))
skus = st.sampled_from(SKUS)
ahead = st.sampled_from((-3, 0, 1, 5, 14, 14, 15, 20, 30))
ago = st.sampled_from((0, 0, 0, 0, 0, 1, 5, 20))
vias = st.sampled_from((0, 0, 1))
points = st.one_of(st.none(), st.sampled_from(POINTS))
reasons = st.sampled_from((None, "a fault", "a fault"))
orders = st.sampled_from((("export",), ("notice",), ("notice", "export"), ()))


class Lives(Lawful):
    """Random lives."""

    # The world

    @initialize(
        on_file=st.booleans(),
        acting=st.sampled_from(("inline", "inline", "worker")),
        is_tidy=st.booleans(),
        rules=st.sampled_from(RULES),
        is_empty=st.sampled_from((False, False, False, True)),
    )
    def begin(
        self,
        on_file: bool = False,
        acting: Acting = "inline",
        is_tidy: bool = False,
        rules: str | Rules = "engine",
        is_empty: bool = True,
    ) -> None:
        """A world begins; mostly with what ordinary histories begin with."""
        self.world.close()
        self.world = World(on_file=on_file, acting=acting)
        self.is_tidy = is_tidy
        if not is_empty:
            self.register(OWN, rules)
            self.register(NEXT, rules)
            self.release((OWN, "v1"))
            self.release((OWN, "v2"))
            self.release((NEXT, "n1"))
            self.change_default((OWN, "v1"))
            for name in (*ENGINES[:2], *TWINS[:1]):
                self.create(name, (OWN, "v1"), "auto-update")

    @rule(days=st.sampled_from((1, 1, 3, 5, 14, 15, 30)))
    def days_pass(self, days: int) -> None:
        """Time passes, and nobody looks."""
        self.world.now += days * DAY

    @precondition(lambda self: self.world.folder is not None and len(self.world.trails) < 2)
    @rule(acting=st.sampled_from(("inline", "worker")))
    def another_process(self, acting: Acting) -> None:
        """A second process opens the same file, acting as it records, or as a worker."""
        self.world.begin(acting)

    def dies(self, point: str | None) -> None:
        """The process will die at a point of one of the next commands, where there is a file to go on with."""
        if point is not None and self.world.folder is not None and not self.is_tidy:
            self.world.doom = Doom(point)
        if point in OPEN and len(self.world.trails) > 1 and self.commands % 2:
            self.is_interrupted(point)

    def is_interrupted(self, point: str, via: int = 1) -> None:
        """At a point of one of the next commands another process is quicker: it moves by hand, and carries out."""
        moved, version = ENGINES[self.commands % 2], VERSIONS[OWN][self.commands % 4]

        def deed() -> None:
            with suppress(Refused), self.world.trails[via].record(by="bob@example.com") as batch:
                batch.deployment(moved).change_version(version, OWN)
            self.world.trails[via].advance(self.world.now)

        self.world.doom = Intrusion(point, deed)

    @precondition(lambda self: not self.is_tidy)
    @rule(plan=st.lists(st.sampled_from(("move", "postpone", "late", "fail", "raise")), min_size=1, max_size=3))
    def host_is_busy(self, plan: list[str]) -> None:
        """The host will hold back some of the next moves."""
        self.world.host.plan = list(plan)

    @rule(to=st.sampled_from((-400, -5, 0, 0, 0, 0)), via=vias, on_time=st.booleans())
    def advance(self, to: int = 0, via: int = 0, on_time: bool = False) -> None:
        """What is due is carried out: early, when nothing is, in time or late."""
        if not self.is_tidy or (to == 0 and not on_time):
            was_busy = bool(self.world.host.plan)
            self.world.advance(max(EPOCH, self.world.now + to * DAY), via, on_time=on_time)
            if to == 0 and not was_busy:
                self.swept = (self.world.trail.log.size(), self.world.now)

    @rule(which=st.integers(0, 50), via=vias)
    def repeat(self, which: int = 0, via: int = 0) -> None:
        """An earlier command comes again."""
        self.world.repeat(which, via)

    @precondition(lambda self: not self.is_tidy)
    @rule(back=st.sampled_from((0, 0, 1, 2, 3, 5, 9)), via=vias)
    def retract(self, back: int = 0, via: int = 0) -> None:
        """A fact was wrong; perhaps one that retracts another."""
        position = max(1, self.world.trail.log.size() - back)
        self.tell("retract", lambda rec: rec.retract(position, why="it was wrong"), via)

    # The catalogue

    def register(self, model: str = OWN, rules: str | Rules = "engine") -> None:
        self.say(model, "register", rules, run_by="provider" if model == FAR else "engine")

    @rule(model=models, rules=st.sampled_from(RULES), via=vias, late=ago)
    def change_rules(self, model: str = OWN, rules: str | Rules = "engine", via: int = 0, late: int = 0) -> None:
        self.say(model, "change_rules", rules, via=via, late=late)

    def change_offers(self, model: str = OWN, offers: tuple[Policy, ...] | None = None, via: int = 0) -> None:
        self.say(model, "change_offers", offers, via=via)

    @rule(of=named, stage=stages, late=ago, via=vias)
    def release(self, of: Version, stage: Stage = "generally-available", late: int = 0, via: int = 0) -> None:
        self.say(of[0], "release", of[1], stage, late=late, via=via)

    @rule(of=named, stage=stages, late=ago, via=vias)
    def change_stage(self, of: Version, stage: Stage = "preview", late: int = 0, via: int = 0) -> None:
        self.say(of[0], "change_stage", of[1], stage, late=late, via=via)

    def on(self, days: int, qualifier: Qualifier) -> datetime | None:
        soon = timedelta(seconds=self.is_tidy)  # when the command will be made
        return None if qualifier == "tentative" else self.world.now + soon + days * DAY

    def announce_stage(
        self, of: Version, stage: Stage = "legacy", days: int = 5, qualifier: Qualifier = "fixed", via: int = 0
    ) -> None:
        self.say(of[0], "announce_stage", of[1], stage, self.on(days, qualifier), qualifier, via=via)

    @rule(of=named, days=ahead, qualifier=qualifiers, late=ago, via=vias)
    def announce_default(
        self, of: Version, days: int = 14, qualifier: Qualifier = "fixed", late: int = 0, via: int = 0
    ) -> None:
        self.say(of[0], "announce_default", of[1], self.on(days, qualifier), qualifier, late=late, via=via)

    @rule(of=named, emergency=reasons, late=ago, via=vias)
    def change_default(self, of: Version, emergency: str | None = None, late: int = 0, via: int = 0) -> None:
        self.say(of[0], "change_default", of[1], emergency, late=late, via=via)

    @rule(of=named, days=ahead, qualifier=qualifiers, sku=skus, late=ago, via=vias)
    def announce_retirement(
        self,
        of: Version,
        days: int = 5,
        qualifier: Qualifier = "fixed",
        sku: str | None = None,
        late: int = 0,
        via: int = 0,
    ) -> None:
        on = self.on(days, qualifier)
        self.say(of[0], "announce_retirement", of[1], on, qualifier, sku, late=late, via=via)

    def withdraw_retirement(self, of: Version, sku: str | None = None, late: int = 0, via: int = 0) -> None:
        self.say(of[0], "withdraw_retirement", of[1], sku, late=late, via=via)

    @rule(of=named, sku=skus, emergency=reasons, late=ago, via=vias)
    def retire(
        self, of: Version, sku: str | None = None, emergency: str | None = None, late: int = 0, via: int = 0
    ) -> None:
        self.say(of[0], "retire", of[1], sku, emergency, late=late, via=via)

    @precondition(lambda self: not self.is_tidy)
    @rule(of=named, sku=skus, late=ago, via=vias)
    def reinstate(self, of: Version, sku: str | None = None, late: int = 0, via: int = 0) -> None:
        self.say(of[0], "reinstate", of[1], sku, late=late, via=via)

    @rule(of=named, days=ahead, qualifier=qualifiers, to=st.one_of(st.none(), named), late=ago, via=vias)
    def announce_forced_upgrade(
        self,
        of: Version,
        days: int = 5,
        qualifier: Qualifier = "fixed",
        to: Version | None = None,
        late: int = 0,
        via: int = 0,
    ) -> None:
        on, (to_model, to_version) = self.on(days, qualifier), to or (None, None)
        given = (of[1], on, qualifier, to_model, to_version)
        self.say(of[0], "announce_forced_upgrade", *given, late=late, via=via)

    @rule(of=named, to=named, begins=st.one_of(st.none(), ahead), lead=st.sampled_from((None, None, 0, 5)), late=ago)
    def name_replacement(
        self, of: Version, to: Version, begins: int | None = None, lead: int | None = None, late: int = 0, via: int = 0
    ) -> None:
        upgrade_from = None if begins is None else self.world.now + begins * DAY
        self.say(of[0], "name_replacement", of[1], *to, upgrade_from, lead, late=late, via=via)

    def unlist(self, of: Version, via: int = 0) -> None:
        self.say(of[0], "unlist", of[1], via=via)

    @rule(model=models, sources=orders, late=ago, via=vias)
    def trust(self, model: str = OWN, sources: tuple[str, ...] = ("notice",), late: int = 0, via: int = 0) -> None:
        catalogue = catalogue_of(model)
        self.tell("trust", lambda rec: rec.catalogue(catalogue).trust(*sources), via, late)

    # Deployments

    @rule(name=anyone, of=named, is_named=st.booleans(), policy=policies, sku=skus, late=ago, via=vias)
    def create(
        self,
        name: str,
        of: Version = (OWN, "v1"),
        is_named: bool = True,
        policy: Policy = "auto-update",
        sku: str | None = None,
        owner: str | None = None,
        late: int = 0,
        via: int = 0,
    ) -> None:
        run_by = "provider" if name in MIRRORED else "engine"
        given = (of[0], of[1] if is_named or name == "own" else None, policy, sku, run_by, owner)
        self.do(name, "create", *given[:4], run_by=run_by, owner=owner, late=late, via=via)

    @rule(name=anyone, policy=policies, late=ago, via=vias)
    def change_policy(self, name: str, policy: Policy = "manual", late: int = 0, via: int = 0) -> None:
        self.do(name, "change_policy", policy, late=late, via=via)

    @rule(name=anyone, of=named, late=ago, via=vias)
    def change_version(self, name: str, of: Version = (OWN, "v2"), late: int = 0, via: int = 0) -> None:
        self.do(name, "change_version", of[1], of[0], late=late, via=via)

    @rule(name=anyone, late=ago, via=vias)
    def stop(self, name: str, late: int = 0, via: int = 0) -> None:
        self.do(name, "stop", "for the night", late=late, via=via)

    @rule(name=anyone, sku=skus, late=ago, via=vias)
    def change_sku(self, name: str, sku: str | None = None, late: int = 0, via: int = 0) -> None:
        self.do(name, "change_sku", sku, late=late, via=via)

    def change_api_version(self, name: str, api_version: str | None = "2024-10-21", via: int = 0) -> None:
        self.do(name, "change_api_version", api_version, via=via)

    @rule(name=anyone, of=named, status=st.sampled_from(("serving", "serving", "stopped")), late=ago, via=vias)
    def observe(
        self, name: str, of: Version = (OWN, "v1"), status: str = "serving", late: int = 0, via: int = 0
    ) -> None:
        self.do(name, "observe", *of, status, late=late, via=via)

    def tested(self, name: str, of: Version = (OWN, "v2"), via: int = 0) -> None:
        self.do(name, "tested", of[1], "passed", model=of[0], via=via)

    @rule(name=anyone, late=ago, via=vias)
    def delete(self, name: str, late: int = 0, via: int = 0) -> None:
        self.do(name, "delete", late=late, via=via)

    @rule(which=st.integers(0, 6), of=named, name=anyone, days=ahead, policy=policies)
    def something_small(self, which: int, of: Version, name: str, days: int, policy: Policy) -> None:
        """What seldom moves anything."""
        small: tuple[Callable[[], None], ...] = (
            lambda: self.register(of[0]),
            lambda: self.change_offers(of[0], None if policy == "unspecified" else (policy, "manual")),
            lambda: self.announce_stage(of, days=days),
            lambda: self.unlist(of),
            lambda: self.change_api_version(name),
            lambda: self.tested(name, of),
            lambda: self.withdraw_retirement(of),
        )
        small[which]()

    @rule(of=own_versions, late=ago, via=vias, point=points)
    def a_default_changes_at_once(self, of: Version, late: int = 0, via: int = 0, point: str | None = None) -> None:
        """What moves most."""
        self.release(of)
        self.dies(point)
        self.change_default(of, "a fault", late, via)

    @rule(of=own_versions, to=named, late=ago, sku=skus, via=vias, point=points)
    def a_version_goes_at_once(
        self, of: Version, to: Version, late: int = 0, sku: str | None = None, via: int = 0, point: str | None = None
    ) -> None:
        """What stops or moves whoever is on it."""
        self.release(to)
        self.dies(point)
        self.name_replacement(of, to)
        self.retire(of, sku, "a fault", late, via)

    @rule(of=own_versions, days=st.sampled_from((14, 20)), on_time=st.booleans(), via=vias, point=points)
    def a_default_is_promised_and_kept(
        self, of: Version, days: int, on_time: bool = False, via: int = 0, point: str | None = None
    ) -> None:
        """As it should be: announced, waited for, carried out a little late."""
        self.release(of)
        self.announce_default(of, days)
        self.days_pass(days + 1)
        self.dies(point)
        self.advance(0, via, on_time)

    @rule(of=own_versions, days=st.sampled_from((1, 5, 14)), on_time=st.booleans(), via=vias, point=points)
    def a_retirement_is_promised_and_kept(
        self, of: Version, days: int, on_time: bool = False, via: int = 0, point: str | None = None
    ) -> None:
        """As it should be: announced, waited for, carried out a little late."""
        self.announce_retirement(of, days)
        self.days_pass(days + 2)
        self.dies(point)
        self.advance(0, via, on_time)

    @precondition(lambda self: self.is_tidy)
    @rule(verb=st.sampled_from(("change_policy", "change_version", "change_sku")), policy=policies, of=named, sku=skus)
    def tell_the_twins(self, verb: str, policy: Policy, of: Version, sku: str | None) -> None:
        """What the engine runs and what is mirrored are told the same."""
        given = {"change_policy": (policy,), "change_version": (of[1], of[0]), "change_sku": (sku,)}
        self.do("own", verb, *given[verb])
