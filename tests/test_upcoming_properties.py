"""Does what is to come agree with the course as it then happens, where everything is carried out on its date? (R28)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeltrail import Trail
from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    Event,
    ForcedUpgradeAnnounced,
    ModelRegistered,
    ReplacementNamed,
    RetirementAnnounced,
    VersionReleased,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import PUBLISHED_RULES, Policy, Qualifier
from modeltrail.projections.upcoming import carried_out
from modeltrail.testing.drawn_events import EPOCH
from modeltrail.testing.drawn_facts import fact_of, numbered
from told import NOW, told

LONG = 3_000
Step = tuple[datetime, str | None, str | None]


MODEL, OTHER = "azure-openai/alpha", "azure-openai/beta"
VERSIONS = ("1106", "0125", "0409")
T = EPOCH + timedelta(days=40)


@st.composite
def announced(draw: st.DrawFn) -> tuple[Fact, ...]:
    """A model of which much is announced by day 40, and deployments of every policy, some of them seen since."""
    some, on_day = st.sampled_from(VERSIONS), st.integers(30, 100).map(lambda day: EPOCH + timedelta(days=day))
    target = st.sampled_from([(MODEL, "0409"), (OTHER, "v1"), (OTHER, None)])
    rules = PUBLISHED_RULES[draw(st.sampled_from(sorted(PUBLISHED_RULES)))]
    told: list[tuple[Event, int]] = [(ModelRegistered(model=name, rules=rules), 0) for name in (MODEL, OTHER)]
    told += [(VersionReleased(model=MODEL, version=one), day) for day, one in enumerate(VERSIONS)]
    told += [(VersionReleased(model=OTHER, version="v1"), 0), (DefaultChanged(model=MODEL, version="1106"), 3)]
    for _ in range(draw(st.integers(1, 5))):
        version, on, (to_model, to_version) = draw(some), draw(on_day), draw(target)
        named = {"model": MODEL, "version": version, "to_model": to_model, "to_version": to_version}
        firmness = {"on": on, "qualifier": draw(st.sampled_from(get_args(Qualifier)))}
        events: list[Event] = [
            DefaultChangeAnnounced(model=MODEL, version=version, **firmness),
            RetirementAnnounced(model=MODEL, version=version, sku=draw(st.sampled_from([None, None, "S"])), **firmness),
            ForcedUpgradeAnnounced(**named, **firmness),
            ReplacementNamed(**named, upgrade_from=draw(st.sampled_from([None, on]))),
        ]
        told.append((draw(st.sampled_from(events)), draw(st.integers(4, 39))))
    for number, policy in enumerate(get_args(Policy)):
        name, sku = f"bot-{number}", draw(st.sampled_from([None, "S", "ProvisionedManaged"]))
        begun = DeploymentCreated(deployment=name, model=MODEL, version=draw(some), policy=policy, sku=sku)
        told.append((begun.model_copy(update={"run_by": "provider"}), draw(st.integers(5, 25))))
        if draw(st.booleans()):
            seen = DeploymentObserved(deployment=name, model=MODEL, version=draw(some))
            told.append((seen, draw(st.integers(26, 39))))
    days = [(event, EPOCH + timedelta(days=day)) for event, day in told]
    return tuple(numbered([fact_of(event, at, at, "statement", None) for event, at in days]))


def as_announced(trail: Trail, facts: Sequence[Fact]) -> list[Fact]:
    """The same, and afterwards everything that stands announced, carried out on its date."""
    states = [trail._history(name, None).at(T) for name in (MODEL, OTHER)]
    return [*facts, *(deed for state in states for deed in carried_out(state, T))]


def steps(trail: Trail, deployment: str) -> set[Step]:
    """Where a course leads after a moment: when something becomes possible that was not."""
    found: set[Step] = set()
    for before, after in pairwise(trail.at().course(deployment).segments):
        if T < after.since <= T + timedelta(days=LONG):
            found |= {(after.since, one.model, one.version) for one in after.possible if one not in before.possible}
    return found


@pytest.mark.rule("R28")
@settings(max_examples=150)
@given(announced())
def test_what_is_to_come_is_what_then_happens_if_nothing_else_is_learned(facts: tuple[Fact, ...]) -> None:
    with told(facts) as trail:
        coming = trail.at(T).upcoming(LONG)
        later = as_announced(trail, facts)
    with told(later, now=NOW + timedelta(days=LONG)) as then:
        for number in range(len(get_args(Policy))):
            mine = [one for one in coming if one.deployment == f"bot-{number}" and one.kind != "api-break"]
            promised = {(one.on, one.to and one.to.model, one.to and one.to.version) for one in mine if one.on > T}
            assert promised == steps(then, f"bot-{number}")
