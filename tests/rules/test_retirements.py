"""R13 to R16: announced retirements, SKUs, replacements, and what is missing from a list."""

from __future__ import annotations

import pytest

from modeltrail import Refused
from rules.given import MIRRORED, OWN, PROD, ahead, day, deployed, mirrored, on, own, served, shown


@pytest.mark.rule("R13")
def test_a_retirement_is_announced_fixed_unless_said_otherwise() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", source="page").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    (one,) = trail.at("2025-03-01").announcements()
    assert (one.kind, one.on, one.qualifier, one.sku, one.source) == (
        "retirement",
        day("2025-06-01"),
        "fixed",
        None,
        "page",
    )


@pytest.mark.rule("R13")
def test_a_tentative_retirement_may_have_no_date() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", qualifier="tentative")
    (one,) = trail.at("2025-03-01").announcements()
    assert (one.on, one.qualifier, one.standing) == (None, "tentative", True)


@pytest.mark.rule("R13")
@pytest.mark.parametrize("qualifier", ["fixed", "no-earlier-than"])
def test_a_retirement_that_is_not_tentative_has_a_date(qualifier: str) -> None:
    with pytest.raises((Refused, ValueError)):
        on(own(), "2025-03-01").model(OWN).announce_retirement("v1", qualifier=qualifier)


@pytest.mark.rule("R13")
def test_a_date_moves_in_both_directions_and_every_one_stays_in_the_history() -> None:
    trail = mirrored()
    for month, date in ((3, "2025-06-01"), (4, "2025-09-01"), (5, "2025-07-01")):
        on(trail, f"2025-0{month}-01").model(MIRRORED).announce_retirement("v1", on=date)
    said = trail.at().announcements(MIRRORED, "v1")
    assert [(one.on, one.standing) for one in said] == [
        (day("2025-06-01"), False),
        (day("2025-09-01"), False),
        (day("2025-07-01"), True),
    ]


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("known", "date"), [("2025-03-15", "2025-06-01"), ("2025-04-15", "2025-09-01"), (None, "2025-07-01")]
)
def test_the_date_that_stands_is_the_one_known_at_the_moment_asked_about(known: str | None, date: str) -> None:
    trail = mirrored()
    for month, on_day in ((3, "2025-06-01"), (4, "2025-09-01"), (5, "2025-07-01")):
        on(trail, f"2025-0{month}-01").model(MIRRORED).announce_retirement("v1", on=on_day)
    (standing,) = trail.at(known_at=known).model(MIRRORED).versions[0].retirements
    assert standing.on == day(date)


@pytest.mark.rule("R13")
def test_a_withdrawn_retirement_stands_no_longer_and_may_be_announced_again() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-04-01").model(MIRRORED).withdraw_retirement("v1")
    on(trail, "2025-05-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    asked = ("2025-03-01", "2025-04-01", "2025-05-01")
    standing = [[one.standing for one in trail.at(t).announcements()] for t in asked]
    assert standing == [[True], [False], [False, True]]


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("sku", "now"), [("Standard", "stopped"), ("standard", "v1"), ("GlobalStandard", "v1"), (None, "v1")]
)
def test_skus_match_exactly(sku: str | None, now: str) -> None:
    trail = deployed(mirrored(), policy="manual", sku=sku)
    on(trail, "2025-03-01").model(MIRRORED).retire("v1", sku="Standard")
    assert shown(trail, "2025-03-01") == now


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("general", "own_day", "now"),
    [("2025-03-01", "2025-04-01", "v1"), ("2025-04-01", "2025-04-01", "v1"), ("2025-04-02", "2025-04-01", "stopped")],
)
def test_a_statement_for_the_sku_beats_a_general_one_that_is_not_effective_later(
    general: str, own_day: str, now: str
) -> None:
    trail = deployed(mirrored(), policy="manual", sku="ProvisionedManaged")
    on(trail, general).model(MIRRORED).retire("v1")
    on(trail, own_day).model(MIRRORED).reinstate("v1", sku="ProvisionedManaged")
    assert shown(trail, "2025-05-01") == now


