"""R16, R31 and R32: what a provider's log of changes says of a move that was seen, and of a deployment that is gone."""

from __future__ import annotations

from typing import Literal

import pytest

from modeltrail import Trail
from modeltrail.domain.events import ChangeLogged, DeploymentDeleted
from modeltrail.projections.deployments import deployments
from rules.given import MIRRORED, PROD, day, deployed, mirrored, on, segments, served, shown


def watched(policy: str = "manual") -> Trail:
    """Given a mirrored deployment that was created with v1 on 10 February and seen on it on 1 March."""
    return seen(deployed(mirrored(), policy=policy), "2025-03-01", "v1")


def seen(trail: Trail, at: str, version: str, **more: str) -> Trail:
    on(trail, at).deployment().observe(MIRRORED, version, **more)
    return trail


def logged(
    trail: Trail,
    at: str,
    operation: Literal["write", "delete"] = "write",
    status: str = "Succeeded",
    known: str | None = None,
) -> int:
    """What the log says, and the position of that."""
    entry = ChangeLogged(deployment=PROD, entry=f"{operation} of {at}", operation=operation, status=status)
    (fact,) = on(trail, at, known, by="importer").state(entry, source="activity.json")
    return fact.position


def gone(trail: Trail, at: str, last_seen: str | None = None) -> int:
    """It is missing from an export, where it was last seen on another day; and the position of that."""
    event = DeploymentDeleted(deployment=PROD, not_before=None if last_seen is None else day(last_seen))
    (fact,) = on(trail, at, by="importer").state(event, source="export.json")
    return fact.position


def asked(trail: Trail, days: str, known: str | None = None) -> list[str]:
    """What was possible on some days of March 2025."""
    return [shown(trail, f"2025-03-{number:0>2}", known) for number in days.split()]


def answers_alike(trail: Trail) -> bool:
    """Whether each day's answer is that of the whole course."""
    course = segments(trail)
    for answer in (served(trail, f"2025-0{month}-{number:0>2}") for month in (2, 3, 4) for number in range(1, 29)):
        part = next((part for part in reversed(course) if part.since <= answer.at), None)
        told = (part.possible, part.cause, part.because) if part is not None else ((), None, ())
        if told != (answer.possible, answer.cause, answer.because):
            return False
    return True


# Changes


@pytest.mark.rule("R32")
def test_a_move_that_no_rule_explains_was_made_at_the_change_that_a_log_states() -> None:
    trail = watched()
    logged(trail, "2025-03-05")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "4 5 9 10") == ["v1", "v2", "v2", "v2"]
    assert [served(trail, f"2025-03-{number}").certainty for number in ("04", "05", "10")] == [
        "observed",
        "assumed",
        "observed",
    ]
    assert {served(trail, f"2025-03-{number}").cause for number in ("05", "10")} == {"by-hand"}


@pytest.mark.rule("R28", "R32")
def test_what_a_logged_change_led_to_rests_on_the_change_and_on_the_sight() -> None:
    trail = watched()
    change = logged(trail, "2025-03-05")
    (sight,) = on(trail, "2025-03-10").deployment().observe(MIRRORED, "v2")
    assert {change, sight.position} <= {*served(trail, "2025-03-05").because}
    assert {change, sight.position} <= {*served(trail, "2025-03-20").because}
    assert not {change, sight.position} & {*served(trail, "2025-03-04").because}


@pytest.mark.rule("R31", "R32")
def test_of_several_changes_any_may_have_been_the_one() -> None:
    trail = watched()
    positions = {logged(trail, f"2025-03-0{number}") for number in (3, 5, 7)}
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "2 3 6 7 9") == ["v1", "v1 or v2", "v1 or v2", "v2", "v2"]
    assert served(trail, "2025-03-03").deadline == day("2025-03-07")
    assert positions <= {*served(trail, "2025-03-03").because} & {*served(trail, "2025-03-10").because}
    assert served(trail, "2025-03-03").cause == served(trail, "2025-03-10").cause == "by-hand"


@pytest.mark.rule("R32")
@pytest.mark.parametrize("status", ["Failed", "Started", "Accepted"])
def test_a_change_that_has_not_succeeded_explains_nothing(status: str) -> None:
    trail = watched()
    logged(trail, "2025-03-05", status=status)
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "2 5 9") == ["v1 or v2"] * 3
    assert served(trail, "2025-03-10").cause == "unexplained"


