from pydantic import BaseModel
from modeltrail import Projection
from modeltrail.domain.events import DeploymentCreated, DeploymentDeleted


class Ownership(BaseModel, frozen=True):
    owner: str | None
    model: str


owners = Projection("owners", Ownership, edition=1, question="Who owns each deployment?", key="deployment")


@owners.on(DeploymentCreated, key=lambda event: event.deployment)
def created(row, event):
    return row or Ownership(owner=event.owner, model=event.model)


@owners.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row, event):
    return None
