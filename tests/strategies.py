"""Which histories can there be? Hypothesis strategies for facts with all their disorder.

Late, contradictory and retracted facts, tied moments, several SKUs, versions that move to other models and back, every
policy, both kinds of who runs what. Days are drawn from a few, so that facts meet each other and the ends of windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from modeltrail.domain import events as e
from modeltrail.domain.facts import Fact, content
from modeltrail.domain.values import Mode, Policy, Qualifier, Rules, RunBy, Stage, rules_named

Draw = st.DrawFn
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
ALPHA, BETA, GAMMA = "azure-openai/alpha", "azure-foundry/beta", "own/gamma"
VERSIONS = {ALPHA: ("1106", "0125", "0613", "2024"), BETA: ("b1", "b2", "b3"), GAMMA: ("g1", "g2")}
"""The names of versions are in no order: order comes from release facts (R2)."""
DEPLOYMENTS = ("chat-prod", "chat-test")
SKUS = (None, "Standard", "ProvisionedManaged")
POLICIES: tuple[Policy, ...] = ("auto-update", "upgrade-when-expired", "manual", "unspecified")
LATEST = EPOCH + timedelta(days=120)
"""No fact is effective or known later than this."""
OWN_RULES = tuple(
    Rules(
        id=f"own-{rollout}-{lead}-{delay}-{provisioned}",
        rollout_days=rollout,
        lead_days=lead,
        preview_delay_days=delay,
        unspecified="upgrade-when-expired" if lead else "manual",
        provisioned="never-moved" if provisioned else "as-others",
    )
    for rollout in (0, 7, 14)
    for lead in (0, 5)
    for delay in (3, 14, None)
    for provisioned in (False, True)
)


@dataclass(frozen=True)
class History:
    """Facts in the order of their positions, and what can be asked about them."""

    facts: tuple[Fact, ...]
    deployments: tuple[str, ...] = DEPLOYMENTS

    def moments(self) -> list[datetime]:
        """Moments at which answers are worth comparing: all that is named, its neighbours, and the ends of windows."""
        starts = {moment for fact in self.facts for moment in _moments_of(fact)}
        days = (-5, 0, 3, 5, 7, 14, 17, 21, 28)
        near = (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=13))
        return sorted({start + timedelta(days=n) + step for start in starts for n in days for step in near})


def _moments_of(fact: Fact) -> Iterator[datetime]:
    """The moments that a fact names: when it holds, and the dates that it announces."""
    yield fact.effective_at
    for key in ("on", "upgrade_from"):
        announced = getattr(fact.event, key, None)
        if announced is not None:
            yield announced


def as_plain(fact: Fact) -> dict[str, Any]:
    """A fact as the reference reads it: plain values, nulls left out."""
    kept = ("position", "effective_at", "known_at", "mode", "source")
    return {name: getattr(fact, name) for name in kept} | {"type": fact.event.type, "data": fact.event.data()}


@st.composite
def instants(draw: Draw) -> datetime:
    """Mostly midnights of a few days, sometimes an hour or a microsecond later."""
    day = draw(st.sampled_from((0, 1, 2, 5, 6, 7, 10, 12, 14, 15, 16, 19, 20, 21, 24, 26, 28, 30, 34, 35, 40)))
    after = draw(st.sampled_from(("", "", "", "", "", "", "hour", "microsecond")))
    return EPOCH + timedelta(days=day, hours=after == "hour", microseconds=after == "microsecond")


def dates() -> st.SearchStrategy[datetime | None]:
    """Dates that are announced: perhaps none, perhaps long passed, perhaps far ahead."""
    far = st.sampled_from((45, 50, 60)).map(lambda day: EPOCH + timedelta(days=day))
    return st.one_of(instants(), instants(), instants(), far, st.none())


def qualifiers() -> st.SearchStrategy[Qualifier]:
    """How firm a date is, mostly firm."""
    return st.sampled_from(("fixed", "fixed", "fixed", "no-earlier-than", "tentative"))


def rules() -> st.SearchStrategy[Rules]:
    """Published rules and one's own."""
    published = st.sampled_from(("engine", "azure-openai", "azure-foundry")).map(rules_named)
    return st.one_of(published, st.sampled_from(OWN_RULES))


