"""What is recorded? One fleet, made of the same facts for the log and for both baselines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from uuid import UUID
from zlib import crc32

from baselines import Bare, Stock, StockDeployment

from modeltrail import Trail
from modeltrail.domain.events import DeploymentCreated, DeploymentObserved, Event, PolicyChanged
from modeltrail.domain.values import Policy
from modeltrail.drafts import Draft
from modeltrail.imports.notices import read_notices

BY, SOURCE = "alice@example.com", "export 2025-03-27"
MODEL, VERSION = "azure-openai/gpt-4o", "2024-05-13"
START = datetime(2024, 6, 1, tzinfo=UTC)
TODAY = datetime(2025, 7, 1, tzinfo=UTC)
POLICIES: tuple[Policy, ...] = ("auto-update", "upgrade-when-expired", "manual")
PER_DEPLOYMENT = 10
DEPLOYMENTS_A_BATCH = 1_000


def opened(path: Path) -> Trail:
    """The trail of a file, on a day on which the whole schedule is known."""
    return Trail.open(f"sqlite:///{path}", clock=lambda: TODAY)


def import_schedule(trail: Trail) -> None:
    """The real schedule that comes with the package: 214 statements."""
    with (files("modeltrail") / "data" / "notices.csv").open(encoding="utf-8") as rows:
        trail.take(read_notices(rows, catalogue="azure-openai"), catalogue="azure-openai", by=BY, source="notices.csv")


def name(number: int) -> str:
    return f"deployment-{number:06}"


def life(number: int) -> Iterator[tuple[Event, datetime]]:
    """One deployment: created, then a change of policy and a sight by turns, a month apart."""
    here = name(number)
    for step in range(PER_DEPLOYMENT):
        at = START + timedelta(days=30 * step, seconds=number)
        if step == 0:
            created = DeploymentCreated(deployment=here, model=MODEL, version=VERSION, policy="manual")
            yield created.model_copy(update={"run_by": "provider"}), at
        elif step % 2:
            yield PolicyChanged(deployment=here, policy=POLICIES[step % 3]), at
        else:
            yield DeploymentObserved(deployment=here, model=MODEL, version=VERSION), at


def nights(deployments: int, life: int) -> Iterator[list[Draft]]:
    """A fleet night by night, as exports show it: each deployment has one fact more, and one in fifty comes late.

    What is late became so weeks before it was learned. Deployments are created first.
    """
    step = timedelta(seconds=(TODAY - START).total_seconds() // (life + 1))
    for night in range(life):
        for numbers in _batches(deployments):
            drafts: list[Draft] = []
            for number in numbers:
                known = START + night * step + timedelta(seconds=number)
                late = timedelta(days=20) if night and crc32(f"{number}/{night}".encode()) % 50 == 0 else timedelta(0)
                effective = max(known - late, START + timedelta(seconds=number, microseconds=1)) if night else known
                event = _of_night(number, night)
                clocks = {"effective_at": effective, "known_at": known}
                drafts.append(Draft(event=event, mode="statement", by=BY, source=SOURCE, **clocks))
            yield drafts


def _of_night(number: int, night: int) -> Event:
    here = name(number)
    if not night:
        created = DeploymentCreated(deployment=here, model=MODEL, version=VERSION, policy="manual")
        return created.model_copy(update={"run_by": "provider"})
    if night % 2:
        return PolicyChanged(deployment=here, policy=POLICIES[night % 3])
    return DeploymentObserved(deployment=here, model=MODEL, version=VERSION)


def fill_nights(trail: Trail, deployments: int, life: int) -> None:
    """Record a fleet night by night."""
    for drafts in nights(deployments, life):
        trail.log.append(drafts)


def stock_life(number: int) -> StockDeployment:
    """The same for the library: an aggregate with its events pending."""
    clocks = {"effective_at": START, "known_at": START}
    made = StockDeployment(
        deployment=name(number), model=MODEL, version=VERSION, policy="manual", by=BY, source=SOURCE, **clocks
    )
    for step, (_, at) in enumerate(life(number)):
        clocks = {"effective_at": at, "known_at": at}
        if step and step % 2:
            made.change_policy(policy=POLICIES[step % 3], by=BY, source=SOURCE, **clocks)
        elif step:
            made.observe(model=MODEL, version=VERSION, status="serving", by=BY, source=SOURCE, **clocks)
    return made


def fill(trail: Trail, deployments: int) -> None:
    """Record whole lives."""
    for numbers in _batches(deployments):
        lives = (pair for number in numbers for pair in life(number))
        trail.log.append(
            [Draft(event=event, mode="statement", by=BY, source=SOURCE, effective_at=at) for event, at in lives]
        )


def fill_stock(stock: Stock, deployments: int) -> list[UUID]:
    """Save whole lives, and return the aggregates' ids."""
    ids: list[UUID] = []
    for numbers in _batches(deployments):
        made = [stock_life(number) for number in numbers]
        stock.save(*made)
        ids += [aggregate.id for aggregate in made]
    return ids


def fill_bare(bare: Bare, log: Path) -> None:
    """Copy the bytes of a log."""
    with sqlite3.connect(log) as source:
        bare.append_all(source.execute("SELECT stream, body FROM events ORDER BY position").fetchall())
    source.close()


def _batches(deployments: int) -> Iterator[range]:
    for start in range(0, deployments, DEPLOYMENTS_A_BATCH):
        yield range(start, min(start + DEPLOYMENTS_A_BATCH, deployments))


def engine_run(trail: Trail, deployments: int) -> None:
    """A model and deployments that the engine runs, so that every change is a decision."""
    with trail.record(by=BY, effective_at=START) as batch:
        model = batch.model("acme/chat")
        model.register(run_by="engine")
        model.release("1")
        model.change_default("1")
    created = (
        DeploymentCreated(deployment=name(number), model="acme/chat", version="1", policy="manual")
        for number in range(deployments)
    )
    trail.log.append([Draft(event=event, mode="decision", by=BY, effective_at=START) for event in created])


def stock_engine_run(stock: Stock, deployments: int) -> list[StockDeployment]:
    """The same for the library, kept in memory."""
    clocks = {"effective_at": START, "known_at": START}
    made = [
        StockDeployment(
            deployment=name(number), model="acme/chat", version="1", policy="manual", by=BY, source=SOURCE, **clocks
        )
        for number in range(deployments)
    ]
    stock.save(*made)
    return made
