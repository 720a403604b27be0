"""The projections that come with the library: policies (R17), sights (R31), tests (R36) and changes (R42)."""

from __future__ import annotations

from typing import Any

import pytest

import rows
from modeltrail import Trail
from modeltrail.imports.rows import Quarantined
from modeltrail.projections.changes import Change, changes
from modeltrail.projections.policies import PolicyInForce, policies
from modeltrail.projections.sightings import Sighting, sightings
from modeltrail.projections.tests import LastTest, tests
from rules.given import MIRRORED, NOW, OWN, PROD, day, deployed, empty, mirrored, on, own


def policy(trail: Trail, t: str = "2025-12-31", known: str | None = None) -> PolicyInForce | None:
    return rows.row(policies, PROD, list(trail.events()), day(t), day(known) if known else None)


def said(row: PolicyInForce | None) -> str:
    """Who set what, in place of what, in a few words."""
    return "none" if row is None else f"{row.policy} after {row.before} by {row.by} since {row.set_at:%m-%d}"


def sighting(trail: Trail, t: str = "2025-12-31", known: str | None = None) -> Sighting | None:
    return rows.row(sightings, PROD, list(trail.events()), day(t), day(known) if known else None)


def sight(trail: Trail, t: str, version: str, known: str | None = None, **told: Any) -> None:
    status = told.pop("status", "serving")
    on(trail, t, known, **told).deployment().observe(MIRRORED, version, status=status)


def seen(row: Sighting | None) -> str:
    """What was seen in a row from when to when, how often, and how often in all, in a few words."""
    if row is None:
        return "none"
    return f"{row.version} {row.first_seen:%m-%d}..{row.last_seen:%m-%d} {row.sights_in_a_row} of {row.sights}"


def last_test(trail: Trail, version: str = "v2", model: str = "", t: str = "2025-12-31") -> LastTest | None:
    return rows.row(tests, (PROD, model, version), list(trail.events()), day(t))


def change(trail: Trail, position: int, known: str | None = None) -> Change | None:
    facts = list(trail.events())
    return rows.row(changes, str(position), facts, NOW, day(known) if known else None)


# Policies


@pytest.mark.rule("R17")
@pytest.mark.rule("R42")
def test_a_policy_says_who_set_it_when_why_from_where_and_in_place_of_what() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    told = {"by": "bob@example.com", "why": "CHG-7", "source": "ticket"}
    on(trail, "2025-03-01", known="2025-03-04", **told).deployment().change_policy("manual")
    assert policy(trail) == PolicyInForce(
        policy="manual",
        before="auto-update",
        set_at=day("2025-03-01"),
        known_at=day("2025-03-04"),
        mode="statement",
        event="deployment.policy-changed",
        fact=6,
        by=told["by"],
        why=told["why"],
        source=told["source"],
    )


@pytest.mark.rule("R17")
def test_a_deployment_begins_with_a_policy_and_none_before_it() -> None:
    trail = deployed(mirrored(), policy="manual")
    first = policy(trail)
    assert first is not None
    assert (said(first), first.event) == ("manual after None by alice@example.com since 02-10", "deployment.created")
    assert policy(trail, "2025-02-09") is None


@pytest.mark.rule("R3")
@pytest.mark.rule("R17")
def test_a_deployment_that_begins_with_a_sight_has_the_policy_unspecified() -> None:
    trail = mirrored()
    sight(trail, "2025-03-01", "v1", by="importer")
    sight(trail, "2025-03-05", "v1", by="importer")
    first = policy(trail)
    assert first is not None
    assert (said(first), first.event) == ("unspecified after None by importer since 03-01", "deployment.observed")
    on(trail, "2025-03-08").deployment().change_policy("manual")
    assert said(policy(trail)) == "manual after unspecified by alice@example.com since 03-08"


