"""Whom does a version concern, and who is hit when it is retired? Announced as it stands, or else supposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from modeltrail.domain.course import course_of
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import RetirementAnnounced
from modeltrail.domain.refusals import Unknown, nearest
from modeltrail.domain.segments import Outcome
from modeltrail.expected import Expected
from modeltrail.knowledge import Knowledge
from modeltrail.projections.deployments import deployments
from modeltrail.projections.impact import Concerned, Hit, Impact, Ran, Retirement, Runs, hit, leaving, ran, runs
from modeltrail.projections.suppositions import RetirementSupposed
from modeltrail.projections.upcoming import Target, test_result
from modeltrail.supposing import Supposed


class Impacting:
    """Whom a model concerns at a moment `t`, as somebody knows it (R6)."""

    def __init__(self, knowledge: Knowledge, t: datetime, known_at: datetime) -> None:
        self._known, self._t, self._known_at = knowledge, t, known_at
        self._announced = Expected(knowledge, t)
        self._supposed = cache(self._if_retired)

    def _if_retired(self, model: str, version: str) -> Expected:
        """What would follow, if a version were retired at the moment."""
        retired = RetirementSupposed(model=model, version=version, on=self._t)
        return Expected(Supposed(self._known, [retired], self._t), self._t)

    def answer(self, name: str, version: str | None) -> Impact:
        """The whole answer, for one version or for every one of the model. Raises Unknown, Ambiguous."""
        model = self._known.model_named(name)
        versions = self._known.history(model).at(self._t).versions
        if version is not None and version not in versions:
            raise Unknown("version", f"{model} {version}", nearest(version, versions))
        concerned = Concerned(model, version)
        running, before, hits = list[Runs](), list[Ran](), list[Hit]()
        for deployment in sorted(self._known.keys(deployments)):
            course = course_of(deployment, self._known.facts(deployment), self._known.history)
            now = list(runs(course, concerned, self._t))
            running += now
            before += ran(course, concerned, self._t)
            part = course.at(self._t)
            hits += (one for run in now if part is not None for one in self._hits(model, run, part.possible))
        return Impact(
            model=model,
            version=version,
            at=self._t,
            known_at=self._known_at,
            runs=tuple(running),
            ran=tuple(sorted(before, key=lambda one: (one.since, one.deployment, one.version))),
            hit=tuple(sorted(hits, key=lambda one: (one.on, one.deployment, one.version, one.kind))),
        )

    def _hits(self, model: str, run: Runs, present: Sequence[Outcome]) -> Iterator[Hit]:
        """What the retirement makes of a deployment: on its date where one lies ahead, else supposed at the moment."""
        version = self._known.history(model).at(self._t).versions.get(run.version)
        announced = version.retirement_for(run.sku) if version is not None else None
        event = announced.event if announced is not None else None
        on = event.on if isinstance(event, RetirementAnnounced) else None
        is_ahead = on is not None and on > self._t
        expected = self._announced if is_ahead else self._supposed(model, run.version)
        state = self._state(run.deployment)
        seen = Outcome("serving", model, run.version)
        by_then = self._announced.course(run.deployment).at(self._t)
        if by_then is None or seen not in by_then.possible:
            return  # only what was effective later shows that it was there
        for way in leaving(expected.course(run.deployment), seen, present, self._t):
            to = None if way.to.model is None else Target(model=way.to.model, version=way.to.version)
            yield hit(
                run,
                way,
                Retirement(announced, not is_ahead),
                test_result(state, to),
                breaks_api=expected.breaks_api(state, way.to, way.opened),
            )

    def _state(self, deployment: str) -> DeploymentState:
        """What was stated and seen of a deployment that exists."""
        facts = [fact for fact in self._known.facts(deployment) if fact.effective_at <= self._t]
        _, state = deployments.history(deployment, facts)[-1]
        assert state is not None
        return state
