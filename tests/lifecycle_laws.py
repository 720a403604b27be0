"""What must hold after every command? The laws that the machine of lives checks, told by the facts of the log alone.

What the policies require comes from `reference.py`, which knows nothing of the code that is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import reference
from book import course
from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    DeploymentStopped,
    FactRetracted,
    ModelRegistered,
    MoveHeldBack,
    RulesChanged,
    VersionChanged,
)
from modeltrail.domain.facts import Fact, in_order, is_known
from modeltrail.domain.moves import EXECUTABLE, again_at
from modeltrail.projections.serving import Serving
from reference_catalogue import View, visible
from strategies import as_plain

PLACING = (DeploymentCreated, VersionChanged, DeploymentStopped, DeploymentObserved)
MOVES = (VersionChanged, DeploymentStopped)
Target = tuple[str | None, ...]
"""`("serving", model, version)` or `("stopped",)`."""


def standing(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that nobody has retracted, in their order (R6, R45)."""
    retractions: dict[int, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact.event, FactRetracted):
            retractions.setdefault(fact.event.position, []).append(fact)
    return in_order(fact for fact in facts if is_known(fact, None, retractions))


def life(facts: Sequence[Fact], deployment: str) -> list[Fact]:
    """What placed the present incarnation of a deployment, in order; empty where there is none."""
    found: list[Fact] = []
    for fact in standing(facts):
        if fact.stream != f"deployment/{deployment}":
            continue
        if isinstance(fact.event, DeploymentDeleted):
            found = []
        elif isinstance(fact.event, PLACING) and not (found and isinstance(fact.event, DeploymentCreated)):
            found += [fact] if found or isinstance(fact.event, DeploymentCreated | DeploymentObserved) else []
    return found


def is_engine_run(placed: Sequence[Fact]) -> bool:
    return bool(placed) and isinstance(placed[0].event, DeploymentCreated) and placed[0].event.run_by == "engine"


def target(fact: Fact) -> Target:
    """Where a fact put a deployment."""
    match fact.event:
        case DeploymentObserved(status="stopped") | DeploymentStopped():
            return ("stopped",)
        case DeploymentCreated() | VersionChanged() | DeploymentObserved() as event:
            return ("serving", event.model, event.version)
        case _:
            raise AssertionError(fact)


def said(facts: Sequence[Fact], deployment: str, t: datetime, *, but_held_back: bool = False) -> reference.Answer:
    """What the reference says of a deployment at a moment."""
    mine = [fact for fact in facts if not (but_held_back and isinstance(fact.event, MoveHeldBack))]
    answers = reference.course([as_plain(fact) for fact in mine], deployment)
    return [reference.Answer("absent", frozenset(), "recorded"), *(answer for since, answer in answers if since <= t)][
        -1
    ]


def check_execution(facts: Sequence[Fact], fact: Fact) -> None:
    """An automatic move is what the policy makes of the facts before it, once, and it moves (R38, R42)."""
    event = fact.event
    assert isinstance(event, MOVES)
    before = facts[: fact.position - 1]
    placed = life(before, event.deployment)
    assert is_engine_run(placed), f"{event.deployment} is not the engine's to move"
    assert target(placed[-1]) != target(fact), "it moves to where it is"
    if isinstance(placed[-1].event, DeploymentObserved) and was_held_back(before, fact):
        return  # a sight leaves due what a host holds back; the reference does not know that
    required = said(before, event.deployment, fact.effective_at, but_held_back=True)
    assert required.certainty == "assumed" and required.possible == frozenset({target(fact)}), (fact, required)
    assert required.cause in (None, event.cause), (fact, required)
    assert event.policy != "manual" or event.cause == "forced" or isinstance(event, DeploymentStopped), fact
    assert event.because is not None and all(position < fact.position for position in event.because)
    causes = [facts[position - 1].known_at for position in event.because]
    assert fact.known_at >= max([placed[-1].known_at, *causes]), "it was moved before its cause was known"


def was_held_back(before: Sequence[Fact], fact: Fact) -> bool:
    """Whether a host has held back a move to the same place before."""
    mine = [one.event for one in before if one.stream == fact.stream and isinstance(one.event, MoveHeldBack)]
    to = [("stopped",) if one.to_version is None else ("serving", one.to_model, one.to_version) for one in mine]
    return target(fact) in to


