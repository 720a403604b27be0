"""What was a model at every moment, as known to somebody? (R2, R6)"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from modeltrail.domain.events import (
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    ForcedUpgradeAnnounced,
    ModelEvent,
    MoveHeldBack,
    PolicyChanged,
    TrustChanged,
    VersionChanged,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState, new_model, versions_named, versions_shown
from modeltrail.domain.policies import ModelsAt

Histories = Callable[[str], "ModelHistory"]
"""The history of any model, by its full name, from the facts that are known."""
Named = tuple[str, str | None]
"""A version of a model; null for the model as such."""


class Turns(NamedTuple):
    """When a model changes in what counts for who is on a version of it, and to which others that may lead."""

    moments: tuple[datetime, ...]
    leads_to: frozenset[Named]


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """A model at every moment, as known to somebody. `unclear` are the facts about an ambiguous empty version (R2)."""

    model: str
    moments: tuple[datetime, ...]
    states: tuple[ModelState, ...]
    unclear: tuple[Fact, ...] = ()
    leads_to: frozenset[str] = frozenset()
    """The other models to which its deployments may be moved (R15, R24)."""
    _turns: dict[str | None, Turns] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Those worked out so far: one history serves thousands of deployments."""

    def turns(self, version: str | None) -> Turns:
        """What the course of a deployment on a version has to look at; for null, on one that nobody has named."""
        found = self._turns.get(version)
        if found is None:
            found = self._turns[version] = _turns_of(self, version)
        return found

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
        if isinstance(fact.event, ModelEvent | TrustChanged):
            return False
        versions = self.at(fact.effective_at).versions
        return all(name in versions and versions[name].is_mentioned for name in versions_shown(self.model, fact.event))

    @property
    def is_known(self) -> bool:
        """Whether anything was recorded about the model."""
        return bool(self.moments) or bool(self.unclear)


def models_of(facts: Iterable[Fact], histories: Histories) -> frozenset[str]:
    """The models that a deployment's facts name, and all to which it may be moved from there (R15, R24)."""
    events = [fact.event for fact in facts]
    ahead = {
        event.model for event in events if isinstance(event, DeploymentCreated | VersionChanged | DeploymentObserved)
    }
    found: set[str] = set()
    while ahead:
        found |= ahead
        ahead = {other for model in ahead for other in histories(model).leads_to} - found
    return frozenset(found)


def _named(facts: Iterable[Fact]) -> set[Named]:
    """The versions on which facts put a deployment, or to which a move is held back."""
    named: set[Named] = set()
    for fact in facts:
        match fact.event:
            case PolicyChanged():
                pass
            case DeploymentObserved() | VersionChanged() | DeploymentCreated() as event:
                named.add((event.model, event.version))
            case MoveHeldBack() as event:
                named.add((event.to_model, event.to_version))
            case _:
                pass
    return named


class Calendar:
    """The moments at which something may happen to a deployment, and the states of the models at each of them."""

    def __init__(self, facts: Sequence[Fact], histories: Histories) -> None:
        self._own, self._histories = facts, histories
        self._turns = _turning_points(_named(facts), histories)
        self._all: list[datetime] | None = None
        self._passed = -1
        self._models: ModelsAt = new_model
        self._before: ModelsAt = new_model

    @property
    def turns(self) -> Sequence[datetime]:
        """The moments at which a model changes in what counts for the deployment, in order."""
        return self._turns

    def next_turn(self, moment: datetime, *, of_all: bool = False) -> datetime | None:
        """The next moment at which a model changes in what counts for the deployment.

        `of_all`: in whatever. So it has to be while a retirement is overdue: what that would bring begins anew whenever
        anything changes (R12).
        """
        turns = self._all_moments() if of_all else self._turns
        after = bisect_right(turns, moment)
        return turns[after] if after < len(turns) else None

    def _all_moments(self) -> list[datetime]:
        if self._all is None:
            models = models_of(self._own, self._histories)
            self._all = sorted(moment for model in models for moment in self._histories(model).moments)
        return self._all

    def models(self, moment: datetime) -> tuple[ModelsAt, ModelsAt]:
        """The models at a moment and just before it; one and the same where nothing changed that counts."""
        passed = bisect_right(self._turns, moment)
        turn = self._turns[passed - 1] if passed else None
        if passed != self._passed:
            self._passed = passed
            self._models = _once(lambda model: self._histories(model).at(moment))
            self._before = _once(lambda model: self._histories(model).before(turn or moment))
        return self._models, self._before if turn == moment else self._models


