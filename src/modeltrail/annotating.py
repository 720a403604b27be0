"""What served each call of a log? One lookup a call: the course of each deployment is computed once, and kept.

The files of calls are read and written in `call_files.py`, data frames and Parquet in `call_frames.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from modeltrail.call_times import NO_TIME, CallTimes
from modeltrail.domain.course import course_of
from modeltrail.domain.refusals import Ambiguous, Unknown, nearest
from modeltrail.knowledge import Knowledge
from modeltrail.naming import DeploymentNames
from modeltrail.problems import problem, shown
from modeltrail.projections.calls import (
    AnnotatedCalls,
    Annotation,
    Served,
    Timeline,
    Unanswered,
    UnknownDeployment,
)
from modeltrail.projections.deployments import deployments
from modeltrail.projections.serving import possible

TIMELINES_KEPT = 65_536
"""How many deployments' courses are kept: those that were called last."""
NAMED = 5
"""How many unknown deployments and other problems are named; the others are counted."""
_LONGEST_NAME = 1_000
"""A text with more characters is no name, and is not kept: somebody may have named the column of prompts."""
COLUMNS = ("status", "model", "version", "certainty", "possible", "because", "problem")
"""What is added to a call; a prefix is put before each name."""
PREFIX = "modeltrail_"


class Columns:
    """What the columns are called: two that a log of calls has, and those that are added, which begin with a prefix."""

    def __init__(self, time: str, deployment: str, prefix: str = PREFIX) -> None:
        self.time, self.deployment, self.prefix = time, deployment, prefix
        self.added = tuple(prefix + name for name in COLUMNS)

    def check(self, there: Collection[str]) -> None:
        """Raise ValueError, with the way out, where a column is missing, or one that is to be added is there."""
        for name in (self.time, self.deployment):
            if name not in there:
                similar = nearest(name, there)
                hint = f"did you mean {similar!r}?" if similar else f"there are {', '.join(map(repr, there))}"
                raise ValueError(f"the calls have no column {name!r}: {hint}")
        self.check_new(there)

    def check_new(self, there: Collection[str]) -> None:
        """Raise ValueError where a column that is to be added is there."""
        if any(name in there for name in self.added):
            taken = next(name for name in self.added if name in there)
            raise ValueError(
                f"the calls have a column {taken!r} already: annotate the calls as they were logged, or choose "
                f"another beginning than {self.prefix!r} for the names of what is added (prefix)"
            )


class Problem(NamedTuple):
    """Why a name leads to no deployment; `is_unknown`: none is known by it."""

    why: str
    is_unknown: bool


class Annotator:
    """Answers for one call after the other, with what is known to somebody, and counts. Threads take turns (`lock`)."""

    def __init__(self, knowledge: Knowledge, known_at: datetime, times: CallTimes) -> None:
        self._knowledge = knowledge
        self._known_at = known_at
        self._names = DeploymentNames(knowledge.keys(deployments))
        self.times = times
        self._shared: dict[Served, Served] = {}
        self._timeline = lru_cache(TIMELINES_KEPT)(self._timeline_of)
        self._named = lru_cache(TIMELINES_KEPT)(self._named_as)
        self._counts: Counter[Served] = Counter()
        self._problems = 0
        self._unknown: Counter[str] = Counter()
        self._unanswered: dict[str, int] = {}
        """Other problems than unknown deployments, each with the first row that has it."""
        self.lock = Lock()

    def annotation(self, deployment: object, time: object) -> Annotation:
        """What is added to a call, from its two cells."""
        try:
            moment = self.times.read(time)
        except (ValueError, OverflowError) as error:
            return self._without_answer(str(error))
        return self.at(deployment, moment)

    def at(self, deployment: object, moment: int | None) -> Annotation:
        """The same where the moment is known, in microseconds since 1970; null: it is not."""
        if moment is None:
            return self._without_answer(NO_TIME)
        if not isinstance(deployment, str) or not deployment:
            return self._without_answer(f"{shown(deployment)} is no name" if deployment else "there is no deployment")
        timeline = (self._named if len(deployment) <= _LONGEST_NAME else self._named_as)(deployment)
        if isinstance(timeline, Problem):
            return self._without_deployment(deployment, timeline)
        found = timeline.at(moment)
        if found.served is not None:
            self._counts[found.served] += 1
        return found

    def _named_as(self, name: str) -> Timeline | Problem:
        """The timeline of the deployment that a cell names."""
        try:
            return self._timeline(self._names.named(name))
        except Unknown as refused:
            why = str(refused) if isinstance(refused, Ambiguous) else f"no deployment is known as {name!r}"
            return Problem(why, not isinstance(refused, Ambiguous))
        except ValidationError as error:
            return Problem(problem(error), False)

    def _timeline_of(self, deployment: str) -> Timeline:
        facts = self._knowledge.facts(deployment)
        return Timeline(course_of(deployment, facts, self._knowledge.history), self._shared)

    def _without_answer(self, why: str) -> Annotation:
        if len(self._unanswered) < NAMED and why not in self._unanswered:
            self._unanswered[why] = self._rows + 1
        self._problems += 1
        return Annotation(None, problem=why)

    def _without_deployment(self, name: str, found: Problem) -> Annotation:
        if not found.is_unknown:
            return self._without_answer(found.why)
        if name in self._unknown or len(self._unknown) < NAMED:
            self._unknown[name] += 1
        self._problems += 1
        return Annotation(None, problem=found.why)

    @property
    def _rows(self) -> int:
        """How many calls were looked at."""
        return self._problems + self._counts.total()

    def summary(self) -> AnnotatedCalls:
        """How it went so far."""
        by_status: Counter[str] = Counter()
        by_certainty: Counter[str] = Counter()
        for served, rows in self._counts.items():
            by_status[served.status] += rows
            if served.certainty is not None:
                by_certainty[served.certainty] += rows
        return AnnotatedCalls(
            known_at=self._known_at,
            rows=self._rows,
            problems=self._problems,
            by_status=dict(by_status.most_common()),
            by_certainty=dict(by_certainty.most_common()),
            unknown=tuple(self._unknown_ones()),
            unanswered=tuple(Unanswered(row=row, problem=why) for why, row in self._unanswered.items()),
        )

    def _unknown_ones(self) -> Iterable[UnknownDeployment]:
        for name, rows in self._unknown.most_common():
            try:
                self._knowledge.deployment_named(name)
            except Unknown as refused:
                yield UnknownDeployment(deployment=name, nearest=refused.nearest, rows=rows)


@lru_cache
def possible_json(served: Served) -> str:
    """What was possible, as JSON has it in the answers of `serving`: a list of objects."""
    return to_json(possible(served.possible)).decode()
