"""What counts as a word that was not kept, what does not, and how much notice was given?"""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.projections.breaches import Breach
from modeltrail.projections.notice import MoveNotice
from rules.given import MIRRORED, OWN, PROD, deployed, mirrored, on, own

Told = list[tuple[str, str]]


def found(trail: Trail, until: str = "2025-12-01", since: str | None = None) -> list[Breach]:
    return list(trail.at(until).conformance(since=since).breaches)


def breaches(trail: Trail, until: str = "2025-12-01") -> Told:
    """Kinds, with their days."""
    return [(one.kind, f"{one.at:%m-%d}") for one in found(trail, until)]


def the_notice(trail: Trail) -> MoveNotice:
    (one,) = trail.at("2025-12-01").conformance().notice
    return one


def seen(trail: Trail, day: str, version: str) -> None:
    on(trail, day).deployment().observe(MIRRORED, version)


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("on_day", "expected"), [("2025-03-15", []), ("2025-03-14", [("short-notice", "03-01")])])
def test_notice_is_short_below_the_days_that_the_rules_promise(on_day: str, expected: Told) -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on=on_day)
    on(trail, on_day).model(MIRRORED).change_default("v2")
    assert breaches(trail) == expected


@pytest.mark.rule("R11")
def test_a_change_that_was_announced_without_a_date_has_its_notice_counted_when_it_comes() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", qualifier="tentative")
    on(trail, "2025-03-06").model(MIRRORED).change_default("v2")
    (one,) = found(trail)
    assert (one.kind, f"{one.at:%m-%d}", one.days) == ("short-notice", "03-06", 9)


@pytest.mark.rule("R11")
def test_what_was_confirmed_had_its_notice_from_the_first_word_on() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", source="a page").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-18", source="a mail").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-20").model(MIRRORED).change_default("v2")
    assert breaches(trail) == []


@pytest.mark.rule("R11")
def test_rules_that_promise_no_notice_need_no_announcement() -> None:
    trail = mirrored("azure-foundry")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert breaches(trail) == []


@pytest.mark.rule("R5", "R13")
def test_of_what_was_announced_and_learned_afterwards_nobody_could_know() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", known="2025-04-05").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    on(trail, "2025-04-01").model(MIRRORED).retire("v1")
    (one,) = found(trail)
    assert one.kind == "unannounced"
    assert one.says.endswith("had not been announced: of its announcement nobody could know before 2025-04-05")


@pytest.mark.rule("R14")
def test_a_retirement_for_one_sku_is_announced_by_a_general_one() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-04-01", qualifier="no-earlier-than")
    on(trail, "2025-04-02").model(MIRRORED).retire("v1", sku="Standard")
    assert breaches(trail) == []


@pytest.mark.rule("R7")
def test_what_the_engine_runs_has_no_provider() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="v1 leaks")
    assert breaches(trail) == []


@pytest.mark.rule("R7")
@pytest.mark.parametrize(("run_by", "expected"), [("provider", ["unexplained-move"]), ("engine", [])])
def test_a_deployment_that_the_engine_runs_is_moved_by_no_provider(run_by: str, expected: list[str]) -> None:
    trail = deployed(mirrored(), "upgrade-when-expired", run_by=run_by)
    seen(trail, "2025-03-10", "v2")
    assert [one.kind for one in found(trail)] == expected


@pytest.mark.rule("R7", "R37")
def test_a_deployment_that_the_engine_runs_is_never_late() -> None:
    trail = deployed(mirrored(), "manual", run_by="engine")
    on(trail, "2025-03-01").deployment().change_policy("auto-update")
    on(trail, "2025-03-05").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-20", known="2025-11-01").model(MIRRORED).change_default("v2")
    seen(trail, "2025-04-10", "v1")
    assert breaches(trail) == []


@pytest.mark.rule("R32")
def test_a_stop_that_nothing_explains_is_against_no_policy() -> None:
    trail = deployed(mirrored(), "manual")
    on(trail, "2025-03-10").deployment().observe(MIRRORED, "v1", status="stopped")
    (one,) = found(trail)
    assert (one.kind, one.version) == ("unexplained-move", None)


