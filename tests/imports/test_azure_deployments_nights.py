"""What do Azure's deployments state from one export to the next?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imports.azure import (
    ACCOUNT,
    CHAT,
    EXPIRED,
    MANUAL,
    MODEL,
    NEW,
    OLD,
    OTHER,
    deployment,
    empty,
    key,
    nights,
    read,
    types,
)
from modeltrail import Trail
from modeltrail.domain.events import (
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    Event,
    PolicyChanged,
    SkuChanged,
)
from modeltrail.domain.facts import standing
from modeltrail.imports.azure_deployments import AzureDeployments
from rules.given import on

FIRST, SECOND, THIRD = "2025-02-01", "2025-02-02", "2025-02-03"
NOON = "2025-02-01T12:00:00Z"
UNREADABLE = deployment(option="Sometimes")
NAMELESS = deployment() | {"id": None}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(*exports: object) -> Trail:
    """Given one export a night, from 1 February 2025 on."""
    trail = empty()
    nights(trail, *exports)
    return trail


def stated(trail: Trail, at: str, name: str = CHAT) -> list[Event]:
    """What was stated of a deployment that holds from a moment on."""
    return [fact.event for fact in trail.history(name) if fact.effective_at == day(at)]


def status(trail: Trail, at: str, name: str = CHAT) -> str:
    return trail.at(at).serving(name).status


# What changes


@pytest.mark.rule("R31", "R40")
def test_a_night_on_which_a_deployment_did_not_change_brings_no_fact_of_it_and_counts_as_a_sight() -> None:
    trail = after([deployment()], [deployment(), deployment("mail")])
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    assert trail.at(SECOND).serving(CHAT).since == day(FIRST)
    nights(trail, [deployment(version=NEW)], first=THIRD)
    assert [trail.at(at).serving(CHAT).status for at in (NOON, SECOND, "2025-02-02T12:00Z")] == [
        "serving",
        "serving",
        "window",
    ]


@pytest.mark.rule("R31")
def test_another_version_was_moved_to_between_two_sights() -> None:
    trail = after([deployment()], [deployment()], [deployment(version=NEW)])
    assert isinstance(seen := stated(trail, THIRD)[0], DeploymentObserved)
    assert (seen.version, seen.not_before) == (NEW, day(SECOND))
    assert [trail.at(at).serving(CHAT).version for at in (SECOND, "2025-02-02T12:00Z", THIRD)] == [OLD, None, NEW]
    assert trail.at("2025-02-02T12:00Z").serving(CHAT).cause == "unexplained"


@pytest.mark.rule("R17")
def test_another_policy_is_in_force_from_the_export_that_shows_it() -> None:
    trail = after([deployment()], [deployment()], [deployment(option=EXPIRED)])
    assert stated(trail, THIRD) == [
        PolicyChanged(deployment=CHAT, policy="upgrade-when-expired", not_before=day(SECOND))
    ]
    assert [trail.at(at).serving(CHAT).policy for at in (SECOND, THIRD)] == ["auto-update", "upgrade-when-expired"]


@pytest.mark.rule("R14")
@pytest.mark.parametrize("sku", ["GlobalProvisionedManaged", None])
def test_so_is_another_sku(sku: str | None) -> None:
    trail = after([deployment()], [deployment(sku=sku)])
    assert stated(trail, SECOND) == [SkuChanged(deployment=CHAT, sku=sku, not_before=day(FIRST))]
    assert trail.at(SECOND).serving(CHAT).sku == sku


@pytest.mark.rule("R34")
def test_a_deployment_that_is_disabled_is_seen_stopped_and_enabled_it_serves_again() -> None:
    trail = after([deployment()], [deployment(state="Disabled")], [deployment()])
    assert [status(trail, at) for at in (FIRST, SECOND, THIRD)] == ["serving", "stopped", "serving"]
    assert trail.at(THIRD).serving(CHAT).incarnation == 1


# Created


@pytest.mark.rule("R3")
def test_what_was_created_between_two_exports_began_then_with_what_the_second_shows() -> None:
    trail = after([deployment("mail")], [deployment(option=MANUAL, created_at=NOON)])
    assert stated(trail, NOON[:-1]) == [
        DeploymentCreated(deployment=CHAT, model=MODEL, version=OLD, policy="manual", sku="Standard", run_by="provider")
    ]
    assert types(trail) == ["created", "observed"]
    assert [status(trail, at) for at in ("2025-02-01T11:59Z", NOON)] == ["absent", "serving"]
    answer = trail.at(NOON).serving(CHAT)
    assert (answer.certainty, answer.cause, answer.policy, answer.sku) == ("recorded", "created", "manual", "Standard")


@pytest.mark.rule("R3")
@pytest.mark.parametrize("created_at", [None, "2025-01-10T08:00:00Z", f"{FIRST}T00:00:00Z", "2025-02-02T00:00:01Z"])
def test_what_was_created_at_another_time_began_when_it_was_seen(created_at: str | None) -> None:
    trail = after([deployment("mail")], [deployment(created_at=created_at)])
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    assert [status(trail, at) for at in (NOON, SECOND)] == ["absent", "serving"]


@pytest.mark.rule("R3")
def test_what_was_created_again_is_another_incarnation_from_then_on() -> None:
    trail = after([deployment()], [deployment(version=NEW, created_at=NOON)])
    answers = [trail.at(at).serving(CHAT) for at in (FIRST, "2025-02-01T11:59:59.999999Z", NOON)]
    assert [(one.status, one.incarnation) for one in answers] == [("serving", 1), ("deleted", 1), ("serving", 2)]
    assert [fact.event for fact in trail.history(CHAT) if isinstance(fact.event, DeploymentDeleted)] == [
        DeploymentDeleted(deployment=CHAT, not_before=day(FIRST))
    ]
    assert trail.at(NOON).serving(CHAT).version == NEW


@pytest.mark.rule("R3")
def test_what_was_created_again_just_as_it_was_is_another_incarnation_too() -> None:
    trail = after([deployment()], [deployment(created_at=NOON)], [deployment(created_at=NOON)])
    assert [trail.at(at).serving(CHAT).incarnation for at in (FIRST, SECOND, THIRD)] == [1, 2, 2]


# Gone


@pytest.mark.rule("R16")
def test_what_is_missing_was_deleted_between_two_sights() -> None:
    trail = after([deployment(), deployment("mail")], [deployment("mail")])
    assert stated(trail, SECOND) == [DeploymentDeleted(deployment=CHAT, not_before=day(FIRST))]
    assert [status(trail, at) for at in (FIRST, NOON, SECOND)] == ["serving", "serving", "deleted"]
    assert trail.at(NOON).serving(CHAT).flags == ("perhaps-deleted",)
    assert status(trail, THIRD, key("mail")) == "serving"


@pytest.mark.rule("R3")
def test_what_comes_back_is_another_incarnation() -> None:
    trail = after([deployment()], [deployment("mail")], [deployment()], [deployment()])
    assert [trail.at(at).serving(CHAT).incarnation for at in (FIRST, THIRD, "2025-02-04")] == [1, 2, 2]
    assert stated(trail, THIRD)[1:] == [
        PolicyChanged(deployment=CHAT, policy="auto-update"),
        SkuChanged(deployment=CHAT, sku="Standard"),
    ]


@pytest.mark.rule("R16")
def test_another_accounts_export_touches_nothing() -> None:
    trail = after([deployment()], [deployment(account=OTHER)], [deployment(account=OTHER, version=NEW)])
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    assert [status(trail, THIRD, name) for name in (CHAT, key(account=OTHER))] == ["serving", "serving"]
    assert trail.at(THIRD).serving(CHAT).since == day(FIRST)


@pytest.mark.rule("R16")
def test_an_account_whose_name_begins_like_another_is_another() -> None:
    longer = f"{ACCOUNT}-2"
    trail = after([deployment(), deployment(account=longer)], [deployment()])
    assert status(trail, SECOND, key(account=longer)) == "serving"


@pytest.mark.rule("R16")
def test_an_account_without_deployments_says_so_by_its_name() -> None:
    trail = after([deployment(), deployment(account=OTHER)])
    read(trail, [], SECOND, AzureDeployments(accounts=[ACCOUNT.upper()]))
    assert [status(trail, SECOND, name) for name in (CHAT, key(account=OTHER))] == ["deleted", "serving"]


@pytest.mark.rule("R16")
def test_an_empty_export_of_nothing_is_refused_and_deletes_nothing() -> None:
    trail = after([deployment()])
    size = trail.log.size()
    nothing: tuple[object, ...] = ([], {"value": []})
    for rows in nothing:
        with pytest.raises(ValueError, match=r"it lists nothing, .* name its accounts \(--account\)"):
            read(trail, rows, SECOND)
    assert trail.log.size() == size


@pytest.mark.rule("R40")
def test_the_same_empty_list_of_two_accounts_is_read_for_each() -> None:
    trail = after([deployment(), deployment(account=OTHER)])
    for account in (ACCOUNT, OTHER):
        read(trail, [], SECOND, AzureDeployments(accounts=[account]))
    assert [status(trail, SECOND, name) for name in (CHAT, key(account=OTHER))] == ["deleted", "deleted"]


@pytest.mark.rule("R40")
def test_an_empty_list_of_one_account_says_nothing_of_another_that_was_empty_with_it() -> None:
    trail = empty()
    read(trail, [], FIRST, AzureDeployments(accounts=[ACCOUNT, OTHER]))
    again = read(trail, [], SECOND, AzureDeployments(accounts=[ACCOUNT]))
    assert again.scope == (ACCOUNT.lower(),)


# What cannot be read


@pytest.mark.rule("R41")
def test_what_cannot_be_read_is_neither_gone_nor_seen() -> None:
    trail = after([deployment(), deployment("mail")], [UNREADABLE, deployment("mail")])
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    assert status(trail, SECOND) == "serving"
    nights(trail, [deployment(version=NEW), deployment("mail", NEW)], first=THIRD)
    assert [status(trail, NOON, name) for name in (CHAT, key("mail"))] == ["window", "serving"]


@pytest.mark.rule("R31", "R41")
def test_a_move_is_looked_for_since_the_last_export_that_could_be_read() -> None:
    trail = after([deployment(), deployment("mail")], [UNREADABLE, deployment("mail")], [deployment(version=NEW)])
    (seen,) = stated(trail, THIRD)
    assert isinstance(seen, DeploymentObserved) and seen.not_before == day(FIRST)
    answer = trail.at(SECOND).serving(CHAT)
    assert (answer.status, {one.version for one in answer.possible}) == ("window", {OLD, NEW})


@pytest.mark.rule("R3", "R41")
def test_so_is_a_creation() -> None:
    trail = after([deployment("mail")], [UNREADABLE, deployment("mail")], [deployment(created_at=NOON)])
    assert types(trail) == ["created", "observed"]
    assert status(trail, NOON) == "serving"


@pytest.mark.rule("R41")
def test_a_row_that_cannot_be_read_is_kept_once_however_often_it_comes() -> None:
    trail = after([UNREADABLE], [deployment("mail"), UNREADABLE], [UNREADABLE, deployment("mail")])
    kept = [fact for fact in trail.events() if fact.event.type == "import.row-quarantined"]
    assert [fact.effective_at for fact in kept] == [day(FIRST)]
    listed = read(trail, [UNREADABLE, deployment("mail")], "2025-02-04")
    assert [one.row for one in listed.quarantined] == [1], "it is listed each time"
    assert dict(listed.facts) == {"export.observed": 1}


@pytest.mark.rule("R41")
def test_it_is_kept_once_too_where_the_earlier_export_comes_late() -> None:
    trail = empty()
    for at in (THIRD, FIRST, SECOND):
        read(trail, [UNREADABLE, deployment("mail", OLD if at == FIRST else NEW)], at)
    facts = list(trail.events())
    kept = [fact for fact in standing(facts) if fact.event.type == "import.row-quarantined"]
    assert [fact.known_at for fact in kept] == [day(FIRST)]


@pytest.mark.rule("R41")
def test_where_a_row_says_not_what_it_is_about_nothing_is_gone() -> None:
    trail = after([deployment(), deployment("mail")], [NAMELESS, deployment("mail")])
    assert [status(trail, SECOND, name) for name in (CHAT, key("mail"))] == ["serving", "serving"]
    nights(trail, [deployment("mail")], first=THIRD)
    assert status(trail, THIRD) == "deleted"
    assert stated(trail, THIRD) == [DeploymentDeleted(deployment=CHAT, not_before=day(FIRST))]


@pytest.mark.rule("R40", "R41")
def test_nor_does_it_say_that_what_an_earlier_export_shows_was_gone_when_that_comes_late() -> None:
    trail = empty()
    read(trail, [NAMELESS, deployment("mail")], SECOND)
    read(trail, [deployment(), deployment("mail")], FIRST)
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    read(trail, [deployment(version=NEW), deployment("mail", NEW)], THIRD)
    assert [status(trail, NOON, name) for name in (CHAT, key("mail"))] == ["window", "serving"]


# What others state


def applied(trail: Trail, at: str, policy: str = "manual") -> None:
    on(trail, at, by="bob@example.com", source="a ticket").deployment(CHAT).change_policy(policy)


@pytest.mark.rule("R40")
@pytest.mark.parametrize("at", [FIRST, NOON])
def test_what_somebody_else_stated_meanwhile_is_stated_anew_by_the_next_export(at: str) -> None:
    trail = after([deployment(), deployment("mail")])
    applied(trail, at)
    nights(trail, [deployment(), deployment("mail")], [deployment(), deployment("mail")], first=SECOND)
    assert stated(trail, SECOND)[-3:] == [
        DeploymentObserved(deployment=CHAT, model=MODEL, version=OLD, export="azure-deployments", created_at=_CREATED),
        PolicyChanged(deployment=CHAT, policy="auto-update"),
        SkuChanged(deployment=CHAT, sku="Standard"),
    ]
    assert [trail.at(night).serving(CHAT).policy for night in (SECOND, THIRD)] == ["auto-update", "auto-update"]
    assert stated(trail, THIRD) == []
    assert types(trail, key("mail")) == ["observed", "policy-changed", "sku-changed"]


@pytest.mark.rule("R40")
def test_what_is_stated_at_the_moment_of_an_export_is_stated_anew_by_the_one_after_it_too() -> None:
    trail = after([deployment()])
    applied(trail, SECOND)
    nights(trail, [deployment()], [deployment()], [deployment()], first=SECOND)
    assert [len(stated(trail, at)) for at in (SECOND, THIRD, "2025-02-04")] == [4, 3, 0]
    assert trail.at(THIRD).serving(CHAT).policy == "auto-update"


_CREATED = datetime(2025, 1, 10, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.rule("R40")
def test_what_differs_and_was_stated_by_somebody_else_is_stated_once() -> None:
    trail = after([deployment()])
    applied(trail, NOON)
    nights(trail, [deployment(option=EXPIRED, version=NEW)], first=SECOND)
    assert [one.type for one in stated(trail, SECOND)] == [
        "deployment.observed",
        "deployment.policy-changed",
        "deployment.sku-changed",
    ]


@pytest.mark.rule("R40")
def test_what_somebody_states_late_does_not_outlive_the_exports_that_had_shown_otherwise() -> None:
    trail = after([deployment()], [deployment()])
    applied(trail, NOON)
    assert trail.at(THIRD).serving(CHAT).policy == "manual"
    nights(trail, [deployment()], first=THIRD)
    assert [trail.at(at).serving(CHAT).policy for at in (NOON, SECOND, THIRD)] == [
        "manual",
        "auto-update",
        "auto-update",
    ]
    assert trail.at(SECOND, known_at=SECOND).serving(CHAT).policy == "auto-update"


@pytest.mark.rule("R40")
def test_a_test_of_a_version_is_nothing_that_exports_show() -> None:
    trail = after([deployment()])
    on(trail, NOON).deployment(CHAT).tested(NEW, "passed")
    nights(trail, [deployment()], first=SECOND)
    assert stated(trail, SECOND) == []
