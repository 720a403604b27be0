"""What was a model at every moment, as known to somebody? (R2, R6)"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from modeltrail.domain.events import ModelEvent
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState, new_model, versions_named, versions_shown


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """A model at every moment, as known to somebody. `unclear` are the facts about an ambiguous empty version (R2)."""

    model: str
    moments: tuple[datetime, ...]
    states: tuple[ModelState, ...]
    unclear: tuple[Fact, ...] = ()
    leads_to: frozenset[str] = frozenset()
    """The other models to which its deployments may be moved (R15, R24)."""

    def at(self, moment: datetime) -> ModelState:
        """The model at a moment, after all facts of that moment."""
        after = bisect_right(self.moments, moment)
        return self.states[after - 1] if after else new_model(self.model)

    def before(self, moment: datetime) -> ModelState:
        """The model just before a moment."""
        after = bisect_left(self.moments, moment)
        return self.states[after - 1] if after else new_model(self.model)

    def forced_upgrades(self, version: str | None, since: datetime, until: datetime) -> tuple[Fact, ...]:
        """The forced upgrades of a version that stood at some moment of a time, oldest first (R24)."""
        states = self.states[max(0, bisect_right(self.moments, since) - 1) : bisect_right(self.moments, until)]
        known = [state.versions.get(version) for state in states if version is not None]
        announced = [state.forced for state in known if state is not None and state.forced is not None]
        return tuple({fact.position: fact for fact in announced}.values())

    def is_unchanged_by(self, fact: Fact) -> bool:
        """Whether one more fact changes nothing: a deployment on a version that was shown to exist before (R10)."""
        if isinstance(fact.event, ModelEvent):
            return False
        versions = self.at(fact.effective_at).versions
        return all(name in versions and versions[name].is_mentioned for name in versions_shown(self.model, fact.event))

    @property
    def is_known(self) -> bool:
        """Whether anything was recorded about the model."""
        return bool(self.moments) or bool(self.unclear)


def unclear_of(model: str, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts about an empty version of a model that has named versions: it is unclear what they mean (R2, R41)."""
    named = [(fact, versions_named(model, fact.event)) for fact in facts]
    if not any(version for _, versions in named for version in versions):
        return ()
    return tuple(fact for fact, versions in named if "" in versions)
