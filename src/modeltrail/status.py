"""How is the store, and how far has the engine got? Size, positions, and what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version

from modeltrail.advance import promises
from modeltrail.domain.events import MoveFailed, MoveHeldBack, VersionEvent
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.moves import again_at, due_move
from modeltrail.domain.values import Instant
from modeltrail.engine import FOLLOWER
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.announcements import Kind, kind_of
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import Answer, models

_HELD_BACK = "SELECT DISTINCT stream FROM events WHERE type IN ('deployment.move-postponed', 'deployment.move-failed')"


class Waiting(Answer):
    """A move or stop that is due and was held back. `again_at`: when its host is asked again; `error`: why it failed,
    null where it was postponed, with `why`."""

    deployment: str
    model: str
    to_model: str
    to_version: str | None
    cause: str
    attempt: int
    again_at: Instant
    error: str | None
    why: str | None
    position: int


class OverdueAnnouncement(Answer):
    """A change of an engine-run model that was announced for a fixed day which has come, and was not carried out."""

    position: int
    model: str
    version: str
    kind: Kind
    on: Instant


class Status(Answer):
    """A store as it is now. `engine_position`: up to which the engine has looked and stored that it has;
    `engine_lag_facts`: how many facts came after it. `waiting`: moves that were held back; `overdue`: what `advance`
    has not carried out yet, or could not."""

    version: str
    size: int
    last_recorded_at: Instant | None
    engine_position: int
    engine_lag_facts: int
    waiting: tuple[Waiting, ...]
    overdue: tuple[OverdueAnnouncement, ...]


def status(log: Log, ledger: Ledger, histories: Callable[[str], ModelHistory], now: datetime) -> Status:
    """The status of a store, read from its log."""
    last, reached = log.last(), log.tracked(FOLLOWER)
    size = 0 if last is None else last.position
    return Status(
        version=version("modeltrail"),
        size=size,
        last_recorded_at=None if last is None else last.recorded_at,
        engine_position=reached,
        engine_lag_facts=size - reached,
        waiting=tuple(sorted(_waiting(log, ledger, histories, now), key=lambda one: (one.again_at, one.deployment))),
        overdue=tuple(_overdue(ledger, histories, now)),
    )


def _overdue(ledger: Ledger, histories: Callable[[str], ModelHistory], now: datetime) -> Iterator[OverdueAnnouncement]:
    for promise in promises((histories(name).at(now) for name in ledger.keys(models)), now):
        event = promise.announcement.event
        assert isinstance(event, VersionEvent)
        yield OverdueAnnouncement(
            position=promise.announcement.position,
            model=event.model,
            version=event.version,
            kind=kind_of(event),
            on=promise.on,
        )


def _waiting(log: Log, ledger: Ledger, histories: Callable[[str], ModelHistory], now: datetime) -> Iterator[Waiting]:
    with log.reading() as cursor:
        streams = [stream for (stream,) in cursor.execute(_HELD_BACK)]
    for name in (stream.partition("/")[2] for stream in streams):
        facts = ledger.known(deployments, name)
        states = deployments.history(name, facts)
        state = states[-1][1] if states else None
        move = due_move(state, facts, histories, now) if state is not None and state.held_back is not None else None
        if state is None or state.held_back is None or move is None or move.not_before is None:
            continue
        event = state.held_back.event
        assert isinstance(event, MoveHeldBack)
        yield Waiting(
            deployment=name,
            model=state.model or "",
            to_model=event.to_model,
            to_version=event.to_version,
            cause=event.cause,
            attempt=event.attempt,
            again_at=again_at(event),
            error=event.error if isinstance(event, MoveFailed) else None,
            why=state.held_back.why,
            position=state.held_back.position,
        )
