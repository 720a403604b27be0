"""R45 and R46: retractions, and the rules in force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from modeltrail import Rules, Trail, Unknown
from modeltrail.domain.values import PUBLISHED_RULES
from rules.given import (
    MIRRORED,
    NOW,
    OWN,
    PROD,
    ahead,
    deployed,
    empty,
    mirrored,
    on,
    own,
    segments,
    served,
    shown,
)


def running(policy: str = "manual", **more: Any) -> Trail:
    """Given an engine-run deployment of an engine-run model, on v1 since 10 February 2025."""
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy=policy, **more)
    return trail


@pytest.mark.rule("R45")
def test_a_retracted_fact_is_not_seen_by_whoever_knows_of_it_and_is_seen_as_known_before() -> None:
    trail = deployed(mirrored())
    (wrong,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").retract(wrong.position)
    asked = [shown(trail, "2025-04-01", known=k) for k in ("2025-04-30", "2025-05-01", None)]
    assert asked == ["v2", "v1", "v1"]


@pytest.mark.rule("R45")
def test_a_retraction_names_the_fact_says_why_and_changes_nothing_recorded() -> None:
    trail = mirrored()
    (wrong,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    (retraction,) = on(trail, "2025-05-01").retract(wrong.position, why="a typing error")
    assert (retraction.event.data()["position"], retraction.why) == (wrong.position, "a typing error")
    assert wrong in tuple(trail.events()) and wrong in trail.history(MIRRORED)


@pytest.mark.rule("R45")
def test_a_retraction_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="a retraction says why"):
        on(mirrored(), "2025-05-01").retract(1, why="")


@pytest.mark.rule("R45")
def test_a_position_that_does_not_exist_cannot_be_retracted() -> None:
    with pytest.raises(Unknown, match="99"):
        on(mirrored(), "2025-05-01").retract(99)


@pytest.mark.rule("R45")
def test_a_retraction_can_be_retracted() -> None:
    trail = deployed(mirrored())
    (wrong,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    (first,) = on(trail, "2025-05-01").retract(wrong.position)
    on(trail, "2025-06-01").retract(first.position)
    asked = [shown(trail, "2025-04-01", known=k) for k in ("2025-04-30", "2025-05-15", "2025-06-01")]
    assert asked == ["v2", "v1", "v2"]


@pytest.mark.rule("R45")
@pytest.mark.rule("R39")
def test_to_retract_twice_records_nothing_the_second_time() -> None:
    trail = mirrored()
    (wrong,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").retract(wrong.position)
    assert on(trail, "2025-05-02").retract(wrong.position) == ()


@pytest.mark.rule("R45")
def test_what_the_engine_executed_because_of_a_retracted_fact_stays() -> None:
    trail = running(policy="auto-update")
    (wrong,) = on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="a leak")
    on(trail, "2025-03-01").deployment().change_version("v2", cause="default-change")
    on(trail, "2025-04-01").retract(wrong.position)
    assert (shown(trail, "2025-05-01"), served(trail, "2025-05-01").certainty) == ("v2", "recorded")


@pytest.mark.rule("R45")
def test_a_retracted_creation_was_never_there() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-05-01").retract(trail.history(PROD)[0].position)
    assert (shown(trail, "2025-03-01"), shown(trail, "2025-03-01", known="2025-04-01")) == ("absent", "v1")


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("engine", (14, 0, 0, "manual", "as-others")),
        ("azure-openai", (14, 14, 0, "upgrade-when-expired", "never-moved")),
        ("azure-foundry", (0, 14, 0, "manual", "never-moved")),
    ],
)
def test_published_rules_are_values_with_an_id(name: str, terms: tuple[object, ...]) -> None:
    rules = PUBLISHED_RULES[name]
    assert (rules.notice_days, rules.rollout_days, rules.lead_days, rules.unspecified, rules.provisioned) == terms
    assert (rules.id, rules.preview_delay_days, rules.notice) == (name, 14, timedelta(days=rules.notice_days))


@pytest.mark.rule("R46")
def test_the_values_of_the_rules_are_recorded_with_the_model() -> None:
    fact = mirrored().history(MIRRORED)[0]
    assert fact.event.data()["rules"] == PUBLISHED_RULES["azure-openai"].model_dump(mode="json")


@pytest.mark.rule("R46")
def test_ones_own_rules_are_an_object_of_these_fields_and_every_answer_names_them() -> None:
    trail = deployed(mirrored(rules=Rules(id="two-days", rollout_days=2)))
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert [shown(trail, t) for t in ("2025-03-02", "2025-03-03")] == ["v1 or v2", "v2"]
    assert {part.rules for part in segments(trail)} == {"two-days"} == {trail.at().model(MIRRORED).rules}


@pytest.mark.rule("R46")
def test_ones_own_rules_may_not_take_a_published_id_nor_have_other_fields() -> None:
    with pytest.raises(ValueError, match="belongs to published rules with other values: choose another id"):
        Rules(id="engine", rollout_days=3)
    with pytest.raises(ValueError, match="patience_days is unknown: leave it out"):
        mirrored(rules={"id": "mine", "patience_days": 3})
    with pytest.raises(ValueError, match="use one of azure-foundry, azure-openai, engine"):
        mirrored(rules="azure")


@pytest.mark.rule("R46")
def test_a_change_of_rules_is_a_fact_and_holds_from_its_moment() -> None:
    trail = deployed(mirrored())
    (fact,) = on(trail, "2025-02-20").model(MIRRORED).change_rules({"id": "two-days", "rollout_days": 2})
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert fact.event.type == "model.rules-changed"
    assert [served(trail, t).rules for t in ("2025-02-19", "2025-02-20")] == ["azure-openai", "two-days"]
    assert shown(trail, "2025-03-03") == "v2"


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("model", "rules"),
    [
        ("azure-openai/o3", "azure-openai"),
        ("azure-foundry/o3", "azure-foundry"),
        ("azure@swedencentral/o3", "azure-openai"),
        ("openai/o3", "engine"),
        ("o3", "engine"),
    ],
)
def test_the_rules_of_a_model_that_nobody_registered_follow_its_catalogue(model: str, rules: str) -> None:
    trail = empty()
    on(trail, "2025-01-01").model(model).release("1")
    answer = trail.at().model(model)
    assert (answer.rules, answer.run_by, trail.now()) == (rules, "provider", NOW)


@pytest.mark.rule("R44")
@pytest.mark.rule("R28")
def test_what_is_upcoming_is_as_known_then() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", known="2025-03-05").model(MIRRORED).announce_default("v2", on="2025-03-25")
    assert [len(ahead(trail, "2025-03-06", known=k)) for k in ("2025-03-04", "2025-03-05")] == [0, 1]
