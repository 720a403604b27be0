"""Does what is to come agree with the course as it then happens, where everything is carried out on its date? (R28)"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from book import known
from modeltrail import Trail
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.projections.upcoming import carried_out
from strategies import DEPLOYMENTS, History
from told import NOW, told

LONG = 3_000
Step = tuple[datetime, str | None, str | None]


def by_then(past: History, t: datetime) -> list[Fact]:
    """What was so by a moment, without what was retracted."""
    facts = known(past.facts)
    return [fact for fact in facts if fact.effective_at <= t and not isinstance(fact.event, FactRetracted)]


def as_announced(trail: Trail, facts: list[Fact], t: datetime) -> list[Fact]:
    """The same, and afterwards everything that stands announced, carried out on its date."""
    names = {one.model for one in trail.at(t).upcoming(LONG, catalogue_only=True)}
    states = [trail._history(name, None).at(t) for name in sorted(names)]
    return [*facts, *(deed for state in states for deed in carried_out(state, t))]


def steps(trail: Trail, deployment: str, t: datetime) -> set[Step]:
    """Where a course leads after a moment: when something becomes possible that was not."""
    found: set[Step] = set()
    for before, after in pairwise(trail.at().course(deployment).segments):
        if t < after.since <= t + timedelta(days=LONG):
            found |= {(after.since, one.model, one.version) for one in after.possible if one not in before.possible}
    return found


@pytest.mark.rule("R28")
@settings(max_examples=150)
@given(strategies.histories(), st.data())
def test_what_is_to_come_is_what_then_happens_if_nothing_else_is_learned(past: History, data: st.DataObject) -> None:
    t = data.draw(st.sampled_from(sorted({fact.effective_at for fact in past.facts})))
    facts = by_then(past, t)
    with told(facts) as trail:
        later = as_announced(trail, facts, t)
        coming = trail.at(t).upcoming(LONG)
    end = max([NOW, *(fact.known_at for fact in later)])
    with told(later, now=end + timedelta(days=LONG)) as then:
        for deployment in {fact.stream.removeprefix("deployment/") for fact in facts} & set(DEPLOYMENTS):
            mine = [one for one in coming if one.deployment == deployment and one.kind in ("move", "stop")]
            if not any({"postponed", "failed"} & {*one.flags} for one in mine):
                promised = {
                    (one.on, one.to.model if one.to else None, one.to.version if one.to else None)
                    for one in mine
                    if one.on > t
                }
                assert promised == steps(then, deployment, t)
