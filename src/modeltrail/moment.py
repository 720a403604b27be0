"""What was so at one moment, as known at another? Every question about a day is a method of its moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from modeltrail.domain.course import course_at, course_of
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import Announcement as AnnouncementEvent
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory, models_of
from modeltrail.domain.logged import callers
from modeltrail.domain.moves import due_move
from modeltrail.domain.refusals import Unknown, nearest
from modeltrail.domain.segments import Outcome
from modeltrail.domain.values import Qualifier
from modeltrail.ledger import Ledger
from modeltrail.naming import deployment_named, model_named
from modeltrail.projections.announcements import Announcement, Heard, announcement_answers, announcements, heard
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import ModelAnswer, model_answer, model_history, models
from modeltrail.projections.review import Kind, ReviewEntry
from modeltrail.projections.serving import CourseAnswer, Serving, course_answer, serving
from modeltrail.projections.upcoming import (
    Beside,
    Horizon,
    Upcoming,
    carried_out,
    catalogue_upcoming,
    deployment_upcoming,
    held_back_upcoming,
    in_time,
)
from modeltrail.read import Read
from modeltrail.review import Review

Histories = Callable[[str, datetime | None], ModelHistory]


class Moment:
    """A moment `t` as known at `known_at`, both in UTC (R6). Facts that are recorded later may change its answers only
    by what they say was known by then."""

    def __init__(
        self, ledger: Ledger, histories: Histories, t: datetime, known_at: datetime, limit: datetime | None
    ) -> None:
        self._ledger = ledger
        self._remembered = histories
        self.t = t
        self.known_at = known_at
        self._limit = limit

    def _history(self, model: str) -> ModelHistory:
        return self._remembered(model, self._limit)

    def serving(self, deployment: str) -> Serving:
        """What a deployment served (R28). Raises Unknown for a name that was never recorded."""
        return self._serving(deployment_named(self._ledger, deployment))

    def _serving(self, deployment: str) -> Serving:
        facts = self._ledger.known(deployments, deployment, self._limit)
        return serving(course_at(deployment, facts, self._history, self.t), self.t, self.known_at, callers(facts))

    def course(self, deployment: str) -> CourseAnswer:
        """The whole course of a deployment, as known at `known_at` (R28). Raises Unknown."""
        name = deployment_named(self._ledger, deployment)
        facts = self._ledger.known(deployments, name, self._limit)
        return course_answer(course_of(name, facts, self._history), callers(facts))

    def deployments(self, model: str | None = None) -> tuple[Serving, ...]:
        """What each deployment that existed at the moment served; with a model, those on it. Raises Unknown."""
        wanted = None if model is None else model_named(self._ledger, model)
        names = sorted(self._ledger.keys(deployments))
        answers = ((name, self._serving(name)) for name in names)
        existing = ((name, answer) for name, answer in answers if answer.status not in ("absent", "deleted"))
        return tuple(answer for name, answer in existing if wanted is None or self._is_on(name, answer, wanted))

    def _is_on(self, deployment: str, answer: Serving, model: str) -> bool:
        last = self._row(deployments, deployment)
        named = {one.model for one in answer.possible}
        return model in named or (answer.status == "stopped" and last is not None and last.model == model)

    def _row(self, projection: Any, key: Any) -> Any:
        states = projection.history(key, self._ledger.known(projection, key, self._limit))
        rows = [row for moment, row in states if moment <= self.t]
        return rows[-1] if rows else None

    def model(self, name: str) -> ModelAnswer:
        """A model, its versions and what stands announced. Raises Unknown for a name that was never recorded."""
        return model_answer(self._history(model_named(self._ledger, name)), self.t)

    def announcements(self, model: str | None = None, version: str | None = None) -> tuple[Announcement, ...]:
        """All that was announced by the moment, of all models, one, or one version of it (R13). Raises Unknown."""
        names = self._ledger.keys(models) if model is None else [model_named(self._ledger, model)]
        found: list[Announcement] = []
        for name in names:
            state = self._history(name).at(self.t)
            if version is not None and version not in state.versions:
                raise Unknown("version", f"{name} {version}", nearest(version, state.versions))
            unclear = {fact.position for fact in self._history(name).unclear}
            keys = [key for key in self._ledger.keys(announcements) if key[0] == name and version in (None, key[1])]
            found += announcement_answers([one for key in keys if (one := self._heard(key, unclear))], state)
        return tuple(sorted(found, key=lambda one: (one.known_at, one.model, one.version, one.kind, one.sku or "")))

    def _heard(self, key: Any, unclear: set[int]) -> Heard | None:
        """What was said of one thing by the moment, null for nothing."""
        known = self._ledger.known(announcements, key, self._limit)
        facts = [fact for fact in known if fact.position not in unclear and fact.effective_at <= self.t]
        rows = announcements.history(key, facts)
        return heard(rows[-1][1], facts) if rows and rows[-1][1] is not None else None

    def upcoming(
        self, days: int = 30, *, catalogue_only: bool = False, qualifier: Qualifier | None = None
    ) -> tuple[Upcoming, ...]:
        """What is to come within so many days, the last moment included, and what is overdue (R12, R28).

        Only what was effective by the moment counts, with every standing announcement taken as carried out on its date.
        """
        horizon = Horizon(self.t, self.t + timedelta(days=days))
        names = self._ledger.keys(models)
        found = [entry for name in names for entry in catalogue_upcoming(self._history(name).at(self.t), horizon)]
        if not catalogue_only:
            expected = _Expected(self._ledger, self._history, self.t, self._limit)
            found += [entry for name in self._ledger.keys(deployments) for entry in expected.upcoming(name, horizon)]
        return tuple(in_time(entry for entry in found if qualifier is None or entry.qualifier == qualifier))

    def review(
        self, kind: Kind | None = None, *, settled: bool = False, of: Read | None = None
    ) -> tuple[ReviewEntry, ...]:
        """What needs a person's eye and is open, oldest first: of one kind, or of all (R2, R32, R41, R44).

        With `settled`, what somebody settled by the moment is there too, with who and why. `of`: only what one import
        recorded. Raises ValueError for an unknown kind.
        """
        review = Review(self._ledger, self._history, self.t, self._limit)
        return review.entries(kind, settled=settled) if of is None else review.of(of, kind, settled=settled)


class _Expected:
    """The models as they will be if every announcement that stands at a moment is carried out on its date."""

    def __init__(
        self, ledger: Ledger, history: Callable[[str], ModelHistory], t: datetime, limit: datetime | None
    ) -> None:
        self._ledger, self._history, self._t, self._limit = ledger, history, t, limit
        self._ahead: dict[str, ModelHistory] = {}

    def history(self, model: str) -> ModelHistory:
        """The history of a model with what is announced."""
        if model not in self._ahead:
            facts = self._past(self._ledger.known(models, model, self._limit))
            self._ahead[model] = model_history(model, [*facts, *carried_out(self._history(model).at(self._t), self._t)])
        return self._ahead[model]

    def _past(self, facts: list[Fact]) -> list[Fact]:
        return [fact for fact in facts if fact.effective_at <= self._t]

    def upcoming(self, deployment: str, horizon: Horizon) -> list[Upcoming]:
        """What comes for a deployment."""
        facts = self._past(self._ledger.known(deployments, deployment, self._limit))
        states = deployments.history(deployment, facts)
        state = states[-1][1] if states else None
        if state is None or not state.exists:
            return []
        announced: dict[int, Qualifier] = {
            fact.position: fact.event.qualifier
            for model in models_of(facts, self._history)
            for fact in self._ledger.known(models, model, self._limit)
            if isinstance(fact.event, AnnouncementEvent)
        }
        beside = Beside(
            state,
            lambda position: announced.get(position),
            lambda outcome, moment: self._breaks_api(state, outcome, moment),
        )
        found = deployment_upcoming(course_of(deployment, facts, self.history), beside, horizon)
        move = due_move(state, facts, self._history, self._t) if state.held_back is not None else None
        return found if move is None else [*held_back_upcoming(move, beside, horizon), *found]

    def _breaks_api(self, state: DeploymentState, outcome: Outcome, moment: datetime) -> bool:
        if outcome.model is None or outcome.version is None or state.api_version is None:
            return False
        version = self.history(outcome.model).at(moment).versions.get(outcome.version)
        return version is not None and bool(version.api_versions) and state.api_version not in version.api_versions
