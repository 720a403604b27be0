"""Who runs a version, who ran it when, and who is hit when it is retired?"""

from __future__ import annotations

import pytest

from modeltrail import Trail, Unknown
from modeltrail.projections.impact import Hit, Impact
from rules.given import MIRRORED, OWN, PROD, deployed, mirrored, on, own

NEXT = "azure-openai/next"


def impact(trail: Trail, t: str, version: str | None = "v1", known: str | None = None) -> Impact:
    return trail.at(t, known_at=known).impact(MIRRORED, version)


def hits(trail: Trail, t: str, version: str | None = "v1") -> list[tuple[str, str | None, str, str]]:
    """What becomes of the deployment, where to, and between which days."""
    return [
        (one.kind, one.to.version if one.to is not None else None, f"{one.on:%m-%d}", f"{one.until:%m-%d}")
        for one in impact(trail, t, version).hit
    ]


def the_hit(trail: Trail, t: str) -> Hit:
    (one,) = impact(trail, t).hit
    return one


def retiring(policy: str, on_day: str | None = "2025-06-01", qualifier: str = "fixed", **more: str) -> Trail:
    """A deployment on v1, whose retirement is announced on 1 March; v2 takes its place."""
    trail = deployed(mirrored(), policy, **more)
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on=on_day, qualifier=qualifier)
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", MIRRORED, "v2")
    return trail


@pytest.mark.rule("R28", "R29")
def test_who_runs_a_version_is_told_with_owner_and_certainty() -> None:
    trail = deployed(mirrored(), "manual", owner="chat-team")
    (one,) = impact(trail, "2025-02-20").runs
    assert (one.deployment, one.owner, one.version, one.certainty) == (PROD, "chat-team", "v1", "recorded")
    assert impact(trail, "2025-02-20", "v2").runs == ()
    assert impact(trail, "2025-02-01").runs == ()


@pytest.mark.rule("R30")
def test_in_a_window_a_deployment_may_run_either_version() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    for version in ("v1", "v2"):
        (one,) = impact(trail, "2025-03-05", version).runs
        assert (one.certainty, f"{one.deadline:%m-%d}") == ("window", "03-15")
    assert [one.version for one in impact(trail, "2025-03-05", None).runs] == ["v1", "v2"]


@pytest.mark.rule("R28")
def test_who_ran_it_is_told_by_times_that_are_as_sure() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").deployment().change_version("v1")
    told = [
        (f"{one.since:%m-%d}", one.until and f"{one.until:%m-%d}", one.certainty)
        for one in impact(trail, "2025-06-01").ran
    ]
    assert told == [("02-10", "03-01", "recorded"), ("03-01", "03-15", "window"), ("05-01", None, "recorded")]
    assert [one.until for one in impact(trail, "2025-02-20").ran] == [None]


@pytest.mark.rule("R28")
def test_a_change_of_policy_divides_no_time_in_which_it_ran() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment().change_policy("manual")
    assert [f"{one.since:%m-%d}" for one in impact(trail, "2025-04-01").ran] == ["02-10"]


@pytest.mark.rule("R31")
def test_what_only_a_later_sight_shows_is_told_but_hits_nobody() -> None:
    trail = deployed(mirrored(), "upgrade-when-expired")
    on(trail, "2025-03-10").deployment().observe(MIRRORED, "v2")
    answer = impact(trail, "2025-03-01", "v2")
    assert [one.certainty for one in answer.runs] == ["window"]
    assert answer.hit == ()
    assert impact(trail, "2025-03-11", "v2").hit != ()


