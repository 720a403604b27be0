"""R28 to R30, R33 to R36: the course, its certainty and windows, stops and resumptions, what is upcoming."""

from __future__ import annotations

from itertools import pairwise

import pytest

from modeltrail import Refused, Trail
from rules.given import MIRRORED, OWN, PROD, ahead, day, deployed, mirrored, on, own, segments, served, shown


def eventful() -> Trail:
    """Given a deployment that was moved, seen, stopped and resumed."""
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-10").deployment().observe(MIRRORED, "v1")
    on(trail, "2025-04-01").deployment().change_policy("manual")
    on(trail, "2025-05-01").deployment().observe(MIRRORED, "v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v2")
    on(trail, "2025-07-01").deployment().change_version("v1")
    return trail


@pytest.mark.rule("R28")
def test_the_segments_of_a_course_have_no_gaps_and_no_overlaps() -> None:
    parts = segments(eventful())
    assert parts[0].since == day("2025-02-10") and parts[-1].until is None
    assert all(first.until == second.since for first, second in pairwise(parts))
    assert all(part.until is None or part.since < part.until for part in parts)


@pytest.mark.rule("R28")
def test_a_segment_says_what_is_possible_why_under_which_policy_and_rules_and_on_which_positions_it_rests() -> None:
    trail = deployed(mirrored())
    (change,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    _, window, after = segments(trail)
    assert (window.certainty, window.cause, window.policy, window.rules) == (
        "window",
        "default-change",
        "auto-update",
        "azure-openai",
    )
    assert [(one.status, one.version) for one in window.possible] == [("serving", "v1"), ("serving", "v2")]
    assert change.position in window.because and change.position in after.because


@pytest.mark.rule("R28")
@pytest.mark.rule("R6")
@pytest.mark.parametrize("known", ["2025-03-05", "2025-03-10", "2025-06-15", None])
def test_serving_is_read_from_the_course_known_at_the_moment_asked_about(known: str | None) -> None:
    trail = eventful()
    for part in trail.at(known_at=known).course(PROD).segments:
        answer = trail.at(part.since, known_at=known).serving(PROD)
        assert (answer.possible, answer.certainty) == (part.possible, part.certainty)


@pytest.mark.rule("R28")
def test_what_is_upcoming_takes_standing_announcements_as_carried_out_on_their_dates() -> None:
    trail = deployed(mirrored())
    (said,) = on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    (move,) = ahead(trail, "2025-03-02")
    assert (move.kind, move.on, move.until, move.certainty) == ("move", day("2025-03-20"), day("2025-04-03"), "window")
    assert move.to is not None and (move.to.version, move.qualifier) == ("v2", "fixed")
    assert said.position in move.because
    assert shown(trail, "2025-04-10") == "v1"


@pytest.mark.rule("R28")
def test_what_is_upcoming_ends_with_the_days_asked_for_the_last_moment_included() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    assert [len(ahead(trail, "2025-03-10", days)) for days in (9, 10)] == [0, 1]


@pytest.mark.rule("R28")
def test_upcoming_names_a_stop_where_the_policy_moves_nothing() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    (stop,) = ahead(trail, "2025-03-02")
    assert (stop.kind, stop.on, stop.version, stop.to) == ("stop", day("2025-04-01"), "v1", None)


@pytest.mark.rule("R29")
def test_created_and_changed_is_recorded() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").deployment().change_version("v2")
    assert [served(trail, t).certainty for t in ("2025-02-11", "2025-03-02")] == ["recorded", "recorded"]


@pytest.mark.rule("R29")
def test_seen_is_observed_until_something_else_is_due() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").deployment().observe(MIRRORED, "v1")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v2")
    certain = [served(trail, t).certainty for t in ("2025-02-19", "2025-02-20", "2025-04-30", "2025-05-01")]
    assert certain == ["recorded", "observed", "observed", "window"]


