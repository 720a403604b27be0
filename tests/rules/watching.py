"""What do the tests of exports and logs begin with, and how do they tell what was seen and logged?"""

from __future__ import annotations

from typing import Literal

from modeltrail import Trail
from modeltrail.domain.events import ChangeLogged, DeploymentDeleted
from rules.given import MIRRORED, PROD, day, deployed, mirrored, on, segments, served, shown


def watched(policy: str = "manual") -> Trail:
    """Given a mirrored deployment that was created with v1 on 10 February and seen on it on 1 March."""
    return seen(deployed(mirrored(), policy=policy), "2025-03-01", "v1")


def seen(trail: Trail, at: str, version: str, **more: str) -> Trail:
    on(trail, at).deployment().observe(MIRRORED, version, **more)
    return trail


def logged(
    trail: Trail,
    at: str,
    operation: Literal["write", "delete"] = "write",
    status: str = "Succeeded",
    known: str | None = None,
) -> int:
    """What the log says, and the position of that."""
    entry = ChangeLogged(deployment=PROD, entry=f"{operation} of {at}", operation=operation, status=status)
    (fact,) = on(trail, at, known, by="importer").state(entry, source="activity.json")
    return fact.position


def gone(trail: Trail, at: str, last_seen: str | None = None) -> int:
    """It is missing from an export, where it was last seen on another day; and the position of that."""
    event = DeploymentDeleted(deployment=PROD, not_before=None if last_seen is None else day(last_seen))
    (fact,) = on(trail, at, by="importer").state(event, source="export.json")
    return fact.position


def asked(trail: Trail, days: str, known: str | None = None) -> list[str]:
    """What was possible on some days of March 2025."""
    return [shown(trail, f"2025-03-{number:0>2}", known) for number in days.split()]


def answers_alike(trail: Trail) -> bool:
    """Whether each day's answer is that of the whole course."""
    course = segments(trail)
    for answer in (served(trail, f"2025-0{month}-{number:0>2}") for month in (2, 3, 4) for number in range(1, 29)):
        part = next((part for part in reversed(course) if part.since <= answer.at), None)
        told = (part.possible, part.cause, part.because) if part is not None else ((), None, ())
        if told != (answer.possible, answer.cause, answer.because):
            return False
    return True
