"""How do the tests of Azure's lists of models write one, read it, and ask? Elements with what a test names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from modeltrail import Trail
from modeltrail.domain.events import Event
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Change, Row
from modeltrail.projections.models import ModelAnswer, VersionAnswer
from modeltrail.read import Read

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CATALOGUE = "azure@westeurope"
MODEL = f"{CATALOGUE}/gpt-4o"
OLD, NEW = "2024-08-06", "2024-11-20"
NIGHTS = ("2025-02-01", "2025-02-02", "2025-02-03", "2025-02-04")
Element = dict[str, Any]


def listed(
    version: str | None = OLD,
    *,
    model: str = "gpt-4o",
    status: str | None = "GenerallyAvailable",
    default: bool | None = False,
    created: str | None = "2024-08-06T00:00:00Z",
    retires: str | None = None,
    how: str | None = None,
    skus: Mapping[str, str | None] | None = None,
    kind: str = "OpenAI",
    **more: Any,
) -> Element:
    """One element of a location's list. `retires`: the general date; `how`: its status; `skus`: the dates of SKUs."""
    told = {
        "format": "OpenAI",
        "name": model,
        "version": version,
        "isDefaultVersion": default,
        "lifecycleStatus": status,
        "skus": [
            {"name": sku, "usageName": f"OpenAI.{sku}", "deprecationDate": date} for sku, date in (skus or {}).items()
        ],
        "deprecation": {"inference": retires, "deprecationStatus": how},
        "systemData": {"createdAt": created},
        **more,
    }
    return {"kind": kind, "skuName": "S0", "location": "WestEurope", "model": without_nulls(told)}


def without_nulls(value: Any) -> Any:
    """What Azure writes: fields without a value are left out."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(item) for name, item in value.items() if item is not None}


def empty() -> Trail:
    """A trail without facts, whose clock stands still at `NOW`."""
    return Trail.open("memory:", clock=lambda: NOW)


def read(trail: Trail, at: str, *elements: object, name: str | None = None, **how: Any) -> Read:
    """Read elements as the list of a location that was made at a moment."""
    file = BytesIO(json.dumps({"value": elements}).encode())
    file.name = name or f"{at}.json"
    return trail.read_export(AzureModels(CATALOGUE), file, observed_at=at, by="alice@example.com", **how)


def nights(*lists: list[Element]) -> Trail:
    """A trail that has read one list a night, from the first of `NIGHTS` on."""
    trail = empty()
    for at, elements in zip(NIGHTS, lists, strict=False):
        read(trail, at, *elements)
    return trail


def answer(trail: Trail, at: str, model: str = MODEL, known_at: str | None = None) -> ModelAnswer:
    """What is known of a model."""
    return trail.at(at, known_at=known_at).model(model)


def found(trail: Trail, at: str, version: str = OLD, model: str = MODEL) -> VersionAnswer:
    """What is known of a version."""
    return next(one for one in answer(trail, at, model).versions if one.version == version)


def dates(version: VersionAnswer) -> dict[str | None, str | None]:
    """The retirements of a version that stand, by SKU."""
    return {one.sku: None if one.on is None else f"{one.on:%Y-%m-%d}" for one in version.retirements}


def row(*elements: object) -> Row:
    """The row of one element, or of several of the same version."""
    export = AzureModels(CATALOGUE)
    first, *others = (export.read(element) for element in elements)
    for other in others:
        first = export.merged(first, other)
    return first


def moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def stated(
    before: Element | None,
    after: Element | None,
    at: str = NIGHTS[1],
    before_at: str | None = NIGHTS[0],
    last: Element | None = None,
    last_at: str | None = None,
) -> list[tuple[Event, str]]:
    """What a difference states, each with the day on which it is effective."""
    shown = [None if element is None else row(element).shown for element in (before, after, last)]
    change = Change(
        "key",
        shown[0],
        shown[1],
        moment(at),
        None if before_at is None else moment(before_at),
        shown[2],
        None if last_at is None else moment(last_at),
    )
    told = AzureModels(CATALOGUE).differences(change)
    return [(one.event, f"{one.effective_at or change.at:%Y-%m-%d}") for one in told]