def offers() -> st.SearchStrategy[tuple[Policy, ...] | None]:
    """What a model offers, mostly everything."""
    some = st.lists(st.sampled_from(POLICIES[:3]), max_size=3, unique=True).map(tuple)
    return st.one_of(st.none(), st.none(), some)


def skus() -> st.SearchStrategy[str | None]:
    """Mostly none."""
    return st.sampled_from((None, None, *SKUS))


@st.composite
def targets(draw: Draw, optional: bool) -> tuple[str | None, str | None]:
    """A model and perhaps a version of it, as the place to go; the model only where that is enough."""
    model = draw(st.sampled_from((ALPHA, ALPHA, BETA, BETA, GAMMA)))
    version = draw(st.one_of(st.none(), st.sampled_from(VERSIONS[model])))
    return (None, version) if optional and draw(st.booleans()) else (model, version)


@st.composite
def catalogue_events(draw: Draw, model: str) -> e.Event:
    """One event of a model."""
    version = draw(st.sampled_from(VERSIONS[model]))
    on, qualifier, sku = draw(dates()), draw(qualifiers()), draw(skus())
    kind = draw(st.sampled_from(_CATALOGUE_KINDS))
    match kind:
        case "released":
            stage: Stage = draw(st.sampled_from(("preview", "preview", "generally-available")))
            return e.VersionReleased(model=model, version=version, stage=stage)
        case "stage":
            return e.StageChanged(model=model, version=version, stage=draw(st.sampled_from(_STAGES)))
        case "default-announced":
            return e.DefaultChangeAnnounced(model=model, version=version, on=on, qualifier=qualifier)
        case "default":
            return e.DefaultChanged(model=model, version=version)
        case "retirement-announced":
            return e.RetirementAnnounced(model=model, version=version, on=on, qualifier=qualifier, sku=sku)
        case "withdrawn":
            return e.RetirementWithdrawn(model=model, version=version, sku=sku)
        case "retired":
            return e.VersionRetired(model=model, version=version, sku=sku)
        case "reinstated":
            return e.VersionReinstated(model=model, version=version, sku=sku)
        case "unlisted":
            return e.VersionUnlisted(model=model, version=version)
        case "rules":
            return e.RulesChanged(model=model, rules=draw(rules()))
        case "offers":
            return e.OffersChanged(model=model, offers=draw(offers()))
        case _:
            return draw(successions(model, version))


@st.composite
def successions(draw: Draw, model: str, version: str) -> e.Event:
    """What takes the place of a version, by itself or by force."""
    if draw(st.booleans()):
        to_model, to_version = draw(targets(optional=False))
        begin, lead = draw(st.one_of(st.none(), instants())), draw(st.sampled_from((None, None, 0, 5)))
        named = {"to_model": to_model, "to_version": to_version, "upgrade_from": begin, "lead_days": lead}
        return e.ReplacementNamed.model_validate({"model": model, "version": version, **named})
    to_model, to_version = draw(targets(optional=True))
    on, qualifier = draw(dates()), draw(qualifiers())
    return e.ForcedUpgradeAnnounced(
        model=model, version=version, on=on, qualifier=qualifier, to_model=to_model, to_version=to_version
    )


_STAGES: tuple[Stage, ...] = ("preview", "generally-available", "legacy", "deprecated")
_CATALOGUE_KINDS = (
    *("released", "released", "default", "default", "default", "retired", "retired", "reinstated"),
    *("retirement-announced", "retirement-announced", "retirement-announced", "withdrawn"),
    *("succession", "succession", "succession", "default-announced", "stage", "unlisted", "rules", "offers"),
)
_DEPLOYMENT_KINDS = (
    *("observed", "observed", "observed", "observed", "policy", "policy", "changed", "changed", "executed"),
    *("stopped", "sku", "api", "tested", "deleted", "created"),
)


