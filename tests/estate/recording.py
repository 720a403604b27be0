"""How does the world become known to a trail? The provider's news, the activity log, and the exports as they come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO

from estate.catalogue import CATALOGUE, PREVIEWS, Happening
from estate.exports import File
from estate.world import World
from modeltrail import Trail
from modeltrail.domain.events import (
    ChangeLogged,
    DefaultChanged,
    Event,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    VersionReleased,
    VersionRetired,
)
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.read import Read

NOW = datetime(2025, 8, 1, tzinfo=UTC)
BY = "alice@example.com"


def empty() -> Trail:
    return Trail.open("memory:", clock=lambda: NOW)


def tell_news(trail: Trail, world: World) -> None:
    """What the provider does with its models, as its pages say it, a day later."""
    with trail.record(by=BY) as rec:
        for news in world.happenings:
            rec.state(said(news), source="the news", effective_at=news.at, known_at=news.at + timedelta(days=1))


def said(news: Happening) -> Event:
    model, version, sku = f"{CATALOGUE}/{news.model}", news.version, news.sku
    match news.kind:
        case "released":
            stage = "preview" if news.model == PREVIEWS else "generally-available"
            return VersionReleased(model=model, version=version, stage=stage)
        case "default":
            return DefaultChanged(model=model, version=version)
        case "replaced":
            to_model, to_version = f"{CATALOGUE}/{news.to_model}", news.to_version
            lead_days = news.lead_days
            return ReplacementNamed(
                model=model, version=version, to_model=to_model, to_version=to_version, lead_days=lead_days
            )
        case "retired":
            return VersionRetired(model=model, version=version, sku=sku)
        case "dated" if news.on is None:
            return RetirementWithdrawn(model=model, version=version, sku=sku)
        case "dated":
            return RetirementAnnounced(model=model, version=version, sku=sku, on=news.on)


def tell_log(trail: Trail, world: World) -> None:
    """The activity log: who changed what, an hour after it happened."""
    with trail.record(by=BY) as rec:
        for number, one in enumerate(world.logged):
            event = ChangeLogged(
                deployment=one.deployment,
                entry=f"entry-{number}",
                operation=one.operation,
                status=one.status,
                caller=BY,
            )
            rec.state(event, source="the activity log", effective_at=one.at, known_at=one.at + timedelta(hours=1))


def read(trail: Trail, file: File) -> Read:
    """Import one export."""
    export = AzureModels(CATALOGUE) if file.kind == AzureModels.name else AzureDeployments(accounts=file.accounts)
    return trail.read_export(export, BytesIO(file.content), observed_at=file.at, by=BY)


def read_all(trail: Trail, files: Iterable[File]) -> list[Read]:
    """Import exports in the order in which they are given."""
    return [read(trail, file) for file in files]
