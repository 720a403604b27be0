"""How fast is it here? Every figure beside two baselines that were measured in the same run, by turns with it.

`--page` writes the table into docs/reference/benchmarks.md, between its marks.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from calls import calls
from measures import ALL
from nights import nights
from tables import tables
from timing import QUICK, Line, Sizes

MARKED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEADINGS = ("what", "modeltrail", "L", "S", "x L", "x S")


def main() -> None:
    """Measure, print one table, and write it where that is asked for."""
    wanted = arguments()
    print(f"{machine()}\n\n{in_columns(HEADINGS)}", flush=True)
    lines: list[Line] = []
    for line in measured(QUICK if wanted.quick else Sizes(), wanted.folder):
        lines.append(line)
        print(in_columns(cells(line)), flush=True)
    print("\nL: bare sqlite3 doing the least. S: a stock eventsourcing application. x: speed, as a multiple of theirs.")
    if wanted.json is not None:
        wanted.json.write_text(json.dumps({"machine": machine(), "lines": list(map(asdict, lines))}, indent=2) + "\n")
    if wanted.page is not None:
        page = wanted.page.read_text(encoding="utf-8")
        wanted.page.write_text(MARKED.sub(lambda _: in_markdown(lines), page), encoding="utf-8")


def arguments() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table into a page, between its marks")
    parser.add_argument("--folder", type=Path, help="an existing folder for the stores: its disk is measured")
    return parser.parse_args()


def measured(sizes: Sizes, folder: Path | None) -> Iterator[Line]:
    for measure in (*ALL, tables, nights, calls):
        with TemporaryDirectory(dir=folder) as place:
            yield from measure(Path(place), sizes)


def machine() -> str:
    """What the figures were measured on."""
    library = f"eventsourcing {version('eventsourcing')}"
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {library}"
    return f"{os.cpu_count()} cores, {sys.platform} {platform.machine()}, {python}"


def cells(line: Line) -> list[str]:
    """A line of the table."""
    ratios = [shown(line.ratio(base)) for base in (line.bare, line.stock)]
    return [line.what, f"{shown(line.modeltrail)} {line.unit}", shown(line.bare), shown(line.stock), *ratios]


def in_columns(row: Sequence[str]) -> str:
    what, figure, *rest = row
    return f"{what:<46}{figure:>18}" + "".join(f"{cell:>10}" for cell in rest)


def in_markdown(lines: Sequence[Line]) -> str:
    rows = [HEADINGS, ("---", *["---:"] * 5), *(cells(line) for line in lines)]
    table = "\n".join(f"| {' | '.join(cell.strip() for cell in row)} |" for row in rows)
    return f"{machine()}.\n\n{table}\n"


def shown(figure: float | None) -> str:
    """A figure with three digits that mean something."""
    if figure is None:
        return "-"
    if figure < 0.001:
        return "<0.001"
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


if __name__ == "__main__":
    main()