@pytest.mark.rule("R13")
def test_the_earliest_date_may_become_the_date() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-08-01", qualifier="no-earlier-than")
    on(trail, "2025-04-01").model(MIRRORED).announce_retirement("v1", on="2025-08-01")
    on(trail, "2025-08-01").model(MIRRORED).retire("v1")
    answer = trail.at("2025-12-01").conformance()
    assert (answer.breaches, answer.moved_dates) == ((), ())


@pytest.mark.rule("R13")
def test_a_fixed_date_may_be_moved_a_tentative_one_binds_nobody_and_a_withdrawn_one_is_forgotten() -> None:
    for qualifier, withdraw in (("fixed", False), ("tentative", False), ("no-earlier-than", True)):
        trail = mirrored()
        on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-08-01", qualifier=qualifier)
        if withdraw:
            on(trail, "2025-03-10").model(MIRRORED).withdraw_retirement("v1")
        on(trail, "2025-03-20").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
        on(trail, "2025-06-01").model(MIRRORED).retire("v1")
        assert breaches(trail) == []


@pytest.mark.rule("R12")
def test_a_date_is_a_day_and_is_overdue_when_it_has_passed() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert breaches(trail, "2025-06-01T23:00:00Z") == []
    assert breaches(trail, "2025-06-02") == [("overdue", "06-01")]
    on(trail, "2025-06-01T18:00:00Z").model(MIRRORED).retire("v1")
    assert breaches(trail) == []


@pytest.mark.rule("R12", "R13")
def test_an_overdue_date_that_is_moved_or_withdrawn_was_not_kept() -> None:
    for verb, arguments, word in (
        ("withdraw_retirement", ("v1",), "withdrawn"),
        ("announce_retirement", ("v1", "2025-08-01", "no-earlier-than"), "moved"),
    ):
        trail = mirrored()
        on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
        (ended,) = getattr(on(trail, "2025-06-10").model(MIRRORED), verb)(*arguments)
        (one,) = found(trail)
        assert (one.kind, one.days, one.happened) == ("overdue", 9, None)
        assert one.says.endswith(f"and was {word} only on 2025-06-10") and ended.position in one.because


@pytest.mark.rule("R12")
def test_what_is_reported_of_a_day_that_has_passed_is_no_promise() -> None:
    trail = mirrored()
    on(trail, "2025-06-10").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert breaches(trail) == []


@pytest.mark.rule("R12")
def test_only_fixed_dates_can_be_overdue() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01", qualifier="no-earlier-than")
    assert breaches(trail) == []


@pytest.mark.rule("R19", "R31")
@pytest.mark.parametrize(
    ("day", "expected"),
    [("2025-03-14", []), ("2025-03-15T18:00:00Z", []), ("2025-03-17", [("moved-late", "03-15")])],
)
def test_a_move_is_late_a_day_after_its_window_has_closed(day: str, expected: Told) -> None:
    trail = deployed(mirrored("azure-foundry"))
    on(trail, "2025-03-01").model(MIRRORED).change_rules({"id": "foundry", "notice_days": 0, "rollout_days": 14})
    on(trail, "2025-03-01T00:00:00Z").model(MIRRORED).change_default("v2")
    seen(trail, "2025-03-05", "v1")
    seen(trail, day, "v1")
    seen(trail, "2025-03-20", "v2")
    assert breaches(trail) == expected


@pytest.mark.rule("R19", "R32")
@pytest.mark.parametrize(
    ("changed", "announced", "expected"),
    [
        ("2025-03-20", None, "moved-early"),
        ("2025-05-20", None, "unexplained-move"),
        ("2025-05-20", "2025-03-01", "moved-early"),
        ("2025-05-20", "2025-04-01", "unexplained-move"),
    ],
)
def test_a_move_is_early_where_it_was_announced_or_came_within_a_rollout(
    changed: str, announced: str | None, expected: str
) -> None:
    trail = deployed(mirrored())
    if announced is not None:
        on(trail, announced).model(MIRRORED).announce_default("v2", on=changed)
    seen(trail, "2025-03-10", "v2")
    on(trail, changed).model(MIRRORED).change_default("v2")
    (one,) = (one for one in found(trail) if one.deployment == PROD)
    assert (one.kind, one.version, f"{one.at:%m-%d}") == (expected, "v2", "03-10")
    assert (one.promised is None) is (expected == "unexplained-move")


