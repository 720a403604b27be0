"""What has the engine to carry out for a deployment that it runs? The move or stop that its course says is due (R37).

What is due is read from the course that the policy requires, in which no move was ever held back. `rests` finds out at
a glance, for most deployments and most facts, that nothing can be due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from modeltrail.domain.course import Course, course_of
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import ForcedUpgradeAnnounced, MoveFailed, MoveHeldBack, MovePostponed
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import Histories, ModelHistory
from modeltrail.domain.model import ModelState
from modeltrail.domain.policies import UPGRADING, Acting, acting_policy, upgrade_opening
from modeltrail.domain.segments import Place, Segment, Waiting
from modeltrail.domain.values import MICROSECOND, Policy
from modeltrail.domain.version import VersionState

EXECUTABLE = frozenset({"default-change", "policy-change", "preview", "forced", "retirement", "upgrade-window"})
"""The causes for which the engine acts. After a reinstatement a person does (R16)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move or a stop that is due: where from and where to, why, since when, and on which positions that rests.

    `because` leaves out the deployment's own facts. `placed_by`: the position of the fact that put it where it is.
    `attempt` counts how often a host is asked, `failures` how often it failed before; `not_before` is when it wants to
    be asked again.
    """

    deployment: str
    leaves: Place
    to: Place
    cause: str
    policy: Policy
    rules: str
    due_at: datetime
    because: tuple[int, ...]
    placed_by: int
    reason: str | None = None
    attempt: int = 1
    failures: int = 0
    not_before: datetime | None = None

    @property
    def id(self) -> str:
        """What names this move for ever: the deployment, the position that it starts from, and where it leads."""
        target = "stopped" if self.to.is_stopped else f"{self.to.model}/{self.to.version}"
        return f"{self.deployment}@{self.placed_by}:{target}"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a deployment is, and what decides how it goes on from there."""

    model: str
    version: str
    is_stopped: bool
    policy: Policy
    sku: str | None


def stand_of(state: DeploymentState) -> Stand | None:
    """Where an engine-run deployment was put last; null where there is none, or no version is known."""
    if not state.exists or state.run_by == "provider" or state.model is None or state.version is None:
        return None
    return Stand(state.model, state.version, state.is_stopped, state.policy, state.sku)


def due_move(state: DeploymentState, facts: Iterable[Fact], histories: Histories, moment: datetime) -> Move | None:
    """The move or stop of a deployment that is due at a moment and was not carried out, null where there is none."""
    stand = stand_of(state)
    if stand is None or state.placed is None:
        return None
    own = tuple(facts)
    course = course_of(state.deployment, own, histories)
    part = course.at(moment)
    due = None if part is None else part.waits_for or _assumed(part, stand, _since(course, moment))
    if part is None or due is None:
        return None
    beside = frozenset(due.because) - {fact.position for fact in own}
    causes = [fact for fact in own if fact.position in due.because and not isinstance(fact.event, MoveHeldBack)]
    move = Move(
        deployment=state.deployment,
        leaves=Place(stand.model, stand.version, stand.is_stopped),
        to=due.to,
        cause=due.cause,
        policy=part.policy,
        rules=part.rules,
        due_at=max(due.since, state.placed.known_at, *(fact.known_at for fact in causes)),
        because=tuple(sorted(beside)),
        placed_by=state.placed.position,
        reason=_reason(part, due),
    )
    return _tried(move, state.held_back)


def _assumed(part: Segment, stand: Stand, since: datetime) -> Waiting | None:
    """What the course assumes although nobody has recorded it."""
    if part.certainty != "assumed" or part.cause not in EXECUTABLE or len(part.possible) != 1:
        return None
    (outcome,) = part.possible
    is_stop = outcome.status == "stopped"
    if is_stop == stand.is_stopped and (is_stop or (outcome.model, outcome.version) == (stand.model, stand.version)):
        return None
    to = Place(stand.model, stand.version, True) if is_stop else Place(outcome.model or "", outcome.version)
    return Waiting(to, part.cause, since, part.because)


def _reason(part: Segment, due: Waiting) -> str | None:
    """Why a deployment stops, null where it moves."""
    if not due.to.is_stopped:
        return None
    said = part.stopped_because if part.waits_for is None else None
    return said or f"{due.to.model} {due.to.version} is retired"


def _since(course: Course, moment: datetime) -> datetime:
    """From when on the course holds what it holds at a moment."""
    parts = [part for part in course.segments if part.since <= moment]
    last = parts.pop()
    while parts and (parts[-1].possible, parts[-1].certainty) == (last.possible, last.certainty):
        last = parts.pop()
    return last.since


def _tried(move: Move, held_back: Fact | None) -> Move:
    """The move as the next attempt, where a host held back this very move before."""
    if held_back is None or not isinstance(held_back.event, MoveHeldBack) or held_back.event.move != move.id:
        return move
    event = held_back.event
    return replace(move, attempt=event.attempt + 1, failures=event.failures, not_before=again_at(event))


def again_at(event: MoveHeldBack) -> datetime:
    """When the host of a move that was held back is to be asked again."""
    if isinstance(event, MovePostponed):
        return event.until
    assert isinstance(event, MoveFailed)
    return event.retry_at


def rests(stand: Stand, history: ModelHistory, since: datetime, until: datetime) -> bool:
    """Whether nothing can have become due for whoever stands there from one moment to another, both included.

    False means only that the course has to be asked. It is right for a deployment that nothing was due for before, and
    about which no other fact is effective after `since`.
    """
    return all(_rests(stand, state, end) for state, end in _spans(history, since, until))


def _spans(history: ModelHistory, since: datetime, until: datetime) -> Iterator[tuple[ModelState, datetime]]:
    """The states of a model within a time, each with the last moment at which it holds."""
    moments = [moment for moment in history.moments if since < moment <= until]
    for start, following in zip([since, *moments], [*moments, None], strict=True):
        yield history.at(start), until if following is None else following - MICROSECOND


def _rests(stand: Stand, model: ModelState, moment: datetime) -> bool:
    """Whether a deployment stays where it is, by what one state of its model says up to a moment."""
    acting = acting_policy(stand.policy, stand.sku, model)
    if stand.is_stopped:
        return acting.policy != "auto-update"
    version = model.versions.get(stand.version)
    if version is None or version.retired_by(stand.sku) is not None or _is_forced(version, moment):
        return False
    if acting.policy in UPGRADING and _is_open(model, stand, moment):
        return False
    return acting.policy != "auto-update" or _is_newest(stand, model, version, acting)


def _is_forced(version: VersionState, moment: datetime) -> bool:
    event = version.forced.event if version.forced is not None else None
    return isinstance(event, ForcedUpgradeAnnounced) and event.on is not None and event.on <= moment


def _is_open(model: ModelState, stand: Stand, moment: datetime) -> bool:
    opening = upgrade_opening(model, stand.version, stand.sku)
    return opening is not None and opening.begins <= moment


def _is_newest(stand: Stand, model: ModelState, version: VersionState, acting: Acting) -> bool:
    """Whether an automatic deployment is where it would be moved to (R19, R24)."""
    follows_previews = version.stage == "preview" and model.rules.preview_delay_days is not None
    return model.default_for(stand.sku) in (None, stand.version) and not follows_previews
