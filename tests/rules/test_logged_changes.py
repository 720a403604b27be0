"""R26, R31 and R32: what a provider's log of changes says of a move that was seen."""

from __future__ import annotations

import pytest

from modeltrail.domain.events import ChangeLogged, ExportRow, ExportRowsObserved
from modeltrail.projections.changes import changes
from rules.given import MIRRORED, PROD, day, on, segments, served, shown
from rules.watching import answers_alike, asked, logged, seen, watched


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


@pytest.mark.rule("R42")
def test_among_the_changes_of_a_day_is_who_changed_what_and_who_wrote_that_down() -> None:
    trail = watched()
    entry = ChangeLogged(deployment=PROD, operation="write", status="Succeeded", caller="bob@example.com", entry="e-1")
    (fact,) = on(trail, "2025-03-05", by="importer").state(entry, source="activity.json")
    row = trail.fold(changes)[str(fact.position)]
    assert (row.day, row.kind, row.subject, row.by) == ("2025-03-05", "deployment", PROD, "importer")
    assert row.what == "operation write, status Succeeded, caller bob@example.com, entry e-1"


@pytest.mark.rule("R42")
def test_what_an_export_brought_is_a_change_too() -> None:
    trail = watched()
    rows = tuple(ExportRow(key=key, scope="acct", row=1, shown=(("version", "v1"),)) for key in ("acct/a", "acct/b"))
    brought = ExportRowsObserved(export="inventory", digest="ab" * 32, rows=rows)
    (fact,) = on(trail, "2025-03-05", by="importer").state(brought, source="export.json")
    row = trail.fold(changes)[str(fact.position)]
    assert (row.kind, row.subject) == ("export", "inventory")
    assert row.what == f"digest {'ab' * 32}, rows acct/a acct/b"
