"""R24 to R27: previews, forced upgrades, no step back, the hold after a choice by hand, going back."""

from __future__ import annotations

import pytest

from modeltrail import Refused, Trail
from rules.given import MIRRORED, OWN, PROD, day, deployed, mirrored, on, own, served, shown


def on_a_preview(policy: str = "auto-update", rules: str = "azure-openai") -> Trail:
    """Given a deployment on preview p1, released before it, and a newer preview p2 of 1 March 2025."""
    trail = mirrored(rules)
    on(trail, "2025-02-01").model(MIRRORED).release("p1", stage="preview")
    deployed(trail, policy=policy, version="p1")
    on(trail, "2025-03-01").model(MIRRORED).release("p2", stage="preview")
    return trail


@pytest.mark.rule("R24")
def test_a_newer_preview_opens_a_window_two_weeks_after_its_release_that_lasts_a_rollout() -> None:
    trail = on_a_preview()
    asked = ("2025-03-14", "2025-03-15", "2025-03-28", "2025-03-29")
    assert [shown(trail, t) for t in asked] == ["p1", "p1 or p2", "p1 or p2", "p2"]
    assert (served(trail, "2025-03-15").deadline, served(trail, "2025-03-15").cause) == (day("2025-03-29"), "preview")


@pytest.mark.rule("R24")
@pytest.mark.parametrize("policy", ["upgrade-when-expired", "manual", "unspecified"])
def test_a_newer_preview_means_nothing_to_other_policies(policy: str) -> None:
    assert shown(on_a_preview(policy), "2025-06-01") == "p1"


@pytest.mark.rule("R24")
@pytest.mark.parametrize(("stage", "now"), [("preview", "p2"), ("generally-available", "p1")])
def test_only_a_newer_preview_replaces_a_preview(stage: str, now: str) -> None:
    trail = mirrored()
    on(trail, "2025-02-01").model(MIRRORED).release("p1", stage="preview")
    deployed(trail, version="p1")
    on(trail, "2025-03-01").model(MIRRORED).release("p2", stage=stage)
    assert shown(trail, "2025-06-01") == now


@pytest.mark.rule("R24")
@pytest.mark.rule("R26")
@pytest.mark.parametrize(("created", "now"), [("2025-02-28", "p2"), ("2025-03-02", "p1")])
def test_a_hold_ends_with_a_preview_that_was_released_after_it_began(created: str, now: str) -> None:
    trail = mirrored()
    on(trail, "2025-02-01").model(MIRRORED).release("p1", stage="preview")
    on(trail, "2025-03-01").model(MIRRORED).release("p2", stage="preview")
    on(trail, created).deployment().create(MIRRORED, "p1", policy="auto-update", run_by="provider")
    assert shown(trail, "2025-06-01") == now


def forced(trail: Trail, qualifier: str = "fixed") -> Trail:
    on(trail, "2025-03-01").model(MIRRORED).announce_forced_upgrade(
        "v1", on="2025-05-01", qualifier=qualifier, to_version="v2"
    )
    return trail


@pytest.mark.rule("R24")
@pytest.mark.parametrize("policy", ["auto-update", "upgrade-when-expired", "manual", "unspecified"])
def test_a_passed_fixed_forced_upgrade_opens_a_window_for_the_rollout_under_any_policy(policy: str) -> None:
    trail = forced(deployed(mirrored(), policy=policy))
    asked = ("2025-04-30", "2025-05-01", "2025-05-14", "2025-05-15")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v2"]
    assert served(trail, "2025-05-15").cause == "forced"


@pytest.mark.rule("R24")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_any_other_forced_upgrade_moves_nothing_and_explains_a_sight(qualifier: str) -> None:
    trail = forced(deployed(mirrored(), policy="manual"), qualifier)
    assert shown(trail, "2025-12-01") == "v1"
    on(trail, "2025-06-01").deployment().observe(MIRRORED, "v2")
    asked = ("2025-02-28", "2025-03-01", "2025-05-31", "2025-06-01")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v2"]
    assert served(trail, "2025-06-01").cause == "forced"


