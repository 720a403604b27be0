"""How fast is a log of calls annotated, beside only reading and writing it; and does memory grow with the log?

The calls are spread over all deployments of a large log, and over a year. As a script it annotates one file in a
process of its own, the only way to know its peak of memory.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import duckdb
import fleet
import polars
from crowd import peak_megabytes
from timing import Line, Sizes, spent

from modeltrail.annotating import Annotator, Columns
from modeltrail.call_files import annotate_file
from modeltrail.call_times import CallTimes

FEW = 1_000
"""So many deployments are called where memory is measured: their courses are held, whatever the length of the file."""
COLUMNS = Columns("called_at", "deployment")
ASOF = """
COPY (
  SELECT calls.*, course.model, course.version, course.certainty, course.because
  FROM read_parquet(?) calls ASOF LEFT JOIN read_parquet(?) course
  ON calls.deployment = course.deployment AND calls.called_at >= course.since
) TO '{}' (FORMAT parquet)
"""


def frame(calls: int, deployments: int) -> polars.DataFrame:
    """A log of calls, in no order."""
    chance = random.Random(7)
    year = int((fleet.TODAY - fleet.START).total_seconds())
    times = [fleet.START + timedelta(seconds=chance.randrange(year)) for _ in range(calls)]
    return polars.DataFrame(
        {
            "id": range(calls),
            "called_at": times,
            "deployment": [fleet.name(chance.randrange(deployments)) for _ in range(calls)],
            "prompt": ["What is the weather like in the town where I live?"] * calls,
        },
        schema_overrides={"called_at": polars.Datetime("us", "UTC")},
    )


def write(log: polars.DataFrame, path: Path) -> None:
    """Write a log of calls in the format of the file."""
    if path.suffix == ".parquet":
        log.write_parquet(path, row_group_size=50_000)
        return
    text = log.with_columns(polars.col("called_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    (text.write_csv if path.suffix == ".csv" else text.write_ndjson)(path)


def calls(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """The first log of calls, and every further one, in each format; then how memory grows."""
    log = frame(sizes.calls, sizes.fleet)
    for ending in ("csv", "jsonl", "parquet"):
        write(log, folder / f"calls.{ending}")
    with fleet.opened(folder / "large.db") as trail:
        fleet.import_schedule(trail)
        fleet.fill_nights(trail, sizes.fleet, sizes.life)
        annotator = trail.annotator(CallTimes())
        begun = perf_counter()
        task(annotator, folder, "csv")()
        seconds = perf_counter() - begun
        yield Line(f"annotate {sizes.calls:,} calls, no course known yet", "rows/s", sizes.calls / seconds)
        yield Line(f"  all of {sizes.fleet:,} courses from {trail.log.size():,} events", "s", seconds)
        export_courses(annotator, folder / "course.parquet", sizes.fleet)
        yield from known(annotator, folder, sizes)
    yield from memory(folder, sizes)


def known(annotator: Annotator, folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Calls of deployments whose courses are known, by turns with baselines."""
    tasks = [task(annotator, folder, ending) for ending in ("csv", "jsonl", "parquet")]
    times = spent(*tasks, copying(folder), joining(folder), times=3)
    by_csv, by_lines, by_parquet, copied, joined = (sizes.calls / one.wall * 1e6 for one in times)
    columns = ["id", "modeltrail_version", "modeltrail_certainty"]
    ours, theirs = (polars.read_parquet(folder / name).sort("id") for name in ("annotated.parquet", "joined.parquet"))
    assert ours.select(columns).rows() == theirs.select("id", "version", "certainty").rows()
    yield Line("  CSV, courses known", "rows/s", by_csv)
    yield Line("  csv.reader and csv.writer of the same rows", "rows/s", copied)
    yield Line("  CSV as a multiple of it", "x", by_csv / copied)
    yield Line("  JSON lines, courses known", "rows/s", by_lines)
    yield Line("  Parquet, courses known", "rows/s", by_parquet)
    yield Line("  DuckDB's ASOF join with exported courses", "rows/s", joined)
    yield Line("  Parquet as a multiple of it", "x", by_parquet / joined)


def task(annotator: Annotator, folder: Path, ending: str) -> Callable[[], None]:
    source, target = folder / f"calls.{ending}", folder / f"annotated.{ending}"
    return lambda: annotate_file(annotator, source, target, COLUMNS)


def copying(folder: Path) -> Callable[[], None]:
    """What has to be done in any case."""

    def copy() -> None:
        with (folder / "calls.csv").open(newline="") as source, (folder / "copy.csv").open("w", newline="") as target:
            csv.writer(target).writerows(csv.reader(source))

    return copy


def joining(folder: Path) -> Callable[[], None]:
    """The same lookup, where somebody has exported every course: on one thread."""

    def join() -> None:
        with duckdb.connect() as database:
            database.execute("SET threads = 1")
            files = [str(folder / name) for name in ("calls.parquet", "course.parquet")]
            database.execute(ASOF.format(folder / "joined.parquet"), files)

    return join


def export_courses(annotator: Annotator, path: Path, deployments: int) -> None:
    """What the annotator keeps, as a table."""
    rows = []
    for name in map(fleet.name, range(deployments)):
        timeline = annotator._timeline(name)
        for since, found in zip(timeline._since, timeline._annotations[1:], strict=True):
            served = found.served
            assert served is not None
            rows.append((name, since, served.model, served.version, served.certainty, found.because))
    texts = dict.fromkeys(("model", "version", "certainty", "because"), polars.String)
    schema = {"deployment": polars.String, "since": polars.Datetime("us", "UTC")} | texts
    polars.DataFrame(rows, schema=schema, orient="row").write_parquet(path)


def memory(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """The peak of a process that annotates a log of calls, and of one that annotates a log ten times as long."""
    for ending in ("csv", "parquet"):
        for count in (sizes.calls // 10, sizes.calls):
            path = folder / f"few-{count}.{ending}"
            write(frame(count, min(FEW, sizes.fleet)), path)
            words = [sys.executable, __file__, str(folder / "large.db"), str(path)]
            said = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
            yield Line(f"peak memory of annotating {count:,} calls, {ending}", "MB", float(said))


def main(store: Path, source: Path) -> None:
    """Annotate one file, and print how many megabytes the process has had at most."""
    with fleet.opened(store) as trail:
        target = source.with_stem("annotated")
        annotate_file(trail.annotator(CallTimes()), source, target, COLUMNS)
    print(peak_megabytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
