"""What does a source yield, row by row? The small contract of every import: a statement, or a row put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modeltrail.domain.events import Event


@dataclass(frozen=True, slots=True)
class Statement:
    """What one row states. `row` is the line of the file on which the row begins, counted from 1.

    Done things (`released`, `default`, `retired`) are effective on the day stated, announcements when they became
    known (R5). `source` is the row's own, empty where it names none.
    """

    row: int
    event: Event
    effective_at: datetime
    known_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that states nothing readable: its text as CSV, why, and what to do about it (R41).

    `known_at` is null where the row does not say it readably. `raw` and `reason` can be stored as they are.
    """

    row: int
    raw: str
    reason: str
    known_at: datetime | None
