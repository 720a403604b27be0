"""One example of every event, all fields filled, and what the tests of the log need to record them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from modeltrail.domain import events
from modeltrail.domain.events import Event, PolicyChanged, VersionReleased
from modeltrail.domain.values import Rules
from modeltrail.drafts import Draft
from modeltrail.log import Log

START = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
MODEL = "azure-openai/gpt-4o"
VERSION = "2024-11-20"
DEPLOYMENT = "chat-prod"
ON = datetime(2025, 9, 15, tzinfo=UTC)
OWN_RULES = Rules(
    id="acme-2025", notice_days=30, rollout_days=7, lead_days=14, preview_delay_days=21, unspecified="manual"
)

EXAMPLES: tuple[Event, ...] = (
    events.ModelRegistered(model=MODEL, rules=OWN_RULES, offers=("auto-update", "manual"), run_by="engine"),
    events.RulesChanged(model=MODEL, rules=OWN_RULES),
    events.OffersChanged(model=MODEL, offers=("upgrade-when-expired",)),
    events.VersionReleased(model=MODEL, version=VERSION, stage="preview", api_versions=("2024-10-21", "v1")),
    events.StageChanged(model=MODEL, version=VERSION, stage="legacy"),
    events.StageChangeAnnounced(model=MODEL, version=VERSION, stage="deprecated", on=ON, qualifier="tentative"),
    events.DefaultChangeAnnounced(model=MODEL, version=VERSION, on=ON, qualifier="no-earlier-than"),
    events.DefaultChanged(model=MODEL, version=VERSION, emergency="wrong answers; incident 12"),
    events.RetirementAnnounced(model=MODEL, version=VERSION, on=ON, qualifier="fixed", sku="GlobalStandard"),
    events.RetirementWithdrawn(model=MODEL, version=VERSION, sku="GlobalStandard"),
    events.VersionRetired(model=MODEL, version=VERSION, sku="GlobalStandard", emergency="licence ended"),
    events.VersionReinstated(model=MODEL, version=VERSION, sku="GlobalStandard"),
    events.ForcedUpgradeAnnounced(
        model=MODEL, version=VERSION, on=ON, qualifier="fixed", to_model="azure-openai/gpt-4.1", to_version="2025-04-14"
    ),
    events.ReplacementNamed(
        model=MODEL,
        version=VERSION,
        to_model="azure-openai/gpt-4.1",
        to_version="2025-04-14",
        upgrade_from=ON + timedelta(hours=7, microseconds=120),
        lead_days=30,
    ),
    events.VersionUnlisted(model=MODEL, version=VERSION),
    events.DeploymentCreated(
        deployment=DEPLOYMENT,
        model=MODEL,
        version=VERSION,
        policy="auto-update",
        sku="ProvisionedManaged",
        run_by="provider",
        owner="team chat",
        api_version="2024-10-21",
    ),
    events.PolicyChanged(deployment=DEPLOYMENT, policy="upgrade-when-expired"),
    events.VersionChanged(
        deployment=DEPLOYMENT,
        model=MODEL,
        version=VERSION,
        cause="retirement",
        policy="upgrade-when-expired",
        rules="azure-openai",
    ),
    events.DeploymentStopped(
        deployment=DEPLOYMENT, reason="the version was retired", cause="retirement", policy="manual", rules="engine"
    ),
    events.SkuChanged(deployment=DEPLOYMENT, sku="GlobalStandard"),
    events.ApiVersionChanged(deployment=DEPLOYMENT, api_version="2024-10-21"),
    events.DeploymentObserved(deployment=DEPLOYMENT, model=MODEL, version=VERSION, status="stopped"),
    events.VersionTested(
        deployment=DEPLOYMENT,
        version=VERSION,
        result="failed",
        evidence='naïve "quote" \\ \t\u2028 模型 🚀',
        model=MODEL,
    ),
    events.DeploymentDeleted(deployment=DEPLOYMENT),
    events.FactRetracted(position=7, of="model/azure-openai/gpt-4o"),
    events.RowQuarantined(catalogue="azure-openai", raw="gpt-4,2026-09-31,?\r\n", reason="no such day: 2026-09-31"),
    # What was stored before a field was added stays; a newer example fills it.
    events.VersionChanged(
        deployment=DEPLOYMENT,
        model=MODEL,
        version=VERSION,
        cause="default-change",
        policy="auto-update",
        rules="engine",
        because=(1, 12),
    ),
    events.DeploymentStopped(
        deployment=DEPLOYMENT,
        reason="the version was retired",
        cause="retirement",
        policy="manual",
        rules="engine",
        because=(15,),
    ),
    events.MovePostponed(
        deployment=DEPLOYMENT,
        move="chat-prod@17:azure-openai/gpt-4o/2024-11-20",
        to_model=MODEL,
        to_version=VERSION,
        cause="default-change",
        policy="auto-update",
        rules="engine",
        attempt=3,
        failures=1,
        because=(1, 12),
        until=ON,
    ),
    events.MoveFailed(
        deployment=DEPLOYMENT,
        move="chat-prod@17:azure-openai/gpt-4o/2024-11-20",
        to_model=MODEL,
        to_version=VERSION,
        cause="default-change",
        policy="auto-update",
        rules="engine",
        attempt=2,
        failures=2,
        because=(1, 12),
        error="the gateway did not answer",
        retry_at=ON,
    ),
    events.DeploymentObserved(
        deployment=DEPLOYMENT,
        model=MODEL,
        version=VERSION,
        status="stopped",
        export="azure-deployments",
        created_at=START,
    ),
    events.DeploymentDeleted(deployment=DEPLOYMENT, not_before=START),
    events.ChangeLogged(
        deployment=DEPLOYMENT,
        entry="11111111-2222-3333-4444-555555555555",
        operation="write",
        status="Succeeded",
        caller="alice@example.com",
        correlation="66666666-7777-8888-9999-000000000000",
        submitted_at=ON,
    ),
    events.ExportRowsObserved(
        export="azure-deployments",
        digest="ab" * 32,
        rows=(
            events.ExportRow(
                key=DEPLOYMENT,
                scope="acct",
                stream="deployment/chat-prod",
                row=7,
                shown=(("model", MODEL), ("version", VERSION)),
                restated=True,
            ),
            events.ExportRow(key="gone", scope="acct", stream="deployment/gone"),
        ),
    ),
    events.ExportObserved(
        export="azure-deployments", digest="ab" * 32, scope=("acct",), rows=1, unread=("acct/unreadable",)
    ),
    events.ReviewSettled(entry="contradiction:7", subject=DEPLOYMENT),
    events.TrustChanged(catalogue="azure-openai", sources=("azure-models", "https://learn.microsoft.com")),
    events.TrustChanged(catalogue="azure-openai", sources=()),
    events.PolicyChanged(deployment=DEPLOYMENT, policy="manual", not_before=START),
    events.SkuChanged(deployment=DEPLOYMENT, sku="GlobalStandard", not_before=START),
    events.DeploymentObserved(
        deployment=DEPLOYMENT,
        model=MODEL,
        version=VERSION,
        export="azure-deployments",
        created_at=START,
        not_before=START,
    ),
    events.ExportObserved(
        export="azure-deployments",
        digest="ab" * 32,
        scope=("acct",),
        rows=2,
        unread=("acct/unreadable",),
        unnamed=True,
        catalogue="azure-openai",
    ),
)


class Clock:
    """A clock that goes on by one second whenever it is read, or stands where it was put."""

    def __init__(self, at: datetime = START, step: timedelta = timedelta(seconds=1)) -> None:
        self.at, self.step = at, step

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


def draft(event: Event, **more: Any) -> Draft:
    return Draft(**{"event": event, "mode": "decision", "by": "alice@example.com", **more})


def policy(deployment: str, policy: str = "manual") -> Draft:
    return draft(PolicyChanged.model_validate({"deployment": deployment, "policy": policy}))


def release(version: str, model: str = MODEL) -> Draft:
    return draft(VersionReleased(model=model, version=version))


def file_url(path: Path) -> str:
    return f"sqlite:///{path}"


def opened(path: Path) -> Log:
    return Log.open(file_url(path), clock=Clock())


def filled(log: Log, facts: int) -> Log:
    """A log with so many facts, in batches of several sizes, two streams at a time."""
    for start in range(0, facts, 3):
        log.append([policy(f"d{n % 2}") for n in range(start, min(start + 3, facts))], command_id=f"c{start}")
    return log


def lines(path: Path) -> Iterator[bytes]:
    return iter(path.read_bytes().splitlines())
