"""What differs between two moments, and between what was known of one?"""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.projections.difference import DeploymentDifference, Difference, ModelDifference
from rules.given import MIRRORED, PROD, deployed, mirrored, on


def diff(trail: Trail, t1: str, t2: str, k1: str | None = None, k2: str | None = None) -> Difference:
    return trail.at(t1, known_at=k1).diff(trail.at(t2, known_at=k2))


def of_deployment(found: Difference) -> DeploymentDifference:
    (one,) = found.deployments
    return one


def of_model(found: Difference) -> ModelDifference:
    (one,) = found.models
    return one


def changing() -> Trail:
    """v2 becomes the default on 1 March, which is learned on 10 March."""
    trail = deployed(mirrored(), owner="chat-team")
    on(trail, "2025-02-12").model(MIRRORED).announce_default("v2", on="2025-03-01")
    on(trail, "2025-03-01", known="2025-03-10", source="a mail").model(MIRRORED).change_default("v2")
    return trail


@pytest.mark.rule("R28")
def test_a_deployment_that_moved_is_told_with_both_answers_and_the_fact_that_made_the_difference() -> None:
    found = diff(changing(), "2025-02-20", "2025-04-01")
    one = of_deployment(found)
    assert (one.deployment, one.owner, one.change) == (PROD, "chat-team", "changed")
    assert (one.before.version, one.after.version, one.after.cause) == ("v1", "v2", "default-change")
    assert {"version", "possible", "certainty", "cause", "since"} <= set(one.differs)
    (changed,) = (fact for fact in found.facts if fact.position in one.because)
    assert (changed.type, changed.source, changed.by) == ("model.default-changed", "a mail", "alice@example.com")


@pytest.mark.rule("R6")
def test_what_was_known_of_one_moment_differs_by_what_was_learned() -> None:
    found = diff(changing(), "2025-03-05", "2025-03-05", "2025-03-05", "2025-03-10")
    assert (of_deployment(found).before.certainty, of_deployment(found).after.certainty) == ("recorded", "window")
    assert (of_model(found).default_before, of_model(found).default_after) == ("v1", "v2")
    assert [fact.known_at.day for fact in found.facts] == [10]
    assert diff(changing(), "2025-03-05", "2025-03-05", "2025-03-05", "2025-03-09").is_nothing


@pytest.mark.rule("R45")
def test_what_was_taken_back_differs_by_the_fact_that_was_retracted() -> None:
    trail = changing()
    (changed,) = (fact for fact in trail.events() if fact.event.type == "model.default-changed" and fact.source)
    on(trail, "2025-05-01").retract(changed.position)
    found = diff(trail, "2025-04-01", "2025-04-01", "2025-04-01")
    assert (of_deployment(found).before.version, of_deployment(found).after.version) == ("v2", "v1")
    assert changed.position in {fact.position for fact in found.facts}


@pytest.mark.rule("R30")
def test_where_time_alone_made_the_difference_the_later_grounds_are_told() -> None:
    one = of_deployment(diff(changing(), "2025-03-12", "2025-03-20"))
    assert (one.before.certainty, one.after.certainty) == ("window", "assumed")
    assert set(one.because) <= {*one.before.because, *one.after.because} and one.because


@pytest.mark.rule("R3")
def test_a_deployment_appears_and_is_gone() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-05-01").deployment().delete()
    assert of_deployment(diff(trail, "2025-02-01", "2025-03-01")).change == "appeared"
    assert of_deployment(diff(trail, "2025-03-01", "2025-06-01")).change == "gone"
    assert of_deployment(diff(trail, "2025-02-01", "2025-06-01")).change == "gone"


@pytest.mark.rule("R14", "R17")
def test_another_policy_or_sku_makes_a_difference() -> None:
    trail = deployed(mirrored(), "manual", sku="Standard")
    on(trail, "2025-03-01").deployment().change_policy("auto-update")
    on(trail, "2025-03-01").deployment().change_sku("GlobalStandard")
    one = of_deployment(diff(trail, "2025-02-20", "2025-03-01"))
    assert {"policy", "policy_effective", "sku"} <= set(one.differs)
    assert (one.before.sku, one.after.sku) == ("Standard", "GlobalStandard")


@pytest.mark.rule("R8", "R13")
def test_of_a_model_versions_and_dates_are_told() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-04-01").model(MIRRORED).announce_retirement("v1", on="2025-07-01")
    on(trail, "2025-07-01").model(MIRRORED).retire("v1")
    released = of_model(diff(trail, "2025-01-10", "2025-02-10"))
    assert [(one.version, one.before, one.after and one.after.stage) for one in released.versions] == [
        ("v2", None, "generally-available")
    ]
    (moved,) = of_model(diff(trail, "2025-03-10", "2025-04-10")).dates
    assert moved.before is not None and moved.after is not None
    assert (moved.kind, f"{moved.before.on:%m-%d}", f"{moved.after.on:%m-%d}") == ("retirement", "06-01", "07-01")
    retired = of_model(diff(trail, "2025-06-01", "2025-07-01"))
    assert [(one.version, one.differs) for one in retired.versions] == [("v1", ("retired_at",))]
    assert [(one.kind, one.after) for one in retired.dates] == [("retirement", None)]
    assert (retired.default_before, retired.default_after) == ("v1", None)


@pytest.mark.rule("R39")
def test_a_confirmation_makes_no_difference() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-04-01", source="another page").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert diff(trail, "2025-03-10", "2025-04-10").is_nothing


@pytest.mark.rule("R46")
def test_other_rules_make_a_difference() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).change_rules("azure-foundry")
    one = of_model(diff(trail, "2025-02-10", "2025-03-10"))
    assert (one.rules_before, one.rules_after) == ("azure-openai", "azure-foundry")
    first = of_model(diff(trail, "2024-12-01", "2025-01-10"))
    assert (first.change, first.rules_before, first.rules_after) == ("appeared", None, "azure-openai")


@pytest.mark.rule("R15", "R39")
def test_what_is_said_of_what_does_not_differ_made_no_difference() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).announce_retirement("v1", on="2025-09-01")
    on(trail, "2025-03-01", source="a mail").model(MIRRORED).announce_retirement("v1", on="2025-09-01")
    on(trail, "2025-03-01").model("azure-openai/old").announce_forced_upgrade("x", "2025-09-01", to_model=MIRRORED)
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    (one,) = (one for one in diff(trail, "2025-02-10", "2025-03-10").models if one.model == MIRRORED)
    facts = {fact.position: fact.event.type for fact in trail.events()}
    assert [facts[position] for position in one.because] == ["model.default-changed"]