@pytest.mark.rule("R31", "R32")
def test_a_change_before_the_release_of_what_was_seen_explains_nothing() -> None:
    trail = watched()
    on(trail, "2025-03-06").model(MIRRORED).release("v3")
    logged(trail, "2025-03-05")
    seen(trail, "2025-03-10", "v3")
    assert asked(trail, "5 6 9") == ["v1", "v1 or v3", "v1 or v3"]
    assert served(trail, "2025-03-10").cause == "unexplained"
    logged(trail, "2025-03-08")
    assert asked(trail, "5 6 7 8") == ["v1", "v1", "v1", "v3"]


@pytest.mark.rule("R10", "R32")
def test_a_change_while_what_was_seen_was_retired_explains_nothing() -> None:
    trail = watched()
    on(trail, "2025-03-02").model(MIRRORED).retire("v2")
    on(trail, "2025-03-07").model(MIRRORED).reinstate("v2")
    logged(trail, "2025-03-05")
    seen(trail, "2025-03-10", "v2")
    assert served(trail, "2025-03-10").cause == "unexplained"
    logged(trail, "2025-03-08")
    assert asked(trail, "5 7 8") == ["v1", "v1", "v2"]


@pytest.mark.rule("R32")
def test_where_a_rule_explains_the_move_the_rule_does_and_the_change_was_another() -> None:
    trail = watched("auto-update")
    on(trail, "2025-03-04").model(MIRRORED).change_default("v2")
    logged(trail, "2025-03-06")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "3 4 6 9 10") == ["v1", "v1 or v2", "v1 or v2", "v1 or v2", "v2"]
    assert served(trail, "2025-03-10").cause == "default-change"


@pytest.mark.rule("R24", "R32")
def test_so_does_a_forced_upgrade_that_was_only_announced() -> None:
    trail = watched()
    on(trail, "2025-03-02").model(MIRRORED).announce_forced_upgrade(
        "v1", to_version="v2", on="2025-03-20", qualifier="tentative"
    )
    logged(trail, "2025-03-06")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "1 2 6 9") == ["v1", "v1 or v2", "v1 or v2", "v1 or v2"]
    assert served(trail, "2025-03-10").cause == "forced"


@pytest.mark.rule("R31", "R32")
def test_a_change_before_the_last_sight_of_the_old_version_or_at_its_moment_explains_nothing() -> None:
    trail = watched()
    logged(trail, "2025-02-20")
    logged(trail, "2025-03-01")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "1 2") == ["v1", "v1 or v2"]
    assert served(trail, "2025-03-10").cause == "unexplained"


@pytest.mark.rule("R32")
def test_a_change_after_which_the_same_is_seen_has_changed_something_else() -> None:
    trail = watched()
    before = segments(trail)
    logged(trail, "2025-03-05")
    assert segments(trail) == before
    seen(seen(trail, "2025-03-10", "v1"), "2025-03-20", "v2")
    assert asked(trail, "5 10 11 19") == ["v1", "v1", "v1 or v2", "v1 or v2"]
    assert served(trail, "2025-03-20").cause == "unexplained"


@pytest.mark.rule("R32")
def test_a_stop_that_is_seen_after_a_change_was_made_by_it() -> None:
    trail = watched()
    logged(trail, "2025-03-05")
    seen(trail, "2025-03-10", "v1", status="stopped")
    assert asked(trail, "4 5 10") == ["v1", "stopped", "stopped"]
    answer = served(trail, "2025-03-05")
    assert (answer.cause, answer.certainty, answer.stopped_because) == ("by-hand", "assumed", "seen stopped")


@pytest.mark.rule("R26", "R32")
def test_a_logged_change_holds_until_a_default_change_that_is_later() -> None:
    trail = watched("auto-update")
    on(trail, "2025-03-02").model(MIRRORED).release("v3")
    on(trail, "2025-03-04").model(MIRRORED).change_default("v3")
    logged(trail, "2025-03-05")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "3 4 5 10 30") == ["v1", "v1 or v3", "v2", "v2", "v2"]
    on(trail, "2025-04-01").model(MIRRORED).release("v4")
    on(trail, "2025-04-02").model(MIRRORED).change_default("v4")
    assert shown(trail, "2025-04-02") == "v2 or v4"