@pytest.mark.rule("R24")
@pytest.mark.rule("R23")
def test_a_forced_upgrade_leaves_provisioned_alone_but_explains_a_sight_of_its_target() -> None:
    trail = forced(deployed(mirrored(), policy="manual", sku="ProvisionedManaged"))
    assert shown(trail, "2025-06-01") == "v1"
    on(trail, "2025-06-02").deployment().observe(MIRRORED, "v2")
    assert (shown(trail, "2025-06-02"), served(trail, "2025-06-02").cause) == ("v2", "forced")


@pytest.mark.rule("R25")
def test_auto_update_does_not_move_to_a_version_released_earlier_than_the_one_it_serves() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).release("v3")
    deployed(trail, version="v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-06-01") == "v3"


@pytest.mark.rule("R25")
def test_it_moves_back_where_the_default_steps_back_from_that_very_version() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).change_default("v2")
    deployed(trail, version="v2")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v1")
    assert [shown(trail, t) for t in ("2025-03-01", "2025-03-15")] == ["v2 or v1", "v1"]


@pytest.mark.rule("R25")
@pytest.mark.rule("R45")
def test_a_retracted_change_of_default_is_no_step_back() -> None:
    trail = mirrored()
    deployed(trail, version="v2")
    (wrong,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-10").retract(wrong.position)
    assert (shown(trail, "2025-06-01"), trail.at("2025-06-01").model(MIRRORED).default) == ("v2", "v1")


@pytest.mark.rule("R25")
def test_where_an_order_is_unknown_it_moves() -> None:
    trail = deployed(mirrored(), version="seen-only")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-03-15") == "v2"


@pytest.mark.rule("R25")
def test_a_move_because_of_a_retirement_ignores_the_order_of_releases() -> None:
    trail = deployed(mirrored(), version="v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v2")
    assert shown(trail, "2025-06-01") == "v1"


@pytest.mark.rule("R26")
@pytest.mark.parametrize(("created", "now"), [("2025-02-28", "v2"), ("2025-03-01", "v1"), ("2025-03-02", "v1")])
def test_after_its_creation_it_holds_until_a_default_change_that_is_effective_later(created: str, now: str) -> None:
    trail = mirrored()
    on(trail, created).deployment().create(MIRRORED, "v1", policy="auto-update", run_by="provider")
    on(trail, "2025-03-01", known="2025-03-05").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-06-01") == now


@pytest.mark.rule("R26")
def test_after_a_change_by_hand_it_holds_until_the_next_default_change() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01").deployment().change_version("v1")
    on(trail, "2025-05-01").model(MIRRORED).release("v3")
    on(trail, "2025-06-01").model(MIRRORED).change_default("v3")
    assert [shown(trail, t) for t in ("2025-03-20", "2025-05-31", "2025-06-01")] == ["v2", "v1", "v1 or v3"]


@pytest.mark.rule("R26")
def test_a_change_by_hand_within_a_window_ends_it() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").deployment().change_version("v1")
    assert [shown(trail, t) for t in ("2025-03-04", "2025-03-05", "2025-03-20")] == ["v1 or v2", "v1", "v1"]


@pytest.mark.rule("R26")
@pytest.mark.parametrize("by", ["policy", "sku"])
def test_becoming_effectively_auto_update_while_behind_makes_a_move_due_from_that_moment(by: str) -> None:
    trail = mirrored()
    if by == "policy":
        deployed(trail, policy="manual")
    else:
        deployed(trail, policy="auto-update", sku="ProvisionedManaged")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    if by == "policy":
        on(trail, "2025-04-01").deployment().change_policy("auto-update")
    else:
        on(trail, "2025-04-01").deployment().change_sku("Standard")
    assert [shown(trail, t) for t in ("2025-03-31", "2025-04-01", "2025-04-15")] == ["v1", "v1 or v2", "v2"]
    assert served(trail, "2025-04-01").cause == "policy-change"


@pytest.mark.rule("R26")
def test_becoming_auto_update_on_the_default_makes_nothing_due() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-04-01").deployment().change_policy("auto-update")
    assert shown(trail, "2025-06-01") == "v1"


@pytest.mark.rule("R26")
def test_a_mirrored_creation_without_a_version_means_the_default_as_of_then_known_at_the_moment_asked_about() -> None:
    trail = deployed(mirrored(), version=None)
    on(trail, "2025-02-05", known="2025-05-01").model(MIRRORED).change_default("v2")
    assert (shown(trail, "2025-02-11", known="2025-04-01"), shown(trail, "2025-02-11")) == ("v1", "v2")
    assert "version" not in trail.history(PROD)[0].event.data()
    assert served(trail, "2025-02-11").certainty == "assumed"


@pytest.mark.rule("R26")
def test_a_decided_creation_without_a_version_chooses_the_default_or_is_refused() -> None:
    trail = own()
    (fact,) = on(trail, "2025-02-10").deployment().create(OWN)
    assert fact.event.data()["version"] == "v1"
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    with pytest.raises(Refused, match="has no default version: name the version of the deployment"):
        on(trail, "2025-03-02").deployment("new").create(OWN)


@pytest.mark.rule("R26")
def test_a_mirrored_creation_without_version_where_no_default_is_known_serves_an_unknown_version() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).retire("v1")
    on(trail, "2025-02-05").model(MIRRORED).release("v3")
    deployed(trail, version=None)
    answer = served(trail, "2025-02-11")
    assert (answer.status, answer.model, answer.version, answer.certainty) == ("serving", MIRRORED, None, "assumed")


