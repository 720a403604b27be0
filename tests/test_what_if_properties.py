"""Does nothing differ where nothing is otherwise, and is a supposition the same as its fact? (R28)"""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import strategies
from modeltrail import Trail
from modeltrail.domain.events import DeploymentCreated, DeploymentObserved, PolicyChanged
from modeltrail.domain.values import Policy
from modeltrail.projections.suppositions import PolicySupposed
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
            own = [fact.event for fact in past.facts if fact.stream == f"deployment/{name}"]
            had: set[Policy] = {event.policy for event in own if isinstance(event, DeploymentCreated | PolicyChanged)}
            begins_stated = any(isinstance(event, DeploymentCreated) for event in own)
            if begins_stated and len(had) == 1 and not any(isinstance(event, DeploymentObserved) for event in own):
                supposed = PolicySupposed(deployment=name, policy=had.pop())
                assert trail.at().what_if(supposed).differences == ()


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
