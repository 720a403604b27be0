"""What is a deployment, how do facts change it, and what may be decided about it? State, evolve, decisions.

The state holds what was stated, decided and seen. What a policy makes of it is the course (`course.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from modeltrail.domain.events import (
    ApiVersionChanged,
    ChangeLogged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentEvent,
    DeploymentObserved,
    DeploymentStopped,
    MoveHeldBack,
    PolicyChanged,
    SkuChanged,
    VersionChanged,
    VersionTested,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import Contradiction, ModelState
from modeltrail.domain.policies import ModelsAt
from modeltrail.domain.refusals import (
    AlreadyExists,
    DeprecatedForNew,
    NoDefault,
    NotChoosable,
    NotThere,
    PolicyNotOffered,
)
from modeltrail.domain.segments import Outcome, Segment
from modeltrail.domain.values import Policy, RunBy


class DeploymentState(NamedTuple):
    """A deployment at one moment. `model` and `version` are the last that were stated, decided or seen."""

    deployment: str
    existence: Literal["absent", "present", "deleted"] = "absent"
    incarnation: int = 0
    """How many times it began to exist (R3)."""
    run_by: RunBy = "provider"
    model: str | None = None
    version: str | None = None
    policy: Policy = "unspecified"
    policy_fact: Fact | None = None
    sku: str | None = None
    sku_fact: Fact | None = None
    owner: str | None = None
    api_version: str | None = None
    begun: Fact | None = None
    placed: Fact | None = None
    """The last fact that put it where it is: created, changed, stopped or seen."""
    is_stopped: bool = False
    """Whether that fact stopped it, or showed it stopped."""
    held_back: Fact | None = None
    """The last time since then that a move which is due was postponed or failed (R37)."""
    tests: tuple[Fact, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is such a deployment at this moment."""
        return self.existence == "present"


def new_deployment(deployment: str) -> DeploymentState:
    """A deployment of which nothing is known."""
    return DeploymentState(deployment)


def evolve(state: DeploymentState, fact: Fact) -> DeploymentState:
    """The deployment after one more fact, in R6 order. Total: it never refuses a recorded fact (R43)."""
    if not state.exists:
        return _evolve_absent(state, fact)
    match fact.event:
        case PolicyChanged(policy=policy):
            return state._replace(policy=policy, policy_fact=fact)
        case DeploymentObserved() | VersionChanged() as event:
            is_stopped = isinstance(event, DeploymentObserved) and event.status == "stopped"
            return state._replace(
                placed=fact, is_stopped=is_stopped, held_back=None, model=event.model, version=event.version
            )
        case DeploymentCreated() as event if state.begun is not None and state.begun.event == event:
            return state
        case DeploymentCreated():
            return _contradicted(state, fact, "it exists already")
        case DeploymentStopped():
            return state._replace(placed=fact, is_stopped=True, held_back=None)
        case MoveHeldBack():
            return state._replace(held_back=fact)
        case SkuChanged(sku=sku):
            return state._replace(sku=sku, sku_fact=fact)
        case ApiVersionChanged(api_version=api_version):
            return state._replace(api_version=api_version)
        case VersionTested():
            return state._replace(tests=(*state.tests, fact))
        case DeploymentDeleted():
            return state._replace(existence="deleted")
        case ChangeLogged() as event if is_done(event, "delete"):
            return state._replace(existence="deleted")
        case _:
            return state


def is_done(event: ChangeLogged, operation: Literal["write", "delete"]) -> bool:
    """Whether a provider's log says that an operation succeeded."""
    return event.operation == operation and event.status == "Succeeded"


def _evolve_absent(state: DeploymentState, fact: Fact) -> DeploymentState:
    """What does not exist can be created or seen: a new incarnation begins (R3)."""
    match fact.event:
        case DeploymentCreated() as event:
            return _begin(state, fact, event)
        case DeploymentObserved() as event:
            seen = DeploymentCreated(deployment=state.deployment, model=event.model, version=event.version)
            begun = _begin(state, fact, seen)
            return begun._replace(run_by="provider", is_stopped=event.status == "stopped")
        case ChangeLogged():
            return state
        case DeploymentDeleted(not_before=last_seen) if last_seen is not None and state.existence == "deleted":
            return state
        case _:
            return _contradicted(state, fact, "there is no such deployment at that moment")


