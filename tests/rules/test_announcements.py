"""R11 and R12: the notice of a new default, and dates that have passed."""

from __future__ import annotations

import pytest

from modeltrail import Refused, Trail
from modeltrail.projections.models import VersionAnswer
from rules.given import MIRRORED, OWN, deployed, mirrored, on, own, served, shown


def version(trail: Trail, name: str, t: str | None = None, model: str = MIRRORED) -> VersionAnswer:
    return next(one for one in trail.at(t).model(model).versions if one.version == name)


def default(trail: Trail, t: str | None = None, model: str = MIRRORED, known: str | None = None) -> str | None:
    return trail.at(t, known_at=known).model(model).default


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("on_day", "is_enough"), [("2025-03-14", False), ("2025-03-15", True)])
def test_a_new_default_is_announced_at_least_14_days_ahead(on_day: str, is_enough: bool) -> None:
    announce = on(own(), "2025-03-01").model(OWN).announce_default
    if is_enough:
        assert announce("v2", on=on_day)
    else:
        with pytest.raises(Refused, match=r"promises 14 days of notice.*the earliest date is 2025-03-15"):
            announce("v2", on=on_day)


@pytest.mark.rule("R11")
def test_notice_is_counted_from_the_day_on_which_the_announcement_was_known() -> None:
    with pytest.raises(Refused, match="the earliest date is 2025-03-20"):
        on(own(), "2025-03-01", known="2025-03-06").model(OWN).announce_default("v2", on="2025-03-19")


@pytest.mark.rule("R11")
def test_a_default_changes_when_its_standing_announcement_is_due_and_not_before() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-03-20")
    with pytest.raises(Refused, match="without an announcement that is due: announce it 14 days ahead"):
        on(trail, "2025-03-19").model(OWN).change_default("v2")
    assert on(trail, "2025-03-20").model(OWN).change_default("v2")


@pytest.mark.rule("R11")
def test_an_announcement_serves_one_change_only() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-20").model(OWN).change_default("v2")
    on(trail, "2025-04-01").model(OWN).change_default("v1", emergency="v2 leaks")
    with pytest.raises(Refused, match="without an announcement that is due"):
        on(trail, "2025-04-02").model(OWN).change_default("v2")


@pytest.mark.rule("R11")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_only_a_fixed_announcement_falls_due(qualifier: str) -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-03-20", qualifier=qualifier)
    with pytest.raises(Refused, match="without an announcement that is due"):
        on(trail, "2025-03-21").model(OWN).change_default("v2")


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("reason", "is_allowed"), [("v1 leaks", True), ("", False)])
def test_an_emergency_needs_a_reason(reason: str, is_allowed: bool) -> None:
    change = on(own(), "2025-03-01").model(OWN).change_default
    if is_allowed:
        assert change("v2", emergency=reason)
    else:
        with pytest.raises(Refused, match="give emergency= with the reason"):
            change("v2", emergency=reason)


@pytest.mark.rule("R11")
@pytest.mark.rule("R27")
@pytest.mark.parametrize("verb", ["change_default", "retire"])
def test_blanks_are_no_reason_for_an_emergency(verb: str) -> None:
    with pytest.raises((Refused, ValueError)):
        getattr(on(own(), "2025-03-01").model(OWN), verb)("v2", emergency="  ")


@pytest.mark.rule("R11")
def test_the_first_default_needs_no_announcement() -> None:
    trail = own()
    on(trail, "2025-01-01").model("acme/new").register(run_by="engine")
    on(trail, "2025-01-01").model("acme/new").release("a")
    assert on(trail, "2025-01-01").model("acme/new").change_default("a")


@pytest.mark.rule("R11")
def test_a_change_after_the_first_default_rests_on_14_days_of_notice() -> None:
    trail = own()
    on(trail, "2025-01-01").model("acme/new").register(run_by="engine")
    on(trail, "2025-01-01").model("acme/new").release("a")
    on(trail, "2025-01-01").model("acme/new").release("b")
    on(trail, "2025-01-01").model("acme/new").announce_default("b", on="2025-01-03")
    on(trail, "2025-01-02").model("acme/new").change_default("a")
    with pytest.raises(Refused, match="14 days"):
        on(trail, "2025-01-03").model("acme/new").change_default("b")