@pytest.mark.rule("R3")
@pytest.mark.rule("R17")
def test_a_deleted_deployment_has_no_policy_and_a_new_incarnation_begins_with_its_own() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    on(trail, "2025-03-01").deployment().change_policy("manual")
    on(trail, "2025-04-01").deployment().delete()
    on(trail, "2025-05-01", by="bob").deployment().create(MIRRORED, "v1", policy="manual", run_by="provider")
    told = [said(policy(trail, t)) for t in ("2025-03-31", "2025-04-01", "2025-04-30", "2025-05-01")]
    assert told[1:] == ["none", "none", "manual after None by bob since 05-01"]
    assert told[0] == "manual after auto-update by alice@example.com since 03-01"


@pytest.mark.rule("R17")
@pytest.mark.rule("R43")
def test_what_contradicts_the_existence_of_a_deployment_leaves_its_policy_as_it_is() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-02-01").deployment().change_policy("auto-update")
    on(trail, "2025-02-02").deployment().delete()
    on(trail, "2025-03-01").deployment().create(MIRRORED, "v1", policy="auto-update", run_by="provider")
    assert [said(policy(trail, t)) for t in ("2025-02-05", "2025-03-05")] == [
        "none",
        "manual after None by alice@example.com since 02-10",
    ]


@pytest.mark.rule("R17")
@pytest.mark.rule("R39")
def test_whoever_says_again_what_is_in_force_did_not_set_it() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    (first,) = on(trail, "2025-03-01", by="alice").deployment().change_policy("manual")
    on(trail, "2025-03-09", by="nightly").deployment().change_policy("manual")
    assert said(policy(trail)) == "manual after auto-update by alice since 03-01"
    on(trail, "2025-03-10").retract(first.position)
    assert said(policy(trail)) == "manual after auto-update by nightly since 03-09"
    assert said(policy(trail, known="2025-03-09")) == "manual after auto-update by alice since 03-01"


@pytest.mark.rule("R6")
@pytest.mark.rule("R17")
def test_a_change_that_was_learned_late_comes_between_and_was_not_known_before() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    on(trail, "2025-03-20", by="bob").deployment().change_policy("upgrade-when-expired")
    on(trail, "2025-03-10", known="2025-04-01", by="eve").deployment().change_policy("manual")
    assert said(policy(trail)) == "upgrade-when-expired after manual by bob since 03-20"
    assert said(policy(trail, known="2025-03-31")) == "upgrade-when-expired after auto-update by bob since 03-20"
    assert said(policy(trail, "2025-03-15")) == "manual after auto-update by eve since 03-10"
    assert [moment for moment, _ in rows.history(policies, PROD, list(trail.events()))] == [
        day("2025-02-10"),
        day("2025-03-10"),
        day("2025-03-20"),
    ]


# Sights


@pytest.mark.rule("R31")
@pytest.mark.rule("R42")
def test_a_sighting_says_what_was_seen_last_since_when_how_often_and_from_where() -> None:
    trail = deployed(mirrored())
    assert sighting(trail) is None
    sight(trail, "2025-02-20", "v1")
    sight(trail, "2025-03-01", "v1")
    sight(trail, "2025-03-05", "v2")
    sight(trail, "2025-03-09", "v2", known="2025-03-11", by="importer", source="export.csv", status="stopped")
    assert sighting(trail) == Sighting(
        model=MIRRORED,
        version="v2",
        status="stopped",
        first_seen=day("2025-03-05"),
        last_seen=day("2025-03-09"),
        sights_in_a_row=2,
        sights=4,
        before_model=MIRRORED,
        before_version="v1",
        before_last_seen=day("2025-03-01"),
        known_at=day("2025-03-11"),
        by="importer",
        source="export.csv",
        fact=9,
    )


@pytest.mark.rule("R31")
def test_each_sight_counts_from_its_moment_and_another_version_begins_anew() -> None:
    trail = mirrored()
    for t, version in (("2025-03-01", "v1"), ("2025-03-03", "v1"), ("2025-03-05", "v2"), ("2025-03-07", "v1")):
        sight(trail, t, version)
    assert [seen(sighting(trail, t)) for t in ("2025-03-02", "2025-03-04", "2025-03-06", "2025-03-08")] == [
        "v1 03-01..03-01 1 of 1",
        "v1 03-01..03-03 2 of 2",
        "v2 03-05..03-05 1 of 3",
        "v1 03-07..03-07 1 of 4",
    ]


