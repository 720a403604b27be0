"""R17 to R23, R25 to R27: what an update policy makes of a change in the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from modeltrail import Refused
from modeltrail.domain.values import Policy
from rules.given import MIRRORED, OWN, day, deployed, mirrored, on, own, served, shown

POLICIES: list[Policy] = ["auto-update", "upgrade-when-expired", "manual", "unspecified"]


@pytest.mark.rule("R17")
@pytest.mark.parametrize("policy", POLICIES)
def test_the_policy_belongs_to_the_deployment(policy: Policy) -> None:
    trail = deployed(mirrored(), policy=policy)
    on(trail, "2025-02-10").deployment("other").create(MIRRORED, "v1", policy="manual")
    assert (served(trail, "2025-02-11").policy, served(trail, "2025-02-11", name="other").policy) == (policy, "manual")


@pytest.mark.rule("R17")
def test_a_deployment_that_states_no_policy_is_unspecified() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").deployment().observe(MIRRORED, "v1")
    assert served(trail, "2025-03-01").policy == "unspecified"


@pytest.mark.rule("R17")
@pytest.mark.rule("R33")
def test_each_change_of_policy_holds_from_its_moment() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").deployment().change_policy("upgrade-when-expired")
    assert [served(trail, t).policy for t in ("2025-02-28", "2025-03-01")] == ["manual", "upgrade-when-expired"]


@pytest.mark.rule("R18")
@pytest.mark.parametrize("verb", ["create", "change_policy"])
def test_a_policy_that_is_not_offered_is_refused_as_a_decision_with_those_that_are(verb: str) -> None:
    trail = own(offers=["manual", "upgrade-when-expired"])
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy="manual")
    with pytest.raises(Refused, match="it offers manual, upgrade-when-expired and unspecified"):
        if verb == "create":
            on(trail, "2025-03-01").deployment("new").create(OWN, "v1", policy="auto-update")
        else:
            on(trail, "2025-03-01").deployment().change_policy("auto-update")


@pytest.mark.rule("R18")
def test_unspecified_is_always_possible() -> None:
    trail = own(offers=["manual"])
    assert on(trail, "2025-03-01").deployment().create(OWN, "v1", policy="unspecified")


@pytest.mark.rule("R18")
def test_a_policy_that_is_not_offered_is_kept_as_a_statement_shown_ineffective_and_acts_as_manual() -> None:
    trail = deployed(mirrored(offers=["manual", "upgrade-when-expired"]), policy="auto-update")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    answer = served(trail, "2025-03-20")
    assert (answer.version, answer.policy, answer.policy_effective) == ("v1", "auto-update", "manual")
    assert "ineffective" in answer.flags


@pytest.mark.rule("R18")
@pytest.mark.rule("R26")
def test_a_policy_offered_again_acts_from_that_moment() -> None:
    trail = deployed(mirrored(offers=["manual"]), policy="auto-update")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01").model(MIRRORED).change_offers(["manual", "auto-update"])
    assert [shown(trail, t) for t in ("2025-03-31", "2025-04-01", "2025-04-15")] == ["v1", "v1 or v2", "v2"]


@pytest.mark.rule("R18")
@pytest.mark.rule("R39")
def test_a_policy_in_force_may_be_decided_again_although_it_is_offered_no_longer() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy="auto-update")
    on(trail, "2025-03-01").model(OWN).change_offers(["manual"])
    assert on(trail, "2025-03-02").deployment().change_policy("auto-update") == ()


@pytest.mark.rule("R19")
def test_auto_update_moves_somewhere_between_the_change_and_the_end_of_the_rollout() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    asked = ("2025-02-28T23:59:59Z", "2025-03-01", "2025-03-14T23:59:59Z", "2025-03-15")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v2"]
    window, after = served(trail, "2025-03-01"), served(trail, "2025-03-15")
    assert (window.deadline, window.certainty, window.cause) == (day("2025-03-15"), "window", "default-change")
    assert (after.certainty, after.cause) == ("assumed", "default-change")


@pytest.mark.rule("R19")
def test_what_the_engine_runs_is_due_at_once() -> None:
    for trail, model in ((own(), OWN), (mirrored(), MIRRORED)):
        on(trail, "2025-02-10").deployment().create(model, "v1", policy="auto-update", run_by="engine")
        on(trail, "2025-03-01").model(model).change_default("v2", emergency="v1 leaks")
        assert (shown(trail, "2025-02-28"), shown(trail, "2025-03-01")) == ("v1", "v2")
        assert served(trail, "2025-03-01").certainty == "recorded"


@pytest.mark.rule("R19")
def test_a_mirrored_deployment_of_a_catalogue_without_rollout_moves_at_once() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy="auto-update", run_by="provider")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert shown(trail, "2025-03-01") == "v2"


@pytest.mark.rule("R20")
@pytest.mark.rule("R21")
@pytest.mark.parametrize("policy", ["upgrade-when-expired", "manual", "unspecified"])
def test_a_change_of_default_means_nothing_to_other_policies(policy: str) -> None:
    trail = deployed(mirrored(), policy=policy)
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-12-01") == "v1"


@pytest.mark.rule("R20")
@pytest.mark.rule("R23")
@pytest.mark.parametrize("policy", ["upgrade-when-expired", "auto-update"])
@pytest.mark.parametrize(
    ("replacement", "default", "now"), [("v3", "v2", "v3"), (None, "v2", "v2"), (None, None, "stopped")]
)
def test_at_retirement_it_moves_to_the_replacement_else_to_the_default_else_it_stops(
    policy: str, replacement: str | None, default: str | None, now: str
) -> None:
    trail = mirrored()
    on(trail, "2025-02-02").model(MIRRORED).release("v3")
    if default is not None:
        on(trail, "2025-02-05").model(MIRRORED).change_default(default)
    deployed(trail, policy=policy)
    if replacement is not None:
        on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version=replacement)
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert (shown(trail, "2025-05-31"), shown(trail, "2025-06-01")) == ("v1", now)
    assert (served(trail, "2025-06-01").cause, served(trail, "2025-06-01").certainty) == ("retirement", "assumed")


@pytest.mark.rule("R20")
def test_the_default_as_of_the_retirement_counts_and_not_the_one_as_of_its_announcement() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).release("v3")
    on(trail, "2025-03-02").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-03").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v3")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-06-01") == "v3"


@pytest.mark.rule("R20")
@pytest.mark.rule("R6")
@pytest.mark.parametrize("known", ["2025-06-01", "2025-06-05"])
def test_a_default_stated_for_the_very_moment_of_the_retirement_counts(known: str) -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    on(trail, "2025-06-01", known=known).model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-06-01") == "v2"


@pytest.mark.rule("R20")
@pytest.mark.parametrize("how", ["start", "lead", "rules"])
def test_a_start_date_or_a_lead_time_opens_the_window_before_the_retirement(how: str) -> None:
    rules = {"id": "with-lead", "rollout_days": 14, "lead_days": 31}
    trail = mirrored()
    if how == "rules":
        on(trail, "2025-02-05").model(MIRRORED).change_rules(rules)
    deployed(trail, policy="upgrade-when-expired")
    known: dict[str, dict[str, Any]] = {"start": {"upgrade_from": "2025-05-01"}, "lead": {"lead_days": 31}, "rules": {}}
    terms = known[how]
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", **terms)
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    asked = ("2025-04-30", "2025-05-01", "2025-05-31", "2025-06-01")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v2"]
    assert (served(trail, "2025-05-01").deadline, served(trail, "2025-05-01").cause) == (
        day("2025-06-01"),
        "upgrade-window",
    )


@pytest.mark.rule("R20")
def test_a_start_date_beats_a_lead_time_and_the_lead_of_the_replacement_beats_that_of_the_rules() -> None:
    terms: tuple[dict[str, Any], ...] = ({"upgrade_from": "2025-05-20", "lead_days": 31}, {"lead_days": 12})
    for chosen in terms:
        trail = mirrored(rules={"id": "with-lead", "lead_days": 31})
        deployed(trail, policy="upgrade-when-expired")
        on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
        on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", **chosen)
        assert [shown(trail, t) for t in ("2025-05-19", "2025-05-20")] == ["v1", "v1 or v2"]


@pytest.mark.rule("R20")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_a_lead_time_counts_only_before_a_fixed_date(qualifier: str) -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", qualifier=qualifier)
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", lead_days=31)
    assert shown(trail, "2025-05-15") == "v1"


@pytest.mark.rule("R20")
def test_a_moved_date_closes_the_window_and_reopens_it() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", lead_days=31)
    on(trail, "2025-04-15").model(MIRRORED).announce_retirement("v1", on="2025-08-01")
    on(trail, "2025-08-01").model(MIRRORED).retire("v1")
    asked = ("2025-05-15", "2025-06-30", "2025-07-01", "2025-08-01")
    assert [shown(trail, t) for t in asked] == ["v1", "v1", "v1 or v2", "v2"]


@pytest.mark.rule("R20")
@pytest.mark.rule("R30")
def test_a_date_moved_within_the_window_leaves_the_set_without_a_deadline_and_then_reopens_it() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", lead_days=31)
    on(trail, "2025-05-15").model(MIRRORED).announce_retirement("v1", on="2025-08-01")
    ends = [(shown(trail, t), served(trail, t).deadline) for t in ("2025-05-14", "2025-06-15", "2025-07-01")]
    assert ends == [("v1 or v2", day("2025-06-01")), ("v1 or v2", None), ("v1 or v2", day("2025-08-01"))]


@pytest.mark.rule("R21")
def test_manual_stops_when_its_version_is_retired_whatever_replaces_it() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2", lead_days=30)
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert (shown(trail, "2025-05-31"), shown(trail, "2025-06-01")) == ("v1", "stopped")
    answer = served(trail, "2025-06-01")
    assert answer.certainty == "assumed"
    assert answer.stopped_because is not None and "v1 is retired" in answer.stopped_because


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("rules", "acts", "now"),
    [
        ("azure-foundry", "manual", "stopped"),
        ("azure-openai", "upgrade-when-expired", "v2"),
        ("engine", "manual", "stopped"),
    ],
)
def test_what_unspecified_means_the_rules_in_force_decide(rules: str, acts: str, now: str) -> None:
    trail = deployed(mirrored(rules), policy="unspecified")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert (served(trail, "2025-05-01").policy_effective, shown(trail, "2025-06-01")) == (acts, now)


@pytest.mark.rule("R22")
@pytest.mark.rule("R33")
def test_the_rules_in_force_at_the_retirement_decide() -> None:
    trail = deployed(mirrored("azure-openai"), policy="unspecified")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").model(MIRRORED).change_rules("azure-foundry")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    on(trail, "2025-07-01").model(MIRRORED).change_rules("azure-openai")
    assert shown(trail, "2025-08-01") == "stopped"


@pytest.mark.rule("R23")
@pytest.mark.rule("R14")
@pytest.mark.parametrize("sku", ["ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged"])
@pytest.mark.parametrize("policy", ["auto-update", "upgrade-when-expired"])
def test_provisioned_deployments_are_never_moved_and_stop_at_retirement(sku: str, policy: str) -> None:
    trail = deployed(mirrored(), policy=policy, sku=sku)
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    answer = served(trail, "2025-05-01")
    assert (answer.version, answer.policy_effective, answer.flags) == ("v1", "manual", ("ineffective",))
    assert shown(trail, "2025-06-01") == "stopped"


@pytest.mark.rule("R23")
@pytest.mark.rule("R46")
def test_under_the_rules_of_the_engine_provisioned_moves_as_others_do() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy="auto-update", sku="ProvisionedManaged")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert shown(trail, "2025-03-01") == "v2"
    assert "ineffective" not in served(trail, "2025-03-01").flags


@pytest.mark.rule("R23")
@pytest.mark.rule("R26")
def test_an_auto_update_deployment_that_holds_moves_when_its_version_is_retired() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).change_default("v2")
    deployed(trail)
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert (shown(trail, "2025-05-31"), shown(trail, "2025-06-01")) == ("v1", "v2")
