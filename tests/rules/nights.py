"""How do tests tell of nights? An export is made of a few words: which deployment is on which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from modeltrail import Trail
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.read import Read

ACCOUNT = "/subscriptions/s/resourcegroups/rg/providers/microsoft.cognitiveservices/accounts/acme"
MODEL = "azure-openai/chat"
CHAT = f"{ACCOUNT}/deployments/chat"


def listed(name: str, version: str | None, **properties: object) -> dict[str, Any]:
    """One deployment as Azure lists it, manual, on a version of `chat`; null for none."""
    model = {"format": "OpenAI", "name": "chat", "version": version}
    named = {key: value for key, value in model.items() if value is not None}
    told = {"model": named, "provisioningState": "Succeeded", "versionUpgradeOption": "NoAutoUpgrade", **properties}
    return {"id": f"{ACCOUNT}/deployments/{name}", "name": name, "properties": told, "sku": {"name": "Standard"}}


def night(trail: Trail, at: str, versions: Mapping[str, str | None], *others: object, **told: Any) -> Read:
    """Read the export of a night: a version for each deployment, and other rows as they stand."""
    rows = [*(listed(name, version) for name, version in versions.items()), *others]
    file = BytesIO(json.dumps(rows).encode())
    export = AzureDeployments(accounts=[ACCOUNT])
    return trail.read_export(export, file, observed_at=at, by="alice@example.com", **told)
