"""What happens in the lives of models and deployments? Hypothesis strategies that draw often what is often recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from modeltrail.domain import events as e
from modeltrail.domain.values import Policy, Qualifier, Rules, RunBy, Stage, catalogue_of, rules_named

Draw = st.DrawFn
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
ALPHA, BETA, GAMMA = "azure-openai/alpha", "azure-foundry/beta", "own/gamma"
VERSIONS = {ALPHA: ("1106", "0125", "0613", "2024"), BETA: ("b1", "b2", "b3"), GAMMA: ("g1", "g2")}
"""The names of versions are in no order: order comes from release facts (R2)."""
DEPLOYMENTS = ("chat-prod", "chat-test")
SKUS = (None, "Standard", "ProvisionedManaged")
SOURCES = (None, "export", "export sweden.json row 7", "notice", "notices")
"""What an order of trust names, begins, or only looks like (R13)."""
POLICIES: tuple[Policy, ...] = ("auto-update", "upgrade-when-expired", "manual", "unspecified")
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


def orders() -> st.SearchStrategy[tuple[str, ...]]:
    """Orders of trust: which sources are trusted most, or that none is."""
    return st.sampled_from((("export",), ("notice",), ("export", "notice"), ("notice", "export"), ("notices",), ()))


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
        case "trust":
            return e.TrustChanged(catalogue=catalogue_of(model), sources=draw(orders()))
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
    *("succession", "succession", "succession", "default-announced", "stage", "unlisted", "rules", "offers", "trust"),
)
_DEPLOYMENT_KINDS = (
    *("observed", "observed", "observed", "observed", "policy", "policy", "changed", "changed", "acted"),
    *("acted", "stopped", "sku", "api", "tested", "deleted", "created", "logged", "logged"),
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
        case "stopped":
            return e.DeploymentStopped(deployment=deployment, reason="calls fail")
        case "sku":
            return e.SkuChanged(deployment=deployment, sku=draw(skus()))
        case "api":
            return e.ApiVersionChanged(deployment=deployment, api_version=draw(st.sampled_from((None, "2024-10-21"))))
        case "tested":
            return e.VersionTested(deployment=deployment, version=version, result="passed", model=model)
        case "acted":
            return draw(moves(deployment, model))
        case "deleted":
            last_seen = draw(st.one_of(st.none(), instants()))
            return e.DeploymentDeleted(deployment=deployment, not_before=last_seen)
        case "logged":
            return draw(logged(deployment))
        case _:
            return draw(creations(deployment, run_by, model))


@st.composite
def logged(draw: Draw, deployment: str) -> e.ChangeLogged:
    """What a provider's log says of a change, mostly that somebody changed something."""
    operation = draw(st.sampled_from(("write", "write", "write", "delete")))
    status = draw(st.sampled_from(("Succeeded", "Succeeded", "Succeeded", "Failed")))
    entry = draw(st.sampled_from(("first", "second", "third")))
    return e.ChangeLogged(deployment=deployment, entry=entry, operation=operation, status=status)


@st.composite
def moves(draw: Draw, deployment: str, model: str) -> e.Event:
    """What an engine records of a move: it was carried out, or its host has held it back."""
    version, cause = draw(st.sampled_from(VERSIONS[model])), draw(st.sampled_from(("default-change", "retirement")))
    asked = {"move": f"{deployment}@1:{model}/{version}", "to_model": model, "to_version": version, "attempt": 1}
    terms = {"deployment": deployment, "cause": cause, "policy": "auto-update", "rules": "engine"}
    match draw(st.sampled_from(("moved", "moved", "stopped", "postponed", "failed"))):
        case "moved":
            return e.VersionChanged.model_validate({**terms, "model": model, "version": version})
        case "stopped":
            return e.DeploymentStopped.model_validate({**terms, "reason": "its version is retired"})
        case "postponed":
            return e.MovePostponed.model_validate({**terms, **asked, "until": draw(instants())})
        case _:
            return e.MoveFailed.model_validate({**terms, **asked, "error": "no quota", "retry_at": draw(instants())})


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