@st.composite
def deployment_events(draw: Draw, deployment: str, run_by: RunBy, models: Sequence[str]) -> e.Event:
    """One event of a deployment."""
    model = draw(st.sampled_from((models[0], models[0], models[0], *models)))
    version = draw(st.sampled_from(VERSIONS[model]))
    match draw(st.sampled_from(_DEPLOYMENT_KINDS)):
        case "observed":
            status = draw(st.sampled_from(("serving", "serving", "serving", "serving", "stopped")))
            return e.DeploymentObserved.model_validate(
                {"deployment": deployment, "model": model, "version": version, "status": status}
            )
        case "policy":
            return e.PolicyChanged(deployment=deployment, policy=draw(st.sampled_from(POLICIES)))
        case "changed":
            return e.VersionChanged(deployment=deployment, model=model, version=version)
        case "executed":
            return e.VersionChanged(deployment=deployment, model=model, version=version, cause="default-change")
        case "stopped":
            return e.DeploymentStopped(deployment=deployment, reason="calls fail", cause=draw(_STOP_CAUSES))
        case "sku":
            return e.SkuChanged(deployment=deployment, sku=draw(skus()))
        case "api":
            return e.ApiVersionChanged(deployment=deployment, api_version=draw(st.sampled_from((None, "2024-10-21"))))
        case "tested":
            return e.VersionTested(deployment=deployment, version=version, result="passed", model=model)
        case "deleted":
            return e.DeploymentDeleted(deployment=deployment)
        case _:
            return draw(creations(deployment, run_by, model))


_STOP_CAUSES = st.sampled_from((None, "retirement"))


@st.composite
def creations(draw: Draw, deployment: str, run_by: RunBy, model: str) -> e.DeploymentCreated:
    """The creation of a deployment, mostly with a version and often under `auto-update`."""
    named = st.sampled_from(VERSIONS[model])
    version = draw(st.one_of(named, named, named, st.none()))
    policy = draw(st.sampled_from(("auto-update", *POLICIES)))
    return e.DeploymentCreated.model_validate(
        {"deployment": deployment, "model": model, "version": version, "policy": policy}
        | {"sku": draw(skus()), "run_by": run_by}
    )


@st.composite
def _backbone(draw: Draw, run_by: dict[str, RunBy], models: Sequence[str]) -> list[tuple[e.Event, datetime]]:
    """What an ordinary history begins with: models, releases, a first default, deployments."""
    found: list[tuple[e.Event, datetime]] = []
    for model in models:
        if run_by[model] == "engine" or draw(st.booleans()):
            registered = e.ModelRegistered(
                model=model, rules=draw(rules()), offers=draw(offers()), run_by=run_by[model]
            )
            found.append((registered, EPOCH))
        for version in draw(st.lists(st.sampled_from(VERSIONS[model]), min_size=1, unique=True)):
            stage: Stage = draw(st.sampled_from(("generally-available", "generally-available", "preview")))
            day = timedelta(days=draw(st.sampled_from((0, 0, 1, 2, 5, 10, 20))))
            found.append((e.VersionReleased(model=model, version=version, stage=stage), EPOCH + day))
        if draw(st.booleans()):
            found.append(
                (e.DefaultChanged(model=model, version=draw(st.sampled_from(VERSIONS[model]))), draw(instants()))
            )
    for name in DEPLOYMENTS:
        if draw(st.integers(0, 3)):
            created = draw(creations(name, run_by[name], draw(st.sampled_from((models[0], models[0], *models)))))
            found.append((created, EPOCH + timedelta(days=draw(st.sampled_from((0, 1, 2, 5, 10))))))
    return found