def _begin(state: DeploymentState, fact: Fact, event: DeploymentCreated) -> DeploymentState:
    return DeploymentState(
        deployment=state.deployment,
        existence="present",
        incarnation=state.incarnation + 1,
        run_by=event.run_by,
        model=event.model,
        version=event.version,
        policy=event.policy,
        policy_fact=fact,
        sku=event.sku,
        owner=event.owner,
        api_version=event.api_version,
        begun=fact,
        placed=fact,
    )


def _contradicted(state: DeploymentState, fact: Fact, reason: str) -> DeploymentState:
    return state._replace(contradictions=(*state.contradictions, Contradiction(fact.position, reason)))


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision about a deployment looks at beside it, at the moment concerned.

    `models`: the state of each model. `course`: what the deployment does at the moment, null where it does not exist;
    derived only where a decision depends on it. `has_run`: whether an owner has run a version before.
    """

    models: ModelsAt
    course: Callable[[], Segment | None]
    has_run: Callable[[str, str, str], bool]

    def certain(self) -> Outcome | None:
        """What the deployment does, if that is recorded or seen and not derived (R29)."""
        segment = self.course()
        is_sure = segment is not None and segment.certainty in ("recorded", "observed")
        return segment.possible[0] if segment is not None and is_sure and segment.possible else None


def decide(state: DeploymentState, event: DeploymentEvent, now: Situation) -> tuple[DeploymentEvent, ...]:
    """What a decision about an engine-run deployment records: nothing where it is in force already (R39).

    Raises Refused where a rule forbids it (R7).
    """
    if isinstance(event, DeploymentCreated):
        return _create(state, event, now)
    if isinstance(event, DeploymentDeleted) and state.existence == "deleted":
        return ()
    if not state.exists or state.model is None:
        raise NotThere(state.deployment, state.existence)
    match event:
        case PolicyChanged(policy=policy):
            if state.policy == policy:
                return ()
            _demand_offered(now.models(state.model), policy)
            return (event,)
        case VersionChanged(model=model, version=version):
            return _change_version(state, event, now, model, version)
        case SkuChanged(sku=sku):
            return _change_sku(state, event, now, sku)
        case ApiVersionChanged(api_version=api_version):
            return () if state.api_version == api_version else (event,)
        case DeploymentStopped():
            return () if now.certain() == Outcome("stopped") else (event,)
        case _:
            return (event,)


def _create(state: DeploymentState, event: DeploymentCreated, now: Situation) -> tuple[DeploymentEvent, ...]:
    model = now.models(event.model)
    if event.version is None:
        default = model.default_for(event.sku)
        if default is None:
            raise NoDefault(event.model)
        event = event.model_copy(update={"version": default})
    if state.exists:
        if state.begun is not None and state.begun.event == event:
            return ()
        raise AlreadyExists(f"the deployment {event.deployment}", "change it, or delete it first")
    assert event.version is not None
    _demand_choosable(model, event.version, event.sku)
    _demand_offered(model, event.policy)
    is_deprecated = model.versions[event.version].stage == "deprecated"
    if is_deprecated and event.owner and not now.has_run(event.owner, event.model, event.version):
        raise DeprecatedForNew(event.model, event.version, event.owner)
    return (event,)


def _change_sku(
    state: DeploymentState, event: SkuChanged, now: Situation, sku: str | None
) -> tuple[DeploymentEvent, ...]:
    if state.sku == sku:
        return ()
    serves = now.certain()
    if serves is not None and serves.model is not None and serves.version is not None:
        _demand_choosable(now.models(serves.model), serves.version, sku)
    return (event,)


def _change_version(
    state: DeploymentState, event: VersionChanged, now: Situation, model: str, version: str
) -> tuple[DeploymentEvent, ...]:
    if now.certain() == Outcome("serving", model, version):
        return ()
    _demand_choosable(now.models(model), version, state.sku)
    return (event,)


def _demand_choosable(model: ModelState, version: str, sku: str | None) -> None:
    if not model.is_choosable(version, sku):
        raise NotChoosable(model.model, version, sku, model.choosable(sku))


def _demand_offered(model: ModelState, policy: Policy) -> None:
    if policy != "unspecified" and model.offers is not None and policy not in model.offers:
        raise PolicyNotOffered(model.model, policy, model.offers)
