"""What did exports show of each deployment, when was it last seen so, and how often?

Sights alone are told here, and only those with a fact of their own: that an export has shown a deployment unchanged is
told by the course, as is what sights mean beside changes by hand and policies (`domain/readings.py`, `course.py`).
"""

from __future__ import annotations

from typing import Any

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
    place after `before_last_seen` and by `first_seen`. `fact`: the position of the last sight. `logged_by`: who changed
    the deployment last in that time, as its provider's log says; whether that moved it is told by the course.
    `changed_by` and `changed_at`: the last change of the deployment that the log states, whatever was changed.

    A reading that shows the same as the one before it is no fact of the deployment, and is not counted here (R40).
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
    logged_by: str | None = None
    changed_by: str | None = None
    changed_at: Instant | None = None


sightings = Projection(
    "sightings",
    Sighting,
    edition=2,
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
        return _moved(row, event, fact, sights=row.sights + more)
    if row.status == event.status and not more:
        return row
    return row.model_copy(
        update={
            "status": event.status,
            "last_seen": fact.effective_at,
            "sights_in_a_row": row.sights_in_a_row + more,
            "sights": row.sights + more,
            **_recorded(fact),
        }
    )


@sightings.on(DeploymentDeleted, key=lambda event: event.deployment)
def deleted(row: Sighting | None, event: DeploymentDeleted) -> None:
    """What was seen of an earlier incarnation says nothing of a later one (R3)."""


@sightings.on(ChangeLogged, key=lambda event: event.deployment)
def logged(row: Sighting | None, event: ChangeLogged, fact: Fact) -> Sighting | None:
    """A provider's log says who changed it, or that it was deleted; a change that it states is no sight."""
    if row is None or is_done(event, "delete"):
        return None
    if not is_done(event, "write"):
        return row
    return row.model_copy(update={"changed_by": event.caller, "changed_at": fact.effective_at})


def _row(event: DeploymentObserved, fact: Fact, *, sights: int) -> Sighting:
    """The first sight in a row."""
    return Sighting(
        model=event.model,
        version=event.version,
        status=event.status,
        first_seen=fact.effective_at,
        last_seen=fact.effective_at,
        sights_in_a_row=1,
        sights=sights,
        before_model=None,
        before_version=None,
        before_last_seen=None,
        **_recorded(fact),
    )


def _moved(row: Sighting, event: DeploymentObserved, fact: Fact, *, sights: int) -> Sighting:
    """The first sight after those of another version; whoever read an export may know of later ones of that."""
    last_seen = max(row.last_seen, event.not_before or row.last_seen)
    is_logged = row.changed_at is not None and last_seen < row.changed_at
    return _row(event, fact, sights=sights).model_copy(
        update={
            "before_model": row.model,
            "before_version": row.version,
            "before_last_seen": last_seen,
            "logged_by": row.changed_by if is_logged else None,
            "changed_by": row.changed_by,
            "changed_at": row.changed_at,
        }
    )


def _recorded(fact: Fact) -> dict[str, Any]:
    return {"known_at": fact.known_at, "by": fact.by, "source": fact.source, "fact": fact.position}