@pytest.mark.rule("R29")
def test_derived_and_not_seen_is_assumed_a_stop_too() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    assert (shown(trail, "2025-03-01"), served(trail, "2025-03-01").certainty) == ("stopped", "assumed")


@pytest.mark.rule("R29")
def test_what_is_announced_is_never_served() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-01").model(MIRRORED).announce_stage("v1", "legacy", on="2025-03-20")
    assert (shown(trail, "2025-06-01"), trail.at("2025-06-01").model(MIRRORED).default) == ("v1", "v1")
    assert {one.certainty for one in trail.at("2025-03-02").upcoming(catalogue_only=True)} == {"announced"}


def two_changes(second: str, to: str = "v3") -> Trail:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").model(MIRRORED).release("v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, second).model(MIRRORED).change_default(to)
    return trail


@pytest.mark.rule("R30")
def test_a_newer_target_joins_the_set_and_restarts_the_deadline() -> None:
    trail = two_changes("2025-03-08")
    asked = ("2025-03-07", "2025-03-08", "2025-03-21", "2025-03-22")
    assert [shown(trail, t) for t in asked] == ["v1 or v2", "v1 or v2 or v3", "v1 or v2 or v3", "v3"]
    assert served(trail, "2025-03-08").deadline == day("2025-03-22")


@pytest.mark.rule("R30")
def test_a_newer_target_of_one_member_restarts_the_deadline_of_the_others_too() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").model(MIRRORED).release("v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-02").model(MIRRORED).announce_forced_upgrade("v2", on="2025-03-08", to_version="v3")
    assert [shown(trail, t) for t in ("2025-03-07", "2025-03-21")] == ["v1 or v2", "v1 or v2 or v3"]
    assert [served(trail, t).deadline for t in ("2025-03-07", "2025-03-08")] == [day("2025-03-15"), day("2025-03-22")]


@pytest.mark.rule("R30")
def test_a_window_has_closed_at_its_deadline_before_the_facts_of_that_moment() -> None:
    trail = two_changes("2025-03-15")
    assert [shown(trail, t) for t in ("2025-03-14", "2025-03-15", "2025-03-29")] == ["v1 or v2", "v2 or v3", "v3"]


@pytest.mark.rule("R30")
def test_a_default_that_steps_back_to_a_member_leaves_set_and_deadline() -> None:
    trail = two_changes("2025-03-08", to="v1")
    assert [shown(trail, t) for t in ("2025-03-08", "2025-03-14", "2025-03-15")] == ["v1 or v2", "v1 or v2", "v1"]
    assert served(trail, "2025-03-08").deadline == day("2025-03-15")


@pytest.mark.rule("R30")
def test_leaving_the_policy_that_opened_a_window_leaves_the_set_without_deadline_until_the_next_sight() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").deployment().change_policy("manual")
    answer = served(trail, "2025-04-01")
    assert (shown(trail, "2025-04-01"), answer.deadline) == ("v1 or v2", None)
    on(trail, "2025-05-01").deployment().observe(MIRRORED, "v1")
    assert shown(trail, "2025-05-02") == "v1"


@pytest.mark.rule("R30")
def test_a_change_of_rules_within_a_window_leaves_its_deadline() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").model(MIRRORED).change_rules({"id": "slow", "rollout_days": 60})
    assert [shown(trail, t) for t in ("2025-03-14", "2025-03-15")] == ["v1 or v2", "v2"]


@pytest.mark.rule("R30")
def test_nobody_is_due_to_a_retired_version() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").model(MIRRORED).retire("v2")
    assert "v2" not in shown(trail, "2025-03-05").split(" or ")
    assert "v1" in shown(trail, "2025-03-20").split(" or ")


@pytest.mark.rule("R30")
def test_each_member_moves_or_stops_on_its_own() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").deployment().change_policy("manual")
    on(trail, "2025-03-10").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-03-10") == "v2 or stopped"


