"""Which importers are there, and what does a valid file of each look like?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Export

ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-Chat/providers"
    "/Microsoft.CognitiveServices/accounts/ai-West"
)


@dataclass(frozen=True, slots=True)
class Target:
    """An importer, and two elements or more that it can read."""

    make: Callable[[], Export]
    valid: tuple[dict[str, Any], ...]


def deployment(name: str, version: str, option: str | None) -> dict[str, Any]:
    """One element of `az cognitiveservices account deployment list`."""
    return {
        "id": f"{ACCOUNT}/deployments/{name}",
        "name": name,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "sku": {"name": "Standard", "capacity": 10},
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4o", "version": version},
            "versionUpgradeOption": option,
            "provisioningState": "Succeeded",
            "deploymentState": "Running",
            "capabilities": {"chatCompletion": "true"},
        },
        "systemData": {"createdAt": "2025-01-10T08:00:00.1234567Z", "createdBy": "alice@example.com"},
    }


def logged(entry: int, operation: str, status: str) -> dict[str, Any]:
    """One element of `az monitor activity-log list`."""
    return {
        "eventDataId": f"0e0e0e0e-0000-4000-8000-{entry:012}",
        "operationName": {"value": operation, "localizedValue": "Deployments"},
        "status": {"value": status, "localizedValue": status},
        "resourceId": f"{ACCOUNT}/deployments/chat-prod",
        "caller": "alice@example.com",
        "correlationId": "0c0c0c0c-0000-4000-8000-000000000001",
        "operationId": "0d0d0d0d-0000-4000-8000-000000000001",
        "eventTimestamp": "2025-02-20T14:03:22.7894561Z",
        "submissionTimestamp": "2025-02-20T14:05:01Z",
        "properties": {"requestbody": "", "responseBody": None},
    }


def model(version: str, status: str, *, is_default: bool) -> dict[str, Any]:
    """One element of `az cognitiveservices model list`."""
    return {
        "kind": "OpenAI",
        "skuName": "S0",
        "location": "WestEurope",
        "model": {
            "format": "OpenAI",
            "name": "gpt-4o",
            "version": version,
            "isDefaultVersion": is_default,
            "lifecycleStatus": status,
            "skus": [
                {"name": "Standard", "deprecationDate": "2025-06-01T00:00:00Z"},
                {"name": "ProvisionedManaged", "deprecationDate": "2025-07-01T00:00:00Z"},
            ],
            "deprecation": {"inference": "2025-06-01T00:00:00Z", "deprecationStatus": "Planned"},
            "systemData": {"createdAt": "2024-05-13T00:00:00Z"},
            "replacementConfig": {
                "targetModelName": "gpt-4.1",
                "targetModelVersion": "2025-04-14",
                "autoUpgradeStartDate": "2025-05-01T00:00:00Z",
                "upgradeOnExpiryLeadTimeDays": 15,
            },
        },
    }


TARGETS = {
    AzureActivityLog.name: Target(
        AzureActivityLog,
        (
            logged(1, "Microsoft.CognitiveServices/accounts/deployments/write", "Started"),
            logged(2, "MICROSOFT.COGNITIVESERVICES/accounts/deployments/WRITE", "Succeeded"),
            logged(3, "Microsoft.CognitiveServices/accounts/deployments/delete", "Failed"),
            logged(4, "Microsoft.CognitiveServices/accounts/listKeys/action", "Succeeded"),
        ),
    ),
    AzureDeployments.name: Target(
        lambda: AzureDeployments(accounts=[ACCOUNT]),
        (
            deployment("chat-prod", "2024-05-13", "OnceNewDefaultVersionAvailable"),
            deployment("Chat-Test", "2024-08-06", "NoAutoUpgrade"),
            deployment("embed", "", None),
        ),
    ),
    AzureModels.name: Target(
        lambda: AzureModels("azure@westeurope"),
        (
            model("2024-05-13", "GenerallyAvailable", is_default=True),
            model("2024-08-06", "Preview", is_default=False),
            model("2024-11-20", "Deprecated", is_default=False),
        ),
    ),
}
"""Each importer by the name of its readings."""
