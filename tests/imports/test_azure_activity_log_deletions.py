"""What follows when Azure's activity log says that a deployment was deleted?"""

from __future__ import annotations

from typing import Any

import pytest

from imports.azure import AUTO, CHAT, arm_id, deployment, empty, logged, nights, read_log, types
from modeltrail import Trail

FIRST, SECOND, THIRD = "2025-02-01", "2025-02-02", "2025-02-03"
NOON = "2025-02-01T12:00:00Z"
DELETE = "Microsoft.CognitiveServices/accounts/deployments/delete"


def watched(*exports: object, log: list[dict[str, Any]], at: str = THIRD) -> Trail:
    """Given one export a night from 1 February on, and the log."""
    trail = empty()
    nights(trail, *exports)
    read_log(trail, log, at)
    return trail


@pytest.mark.rule("R3", "R16")
def test_a_deletion_that_the_log_states_ends_the_deployment_then() -> None:
    trail = watched([deployment(), deployment("mail")], [deployment("mail")], log=[logged(1, NOON, operation=DELETE)])
    assert [trail.at(at).serving(CHAT).status for at in ("2025-02-01T11:59Z", NOON)] == ["serving", "deleted"]
    assert trail.at("2025-02-01T11:59Z").serving(CHAT).flags == ()
    assert trail.at(NOON).serving(CHAT).logged_by == ("alice@example.com",)


@pytest.mark.rule("R3", "R40")
@pytest.mark.parametrize("is_late", [True, False])
def test_what_is_there_after_a_logged_deletion_is_stated_anew(is_late: bool) -> None:
    trail = empty()
    log = [logged(1, NOON, operation=DELETE)]
    nights(trail, [deployment(option=AUTO, created_at=None)])
    if not is_late:
        read_log(trail, log, SECOND)
    nights(trail, [deployment(option=AUTO, created_at=None), deployment("mail")], first=SECOND)
    if is_late:
        read_log(trail, log, SECOND)
        nights(trail, [deployment(option=AUTO, created_at=None)], first=THIRD)
    answer = trail.at(SECOND).serving(CHAT)
    assert (answer.status, answer.incarnation, answer.policy, answer.sku) == ("serving", 2, "auto-update", "Standard")


def test_a_log_of_what_no_export_shows_states_nothing_else() -> None:
    trail = watched([deployment("mail")], log=[logged(1, NOON)])
    assert types(trail) == ["change-logged"]
    assert trail.at().serving(arm_id()).status == "absent"