@pytest.mark.rule("R31")
def test_the_same_version_of_another_model_is_another_one() -> None:
    trail = mirrored()
    sight(trail, "2025-03-01", "v1")
    on(trail, "2025-03-03").deployment().observe("azure-openai/other", "v1")
    last = sighting(trail)
    assert last is not None
    assert (last.model, last.before_model, last.sights_in_a_row) == ("azure-openai/other", MIRRORED, 1)


@pytest.mark.rule("R31")
def test_a_sight_that_is_imported_late_has_the_last_one_stay_the_last() -> None:
    trail = mirrored()
    sight(trail, "2025-03-09", "v2")
    sight(trail, "2025-03-01", "v2", known="2025-03-20")
    assert seen(sighting(trail)) == "v2 03-01..03-09 2 of 2"
    assert seen(sighting(trail, known="2025-03-19")) == "v2 03-09..03-09 1 of 1"


@pytest.mark.rule("R31")
@pytest.mark.rule("R39")
def test_two_sources_that_show_the_same_at_one_moment_are_one_sight() -> None:
    trail = mirrored()
    sight(trail, "2025-03-01", "v1", source="a.csv")
    sight(trail, "2025-03-01", "v1", source="b.csv")
    last = sighting(trail)
    assert last is not None
    assert (seen(last), last.source, last.fact) == ("v1 03-01..03-01 1 of 1", "a.csv", 5)
    sight(trail, "2025-03-01", "v1", source="c.csv", status="stopped")
    last = sighting(trail)
    assert last is not None
    assert (seen(last), last.source, last.status) == ("v1 03-01..03-01 1 of 1", "c.csv", "stopped")
    sight(trail, "2025-03-01", "v2", source="d.csv")
    assert seen(sighting(trail)) == "v2 03-01..03-01 1 of 1"


@pytest.mark.rule("R3")
@pytest.mark.rule("R31")
def test_sights_of_an_earlier_incarnation_do_not_count() -> None:
    trail = mirrored()
    sight(trail, "2025-03-01", "v1")
    on(trail, "2025-04-01").deployment().delete()
    sight(trail, "2025-05-01", "v2")
    assert sighting(trail, "2025-04-15") is None
    last = sighting(trail)
    assert last is not None
    assert (seen(last), last.before_version) == ("v2 05-01..05-01 1 of 1", None)


# Tests


@pytest.mark.rule("R36")
@pytest.mark.rule("R42")
def test_a_test_says_how_it_went_who_made_it_and_how_many_there_were() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment().tested("v2", "passed")
    on(trail, "2025-03-02").deployment().tested("v2", "passed")
    told = {"by": "qa@example.com", "why": "CHG-8", "source": "ci"}
    on(trail, "2025-03-04", known="2025-03-05", **told).deployment().tested("v2", "failed", "run 12")
    assert last_test(trail) == LastTest(
        result="failed",
        evidence="run 12",
        tested_at=day("2025-03-04"),
        known_at=day("2025-03-05"),
        mode="statement",
        tests=3,
        passed=2,
        fact=8,
        **told,
    )
    before = last_test(trail, t="2025-03-03")
    assert before is not None
    assert (before.result, before.tests, before.passed) == ("passed", 2, 2)


@pytest.mark.rule("R36")
def test_a_test_that_names_its_model_and_one_that_does_not_have_a_row_each() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment().tested("v2", "passed")
    on(trail, "2025-03-02").deployment().tested("v2", "failed", model=MIRRORED)
    found = [last_test(trail), last_test(trail, model=MIRRORED), last_test(trail, "v1")]
    assert [one and one.result for one in found] == ["passed", "failed", None]


@pytest.mark.rule("R36")
@pytest.mark.rule("R39")
def test_two_sources_that_tell_of_one_test_are_one_test_and_other_evidence_is_another() -> None:
    trail = deployed(mirrored())
    for source, evidence in (("a", "run 1"), ("b", "run 1"), ("c", "run 2")):
        on(trail, "2025-03-01", source=source).deployment().tested("v2", "passed", evidence)
    last = last_test(trail)
    assert last is not None
    assert (last.tests, last.passed, last.source) == (2, 2, "c")
    on(trail, "2025-03-02", source="c").deployment().tested("v2", "passed", "run 2")
    on(trail, "2025-03-02", source="c").deployment().tested("v2", "failed", "run 2")
    last = last_test(trail)
    assert last is not None
    assert (last.tests, last.tested_at) == (4, day("2025-03-02"))


