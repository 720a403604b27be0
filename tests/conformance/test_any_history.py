"""What holds for conformance, whatever was recorded? It agrees with the review and the course, in any order."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.projections.conformance import Conformance
from modeltrail.testing.drawn_facts import LATEST
from strategies import DEPLOYMENTS, History
from told import told

UNASKED = frozenset({"moved-early", "policy-breach", "unexplained-move"})
histories = st.one_of(strategies.histories(), strategies.often_seen(), strategies.busy(), strategies.disputed())


def moments(past: History) -> list[datetime]:
    return sorted({fact.effective_at for fact in past.facts})


def unasked(answer: Conformance) -> set[tuple[str | None, datetime]]:
    return {(one.deployment, one.at) for one in answer.breaches if one.kind in UNASKED}


@pytest.mark.rule("R6", "R32", "R43")
@given(histories, st.data())
def test_a_move_without_explanation_is_one_that_the_review_lists_as_well(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail:
        at = data.draw(st.sampled_from(moments(past)))
        known_at = data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})]))
        asked = trail.at(at, known_at)
        found, listed = unasked(asked.conformance()), asked.review("unexplained-move", settled=True)
        assert found <= {(one.subject, one.at) for one in listed}


@pytest.mark.rule("R28")
@given(histories)
def test_what_it_says_lies_in_the_period_and_rests_on_facts(past: History) -> None:
    with told(past.facts) as trail:
        answer = trail.at(LATEST).conformance()
        positions = {fact.position for fact in trail.events()}
        assert all(positions.issuperset(one.because) and one.at <= LATEST for one in answer.breaches)
        assert all(one.days is None or one.days >= 0 for one in answer.breaches)
        grounds = [*(one.because for one in answer.breaches), *(one.because for one in answer.notice)]
        assert all(list(each) == sorted(set(each)) for each in grounds)
        assert all(one.later + one.earlier > 0 for one in answer.moved_dates)
        check_notice(trail, answer)


def check_notice(trail: Trail, answer: Conformance) -> None:
    """Each move is one of the course, and its notice is not negative; where its day was said, the first word was."""
    for one in answer.notice:
        assert one.deployment in DEPLOYMENTS
        served = trail.at(one.at).serving(one.deployment).possible
        assert (one.to_model, one.to_version) in {(place.model, place.version) for place in served}
        assert one.first_days is None or one.first_days >= 0
        assert one.right_days is None or (one.first_days is not None and one.first_days >= one.right_days)


@pytest.mark.rule("R6")
@given(histories, st.data())
def test_the_order_in_which_statements_were_recorded_is_nothing(past: History, data: st.DataObject) -> None:
    with told(past.facts) as trail, told(data.draw(strategies.reordered(past.facts))) as again:
        assert said(trail.at(LATEST).conformance()) == said(again.at(LATEST).conformance())


def said(answer: Conformance) -> list[tuple[object, ...]]:
    """All but the positions."""
    found = [one.model_dump(exclude={"because"}) for one in (*answer.breaches, *answer.notice)]
    dates = [one.model_dump(exclude={"said"}) for one in answer.moved_dates]
    return [tuple(one.values()) for one in (*found, *dates)]
