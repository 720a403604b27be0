"""How long does each thing take, beside what the baselines take for the same? One function a line of the table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from time import monotonic
from uuid import UUID

import fleet
from baselines import Bare, Stock, counted_commits
from crowd import Crowd, measured
from timing import Line, Sizes, Spent, spent

from modeltrail import Trail
from modeltrail.domain.events import PolicyChanged
from modeltrail.drafts import Draft
from modeltrail.ledger import Ledger
from modeltrail.projections.deployments import deployments

DAY = "2025-04-01"
WRITERS = 4
Prepare = Callable[[Path, int, int], Callable[[], None]]
"""Opens a file for a writer, by its number, and returns what appends so many facts to it."""


def stored(log: Path, count: int) -> list[tuple[str, bytes]]:
    """The streams and bytes of the newest facts of a log."""
    with sqlite3.connect(log) as source:
        rows = source.execute("SELECT stream, body FROM events ORDER BY position DESC LIMIT ?", (count,)).fetchall()
    source.close()
    return rows


def changes(trail: Trail) -> Callable[[], None]:
    """One decision after the other about 200 deployments in turns."""
    turns = ((fleet.name(turn % 200), fleet.POLICIES[turn // 200 % 3]) for turn in range(10**9))

    def record() -> None:
        deployment, policy = next(turns)
        with trail.record(by=fleet.BY, source=fleet.SOURCE) as batch:
            batch.deployment(deployment).change_policy(policy)

    return record


def appends(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """One durable append, the decision included; S only saves an aggregate that it has in memory.

    The commits are counted elsewhere: SQLite's trace takes more time than some of the statements.
    """
    with fleet.opened(folder / "log.db") as trail:
        fleet.engine_run(trail, 200)
        record = changes(trail)
        bare, stock = Bare(folder / "bare.db"), Stock(folder / "stock.db")
        aggregates = cycle(fleet.stock_engine_run(stock, 200))

        def save() -> None:
            aggregate = next(aggregates)
            aggregate.change_policy("manual", fleet.BY, fleet.SOURCE, fleet.START, fleet.TODAY)
            stock.save(aggregate)

        record()
        ((stream, body),) = stored(folder / "log.db", 1)
        ours, least, library = spent(record, lambda: bare.append(stream, body), save, times=sizes.appends)
    yield Line("one durable append, decision included, p50", "us", ours.wall, least.wall, library.wall)
    yield Line("  processor time of it", "us", ours.cpu, least.cpu, library.cpu)
    yield Line("  processor time beyond L", "us", ours.cpu - least.cpu)
    yield Line("  commits, counted by SQLite's trace", "commits", commits_of_one(folder / "traced.db"))


def commits_of_one(path: Path) -> float:
    """How many commits one such append makes."""
    with counted_commits() as commits, fleet.opened(path) as trail:
        fleet.engine_run(trail, 200)
        record = changes(trail)
        record()
        before = commits()
        for _ in range(10):
            record()
        return (commits() - before) / 10


def batches(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """1,000 facts in one `record`, each a decision about another deployment."""
    with fleet.opened(folder / "log.db") as trail:
        fleet.engine_run(trail, 1_000)
        bare, stock = Bare(folder / "bare.db"), Stock(folder / "stock.db")
        aggregates = fleet.stock_engine_run(stock, 1_000)
        policies = cycle(fleet.POLICIES)

        def record() -> None:
            policy = next(policies)
            with trail.record(by=fleet.BY, source=fleet.SOURCE) as batch:
                for number in range(1_000):
                    batch.deployment(fleet.name(number)).change_policy(policy)

        def save() -> None:
            for aggregate in aggregates:
                aggregate.change_policy("manual", fleet.BY, fleet.SOURCE, fleet.START, fleet.TODAY)
            stock.save(*aggregates)

        record()
        rows = stored(folder / "log.db", 1_000)
        assert len({stream for stream, _ in rows}) == 1_000
        times = spent(record, lambda: bare.append_all(rows), save, times=sizes.rounds)
    yield Line("1,000 facts in one record, p50", "ms", *(one.wall / 1e3 for one in times))


def append_own(path: Path, number: int, count: int) -> Callable[[], None]:
    """Append to a stream of one's own, each fact with the version expected, as `Trail.record` does."""
    log = fleet.opened(path).log
    event = PolicyChanged(deployment=fleet.name(number), policy="manual")

    def append() -> None:
        for version in range(log.stream_versions([event.stream])[event.stream], count):
            log.append([Draft(event=event, mode="statement", by=fleet.BY)], expected={event.stream: version})

    return append


def append_bare(path: Path, number: int, count: int) -> Callable[[], None]:
    """The same number of rows, as large as a fact."""
    bare = Bare(path)

    def append() -> None:
        for _ in range(count):
            bare.append(f"deployment/{fleet.name(number)}", b"." * 300)

    return append


def write(prepare: Prepare, path: Path, number: int, count: int, start: Barrier) -> None:
    """What one process does: it prepares, waits for the others, and appends."""
    append = prepare(path, number, count)
    start.wait()
    append()


