"""How do tables follow the log, whoever records and whoever else follows? (trap 2, trap 9)"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from modeltrail import Trail
from modeltrail.failpoints import watched
from rules.given import empty, on
from told_owners import Handlers, change, create, everything, opened

PROD, TEST = "chat-prod", "chat-test"


class Interrupted(BaseException):
    """Somebody pressed a key, or the process is shutting down."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def trail(path: Path) -> Iterator[Trail]:
    with opened(path) as trail:
        yield trail


@pytest.fixture
def other(path: Path, trail: Trail) -> Iterator[Trail]:
    """A second connection to the same file, as another process has it."""
    with opened(path) as other:
        yield other


def changes(trail: Trail, handlers: Handlers, name: str = PROD) -> int | None:
    row = trail.view(handlers.owners).get(name)
    return None if row is None else row.changes


def interrupt_at(point: str, task: Callable[[], object]) -> None:
    def reached(name: str) -> None:
        if name == point:
            raise Interrupted

    with pytest.raises(Interrupted), watched(reached):
        task()


# What somebody else records


def test_what_another_connection_records_is_seen_when_it_is_asked_for(trail: Trail, other: Trail) -> None:
    handlers = Handlers()
    assert changes(trail, handlers) is None
    create(other, PROD)
    assert changes(trail, handlers) == 0
    change(other, PROD, "2025-02-01")
    assert changes(trail, handlers) == 1


def test_what_another_process_records_is_followed(path: Path, trail: Trail) -> None:
    """Trap 2: nothing pushes on SQLite, so the log is polled."""
    handlers, stop = Handlers(), Event()
    script = f"""
from modeltrail import Trail
with Trail.open("sqlite:///{path}") as trail, trail.record(by="bob") as rec:
    rec.deployment("chat-prod").create("azure-openai/chat", version="v1", run_by="provider", owner="team-b")
"""
    followed = trail.projections.follow(handlers.owners, poll_seconds=0.001, stop=stop)
    assert next(followed) == 0
    subprocess.run([sys.executable, "-c", script], check=True)
    end = next(followed)
    stop.set()
    assert list(followed) == []
    (status,) = [one for one in trail.projections.status() if one.name == "owners"]
    assert (status.position, status.lag_facts, status.rows) == (end, 0, 1)
    row = trail.view(handlers.owners).get(PROD)
    assert row is not None and row.owner == "team-b"


def test_what_is_recorded_in_memory_is_followed() -> None:
    handlers, stop = Handlers(), Event()
    with empty() as trail:
        followed = trail.projections.follow(handlers.owners, poll_seconds=0.001, stop=stop)
        assert next(followed) == 0
        create(trail, PROD)
        assert next(followed) == 1
        stop.set()
        assert changes(trail, handlers) == 0


def test_those_that_are_stored_are_followed_where_none_is_named(trail: Trail, other: Trail) -> None:
    stop = Event()
    create(trail, PROD)
    trail.view("policies").all()
    followed = trail.projections.follow(poll_seconds=0.001, stop=stop)
    assert next(followed) == 1
    change(other, PROD, "2025-02-01")
    assert next(followed) == 2
    stop.set()
    stored = {one.name: one.position for one in trail.projections.status() if one.position is not None}
    assert stored == {"policies": 2}


def test_more_than_ten_facts_are_followed_in_one_go(trail: Trail) -> None:
    """Trap 9: a section of the log is ten notifications long there."""
    handlers = Handlers()
    assert changes(trail, handlers) is None
    create(trail, PROD)
    for day in range(1, 29):
        change(trail, PROD, f"2025-02-{day:02}", "manual" if day % 2 else "auto-update")
    assert changes(trail, handlers) == 28


def test_events_that_are_not_handled_bring_the_position_to_the_end(trail: Trail) -> None:
    """Trap 9: who waits for a position that a filter swallowed waits for ever."""
    handlers = Handlers()
    create(trail, PROD)
    assert changes(trail, handlers) == 0
    for version in ("v1", "v2", "v3"):
        on(trail, "2025-02-01").model("acme/chat").release(version)
    assert changes(trail, handlers) == 0
    (status,) = [one for one in trail.projections.status() if one.name == "owners"]
    assert (status.position, status.lag_facts) == (4, 0)


def test_follow_yields_only_what_is_new_and_ends_when_it_is_told_to(trail: Trail) -> None:
    handlers, stop = Handlers(), Event()
    followed = trail.projections.follow(handlers.owners, poll_seconds=0.001, stop=stop)
    reached: list[int] = []
    for day in ("2025-02-01", "2025-02-02", "2025-02-03"):
        create(trail, f"chat-{day}", day)
        reached += islice(followed, 1)
    stop.set()
    assert (reached, list(followed)) == ([1, 2, 3], [])


# Several who follow


def test_two_who_follow_in_turns_take_each_fact_once(trail: Trail, other: Trail) -> None:
    """Each remembers the ends of keys, which the other has moved on meanwhile."""
    handlers = Handlers()
    create(trail, PROD)
    for day in range(1, 10):
        change(trail, PROD, f"2025-02-{day:02}", "manual" if day % 2 else "auto-update")
        create(trail, f"chat-{day}")
        assert changes(other if day % 3 else trail, handlers) == day
    assert everything(trail, handlers.owners) == everything(other, handlers.owners)
    followed = everything(trail, handlers.owners)
    trail.projections.rebuild(handlers.owners)
    assert everything(trail, handlers.owners) == followed


