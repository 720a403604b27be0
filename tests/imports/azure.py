"""How do the tests of Azure's exports write one, read it, and ask? Elements of its lists with what a test names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from modeltrail import Trail
from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.exports import Export
from modeltrail.read import Read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/0b0b0b0b-0000-4000-8000-000000000001"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/rg-Chat/providers/Microsoft.CognitiveServices/accounts/acme-EU"
OTHER = f"{SUBSCRIPTION}/resourceGroups/rg-Chat/providers/Microsoft.CognitiveServices/accounts/acme-US"
MODEL = "azure-openai/gpt-4o"
AUTO, EXPIRED, MANUAL = "OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade"
OLD, NEW = "2024-05-13", "2024-08-06"


def arm_id(name: str = "chat-prod", account: str = ACCOUNT) -> str:
    """The ARM id of a deployment, in the case in which Azure writes it."""
    return f"{account}/deployments/{name}"


def key(name: str = "chat-prod", account: str = ACCOUNT) -> str:
    """The name of a deployment in the trail."""
    return arm_id(name, account).lower()


CHAT = key()


def deployment(
    name: str = "chat-prod",
    version: str | None = OLD,
    *,
    account: str = ACCOUNT,
    model: str = "gpt-4o",
    option: str | None = AUTO,
    sku: str | None = "Standard",
    state: str = "Succeeded",
    created_at: str | None = "2025-01-10T08:00:00.1234567Z",
    **properties: Any,
) -> dict[str, Any]:
    """One element of `az cognitiveservices account deployment list`."""
    return {
        "id": arm_id(name, account),
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "sku": None if sku is None else {"name": sku, "capacity": 10},
        "properties": {
            "model": {"format": "OpenAI", "name": model, "version": version},
            "versionUpgradeOption": option,
            "provisioningState": state,
            **properties,
        },
        "systemData": None if created_at is None else {"createdAt": created_at, "createdBy": "alice@example.com"},
    }


def empty() -> Trail:
    """A trail without facts, whose clock stands still at `NOW`."""
    return Trail.open("memory:", clock=lambda: NOW)


def file_of(rows: object, name: str = "deployments.json") -> BytesIO:
    """A file that holds some rows as JSON."""
    return named(json.dumps(rows).encode(), name)


def named(content: bytes, name: str = "deployments.json") -> BytesIO:
    """A file of some bytes, with a name."""
    file = BytesIO(content)
    file.name = name
    return file


def read(
    trail: Trail,
    rows: object,
    at: str,
    export: Export | None = None,
    name: str = "deployments.json",
    **how: Any,
) -> Read:
    """Read rows as an export of deployments, unless another kind is given, that was made at a moment."""
    return trail.read_export(
        export or AzureDeployments(), file_of(rows, name), observed_at=at, by="alice@example.com", **how
    )


def nights(trail: Trail, *exports: object, first: str = "2025-02-01") -> None:
    """Read one export a night, from a first night on."""
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    for night, rows in enumerate(exports):
        read(trail, rows, (start + timedelta(days=night)).isoformat(), name=f"{night}.json")


def types(trail: Trail, deployment: str = CHAT) -> list[str]:
    """What was recorded of a deployment, in the order of the log, without the kind of what it is about."""
    return [fact.event.type.partition(".")[2] for fact in trail.history(deployment)]


def logged(
    entry: int,
    at: str,
    name: str = "chat-prod",
    operation: object = "Microsoft.CognitiveServices/accounts/deployments/write",
    status: object = "Succeeded",
    caller: str | None = "alice@example.com",
    **more: Any,
) -> dict[str, Any]:
    """One element of `az monitor activity-log list`."""
    return {
        "eventDataId": f"0e0e0e0e-0000-4000-8000-{entry:012}",
        "operationName": {"value": operation, "localizedValue": "Deployments"},
        "status": {"value": status, "localizedValue": status},
        "resourceId": arm_id(name),
        "caller": caller,
        "correlationId": "0c0c0c0c-0000-4000-8000-000000000001",
        "operationId": "0d0d0d0d-0000-4000-8000-000000000001",
        "eventTimestamp": at,
        "submissionTimestamp": None,
        "properties": {"requestbody": "", "responseBody": None},
        **more,
    }


def read_log(trail: Trail, rows: object, at: str, name: str = "log.json") -> Read:
    """Read records as an export of the activity log that was made at a moment."""
    return read(trail, rows, at, AzureActivityLog(), name)