@pytest.mark.rule("R30")
def test_in_a_window_the_retirement_of_one_version_does_not_lead_to_the_other_that_it_may_be_on_instead() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-15").model(MIRRORED).release("v3")
    on(trail, "2025-02-15").model(MIRRORED).name_replacement("v2", MIRRORED, "v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert hits(trail, "2025-03-05", "v2") == [("move", "v3", "03-05", "03-05")]


@pytest.mark.rule("R6")
def test_who_ran_it_depends_on_what_was_known() -> None:
    trail = deployed(mirrored(), "manual")
    on(trail, "2025-03-01", known="2025-04-01").deployment().change_version("v2")
    assert [one.until for one in impact(trail, "2025-03-10", known="2025-03-10").ran] == [None]
    assert [f"{one.until:%m-%d}" for one in impact(trail, "2025-03-10").ran if one.until] == ["03-01"]


@pytest.mark.rule("R20", "R21", "R22", "R23")
@pytest.mark.parametrize(
    ("policy", "sku", "expected"),
    [
        ("upgrade-when-expired", "Standard", ("move", "v2")),
        ("auto-update", "Standard", ("move", "v2")),
        ("unspecified", "Standard", ("move", "v2")),
        ("manual", "Standard", ("stop", None)),
        ("auto-update", "ProvisionedManaged", ("stop", None)),
    ],
)
def test_each_policy_makes_its_own_of_an_announced_retirement(
    policy: str, sku: str, expected: tuple[str, str | None]
) -> None:
    trail = retiring(policy, sku=sku)
    assert hits(trail, "2025-04-01") == [(*expected, "06-01", "06-01")]
    one = the_hit(trail, "2025-04-01")
    assert (one.supposed, one.qualifier, f"{one.announced_on:%m-%d}") == (False, "fixed", "06-01")


@pytest.mark.rule("R13", "R28")
@pytest.mark.parametrize("day", [None, "2025-03-20"])
def test_where_no_date_lies_ahead_it_is_supposed_at_the_moment(day: str | None) -> None:
    trail = retiring("upgrade-when-expired", day, "no-earlier-than" if day else "tentative")
    assert hits(trail, "2025-04-01") == [("move", "v2", "04-01", "04-01")]
    assert the_hit(trail, "2025-04-01").supposed
    assert all(position > 0 for position in the_hit(trail, "2025-04-01").because)
    assert trail.at("2025-04-02").serving(PROD).version == "v1"


@pytest.mark.rule("R28")
def test_a_retirement_that_nobody_announced_is_supposed() -> None:
    one = the_hit(deployed(mirrored(), "manual"), "2025-03-01")
    assert (one.kind, one.supposed, one.announced_on, one.qualifier) == ("stop", True, None, None)
    assert one.stopped_because == f"{MIRRORED} v1 is retired, and its policy moves it nowhere"


@pytest.mark.rule("R19")
def test_who_leaves_before_the_retirement_does_so_by_its_own_cause() -> None:
    trail = retiring("auto-update")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-04-10")
    assert hits(trail, "2025-04-01") == [("move", "v2", "04-10", "04-24")]
    assert the_hit(trail, "2025-04-01").cause == "default-change"
    on(trail, "2025-04-10").model(MIRRORED).change_default("v2")
    assert hits(trail, "2025-04-15") == [("move", "v2", "04-15", "04-24")]
    assert hits(trail, "2025-05-01") == []


@pytest.mark.rule("R20")
def test_the_window_before_a_retirement_is_told() -> None:
    trail = deployed(mirrored(), "upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", MIRRORED, "v2", lead_days=30)
    assert hits(trail, "2025-04-01") == [("move", "v2", "05-02", "06-01")]


@pytest.mark.rule("R36")
@pytest.mark.parametrize("result", [None, "passed", "failed"])
def test_whether_the_target_was_tested_is_told(result: str | None) -> None:
    trail = retiring("upgrade-when-expired")
    if result is not None:
        on(trail, "2025-03-10").deployment().tested("v2", result)
    one = the_hit(trail, "2025-04-01")
    assert (one.tested, one.test_result) == (result is not None, result)


@pytest.mark.rule("R35")
def test_a_target_that_does_not_answer_the_pinned_api_version_is_marked() -> None:
    trail = deployed(mirrored(), "upgrade-when-expired", api_version="2024-06-01")
    on(trail, "2025-03-01").model(MIRRORED).release("v3", api_versions=["2025-01-01"])
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", MIRRORED, "v3")
    assert "api-break" in the_hit(trail, "2025-04-01").flags


@pytest.mark.rule("R14")
def test_a_retirement_for_one_sku_hits_who_has_it() -> None:
    trail = deployed(mirrored(), "manual", sku="Standard")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", sku="Standard")
    assert not the_hit(trail, "2025-04-01").supposed
    other = deployed(mirrored(), "manual", sku="GlobalStandard")
    on(other, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", sku="Standard")
    assert the_hit(other, "2025-04-01").supposed


@pytest.mark.rule("R20", "R37")
def test_what_the_engine_runs_is_hit_as_well() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, version="v1", policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(OWN).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(OWN).name_replacement("v1", OWN, "v2")
    (one,) = trail.at("2025-04-01").impact(OWN, "v1").hit
    assert (one.kind, one.to and one.to.version, f"{one.on:%m-%d}") == ("move", "v2", "06-01")


def test_a_version_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Unknown, match="did you mean 'v"):
        impact(mirrored(), "2025-03-01", "v11")
