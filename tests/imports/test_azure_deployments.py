"""What does one export of Azure's deployments say, field by field?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imports.azure import (
    ACCOUNT,
    AUTO,
    CHAT,
    EXPIRED,
    MANUAL,
    MODEL,
    NEW,
    OLD,
    arm_id,
    deployment,
    empty,
    file_of,
    key,
    named,
    read,
    types,
)
from modeltrail import Trail
from modeltrail.domain.events import DeploymentObserved
from modeltrail.imports.azure_deployments import AzureDeployments, account_id
from modeltrail.projections.serving import Serving

NIGHT = "2025-02-01T02:00:00Z"
FIXTURE = Path(__file__).parent / "fixtures" / "azure_deployments.json"


def after(*rows: object, export: AzureDeployments | None = None) -> Trail:
    """Given one export, made on the night of 1 February 2025."""
    trail = empty()
    read(trail, list(rows), NIGHT, export)
    return trail


def shown(row: dict[str, Any]) -> Serving:
    """What is known of the deployment of a row on the day after the export."""
    return after(row).at("2025-02-02").serving(CHAT)


def reasons(*rows: object) -> list[str]:
    """Why rows are put aside."""
    return [problem.reason for problem in read(empty(), [deployment("mail"), *rows], NIGHT).quarantined]


# The file


@pytest.mark.rule("R40")
def test_what_azure_prints_is_read() -> None:
    trail = empty()
    taken = trail.read_export(AzureDeployments(), FIXTURE, observed_at=NIGHT, by="alice@example.com")
    assert (taken.rows, taken.quarantined, taken.scope) == (2, [], (ACCOUNT.lower(),))
    chat, embed = (trail.at(NIGHT).serving(key(name)) for name in ("chat-prod", "embed"))
    assert (chat.model, chat.version, chat.policy, chat.sku) == (MODEL, OLD, "auto-update", "Standard")
    assert (embed.model, embed.version) == ("azure-openai/text-embedding-3-large", "1")
    assert (embed.policy, embed.policy_effective, embed.sku) == ("manual", "manual", "GlobalProvisionedManaged")
    assert {(one.certainty, one.cause, one.run_by) for one in (chat, embed)} == {
        ("observed", "first-sight", "provider")
    }


@pytest.mark.rule("R40")
def test_a_list_and_the_same_under_value_say_the_same() -> None:
    rows = json.loads(FIXTURE.read_text(encoding="utf-8"))
    answers = []
    for document in (rows, {"value": rows}, {"value": rows, "nextLink": None}):
        trail = empty()
        read(trail, document, NIGHT)
        answers.append(trail.at(NIGHT).deployments())
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 2


@pytest.mark.rule("R42")
def test_each_fact_names_the_kind_of_the_export_the_file_its_digest_and_the_row() -> None:
    trail = empty()
    taken = read(trail, [deployment("mail"), deployment()], NIGHT, name="night.json", why="nightly")
    for fact in trail.history(CHAT):
        assert fact.source == f"azure-deployments night.json sha256:{taken.digest} row 2"
        assert (fact.by, fact.why, fact.mode) == ("alice@example.com", "nightly", "statement")


# What a row is about


@pytest.mark.rule("R3")
def test_an_arm_id_is_the_same_in_any_case() -> None:
    trail = after(deployment())
    shouting = deployment() | {"id": arm_id().upper()}
    again = read(trail, [shouting], "2025-02-02T02:00:00Z")
    assert dict(again.facts) == {"export.observed": 1}
    for name in (arm_id(), arm_id().upper(), CHAT):
        assert trail.at("2025-02-03").serving(name).deployment == CHAT


@pytest.mark.rule("R41")
@pytest.mark.parametrize("id", [None, "", "chat-prod", ACCOUNT, arm_id() + "/x", 7, arm_id("x" * 1_000), "\x00"])
def test_what_is_no_arm_id_of_a_deployment_is_put_aside(id: object) -> None:
    (reason,) = reasons(deployment() | {"id": id})
    assert reason.startswith("id: ") and len(reason) < 2_000


@pytest.mark.rule("R41")
@pytest.mark.parametrize("row", [None, 7, "chat-prod", [], [deployment()]])
def test_what_is_no_deployment_at_all_is_put_aside(row: object) -> None:
    (reason,) = reasons(row)
    assert "ARM id" in reason or "no JSON object" in reason


@pytest.mark.parametrize("text", ["", "acme-eu", arm_id(), ACCOUNT + "/", ACCOUNT.upper()])
def test_an_account_is_named_by_its_arm_id(text: str) -> None:
    if text.rstrip("/").lower() == ACCOUNT.lower():
        assert account_id(text) == ACCOUNT.lower()
        return
    with pytest.raises(ValueError, match="is no ARM id of an account: give /subscriptions/"):
        AzureDeployments(accounts=[text])


# The model and its version


@pytest.mark.rule("R1")
def test_the_model_is_one_of_the_catalogue_that_is_given() -> None:
    trail = after(deployment(), export=AzureDeployments("azure@swedencentral"))
    assert trail.at(NIGHT).serving(CHAT).model == "azure@swedencentral/gpt-4o"
    assert shown(deployment()).model == MODEL


@pytest.mark.rule("R41")
@pytest.mark.parametrize("model", [None, {}, {"name": None}, {"name": ""}, {"name": 7}, "gpt-4o", {"name": "x" * 990}])
def test_a_deployment_of_no_model_is_put_aside(model: object) -> None:
    row = deployment()
    (reason,) = reasons(row | {"properties": row["properties"] | {"model": model}})
    assert reason.startswith("properties.model")


@pytest.mark.rule("R2")
def test_a_version_is_a_text_as_it_is() -> None:
    assert [shown(deployment(version=version)).version for version in ("0125", "Turbo", "1.0")] == [
        "0125",
        "Turbo",
        "1.0",
    ]


@pytest.mark.rule("R2", "R41")
@pytest.mark.parametrize("version", [None, ""])
def test_a_missing_version_needs_an_eye_where_the_model_has_named_ones(version: str | None) -> None:
    trail = after(deployment(version=version), deployment("mail", OLD))
    answer = trail.at("2025-02-02").serving(CHAT)
    assert (answer.version, "ambiguous" in answer.flags) == ("", True)
    (entry,) = trail.review("2025-02-02")
    assert (entry.kind, entry.subject) == ("missing-version", CHAT)


@pytest.mark.rule("R2")
def test_a_missing_version_is_one_where_the_model_has_no_named_ones() -> None:
    trail = after(deployment(version=None))
    assert trail.at("2025-02-02").serving(CHAT).flags == ()
    assert trail.review("2025-02-02") == ()


# The policy


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("option", "policy"),
    [
        (AUTO, "auto-update"),
        (EXPIRED, "upgrade-when-expired"),
        (MANUAL, "manual"),
        (None, "unspecified"),
        ("", "unspecified"),
    ],
)
def test_the_policy_is_what_the_upgrade_option_means(option: str | None, policy: str) -> None:
    assert shown(deployment(option=option)).policy == policy


@pytest.mark.rule("R17")
def test_an_absent_upgrade_option_is_unspecified() -> None:
    row = deployment()
    del row["properties"]["versionUpgradeOption"]
    assert shown(row).policy == "unspecified"


@pytest.mark.rule("R41")
@pytest.mark.parametrize("option", ["Sometimes", AUTO.lower(), 7, [AUTO]])
def test_an_unknown_upgrade_option_is_put_aside(option: Any) -> None:
    (reason,) = reasons(deployment(option=option))
    assert reason.startswith("properties.versionUpgradeOption: ")


# The SKU


@pytest.mark.rule("R14")
def test_the_sku_is_its_name_and_its_capacity_is_nothing() -> None:
    assert shown(deployment(sku="GlobalStandard")).sku == "GlobalStandard"
    assert shown(deployment(sku=None)).sku is None
    trail = after(deployment())
    grown = deployment() | {"sku": {"name": "Standard", "capacity": 500}}
    assert dict(read(trail, [grown], "2025-02-02").facts) == {"export.observed": 1}


# Whether it answers calls


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Succeeded", "serving"),
        ("Failed", "serving"),
        ("Canceled", "serving"),
        ("Updating", "serving"),
        ("Moving", "serving"),
        ("Creating", "stopped"),
        ("Accepted", "stopped"),
        ("Deleting", "stopped"),
        ("Disabled", "stopped"),
    ],
)
def test_it_serves_unless_it_is_being_made_or_removed_or_is_disabled(state: str, status: str) -> None:
    assert shown(deployment(state=state)).status == status


@pytest.mark.rule("R34")
def test_a_paused_deployment_is_stopped() -> None:
    assert shown(deployment(deploymentState="Paused")).status == "stopped"
    assert shown(deployment(deploymentState="Running")).status == "serving"


# When it was created


def created_at(row: dict[str, Any]) -> str | None:
    (seen,) = (one.event for one in after(row).history(CHAT) if isinstance(one.event, DeploymentObserved))
    return None if seen.created_at is None else seen.created_at.isoformat()


@pytest.mark.rule("R5")
def test_a_moment_with_seven_digits_is_read_to_the_microsecond() -> None:
    assert created_at(deployment(created_at="2025-01-10T08:00:00.1234567Z")) == "2025-01-10T08:00:00.123456+00:00"
    assert created_at(deployment(created_at="2025-01-10T09:00:00+01:00")) == "2025-01-10T08:00:00+00:00"


@pytest.mark.rule("R3")
def test_who_says_nothing_of_its_creation_is_read() -> None:
    assert created_at(deployment(created_at=None)) is None
    assert created_at(deployment() | {"systemData": {}}) is None


@pytest.mark.rule("R41")
@pytest.mark.parametrize("date", ["2026-09-31", "yesterday", 1736496000, "9999-12-31T23:59:59-12:00"])
def test_an_impossible_moment_is_put_aside(date: Any) -> None:
    (reason,) = reasons(deployment(created_at=date))
    assert reason.startswith("systemData.createdAt: ")


@pytest.mark.rule("R3")
def test_when_it_was_created_before_the_first_export_begins_nothing() -> None:
    trail = after(deployment(created_at="2025-01-10T08:00:00Z"))
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]
    assert trail.at("2025-01-31").serving(CHAT).status == "absent"


# Rows that cannot be read


@pytest.mark.rule("R41")
def test_a_row_that_cannot_be_read_is_kept_as_it_is_and_the_rest_goes_on() -> None:
    trail = empty()
    wrong = deployment("mail", option="Sometimes")
    taken = read(trail, [wrong, deployment()], NIGHT)
    assert [(one.row, json.loads(one.raw)) for one in taken.quarantined] == [(1, wrong)]
    assert [one.deployment for one in trail.at(NIGHT).deployments()] == [CHAT]
    (entry,) = trail.review()
    assert (entry.kind, entry.raw) == ("quarantined-row", taken.quarantined[0].raw)


@pytest.mark.rule("R41")
def test_two_rows_of_one_deployment_that_agree_are_one() -> None:
    trail = empty()
    taken = read(trail, [deployment(), deployment("CHAT-prod")], NIGHT)
    assert (taken.rows, taken.quarantined) == (2, [])
    assert types(trail) == ["observed", "policy-changed", "sku-changed"]


@pytest.mark.rule("R41")
@pytest.mark.parametrize("order", [1, -1])
def test_two_rows_of_one_deployment_that_contradict_each_other_are_put_aside(order: int) -> None:
    rows = [deployment(), deployment(version=NEW, sku=None), deployment("mail")]
    trail = empty()
    taken = read(trail, rows[::order], NIGHT)
    (problem,) = taken.quarantined
    assert problem.reason == f"two rows of {CHAT} differ in sku, version: ask the source which one is right"
    assert [one.deployment for one in trail.at(NIGHT).deployments()] == [key("mail")]


@pytest.mark.rule("R41")
def test_a_third_row_of_what_two_contradict_is_not_believed_either() -> None:
    trail = empty()
    read(trail, [deployment(), deployment(version=NEW), deployment(), deployment("mail")], NIGHT)
    assert [one.deployment for one in trail.at(NIGHT).deployments()] == [key("mail")]


@pytest.mark.rule("R40")
def test_a_file_that_breaks_off_records_nothing() -> None:
    whole = file_of([deployment(), deployment("mail")]).getvalue()
    for broken in (whole[:-1], whole[:-40], whole + b"]"):
        trail = empty()
        with pytest.raises(ValueError, match="fetch it again"):
            trail.read_export(AzureDeployments(), named(broken), observed_at=NIGHT, by="alice@example.com")
        assert trail.log.size() == 0
