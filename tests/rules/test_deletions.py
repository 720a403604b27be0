"""R3 and R16: when a deployment was deleted that is missing from an export, and what a provider's log says of it."""

from __future__ import annotations

from typing import Literal

import pytest

from modeltrail.projections.deployments import deployments
from rules.given import MIRRORED, PROD, mirrored, on, segments, served, shown
from rules.watching import answers_alike, asked, gone, logged, seen, watched


@pytest.mark.rule("R3", "R16")
def test_a_logged_deletion_ends_the_deployment_at_its_moment() -> None:
    trail = watched()
    deletion = logged(trail, "2025-03-05", "delete")
    assert asked(trail, "4 5 20") == ["v1", "deleted", "deleted"]
    assert deletion in served(trail, "2025-03-20").because


@pytest.mark.rule("R16")
def test_that_it_is_missing_afterwards_is_no_news_and_no_contradiction() -> None:
    trail = watched()
    logged(trail, "2025-03-05", "delete")
    before = segments(trail)
    gone(trail, "2025-03-10", last_seen="2025-03-01")
    assert segments(trail) == before
    assert (served(trail, "2025-03-04").certainty, served(trail, "2025-03-04").flags) == ("observed", ())
    assert served(trail, "2025-03-20").flags == ()


@pytest.mark.rule("R16")
def test_a_deletion_that_failed_ends_nothing() -> None:
    trail = watched()
    logged(trail, "2025-03-05", "delete", status="Failed")
    assert shown(trail, "2025-03-20") == "v1"


@pytest.mark.rule("R3")
@pytest.mark.parametrize("operation", ["write", "delete"])
def test_a_log_that_tells_of_what_does_not_exist_yet_or_any_more_contradicts_nothing(
    operation: Literal["write", "delete"],
) -> None:
    trail = mirrored()
    logged(trail, "2025-02-20", operation)
    seen(trail, "2025-03-01", "v1")
    assert (shown(trail, "2025-02-20"), served(trail, "2025-03-01").flags) == ("absent", ())
    on(trail, "2025-03-05").deployment().delete()
    logged(trail, "2025-03-06", operation)
    assert (shown(trail, "2025-03-07"), served(trail, "2025-03-07").flags) == ("deleted", ())


@pytest.mark.rule("R3")
def test_what_is_seen_after_a_logged_deletion_is_another_incarnation() -> None:
    trail = watched()
    logged(trail, "2025-03-05", "delete")
    seen(trail, "2025-03-10", "v1")
    assert asked(trail, "4 5 10") == ["v1", "deleted", "v1"]
    assert [served(trail, f"2025-03-{number}").incarnation for number in ("04", "10")] == [1, 2]


@pytest.mark.rule("R3")
def test_a_logged_deletion_ends_its_rows() -> None:
    trail = watched()
    assert all(PROD in trail.fold(name) for name in ("policies", "sightings"))
    logged(trail, "2025-03-05", "delete", status="Failed")
    assert all(PROD in trail.fold(name) for name in ("policies", "sightings"))
    logged(trail, "2025-03-06", "delete")
    assert not any(PROD in trail.fold(name) for name in ("policies", "sightings"))


@pytest.mark.rule("R16")
def test_what_was_deleted_between_two_sights_may_have_been_gone_since_the_first() -> None:
    trail = watched()
    deletion = gone(trail, "2025-03-10", last_seen="2025-03-01")
    assert asked(trail, "1 2 9 10") == ["v1", "v1", "v1", "deleted"]
    told = [
        (served(trail, f"2025-03-{number}").certainty, served(trail, f"2025-03-{number}").flags)
        for number in ("01", "02", "09")
    ]
    assert told == [("observed", ()), ("assumed", ("perhaps-deleted",)), ("assumed", ("perhaps-deleted",))]
    assert deletion in served(trail, "2025-03-02").because
    assert deletion not in served(trail, "2025-03-01").because


@pytest.mark.rule("R16")
def test_who_deletes_it_knows_when() -> None:
    trail = watched()
    gone(trail, "2025-03-10")
    assert (served(trail, "2025-03-09").certainty, served(trail, "2025-03-09").flags) == ("observed", ())


@pytest.mark.rule("R16", "R31")
def test_until_anybody_saw_it_last_it_was_there() -> None:
    trail = seen(watched(), "2025-03-05", "v1")
    gone(trail, "2025-03-10", last_seen="2025-03-01")
    flags = [served(trail, f"2025-03-{number}").flags for number in ("04", "05", "06")]
    assert flags == [(), (), ("perhaps-deleted",)]


@pytest.mark.rule("R16", "R30")
def test_what_may_have_moved_may_have_been_deleted_too() -> None:
    trail = watched("auto-update")
    on(trail, "2025-03-04").model(MIRRORED).change_default("v2")
    gone(trail, "2025-03-10", last_seen="2025-03-01")
    assert asked(trail, "3 4 10") == ["v1", "v1 or v2", "deleted"]
    answer = served(trail, "2025-03-04")
    assert (answer.certainty, answer.flags) == ("window", ("perhaps-deleted", "short-notice"))


@pytest.mark.rule("R6", "R45")
def test_who_does_not_know_of_the_deletion_doubts_nothing() -> None:
    trail = watched()
    deletion = gone(trail, "2025-03-10", last_seen="2025-03-01")
    assert served(trail, "2025-03-05", known="2025-03-09").flags == ()
    on(trail, "2025-05-01").retract(deletion)
    assert (served(trail, "2025-03-05").flags, shown(trail, "2025-03-20")) == ((), "v1")


@pytest.mark.rule("R16", "R45")
def test_without_the_logged_deletion_the_missing_row_tells_of_it() -> None:
    trail = watched()
    deletion = logged(trail, "2025-03-05", "delete")
    gone(trail, "2025-03-10", last_seen="2025-03-01")
    on(trail, "2025-05-01").retract(deletion)
    assert asked(trail, "5 9 10") == ["v1", "v1", "deleted"]
    assert served(trail, "2025-03-05").flags == ("perhaps-deleted",)


@pytest.mark.rule("R16", "R28")
@pytest.mark.parametrize("last_seen", ["2025-02-01", "2025-03-01", "2025-03-04", "2025-03-10", "2025-03-20"])
def test_an_answer_for_one_day_is_that_of_the_whole_course_before_and_after_a_deletion(last_seen: str) -> None:
    trail = watched("auto-update")
    on(trail, "2025-03-04").model(MIRRORED).change_default("v2")
    gone(trail, "2025-03-10", last_seen)
    assert answers_alike(trail)
    logged(trail, "2025-03-06", "delete")
    assert answers_alike(trail)


@pytest.mark.rule("R3")
def test_that_it_is_missing_contradicts_only_what_never_existed() -> None:
    trail = mirrored()
    gone(trail, "2025-02-20", last_seen="2025-02-10")
    assert [one.reason for one in trail.fold(deployments)[PROD].contradictions] == [
        "there is no such deployment at that moment"
    ]
    seen(trail, "2025-03-01", "v1")
    gone(trail, "2025-03-05", last_seen="2025-03-01")
    gone(trail, "2025-03-10", last_seen="2025-03-01")
    assert trail.fold(deployments)[PROD].contradictions == ()
