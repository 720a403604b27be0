"""Did providers keep their word? What is known of each model and deployment, put together for the question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from itertools import chain

from modeltrail.domain.course import course_of
from modeltrail.domain.refusals import Ambiguous, Unknown, nearest
from modeltrail.domain.values import catalogue_of
from modeltrail.expected import Expected
from modeltrail.knowledge import Knowledge
from modeltrail.projections.breaches import Breach, model_breaches
from modeltrail.projections.conformance import Conformance, breaches_in_time, moved_dates
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.projections.moved import Watched, move_breaches
from modeltrail.projections.notice import MoveNotice, notice_given
from modeltrail.projections.promised import Promise, Topic, promised


class Conforming:
    """What was promised and what happened by a moment `t`, as somebody knows it (R6)."""

    def __init__(self, knowledge: Knowledge, t: datetime, known_at: datetime) -> None:
        self._known, self._t, self._known_at = knowledge, t, known_at
        self._expected = Expected(knowledge, t)
        self._said = cache(self._promised)

    def answer(self, since: datetime | None, name: str | None) -> Conformance:
        """The whole answer, of all models, one, or those of one catalogue. Raises Unknown, Ambiguous."""
        about = self._models(name)
        notice, moves = list[MoveNotice](), list[Breach]()
        for deployment in sorted(self._known.keys(deployments)):
            watched = self._watched(deployment)
            moves += (one for one in move_breaches(watched) if one.model in about)
            given = notice_given(watched.course, self._known.history, self._said, self._t)
            notice += (one for one in given if one.left_model in about)
        stated = chain.from_iterable(model_breaches(self._known.history(model), self._t) for model in about)
        moved = chain.from_iterable(moved_dates(model, self._said(model), since) for model in about)
        return Conformance(
            since=since,
            until=self._t,
            known_at=self._known_at,
            breaches=breaches_in_time(one for one in (*stated, *moves) if since is None or one.at >= since),
            notice=tuple(
                sorted(
                    (one for one in notice if since is None or one.at >= since),
                    key=lambda one: (one.at, one.deployment, one.to_model or "", one.to_version or ""),
                )
            ),
            moved_dates=tuple(sorted(moved, key=lambda one: (one.model, one.version, one.kind, one.sku or ""))),
        )

    def _models(self, name: str | None) -> Collection[str]:
        """The models that a name stands for: all, those of a catalogue, or one."""
        known = self._known.keys(models)
        if name is None:
            return known
        inside = [model for model in known if catalogue_of(model) == name]
        try:
            return [self._known.model_named(name)]
        except Unknown as unknown:
            if inside:
                return inside
            if isinstance(unknown, Ambiguous):
                raise
            catalogue = nearest(name, {catalogue_of(model) for model in known}) if "/" not in name else None
            raise Unknown("model or catalogue", name, catalogue or unknown.nearest) from None

    def _promised(self, model: str) -> dict[Topic, list[Promise]]:
        return promised(self._known.history(model), self._t)

    def _watched(self, deployment: str) -> Watched:
        facts = self._known.facts(deployment)
        course = course_of(deployment, facts, self._known.history)
        return Watched(course, facts, self._known.history, self._expected.history, self._said, self._t)
