"""R31 and R32: what a sight says of its own moment, of the time before it and of the time after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from modeltrail import Trail
from rules.given import MIRRORED, day, deployed, mirrored, on, segments, served, shown

MICROSECOND = timedelta(microseconds=1)


def seen(trail: Trail, at: str, version: str, **more: str) -> Trail:
    on(trail, at).deployment().observe(MIRRORED, version, **more)
    return trail


def changed(trail: Trail) -> Trail:
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    return trail


@pytest.mark.rule("R31")
def test_a_move_took_place_between_its_cause_and_the_first_sight_of_the_new_version() -> None:
    trail = seen(changed(deployed(mirrored())), "2025-03-10", "v2")
    asked = ("2025-02-28", "2025-03-01", "2025-03-09", "2025-03-10", "2025-03-11")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v2", "v2"]
    assert (served(trail, "2025-03-05").deadline, served(trail, "2025-03-11").certainty) == (
        day("2025-03-10"),
        "observed",
    )


@pytest.mark.rule("R31")
def test_a_move_took_place_after_the_last_sight_of_the_old_version() -> None:
    trail = seen(seen(changed(deployed(mirrored())), "2025-03-05", "v1"), "2025-03-10", "v2")
    moment = datetime(2025, 3, 5, tzinfo=UTC)
    assert [shown(trail, t) for t in ("2025-03-04", "2025-03-05", "2025-03-06")] == ["v1", "v1", "v1 or v2"]
    assert shown(trail, (moment + MICROSECOND).isoformat()) == "v1 or v2"


@pytest.mark.rule("R31")
def test_a_change_by_hand_counts_as_a_sight_of_the_old_version() -> None:
    trail = deployed(mirrored(), policy="manual", version="v2")
    on(trail, "2025-03-05").deployment().change_version("v1")
    seen(trail, "2025-03-10", "v2")
    asked = ("2025-03-04", "2025-03-05", "2025-03-06", "2025-03-10")
    assert [shown(trail, t) for t in asked] == ["v2", "v1", "v1 or v2", "v2"]


@pytest.mark.rule("R31")
def test_an_unexplained_move_did_not_take_place_before_the_release_of_the_new_version() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-04-01").model(MIRRORED).release("v3")
    seen(trail, "2025-05-01", "v3")
    assert [shown(trail, t) for t in ("2025-03-31", "2025-04-01", "2025-05-01")] == ["v1", "v1 or v3", "v3"]


@pytest.mark.rule("R31")
def test_a_sight_shows_exactly_what_was_seen_at_its_own_moment() -> None:
    trail = seen(changed(deployed(mirrored())), "2025-03-05", "v1")
    assert (shown(trail, "2025-03-05"), served(trail, "2025-03-05").certainty) == ("v1", "observed")


@pytest.mark.rule("R31")
def test_a_sight_of_the_old_version_inside_a_window_shows_that_the_move_had_not_happened() -> None:
    trail = seen(changed(deployed(mirrored())), "2025-03-05", "v1")
    asked = ("2025-03-04", "2025-03-06", "2025-03-15", "2025-12-01")
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2", "v1 or v2", "v1 or v2"]
    assert served(trail, "2025-03-06").deadline is None


@pytest.mark.rule("R31")
def test_a_sight_of_the_old_version_after_an_assumed_move_shows_that_it_had_not_happened() -> None:
    trail = changed(deployed(mirrored()))
    assert shown(trail, "2025-04-01") == "v2"
    seen(trail, "2025-05-01", "v1")
    asked = ("2025-03-10", "2025-04-01", "2025-05-01", "2025-05-02")
    assert [shown(trail, t) for t in asked] == ["v1", "v1", "v1", "v1 or v2"]
    assert shown(trail, "2025-04-01", known="2025-04-30") == "v2"


@pytest.mark.rule("R31")
def test_the_set_stays_until_the_next_sight() -> None:
    trail = seen(seen(changed(deployed(mirrored())), "2025-03-05", "v1"), "2025-09-01", "v2")
    assert [shown(trail, t) for t in ("2025-08-31", "2025-09-01", "2025-09-02")] == ["v1 or v2", "v2", "v2"]


@pytest.mark.rule("R31")
def test_a_late_sight_of_an_earlier_day_narrows_the_window() -> None:
    trail = seen(changed(deployed(mirrored())), "2025-03-12", "v2")
    on(trail, "2025-03-08", known="2025-06-01").deployment().observe(MIRRORED, "v2")
    assert (shown(trail, "2025-03-10", known="2025-05-01"), shown(trail, "2025-03-10")) == ("v1 or v2", "v2")


@pytest.mark.rule("R31")
def test_a_sight_of_one_of_three_settles_what_could_not_have_led_to_it() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").model(MIRRORED).release("v3")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-08").model(MIRRORED).change_default("v3")
    seen(trail, "2025-03-12", "v2")
    assert [shown(trail, t) for t in ("2025-03-05", "2025-03-10", "2025-03-12")] == ["v1 or v2", "v2", "v2"]


@pytest.mark.rule("R31")
@pytest.mark.rule("R34")
def test_a_sight_of_the_stop_settles_what_an_overdue_retirement_left_open() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    seen(trail, "2025-06-10", "v1", status="stopped")
    assert [shown(trail, t) for t in ("2025-06-05", "2025-06-10", "2025-06-20")] == [
        "v1 or stopped",
        "stopped",
        "stopped",
    ]


@pytest.mark.rule("R31")
def test_the_first_sight_says_nothing_of_the_time_before_it() -> None:
    trail = seen(mirrored(), "2025-03-10", "v2")
    assert (shown(trail, "2025-03-09"), shown(trail, "2025-03-10")) == ("absent", "v2")


@pytest.mark.rule("R31")
def test_two_sights_of_one_moment_that_differ_are_both_kept() -> None:
    trail = deployed(mirrored(), policy="manual")
    for source, version in (("a", "v1"), ("b", "v2")):
        on(trail, "2025-03-05", source=source).deployment().observe(MIRRORED, version)
    assert len(trail.history("chat-prod")) == 3
    assert shown(trail, "2025-03-06") == "v2"


@pytest.mark.rule("R32")
def test_an_observation_that_no_rule_explains_is_kept_as_unexplained() -> None:
    trail = seen(deployed(mirrored(), policy="manual"), "2025-03-10", "v2")
    assert (served(trail, "2025-03-10").cause, shown(trail, "2025-03-10")) == ("unexplained", "v2")
    assert shown(trail, "2025-02-10") == "v1"
    assert shown(trail, "2025-02-11") == "v1 or v2"


@pytest.mark.rule("R32")
def test_a_fact_learned_later_explains_it_in_the_course_then_known() -> None:
    trail = seen(deployed(mirrored()), "2025-03-10", "v2")
    on(trail, "2025-03-01", known="2025-06-01").model(MIRRORED).change_default("v2")
    then, now = served(trail, "2025-03-10", known="2025-05-01"), served(trail, "2025-03-10")
    assert (then.cause, now.cause) == ("unexplained", "default-change")
    asked = ("2025-02-20", "2025-03-05")
    assert [shown(trail, t, known="2025-05-01") for t in asked] == ["v1 or v2", "v1 or v2"]
    assert [shown(trail, t) for t in asked] == ["v1", "v1 or v2"]


@pytest.mark.rule("R32")
@pytest.mark.rule("R26")
def test_an_unexplained_move_counts_as_a_change_by_hand() -> None:
    trail = changed(deployed(mirrored()))
    on(trail, "2025-04-01").model(MIRRORED).release("v3")
    seen(trail, "2025-05-01", "v3")
    assert shown(trail, "2025-12-01") == "v3"
    on(trail, "2025-06-01").model(MIRRORED).release("v4")
    on(trail, "2025-07-01").model(MIRRORED).change_default("v4")
    assert shown(trail, "2025-07-01") == "v3 or v4"


@pytest.mark.rule("R32")
def test_an_unexplained_stop_is_kept_too() -> None:
    trail = seen(deployed(mirrored(), policy="manual"), "2025-03-10", "v1", status="stopped")
    assert (shown(trail, "2025-03-10"), served(trail, "2025-03-10").cause) == ("stopped", "unexplained")


@pytest.mark.rule("R31")
@pytest.mark.rule("R28")
def test_a_window_that_a_sight_closes_ends_at_the_sight() -> None:
    trail = seen(changed(deployed(mirrored())), "2025-03-10", "v2")
    assert [part.until for part in segments(trail) if part.certainty == "window"] == [day("2025-03-10")]


@pytest.mark.rule("R31")
@pytest.mark.rule("R24")
def test_what_would_have_followed_had_an_assumed_move_not_happened_explains_a_sight() -> None:
    trail = mirrored()
    on(trail, "2025-02-02").model(MIRRORED).release("p1", stage="preview")
    on(trail, "2025-02-20").model(MIRRORED).release("v3")
    deployed(trail, version="p1")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v3")
    on(trail, "2025-03-10").model(MIRRORED).release("p2", stage="preview")
    assert [shown(trail, t) for t in ("2025-03-14", "2025-03-15", "2025-03-24")] == ["p1 or v3", "v3", "v3"]
    seen(trail, "2025-04-01", "p2")
    asked = ("2025-03-14", "2025-03-23", "2025-03-24", "2025-04-01")
    assert [shown(trail, t) for t in asked] == ["p1", "p1", "p1 or p2", "p2"]
    assert served(trail, "2025-04-01").cause == "preview"


@pytest.mark.rule("R31")
@pytest.mark.rule("R12")
def test_so_does_a_retirement_that_was_overdue_for_who_had_not_moved() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-02-15").model(MIRRORED).announce_forced_upgrade("v1", to_version="v2", on="2025-03-01")
    on(trail, "2025-02-15").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    assert [shown(trail, t) for t in ("2025-03-14", "2025-04-02")] == ["v1 or v2", "v2"]
    seen(trail, "2025-04-05", "v1", status="stopped")
    asked = ("2025-03-14", "2025-03-31", "2025-04-02", "2025-04-05")
    assert [shown(trail, t) for t in asked] == ["v1", "v1", "v1 or stopped", "stopped"]
    assert served(trail, "2025-04-05").cause == "overdue"
