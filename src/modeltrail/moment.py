"""What was so at one moment, as known at another? Every question about a day is a method of its moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from modeltrail.announced import announced
from modeltrail.conforming import Conforming
from modeltrail.differing import Side, difference
from modeltrail.domain.course import course_at, course_of
from modeltrail.domain.logged import callers
from modeltrail.domain.values import Qualifier, RunBy
from modeltrail.expected import Expected
from modeltrail.explaining import explain
from modeltrail.impacting import Impacting
from modeltrail.knowledge import Knowledge
from modeltrail.problems import Date, moment_of
from modeltrail.projections.advice import advice
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.conformance import Conformance
from modeltrail.projections.deployments import deployments
from modeltrail.projections.difference import Difference
from modeltrail.projections.impact import Impact
from modeltrail.projections.models import ModelAnswer, model_answer, models
from modeltrail.projections.review import Kind, ReviewEntry
from modeltrail.projections.serving import CourseAnswer, Serving, course_answer, serving
from modeltrail.projections.suppositions import Supposition
from modeltrail.projections.upcoming import Horizon, Upcoming, concerns, in_time
from modeltrail.projections.what_if import WhatIf
from modeltrail.projections.why import Why
from modeltrail.read import Read
from modeltrail.report.summary import ReportSummary
from modeltrail.review import Review
from modeltrail.supposing import what_if


class Moment:
    """A moment `t` as known at `known_at`, both in UTC (R6). Facts that are recorded later may change its answers only
    by what they say was known by then."""

    def __init__(self, knowledge: Knowledge, t: datetime, known_at: datetime) -> None:
        self._known = knowledge
        self.t = t
        self.known_at = known_at

    def serving(self, deployment: str) -> Serving:
        """What a deployment served (R28). Raises Unknown for a name that was never recorded."""
        return self._serving(self._known.deployment_named(deployment))

    def _serving(self, deployment: str) -> Serving:
        facts = self._known.facts(deployment)
        course = course_at(deployment, facts, self._known.history, self.t)
        return serving(course, self.t, self.known_at, callers(facts))

    def course(self, deployment: str) -> CourseAnswer:
        """The whole course of a deployment, as known at `known_at` (R28). Raises Unknown."""
        name = self._known.deployment_named(deployment)
        facts = self._known.facts(name)
        return course_answer(course_of(name, facts, self._known.history), callers(facts))

    def why(self, deployment: str) -> Why:
        """Why a deployment serves what it serves: how it came there, who set what counts, how much notice there was,
        and what was known at the moment itself (R28, R42). Raises Unknown."""
        return explain(self._known, self.t, self.known_at, self._known.deployment_named(deployment))

    def deployments(self, model: str | None = None) -> tuple[Serving, ...]:
        """What each deployment that existed at the moment served; with a model, those on it. Raises Unknown."""
        wanted = None if model is None else self._known.model_named(model)
        names = sorted(self._known.keys(deployments))
        answers = ((name, self._serving(name)) for name in names)
        existing = ((name, answer) for name, answer in answers if answer.status not in ("absent", "deleted"))
        return tuple(answer for name, answer in existing if wanted is None or self._is_on(name, answer, wanted))

    def _is_on(self, deployment: str, answer: Serving, model: str) -> bool:
        last = self._row(deployments, deployment)
        named = {one.model for one in answer.possible}
        return model in named or (answer.status == "stopped" and last is not None and last.model == model)

    def _row(self, projection: Any, key: Any) -> Any:
        rows = [
            row for moment, row in projection.history(key, self._known.facts_of(projection, key)) if moment <= self.t
        ]
        return rows[-1] if rows else None

    def model(self, name: str) -> ModelAnswer:
        """A model, its versions and what stands announced. Raises Unknown for a name that was never recorded."""
        return model_answer(self._known.history(self._known.model_named(name)), self.t)

    def announcements(self, model: str | None = None, version: str | None = None) -> tuple[Announcement, ...]:
        """All that was announced by the moment, of all models, one, or one version of it (R13). Raises Unknown."""
        names = self._known.keys(models) if model is None else [self._known.model_named(model)]
        found = [one for name in names for one in announced(self._known, self.t, name, version)]
        return tuple(sorted(found, key=lambda one: (one.known_at, one.model, one.version, one.kind, one.sku or "")))

    def upcoming(
        self,
        days: int = 30,
        *,
        catalogue_only: bool = False,
        qualifier: Qualifier | None = None,
        model: str | None = None,
        owner: str | None = None,
    ) -> tuple[Upcoming, ...]:
        """What is to come within so many days, the last moment included, and what is overdue (R12, R28).

        Only what was effective by the moment counts, with every standing announcement taken as carried out on its date.
        With a model, what concerns it or leads to it; with an owner, what concerns their deployments. Raises Unknown.
        """
        horizon = Horizon(self.t, self.t + timedelta(days=days))
        of_model = None if model is None else self._known.model_named(model)
        expected = Expected(self._known, self.t)
        entries = expected.entries(horizon, catalogue_only=catalogue_only)
        wanted = (one for one in entries if qualifier is None or one.qualifier == qualifier)
        asked = [one for one in wanted if concerns(one, of_model, owner)]
        if owner is not None and not asked:
            expected.demand_owner(owner)
        return tuple(
            one.model_copy(update={"advice": advice(one, self.t, self._run_by(one.model))}) for one in in_time(asked)
        )

    def _run_by(self, model: str) -> RunBy:
        return self._known.history(model).at(self.t).run_by

    def what_if(self, *suppositions: Supposition, days: int = 90) -> WhatIf:
        """What each deployment would do instead, in the past and in so many days to come, if something were otherwise.

        Evidence (sights, executions) does not count in the supposed course while that is apart from the actual one:
        it then is what the policies make of the facts. Nothing is recorded. Raises Unknown for a name never recorded,
        NotChoosable for a default that is not released or retired.
        """
        return what_if(self._known, self.t, self.known_at, suppositions, days)

    def report(self, folder: str | Path, *, days: int = 90) -> ReportSummary:
        """Write all of it as pages into a folder: the fleet, each deployment, each model, what is to come (R6).

        `days`: how far ahead what is upcoming is looked for. The folder takes its place whole or not at all; the pages
        need no network and no script. The same log, moment and knowledge give the same bytes. Raises ValueError, with
        the way out, where the folder holds something else than an older report, or where Jinja is not installed.
        """
        from modeltrail.report.site import write_report

        return write_report(self, self._known, Path(folder), days)

    def conformance(self, since: Date | None = None, of: str | None = None) -> Conformance:
        """Whether providers kept their word from `since`, null for ever, to the moment: what they did against what the
        rules require and what was announced, and how much notice each deployment got (R11 to R13, R19 to R24, R32).

        `of`: one model, or the models of one catalogue. Raises Unknown.
        """
        return Conforming(self._known, self.t, self.known_at).answer(None if since is None else moment_of(since), of)

    def impact(self, model: str, version: str | None = None) -> Impact:
        """Who runs a version, or any of a model, who ran it by the moment and when, and what its retirement makes of
        those who run it (R20 to R23, R28, R36). Raises Unknown.

        The retirement is the one that stands announced, on its date; where none lies ahead, one supposed at the moment.
        """
        return Impacting(self._known, self.t, self.known_at).answer(model, version)

    def diff(self, later: Moment) -> Difference:
        """What differs from this moment to another one of the same trail, in what was so or in what was known of it:
        deployments, models, and the facts that made the difference (R6)."""
        return difference(Side(self._known, self.t, self.known_at), Side(later._known, later.t, later.known_at))

    def review(
        self, kind: Kind | None = None, *, settled: bool = False, of: Read | None = None
    ) -> tuple[ReviewEntry, ...]:
        """What needs a person's eye and is open, oldest first: of one kind, or of all (R2, R32, R41, R44).

        With `settled`, what somebody settled by the moment is there too, with who and why. `of`: only what one import
        recorded. Raises ValueError for an unknown kind.
        """
        review = Review(self._known.ledger, self._known.history, self.t, self._known.limit)
        return review.entries(kind, settled=settled) if of is None else review.of(of, kind, settled=settled)
