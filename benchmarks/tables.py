"""How fast are stored projections and answers about the past, in a log of a million facts of which some come late?

As a script it builds the table of one log in a process of its own, the only way to know its peak of memory.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import fleet
from baselines import Bare, Stock
from crowd import peak_megabytes
from timing import Line, Sizes, Spent, spent

from modeltrail import Trail
from modeltrail.domain.events import DeploymentObserved
from modeltrail.drafts import Draft
from modeltrail.projections.deployments import deployments

QUESTION = "SELECT deployment, arg_max(version, (effective_at, position)) FROM read_parquet(?) "
QUESTION += "WHERE effective_at <= ? AND known_at <= ? GROUP BY deployment"


def tables(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """All lines of one large log, and those that are compared with a small one."""
    large, small = folder / "large.db", folder / "small.db"
    for path, count_of in ((large, sizes.fleet), (small, sizes.small // sizes.life)):
        with fleet.opened(path) as trail:
            fleet.import_schedule(trail)
            fleet.fill_nights(trail, count_of, sizes.life)
    bare, stock = Bare(folder / "bare.db"), Stock(folder / "stock.db")
    fleet.fill_stock(stock, sizes.fleet * sizes.life // fleet.PER_DEPLOYMENT)
    fleet.fill_bare(bare, large)
    yield from whole_log(folder, large, sizes, bare, stock)
    with fleet.opened(small) as trail:
        trail.view(deployments).all()
    yield from questions(large, small, sizes)
    yield from whole_fleet(folder, large)
    yield from late_facts(large, small, sizes)


def events_of(path: Path) -> int:
    with fleet.opened(path) as trail:
        return trail.log.size()


def whole_log(folder: Path, path: Path, sizes: Sizes, bare: Bare, stock: Stock) -> Iterator[Line]:
    """One pass over the log: a live fold, and building the table with all of its history."""
    events = events_of(path)

    def fold() -> None:
        with fleet.opened(path) as trail:
            assert len(trail.fold(deployments)) == sizes.fleet

    def speed(one: Spent) -> float:
        return events / one.wall * 1e6

    folds = spent(fold, bare.read_all, stock.read_all, times=sizes.openings)
    yield Line(f"live fold of {events:,} events, 2 % late", "events/s", *map(speed, folds))
    turns = count()

    def project() -> None:
        target = sqlite3.connect(folder / f"stock-{next(turns)}.db", isolation_level=None)
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = FULL")
        stock.project(target)
        target.close()

    def rebuild() -> None:
        with fleet.opened(path) as trail:
            trail.projections.rebuild(deployments)

    ours, library = spent(rebuild, project, times=2)
    yield Line("rebuild of the table of `deployments`", "events/s", speed(ours), None, speed(library))
    yield Line("  peak memory of it, in a process of its own", "MB", peak_of_rebuild(folder, path))


def peak_of_rebuild(folder: Path, path: Path) -> float:
    """The most memory that building the table takes, beyond what opening the log takes."""
    copy = folder / "copy.db"
    shutil.copy(path, copy)
    said = subprocess.run([sys.executable, __file__, str(copy)], check=True, stdout=subprocess.PIPE, text=True).stdout
    copy.unlink()
    return float(said)


def asked(path: Path, ask: Callable[[Trail, str, datetime, datetime], object], questions: int) -> float:
    """The median of a question about any deployment at any moment, as known at any other, in microseconds."""
    chance = random.Random(7)
    days = (fleet.TODAY - fleet.START).days
    with fleet.opened(path) as trail:
        names = list(trail.view(deployments).all())
        taken = []
        for turn in range(questions + 20):
            t = fleet.START + timedelta(days=chance.uniform(30, days))
            k = fleet.START + timedelta(days=chance.uniform(30, days))
            name = str(chance.choice(names))
            begun = perf_counter()
            ask(trail, name, t, k)
            if turn >= 20:
                taken.append(perf_counter() - begun)
    return median(taken) * 1e6


def questions(large: Path, small: Path, sizes: Sizes) -> Iterator[Line]:
    """Questions about one deployment at a past moment, as known at another, in the large log and in the small one."""
    many = sizes.questions
    policies = "policies"
    for path in (large, small):
        with fleet.opened(path) as trail:
            trail.view(policies).all()

    def row(trail: Trail, name: str, t: datetime, k: datetime) -> object:
        return trail.view(deployments).get(name, t, k)

    def policy(trail: Trail, name: str, t: datetime, k: datetime) -> object:
        return trail.view(policies).get(name, t, k)

    def answer(trail: Trail, name: str, t: datetime, k: datetime) -> object:
        return trail.at(t, known_at=k).serving(name)

    def why(trail: Trail, name: str, t: datetime, k: datetime) -> object:
        return trail.at(t, known_at=k).why(name)

    for what, ask in (
        ("view.get of `policies`, both clocks, p50", policy),
        ("view.get of `deployments`, whose rows hold facts", row),
        ("serving of one deployment, both clocks, p50", answer),
        ("why of one deployment, both clocks, p50", why),
    ):
        figures = [asked(path, ask, many) for path in (large, small)]
        yield Line(what, "us", figures[0])
        yield Line(f"  as a multiple of that on {events_of(small):,} events", "x", figures[0] / figures[1])


def whole_fleet(folder: Path, path: Path) -> Iterator[Line]:
    """What the whole fleet served at a past moment, beside DuckDB, which finds the last version that was stated."""
    t, k = fleet.START + timedelta(days=200), fleet.START + timedelta(days=300)
    parquet = folder / "facts.parquet"
    connection = duckdb.connect(config={"threads": 1})
    rows = sqlite3.connect(path)
    statement = (
        "SELECT stream, json_extract(CAST(body AS TEXT), '$.data.version'), effective_at, known_at, position "
        "FROM events WHERE type IN ('deployment.created', 'deployment.observed')"
    )
    frame = rows.execute(statement).fetchall()
    write_parquet(frame, parquet)
    moments = [int(moment.timestamp() * 1e6) for moment in (t, k)]

    def least() -> None:
        found = connection.execute(QUESTION, [str(parquet), *moments]).fetchall()
        assert found

    with fleet.opened(path) as trail:
        trail.at(t, known_at=k).serving(fleet.name(0))

        def served() -> None:
            assert trail.at(t, known_at=k).deployments()

        def ahead() -> None:
            assert trail.at(t, known_at=k).upcoming(90)

        (ours,) = spent(served, times=1)
        (coming,) = spent(ahead, times=1)
    (duck,) = spent(least, times=5)
    yield Line("serving of the whole fleet at a past moment", "ms", ours.wall / 1e3)
    yield Line("  DuckDB's last version of each, one thread", "ms", duck.wall / 1e3)
    yield Line("  as a multiple of it", "x", ours.wall / duck.wall)
    yield Line("upcoming of the whole fleet, 90 days ahead", "s", coming.wall / 1e6)
    yield Line("  as a multiple of its serving", "x", coming.wall / ours.wall)


def write_parquet(rows: list[tuple[object, ...]], path: Path) -> None:
    """Rows as a Parquet file."""
    import polars

    columns = ["deployment", "version", "effective_at", "known_at", "position"]
    polars.DataFrame(rows, schema=columns, orient="row").write_parquet(path)


def late_facts(large: Path, small: Path, sizes: Sizes) -> Iterator[Line]:
    """A fact that comes late, until the table of `deployments` holds it: the fact is recorded before, untimed."""
    figures = []
    for path in (large, small):
        with fleet.opened(path) as trail:
            view, taken = trail.view(deployments), []
            names = list(view.all())
            for turn in range(min(200, sizes.questions)):
                name = str(names[turn % len(names)])
                event = DeploymentObserved(deployment=name, model=fleet.MODEL, version=fleet.VERSION)
                at = fleet.START + timedelta(days=100, seconds=turn)
                trail.log.append([Draft(event=event, mode="statement", by=fleet.BY, effective_at=at)])
                begun = perf_counter()
                view.get(name)
                taken.append(perf_counter() - begun)
        figures.append(median(taken) * 1e3)
    yield Line("a late fact, until the table holds it, p50", "ms", figures[0])
    yield Line("  as a multiple of that on a small log", "x", figures[0] / figures[1])


def main(path: Path) -> None:
    """Build the table anew, and print how many megabytes that took."""
    with fleet.opened(path) as trail:
        trail.projections.drop(deployments.name)
        trail.at().serving(fleet.name(0))
        before = peak_megabytes()
        trail.projections.rebuild(deployments)
    print(peak_megabytes() - before)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
