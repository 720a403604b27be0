"""Which API version does each deployment pin, and who pinned it?"""

from pydantic import BaseModel

from modeltrail import Projection
from modeltrail.domain.events import ApiVersionChanged, DeploymentCreated, DeploymentDeleted, DeploymentObserved
from modeltrail.domain.facts import Fact


class Pin(BaseModel, frozen=True):
    """The API version that a deployment pins, null for none, the one before it, and who pinned it."""

    api_version: str | None
    before: str | None
    by: str


pins = Projection("pins", Pin, edition=1, question="Which API version does each deployment pin?", key="deployment")


@pins.on(DeploymentCreated, key=lambda event: event.deployment)
def created(row: Pin | None, event: DeploymentCreated, fact: Fact) -> Pin:
    """A deployment begins with what it pins; created while it exists changes nothing."""
    return row or Pin(api_version=event.api_version, before=None, by=fact.by)


@pins.on(DeploymentObserved, key=lambda event: event.deployment)
def observed(row: Pin | None, event: DeploymentObserved, fact: Fact) -> Pin:
    """The first sight of an unknown deployment begins it, and says nothing of what it pins."""
    return row or Pin(api_version=None, before=None, by=fact.by)


@pins.on(ApiVersionChanged, key=lambda event: event.deployment)
def changed(row: Pin | None, event: ApiVersionChanged, fact: Fact) -> Pin | None:
    """Another version is pinned; the same once more, or before there is a deployment, changes nothing."""
    if row is None or row.api_version == event.api_version:
        return row
    return Pin(api_version=event.api_version, before=row.api_version, by=fact.by)


@pins.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row: Pin | None, event: DeploymentDeleted) -> None:
    """A deleted deployment pins nothing."""