@pytest.mark.rule("R14")
def test_announcements_for_a_sku_and_in_general_stand_side_by_side() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-02").model(MIRRORED).announce_retirement("v1", on="2025-12-01", sku="ProvisionedManaged")
    deployed(trail, policy="manual", sku="ProvisionedManaged")
    standing = [(one.sku, one.on) for one in trail.at("2025-03-02").model(MIRRORED).versions[0].retirements]
    assert standing == [(None, day("2025-06-01")), ("ProvisionedManaged", day("2025-12-01"))]
    assert (shown(trail, "2025-07-01"), shown(trail, "2025-12-01")) == ("v1", "v1 or stopped")


@pytest.mark.rule("R14")
@pytest.mark.parametrize("later", ["withdrawn", "moved"])
def test_upcoming_leaves_out_a_date_for_the_sku_that_a_later_general_statement_beats(later: str) -> None:
    trail = deployed(mirrored(), policy="manual", sku="Standard")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", sku="Standard")
    if later == "withdrawn":
        on(trail, "2025-04-01").model(MIRRORED).withdraw_retirement("v1")
    else:
        on(trail, "2025-04-01").model(MIRRORED).announce_retirement("v1", on="2025-12-01")
    assert shown(trail, "2025-06-02") == "v1"
    assert ahead(trail, "2025-05-15") == []


@pytest.mark.rule("R14")
@pytest.mark.rule("R28")
def test_upcoming_gives_the_date_for_the_sku_where_that_beats_the_general_one() -> None:
    trail = deployed(mirrored(), policy="manual", sku="ProvisionedManaged")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    on(trail, "2025-03-02").model(MIRRORED).announce_retirement("v1", on="2025-05-01", sku="ProvisionedManaged")
    assert shown(trail, "2025-04-02") == "v1"
    assert [(one.kind, one.on) for one in ahead(trail, "2025-03-05", 90)] == [("stop", day("2025-05-01"))]


@pytest.mark.rule("R15")
def test_a_replacement_may_be_another_model() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model("azure-openai/next").release("1")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model="azure-openai/next", to_version="1")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-06-01") == "azure-openai/next 1"


@pytest.mark.rule("R15")
def test_a_replacement_without_a_version_is_the_default_of_that_model_at_the_moment_of_the_move() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    for version in ("1", "2"):
        on(trail, "2025-03-01").model("azure-openai/next").release(version)
    on(trail, "2025-03-01").model("azure-openai/next").change_default("1")
    on(trail, "2025-03-02").model(MIRRORED).name_replacement("v1", to_model="azure-openai/next")
    on(trail, "2025-05-01").model("azure-openai/next").change_default("2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-06-01") == "azure-openai/next 2"


@pytest.mark.rule("R15")
def test_replacements_are_followed_to_the_first_choosable_version() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    for version in ("v3", "v4"):
        on(trail, "2025-03-01").model(MIRRORED).release(version)
    for old, new in (("v1", "v2"), ("v2", "v3"), ("v3", "v4")):
        on(trail, "2025-03-02").model(MIRRORED).name_replacement(old, to_model=MIRRORED, to_version=new)
    on(trail, "2025-04-01").model(MIRRORED).retire("v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-06-01") == "v3"


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("back_to", "reason"), [("v1", "lead in a circle"), (None, "its replacement .* v2 cannot be chosen")]
)
def test_a_cycle_or_a_dead_end_stops_the_deployment_with_that_reason(back_to: str | None, reason: str) -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).release("v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v3")
    on(trail, "2025-03-02").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2")
    if back_to is not None:
        on(trail, "2025-03-02").model(MIRRORED).name_replacement("v2", to_model=MIRRORED, to_version=back_to)
    on(trail, "2025-04-01").model(MIRRORED).retire("v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    answer = served(trail, "2025-06-01")
    assert answer.status == "stopped"
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(answer.stopped_because)


@pytest.mark.rule("R15")
def test_a_replacement_that_is_retired_for_the_sku_only_is_passed_over_for_that_sku_only() -> None:
    for sku, now in (("Standard", "v3"), ("GlobalStandard", "v2")):
        trail = deployed(mirrored(), policy="upgrade-when-expired", sku=sku)
        on(trail, "2025-03-01").model(MIRRORED).release("v3")
        for old, new in (("v1", "v2"), ("v2", "v3")):
            on(trail, "2025-03-02").model(MIRRORED).name_replacement(old, to_model=MIRRORED, to_version=new)
        on(trail, "2025-04-01").model(MIRRORED).retire("v2", sku="Standard")
        on(trail, "2025-06-01").model(MIRRORED).retire("v1")
        assert shown(trail, "2025-06-01") == now


@pytest.mark.rule("R15")
@pytest.mark.rule("R20")
def test_a_replacement_named_again_without_dates_keeps_those_said_before() -> None:
    trail = mirrored()
    name = {"to_model": MIRRORED, "to_version": "v2"}
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", **name, upgrade_from="2025-05-01", lead_days=7)
    on(trail, "2025-04-01").model(MIRRORED).name_replacement("v1", **name)
    named = trail.at().model(MIRRORED).versions[0].replacement
    assert named is not None and (named.upgrade_from, named.lead_days) == (day("2025-05-01"), 7)


@pytest.mark.rule("R16")
def test_what_is_missing_from_an_export_is_unlisted_and_not_retired() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).unlist("v1")
    version = trail.at().model(MIRRORED).versions[0]
    assert (version.listed, version.retired_at, shown(trail, "2025-06-01")) == (False, None, "v1")
    assert on(trail, "2025-06-01").deployment("another").create(MIRRORED, "v1")


