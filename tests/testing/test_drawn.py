"""Is everything drawn that can be recorded, with all the disorder that a log may have?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator

from modeltrail import Trail
from modeltrail.domain.events import (
    EVENT_TYPES,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentEvent,
    Event,
    FactRetracted,
    PolicyChanged,
    leaves,
)
from modeltrail.domain.facts import Fact
from modeltrail.drafts import Draft
from modeltrail.log import Log
from modeltrail.testing import History, events, histories
from modeltrail.testing.drawn_facts import LATEST, reordered
from modeltrail.testing.drawn_kinds import by_fields

UNSHRUNK = settings(max_examples=2_000, phases=(Phase.generate,), derandomize=True, database=None)


def log_of(history: History) -> Log:
    """A log in which a history is recorded."""
    log = Log.open("memory:", clock=lambda: LATEST)
    drafts = [
        Draft(
            event=fact.event,
            mode=fact.mode,
            by=fact.by,
            source=fact.source,
            effective_at=fact.effective_at,
            known_at=fact.known_at,
        )
        for fact in history.facts
    ]
    log.append(drafts)
    return log


# One event


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.type)
def test_every_kind_of_event_is_drawn(kind: type[Event]) -> None:
    assert isinstance(find(events(), lambda event: type(event) is kind, settings=UNSHRUNK), kind)
    assert isinstance(find(events(kind), lambda event: True, settings=UNSHRUNK), kind)


@given(events(DeploymentCreated, DeploymentDeleted))
def test_only_those_are_drawn_that_are_named(event: Event) -> None:
    assert isinstance(event, DeploymentCreated | DeploymentDeleted)


def test_a_base_stands_for_all_below_it() -> None:
    found = Counter[type[Event]]()

    @given(events(DeploymentEvent))
    def look(event: Event) -> None:
        found[type(event)] += 1

    look()
    assert found.keys() <= set(leaves(DeploymentEvent))
    assert len(found) > len(leaves(DeploymentEvent)) // 2


@pytest.mark.parametrize("kind", [str, Event.__base__])
def test_what_is_never_recorded_is_refused(kind: type[Event]) -> None:
    with pytest.raises(ValueError, match=r"is never recorded: name kinds of modeltrail.domain.events"):
        events(kind)


class Unheard(BaseModel):
    """A kind of event that nobody knows yet, with fields of many types."""

    model: str
    version: str
    count: int = Field(ge=3)
    at: datetime
    on_day: date | None = None
    stage: Literal["early", "late"]
    names: tuple[str, ...] = ()
    is_firm: bool = False

    @model_validator(mode="after")
    def _early_is_firm(self) -> Unheard:
        if self.stage == "early" and not self.is_firm:
            raise ValueError("what is early is firm")
        return self


@given(by_fields(Unheard))
def test_a_kind_that_is_new_is_drawn_from_its_fields(event: Unheard) -> None:
    assert event.count >= 3
    assert event.at.tzinfo is not None


# Histories


@given(histories())
def test_a_history_can_be_recorded_as_it_is(history: History) -> None:
    with log_of(history) as log:
        recorded = list(log.read())
    told = [(fact.position, fact.stream_version, fact.event, fact.known_at) for fact in history.facts]
    assert [(fact.position, fact.stream_version, fact.event, fact.known_at) for fact in recorded] == told


@given(histories(PolicyChanged, DeploymentCreated))
def test_a_history_may_be_of_some_kinds_and_retractions(history: History) -> None:
    assert all(isinstance(fact.event, PolicyChanged | DeploymentCreated | FactRetracted) for fact in history.facts)


def is_late(before: Fact, after: Fact) -> bool:
    return after.effective_at < before.effective_at and after.stream == before.stream


def is_tied(before: Fact, after: Fact) -> bool:
    return after.effective_at == before.effective_at and after.stream == before.stream


def is_created_again(before: Fact, after: Fact) -> bool:
    return isinstance(before.event, DeploymentDeleted) and isinstance(after.event, DeploymentCreated)


def is_retracted_and_followed(before: Fact, after: Fact) -> bool:
    return isinstance(before.event, FactRetracted) and not isinstance(after.event, FactRetracted)


def is_retraction_of_a_retraction(before: Fact, after: Fact) -> bool:
    return (
        isinstance(before.event, FactRetracted)
        and isinstance(after.event, FactRetracted)
        and after.event.position == before.position
    )


DISORDER = (is_late, is_tied, is_created_again, is_retracted_and_followed, is_retraction_of_a_retraction)


@pytest.mark.parametrize("disorder", DISORDER, ids=lambda one: one.__name__)
def test_histories_have_all_kinds_of_disorder(disorder: Callable[[Fact, Fact], bool]) -> None:
    def has_it(history: History) -> bool:
        facts = history.facts
        return any(disorder(one, other) for at, one in enumerate(facts) for other in facts[at + 1 :])

    assert has_it(find(histories(DeploymentCreated, DeploymentDeleted, PolicyChanged), has_it, settings=UNSHRUNK))


@given(histories(), st.data())
def test_another_order_says_the_same_and_can_be_recorded(history: History, data: st.DataObject) -> None:
    other = data.draw(reordered(history.facts))
    said = Counter((fact.event.type, fact.stream, fact.effective_at, fact.known_at, fact.source) for fact in other)
    assert said == Counter(
        (fact.event.type, fact.stream, fact.effective_at, fact.known_at, fact.source) for fact in history.facts
    )
    decided = [fact.effective_at for fact in other if fact.mode != "statement"]
    assert decided == [fact.effective_at for fact in history.facts if fact.mode != "statement"]
    for fact in other:
        if isinstance(fact.event, FactRetracted):
            assert fact.event.position < fact.position
            assert other[fact.event.position - 1].stream == fact.stream


def test_a_history_is_shown_one_line_a_fact() -> None:
    with Trail.open("memory:", clock=lambda: LATEST) as trail:
        with trail.record(by="alice", known_at="2025-03-02", effective_at="2025-03-01") as rec:
            rec.deployment("chat-prod").create("acme/chat", policy="manual", run_by="provider")
        with trail.record(by="bob", known_at="2025-03-05", source="mail") as rec:
            rec.deployment("chat-prod").change_policy("auto-update")
        shown = str(History(tuple(trail.events())))
    assert shown.splitlines() == [
        "   1  2025-03-01T00:00:00Z, known 2025-03-02T00:00:00Z, statement: deployment.created("
        "deployment='chat-prod', model='acme/chat', policy='manual', run_by='provider')",
        "   2  2025-03-05T00:00:00Z, known 2025-03-05T00:00:00Z, statement from mail: deployment.policy-changed("
        "deployment='chat-prod', policy='auto-update')",
    ]
    assert str(History(())) == "nothing is recorded"
