"""Does nothing differ where nothing is otherwise, and is a supposition the same as its fact? (R28)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.domain.events import DefaultChanged, FactRetracted, TrustChanged, VersionReinstated, VersionRetired
from modeltrail.domain.values import Policy
from modeltrail.projections.suppositions import DefaultSupposed, PolicySupposed, RetirementSupposed
from strategies import DEPLOYMENTS, History
from told import told

POLICIES: tuple[Policy, ...] = get_args(Policy)


def existing(trail: Trail) -> list[str]:
    return sorted({one.stream.removeprefix("deployment/") for one in trail.events()} & set(DEPLOYMENTS))


@settings(max_examples=60)
@given(strategies.histories())
def test_with_nothing_supposed_nothing_differs(past: History) -> None:
    with told(past.facts) as trail:
        assert trail.at().what_if().differences == ()


@pytest.mark.rule("R28")
@settings(max_examples=60)
@given(strategies.histories())
def test_with_the_policy_that_it_always_had_nothing_differs(past: History) -> None:
    with told(past.facts) as trail:
        for name in existing(trail):
            had: set[Policy] = {part.policy for part in trail.at().course(name).segments}
            if len(had) == 1:
                supposed = PolicySupposed(deployment=name, policy=had.pop())
                assert trail.at().what_if(supposed).differences == ()


@pytest.mark.rule("R28")
@settings(max_examples=60)
@given(st.one_of(strategies.histories(), strategies.often_seen()))
def test_with_a_default_or_retirement_on_the_day_on_which_it_came_nothing_differs(past: History) -> None:
    with told(past.facts) as trail:
        for supposed in came(trail):
            assert trail.at().what_if(supposed).differences == ()


def came(trail: Trail) -> Iterator[DefaultSupposed | RetirementSupposed]:
    """What happened to a version of a model just once, in general, and was not taken back."""
    events = [(fact.event, fact.effective_at) for fact in trail.events()]
    defaults = sum(isinstance(event, DefaultChanged | FactRetracted | TrustChanged) for event, _ in events)
    ending = VersionRetired | VersionReinstated | FactRetracted | TrustChanged
    ends = sum(isinstance(event, ending) for event, _ in events)
    for event, at in events:
        if isinstance(event, DefaultChanged) and defaults == 1:
            yield DefaultSupposed(model=event.model, version=event.version, on=at)
        if isinstance(event, VersionRetired) and event.sku is None and ends == 1:
            yield RetirementSupposed(model=event.model, version=event.version, on=at)


@pytest.mark.rule("R28")
@settings(max_examples=60)
@given(strategies.histories(), st.sampled_from(POLICIES))
def test_differences_are_of_the_deployment_supposed_of_and_really_differ(past: History, policy: Policy) -> None:
    with told(past.facts) as trail:
        names = existing(trail)
        assume(names)
        found = trail.at().what_if(PolicySupposed(deployment=names[0], policy=policy)).differences
        assert {one.deployment for one in found} <= {names[0]}
        assert all(set(one.actual.possible) != set(one.supposed.possible) for one in found)
        assert all(one.until is None or one.since < one.until for one in found)
        for one in found:
            if one.supposed.possible:
                assert one.supposed.policy == policy
