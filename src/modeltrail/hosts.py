"""How does a host take part in a move? It is asked first, and carries the move out, postpones it or fails.

The host is asked at least once, under an id that stays the same for the same move (`Move.id`): after a crash, or after
it has postponed the move, it is asked again. It makes the move exactly once by remembering the ids it has carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from modeltrail.domain.events import DeploymentEvent, DeploymentStopped, MoveFailed, MovePostponed, VersionChanged
from modeltrail.domain.moves import Move
from modeltrail.drafts import Draft

ENGINE = "modeltrail engine"
"""Who records what the engine carries out."""
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(days=1)
LONGEST_TEXT = 10_000
"""How much of what a host says is recorded, in characters."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """The host's answer: not now. It is asked again at `until`, which lies ahead; `why` is recorded."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The host's answer: it was tried and did not succeed. It is asked again after a time that doubles."""

    error: str


Answer = Postpone | Fail | None
"""What a host says; null: the move is carried out."""
Host = Callable[[Move], Answer]
"""Asked before a move is recorded. An exception counts as `Fail` with its text."""


def retry_at(asked_at: datetime, failures: int) -> datetime:
    """When a move that failed for the n-th time is tried again: after 1, 2, 4, ... minutes, a day at the most.

    >>> from datetime import UTC
    >>> [retry_at(datetime(2025, 3, 1, tzinfo=UTC), failures).time().isoformat() for failures in (1, 2, 3)]
    ['00:01:00', '00:02:00', '00:04:00']
    """
    doubled: int = 2 ** min(failures - 1, 20)
    return asked_at + min(LONGEST_RETRY, FIRST_RETRY * doubled)


def remembered(host: Host | None) -> Host | None:
    """The host, asked once for each move: when a race was lost, its answer still holds for what is still due."""
    if host is None:
        return None
    answers: dict[str, Answer] = {}

    def asked(move: Move, host: Host = host) -> Answer:
        if move.id not in answers:
            answers[move.id] = _answer(host, move)
        return answers[move.id]

    return asked


def ask(host: Host | None, move: Move, at: datetime) -> Draft:
    """Ask the host for a move at a moment, and say what is to be recorded of its answer."""
    answer = None if host is None else _answer(host, move)
    if isinstance(answer, Postpone):
        answer = _postponed(answer, at)
    if answer is None:
        return draft(executed(move), at)
    if isinstance(answer, Postpone):
        event = MovePostponed.model_validate({**_terms(move), "failures": move.failures, "until": answer.until})
        return draft(event, at, _storable(answer.why))
    failures = move.failures + 1
    again = {"failures": failures, "error": _storable(answer.error), "retry_at": retry_at(at, failures)}
    return draft(MoveFailed.model_validate({**_terms(move), **again}), at)


def _answer(host: Host, move: Move) -> Answer:
    """An exception is an answer too: what the host was doing is its own affair, that it failed is not."""
    try:
        answer: object = host(move)
    except Exception as error:
        return Fail(f"{type(error).__name__}: {error}")
    if answer is None or isinstance(answer, Postpone | Fail):
        return answer
    return Fail(f"the host answered {answer!r}: let it return nothing, Postpone(until, why) or Fail(error)")


def _postponed(answer: Postpone, at: datetime) -> Answer:
    """The answer, or a failure where it names no moment ahead."""
    until: object = answer.until
    if not isinstance(until, datetime) or until.tzinfo is None:
        return Fail(f"it was to be postponed until {until!r}: give a datetime with a time zone")
    if until <= at:
        return Fail(f"it was to be postponed until {until.isoformat()}, which is over: give a later moment")
    return answer


def _storable(said: object) -> str:
    """What a host said as text that can be stored, whatever it is."""
    return str(said).encode("utf-8", "backslashreplace").decode()[:LONGEST_TEXT]


def executed(move: Move) -> DeploymentEvent:
    """The event that says that a move was carried out: with its cause, policy, rules and grounds (R42)."""
    grounds = {"cause": move.cause, "policy": move.policy, "rules": move.rules, "because": move.because}
    if move.to.is_stopped:
        return DeploymentStopped.model_validate({"deployment": move.deployment, "reason": move.reason, **grounds})
    place = {"model": move.to.model, "version": move.to.version}
    return VersionChanged.model_validate({"deployment": move.deployment, **place, **grounds})


def _terms(move: Move) -> dict[str, object]:
    return {
        "deployment": move.deployment,
        "move": move.id,
        "to_model": move.to.model,
        "to_version": None if move.to.is_stopped else move.to.version,
        "cause": move.cause,
        "policy": move.policy,
        "rules": move.rules,
        "attempt": move.attempt,
        "because": move.because,
    }


def draft(event: DeploymentEvent, at: datetime, why: str | None = None) -> Draft:
    """What the engine records at a moment."""
    return Draft(event=event, mode="execution", by=ENGINE, effective_at=at, known_at=at, why=why)
