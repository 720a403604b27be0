"""What does Azure's activity log state of a deployment, and who is then named for what exports show?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.azure import (
    ACCOUNT,
    CHAT,
    EXPIRED,
    MANUAL,
    NEW,
    OLD,
    deployment,
    empty,
    key,
    logged,
    nights,
    read,
    read_log,
)
from modeltrail import Trail
from modeltrail.domain.events import ChangeLogged, PolicyChanged
from modeltrail.domain.facts import Fact
from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.rows import Statement
from modeltrail.projections.changes import changes as changed
from modeltrail.projections.policies import PolicyInForce, policies
from modeltrail.projections.sightings import Sighting, sightings

FIXTURE = Path(__file__).parent / "fixtures" / "azure_activity_log.json"
FIRST, SECOND, THIRD = "2025-02-01", "2025-02-02", "2025-02-03"
NOON = "2025-02-01T12:00:00Z"
WRITE, DELETE = (f"Microsoft.CognitiveServices/accounts/deployments/{name}" for name in ("write", "delete"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def changes(trail: Trail, name: str = CHAT) -> list[Fact]:
    """What the log states of a deployment and stands."""
    facts = trail.history(name)
    retracted = {getattr(fact.event, "position", None) for fact in facts}
    return [fact for fact in facts if isinstance(fact.event, ChangeLogged) and fact.position not in retracted]


def told(row: dict[str, Any]) -> ChangeLogged:
    """What one record states."""
    trail = empty()
    read_log(trail, [row], SECOND)
    (fact,) = changes(trail)
    assert isinstance(fact.event, ChangeLogged)
    return fact.event


def reasons(*rows: object, at: str = SECOND) -> list[str]:
    """Why records are put aside."""
    return [problem.reason for problem in read_log(empty(), [logged(1, NOON), *rows], at).quarantined]


# Records


@pytest.mark.rule("R40")
def test_what_azure_prints_is_read() -> None:
    trail = empty()
    taken = trail.read_export(AzureActivityLog(), FIXTURE, observed_at=SECOND, by="importer")
    assert (taken.rows, taken.quarantined, taken.scope) == (3, [], ())
    assert dict(taken.facts) == {"export.rows-observed": 1, "deployment.change-logged": 2, "export.observed": 1}
    started, done = changes(trail)
    assert started.event == ChangeLogged(
        deployment=CHAT,
        entry="0e0e0e0e-0000-4000-8000-000000000001",
        operation="write",
        status="Started",
        caller="alice@example.com",
        correlation="0d0d0d0d-0000-4000-8000-000000000001",
        submitted_at=moment("2025-02-01T14:05:01"),
    )
    assert (done.effective_at, done.known_at) == (moment("2025-02-01T14:03:22.789456"), moment(SECOND))
    assert done.source == f"azure-activity-log azure_activity_log.json sha256:{taken.digest} row 2"


@pytest.mark.rule("R40")
def test_a_page_of_the_log_is_read_as_well_since_nothing_is_gone_that_is_not_on_it() -> None:
    rows = json.loads(FIXTURE.read_text(encoding="utf-8"))
    for document in (rows, {"value": rows}, {"value": rows, "nextLink": "https://example.com/2"}):
        trail = empty()
        read_log(trail, document, SECOND)
        assert len(changes(trail)) == 2


@pytest.mark.rule("R40")
@pytest.mark.parametrize("name", [WRITE, WRITE.upper(), WRITE.lower()])
@pytest.mark.parametrize("is_plain", [True, False])
def test_an_operation_is_a_text_or_has_it_as_its_value_in_any_case(name: str, is_plain: bool) -> None:
    assert told(logged(1, NOON, operationName=name if is_plain else {"value": name})).operation == "write"
    assert told(logged(1, NOON, operation=DELETE.upper())).operation == "delete"


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    "name",
    [
        "Microsoft.CognitiveServices/accounts/write",
        "Microsoft.CognitiveServices/accounts/deployments/read",
        "Microsoft.CognitiveServices/accounts/deployments/write/action",
        "Microsoft.MachineLearningServices/workspaces/accounts/deployments/write",
    ],
)
def test_all_other_operations_are_rows_and_nothing_else(name: str) -> None:
    trail = empty()
    wrong = {"operationName": {"value": name}, "eventDataId": 7}
    taken = read_log(trail, [wrong, logged(1, NOON)], SECOND)
    assert (taken.rows, taken.quarantined, len(changes(trail))) == (2, [], 1)
    assert dict(read_log(empty(), [wrong], SECOND).facts) == {"export.observed": 1}


@pytest.mark.rule("R32")
@pytest.mark.parametrize(
    ("given", "status"), [("Succeeded", "Succeeded"), ("succeeded", "Succeeded"), ("FAILED", "Failed"), ("Odd", "Odd")]
)
def test_how_far_it_came_is_told_in_the_same_words(given: str, status: str) -> None:
    assert told(logged(1, NOON, status=given)).status == status
    assert told(logged(1, NOON) | {"status": given}).status == status


@pytest.mark.rule("R42")
def test_who_is_not_named_is_nobody() -> None:
    for caller in (None, ""):
        assert told(logged(1, NOON, caller=caller)).caller is None
    assert told(logged(1, NOON, caller="0f0f0f0f-0000-4000-8000-000000000001")).caller is not None


@pytest.mark.rule("R42")
def test_start_and_end_of_an_operation_have_it_in_common() -> None:
    assert told(logged(1, NOON)).correlation == "0d0d0d0d-0000-4000-8000-000000000001"
    assert told(logged(1, NOON, operationId=None)).correlation == "0c0c0c0c-0000-4000-8000-000000000001"
    assert told(logged(1, NOON, operationId=None, correlationId="")).correlation is None


@pytest.mark.rule("R5")
def test_a_change_holds_from_its_moment_on_and_is_known_when_the_log_was_read() -> None:
    trail = empty()
    read_log(trail, [logged(1, "2025-02-01T12:00:00.1234567Z")], SECOND)
    (fact,) = changes(trail)
    assert (fact.effective_at, fact.known_at) == (moment("2025-02-01T12:00:00.123456"), moment(SECOND))


# What cannot be read


@pytest.mark.rule("R41")
@pytest.mark.parametrize("field", ["eventDataId", "operationName", "status", "resourceId", "eventTimestamp"])
@pytest.mark.parametrize("value", [None, "", 7, [], {}, {"value": None}, {"value": 7}])
def test_a_record_without_what_it_needs_is_put_aside(field: str, value: object) -> None:
    (reason,) = reasons(logged(2, NOON) | {field: value})
    assert reason.startswith(field)


@pytest.mark.rule("R41")
def test_a_change_of_what_is_no_deployment_is_put_aside() -> None:
    (reason,) = reasons(logged(2, NOON, resourceId=ACCOUNT))
    assert reason.startswith(f"resourceId: '{ACCOUNT}' is no ARM id of a deployment")


@pytest.mark.rule("R5", "R41")
def test_a_record_of_a_time_after_the_export_is_put_aside_and_read_with_the_next_one() -> None:
    trail = empty()
    rows = [logged(1, NOON), logged(2, "2025-02-02T00:00:00.000001Z")]
    (problem,) = read_log(trail, rows, SECOND).quarantined
    assert problem.reason.startswith("it is of 2025-02-02T00:00:00.000001Z, and the export was made at 2025-02-02T")
    assert len(changes(trail)) == 1
    assert read_log(trail, rows, THIRD).quarantined == []
    assert [fact.known_at for fact in changes(trail)] == [moment(SECOND), moment(THIRD)]


@pytest.mark.rule("R41")
def test_two_records_of_one_id_that_contradict_each_other_are_put_aside() -> None:
    (reason,) = reasons(logged(2, NOON), logged(2, NOON), logged(2, NOON, caller="bob@example.com"))
    assert reason.endswith("000000000002 differ in caller: ask the source which one is right")


# The same record again


@pytest.mark.rule("R39", "R40")
def test_a_record_that_a_later_export_shows_again_is_nothing_new() -> None:
    trail = empty()
    read_log(trail, [logged(1, NOON)], SECOND)
    again = read_log(trail, [logged(1, NOON), logged(2, "2025-02-02T12:00:00Z")], THIRD)
    assert again.facts["deployment.change-logged"] == 1
    assert [fact.known_at for fact in changes(trail)] == [moment(SECOND), moment(THIRD)]
    upper = logged(1, NOON) | {"eventDataId": logged(1, NOON)["eventDataId"].upper()}
    assert dict(read_log(trail, [upper], "2025-02-04").facts) == {"export.observed": 1}


@pytest.mark.rule("R39", "R40")
def test_nor_is_it_where_it_is_told_otherwise_or_somebody_has_stated_something_meanwhile() -> None:
    trail = empty()
    read_log(trail, [logged(1, NOON)], SECOND)
    event = PolicyChanged(deployment=CHAT, policy="manual")
    trail.take([Statement(1, event, moment(SECOND), moment(SECOND), "a list")], catalogue="azure-openai", by="bob")
    assert dict(read_log(trail, [logged(1, NOON), logged(2, NOON, "mail")], THIRD).facts) == {
        "export.rows-observed": 1,
        "deployment.change-logged": 1,
        "export.observed": 1,
    }
    read_log(trail, [logged(1, NOON, caller="bob@example.com")], "2025-02-04")
    assert [fact.known_at for fact in changes(trail)] == [moment(SECOND)]


@pytest.mark.rule("R40")
def test_what_a_later_export_does_not_show_is_not_gone() -> None:
    trail = empty()
    read_log(trail, [logged(1, NOON)], SECOND)
    read_log(trail, [logged(2, "2025-02-02T12:00:00Z")], THIRD)
    read_log(trail, [], "2025-02-04")
    assert len(changes(trail)) == 2


@pytest.mark.rule("R40")
def test_an_export_that_comes_late_made_its_records_known_earlier() -> None:
    trail = empty()
    for at in ("2025-02-05", "2025-02-04", SECOND, THIRD):
        read_log(trail, [logged(1, NOON)] if at != "2025-02-04" else [], at)
    (fact,) = changes(trail)
    assert fact.known_at == moment(SECOND)


@pytest.mark.rule("R40")
def test_two_logs_of_the_same_moment_are_two() -> None:
    trail = empty()
    read_log(trail, [logged(1, NOON)], SECOND)
    read_log(trail, [logged(1, NOON), logged(2, NOON, "mail")], SECOND)
    assert [len(changes(trail, name)) for name in (CHAT, key("mail"))] == [1, 1]


@pytest.mark.rule("R40")
@given(st.data())
def test_logs_in_any_order_say_the_same(data: st.DataObject) -> None:
    records = [logged(number, f"2025-02-0{1 + number % 3}T1{number}:00:00Z") for number in range(5)]
    days = ["2025-02-04", "2025-02-05", "2025-02-06", "2025-02-07"]
    exports = [(data.draw(st.lists(st.sampled_from(records), unique_by=id)), day) for day in days]
    found = []
    for order in (exports, data.draw(st.permutations(exports))):
        trail = empty()
        read(trail, [deployment()], FIRST)
        for rows, at in order:
            read_log(trail, rows, at)
        found.append(sorted((fact.event.model_dump_json(), fact.known_at) for fact in changes(trail)))
    assert found[0] == found[1]


# Who did it


def watched(*exports: object, log: list[dict[str, Any]], at: str = THIRD) -> Trail:
    """Given one export a night from 1 February on, and the log."""
    trail = empty()
    nights(trail, *exports)
    read_log(trail, log, at)
    return trail


@pytest.mark.rule("R32", "R42")
def test_who_moved_a_deployment_that_no_rule_moves_is_named() -> None:
    trail = watched(
        [deployment(option=MANUAL)],
        [deployment(version=NEW, option=MANUAL)],
        log=[logged(1, "2025-02-01T11:59:50Z", status="Started"), logged(2, NOON)],
    )
    answer = trail.at(NOON).serving(CHAT)
    assert (answer.version, answer.cause, answer.logged_by) == (NEW, "by-hand", ("alice@example.com",))
    assert trail.at("2025-02-01T11:59Z").serving(CHAT).version == OLD
    assert [part.logged_by for part in trail.at().course(CHAT).segments] == [
        (),
        ("alice@example.com",),
        ("alice@example.com",),
    ]
    assert trail.review() == ()


@pytest.mark.rule("R17", "R42")
def test_who_changed_the_policy_or_sku_between_two_exports_is_named() -> None:
    trail = watched(
        [deployment()],
        [deployment(option=EXPIRED)],
        [deployment(option=EXPIRED, sku="GlobalStandard")],
        log=[logged(1, NOON), logged(2, "2025-02-02T12:00:00Z", caller="bob@example.com")],
    )
    assert trail.at(FIRST).serving(CHAT).logged_by == ()
    assert trail.at(SECOND).serving(CHAT).logged_by == ("alice@example.com",)
    assert trail.at(THIRD).serving(CHAT).logged_by == ("alice@example.com", "bob@example.com")


@pytest.mark.rule("R42")
def test_who_did_not_know_the_log_knew_nobody() -> None:
    trail = watched([deployment()], [deployment(option=EXPIRED)], log=[logged(1, NOON)])
    assert trail.at(SECOND, known_at=SECOND).serving(CHAT).logged_by == ()
    assert trail.at(SECOND, known_at=THIRD).serving(CHAT).logged_by == ("alice@example.com",)


def policy(trail: Trail, at: str | None = None, known_at: str | None = None) -> PolicyInForce:
    """The row of the deployment in the projection `policies`."""
    row = trail.view(policies).get(CHAT, at=at, known_at=known_at)
    assert row is not None
    return row


def sighting(trail: Trail) -> Sighting:
    """Its row in the projection `sightings`."""
    row = trail.view(sightings).get(CHAT)
    assert row is not None
    return row


@pytest.mark.rule("R42")
def test_the_row_of_a_policy_names_who_set_it() -> None:
    trail = watched(
        [deployment()],
        [deployment(option=EXPIRED)],
        [deployment()],
        log=[logged(1, NOON), logged(2, "2025-02-03T12:00:00Z", caller="bob@example.com")],
        at="2025-02-04",
    )
    rows = trail.view(policies).history(CHAT)
    named = {span.row.set_at: span.row.logged_by for span in rows if span.row is not None}
    assert named == {moment(FIRST): None, moment(SECOND): "alice@example.com", moment(THIRD): None}
    last = policy(trail)
    assert (last.changed_by, last.changed_at) == ("bob@example.com", moment("2025-02-03T12:00:00"))
    assert policy(trail, SECOND, SECOND).logged_by is None


@pytest.mark.rule("R42")
def test_a_change_before_the_last_sight_of_the_old_policy_did_not_set_the_new_one() -> None:
    trail = watched([deployment()], [deployment()], [deployment(option=EXPIRED)], log=[logged(1, NOON)])
    assert policy(trail).logged_by is None
    assert trail.at(THIRD).serving(CHAT).logged_by == ()


@pytest.mark.rule("R42")
@pytest.mark.parametrize("status", ["Started", "Accepted", "Failed"])
def test_a_change_that_has_not_succeeded_set_nothing(status: str) -> None:
    trail = watched([deployment()], [deployment(option=EXPIRED)], log=[logged(1, NOON, status=status)])
    assert policy(trail).logged_by is None
    assert trail.at(SECOND).serving(CHAT).logged_by == ()


@pytest.mark.rule("R42")
def test_the_row_of_a_sighting_names_who_changed_it_between_the_two_sights() -> None:
    trail = watched([deployment()], [deployment()], [deployment(version=NEW)], log=[logged(1, "2025-02-02T06:00:00Z")])
    row = sighting(trail)
    assert (row.before_last_seen, row.first_seen, row.logged_by) == (moment(SECOND), moment(THIRD), "alice@example.com")
    earlier = watched([deployment()], [deployment()], [deployment(version=NEW)], log=[logged(1, NOON)])
    assert sighting(earlier).logged_by is None


@pytest.mark.rule("R42")
def test_what_changed_on_a_day_says_who_asked_for_it() -> None:
    trail = watched([deployment()], log=[logged(1, NOON)])
    (row,) = (row for row in trail.view(changed).all().values() if row.event == "deployment.change-logged")
    assert (row.day, "caller alice@example.com" in row.what, row.by) == (FIRST, True, "alice@example.com")
