"""Which histories can there be? Hypothesis strategies for facts with all their disorder.

Late, contradictory and retracted facts, tied moments, several SKUs, versions that move to other models and back, every
policy, both kinds of who runs what. Days are drawn from a few, so that facts meet each other and the ends of windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from drawn_events import (
    ALPHA,
    BETA,
    EPOCH,
    GAMMA,
    POLICIES,
    VERSIONS,
    Draw,
    catalogue_events,
    creations,
    dates,
    deployment_events,
    instants,
    moves,
    offers,
    rules,
    skus,
    successions,
)
from modeltrail.domain import events as e
from modeltrail.domain.facts import Fact, content
from modeltrail.domain.values import Mode, RunBy, Stage

DEPLOYMENTS = ("chat-prod", "chat-test")
LATEST = EPOCH + timedelta(days=120)
"""No fact is effective or known later than this."""


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
    acted = moves(name, model) if run_by[name] == "engine" else seen
    for event in draw(st.lists(st.one_of(*may_follow, seen, seen, acted), max_size=8)):
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
    if getattr(event, "cause", None) is not None:
        return "execution"
    return "statement" if run_by.get(name, "provider") == "provider" else "decision"


def numbered(facts: Sequence[Fact]) -> list[Fact]:
    """The same facts, recorded one after the other in this order: positions, `recorded_at` and stream versions."""
    counts: dict[str, int] = {}
    found = []
    for position, fact in enumerate(facts, start=1):
        counts[fact.stream] = counts.get(fact.stream, 0) + 1
        at, version = LATEST + timedelta(seconds=position), counts[fact.stream]
        found.append(fact._replace(recorded_at=at, position=position, stream_version=version))
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
def busy(draw: Draw) -> History:
    """One deployment of which much is told within four days: sights, tests and policies that tie and repeat, and lives
    that end and begin again."""
    name, versions = DEPLOYMENTS[0], st.sampled_from([(ALPHA, "1106"), (ALPHA, "0125"), (BETA, "0125")])
    policies, results = st.sampled_from(POLICIES[1:3]), st.sampled_from(("passed", "failed"))
    seen = {"status": st.sampled_from(("serving", "serving", "serving", "stopped"))}
    tested = {"result": results, "version": st.just("1106"), "model": st.sampled_from((None, ALPHA))}
    kinds: list[st.SearchStrategy[e.Event]] = [
        st.builds(e.PolicyChanged, deployment=st.just(name), policy=policies),
        versions.flatmap(lambda on: st.builds(e.DeploymentObserved, **_at(name, on), **seen)),
        versions.flatmap(lambda on: st.builds(e.DeploymentCreated, **_at(name, on), policy=policies)),
        st.builds(e.VersionTested, deployment=st.just(name), **tested),
        st.just(e.DeploymentDeleted(deployment=name)),
    ]
    told = st.tuples(st.one_of(*kinds, kinds[0], *kinds[1:2] * 5, kinds[3]), st.integers(0, 3), st.integers(0, 1))
    sources = st.sampled_from((None, "export", "notice"))
    made = [
        _fact(event, at := EPOCH + timedelta(days=day), at + timedelta(days=late), "statement", draw(sources))
        for event, day, late in draw(st.lists(told, min_size=1, max_size=14))
    ]
    return History(tuple(draw(_retractions(numbered(without_repetitions(made))))), (name,))


def _at(name: str, on: tuple[str, str]) -> dict[str, Any]:
    """Which deployment is on which version."""
    return {"deployment": st.just(name), "model": st.just(on[0]), "version": st.just(on[1])}


@st.composite
def often_seen(draw: Draw) -> History:
    """A history in which a deployment is seen where it was put again and again, with few changes in between."""
    found = draw(facts(retracted=False))
    name, day = DEPLOYMENTS[0], st.timedeltas(timedelta(0), timedelta(days=90))
    put = [
        fact.event for fact in found if isinstance(fact.event, e.DeploymentCreated) and fact.event.deployment == name
    ]
    where = put[0] if put else e.DeploymentCreated(deployment=name, model=ALPHA, version=VERSIONS[ALPHA][0])
    seen = e.DeploymentObserved(deployment=name, model=where.model, version=where.version or VERSIONS[where.model][0])
    other = st.sampled_from(POLICIES).map(lambda policy: e.PolicyChanged(deployment=name, policy=policy))
    more = draw(st.lists(st.tuples(st.one_of(st.just(seen), st.just(seen), other), day), min_size=5, max_size=20))
    made = [_fact(event, EPOCH + after, EPOCH + after, "statement", "export") for event, after in more]
    return History(tuple(numbered(without_repetitions([*found, *made]))))


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
    return numbered([fact._replace(event=_renamed(fact.event, places)) for fact in order])


def _renamed(event: e.Event, places: dict[int, int]) -> e.Event:
    """The event, naming the new position of what it retracts."""
    if not isinstance(event, e.FactRetracted):
        return event
    return e.FactRetracted(position=places[event.position], of=event.of)