@pytest.mark.rule("R27")
def test_an_older_version_may_be_chosen_by_hand_until_it_is_retired() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v2")
    on(trail, "2025-03-01").deployment().change_version("v1")
    on(trail, "2025-03-02").deployment().change_version("v2")
    on(trail, "2025-04-01").model(OWN).retire("v1", emergency="a leak")
    with pytest.raises(Refused, match="'v1' of acme/chat cannot be chosen: choose one of v2"):
        on(trail, "2025-04-02").deployment().change_version("v1")
    assert [shown(trail, t) for t in ("2025-03-01", "2025-03-02")] == ["v1", "v2"]


@pytest.mark.rule("R27")
@pytest.mark.parametrize(("t", "is_due"), [("2025-05-31", False), ("2025-06-01", True)])
def test_a_retirement_needs_a_fixed_announcement_that_is_due(t: str, is_due: bool) -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_retirement("v2", on="2025-06-01")
    retire = on(trail, t).model(OWN).retire
    if is_due:
        assert retire("v2")
    else:
        with pytest.raises(Refused, match="announce one and wait for its date, or give emergency= with the reason"):
            retire("v2")


@pytest.mark.rule("R27")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_another_announcement_does_not_do(qualifier: str) -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_retirement("v2", on="2025-06-01", qualifier=qualifier)
    with pytest.raises(Refused, match="has no fixed retirement that is due"):
        on(trail, "2025-07-01").model(OWN).retire("v2")


@pytest.mark.rule("R27")
@pytest.mark.rule("R14")
def test_an_announcement_for_one_sku_does_for_that_sku_alone() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_retirement("v2", on="2025-06-01", sku="Standard")
    for sku in (None, "GlobalStandard"):
        with pytest.raises(Refused, match="has no fixed retirement that is due"):
            on(trail, "2025-06-02").model(OWN).retire("v2", sku=sku)
    assert on(trail, "2025-06-02").model(OWN).retire("v2", sku="Standard")


@pytest.mark.rule("R27")
@pytest.mark.parametrize(("reason", "is_allowed"), [("a leak", True), ("", False)])
def test_a_retirement_in_an_emergency_needs_a_reason(reason: str, is_allowed: bool) -> None:
    retire = on(own(), "2025-03-01").model(OWN).retire
    if is_allowed:
        assert retire("v2", emergency=reason)
    else:
        with pytest.raises(Refused, match="give emergency= with the reason"):
            retire("v2", emergency=reason)
