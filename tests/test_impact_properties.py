"""Does an impact say what the other questions answer, whatever was recorded? (R6, R28)"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.domain.events import VersionRetired
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import models_concerned
from modeltrail.projections.impact import Impact
from modeltrail.projections.serving import Serving
from strategies import History
from told import told


def models(trail: Trail) -> list[str]:
    """Every model that is known."""
    return sorted({model for fact in trail.events() for model in models_concerned(fact.event)})


def moments(past: History) -> list[datetime]:
    return sorted({fact.effective_at for fact in past.facts})


def running(answers: tuple[Serving, ...], model: str) -> set[tuple[str, str, str | None]]:
    """Who serves, or may serve, which version of a model, and how sure that is."""
    return {
        (answer.deployment, one.version, answer.certainty)
        for answer in answers
        for one in answer.possible
        if one.model == model and one.version is not None
    }


@pytest.mark.rule("R6", "R28")
@given(st.one_of(strategies.histories(), strategies.often_seen()), st.data())
def test_who_runs_it_and_ran_it_is_what_serving_answers(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        at = data.draw(st.sampled_from(moments(past)))
        known_at = data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})]))
        asked = trail.at(at, known_at)
        for model in models(trail):
            answer = asked.impact(model)
            expected = running(asked.deployments(), model)
            assert {(one.deployment, one.version, one.certainty) for one in answer.runs} == expected
            still = {(one.deployment, one.version, one.certainty) for one in answer.ran if one.until is None}
            assert still == expected
            assert {(one.deployment, one.version) for one in answer.hit} <= {
                (one.deployment, one.version) for one in answer.runs
            }
            check_times(trail, answer, model, known_at)


def check_times(trail: Trail, answer: Impact, model: str, known_at: datetime | None) -> None:
    """At the beginning of each time it ran, and no more at its end, or less surely."""
    for one in answer.ran:
        there = running((trail.at(one.since, known_at).serving(one.deployment),), model)
        assert (one.deployment, one.version, one.certainty) in there
        if one.until is not None:
            there = running((trail.at(one.until, known_at).serving(one.deployment),), model)
            assert (one.deployment, one.version, one.certainty) not in there


@pytest.mark.rule("R20", "R21", "R23", "R28")
@given(st.one_of(strategies.histories(), strategies.busy()))
def test_a_supposed_retirement_is_what_a_recorded_one_would_have_been(past: History) -> None:
    at, known = moments(past)[-1], list(past.facts)
    with told(known) as trail:
        answers = {model: trail.at(at).impact(model) for model in models(trail)}
        supposed = [one for answer in answers.values() for one in answer.hit if one.supposed and one.until == at]
        for model, answer in answers.items():
            for version in {one.version for one in answer.hit if one in supposed}:
                with told([*known, retired(model, version, at, known)]) as then:
                    for one in (one for one in answer.hit if one in supposed and one.version == version):
                        place = (one.to.model, one.to.version) if one.to is not None else (None, None)
                        possible = then.at(at).serving(one.deployment).possible
                        assert place in {(each.model, each.version) for each in possible}


def retired(model: str, version: str, at: datetime, known: list[Fact]) -> Fact:
    """The retirement as somebody would record it at that moment."""
    event = VersionRetired(model=model, version=version)
    return known[-1]._replace(
        position=len(known) + 1, event=event, stream=event.stream, effective_at=at, known_at=max(at, known[-1].known_at)
    )
