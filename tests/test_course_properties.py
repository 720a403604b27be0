"""What holds for the course of every deployment, whatever is recorded, in whatever order? (R6, R17 to R36, R43)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from book import answered, at, course, course_from_on, history, known
from modeltrail import Trail
from modeltrail.domain.course import Course
from modeltrail.domain.events import ForcedUpgradeAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.policies import successor
from modeltrail.domain.segments import Outcome, Segment
from modeltrail.drafts import Draft
from strategies import DEPLOYMENTS, History

DERIVED = ("assumed", "window")
PEOPLE_AND_SIGHTS = {"created", "by-hand", "first-sight", "unexplained"}


def courses(facts: tuple[Fact, ...]) -> list[Course]:
    return [course(facts, deployment) for deployment in DEPLOYMENTS]


def news(whole: Course) -> Iterator[tuple[Segment, Segment, Outcome]]:
    """Each version that begins to be possible, with the segment before and the one in which it does."""
    for before, after in pairwise(whole.segments):
        if before.incarnation == after.incarnation:
            served = [one for one in after.possible if one.status == "serving" and one not in before.possible]
            yield from ((before, after, outcome) for outcome in served)


@pytest.mark.rule("R28")
@given(strategies.histories())
def test_a_course_has_no_gaps_and_no_overlaps(past: History) -> None:
    for whole in courses(past.facts):
        assert all(before.until == after.since for before, after in pairwise(whole.segments))
        assert all(part.until is None or part.since < part.until for part in whole.segments)
        assert all(part.until is None for part in whole.segments[-1:])


@pytest.mark.rule("R28", "R31")
@given(st.one_of(strategies.histories(), strategies.often_seen()), st.data())
def test_the_course_at_one_moment_is_that_of_the_whole(past: History, data: st.DataObject) -> None:
    known_at = data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})]))
    for deployment in DEPLOYMENTS:
        whole = course(past.facts, deployment, known_at)
        near = (timedelta(0), timedelta(microseconds=-1), timedelta(days=1))
        for moment in {start + step for start in _starts(past, whole) for step in near}:
            part, expected = at(past.facts, deployment, moment, known_at), whole.at(moment)
            assert part == (None if expected is None else replace(expected, until=None))


def _starts(past: History, whole: Course) -> set[datetime]:
    """When a segment begins, and the moments of facts within one."""
    return {part.since for part in whole.segments} | {fact.effective_at for fact in past.facts}


@pytest.mark.rule("R6", "R45")
@given(strategies.histories(), st.data())
def test_what_is_learned_later_changes_no_answer_as_known_before(past: History, data: st.DataObject) -> None:
    known_at = data.draw(st.sampled_from(sorted({fact.known_at for fact in past.facts})))
    by_then = tuple(fact for fact in past.facts if fact.known_at <= known_at)
    for deployment in DEPLOYMENTS:
        assert course(past.facts, deployment, known_at) == course(by_then, deployment)


@pytest.mark.rule("R6", "R40")
@given(st.data())
def test_the_order_of_import_changes_no_answer(data: st.DataObject) -> None:
    first = tuple(data.draw(strategies.facts()))
    second = tuple(data.draw(strategies.reordered(first)))
    for one, other in zip(courses(first), courses(second), strict=True):
        assert answered(one) == answered(other)


@pytest.mark.rule("R21", "R23", "R33")
@given(strategies.histories())
def test_manual_never_moves_without_a_person_a_sight_or_a_forced_upgrade(past: History) -> None:
    for whole in courses(past.facts):
        for before, after, _ in news(whole):
            was_manual = "manual" == before.policy == after.policy
            if was_manual and after.certainty in DERIVED:
                assert after.cause in PEOPLE_AND_SIGHTS | {"forced", "reinstatement"}


@pytest.mark.rule("R19", "R20", "R24", "R25", "R28")
@given(strategies.histories())
def test_every_derived_move_is_required_by_the_policy_and_the_rules(past: History) -> None:
    for whole in courses(past.facts):
        for before, after, outcome in news(whole):
            assert outcome.model is not None
            state = history(past.facts, outcome.model).at(after.since)
            acting = after.policy_effective
            if after.certainty not in DERIVED:
                continue
            if after.cause in ("default-change", "policy-change"):
                assert acting == "auto-update"
                assert outcome.version == state.default_for(after.sku)
            elif after.cause == "preview":
                assert acting == "auto-update"
                assert outcome.version is not None
                assert state.versions[outcome.version].stage == "preview"
            elif after.cause in ("retirement", "upgrade-window", "overdue"):
                assert (outcome.model, outcome.version) in successors(past.facts, before, after)
            elif after.cause == "forced":
                announced = [fact for fact in known(past.facts) if isinstance(fact.event, ForcedUpgradeAnnounced)]
                assert {fact.position for fact in announced} & {*after.because}


def successors(facts: tuple[Fact, ...], before: Segment, after: Segment) -> set[tuple[str, str | None]]:
    """Where the versions that a deployment may have been on lead when they are retired (R20)."""

    def at(model: str) -> ModelState:
        return history(facts, model).at(after.since)

    left = {(one.model, one.version) for one in (*before.possible, *after.possible)}
    found = [successor(at, model, version, after.sku) for model, version in left if model and version is not None]
    return {(target.model, target.version) for target in found}


@pytest.mark.rule("R10", "R30", "R34")
@given(strategies.histories())
def test_nothing_retired_for_its_sku_is_served_beyond_its_window(past: History) -> None:
    for whole in courses(past.facts):
        for part in whole.segments:
            for outcome in part.possible:
                if outcome.model is not None and outcome.version is not None and part.cause != "unexplained":
                    version = history(past.facts, outcome.model).at(part.since).versions.get(outcome.version)
                    assert version is None or version.retired_by(part.sku) is None


@pytest.mark.rule("R39", "R43")
@given(strategies.histories(retracted=False))
def test_repeated_facts_change_nothing(past: History) -> None:
    doubled = [*past.facts, *(fact._replace(position=fact.position + len(past.facts)) for fact in past.facts)]
    for one, deployment in zip(courses(past.facts), DEPLOYMENTS, strict=True):
        twice = course(doubled, deployment)
        assert answered(twice, with_flags=False) == answered(one, with_flags=False)


@pytest.mark.rule("R28", "R43")
@given(strategies.histories())
def test_replayed_from_the_log_the_course_is_the_same(past: History) -> None:
    now = max(fact.recorded_at for fact in past.facts)
    with Trail.open("memory:", clock=lambda: now) as trail:
        for fact in past.facts:
            trail.log.append(
                [
                    Draft(
                        event=fact.event,
                        mode=fact.mode,
                        by=fact.by,
                        source=fact.source,
                        effective_at=fact.effective_at,
                        known_at=fact.known_at,
                    )
                ]
            )
        replayed = tuple(trail.events())
    assert courses(replayed) == courses(past.facts)


@pytest.mark.rule("R28")
@given(st.one_of(strategies.histories(), strategies.often_seen()), st.data())
def test_the_course_from_a_moment_on_is_the_end_of_the_whole(past: History, data: st.DataObject) -> None:
    for deployment in DEPLOYMENTS:
        whole = course(past.facts, deployment).segments
        moment = data.draw(st.sampled_from(sorted({fact.effective_at for fact in past.facts})))
        ahead = [part for part in whole if part.until is None or part.until > moment]
        past_parts = whole[: len(whole) - len(ahead)]
        certain = [number for number, part in enumerate(past_parts) if len(part.possible) < 2]
        before = past_parts[certain[-1] if certain else 0 :]
        found = course_from_on(past.facts, deployment, moment).segments
        assert found[-len(ahead) :] == (*ahead,) if ahead else not whole
        earlier = found[: -len(ahead) or None]
        assert [replace(part, since=moment) for part in earlier[:1]] == [
            replace(part, since=moment) for part in before[:1]
        ]
        assert earlier[1:] == before[1:]