@pytest.mark.rule("R33")
def test_the_policy_in_force_at_the_change_counts_and_not_a_later_one() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01").deployment().change_policy("upgrade-when-expired")
    assert (shown(trail, "2025-03-02"), shown(trail, "2025-04-02")) == ("stopped", "stopped")


@pytest.mark.rule("R33")
def test_a_policy_learned_later_for_an_earlier_day_counts_for_whoever_knows_it() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-02-20", known="2025-06-01").deployment().change_policy("auto-update")
    assert (shown(trail, "2025-04-01", known="2025-05-01"), shown(trail, "2025-04-01")) == ("v1", "v2")


@pytest.mark.rule("R33")
def test_a_version_that_was_never_possible_is_never_shown() -> None:
    trail = two_changes("2025-03-01")
    shown_ever = {one.version for part in segments(trail) for one in part.possible}
    assert len(shown_ever) == 2 and trail.at().model(MIRRORED).default in shown_ever


@pytest.mark.rule("R34")
def test_a_stopped_deployment_resumes_by_a_change_and_the_outage_is_a_segment() -> None:
    trail = deployed(mirrored(), policy="manual", run_by="engine")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").deployment().change_version("v2")
    parts = segments(trail)
    assert [part.possible[0].status for part in parts] == ["serving", "stopped", "serving"]
    assert (parts[1].since, parts[1].until) == (day("2025-03-01"), day("2025-04-01"))
    assert {served(trail, part.since.isoformat()).incarnation for part in parts} == {1}


@pytest.mark.rule("R34")
def test_it_resumes_only_by_a_choosable_version() -> None:
    trail = deployed(mirrored(), policy="manual", run_by="engine")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    with pytest.raises(Refused, match="cannot be chosen: choose one of v2"):
        on(trail, "2025-04-01").deployment().change_version("v1")


@pytest.mark.rule("R34")
@pytest.mark.parametrize("end", ["executed", "observed", "assumed"])
def test_a_move_ends_the_outage(end: str) -> None:
    trail = deployed(mirrored(), policy="auto-update")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-03-02") == "stopped"
    if end == "executed":
        on(trail, "2025-04-01").deployment().change_version("v2", cause="default-change")
    elif end == "observed":
        on(trail, "2025-04-01").deployment().observe(MIRRORED, "v2")
    else:
        on(trail, "2025-03-18").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-04-01") == "v2"


@pytest.mark.rule("R34")
def test_inside_the_interval_of_a_sight_it_is_stopped_or_the_version_seen() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").deployment().observe(MIRRORED, "v2")
    assert set(shown(trail, "2025-03-15").split(" or ")) == {"stopped", "v2"}
    assert served(trail, "2025-03-15").certainty == "window"


@pytest.mark.rule("R34")
@pytest.mark.parametrize("how", ["observe", "create", "change_version"])
@pytest.mark.parametrize(("policy", "now"), [("manual", "stopped"), ("upgrade-when-expired", "v2")])
def test_a_statement_that_puts_it_on_a_retired_version_counts_as_retired_at_that_moment(
    how: str, policy: str, now: str
) -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    verbs = on(trail, "2025-04-01").deployment()
    if how == "create":
        verbs.create(MIRRORED, "v1", policy=policy, run_by="provider")
    else:
        on(trail, "2025-03-15").deployment().create(MIRRORED, "v2", policy=policy, run_by="provider")
        verbs.observe(MIRRORED, "v1") if how == "observe" else verbs.change_version("v1", model=MIRRORED)
    assert (shown(trail, "2025-04-01"), "contradiction" in served(trail, "2025-04-01").flags) == (now, True)


@pytest.mark.rule("R34")
def test_a_recorded_stop_gives_its_reason() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1")
    on(trail, "2025-03-01").deployment().stop(reason="no budget")
    answer = served(trail, "2025-03-01")
    assert (answer.status, answer.stopped_because, answer.certainty) == ("stopped", "no budget", "recorded")