@pytest.mark.rule("R36")
def test_a_test_outlives_its_deployment() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment().tested("v2", "passed")
    on(trail, "2025-04-01").deployment().delete()
    last = last_test(trail)
    assert last is not None
    assert last.tested_at == day("2025-03-01")


# Changes


@pytest.mark.rule("R42")
def test_a_change_says_the_day_what_it_is_about_what_it_says_who_and_why() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    told = {"by": "bob@example.com", "why": "CHG-7", "source": "ticket"}
    on(trail, "2025-03-01T23:30:00-02:00", known="2025-03-04", **told).deployment().change_policy("manual")
    assert change(trail, 6) == Change(
        day="2025-03-02",
        effective_at=day("2025-03-02T01:30"),
        known_at=day("2025-03-04"),
        kind="deployment",
        subject=PROD,
        event="deployment.policy-changed",
        what="policy manual",
        mode="statement",
        fact=6,
        **told,
    )


@pytest.mark.rule("R42")
def test_what_a_change_says_are_the_fields_that_it_was_given_beside_its_subject() -> None:
    trail = deployed(mirrored(offers=["manual", "auto-update"]))
    model, prod = on(trail, "2025-03-01").model(MIRRORED), on(trail, "2025-03-01").deployment()
    model.announce_retirement("v1", on="2025-06-01", sku="Standard")
    model.change_offers([])
    model.change_offers(None)
    prod.change_version("v2")
    prod.observe(MIRRORED, "")
    prod.change_sku(None)
    prod.stop("calls\n fail " + "again " * 20)
    prod.delete()
    on(trail, "2025-03-02").retract(3)
    said = [one.what for position in range(1, 15) if (one := change(trail, position)) is not None]
    assert said == [
        "rules azure-openai, offers manual auto-update, run by provider",
        "version v1, stage generally-available",
        "version v2, stage generally-available",
        f"model {MIRRORED}, version v1, policy auto-update, run by provider",
        "version v1, on 2025-06-01, qualifier fixed, sku Standard",
        "offers none",
        "offers not given",
        f"model {MIRRORED}, version v2",
        f'model {MIRRORED}, version "", status serving',
        "sku not given",
        "reason " + ("calls fail " + "again " * 20)[:80] + "...",
        "deleted",
        "position 3",
    ]


@pytest.mark.rule("R41")
@pytest.mark.rule("R42")
def test_a_row_that_could_not_be_read_is_a_change_of_its_catalogue() -> None:
    trail = empty()
    unread = Quarantined(row=2, raw="gpt,\n2026-09-31", reason="no date", known_at=None)
    trail.take([unread], catalogue="azure-openai", by="importer")
    row = change(trail, 1)
    assert row is not None
    assert (row.kind, row.subject, row.event) == ("catalogue", "azure-openai", "import.row-quarantined")
    assert row.what == "raw gpt, 2026-09-31, reason no date"


@pytest.mark.rule("R42")
@pytest.mark.rule("R45")
def test_a_retracted_change_is_gone_for_whoever_knows_and_its_retraction_is_a_change() -> None:
    trail = own()
    (created,) = on(trail, "2025-03-01").deployment().create(OWN, "v1")
    (retracted,) = on(trail, "2025-03-09", by="carol").retract(created.position)
    assert change(trail, created.position) is None
    assert change(trail, created.position, known="2025-03-08") is not None
    last = change(trail, retracted.position)
    assert last is not None
    assert (last.kind, last.subject, last.event, last.by) == ("deployment", PROD, "log.fact-retracted", "carol")
    on(trail, "2025-03-10").retract(retracted.position)
    assert (change(trail, created.position) is None, change(trail, retracted.position)) == (False, None)
