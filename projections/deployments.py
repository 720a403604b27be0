"""What was stated, decided and seen of each deployment?"""

from __future__ import annotations

from modeltrail.domain.deployment import DeploymentState, evolve, new_deployment
from modeltrail.domain.events import DeploymentEvent, leaves
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import Projection

deployments = Projection(
    "deployments", DeploymentState, edition=1, question="What is each deployment?", key="deployment"
)


@deployments.on(*leaves(DeploymentEvent), key=lambda event: event.deployment)
def changed(row: DeploymentState | None, event: DeploymentEvent, fact: Fact) -> DeploymentState:
    """A deployment changes by its own events."""
    return evolve(row or new_deployment(event.deployment), fact)