@pytest.mark.rule("R11")
def test_under_azure_foundry_no_notice_is_enforced_and_none_is_flagged() -> None:
    trail = own(rules="azure-foundry")
    assert on(trail, "2025-03-01").model(OWN).change_default("v2")
    trail = deployed(mirrored("azure-foundry"))
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert served(trail, "2025-03-02").flags == ()


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("known", "is_flagged"), [("2025-03-01", False), ("2025-03-02", True)])
def test_in_a_mirrored_catalogue_a_shorter_notice_is_flagged(known: str, is_flagged: bool) -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", known=known).model(MIRRORED).announce_default("v2", on="2025-03-15")
    on(trail, "2025-03-15").model(MIRRORED).change_default("v2")
    assert ("short-notice" in served(trail, "2025-03-16").flags) is is_flagged


@pytest.mark.rule("R11")
def test_a_default_announced_at_short_notice_is_flagged_beforehand() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-10")
    (entry,) = trail.at("2025-03-02").upcoming(30)
    assert (entry.kind, entry.flags) == ("default-change", ("short-notice",))


@pytest.mark.rule("R11")
@pytest.mark.rule("R13")
def test_the_announced_default_stands_although_the_version_was_the_only_one_when_it_was_announced() -> None:
    trail = mirrored()
    on(trail, "2025-01-01").model("azure-openai/new").release("a")
    on(trail, "2025-01-02").model("azure-openai/new").announce_default("a", on="2025-03-01")
    on(trail, "2025-01-20").model("azure-openai/new").release("b")
    assert [one.version for one in trail.at("2025-02-01").model("azure-openai/new").default_announced] == ["a"]


@pytest.mark.rule("R12")
@pytest.mark.parametrize(("t", "is_overdue"), [("2025-05-31", False), ("2025-06-01", True), ("2025-09-01", True)])
def test_a_date_that_has_passed_without_its_fact_is_overdue(t: str, is_overdue: bool) -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    (entry,) = trail.at(t).upcoming(30, catalogue_only=True)
    assert ("overdue" in entry.flags) is is_overdue


@pytest.mark.rule("R12")
def test_nothing_is_overdue_before_its_announcement_is_effective() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-07-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert (shown(trail, "2025-06-15"), shown(trail, "2025-07-01")) == ("v1", "v1 or stopped")


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("policy", "possible"),
    [("manual", "v1 or stopped"), ("upgrade-when-expired", "v1 or v2"), ("auto-update", "v1 or v2")],
)
def test_after_a_passed_fixed_retirement_it_is_that_version_or_what_the_policy_requires(
    policy: str, possible: str
) -> None:
    trail = deployed(mirrored(), policy=policy)
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v2")
    assert [shown(trail, t) for t in ("2025-05-31", "2025-06-01", "2025-12-01")] == ["v1", possible, possible]
    assert served(trail, "2025-06-01").deadline is None


@pytest.mark.rule("R12")
@pytest.mark.parametrize(("end", "after"), [("moved", "v1"), ("withdrawn", "v1"), ("retired", "stopped")])
def test_it_stays_so_until_a_later_announcement_a_withdrawal_or_the_retirement(end: str, after: str) -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    model = on(trail, "2025-06-10").model(MIRRORED)
    if end == "moved":
        model.announce_retirement("v1", on="2025-09-01")
    elif end == "withdrawn":
        model.withdraw_retirement("v1")
    else:
        model.retire("v1")
    assert (shown(trail, "2025-06-09"), shown(trail, "2025-06-10")) == ("v1 or stopped", after)


@pytest.mark.rule("R12")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_other_passed_dates_change_no_answer(qualifier: str) -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", qualifier=qualifier)
    on(trail, "2025-03-01").model(MIRRORED).announce_stage("v1", "deprecated", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-06-01")
    assert (shown(trail, "2025-07-01"), default(trail, "2025-07-01")) == ("v1", "v1")
    assert version(trail, "v1", "2025-07-01").stage == "generally-available"


@pytest.mark.rule("R12")
def test_what_the_engine_runs_waits_to_be_carried_out() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy="manual")
    on(trail, "2025-03-01").model(OWN).announce_retirement("v1", on="2025-06-01")
    (entry,) = trail.at("2025-07-01").upcoming(30, catalogue_only=True)
    assert (shown(trail, "2025-07-01"), entry.flags) == ("v1", ("overdue",))