def pinned() -> Trail:
    """Given a consumer that pins an API version which v1 and v4 answer, and v2 and v3 do not."""
    trail = mirrored()
    on(trail, "2025-02-01").model(MIRRORED).release("v2", api_versions=["new"])
    on(trail, "2025-02-02").model(MIRRORED).release("v3", api_versions=["new"])
    on(trail, "2025-02-03").model(MIRRORED).release("v4", api_versions=["old", "new"])
    return deployed(trail, api_version="old")


@pytest.mark.rule("R35")
@pytest.mark.rule("R4")
@pytest.mark.parametrize(("to", "breaks"), [("v2", True), ("v4", False), ("unknown", False)])
def test_a_move_to_a_version_that_does_not_answer_the_pinned_api_version_is_marked(to: str, breaks: bool) -> None:
    trail = pinned()
    on(trail, "2025-03-01").model(MIRRORED).announce_default(to, on="2025-03-20")
    kinds = [one.kind for one in ahead(trail, "2025-03-02")]
    assert [("api-break" in one.flags) for one in ahead(trail, "2025-03-02")][:1] == ([breaks] if kinds else [])
    assert ("api-break" in kinds) is breaks
    on(trail, "2025-03-20").model(MIRRORED).change_default(to)
    assert ("api-break" in served(trail, "2025-04-10").flags) is breaks


@pytest.mark.rule("R35")
def test_a_version_that_answers_it_is_not_marked_without_a_pinned_one() -> None:
    trail = pinned()
    on(trail, "2025-02-20").deployment().change_api_version(None)
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    assert [one.kind for one in ahead(trail, "2025-03-02")] == ["move"]


@pytest.mark.rule("R35")
def test_in_a_window_with_two_targets_only_the_move_that_breaks_is_marked() -> None:
    trail = pinned()
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v4", on="2025-03-25")
    moves = {one.to.version: "api-break" in one.flags for one in ahead(trail, "2025-03-02") if one.to is not None}
    assert moves == {"v2": True, "v4": False}


@pytest.mark.rule("R35")
def test_each_move_that_breaks_has_its_entry() -> None:
    trail = pinned()
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v3", on="2025-03-25")
    breaks = [one.to.version for one in ahead(trail, "2025-03-02") if one.kind == "api-break" and one.to is not None]
    assert breaks == ["v2", "v3"]


@pytest.mark.rule("R36")
@pytest.mark.parametrize(
    ("results", "tested", "last"),
    [((), False, None), (("passed",), True, "passed"), (("passed", "failed"), True, "failed")],
)
def test_what_is_upcoming_shows_whether_its_target_was_tested(
    results: tuple[str, ...], tested: bool, last: str | None
) -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    for number, result in enumerate(results, start=2):
        on(trail, f"2025-03-0{number}").deployment().tested("v2", result=result, evidence="suite 7")
    (move,) = ahead(trail, "2025-03-10")
    assert (move.tested, move.test_result) == (tested, last)


@pytest.mark.rule("R36")
def test_a_test_of_another_version_or_for_another_deployment_does_not_count() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-10").deployment("other").create(MIRRORED, "v1", policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-20")
    on(trail, "2025-03-02").deployment().tested("v1", result="passed")
    on(trail, "2025-03-02").deployment("other").tested("v2", result="passed")
    assert [one.tested for one in ahead(trail, "2025-03-10") if one.deployment == PROD] == [False]


@pytest.mark.rule("R36")
def test_a_test_without_a_model_is_of_the_model_that_the_deployment_is_on() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model("azure-openai/next").release("v2")
    on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model="azure-openai/next", to_version="v2")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    on(trail, "2025-03-02").deployment().tested("v2", result="passed")
    (move,) = ahead(trail, "2025-03-10")
    assert move.to is not None and (move.to.model, move.tested) == ("azure-openai/next", False)
