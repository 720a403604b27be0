"""What did exports show of each deployment, when was it last seen so, and how often?

Sights alone are told here, and only those with a fact of their own: that an export has shown a deployment unchanged is
told by the course, as is what sights mean beside changes by hand and policies (`domain/readings.py`, `course.py`).
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from modeltrail.domain.deployment import is_done
from modeltrail.domain.events import ChangeLogged, DeploymentDeleted, DeploymentObserved
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Instant, Sighted
from modeltrail.projections.projection import Projection


class Sighting(BaseModel, frozen=True):
    """What was seen last of a deployment, and since when every sight has shown that version (R31).

    `sights` counts the moments at which the deployment was seen, `sights_in_a_row` those since the last sight of
    another version. `before_...`: the version that was seen last before this one, and when; a move between the two took
    place after `before_last_seen` and by `first_seen`. `fact`: the position of the last sight.
    """

    model: str
    version: str
    status: Sighted
    first_seen: Instant
    last_seen: Instant
    sights_in_a_row: int
    sights: int
    before_model: str | None
    before_version: str | None
    before_last_seen: Instant | None
    known_at: Instant
    by: str
    source: str | None
    fact: int


sightings = Projection(
    "sightings",
    Sighting,
    edition=1,
    question="When was each deployment last seen, with which version, and how often?",
    key="deployment",
)


@sightings.on(DeploymentObserved, key=lambda event: event.deployment)
def seen(row: Sighting | None, event: DeploymentObserved, fact: Fact) -> Sighting:
    """One sight more; what says the same of the same moment confirms it (R39)."""
    if row is None:
        return _row(event, fact, sights=1)
    more = int(row.last_seen != fact.effective_at)
    if (row.model, row.version) != (event.model, event.version):
        return _row(event, fact, sights=row.sights + more, before=(row.model, row.version, row.last_seen))
    if row.status == event.status and not more:
        return row
    return _row(
        event,
        fact,
        first_seen=row.first_seen,
        in_a_row=row.sights_in_a_row + more,
        sights=row.sights + more,
        before=(row.before_model, row.before_version, row.before_last_seen),
    )


@sightings.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row: Sighting | None, event: DeploymentDeleted) -> None:
    """What was seen of an earlier incarnation says nothing of a later one (R3)."""


@sightings.on(ChangeLogged, key=lambda event: event.deployment)
def logged(row: Sighting | None, event: ChangeLogged) -> Sighting | None:
    """A provider's log may say that it was deleted; a change that it states is no sight."""
    return None if is_done(event, "delete") else row


def _row(
    event: DeploymentObserved,
    fact: Fact,
    *,
    sights: int,
    in_a_row: int = 1,
    first_seen: datetime | None = None,
    before: tuple[str | None, str | None, datetime | None] = (None, None, None),
) -> Sighting:
    before_model, before_version, before_last_seen = before
    return Sighting(
        model=event.model,
        version=event.version,
        status=event.status,
        first_seen=first_seen or fact.effective_at,
        last_seen=fact.effective_at,
        sights_in_a_row=in_a_row,
        sights=sights,
        before_model=before_model,
        before_version=before_version,
        before_last_seen=before_last_seen,
        known_at=fact.known_at,
        by=fact.by,
        source=fact.source,
        fact=fact.position,
    )
