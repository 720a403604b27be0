"""The course of a deployment straight from facts in memory: what the properties ask, without a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from modeltrail.domain.course import Course, course_at, course_from, course_of
from modeltrail.domain.events import ExportObserved, FactRetracted, TrustChanged
from modeltrail.domain.facts import Fact, is_known
from modeltrail.domain.history import Histories, ModelHistory
from modeltrail.domain.readings import scopes_of, with_sights
from modeltrail.domain.segments import Segment, Waiting
from modeltrail.domain.values import catalogue_of
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models


def known(facts: Sequence[Fact], known_at: datetime | None = None) -> list[Fact]:
    """The facts that count for whoever knows what was known at a moment (R6, R45)."""
    retractions: dict[int, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact.event, FactRetracted):
            retractions.setdefault(fact.event.position, []).append(fact)
    return [fact for fact in facts if is_known(fact, known_at, retractions)]


def history(facts: Sequence[Fact], model: str, known_at: datetime | None = None) -> ModelHistory:
    """The history of a model."""
    return model_history(model, about(known(facts, known_at), model))


def about(facts: Sequence[Fact], model: str) -> list[Fact]:
    """The facts that concern a model, and the orders of trust of its catalogue."""
    return [fact for fact in facts if model in models.keys(fact) or is_order_for(fact, model)]


def is_order_for(fact: Fact, model: str) -> bool:
    """Whether a fact is an order of trust for a model (R13)."""
    return isinstance(fact.event, TrustChanged) and fact.event.catalogue == catalogue_of(model)


def course(facts: Sequence[Fact], deployment: str, known_at: datetime | None = None) -> Course:
    """The course of a deployment."""
    return course_of(deployment, *_asked(facts, deployment, known_at))


def course_from_on(facts: Sequence[Fact], deployment: str, moment: datetime) -> Course:
    """The course of a deployment from a moment on."""
    return course_from(deployment, *_asked(facts, deployment, None), moment)


def at(facts: Sequence[Fact], deployment: str, moment: datetime, known_at: datetime | None = None) -> Segment | None:
    """The segment of a course at one moment, worked out no further than that needs."""
    return course_at(deployment, *_asked(facts, deployment, known_at), moment).at(moment)


def answered(whole: Course, *, with_flags: bool = True) -> list[Segment]:
    """The segments without the positions, which depend on the order of recording."""
    parts = [
        replace(part, because=(), waits_for=_anywhere(part.waits_for), flags=part.flags if with_flags else ())
        for part in whole.segments
    ]
    joined = parts[:1]
    for part in parts[1:]:
        if replace(joined[-1], until=part.until) == replace(part, since=joined[-1].since):
            joined[-1] = replace(joined[-1], until=part.until)
        else:
            joined.append(part)
    return joined


def _anywhere(waiting: Waiting | None) -> Waiting | None:
    return None if waiting is None else replace(waiting, because=())


def _asked(facts: Sequence[Fact], deployment: str, known_at: datetime | None) -> tuple[list[Fact], Histories]:
    """The known facts of a deployment, with its sights in exports that were read, and the histories of the models."""
    seen = known(facts, known_at)
    readings = [fact for fact in seen if isinstance(fact.event, ExportObserved)]
    read = [fact for fact in readings if {*scopes_of(deployment)} & {*getattr(fact.event, "scope", ())}]

    @cache
    def of(model: str) -> ModelHistory:
        return model_history(model, about(seen, model))

    return with_sights(deployment, [fact for fact in seen if deployment in deployments.keys(fact)], read), of
