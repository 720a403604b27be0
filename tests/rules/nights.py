"""How do tests tell of nights, and of what they leave open? An export in a few words: who is on which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from modeltrail import Trail
from modeltrail.domain.facts import Fact
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.projections.review import ReviewEntry
from modeltrail.read import Read
from rules.given import mirrored

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


ODD = listed("odd", "v1", versionUpgradeOption="Sometimes")
"""A row whose policy nobody knows."""


def moved() -> Trail:
    """Given a manual deployment that was seen on v1 in two nights, and in the third on v2."""
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"})
    night(trail, "2025-03-02", {"chat": "v1"})
    night(trail, "2025-03-03", {"chat": "v2"})
    return trail


def settle(trail: Trail, *entries: str, why: str = "CHG-7", at: str | None = None) -> tuple[Fact, ...]:
    with trail.record(by="alice@example.com", effective_at=at, known_at=at) as rec:
        for entry in entries:
            rec.settle(entry, why=why)
    return rec.facts


def ids(entries: tuple[ReviewEntry, ...]) -> list[str]:
    return [one.id for one in entries]
