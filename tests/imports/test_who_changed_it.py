"""R42: who is named for what Azure's exports show, where its activity log tells of a change between two of them?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from imports.azure import (
    CHAT,
    EXPIRED,
    MANUAL,
    NEW,
    OLD,
    deployment,
    empty,
    logged,
    nights,
    read_log,
)
from modeltrail import Trail
from modeltrail.projections.changes import changes as changed
from modeltrail.projections.policies import PolicyInForce, policies
from modeltrail.projections.sightings import Sighting, sightings

FIRST, SECOND, THIRD = "2025-02-01", "2025-02-02", "2025-02-03"
NOON = "2025-02-01T12:00:00Z"
DELETE = "Microsoft.CognitiveServices/accounts/deployments/delete"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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
