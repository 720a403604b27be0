"""What differs between two moments? Both are asked the same, deployment by deployment and model by model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from modeltrail.domain.course import course_at
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import models_of
from modeltrail.domain.logged import callers
from modeltrail.knowledge import Knowledge
from modeltrail.projections.deployments import deployments
from modeltrail.projections.difference import (
    Asked,
    DeploymentDifference,
    Difference,
    ModelDifference,
    ModelThen,
    deployment_difference,
    model_difference,
)
from modeltrail.projections.models import models
from modeltrail.projections.serving import Serving, serving
from modeltrail.projections.why import grounds


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two moments that are compared."""

    known: Knowledge
    t: datetime
    known_at: datetime

    @property
    def asked(self) -> Asked:
        """Which moment it is."""
        return Asked(at=self.t, known_at=self.known_at)

    def serving(self, deployment: str) -> tuple[Serving, str | None]:
        """What a deployment serves, and who owns it."""
        facts = self.known.facts(deployment)
        course = course_at(deployment, facts, self.known.history, self.t)
        part = course.at(self.t)
        return serving(course, self.t, self.known_at, callers(facts)), None if part is None else part.owner

    def model(self, name: str) -> ModelThen:
        """A model."""
        return ModelThen(self.known.history(name), self.known.facts_of_model(name), self.t)

    def told(self, deployment: str) -> Iterable[Fact]:
        """The facts on which an answer about a deployment may rest."""
        own = self.known.facts(deployment)
        return [
            *(fact for model in models_of(own, self.known.history) for fact in self.known.facts_of_model(model)),
            *own,
        ]


def difference(before: Side, after: Side) -> Difference:
    """All that differs from one moment to the other."""
    of_deployments = list(_deployments(before, after))
    of_models = list(_models(before, after))
    positions = {position for one in of_deployments for position in one.because}
    positions |= {position for one in of_models for position in one.because}
    told: dict[int, Fact] = {}
    for side in (before, after):
        told |= _by_position(fact for one in of_deployments for fact in side.told(one.deployment))
        told |= _by_position(fact for one in of_models for fact in side.known.facts_of_model(one.model))
    return Difference(
        before=before.asked,
        after=after.asked,
        deployments=tuple(of_deployments),
        models=tuple(of_models),
        facts=tuple(grounds(positions, told, after.t)),
    )


def _deployments(before: Side, after: Side) -> Iterator[DeploymentDifference]:
    for name in sorted(after.known.keys(deployments)):
        (was, owner), (now, owner_now) = before.serving(name), after.serving(name)
        differs = deployment_difference(was, now, owner_now or owner)
        if differs is not None:
            yield differs


def _models(before: Side, after: Side) -> Iterator[ModelDifference]:
    for name in sorted(after.known.keys(models)):
        differs = model_difference(before.model(name), after.model(name))
        if differs is not None:
            yield differs


def _by_position(facts: Iterable[Fact]) -> Mapping[int, Fact]:
    return {fact.position: fact for fact in facts}
