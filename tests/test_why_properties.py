"""What holds for every explanation, whatever was recorded? (R6, R28, R45)"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.projections.why import Why
from strategies import DEPLOYMENTS, History
from told import told


def moments(past: History) -> list[datetime]:
    return sorted({fact.effective_at for fact in past.facts})


def existing(trail: Trail) -> list[str]:
    return sorted(set(DEPLOYMENTS) & {fact.stream.removeprefix("deployment/") for fact in trail.events()})


def check(trail: Trail, answer: Why, deployment: str) -> None:
    """What an explanation says is what the other questions answer."""
    at, known_at = answer.serving.at, answer.serving.known_at
    assert answer.serving == trail.at(at, known_at).serving(deployment)
    then = trail.at(at, min(at, known_at)).serving(deployment)
    assert answer.then == then
    positions = {fact.position: fact for fact in trail.events()}
    for one in (*answer.learned_later, *answer.taken_back, *(answer.arrival.grounds if answer.arrival else ())):
        fact = positions[one.position]
        assert (one.type, one.known_at, one.by, one.why) == (fact.event.type, fact.known_at, fact.by, fact.why)
    assert all(at < one.known_at <= known_at for one in answer.learned_later)
    if answer.arrival is not None:
        assert answer.arrival.to == answer.serving.possible
        assert answer.arrival.earliest <= at
        assert answer.arrival.latest is None or answer.arrival.earliest <= answer.arrival.latest
        assert {one.position for one in answer.arrival.grounds} <= positions.keys()


@pytest.mark.rule("R6", "R28", "R45")
@given(st.one_of(strategies.histories(), strategies.often_seen()), st.data())
def test_an_explanation_says_what_the_other_questions_answer(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        at = data.draw(st.sampled_from(moments(past)))
        known_at = data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})]))
        for deployment in existing(trail):
            check(trail, trail.at(at, known_at).why(deployment), deployment)


@pytest.mark.rule("R28")
@given(strategies.histories())
def test_each_arrival_of_a_course_is_explained_by_its_own_cause(past: History) -> None:
    with told(past.facts) as trail:
        for deployment in existing(trail):
            course = trail.at().course(deployment)
            begins = {part.since for part in course.segments}
            answers = [trail.at(moment).why(deployment) for moment in sorted(begins)]
            for answer, part in zip(answers, course.segments, strict=True):
                assert answer.arrival is not None
                assert answer.arrival.to == part.possible
                assert answer.arrival.cause in {one.cause for one in course.segments}
                in_force = answer.policy and answer.policy.policy, answer.rules and answer.rules.values.id
                assert in_force == ((part.policy, part.rules) if part.possible else (None, None))
