"""Several threads and several processes record to one log: nothing is lost, no position is given twice or left out."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from log.examples import opened, policy
from modeltrail.domain.refusals import Conflict
from modeltrail.log import Log

WRITERS, BATCHES = 4, 25


def write(log: Log, writer: int) -> None:
    for batch in range(BATCHES):
        log.append([policy(f"w{writer}"), policy("shared")], command_id=f"{writer}-{batch}")


def write_in_process(path: Path, writer: int) -> None:
    with opened(path) as log:
        write(log, writer)


def in_threads(*tasks: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []


def assert_nothing_lost(log: Log) -> None:
    facts = list(log.read())
    assert [fact.position for fact in facts] == list(range(1, 2 * WRITERS * BATCHES + 1))
    assert Counter(fact.stream for fact in facts) == {
        "deployment/shared": WRITERS * BATCHES,
        **{f"deployment/w{writer}": BATCHES for writer in range(WRITERS)},
    }
    shared = [fact.stream_version for fact in facts if fact.stream == "deployment/shared"]
    assert shared == list(range(1, WRITERS * BATCHES + 1))
    positions = [log.command(f"{writer}-{batch}") for writer in range(WRITERS) for batch in range(BATCHES)]
    assert sorted(position for batch in positions for position in batch or ()) == list(range(1, len(facts) + 1))
    assert log.verify(log.checkpoint()).ok


def test_threads_share_one_log(log: Log) -> None:
    in_threads(*(lambda writer=writer: write(log, writer) for writer in range(WRITERS)))
    assert_nothing_lost(log)


def test_readers_beside_writers_see_whole_batches_only(log: Log) -> None:
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            facts = list(log.read())
            assert [fact.position for fact in facts] == list(range(1, len(facts) + 1))
            assert len(facts) % 2 == 0

    def write_all() -> None:
        try:
            in_threads(*(lambda writer=writer: write(log, writer) for writer in range(WRITERS)))
        finally:
            done.set()

    in_threads(read, read, write_all)
    assert_nothing_lost(log)


def test_processes_share_one_file(path: Path) -> None:
    """All of them make the file, at the same moment."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_in_process, args=(path, writer)) for writer in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0] * WRITERS
    with opened(path) as log:
        assert_nothing_lost(log)


def test_of_those_who_expect_the_same_version_exactly_one_wins(log: Log) -> None:
    won, lost = [], []
    barrier = threading.Barrier(WRITERS)

    def race() -> None:
        barrier.wait(timeout=30)
        try:
            won.append(log.append([policy("a"), policy("b")], expected={"deployment/a": 0}))
        except Conflict as conflict:
            lost.append(conflict)

    in_threads(*[race] * WRITERS)
    assert (len(won), len(lost), log.size()) == (1, WRITERS - 1, 2)


def test_of_those_who_give_the_same_command_all_get_one_result(log: Log) -> None:
    results = []
    barrier = threading.Barrier(WRITERS)

    def repeat() -> None:
        barrier.wait(timeout=30)
        results.append(log.append([policy("a")], command_id="c"))

    in_threads(*[repeat] * WRITERS)
    assert (len(results), len(set(map(str, results))), log.size()) == (WRITERS, 1, 1)


def test_threads_make_one_file_at_the_same_moment(path: Path) -> None:
    barrier = threading.Barrier(WRITERS)

    def make(writer: int) -> None:
        barrier.wait(timeout=30)
        write_in_process(path, writer)

    in_threads(*(lambda writer=writer: make(writer) for writer in range(WRITERS)))
    with opened(path) as log:
        assert_nothing_lost(log)
