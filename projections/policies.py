"""Who set which policy of each deployment, when, and why?"""

from __future__ import annotations

from pydantic import BaseModel

from modeltrail.domain.deployment import is_done
from modeltrail.domain.events import (
    ChangeLogged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    PolicyChanged,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Instant, Mode, Policy
from modeltrail.projections.projection import Projection


class PolicyInForce(BaseModel, frozen=True):
    """The policy of a deployment, and who set it when and why (R17, R42).

    `before` is null where the deployment began with it. `event`: how it was set, by the stored name of the event.
    `fact`: the position of what set it. `logged_by`: who changed the deployment last between the two sights of which
    the second showed the policy, as its provider's log says; null where that says nothing, or it was not seen so.
    `changed_by` and `changed_at`: the last change of the deployment that the log states, whatever was changed.
    """

    policy: Policy
    before: Policy | None
    set_at: Instant
    known_at: Instant
    by: str
    why: str | None
    source: str | None
    mode: Mode
    event: str
    fact: int
    logged_by: str | None = None
    changed_by: str | None = None
    changed_at: Instant | None = None


policies = Projection(
    "policies",
    PolicyInForce,
    edition=2,
    question="Who set which policy of each deployment, when, and why?",
    key="deployment",
)


@policies.on(DeploymentCreated, key=lambda event: event.deployment)
def created(row: PolicyInForce | None, event: DeploymentCreated, fact: Fact) -> PolicyInForce:
    """A deployment begins with a policy; created while it exists changes nothing (R3)."""
    return row or _set(event.policy, fact, before=None)


@policies.on(DeploymentObserved, key=lambda event: event.deployment)
def observed(row: PolicyInForce | None, event: DeploymentObserved, fact: Fact) -> PolicyInForce:
    """The first sight of an unknown deployment begins it, and says nothing of its policy (R3, R17)."""
    return row or _set("unspecified", fact, before=None)


@policies.on(PolicyChanged, key=lambda event: event.deployment)
def changed(row: PolicyInForce | None, event: PolicyChanged, fact: Fact) -> PolicyInForce | None:
    """Another policy is in force. One that is in force already was set before: this confirms it (R39)."""
    if row is None or row.policy == event.policy:
        return row
    is_logged = row.changed_at is not None and event.not_before is not None and event.not_before < row.changed_at
    update = {
        "logged_by": row.changed_by if is_logged else None,
        "changed_by": row.changed_by,
        "changed_at": row.changed_at,
    }
    return _set(event.policy, fact, before=row.policy).model_copy(update=update)


@policies.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row: PolicyInForce | None, event: DeploymentDeleted) -> None:
    """What does not exist has no policy (R3)."""


@policies.on(ChangeLogged, key=lambda event: event.deployment)
def logged(row: PolicyInForce | None, event: ChangeLogged, fact: Fact) -> PolicyInForce | None:
    """A provider's log says who changed it, or that it was deleted; which policy it got is seen elsewhere."""
    if row is None or is_done(event, "delete"):
        return None
    if not is_done(event, "write"):
        return row
    return row.model_copy(update={"changed_by": event.caller, "changed_at": fact.effective_at})


def _set(policy: Policy, fact: Fact, before: Policy | None) -> PolicyInForce:
    return PolicyInForce(
        policy=policy,
        before=before,
        set_at=fact.effective_at,
        known_at=fact.known_at,
        by=fact.by,
        why=fact.why,
        source=fact.source,
        mode=fact.mode,
        event=fact.event.type,
        fact=fact.position,
    )