@st.composite
def _story(draw: Draw, run_by: dict[str, RunBy], models: Sequence[str]) -> list[tuple[e.Event, datetime]]:
    """A deployment on a version that others are to follow, and what may become of both."""
    name, model, (old, new, *newer) = DEPLOYMENTS[0], models[0], VERSIONS[models[0]]
    stage: Stage = draw(st.sampled_from(("generally-available", "generally-available", "preview")))
    registered = e.ModelRegistered(model=model, rules=draw(rules()), run_by=run_by[model])
    policy = draw(st.sampled_from(POLICIES))
    created = {"deployment": name, "model": model, "version": old, "policy": policy, "sku": draw(skus())}
    found: list[tuple[e.Event, datetime]] = [
        (registered, EPOCH),
        (e.VersionReleased(model=model, version=old, stage=stage), EPOCH),
        (e.DefaultChanged(model=model, version=old), EPOCH),
        (e.DeploymentCreated.model_validate(created | {"run_by": run_by[name]}), EPOCH + timedelta(days=1)),
        (e.VersionReleased(model=model, version=new, stage=stage), EPOCH + timedelta(days=5)),
    ]
    versions = st.sampled_from((old, old, new, new, (newer or [new])[0]))
    may_follow: list[st.SearchStrategy[e.Event]] = [
        versions.map(lambda version: e.DefaultChanged(model=model, version=version)),
        dates().map(lambda on: e.RetirementAnnounced(model=model, version=old, on=on)),
        instants().map(lambda day: e.ReplacementNamed(model=model, version=old, to_model=model, upgrade_from=day)),
        successions(model, old),
        st.just(e.VersionRetired(model=model, version=old)),
        st.just(e.VersionReinstated(model=model, version=old)),
        st.sampled_from(POLICIES).map(lambda policy: e.PolicyChanged(deployment=name, policy=policy)),
        versions.map(lambda version: e.VersionChanged(deployment=name, model=model, version=version)),
    ]
    seen = versions.map(lambda version: e.DeploymentObserved(deployment=name, model=model, version=version))
    for event in draw(st.lists(st.one_of(*may_follow, seen, seen, seen), max_size=8)):
        found.append((event, draw(instants())))
    return found


@st.composite
def _known(draw: Draw, effective_at: datetime) -> datetime:
    """When a fact was learned: mostly at once, sometimes late."""
    late = draw(st.sampled_from((0, 0, 0, 0, 1, 5, 14, 30)))
    return effective_at + timedelta(days=late)


def mode_of(event: e.Event, run_by: dict[str, RunBy]) -> Mode:
    """How the fact came about, by who runs what it is about (R7)."""
    _, _, name = event.stream.partition("/")
    if isinstance(event, e.DeploymentObserved | e.VersionTested):
        return "statement"
    if isinstance(event, e.VersionChanged | e.DeploymentStopped) and event.cause is not None:
        return "execution"
    return "statement" if run_by.get(name, "provider") == "provider" else "decision"


def numbered(facts: Sequence[Fact]) -> list[Fact]:
    """The same facts, recorded one after the other in this order: positions, `recorded_at` and stream versions."""
    counts: dict[str, int] = {}
    found = []
    for position, fact in enumerate(facts, start=1):
        counts[fact.stream] = counts.get(fact.stream, 0) + 1
        at, version = LATEST + timedelta(seconds=position), counts[fact.stream]
        found.append(replace(fact, recorded_at=at, position=position, stream_version=version))
    return found


def _fact(event: e.Event, effective_at: datetime, known_at: datetime, mode: Mode, source: str | None) -> Fact:
    return Fact(
        position=1,
        stream=event.stream,
        stream_version=1,
        event=event,
        effective_at=effective_at,
        known_at=known_at,
        recorded_at=LATEST,
        mode=mode,
        by="alice@example.com",
        source=source,
    )