@pytest.mark.rule("R20", "R32")
@pytest.mark.parametrize(("lead_days", "expected"), [(None, "06-01"), (30, "05-02")])
def test_a_move_to_the_replacement_before_its_window_is_early(lead_days: int | None, expected: str) -> None:
    trail = deployed(mirrored(), "upgrade-when-expired")
    on(trail, "2025-02-20").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-02-20").model(MIRRORED).name_replacement("v1", MIRRORED, "v2", lead_days=lead_days)
    seen(trail, "2025-03-10", "v2")
    (one,) = found(trail, "2025-05-01")
    assert (one.kind, f"{one.promised:%m-%d}") == ("moved-early", expected)


@pytest.mark.rule("R28")
def test_a_move_ahead_of_a_change_that_is_still_to_come_is_early_already() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-05-20")
    seen(trail, "2025-03-10", "v2")
    assert breaches(trail, "2025-03-11") == [("moved-early", "03-10")]


@pytest.mark.rule("R32")
def test_what_is_explained_later_is_a_breach_no_more() -> None:
    trail = deployed(mirrored(), "manual")
    seen(trail, "2025-03-10", "v2")
    assert breaches(trail) == [("policy-breach", "03-10")]
    on(trail, "2025-03-09", known="2025-04-01", why="CHG-1").deployment().change_version("v2")
    assert breaches(trail) == []


@pytest.mark.rule("R11")
def test_notice_counts_from_the_first_word_and_from_the_right_date() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-04-01")
    on(trail, "2025-04-01T10:00:00Z").model(MIRRORED).change_default("v2")
    one = the_notice(trail)
    assert (one.kind, one.cause, one.certainty, one.first_days, one.right_days) == (
        *("move", "default-change", "window"),
        *(40, 31),
    )


@pytest.mark.rule("R11")
def test_what_was_announced_for_an_earlier_change_is_no_notice_of_a_later_one() -> None:
    trail = mirrored()
    on(trail, "2025-02-02").model(MIRRORED).announce_default("v2", on="2025-03-01")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-20").model(MIRRORED).change_default("v1")
    on(trail, "2025-04-01").deployment().create(MIRRORED, version="v1", policy="auto-update", run_by="provider")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v2")
    one = the_notice(trail)
    assert (one.at.month, one.first_known_at, one.right_known_at) == (5, None, None)


@pytest.mark.rule("R21")
def test_a_stop_got_notice_too_and_a_change_by_hand_needs_none() -> None:
    trail = deployed(mirrored(), "manual", owner="chat-team")
    on(trail, "2025-03-01").deployment().change_version("v2")
    on(trail, "2025-03-10").model(MIRRORED).announce_retirement("v2", on="2025-04-01")
    on(trail, "2025-04-01").model(MIRRORED).retire("v2")
    one = the_notice(trail)
    assert (one.kind, one.owner, one.left_version, one.to_version, one.first_days) == (
        *("stop", "chat-team", "v2", None),
        22,
    )


@pytest.mark.rule("R13")
def test_dates_that_moved_before_the_period_are_left_out() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-08-01")
    on(trail, "2025-04-01").model(MIRRORED).announce_retirement("v1", on="2025-09-01")
    assert len(trail.at("2025-12-01").conformance(since="2025-03-15").moved_dates) == 1
    assert trail.at("2025-12-01").conformance(since="2025-05-01").moved_dates == ()


@pytest.mark.rule("R13")
def test_whose_word_counts_decides_which_dates_stood() -> None:
    trail = mirrored()
    with trail.record(by="alice@example.com", effective_at="2025-01-01", known_at="2025-01-01") as rec:
        rec.catalogue("azure-openai").trust("the page", "a rumour")
    page, rumour = ({"source": source} for source in ("the page", "a rumour"))
    on(trail, "2025-03-01", **page).model(MIRRORED).announce_retirement(
        "v1", on="2025-08-01", qualifier="no-earlier-than"
    )
    on(trail, "2025-04-01", **rumour).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    answer = trail.at("2025-05-01").conformance()
    assert (answer.breaches, answer.moved_dates) == ((), ())
