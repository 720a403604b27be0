"""What truly happens to each deployment? People create and change them, a provider moves them, mostly by its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, NamedTuple

FAITHFUL = frozenset({"default-change", "policy-change", "preview", "retirement", "upgrade-window"})
"""The causes of moves with which the provider keeps to its rules, if perhaps late."""


class State(NamedTuple):
    """What a deployment is from a moment on, and what brought that about."""

    since: datetime
    model: str
    version: str
    policy: str
    sku: str
    is_stopped: bool
    cause: str


@dataclass(slots=True)
class Incarnation:
    """One existence of a deployment."""

    created_at: datetime
    states: list[State]
    deleted_at: datetime | None = None

    def at(self, moment: datetime) -> State:
        """What it is at a moment of its existence."""
        return next(state for state in reversed(self.states) if state.since <= moment)


class Move(NamedTuple):
    """A change of what a deployment serves."""

    at: datetime
    before: State
    after: State


class Logged(NamedTuple):
    """A record of the activity log: somebody changed or deleted a deployment, or tried to."""

    at: datetime
    deployment: str
    operation: Literal["write", "delete"]
    status: str


@dataclass(slots=True)
class Life:
    """One name, and all that existed under it."""

    account: str
    name: str
    tells_creation: bool
    """Whether the exports say when it was created."""
    incarnations: list[Incarnation] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its ARM id, as its provider spells it."""
        return f"{self.account}/deployments/{self.name}"

    @property
    def key(self) -> str:
        """Its ARM id, folded."""
        return self.id.lower()

    @property
    def last(self) -> Incarnation:
        """The latest incarnation."""
        return self.incarnations[-1]

    @property
    def now(self) -> State:
        """What the latest incarnation is at last."""
        return self.last.states[-1]

    @property
    def exists(self) -> bool:
        """Whether it exists at last."""
        return bool(self.incarnations) and self.last.deleted_at is None

    def begin(self, state: State) -> None:
        """It is created."""
        self.incarnations.append(Incarnation(state.since, [state]))

    def become(self, at: datetime, cause: str, **changes: Any) -> None:
        """It is something else from now on."""
        self.last.states.append(self.now._replace(since=at, cause=cause, **changes))

    def incarnation(self, moment: datetime) -> Incarnation | None:
        """The one that exists at a moment."""
        for one in reversed(self.incarnations):
            if one.created_at <= moment:
                return one if one.deleted_at is None or moment < one.deleted_at else None
        return None

    def at(self, moment: datetime) -> State | None:
        """What it is at a moment, null where it does not exist."""
        found = self.incarnation(moment)
        return None if found is None else found.at(moment)

    def moves(self) -> Iterator[Move]:
        """All changes of what it serves, in order."""
        for one in self.incarnations:
            for before, after in pairwise(one.states):
                if place(before) != place(after):
                    yield Move(after.since, before, after)


Served = tuple[str, str] | None
"""A model and a version of it; null for a deployment that is stopped."""


def place(state: State) -> Served:
    """What a deployment serves."""
    return None if state.is_stopped else (state.model, state.version)
