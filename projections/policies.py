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
    `fact`: the position of what set it.
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


policies = Projection(
    "policies",
    PolicyInForce,
    edition=1,
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
    return _set(event.policy, fact, before=row.policy)


@policies.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row: PolicyInForce | None, event: DeploymentDeleted) -> None:
    """What does not exist has no policy (R3)."""


@policies.on(ChangeLogged, key=lambda event: event.deployment)
def logged(row: PolicyInForce | None, event: ChangeLogged) -> PolicyInForce | None:
    """A provider's log may say that it was deleted; whatever else it says tells of no policy."""
    return None if is_done(event, "delete") else row


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