def test_whoever_was_slower_goes_on_from_where_the_other_is(trail: Trail, other: Trail) -> None:
    handlers = Handlers()
    create(trail, PROD)
    assert (changes(trail, handlers), changes(other, handlers)) == (0, 0)
    change(trail, PROD, "2025-02-01")
    quicker = iter([other])

    def be_quicker(point: str) -> None:
        if point == "follow.before" and (one := next(quicker, None)) is not None:
            assert changes(one, handlers) == 1

    with watched(be_quicker):
        assert changes(trail, handlers) == 1
    change(trail, PROD, "2025-02-02", "auto-update")
    assert (changes(trail, handlers), changes(other, handlers)) == (2, 2)


def test_threads_that_ask_at_the_same_time_take_each_fact_once(trail: Trail, other: Trail) -> None:
    handlers, barrier, found = Handlers(), Barrier(4), list[int | None]()
    create(trail, PROD)
    for day in range(1, 20):
        change(trail, PROD, f"2025-02-{day:02}", "manual" if day % 2 else "auto-update")

    def ask(one: Trail) -> None:
        barrier.wait(timeout=30)
        found.append(changes(one, handlers))

    threads = [Thread(target=ask, args=(one,)) for one in (trail, other, trail, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == [19] * 4


@pytest.mark.parametrize("point", ["follow.before", "follow.after"])
def test_whoever_is_interrupted_and_asks_again_takes_each_fact_once(trail: Trail, point: str) -> None:
    handlers = Handlers()
    create(trail, PROD)
    assert changes(trail, handlers) == 0
    for number, day in enumerate(("2025-02-01", "2025-02-02", "2025-02-03")):
        change(trail, PROD, day, "auto-update" if number % 2 else "manual")
        interrupt_at(point, lambda: changes(trail, handlers))
        assert changes(trail, handlers) == number + 1


# Builds


@pytest.mark.parametrize("point", ["build.page", "build.keys", "build.indexed"])
def test_what_is_recorded_while_tables_are_built_is_in_them(trail: Trail, other: Trail, point: str) -> None:
    """Also of a key whose facts came late, and is folded last."""
    handlers, news = Handlers(), iter(["2025-03-01"])
    create(trail, PROD, "2025-01-02")
    change(trail, PROD, "2025-02-02")
    change(trail, PROD, "2025-02-01", "auto-update", known="2025-02-03")

    def record(name: str) -> None:
        if name == point and (day := next(news, None)) is not None:
            change(other, PROD, day, "upgrade-when-expired")

    with watched(record):
        trail.projections.rebuild(handlers.owners)
    assert changes(trail, handlers) == 3
    change(trail, PROD, "2025-03-02")
    assert changes(trail, handlers) == 4


@pytest.mark.parametrize("point", ["build.page", "build.keys", "build.indexed"])
def test_the_old_tables_answer_until_the_new_ones_are_complete(trail: Trail, other: Trail, point: str) -> None:
    handlers, newer = Handlers(), Handlers(edition=2)
    create(trail, PROD, "2025-01-02")
    change(trail, PROD, "2025-02-02")
    change(trail, PROD, "2025-02-01", "auto-update", known="2025-02-03")
    assert changes(trail, handlers) == 2
    interrupt_at(point, lambda: changes(other, newer))
    change(trail, PROD, "2025-03-01", "upgrade-when-expired")
    assert changes(trail, handlers) == 3
    states = [(one.stored_edition, one.state) for one in trail.projections.status() if one.name == "owners"]
    assert states == [(1, "current"), (2, "building")]
    assert changes(other, newer) == 3
    states = [(one.stored_edition, one.state) for one in trail.projections.status() if one.name == "owners"]
    assert states == [(1, "superseded"), (2, "current")]
    change(trail, PROD, "2025-03-02")
    assert (changes(trail, handlers), changes(other, newer)) == (4, 4)


def test_two_who_build_the_same_tables_end_with_one_build(trail: Trail, other: Trail) -> None:
    handlers, quicker = Handlers(), iter([other])
    create(trail, PROD, "2025-01-02")
    change(trail, PROD, "2025-02-02")
    change(trail, PROD, "2025-02-01", "auto-update", known="2025-02-03")

    def be_quicker(point: str) -> None:
        if point == "build.page" and (one := next(quicker, None)) is not None:
            assert changes(one, handlers) == 2

    with watched(be_quicker):
        assert changes(trail, handlers) == 2
    assert [one.state for one in trail.projections.status() if one.name == "owners"] == ["current"]


def test_building_tells_how_far_it_is(trail: Trail) -> None:
    handlers, told = Handlers(), list[tuple[int, int]]()
    create(trail, PROD)
    create(trail, TEST)
    trail.projections.rebuild(handlers.owners, lambda done, total: told.append((done, total)))
    assert told == [(2, 4), (4, 4)]