def _once(find: ModelsAt) -> ModelsAt:
    """The same, each model looked up once."""
    found: dict[str, ModelState] = {}

    def state(model: str) -> ModelState:
        known = found.get(model)
        if known is None:
            known = found[model] = find(model)
        return known

    return state


def _turning_points(named: Iterable[Named], histories: Histories) -> list[datetime]:
    """The moments at which a model changes in what counts for a deployment that is put on some versions, in order.

    Whatever these may lead to counts as well (R15, R20, R24); all else that is stated of a model changes no course.
    """
    moments: list[datetime] = []
    found: set[Named] = set()
    ahead = set(named)
    while ahead:
        found |= ahead
        turns = [histories(model).turns(version) for model, version in ahead]
        for turn in turns:
            moments += turn.moments
        ahead = set[Named]().union(*(turn.leads_to for turn in turns)) - found
    return sorted(moments)


def _turns_of(history: ModelHistory, version: str | None) -> Turns:
    changes = zip(history.moments, pairwise([new_model(history.model), *history.states]), strict=True)
    moments = tuple(moment for moment, states in changes if _is_turn(*states, version))
    return Turns(moments, frozenset(named for state in history.states for named in _leads_to(state, version)))


def _is_turn(before: ModelState, after: ModelState, version: str | None) -> bool:
    """Whether a change may count for who is on a version: what was announced for another one does not."""
    return _in_general(before) != _in_general(after) or _announced(before, version) != _announced(after, version)


def _in_general(model: ModelState) -> tuple[object, ...]:
    """What counts whatever version one is on: rules, default, and which versions may be chosen."""
    versions = {
        name: (one.release, one.is_mentioned, one.stage == "preview", one.api_versions, one.retirements, one.retired_at)
        for name, one in model.versions.items()
    }
    return (
        model.rules,
        model.run_by,
        model.offers,
        model.ruled_by,
        model.stated_default,
        model.default_is_void,
        versions,
    )


def _announced(model: ModelState, version: str | None) -> tuple[object, ...] | None:
    """What counts only for who is on a version."""
    known = None if version is None else model.versions.get(version)
    return None if known is None else (known.announced, known.forced, known.replacement, known.weighing)


def _leads_to(model: ModelState, version: str | None) -> Iterator[Named]:
    """Where one state may lead from a version: to a default, a newer preview, or what is named in place of it."""
    is_open = model.stated_default is None or any(one.stage == "preview" for one in model.versions.values())
    default = model.stated_default.event if model.stated_default is not None else None
    defaults = [default.version] if isinstance(default, DefaultChanged) else []
    yield from ((model.model, other) for other in (model.versions if is_open else defaults))
    known = None if version is None else model.versions.get(version)
    if known is None:
        return
    if known.replacement is not None:
        yield known.replacement.to_model, known.replacement.to_version
    forced = known.forced.event if known.forced is not None else None
    if isinstance(forced, ForcedUpgradeAnnounced):
        yield forced.to_model or model.model, forced.to_version


def unclear_of(model: str, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts about an empty version of a model that has named versions: it is unclear what they mean (R2, R41)."""
    named = [(fact, versions_named(model, fact.event)) for fact in facts]
    if not any(version for _, versions in named for version in versions):
        return ()
    return tuple(fact for fact, versions in named if "" in versions)
