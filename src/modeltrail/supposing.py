"""What would be otherwise, if other facts, policies or rules held? Asked of supposed knowledge; nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from modeltrail.domain.course import Course, course_of
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory, models_of
from modeltrail.domain.refusals import NotChoosable, Unknown, nearest
from modeltrail.expected import Expected
from modeltrail.knowledge import Knowledge
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models
from modeltrail.projections.projection import Projection
from modeltrail.projections.suppositions import (
    Apart,
    DefaultSupposed,
    PolicySupposed,
    RetirementSupposed,
    Supposition,
    shown_places,
    supposed_of_deployment,
    supposed_of_model,
    without_evidence,
)
from modeltrail.projections.what_if import Otherwise, WhatIf, otherwise, times_apart


class Supposed(Knowledge):
    """What would be known if something were otherwise."""

    def __init__(self, known: Knowledge, suppositions: Sequence[Supposition], now: datetime) -> None:
        super().__init__(known.ledger, known.remembered, known.limit)
        self._known, self._suppositions, self._now = known, suppositions, now
        self.history = cache(self._history)  # type: ignore[method-assign]

    def earlier(self, moment: datetime) -> Supposed:
        """What of this would have been known by a moment."""
        return Supposed(self._known.earlier(moment), self._suppositions, self._now)

    def facts_of(self, projection: Projection[Any], key: Any) -> list[Fact]:
        """The facts of a deployment or a model as they would be."""
        facts = self._known.facts_of(projection, key)
        if projection is deployments:
            return supposed_of_deployment(key, facts, self._suppositions, self._now)
        return supposed_of_model(key, facts, self._suppositions, self._now) if projection is models else facts

    def _history(self, model: str) -> ModelHistory:
        facts = self.facts_of_model(model)
        if facts == self._known.facts_of_model(model):
            return self._known.history(model)
        return model_history(model, facts)


def what_if(
    known: Knowledge, t: datetime, known_at: datetime, suppositions: Sequence[Supposition], days: int
) -> WhatIf:
    """What would be otherwise from the beginning until some days after a moment. Raises Unknown, NotChoosable."""
    asked = tuple(_named(known, one) for one in suppositions)
    end = t + timedelta(days=days)
    names = sorted(known.keys(deployments))
    worlds = _Worlds(known, Supposed(known, asked, t), t)
    worlds.demand_choosable(asked)
    found = [one for name in names for one in worlds.differences(name, end)] if asked else []
    return WhatIf(at=t, known_at=known_at, until=end, supposed=asked, deployments=len(names), differences=tuple(found))


def _named(known: Knowledge, one: Supposition) -> Supposition:
    """A supposition with full names. Raises Unknown for what was never recorded."""
    if isinstance(one, PolicySupposed):
        return one.model_copy(update={"deployment": known.deployment_named(one.deployment)})
    if isinstance(one, DefaultSupposed | RetirementSupposed):
        model = known.model_named(one.model)
        versions = known.history(model).states[-1].versions if known.history(model).states else {}
        if one.version not in versions:
            raise Unknown("version", f"{model} {one.version}", nearest(one.version, versions))
        return one.model_copy(update={"model": model})
    return one


class _Worlds:
    """The world that follows from the facts, and the one that is supposed, each with what is announced (R28)."""

    def __init__(self, known: Knowledge, supposed: Knowledge, t: datetime) -> None:
        self._known, self._supposed, self._t = known, supposed, t
        self._expected, self._expected_else = Expected(known, t), Expected(supposed, t)

    def demand_choosable(self, suppositions: Sequence[Supposition]) -> None:
        """Raises NotChoosable for a default that could be none, where it was not stated so (R10)."""
        for one in suppositions:
            if isinstance(one, DefaultSupposed):
                actual = self._expected.history(one.model).at(one.on)
                state = self._expected_else.history(one.model).at(one.on)
                if state.default_is_void and not actual.default_is_void:
                    raise NotChoosable(one.model, one.version, None, state.choosable())

    def differences(self, deployment: str, end: datetime) -> Iterator[Otherwise]:
        """Where a deployment would do something else."""
        facts, others = self._by_now(self._known.facts(deployment)), self._by_now(self._supposed.facts(deployment))
        if not facts or (facts == others and self._are_alike(facts)):
            return

        def course(apart: Sequence[Apart]) -> Course:
            return course_of(deployment, without_evidence(deployment, facts, apart), self._expected.history)

        def course_else(apart: Sequence[Apart]) -> Course:
            return course_of(deployment, without_evidence(deployment, others, apart), self._expected_else.history)

        start = min(fact.effective_at for fact in facts)
        apart = times_apart(course, course_else, list(shown_places(facts)), start)
        if apart:
            yield from otherwise(course(()), course_else(apart), apart[0][0], end)

    def _by_now(self, facts: list[Fact]) -> list[Fact]:
        """What holds by the moment asked about, and what is supposed to hold after it."""
        return [fact for fact in facts if fact.effective_at <= self._t or fact.position < 0]

    def _are_alike(self, facts: Sequence[Fact]) -> bool:
        """Whether the models of a deployment are the same in both worlds."""
        models = models_of(facts, self._known.history) | models_of(facts, self._supposed.history)
        return all(self._expected.history(model) == self._expected_else.history(model) for model in models)
