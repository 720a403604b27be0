"""What must be the same, whoever died? Facts, answers, and what the engine did, without the order of its batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faults.living import Place, told
from faults.scenario import Hand, Step, moment, small_numbers
from modeltrail import Trail
from modeltrail.domain.events import DeploymentEvent, DeploymentStopped, VersionChanged
from modeltrail.domain.facts import Fact
from modeltrail.hosts import ENGINE
from modeltrail.ledger import Ledger
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.standings import Standings, standing_of

POSITIONS = {"because", "position"}
"""Fields of answers that say where in the log something is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a store says when all is through."""

    recorded: Counter[str]
    executed: Counter[tuple[object, ...]]
    answers: dict[str, object]
    waiting: tuple[object, ...]


def outcome(place: Place, now: str, days: Sequence[str]) -> Outcome:
    """Read a store anew, and demand what must hold for any."""
    with small_numbers(), Trail.open(place.url, clock=Hand(moment(now))) as trail:
        assert trail.log.verify().ok
        assert list(trail.advance().facts) == [], "something was due"
        facts = list(trail.events())
        assert_all_acknowledged_is_there(place, facts)
        assert_each_move_is_made_once(place, facts)
        assert_the_table_says_what_the_log_says(trail)
        waiting = tuple(without_positions(one.model_dump()) for one in trail.status().waiting)
        return Outcome(recorded(facts), executed(facts), answers(trail, days), waiting)


def assert_all_acknowledged_is_there(place: Place, facts: Sequence[Fact]) -> None:
    there = set(map(told, facts))
    lost = {name: facts for name, facts in place.acknowledged().items() if not there.issuperset(facts)}
    assert lost == {}


def assert_each_move_is_made_once(place: Place, facts: Sequence[Fact]) -> None:
    """No two from one position to one target, and each is one that the host has carried out under that id."""
    ids = executed_ids(facts)
    assert [one for one, times in Counter(ids).items() if times > 1] == []
    assert set(ids) == set(place.noted("carried out"))


def executed_ids(facts: Sequence[Fact]) -> list[str]:
    """The ids of the moves that the engine made: where each deployment was put, and where it was moved from there."""
    found, placed = [], dict[str, int]()
    for fact in facts:
        if not isinstance(event := fact.event, DeploymentEvent):
            continue
        if is_executed(fact):
            target = f"{event.model}/{event.version}" if isinstance(event, VersionChanged) else "stopped"
            found.append(f"{event.deployment}@{placed[event.deployment]}:{target}")
        if event.type in ("deployment.created", "deployment.version-changed", "deployment.stopped"):
            placed[event.deployment] = fact.position
    return found


def is_executed(fact: Fact) -> bool:
    return fact.by == ENGINE and isinstance(fact.event, VersionChanged | DeploymentStopped)


def recorded(facts: Sequence[Fact]) -> Counter[str]:
    """What people and imports recorded, each as often as it is there."""
    return Counter(
        f"{fact.event!r} {fact.effective_at} {fact.known_at} {fact.by}" for fact in facts if fact.by != ENGINE
    )


def executed(facts: Sequence[Fact]) -> Counter[tuple[object, ...]]:
    """What the engine did, each as often as it is there."""
    return Counter(
        (fact.event.type, *without_positions(fact.event.data()).items(), fact.effective_at.isoformat())
        for fact in facts
        if fact.by == ENGINE
    )


def answers(trail: Trail, days: Sequence[str]) -> dict[str, object]:
    """All courses as known on some days, what served on each of them as known then, and all models."""
    ledger = Ledger(trail.log)
    ledger.catch_up()
    found: dict[str, object] = {}
    for known in days:
        then = trail.at(days[-1], known_at=known)
        for name in ledger.keys(deployments):
            found[f"course of {name} known on {known}"] = without_positions(then.course(name).model_dump())
        for name in ledger.keys(models):
            found[f"{name} known on {known}"] = without_positions(then.model(name).model_dump())
        served = trail.at(known, known_at=known).deployments()
        found[f"served on {known}"] = [without_positions(one.model_dump()) for one in served]
    return found


def without_positions(value: Any) -> Any:
    """An answer without where in the log it was found, which depends on who was quicker."""
    if isinstance(value, dict):
        return {name: without_positions(one) for name, one in value.items() if name not in POSITIONS and name != "move"}
    if isinstance(value, list | tuple):
        return tuple(map(without_positions, value))
    return value


def assert_the_table_says_what_the_log_says(trail: Trail) -> None:
    ledger = Ledger(trail.log)
    Standings(trail.log, ledger).catch_up()
    due = {}
    for name in ledger.keys(deployments):
        facts = ledger.known(deployments, name)
        states = deployments.history(name, facts)
        if states and states[-1][1] is not None:
            version = len(ledger.stream(f"deployment/{name}"))
            row = standing_of(states[-1][1], max(fact.known_at for fact in facts), version)
            if row is not None:
                due[name] = row.row()
    with trail.log.reading() as cursor:
        assert {row[0]: row for row in cursor.execute("SELECT * FROM standings")} == due


def undisturbed(place: Place, steps: Sequence[Step], days: Sequence[str]) -> Outcome:
    """What a run says in which nobody dies."""
    place.go_on(steps)
    return outcome(place, steps[-1].day, days)
