"""Why does a deployment do what it does? Gathers what an explanation draws on; what it says: `projections/why.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from modeltrail.announced import announced
from modeltrail.domain.course import course_at, course_of
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import models_of
from modeltrail.domain.logged import callers
from modeltrail.domain.values import MICROSECOND
from modeltrail.knowledge import Knowledge
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.policies import PolicyInForce, policies
from modeltrail.projections.serving import serving
from modeltrail.projections.why import Evidence, Why, why


def explain(known: Knowledge, t: datetime, known_at: datetime, deployment: str) -> Why:
    """Why a deployment, by its recorded name, does what it does at a moment."""
    facts = known.facts(deployment)
    then, known_then = known.earlier(t), min(t, known_at)
    facts_then = then.facts(deployment)
    evidence = Evidence(
        facts=facts,
        told=_told(known, facts),
        callers=callers(facts),
        policy=_policy(deployment, facts, t),
        state=lambda model: known.history(model).at(t),
        announced=lambda model, version, moment: _announced(known, model, version, moment),
        then=serving(course_at(deployment, facts_then, then.history, t), t, known_then, callers(facts_then)),
        told_then=_told(then, facts_then),
    )
    return why(course_of(deployment, facts, known.history), t, known_at, evidence)


def _told(known: Knowledge, facts: Iterable[Fact]) -> dict[int, Fact]:
    """The facts that an answer about a deployment may rest on, by their positions."""
    own = list(facts)
    of_models = (fact for model in models_of(own, known.history) for fact in known.facts_of_model(model))
    return {fact.position: fact for fact in (*of_models, *own)}


def _policy(deployment: str, facts: Iterable[Fact], t: datetime) -> PolicyInForce | None:
    by_then = [fact for fact in facts if fact.effective_at <= t and fact.event.type in policies.kinds]
    rows = policies.history(deployment, by_then)
    return rows[-1][1] if rows else None


def _announced(known: Knowledge, model: str, version: str, moment: datetime) -> list[Announcement]:
    """What was announced of a version just before a moment, at which it may have been carried out."""
    before = moment - MICROSECOND
    return announced(known, before, model, version) if version in known.history(model).at(before).versions else []
