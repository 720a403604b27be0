"""Does a difference agree with the answers at both ends, whatever was recorded? (R6, R28)"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.domain.model import models_concerned
from modeltrail.moment import Moment
from modeltrail.projections.serving import Serving
from strategies import History
from told import told

histories = st.one_of(strategies.histories(), strategies.often_seen())
NO_DIFFERENCE = {"at", "known_at", "because", "logged_by"}


def moment(trail: Trail, past: History, data: st.DataObject) -> Moment:
    at: datetime = data.draw(st.sampled_from(sorted({fact.effective_at for fact in past.facts})))
    return trail.at(at, data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})])))


def deployments(trail: Trail) -> list[str]:
    streams = {fact.stream for fact in trail.events()}
    return sorted(one.removeprefix("deployment/") for one in streams if one.startswith("deployment/"))


def plain(answer: Serving) -> dict[str, object]:
    return answer.model_dump(exclude=NO_DIFFERENCE)


@pytest.mark.rule("R6", "R28")
@given(histories, st.data())
def test_a_difference_agrees_with_serving_at_both_ends_for_every_deployment(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        before, after = moment(trail, past, data), moment(trail, past, data)
        found = {one.deployment: one for one in before.diff(after).deployments}
        for name in deployments(trail):
            was, now = before.serving(name), after.serving(name)
            assert (name in found) is (plain(was) != plain(now))
            if name in found:
                assert (found[name].before, found[name].after) == (was, now)
                assert set(found[name].differs) == {
                    field for field, value in plain(was).items() if value != plain(now)[field]
                }


@pytest.mark.rule("R6", "R28")
@given(histories, st.data())
def test_a_model_that_differs_is_answered_otherwise_and_one_that_does_not_is_not(
    past: History, data: st.DataObject
) -> None:
    with told(past.facts) as trail:
        before, after = moment(trail, past, data), moment(trail, past, data)
        found = {one.model: one for one in before.diff(after).models}
        for name in {model for fact in trail.events() for model in models_concerned(fact.event)}:
            was, now = before.model(name), after.model(name)
            one = found.get(name)
            assert (one is not None) or (was.default, was.offers) == (now.default, now.offers)
            if one is not None:
                assert (one.default_before, one.default_after) == (was.default, now.default)
                shown = {version.version for version in one.versions}
                assert shown <= {version.version for version in (*was.versions, *now.versions)}
            else:
                same = [{version.version: version.retired_at for version in each.versions} for each in (was, now)]
                assert same[0] == same[1]


@pytest.mark.rule("R6")
@given(histories, st.data())
def test_a_moment_differs_in_nothing_from_itself(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        one = moment(trail, past, data)
        found = one.diff(one)
        assert found.is_nothing and found.facts == ()


@pytest.mark.rule("R6")
@given(histories, st.data())
def test_there_and_back_is_the_same_difference(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        before, after = moment(trail, past, data), moment(trail, past, data)
        there, back = before.diff(after), after.diff(before)
        assert [(one.deployment, one.differs, one.before, one.after) for one in there.deployments] == [
            (one.deployment, one.differs, one.after, one.before) for one in back.deployments
        ]
        assert [(one.model, one.default_before, one.because) for one in there.models] == [
            (one.model, one.default_after, one.because) for one in back.models
        ]
        known = {fact.position for fact in trail.events()}
        grounds = [*(one.because for one in there.deployments), *(one.because for one in there.models)]
        assert {fact.position for fact in there.facts} == {position for each in grounds for position in each}
        assert {fact.position for fact in there.facts} <= known