@pytest.mark.rule("R16")
def test_a_reinstated_version_can_be_chosen_again_and_no_default_comes_back_with_it() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1")
    assert trail.at().model(MIRRORED).default is None
    assert on(trail, "2025-04-01").deployment().create(MIRRORED, "v1")


@pytest.mark.rule("R16")
@pytest.mark.parametrize(("run_by", "after"), [("provider", "v1"), ("engine", "stopped")])
def test_after_a_reinstatement_mirrored_deployments_resume_and_engine_run_ones_need_a_person(
    run_by: str, after: str
) -> None:
    trail = deployed(mirrored(), policy="manual", run_by=run_by)
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1")
    assert (shown(trail, "2025-03-31"), shown(trail, "2025-04-01")) == ("stopped", after)
    assert served(trail, "2025-04-01").certainty == ("assumed" if run_by == "provider" else "recorded")


@pytest.mark.rule("R16")
def test_a_reinstatement_for_one_sku_resumes_only_deployments_of_that_sku() -> None:
    trail = mirrored()
    for sku in ("Standard", "ProvisionedManaged"):
        on(trail, "2025-02-10").deployment(sku).create(MIRRORED, "v1", policy="manual", sku=sku, run_by="provider")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1", sku="ProvisionedManaged")
    assert [shown(trail, "2025-04-01", name=sku) for sku in ("Standard", "ProvisionedManaged")] == ["stopped", "v1"]


@pytest.mark.rule("R16")
def test_after_a_reinstatement_a_deployment_first_seen_stopped_resumes_like_one_known_before() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    for name in (PROD, "first-seen"):
        on(trail, "2025-03-10").deployment(name).observe(MIRRORED, "v1", status="stopped")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1")
    assert [shown(trail, "2025-04-01", name=name) for name in (PROD, "first-seen")] == ["v1", "v1"]


@pytest.mark.rule("R16")
@pytest.mark.rule("R34")
def test_what_is_seen_stopped_on_a_retired_version_was_stopped_by_that_and_resumes_with_it() -> None:
    trail = deployed(mirrored(), policy="manual", version="v2")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-03-10").deployment().observe(MIRRORED, "v1", status="stopped")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1")
    assert [shown(trail, t) for t in ("2025-03-09", "2025-03-10", "2025-04-01")] == ["v2 or stopped", "stopped", "v1"]


@pytest.mark.rule("R16")
@pytest.mark.rule("R34")
def test_what_was_seen_stopped_before_its_version_was_retired_does_not_resume_with_it() -> None:
    trail = mirrored()
    on(trail, "2025-02-20").deployment().observe(MIRRORED, "v1", status="stopped")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").model(MIRRORED).reinstate("v1")
    assert [shown(trail, t) for t in ("2025-02-20", "2025-03-02", "2025-04-02")] == ["stopped"] * 3
