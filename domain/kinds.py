"""What is every event? Something about a model, a deployment, a catalogue or what was read; kinds: `events.py`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from modeltrail.domain.values import DeploymentName, Instant, ModelName, Name, Qualifier, Version


class Event(BaseModel):
    """Something that happened, in the past tense. Frozen; equal when type and fields are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    """The stored name, independent of the Python path."""

    @property
    def stream(self) -> str:
        """The aggregate that the event belongs to: `model/NAME`, `deployment/NAME` or `catalogue/NAME`."""
        raise NotImplementedError

    def data(self) -> dict[str, object]:
        """The fields as plain JSON values; a field that was not given is left out."""
        return self.model_dump(mode="json", exclude_none=True)


class ModelEvent(Event):
    """An event of a model."""

    model: ModelName

    @property
    def stream(self) -> str:
        """`model/NAME`."""
        return f"model/{self.model}"


class VersionEvent(ModelEvent):
    """An event of one version of a model."""

    version: Version


class Announcement(VersionEvent):
    """What a provider says will happen to a version: perhaps on a date, and how firm that is (R13)."""

    on: Instant | None = None
    qualifier: Qualifier = "fixed"


class DeploymentEvent(Event):
    """An event of a deployment."""

    deployment: DeploymentName

    @property
    def stream(self) -> str:
        """`deployment/NAME`."""
        return f"deployment/{self.deployment}"


class CatalogueEvent(Event):
    """An event of a catalogue (R1)."""

    catalogue: Name

    @property
    def stream(self) -> str:
        """`catalogue/NAME`."""
        return f"catalogue/{self.catalogue}"


def leaves(base: type[Event]) -> list[type[Event]]:
    """The kinds of event below a base."""
    below = base.__subclasses__()
    return [leaf for child in below for leaf in (leaves(child) if child.__subclasses__() else [child])]
