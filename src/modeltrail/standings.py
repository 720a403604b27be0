"""Where does each engine-run deployment stand? A table by model and policy, so that crowds move without being loaded.

Deployments that stand alike (same model, version, policy and SKU, put there in the same way) are a cohort: what one
fact of their model makes of one of them, it makes of all. The table is folded from the log, with a position of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from modeltrail.clocks import moment
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import DeploymentObserved, DeploymentStopped, VersionChanged
from modeltrail.domain.facts import Fact
from modeltrail.domain.moves import Stand, stand_of
from modeltrail.domain.refusals import Conflict
from modeltrail.domain.values import Policy
from modeltrail.failpoints import reach
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.deployments import deployments

FOLLOWER = "standings"
"""The name under which the log keeps how far the table has got."""
PAGE = 2_000
"""How many facts are folded in one transaction."""
How = Literal["record", "sight", "held-back"]
"""What put a deployment where it is: a decision or execution, a sight, or that a move which was due did not happen."""

_TABLE = """
CREATE TABLE IF NOT EXISTS standings (
    deployment TEXT PRIMARY KEY NOT NULL,
    model TEXT NOT NULL,
    cohort TEXT NOT NULL,
    latest INTEGER NOT NULL,
    stream_version INTEGER NOT NULL,
    placed_by INTEGER NOT NULL
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS standings_by_cohort ON standings (model, cohort, latest, deployment)"
_UPSERT = """
INSERT INTO standings VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (deployment) DO UPDATE SET
    model = excluded.model, cohort = excluded.cohort, latest = excluded.latest,
    stream_version = excluded.stream_version, placed_by = excluded.placed_by
"""
_NEXT_MODEL = "SELECT model FROM standings WHERE model > ? ORDER BY model LIMIT 1"
_NEXT_COHORT = "SELECT cohort FROM standings WHERE model = ? AND cohort > ? ORDER BY cohort LIMIT 1"
_BEFORE = """
SELECT deployment, latest, stream_version, placed_by FROM standings
WHERE model = ? AND cohort = ? AND latest < ? AND (latest, deployment) > (?, ?) ORDER BY latest, deployment LIMIT ?
"""
_FOLLOWED = "UPDATE tracking SET notification_id = ? WHERE application_name = ? AND notification_id = ?"
_FROM = """
SELECT deployment FROM standings
WHERE model = ? AND cohort = ? AND latest >= ? AND placed_by <= ? AND stream_version >= ?
ORDER BY latest, deployment
"""


class Cohort(NamedTuple):
    """What deployments that stand alike have in common; `alone` is the name of one that has a cohort of its own."""

    policy: Policy
    version: str
    stopped: str | None
    """Why they are stopped, null where they serve."""
    sku: str | None
    how: How
    alone: str | None = None

    @classmethod
    def parse(cls, text: str) -> Cohort:
        """The cohort that a row names."""
        return cls(*json.loads(text))

    def text(self) -> str:
        """The cohort as a row names it."""
        return _text(self)

    def stand(self, model: str) -> Stand:
        """Where each of them is."""
        return Stand(model, self.version, self.stopped is not None, self.policy, self.sku)


@lru_cache(maxsize=1024)
def _text(cohort: Cohort) -> str:
    return json.dumps(cohort, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the table. `latest`: when the last of its facts was known; `stream_version`: that of its stream;
    `placed_by`: the position of the fact that put it where it is."""

    deployment: str
    model: str
    cohort: Cohort
    latest: datetime
    stream_version: int
    placed_by: int

    def row(self) -> tuple[str, str, str, int, int, int]:
        """The values of its columns."""
        latest = moment(self.latest).microseconds
        return self.deployment, self.model, self.cohort.text(), latest, self.stream_version, self.placed_by

    def after(self, fact: Fact) -> Standing:
        """The row after one more fact that the engine recorded: it moved, it stopped, or it was held back."""
        cohort, model, placed_by = self.cohort, self.model, fact.position
        match fact.event:
            case VersionChanged() as event:
                model = event.model
                cohort = cohort._replace(version=event.version, stopped=None, how="record", alone=None)
            case DeploymentStopped() as event:
                cohort = cohort._replace(stopped=event.cause, how="record", alone=None)
            case _:
                cohort, placed_by = cohort._replace(how="held-back", alone=self.deployment), self.placed_by
        latest = max(self.latest, fact.known_at)
        return Standing(self.deployment, model, cohort, latest, self.stream_version + 1, placed_by)


def standing_of(state: DeploymentState, latest: datetime, stream_version: int) -> Standing | None:
    """The row of a deployment, null where the engine has nothing to do with it."""
    stand = stand_of(state)
    if stand is None or state.placed is None:
        return None
    event = state.placed.event
    how: How = "held-back" if state.held_back else "sight" if isinstance(event, DeploymentObserved) else "record"
    stopped = None
    if stand.is_stopped:
        stopped = (event.cause if isinstance(event, DeploymentStopped) else None) or "by-hand"
    alone = state.deployment if how == "held-back" else None
    cohort = Cohort(stand.policy, stand.version, stopped, stand.sku, how, alone)
    return Standing(state.deployment, stand.model, cohort, latest, stream_version, state.placed.position)


Row = tuple[str, Standing | None]
"""The name of a deployment and its row, null where it has none."""


def follow(cursor: sqlite3.Cursor, rows: Iterable[Row], facts: Sequence[Fact]) -> None:
    """Write the rows that facts being appended bring about, where the table lacks no fact before them."""
    bounds = (facts[-1].position, FOLLOWER, facts[0].position - 1)
    if cursor.execute(_FOLLOWED, bounds).rowcount:
        write_rows(cursor, rows)


def write_rows(cursor: sqlite3.Cursor, rows: Iterable[Row]) -> None:
    """Write rows within a transaction; where a deployment has none, it is removed."""
    rows = list(rows)
    cursor.executemany(_UPSERT, [row.row() for _, row in rows if row is not None])
    cursor.executemany("DELETE FROM standings WHERE deployment = ?", [(name,) for name, row in rows if row is None])


class Standings:
    """The table. What it holds is what the log says up to `position`."""

    def __init__(self, log: Log, ledger: Ledger) -> None:
        self._log, self._ledger = log, ledger

    @property
    def position(self) -> int:
        """How far the table has got."""
        return self._log.tracked(FOLLOWER)

    def catch_up(self) -> int:
        """Fold what was recorded since, a page at a time, each in a transaction with the position reached.

        Returns the position from which on it knows nothing.
        """
        position, end = self.position, self._ledger.catch_up()
        while position < end:
            page = list(self._log.read(after=position, limit=min(PAGE, end - position)))  # all of it is in the ledger
            rows = [(name, self._folded(name, facts)) for name, facts in _by_deployment(page).items()]
            reach("standings.before")
            with suppress(Conflict):  # another process was quicker, with the same rows
                self._store(rows, page[-1].position)
            reach("standings.after")
            position = max(self.position, page[-1].position)
        return position

    def _store(self, rows: Sequence[Row], position: int) -> None:
        def write(cursor: sqlite3.Cursor, _: tuple[Fact, ...]) -> None:
            cursor.execute(_TABLE)
            cursor.execute(_INDEX)
            write_rows(cursor, rows)

        self._log.append((), tracking=(FOLLOWER, position), beside=write)

    def _folded(self, name: str, news: Sequence[Fact]) -> Standing | None:
        """The row of a deployment. One that was only just created is not looked up."""
        facts = news
        if len(news) > 1 or news[0].stream_version > 1:
            facts = self._ledger.known(deployments, name)
        states = deployments.history(name, facts)
        if not states or states[-1][1] is None:
            return None
        version = max(news[-1].stream_version, *(fact.stream_version for fact in facts))
        return standing_of(states[-1][1], max(fact.known_at for fact in facts), version)

    def models(self) -> Iterator[str]:
        """The models on which engine-run deployments are, by name."""
        if self.position:
            yield from self._stepwise(_NEXT_MODEL, ())

    def cohorts(self, model: str) -> Iterator[tuple[str, Cohort]]:
        """The cohorts on a model, each with the text that names it."""
        for text in self._stepwise(_NEXT_COHORT, (model,)):
            yield text, Cohort.parse(text)

    def _stepwise(self, statement: str, of: tuple[str, ...]) -> Iterator[str]:
        """Distinct values in their order, one index probe each, however many rows have the same."""
        last = ""
        while True:
            with self._log.reading() as cursor:
                found = cursor.execute(statement, (*of, last)).fetchone()
            if found is None:
                return
            last = cast(str, found[0])
            yield last

    def before(self, model: str, cohort: str, since: datetime, after: tuple[int, str], limit: int) -> list[Quiet]:
        """Some of a cohort about which nothing was learned from a moment on, after a place in that order."""
        bounds = (model, cohort, moment(since).microseconds, *after, limit)
        with self._log.reading() as cursor:
            return [Quiet(*row) for row in cursor.execute(_BEFORE, bounds)]

    def since(self, model: str, cohort: str, since: datetime, position: int, *, with_new: bool) -> list[str]:
        """The others of the cohort: something about them was learned at the moment or later.

        Those put there after a position are left out: that is what whoever asks has just done. Without the new ones,
        so are those of which there is no more than their creation.
        """
        with self._log.reading() as cursor:
            bounds = (model, cohort, moment(since).microseconds, position, 1 if with_new else 2)
            found = cursor.execute(_FROM, bounds)
            return [name for (name,) in found]


class Quiet(NamedTuple):
    """A deployment of a cohort; `latest` in microseconds since 1970, the others as in its row."""

    deployment: str
    latest: int
    stream_version: int
    placed_by: int


def _by_deployment(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Facts by the deployment whose stream they are in; all others are left out."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        kind, _, name = fact.stream.partition("/")
        if kind == "deployment":
            found.setdefault(name, []).append(fact)
    return found