@pytest.mark.rule("R26", "R31", "R32")
def test_what_becomes_due_between_a_logged_change_and_its_sight_is_due_after_it() -> None:
    trail = watched("auto-update")
    logged(trail, "2025-03-05")
    on(trail, "2025-03-06").model(MIRRORED).release("v3")
    on(trail, "2025-03-07").model(MIRRORED).change_default("v3")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "4 5 8 10 11 30") == ["v1", "v2", "v2", "v2", "v2 or v3", "v2 or v3"]
    seen(trail, "2025-03-15", "v3")
    assert (served(trail, "2025-03-15").cause, shown(trail, "2025-03-12")) == ("default-change", "v2 or v3")


@pytest.mark.rule("R26", "R32")
def test_of_several_changes_the_last_holds() -> None:
    trail = watched("auto-update")
    logged(trail, "2025-03-05")
    on(trail, "2025-03-06").model(MIRRORED).release("v3")
    on(trail, "2025-03-07").model(MIRRORED).change_default("v3")
    logged(trail, "2025-03-08")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "4 5 7 8 11 30") == ["v1", "v1 or v2", "v1 or v2 or v3", "v2", "v2", "v2"]


@pytest.mark.rule("R34", "R32")
def test_what_is_retired_after_a_logged_change_and_before_its_sight_was_stopped_in_between() -> None:
    trail = watched()
    logged(trail, "2025-03-05")
    on(trail, "2025-03-06").model(MIRRORED).retire("v2")
    on(trail, "2025-03-08").model(MIRRORED).reinstate("v2")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "4 5 6 8 10") == ["v1", "v2", "stopped", "v2", "v2"]


@pytest.mark.rule("R6", "R32")
def test_who_did_not_know_the_log_saw_an_unexplained_move() -> None:
    trail = watched()
    logged(trail, "2025-03-05", known="2025-06-01")
    seen(trail, "2025-03-10", "v2")
    assert asked(trail, "4 5", known="2025-05-31") == ["v1 or v2", "v1 or v2"]
    assert asked(trail, "4 5", known="2025-06-01") == ["v1", "v2"]


@pytest.mark.rule("R32", "R45")
def test_without_the_change_or_the_sight_it_is_as_if_they_had_not_been() -> None:
    trail = watched()
    change = logged(trail, "2025-03-05")
    (sight,) = on(trail, "2025-03-10").deployment().observe(MIRRORED, "v2")
    on(trail, "2025-05-01").retract(change)
    assert asked(trail, "4 5 10", known="2025-04-30") == ["v1", "v2", "v2"]
    assert asked(trail, "4 5 10") == ["v1 or v2", "v1 or v2", "v2"]
    on(trail, "2025-06-01").retract(sight.position)
    assert asked(trail, "4 5 10") == ["v1", "v1", "v1"]


@pytest.mark.rule("R6", "R32")
def test_whether_the_log_or_the_export_is_read_first_makes_no_difference() -> None:
    first, second = watched(), watched()
    logged(first, "2025-03-05")
    seen(seen(first, "2025-03-10", "v2"), "2025-03-20", "v2")
    seen(seen(second, "2025-03-20", "v2"), "2025-03-10", "v2")
    logged(second, "2025-03-05")
    told = [[(part.since, part.possible, part.cause) for part in segments(trail)] for trail in (first, second)]
    assert told[0] == told[1]


@pytest.mark.rule("R28", "R32")
def test_an_answer_for_one_day_is_that_of_the_whole_course_before_and_after_a_logged_change() -> None:
    trail = watched("auto-update")
    logged(trail, "2025-03-03")
    logged(trail, "2025-03-05")
    on(trail, "2025-03-06").model(MIRRORED).release("v3")
    on(trail, "2025-03-07").model(MIRRORED).change_default("v3")
    seen(trail, "2025-03-10", "v2")
    logged(trail, "2025-03-12")
    seen(trail, "2025-03-14", "v1", status="stopped")
    assert answers_alike(trail)


# Deletions


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
