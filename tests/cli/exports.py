"""How do tests of the command line write the exports that it reads? Deployments of one account, or of another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.shell import Answer, shell
from modeltrail import Trail
from modeltrail.proofs import Checkpoint

ACCOUNT = "/subscriptions/1/resourcegroups/ai/providers/microsoft.cognitiveservices/accounts/east"
OTHER = "/subscriptions/1/resourcegroups/ai/providers/microsoft.cognitiveservices/accounts/west"
CHAT, MAIL = f"{ACCOUNT}/deployments/chat", f"{ACCOUNT}/deployments/mail"
OLD, NEW = "2024-05-13", "2024-08-06"


def deployment(name: str, version: str = OLD, account: str = ACCOUNT, option: str = "NoAutoUpgrade") -> dict[str, Any]:
    """One element of the list that `az cognitiveservices account deployment list` prints."""
    return {
        "id": f"{account}/deployments/{name}",
        "name": name,
        "sku": {"name": "Standard", "capacity": 10},
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4o", "version": version},
            "versionUpgradeOption": option,
            "provisioningState": "Succeeded",
        },
        "systemData": {"createdAt": "2024-06-01T08:00:00.1234567Z", "createdBy": "alice@example.com"},
    }


def model(name: str, version: str, *, is_default: bool = False) -> dict[str, Any]:
    """One element of the list that `az cognitiveservices model list` prints."""
    return {
        "kind": "OpenAI",
        "model": {
            "format": "OpenAI",
            "name": name,
            "version": version,
            "isDefaultVersion": is_default,
            "lifecycleStatus": "GenerallyAvailable",
            "systemData": {"createdAt": f"{version}T00:00:00Z"},
        },
    }


def logged(deployment: str, at: str, caller: str = "alice@example.com") -> dict[str, Any]:
    """One element of the list that `az monitor activity-log list` prints: a change that has succeeded."""
    return {
        "eventDataId": f"{at} {deployment}",
        "operationName": {"value": "Microsoft.CognitiveServices/accounts/deployments/write"},
        "status": {"value": "Succeeded"},
        "resourceId": deployment,
        "caller": caller,
        "correlationId": at,
        "eventTimestamp": at,
        "submissionTimestamp": at,
    }


FIELDS = (
    *("export", "catalogue", "file", "digest", "observed_at", "scope", "rows", "facts", "first", "last", "repeated"),
    *("dry_run", "needs_your_eye"),
)
"""What the document of an import has, in this order."""
UNREADABLE = deployment("mail", option="Sometimes")
"""A row whose policy nobody knows."""


def written(file: Path, *rows: object) -> Path:
    """A file with some rows as Azure's command line writes them."""
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def imported(store: str, file: Path | str, *words: object, stdin: str | None = None) -> Answer:
    return shell("--store", store, "import", "azure-deployments", file, *words, stdin=stdin)


def checkpoint(store: str) -> Checkpoint:
    with Trail.open(store, read_only=True) as trail:
        found = trail.log.checkpoint()
    return found.model_copy(update={"time": None})
