"""What do Azure's exports show of the world, night after night? The files, with all their habits and gaps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from estate.catalogue import END, SKUS, START, Catalogue, Version, days
from estate.lives import Incarnation, Life, State
from estate.world import ACCOUNTS, World

OPTIONS = {
    "auto-update": "OnceNewDefaultVersionAvailable",
    "upgrade-when-expired": "OnceCurrentVersionExpired",
    "manual": "NoAutoUpgrade",
}
OUTAGE = (START + days(300), START + days(307), ACCOUNTS[0])
"""A week without exports of an account."""


@dataclass(frozen=True, slots=True)
class File:
    """One export: its kind, what it lists completely, when it was made, its bytes."""

    kind: str
    accounts: tuple[str, ...]
    at: datetime
    content: bytes


def nights(world: World, rng: Random) -> Iterator[File]:
    """All exports in order: of the models, then of the deployments of each account, at times of all in one file."""
    catalogue, ahead = Catalogue(), list(world.happenings)
    for number in range((END - START).days):
        at = START + timedelta(days=number, hours=2)
        while ahead and ahead[0].at <= at:
            catalogue.take(ahead.pop(0))
        if rng.random() > 0.03:
            yield File("azure-models", (), at, _models(catalogue, at))
        if number % 30 == 7:
            yield _deployments(world, ACCOUNTS, at + timedelta(minutes=1), rng)
            continue
        for place, account in enumerate(ACCOUNTS):
            is_out = account == OUTAGE[2] and OUTAGE[0] <= at < OUTAGE[1]
            made = at + timedelta(minutes=1 + 7 * place, microseconds=rng.randrange(50_000_000))
            if rng.random() > 0.03 and not is_out:
                yield _deployments(world, (account,), made, rng)


def _deployments(world: World, accounts: tuple[str, ...], at: datetime, rng: Random) -> File:
    lives = [life for life in world.lives if life.account in accounts]
    found = [(life, one) for life in lives if (one := life.incarnation(at)) is not None]
    if rng.random() < 0.05:
        rng.shuffle(found)
    folds = rng.random() < 0.05
    rows = [_deployment(life, one, one.at(at), folds=folds) for life, one in found]
    return File("azure-deployments", accounts, at, json.dumps(rows).encode())


def _deployment(life: Life, one: Incarnation, state: State, *, folds: bool) -> dict[str, object]:
    """One element of the list. Azure spells ids now in one way, now in another."""
    model = {"format": "OpenAI", "name": state.model, "version": state.version}
    properties: dict[str, object] = {"model": model, "capabilities": {"chatCompletion": "true"}}
    properties["provisioningState"] = "Disabled" if state.is_stopped else "Succeeded"
    if state.policy in OPTIONS:
        properties["versionUpgradeOption"] = OPTIONS[state.policy]
    row: dict[str, object] = {
        "id": life.key if folds else life.id,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": life.name,
        "sku": {"name": state.sku, "capacity": 80},
        "properties": properties,
    }
    if life.tells_creation:
        row["systemData"] = {
            "createdBy": "alice@example.com",
            "createdByType": "User",
            "createdAt": _fine(one.created_at),
            "lastModifiedAt": _fine(state.since),
        }
    return row


def _fine(moment: datetime) -> str:
    """A moment as Azure writes it, to the tenth of a microsecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def _models(catalogue: Catalogue, at: datetime) -> bytes:
    rows = [_model(catalogue, version, at) for version in catalogue.versions.values()]
    return json.dumps({"value": rows}).encode()


def _model(catalogue: Catalogue, version: Version, at: datetime) -> dict[str, object]:
    """One element of the list of a region's models."""
    text = {sku: _day(on) for sku, on in version.dates.items()}
    skus = [{"name": sku, "usageName": f"OpenAI.{sku}.{version.model}"} for sku in SKUS]
    for sku in skus:
        if sku["name"] in text:
            sku["deprecationDate"] = text[sku["name"]]
    model: dict[str, object] = {
        "format": "OpenAI",
        "name": version.model,
        "version": version.name,
        "isDefaultVersion": catalogue.defaults.get(version.model) == version.name,
        "skus": skus,
        "lifecycleStatus": _lifecycle(version),
        "systemData": {"createdBy": "Microsoft", "createdAt": _day(version.released_at)},
    }
    if version.date is not None:
        model["deprecation"] = {"inference": _day(version.date), "deprecationStatus": "Planned"}
    if version.replaced_by is not None:
        named = version.replaced_by
        model["replacementConfig"] = {
            "targetModelName": named.to_model,
            "targetModelVersion": named.to_version,
            "upgradeOnExpiryLeadTimeDays": named.lead_days,
        }
    return {
        "id": f"/subscriptions/0/providers/Microsoft.CognitiveServices/locations/WestEurope/models/{version.model}",
        "type": "Microsoft.CognitiveServices/locations/models",
        "kind": "OpenAI",
        "skuName": "S0",
        "model": model,
    }


def _lifecycle(version: Version) -> str:
    if version.is_preview:
        return "Preview"
    return "Deprecated" if version.retired else "GenerallyAvailable"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT00:00:00Z")
