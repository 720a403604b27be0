"""The projection of these tests, its story, and everything that its tables say."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from modeltrail import Trail
from modeltrail.domain.events import DeploymentCreated, DeploymentDeleted, PolicyChanged
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Instant
from modeltrail.projections.projection import Key, Projection
from modeltrail.views import Span
from rules.given import MIRRORED, NOW, on

Told = dict[Key, tuple[Span["Owner"], ...]]


class Owner(BaseModel, frozen=True):
    """Whose a deployment is, since when, and how often its policy was changed."""

    owner: str | None
    since_day: Instant
    changes: int = 0


class Broken(Exception):
    """The handler cannot take it."""


class Handlers:
    """A projection whose handler cannot take some policies, until it is mended."""

    def __init__(self, edition: int = 1) -> None:
        self.refused: set[str] = set()
        self.unnamed: set[str] = set()
        self.owners = Projection(
            "owners", Owner, edition=edition, question="Who owns each deployment?", key="deployment"
        )
        self.owners.on(DeploymentCreated, key=self.key)(self.created)
        self.owners.on(PolicyChanged, key=self.key)(self.changed)
        self.owners.on(DeploymentDeleted, key=lambda event: event.deployment)(lambda row, event: None)

    def key(self, event: DeploymentCreated | PolicyChanged) -> str:
        if event.policy in self.unnamed:
            raise Broken(f"no key for {event.policy}")
        return event.deployment

    def created(self, row: Owner | None, event: DeploymentCreated, fact: Fact) -> Owner:
        return row or Owner(owner=event.owner, since_day=fact.effective_at)

    def changed(self, row: Owner | None, event: PolicyChanged) -> Owner | None:
        if event.policy in self.refused:
            raise Broken(f"what is {event.policy}?")
        return row and row.model_copy(update={"changes": row.changes + 1})


def opened(path: Path, *, read_only: bool = False) -> Trail:
    return Trail.open(f"sqlite:///{path}", clock=lambda: NOW, read_only=read_only)


def create(
    trail: Trail, name: str, day: str = "2025-01-01", *, known: str | None = None, owner: str = "team-a"
) -> None:
    on(trail, day).deployment(name).create(MIRRORED, version="v1", run_by="provider", owner=owner)


def change(trail: Trail, name: str, day: str, policy: str = "manual", *, known: str | None = None) -> int:
    """Change a policy, and say at which position that was recorded."""
    (fact,) = on(trail, day, known).deployment(name).change_policy(policy)
    return fact.position


def everything(trail: Trail, projection: Projection[Owner]) -> Told:
    """The history of each key, as known now."""
    view = trail.view(projection)
    return {key: view.history(key, stale=True) for key in view.all()}
