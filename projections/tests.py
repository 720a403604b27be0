"""Which versions were tested for each deployment, by whom, and how did the last test go?

A test that names no model is of the one that the deployment is on (R36). Which one that is depends on other facts, and
a row is found by its own event alone: its key has an empty text for the model, which no model is named by. So whoever
asks about the model that a deployment is on looks at both keys. For the same reason a test outlives the deployment: an
incarnation that is created later finds those of the earlier one, with their day.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from modeltrail.domain.events import VersionTested
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Instant, Mode
from modeltrail.projections.projection import Projection


class LastTest(BaseModel, frozen=True):
    """The last test of a version for a deployment, at the position `fact` (R36).

    `tests` counts all of them, `passed` those that passed.
    """

    result: Literal["passed", "failed"]
    evidence: str | None
    tested_at: Instant
    known_at: Instant
    by: str
    why: str | None
    source: str | None
    mode: Mode
    tests: int
    passed: int
    fact: int


tests = Projection(
    "tests",
    LastTest,
    edition=1,
    question="Which versions were tested for each deployment, and how did the last test go?",
    key=("deployment", "model", "version"),
)


@tests.on(VersionTested, key=lambda event: (event.deployment, event.model or "", event.version))
def tested(row: LastTest | None, event: VersionTested, fact: Fact) -> LastTest:
    """One test more; what says the same of the same moment confirms it (R39)."""
    if row is not None and (row.result, row.evidence, row.tested_at) == (
        event.result,
        event.evidence,
        fact.effective_at,
    ):
        return row
    return LastTest(
        result=event.result,
        evidence=event.evidence,
        tested_at=fact.effective_at,
        known_at=fact.known_at,
        by=fact.by,
        why=fact.why,
        source=fact.source,
        mode=fact.mode,
        tests=(row.tests if row is not None else 0) + 1,
        passed=(row.passed if row is not None else 0) + (event.result == "passed"),
        fact=fact.position,
    )
