"""R6: which rows a fact concerns: the key comes from the event, or from the fact where it is asked for."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest

from modeltrail.domain.events import DeploymentCreated, DeploymentDeleted, Event
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import Key, Projection
from rules.given import MIRRORED, deployed, mirrored


def keys(key: Any, names: str | tuple[str, ...] = "key") -> tuple[Key, ...]:
    """The keys that a key function gives for the creation of a deployment, which is fact 5."""
    projection = Projection("counted", int, edition=1, question="How many?", key=names)

    @projection.on(DeploymentCreated, key=key)
    def counted(row: int | None, event: DeploymentCreated) -> int:
        return (row or 0) + 1

    (fact,) = [one for one in deployed(mirrored()).events() if isinstance(one.event, DeploymentCreated)]
    return projection.keys(fact)


def by_day(event: Event, fact: Fact) -> str:
    return fact.effective_at.date().isoformat()


def by_day_and_name(event: DeploymentCreated, *, fact: Fact) -> tuple[str, str]:
    return (by_day(event, fact), event.deployment)


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    "key", [lambda event: event.deployment, lambda fact: fact.deployment, attrgetter("deployment")]
)
def test_a_key_function_of_one_parameter_takes_the_event_whatever_its_name(key: Any) -> None:
    assert keys(key) == ("chat-prod",)


@pytest.mark.rule("R6")
def test_a_second_parameter_named_fact_takes_the_fact() -> None:
    assert keys(by_day) == ("2025-02-10",)
    assert keys(lambda event, fact: str(fact.position)) == ("5",)


@pytest.mark.rule("R6")
def test_a_fact_may_concern_several_rows_and_the_same_one_once() -> None:
    assert keys(lambda event, fact: [event.deployment, by_day(event, fact), event.deployment]) == (
        "chat-prod",
        "2025-02-10",
    )
    assert keys(by_day_and_name, ("day", "name")) == (("2025-02-10", "chat-prod"),)
    assert keys(lambda event: [("a", event.model), ("b", event.model)], ("letter", "model")) == (
        ("a", MIRRORED),
        ("b", MIRRORED),
    )


@pytest.mark.rule("R6")
def test_a_fact_that_no_handler_takes_concerns_no_row() -> None:
    projection = Projection("counted", int, edition=1, question="How many?")
    projection.on(DeploymentDeleted, key=by_day)(lambda row, event: 1)
    assert [projection.keys(fact) for fact in mirrored().events()] == [()] * 4