def together(prepare: Prepare, path: Path, count: int) -> float:
    """Rows a second of several processes that append to one file at the same time."""
    processes = get_context("spawn")
    start = processes.Barrier(WRITERS + 1)
    writers = [processes.Process(target=write, args=(prepare, path, one, count, start)) for one in range(WRITERS)]
    for writer in writers:
        writer.start()
    start.wait()
    begin = monotonic()
    for writer in writers:
        writer.join()
    assert all(writer.exitcode == 0 for writer in writers)
    return WRITERS * count / (monotonic() - begin)


def several_writers(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Four processes that append to one file, one fact a commit, by turns with four of bare `sqlite3`."""
    ours, least = [], []
    for turn in range(sizes.openings):
        fleet.opened(folder / f"log-{turn}.db").close()
        ours.append(together(append_own, folder / f"log-{turn}.db", sizes.appends))
        Bare(folder / f"bare-{turn}.db")
        least.append(together(append_bare, folder / f"bare-{turn}.db", sizes.appends))
    yield Line(f"{WRITERS} processes appending to one file", "events/s", median(ours), median(least))


def large_log(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Fold, answers and verification on one large log."""
    path = folder / "log.db"
    with fleet.opened(path) as trail:
        fleet.import_schedule(trail)
        fleet.fill(trail, sizes.deployments)
        events = trail.log.size()
    stock, bare = Stock(folder / "stock.db"), Bare(folder / "bare.db")
    ids = fleet.fill_stock(stock, sizes.deployments)
    fleet.fill_bare(bare, path)

    def fold() -> None:
        with fleet.opened(path) as trail:
            ledger = Ledger(trail.log)
            ledger.catch_up()
            for key in ledger.keys(deployments):
                deployments.history(key, ledger.known(deployments, key))

    def verify() -> None:
        with fleet.opened(path) as trail:
            assert trail.log.verify().ok

    def speed(one: Spent) -> float:
        return events / one.wall * 1e6

    folds = spent(fold, bare.read_all, stock.read_all, times=sizes.openings)
    yield Line(f"live fold of {events:,} events", "events/s", *map(speed, folds))
    verified = spent(verify, bare.hash_all, times=sizes.openings)
    yield Line("verify, all columns compared", "events/s", *map(speed, verified))
    yield from answers(folder, sizes, stock, bare, ids)


def answers(folder: Path, sizes: Sizes, stock: Stock, bare: Bare, ids: list[UUID]) -> Iterator[Line]:
    """One answer of that log, warm and just opened, beside reading one stream of the baselines."""
    path = folder / "log.db"
    with fleet.opened(path) as trail:
        trail.at(DAY).serving(fleet.name(0))
        numbers = cycle(range(0, sizes.deployments, 7))
        picked = cycle(islice(ids, 0, None, 7))
        streams = cycle(range(0, sizes.deployments, 7))
        asked = spent(
            lambda: trail.at(DAY).serving(fleet.name(next(numbers))),
            lambda: bare.read_stream(f"deployment/{fleet.name(next(streams))}"),
            lambda: stock.read(next(picked)),
            times=sizes.questions,
        )
    yield Line("one serving answer, warm, p50", "us", *(one.wall for one in asked))

    def first_answer() -> None:
        with fleet.opened(path) as trail:
            trail.at(DAY).serving(fleet.name(1))

    def first_read() -> None:
        Bare(folder / "bare.db").read_stream(f"deployment/{fleet.name(1)}")

    def first_get() -> None:
        Stock(folder / "stock.db").read(ids[1])

    cold = spent(first_answer, first_read, first_get, times=sizes.openings)
    yield Line("one serving answer, store just opened, p50", "ms", *(one.wall / 1e3 for one in cold))


def crowds(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """One default change that moves deployments which the engine runs, beside plain appends of as many events."""
    found: list[tuple[int, Crowd]] = []
    for size in sizes.crowds:
        place = folder / str(size)
        place.mkdir()
        found.append((size, measured(place, size)))
    for size, one in found:
        yield Line(f"a crowd of {size:,}, moved", "events/s", one.moved)
        yield Line("  the log's own appends of as many", "events/s", one.appended)
        yield Line("  share of their speed", "x", one.moved / one.appended)
        yield Line("  memory grown by meanwhile", "MB", one.grown)


def small_log(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """The first answer of a log as small as a team's first one: the schedule and ten deployments."""
    path = folder / "log.db"
    with fleet.opened(path) as trail:
        fleet.import_schedule(trail)
        fleet.fill(trail, 10)
        events = trail.log.size()

    def first_answer() -> None:
        with fleet.opened(path) as trail:
            trail.at(DAY).serving(fleet.name(1))

    (cold,) = spent(first_answer, times=sizes.openings * 10)
    yield Line(f"  the same with {events} facts", "ms", cold.wall / 1e3)


ALL = (appends, batches, several_writers, crowds, large_log, small_log)
