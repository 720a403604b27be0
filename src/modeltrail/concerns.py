"""Whom does what was recorded concern? The deployments and models for which something may have become due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from modeltrail.domain.events import (
    ApiVersionChanged,
    DeploymentEvent,
    FactRetracted,
    ModelEvent,
    MoveHeldBack,
    TrustChanged,
    VersionTested,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import models_concerned
from modeltrail.hosts import ENGINE

MANY = 5_000
"""From so many deployments on all are looked at, cohort by cohort, and not one by one."""
_IDLE = (ApiVersionChanged, MoveHeldBack, VersionTested)
"""What makes no move due."""


@dataclass(slots=True)
class Concerned:
    """What some facts, the last of which is at `position`, concern.

    `since`: the earliest moment at which one of them is effective; `known_at`: the last at which one was known;
    `latest`: the same with what the engine did itself.
    `everything`: there are so many that all deployments are concerned. `by_others`: not all was done by the
    engine. `corrected_at`: the last moment by which one of them was known to be retracted.
    """

    position: int
    since: datetime | None = None
    known_at: datetime | None = None
    latest: datetime | None = None
    deployments: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    everything: bool = False
    by_others: bool = False
    corrected_at: datetime | None = None

    def take(
        self, facts: Iterable[Fact], recorded: Callable[[int], Fact], models_of: Callable[[str], Iterable[str]]
    ) -> Concerned:
        """One fact after the other. `recorded` gives the fact at a position, for what is retracted, and `models_of` the
        models of a catalogue, all of which an order of trust concerns."""
        for fact in facts:
            self.position = fact.position
            self.latest = fact.known_at if self.latest is None else max(self.latest, fact.known_at)
            by_engine = fact.mode == "execution" and fact.by == ENGINE
            if by_engine and isinstance(fact.event, DeploymentEvent):
                continue
            self.by_others = self.by_others or not by_engine
            self.known_at = fact.known_at if self.known_at is None else max(self.known_at, fact.known_at)
            self._add(fact, recorded, models_of)
        return self

    def _add(self, fact: Fact, recorded: Callable[[int], Fact], models_of: Callable[[str], Iterable[str]]) -> None:
        """What is retracted may make a difference from its own moment on."""
        self.since = fact.effective_at if self.since is None else min(self.since, fact.effective_at)
        match event := fact.event:
            case FactRetracted(position=position):
                self.corrected_at = self.known_at
                self._add(recorded(position), recorded, models_of)
            case DeploymentEvent(deployment=name) if not isinstance(event, _IDLE):
                self.deployments.add(name)
                self.everything = self.everything or len(self.deployments) > MANY
            case ModelEvent():
                self.models.update(models_concerned(event))
            case TrustChanged(catalogue=catalogue):
                self.models.update(models_of(catalogue))
            case _:
                pass
