"""What was written, when a report was made?"""

from __future__ import annotations

from modeltrail.domain.values import Instant
from modeltrail.projections.models import Answer


class ReportSummary(Answer):
    """A report that was written: of which moment, as known when, how far ahead, of how much, and how large it is."""

    folder: str
    at: Instant
    known_at: Instant
    within_days: int
    deployments: int
    models: int
    upcoming: int
    pages: int
    bytes: int
