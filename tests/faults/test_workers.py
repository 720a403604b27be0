"""Several processes act on one store at the same time: they share the work, and none of it is done twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Event as ProcessEvent
from typing import Any

import pytest

from faults.living import Place, processes
from faults.outcome import (
    assert_each_move_is_made_once,
    assert_the_table_says_what_the_log_says,
    is_executed,
)
from faults.scenario import CHAT, Hand, Step, Told, created, model, moment, perform, small_numbers
from modeltrail import Trail
from modeltrail.domain.events import DeploymentEvent, VersionChanged
from modeltrail.domain.refusals import Conflict
from modeltrail.trail import Acting

NOW = "2025-03-01"
MANY, FEWER = 240, 90


def names(policy: str, recorder: int, size: int) -> list[str]:
    return [f"{policy[0]}{recorder}-{n:03}" for n in range(size // 3)]


def crowd(recorder: int = 0, size: int = MANY) -> list[Step]:
    """Deployments under three policies, a few in each command."""
    policies = ("auto-update", "upgrade-when-expired", "manual")
    told = [one for policy in policies for one in created(names(policy, recorder, size), policy)]
    return [known("2025-01-02", f"{recorder}-{n}", *told[n : n + 20]) for n in range(0, len(told), 20)]


def known(day: str, name: str, *told: Told) -> Step:
    """A command of today about what has been so since a day."""
    return Step(name, NOW, told, known=day)


BEGINNING = known(
    "2025-01-01",
    "the model",
    model(CHAT, "register", run_by="engine"),
    *(model(CHAT, "release", version=version) for version in ("v1", "v2")),
    model(CHAT, "change_default", version="v1"),
)
DEFAULT = known("2025-02-01", "the default", model(CHAT, "change_default", version="v2", emergency="incident 1"))
RETIRED = known("2025-02-02", "the retirement", model(CHAT, "retire", version="v1", emergency="incident 2"))


def moves(recorder: int = 0, size: int = MANY) -> Counter[tuple[str, str, str | None]]:
    """What follows for the crowd of a recorder, whoever carries it out."""
    return Counter(
        [
            *((name, "v2", "default-change") for name in names("auto-update", recorder, size)),
            *((name, "v2", "retirement") for name in names("upgrade-when-expired", recorder, size)),
            *((name, "stopped", "retirement") for name in names("manual", recorder, size)),
        ]
    )


def assert_done_once(place: Place, expected: Counter[tuple[str, str, str | None]]) -> None:
    """Nothing is lost, nothing doubled, nothing due, and the log is whole."""
    with Trail.open(place.url, clock=Hand(moment(NOW))) as trail:
        facts = list(trail.events())
        assert executed(trail) == expected
        assert_each_move_is_made_once(place, facts)
        assert_the_table_says_what_the_log_says(trail)
        assert trail.log.verify().ok
        assert list(trail.advance().facts) == []


def executed(trail: Trail) -> Counter[tuple[str, str, str | None]]:
    found = Counter[tuple[str, str, str | None]]()
    for fact in filter(is_executed, trail.events()):
        event = fact.event
        assert isinstance(event, DeploymentEvent)
        target = event.version if isinstance(event, VersionChanged) else "stopped"
        found[event.deployment, target or "", getattr(event, "cause", None)] += 1
    return found


def in_processes(*tasks: tuple[Callable[..., None], tuple[Any, ...]]) -> None:
    started = [processes().Process(target=task, args=args) for task, args in tasks]
    for process in started:
        process.start()
    for process in started:
        process.join(timeout=120)
    assert [process.exitcode for process in started] == [0] * len(started)


def opened(place: Place, acting: Acting) -> Trail:
    trail = Trail.open(place.url, clock=Hand(moment(NOW)), acting=acting)
    trail.on_move(place.carry_out)
    return trail


def persist(trail: Trail, step: Step) -> None:
    """Give a command until no other process is quicker."""
    while True:
        try:
            perform(trail, step)
            return
        except Conflict:
            continue


def record(place: Place, acting: Acting, recorder: int, size: int, all_recorded: ProcessEvent) -> None:
    with small_numbers(), opened(place, acting) as trail:
        for step in (*crowd(recorder, size), DEFAULT, RETIRED):
            persist(trail, step)
    all_recorded.set()


def work(place: Place, all_recorded: ProcessEvent) -> None:
    stop = threading.Event()

    def wait() -> None:
        all_recorded.wait(timeout=120)
        stop.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    with small_numbers(), opened(place, "worker") as trail:
        for _ in trail.work(poll_seconds=0.001, stop=stop):
            pass
        trail.advance()
    waiting.join()


def act_inline(place: Place, recorder: int) -> None:
    record(place, "inline", recorder, FEWER, processes().Event())


@pytest.mark.rule("R38")
def test_two_workers_share_the_work_of_what_a_third_process_records(place: Place) -> None:
    with Trail.open(place.url, clock=Hand(moment(NOW)), acting="worker") as trail:
        perform(trail, BEGINNING)
    all_recorded = processes().Event()
    in_processes(
        (record, (place, "worker", 0, MANY, all_recorded)), (work, (place, all_recorded)), (work, (place, all_recorded))
    )
    assert_done_once(place, moves())


@pytest.mark.rule("R38")
def test_workers_share_what_was_recorded_before_they_began(place: Place) -> None:
    with Trail.open(place.url, clock=Hand(moment(NOW)), acting="worker") as trail:
        for step in (BEGINNING, *crowd(), DEFAULT, RETIRED):
            perform(trail, step)
    all_recorded = processes().Event()
    all_recorded.set()
    in_processes((work, (place, all_recorded)), (work, (place, all_recorded)))
    assert_done_once(place, moves())


@pytest.mark.rule("R38")
def test_two_processes_that_act_inline_do_nothing_twice(place: Place) -> None:
    with Trail.open(place.url, clock=Hand(moment(NOW))) as trail:
        perform(trail, BEGINNING)
    in_processes((act_inline, (place, 1)), (act_inline, (place, 2)))
    with Trail.open(place.url, clock=Hand(moment(NOW))) as trail:
        trail.on_move(place.carry_out)
        trail.advance()
    assert_done_once(place, moves(1, FEWER) + moves(2, FEWER))


@pytest.mark.rule("R38")
def test_a_worker_beside_a_process_that_acts_inline_does_nothing_twice(place: Place) -> None:
    with Trail.open(place.url, clock=Hand(moment(NOW))) as trail:
        perform(trail, BEGINNING)
    all_recorded = processes().Event()
    in_processes((record, (place, "inline", 0, FEWER, all_recorded)), (work, (place, all_recorded)))
    assert_done_once(place, moves(0, FEWER))


@pytest.mark.rule("R38")
def test_threads_share_a_trail_that_acts(place: Place) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(3)

    def run(recorder: int) -> None:
        barrier.wait(timeout=30)
        try:
            for step in crowd(recorder, FEWER):
                persist(trail, step)
                trail.at().deployments(CHAT)
            persist(trail, DEFAULT)
            persist(trail, RETIRED)
        except BaseException as failure:
            failures.append(failure)

    with small_numbers(), opened(place, "inline") as trail:
        perform(trail, BEGINNING)
        threads = [threading.Thread(target=run, args=(recorder,)) for recorder in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert failures == []
        trail.advance()
    assert_done_once(place, sum((moves(recorder, FEWER) for recorder in range(3)), Counter()))