def move_id(facts: Sequence[Fact], fact: Fact) -> tuple[str, int, Target]:
    """What names an executed move: the deployment, the position that it starts from, and where it leads."""
    assert isinstance(fact.event, MOVES)
    placed = life(facts[: fact.position - 1], fact.event.deployment)
    return fact.event.deployment, placed[-1].position, target(fact)


def check_default_change(facts: Sequence[Fact], fact: Fact) -> None:
    """A default changes after notice, or in an emergency; the first needs none (R11)."""
    event = fact.event
    assert isinstance(event, DefaultChanged)
    before = [
        one
        for one in standing(facts[: fact.position - 1])
        if one.stream == fact.stream and one.effective_at <= fact.effective_at
    ]
    rules = [one.event.rules for one in before if isinstance(one.event, ModelRegistered | RulesChanged)][-1]
    changes = [one for one in before if isinstance(one.event, DefaultChanged)]
    if event.emergency or not changes or rules.notice_days == 0:
        return
    announced: list[Fact] = []
    for one in before:
        if isinstance(one.event, DefaultChanged | DefaultChangeAnnounced) and one.event.version == event.version:
            announced = [*announced, one] if isinstance(one.event, DefaultChangeAnnounced) else []
    assert announced, f"{event} was not announced"
    trusted = seen(facts[: fact.position - 1], fact.effective_at).trusted([as_plain(one) for one in announced])
    counts = facts[trusted[-1]["position"] - 1]
    promise = counts.event
    assert isinstance(promise, DefaultChangeAnnounced) and promise.on is not None and promise.qualifier == "fixed"
    assert promise.on <= fact.effective_at
    assert promise.on - counts.known_at >= timedelta(days=rules.notice_days)


def is_gone(facts: Sequence[Fact], t: datetime, model: str, version: str | None, sku: str | None) -> bool:
    """Whether a version is retired for a SKU at a moment, by what is known now."""
    return seen(facts, t, sku).gone(("serving", model, version))


def seen(facts: Sequence[Fact], t: datetime, sku: str | None = None) -> View:
    """What the facts up to a moment say of the models, as known now, for a deployment of a SKU."""
    plain = [fact for fact in visible([as_plain(fact) for fact in facts], None) if fact["effective_at"] <= t]
    its: dict[str, Any] = {"policy": "unspecified", "sku": sku, "run_by": "engine"}
    return View(t, plain, None, its)


Swept = tuple[int, datetime]
"""How much was recorded when all that was due was carried out last, and the moment by which it was due."""


def waits(facts: Sequence[Fact], deployment: str, placed: Fact, swept: Swept) -> bool:
    """Whether a host has held back the move of a deployment from where it is, and was not to be asked since."""
    held = [
        fact
        for fact in facts
        if isinstance(fact.event, MoveHeldBack) and fact.event.move.startswith(f"{deployment}@{placed.position}:")
    ]
    if not held:
        return False
    assert isinstance(held[-1].event, MoveHeldBack)
    return held[-1].position > swept[0] or again_at(held[-1].event) > swept[1]


def check_nothing_is_due(facts: Sequence[Fact], deployment: str, moment: datetime, swept: Swept) -> None:
    """Whatever the policy requires by the moment is recorded, unless the host has held it back (R37)."""
    placed = life(facts, deployment)
    if not is_engine_run(placed):
        return
    policy = [fact for fact in facts if not isinstance(fact.event, MoveHeldBack)]
    here = course(policy, deployment).at(moment)
    assert here is not None
    where = {("stopped",) if one.status == "stopped" else ("serving", one.model, one.version) for one in here.possible}
    is_due = here.certainty == "assumed" and here.cause in EXECUTABLE and len(where) == 1
    if is_due and where != {target(placed[-1])}:
        assert waits(facts, deployment, placed[-1], swept), f"{deployment} was not moved to {where}, {here.cause}"


def check_not_served(facts: Sequence[Fact], answer: Serving) -> None:
    """Nothing that the engine runs serves a version that is retired for its SKU (R34, R37)."""
    for one in answer.possible:
        if answer.run_by == "engine" and one.status == "serving" and one.model is not None:
            assert not is_gone(facts, answer.at, one.model, one.version, answer.sku), answer
