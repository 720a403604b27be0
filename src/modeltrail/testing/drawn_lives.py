"""What may become of models and deployments? Hypothesis strategies for histories as they are lived, and worse.

Late, contradictory and retracted facts, tied moments, several SKUs, versions that move to other models and back, every
policy, both kinds of who runs what. Days are drawn from a few, so that facts meet each other and the ends of windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from modeltrail.domain import events as e
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import RunBy, Stage, catalogue_of
from modeltrail.testing.drawn_events import (
    ALPHA,
    BETA,
    DEPLOYMENTS,
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
    logged,
    moves,
    offers,
    orders,
    qualifiers,
    rules,
    skus,
    successions,
)
from modeltrail.testing.drawn_facts import (
    Dated,
    History,
    fact_of,
    numbered,
    recorded,
    with_retractions,
    without_repetitions,
)


@st.composite
def _backbone(draw: Draw, run_by: dict[str, RunBy], models: Sequence[str]) -> Dated:
    """What an ordinary history begins with: models, releases, a first default, deployments."""
    found: Dated = []
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
def _story(draw: Draw, run_by: dict[str, RunBy], models: Sequence[str]) -> Dated:
    """A deployment on a version that others are to follow, and what may become of both."""
    name, model, (old, new, *newer) = DEPLOYMENTS[0], models[0], VERSIONS[models[0]]
    stage: Stage = draw(st.sampled_from(("generally-available", "generally-available", "preview")))
    registered = e.ModelRegistered(model=model, rules=draw(rules()), run_by=run_by[model])
    policy = draw(st.sampled_from(POLICIES))
    created = {"deployment": name, "model": model, "version": old, "policy": policy, "sku": draw(skus())}
    found: Dated = [
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
        orders().map(lambda sources: e.TrustChanged(catalogue=catalogue_of(model), sources=sources)),
        st.just(e.VersionRetired(model=model, version=old)),
        st.just(e.VersionReinstated(model=model, version=old)),
        st.sampled_from(POLICIES).map(lambda policy: e.PolicyChanged(deployment=name, policy=policy)),
        versions.map(lambda version: e.VersionChanged(deployment=name, model=model, version=version)),
        logged(name),
    ]
    seen = versions.map(lambda version: e.DeploymentObserved(deployment=name, model=model, version=version))
    acted = moves(name, model) if run_by[name] == "engine" else seen
    for event in draw(st.lists(st.one_of(*may_follow, seen, seen, acted), max_size=8)):
        found.append((event, draw(instants())))
    return found


@st.composite
def _watched(draw: Draw, run_by: dict[str, RunBy], models: Sequence[str]) -> Dated:
    """A deployment that exports show from day to day, while a log says that somebody changed it."""
    name, model = DEPLOYMENTS[0], models[0]
    versions = st.sampled_from(VERSIONS[model])
    policy = draw(st.sampled_from(("manual", *POLICIES)))
    created = {"deployment": name, "model": model, "version": draw(versions), "policy": policy}
    found: Dated = [(e.DeploymentCreated.model_validate(created | {"run_by": run_by[name]}), EPOCH)]
    for version in draw(st.lists(versions, unique=True)):
        day = timedelta(days=draw(st.sampled_from((0, 0, 7, 14))))
        found.append((e.VersionReleased(model=model, version=version), EPOCH + day))
    seen = versions.map(lambda version: e.DeploymentObserved(deployment=name, model=model, version=version))
    stopped = versions.map(
        lambda version: e.DeploymentObserved(deployment=name, model=model, version=version, status="stopped")
    )
    may_follow = [
        *(logged(name), logged(name), logged(name), seen, seen, seen, stopped),
        instants().map(lambda day: e.DeploymentDeleted(deployment=name, not_before=day)),
        versions.map(lambda version: e.DefaultChanged(model=model, version=version)),
        versions.map(lambda version: e.VersionRetired(model=model, version=version)),
        versions.map(lambda version: e.VersionReinstated(model=model, version=version)),
    ]
    for event in draw(st.lists(st.one_of(*may_follow), max_size=8)):
        found.append((event, draw(instants())))
    return found


@st.composite
def facts_of_lives(draw: Draw, max_size: int = 12, retracted: bool = True, empty_versions: bool = False) -> list[Fact]:
    """The facts of two models and two deployments in the order of their positions, 1 to n."""
    models = draw(st.sampled_from(((ALPHA, BETA), (BETA, ALPHA), (ALPHA, GAMMA), (GAMMA, BETA))))
    who: st.SearchStrategy[RunBy] = st.sampled_from(("provider", "provider", "engine"))
    run_by: dict[str, RunBy] = {name: draw(who) for name in (*models, *DEPLOYMENTS)}
    lived = (_story, _backbone, _watched)
    dated = draw(st.one_of(*(life(run_by, models) for life in lived)))
    for _ in range(draw(st.integers(0, max_size))):
        model, name = draw(st.sampled_from((models[0], models[0], models[1]))), draw(st.sampled_from(DEPLOYMENTS))
        event = draw(st.one_of(catalogue_events(model), deployment_events(name, run_by[name], models)))
        dated.append((event, draw(instants())))
    if empty_versions and draw(st.booleans()):
        dated.append(
            (e.VersionReleased(model=draw(st.sampled_from((*models, "own/bare"))), version=""), draw(instants()))
        )
        dated.append((e.DeploymentCreated(deployment=DEPLOYMENTS[0], model="own/bare", version=""), draw(instants())))
    found = draw(recorded(dated, run_by))
    return draw(with_retractions(found)) if retracted else found


def lives(max_size: int = 12, retracted: bool = True, empty_versions: bool = True) -> st.SearchStrategy[History]:
    """Whole histories of models and deployments, as they are lived."""
    return facts_of_lives(max_size, retracted, empty_versions).map(lambda found: History(tuple(found)))


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
        logged(name),
    ]
    told = st.tuples(st.one_of(*kinds, kinds[0], *kinds[1:2] * 5, kinds[3]), st.integers(0, 3), st.integers(0, 1))
    sources = st.sampled_from((None, "export", "notice"))
    made = [
        fact_of(event, at := EPOCH + timedelta(days=day), at + timedelta(days=late), "statement", draw(sources))
        for event, day, late in draw(st.lists(told, min_size=1, max_size=14))
    ]
    return History(tuple(draw(with_retractions(numbered(without_repetitions(made))))), (name,))


def _at(name: str, on: tuple[str, str]) -> dict[str, Any]:
    """Which deployment is on which version."""
    return {"deployment": st.just(name), "model": st.just(on[0]), "version": st.just(on[1])}


@st.composite
def disputed(draw: Draw) -> History:
    """A deployment on a version of which several sources announce different things, and orders of trust."""
    name, model, (old, *newer) = DEPLOYMENTS[0], ALPHA, VERSIONS[ALPHA]
    run_by: dict[str, RunBy] = {model: "provider", name: draw(st.sampled_from(("provider", "provider", "engine")))}
    policy, some = draw(st.sampled_from(POLICIES)), st.sampled_from((None, None, "Standard"))
    begin: list[e.Event] = [
        e.ModelRegistered(model=model, rules=draw(rules())),
        *(e.VersionReleased(model=model, version=version) for version in VERSIONS[model]),
        e.DefaultChanged(model=model, version=newer[0]),
    ]
    created = {"deployment": name, "model": model, "version": old, "policy": policy, "sku": draw(some)}
    said = {"model": st.just(model), "version": st.just(old), "on": dates(), "qualifier": qualifiers()}
    to = {"to_model": st.just(model), "to_version": st.sampled_from(newer)}
    begins = {"upgrade_from": st.one_of(st.none(), instants()), "lead_days": st.sampled_from((None, None, 0, 5))}
    may_follow: list[st.SearchStrategy[e.Event]] = [
        *[st.builds(e.RetirementAnnounced, **said, sku=some)] * 3,
        some.map(lambda sku: e.RetirementWithdrawn(model=model, version=old, sku=sku)),
        st.builds(e.ForcedUpgradeAnnounced, **said, **to),
        *[st.builds(e.ReplacementNamed, model=said["model"], version=said["version"], **to, **begins)] * 2,
        *[orders().map(lambda sources: e.TrustChanged(catalogue=catalogue_of(model), sources=sources))] * 3,
        some.map(lambda sku: e.VersionRetired(model=model, version=old, sku=sku)),
        some.map(lambda sku: e.VersionReinstated(model=model, version=old, sku=sku)),
    ]
    told = draw(st.lists(st.tuples(st.one_of(*may_follow), instants()), min_size=2, max_size=12))
    told.append((e.DeploymentCreated.model_validate(created | {"run_by": run_by[name]}), EPOCH + timedelta(days=1)))
    found = draw(recorded([*((event, EPOCH) for event in begin), *told], run_by))
    return History(tuple(draw(with_retractions(found))), (name,))


@st.composite
def often_seen(draw: Draw) -> History:
    """A history in which a deployment is seen where it was put again and again, with few changes in between."""
    found = draw(facts_of_lives(retracted=False))
    name, day = DEPLOYMENTS[0], st.timedeltas(timedelta(0), timedelta(days=90))
    put = [
        fact.event for fact in found if isinstance(fact.event, e.DeploymentCreated) and fact.event.deployment == name
    ]
    where = put[0] if put else e.DeploymentCreated(deployment=name, model=ALPHA, version=VERSIONS[ALPHA][0])
    seen = e.DeploymentObserved(deployment=name, model=where.model, version=where.version or VERSIONS[where.model][0])
    other = st.sampled_from(POLICIES).map(lambda policy: e.PolicyChanged(deployment=name, policy=policy))
    more = draw(st.lists(st.tuples(st.one_of(st.just(seen), st.just(seen), other), day), min_size=5, max_size=20))
    made = [fact_of(event, EPOCH + after, EPOCH + after, "statement", "export") for event, after in more]
    return History(tuple(numbered(without_repetitions([*found, *made]))))
