"""What is to be expected at a moment? The models with every standing announcement taken as carried out on its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from modeltrail.domain.course import Course, course_from, course_of
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import Announcement as AnnouncementEvent
from modeltrail.domain.events import DeploymentCreated
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory, models_of
from modeltrail.domain.moves import due_move
from modeltrail.domain.refusals import Unknown, nearest
from modeltrail.domain.segments import Outcome
from modeltrail.domain.values import Qualifier
from modeltrail.knowledge import Knowledge
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models
from modeltrail.projections.upcoming import (
    Beside,
    Horizon,
    Upcoming,
    carried_out,
    catalogue_upcoming,
    deployment_upcoming,
    held_back_upcoming,
)


class Expected:
    """What comes after a moment, if every announcement that stands then is carried out on its date (R28).

    Only what was effective by the moment counts.
    """

    def __init__(self, knowledge: Knowledge, t: datetime) -> None:
        self._knowledge, self._t = knowledge, t
        self._ahead: dict[str, ModelHistory] = {}

    def history(self, model: str) -> ModelHistory:
        """The history of a model with what is announced."""
        if model not in self._ahead:
            facts = self._past(self._knowledge.facts_of_model(model))
            ahead = carried_out(self._knowledge.history(model).at(self._t), self._t)
            self._ahead[model] = model_history(model, [*facts, *ahead])
        return self._ahead[model]

    def course(self, deployment: str) -> Course:
        """The course of a deployment, with what is announced."""
        return course_of(deployment, self._past(self._knowledge.facts(deployment)), self.history)

    def _past(self, facts: list[Fact]) -> list[Fact]:
        """What was effective by the moment, and what is supposed to be after it (a negative position)."""
        return [fact for fact in facts if fact.effective_at <= self._t or fact.position < 0]

    def entries(self, horizon: Horizon, *, catalogue_only: bool = False) -> Iterator[Upcoming]:
        """What comes for models and, unless only the catalogue is asked for, for deployments."""
        for name in self._knowledge.keys(models):
            yield from catalogue_upcoming(self._knowledge.history(name).at(self._t), horizon)
        if not catalogue_only:
            for name in self._knowledge.keys(deployments):
                yield from self.upcoming(name, horizon)

    def upcoming(self, deployment: str, horizon: Horizon) -> list[Upcoming]:
        """What comes for a deployment."""
        facts = self._past(self._knowledge.facts(deployment))
        states = deployments.history(deployment, facts)
        state = states[-1][1] if states else None
        if state is None or not state.exists:
            return []
        announced: dict[int, Qualifier] = {
            fact.position: fact.event.qualifier
            for model in models_of(facts, self._knowledge.history)
            for fact in self._knowledge.facts_of_model(model)
            if isinstance(fact.event, AnnouncementEvent)
        }
        beside = Beside(
            state,
            lambda position: announced.get(position),
            lambda outcome, moment: self.breaks_api(state, outcome, moment),
        )
        found = deployment_upcoming(course_from(deployment, facts, self.history, self._t), beside, horizon)
        move = due_move(state, facts, self._knowledge.history, self._t) if state.held_back is not None else None
        return found if move is None else [*held_back_upcoming(move, beside, horizon), *found]

    def demand_owner(self, owner: str) -> None:
        """Raises Unknown for whom no deployment was ever said to belong to."""
        facts = (fact for name in self._knowledge.keys(deployments) for fact in self._knowledge.facts(name))
        owners = {fact.event.owner for fact in facts if isinstance(fact.event, DeploymentCreated)} - {None}
        if owner not in owners:
            raise Unknown("owner", owner, nearest(owner, filter(None, owners)))

    def breaks_api(self, state: DeploymentState, outcome: Outcome, moment: datetime) -> bool:
        """Whether what a deployment may serve from a moment on does not answer the API version that it pins (R35)."""
        if outcome.model is None or outcome.version is None or state.api_version is None:
            return False
        version = self.history(outcome.model).at(moment).versions.get(outcome.version)
        return version is not None and bool(version.api_versions) and state.api_version not in version.api_versions
