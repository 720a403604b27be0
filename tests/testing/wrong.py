"""Projections of who owns which deployment, each wrong on purpose in one way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from modeltrail import Projection
from modeltrail.domain.events import DeploymentCreated, DeploymentDeleted, DeploymentObserved, PolicyChanged
from modeltrail.domain.facts import Fact

Handler = Callable[..., Any]
NAME = "owners"


class Owner(BaseModel, frozen=True):
    """Whose a deployment is, how often its policy was changed, and something that should not be there."""

    owner: str | None = None
    changes: int = 0
    odd: int = 0


def named(event: DeploymentCreated | PolicyChanged | DeploymentDeleted | DeploymentObserved) -> str:
    return event.deployment


def created(row: Owner | None, event: DeploymentCreated) -> Owner:
    return row or Owner(owner=event.owner)


def deleted(row: Owner | None, event: DeploymentDeleted) -> None:
    return None


def changed(row: Owner | None, event: PolicyChanged) -> Owner | None:
    return row and row.model_copy(update={"changes": row.changes + 1})


def made(
    change: Handler = changed,
    *,
    create: Handler = created,
    row: type[Any] = Owner,
    key: Callable[..., Any] = named,
    kind: type[Projection[Any]] = Projection,
    sift: Callable[[Any, Sequence[Fact]], Sequence[Fact]] | None = None,
) -> Projection[Any]:
    """The projection, right but for what is given."""
    owners = kind(NAME, row, edition=1, question="Who owns each deployment?", key="deployment", sift=sift)
    owners.on(DeploymentCreated, key=key)(create)
    owners.on(PolicyChanged, key=named)(change)
    owners.on(DeploymentDeleted, key=named)(deleted)
    return owners


def right() -> Projection[Any]:
    """Nothing is wrong with it."""
    return made()


# A fact that cannot be taken


def takes_for_granted_that_there_is_a_row() -> Projection[Any]:
    return made(lambda row, event: row.model_copy(update={"changes": row.changes + 1}))


def has_a_key_that_is_no_text() -> Projection[Any]:
    return made(key=lambda event: event.owner)


# Handlers that are not pure


def counts_its_calls() -> Projection[Any]:
    calls = itertools.count()
    return made(lambda row, event: row and row.model_copy(update={"odd": next(calls)}))


def remembers_beside_the_row() -> Projection[Any]:
    seen: dict[str, int] = {}

    def change(row: Owner | None, event: PolicyChanged) -> Owner | None:
        seen[event.deployment] = seen.get(event.deployment, 0) + 1
        return row and row.model_copy(update={"changes": seen[event.deployment]})

    return made(change)


def has_a_key_from_elsewhere() -> Projection[Any]:
    turns = itertools.cycle(("here", "there"))
    return made(key=lambda event: next(turns))


@dataclass
class Loose:
    """A row that can be changed."""

    policies: list[str]


def changes_its_row_in_place() -> Projection[Any]:
    def change(row: Loose | None, event: PolicyChanged) -> Loose | None:
        if row is not None:
            row.policies.append(event.policy)
        return row

    return made(change, create=lambda row, event: Loose([]), row=Loose)


# Rows that do not go through columns


@dataclass(frozen=True)
class Mistyped:
    """A row with a field that says something else of itself."""

    changes: int


def holds_texts_as_numbers() -> Projection[Any]:
    return made(lambda row, event: row, create=lambda row, event: Mistyped(event.policy), row=Mistyped)


class Renamed(BaseModel, frozen=True):
    """A row with a field that is named like the key."""

    deployment: str


def has_another_key_in_its_row() -> Projection[Any]:
    return made(
        lambda row, event: row, create=lambda row, event: Renamed(deployment=event.deployment.upper()), row=Renamed
    )


# Projections that get round the engine


class Swallowing(Projection[Any]):
    """It handles more than it tells."""

    @property
    def kinds(self) -> frozenset[str]:
        return super().kinds - {DeploymentCreated.type}


def does_not_tell_what_it_handles() -> Projection[Any]:
    def create(row: Owner | None, event: DeploymentCreated) -> Owner:
        return Owner(owner=event.owner, changes=row.changes + 1 if row else 0)

    return made(create=create, kind=Swallowing)


def counts_facts_in_another_order() -> Projection[Any]:
    return made(
        lambda row, event, fact: (row or Owner()).model_copy(update={"odd": fact.position}),
        sift=lambda key, facts: sorted(facts, key=lambda fact: fact.position),
    )


# Rows that depend on what else was recorded, and when


def counts_by_the_versions_of_the_stream() -> Projection[Any]:
    return made(lambda row, event, fact: row and row.model_copy(update={"changes": fact.stream_version}))


def counts_by_positions() -> Projection[Any]:
    return made(lambda row, event, fact: row and row.model_copy(update={"odd": fact.position % 3}))


class Recorded(BaseModel, frozen=True):
    """A row that says when something was recorded."""

    recorded_at: datetime


def shows_when_it_was_recorded() -> Projection[Any]:
    return made(
        lambda row, event: row, create=lambda row, event, fact: Recorded(recorded_at=fact.recorded_at), row=Recorded
    )


def lets_the_last_that_was_recorded_win() -> Projection[Any]:
    def change(row: Owner | None, event: PolicyChanged, fact: Fact) -> Owner:
        row = row or Owner()
        return row.model_copy(update={"odd": max(row.odd, fact.position)})

    return made(change)