def without_repetitions(facts: Sequence[Fact]) -> list[Fact]:
    """The facts, less statements that the same source made with the same content and moments (R39)."""
    seen: set[tuple[object, ...]] = set()
    found = []
    for fact in facts:
        key = (fact.source, content(fact.event), fact.effective_at, fact.known_at)
        if fact.mode != "statement" or key not in seen:
            found.append(fact)
        seen.add(key)
    return found


@st.composite
def _retractions(draw: Draw, facts: Sequence[Fact], mode: Mode = "decision") -> list[Fact]:
    """Facts that retract some of these, or earlier retractions."""
    found = list(facts)
    for _ in range(draw(st.sampled_from((0, 0, 1, 2, 3)))):
        later = [fact.position for fact in found[len(facts) :]]
        target = found[draw(st.sampled_from([*range(1, len(facts) + 1), *later, *later, *later])) - 1]
        known_at = max(target.known_at, draw(instants()))
        event = e.FactRetracted(position=target.position, of=target.stream)
        found = numbered([*found, _fact(event, known_at, known_at, mode, None)])
    return found


@st.composite
def facts(draw: Draw, max_size: int = 12, retracted: bool = True, empty_versions: bool = False) -> list[Fact]:
    """The facts of two models and two deployments in the order of their positions, 1 to n."""
    models = draw(st.sampled_from(((ALPHA, BETA), (BETA, ALPHA), (ALPHA, GAMMA), (GAMMA, BETA))))
    who: st.SearchStrategy[RunBy] = st.sampled_from(("provider", "provider", "engine"))
    run_by: dict[str, RunBy] = {name: draw(who) for name in (*models, *DEPLOYMENTS)}
    dated = draw(st.one_of(_story(run_by, models), _backbone(run_by, models)))
    for _ in range(draw(st.integers(0, max_size))):
        model, name = draw(st.sampled_from((models[0], models[0], models[1]))), draw(st.sampled_from(DEPLOYMENTS))
        event = draw(st.one_of(catalogue_events(model), deployment_events(name, run_by[name], models)))
        dated.append((event, draw(instants())))
    if empty_versions and draw(st.booleans()):
        dated.append(
            (e.VersionReleased(model=draw(st.sampled_from((*models, "own/bare"))), version=""), draw(instants()))
        )
        dated.append((e.DeploymentCreated(deployment=DEPLOYMENTS[0], model="own/bare", version=""), draw(instants())))
    sources = st.sampled_from((None, "export", "notice"))
    made = [_fact(event, at, draw(_known(at)), mode_of(event, run_by), draw(sources)) for event, at in dated]
    found = numbered(without_repetitions(draw(st.permutations(made))))
    return draw(_retractions(found)) if retracted else found


def histories(max_size: int = 12, retracted: bool = True, empty_versions: bool = True) -> st.SearchStrategy[History]:
    """Whole histories with what can be asked about them."""
    return facts(max_size, retracted, empty_versions).map(lambda found: History(tuple(found)))


@st.composite
def reordered(draw: Draw, recorded: Sequence[Fact]) -> list[Fact]:
    """The same statements imported in another order: positions and `recorded_at` differ, nothing else.

    What was decided or executed keeps its order, which counts (R6); a retraction comes after what it retracts, and
    names its new position.
    """
    plain = [fact for fact in recorded if not isinstance(fact.event, e.FactRetracted)]
    shuffled = draw(st.permutations(plain))
    decided = iter([fact for fact in plain if fact.mode != "statement"])
    order = [fact if fact.mode == "statement" else next(decided) for fact in shuffled]
    order += [fact for fact in recorded if isinstance(fact.event, e.FactRetracted)]
    places = {fact.position: place for place, fact in enumerate(order, start=1)}
    return numbered([replace(fact, event=_renamed(fact.event, places)) for fact in order])


def _renamed(event: e.Event, places: dict[int, int]) -> e.Event:
    """The event, naming the new position of what it retracts."""
    if not isinstance(event, e.FactRetracted):
        return event
    return e.FactRetracted(position=places[event.position], of=event.of)
