"""How are the tables of projections asked on the command line? Rows, a key, its history, counts, SQL; and exports."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from csv import writer
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from modeltrail import cli_projection_printing as printing
from modeltrail.cli_projection_session import answered
from modeltrail.cli_projection_sheets import Asked, Sheet, by_sql, cell
from modeltrail.cli_session import AsJson, At, KnownAt, Store, date, existing_store, print_json
from modeltrail.trail import Trail

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="Of a projection, or MODULE:NAME.", show_default=False),
]
Keys = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY]...", help="Of one row, a word for each column of the key.", show_default=False),
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--count-by", metavar="FIELD", help="Count the rows by it; may be repeated.", show_default=False),
]
Sql = Annotated[
    str | None,
    typer.Option("--sql", metavar="SELECT", help="Ask in SQL; the views are NAME and NAME_history."),
]
Csv = Annotated[
    str | None, typer.Option("--csv", metavar="FILE", help="Write it as CSV, or print that with -.", show_default=False)
]
Parquet = Annotated[
    str | None, typer.Option("--parquet", metavar="FILE", help="Write all rows as Parquet.", show_default=False)
]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: all rows, one key, its history, counts, or something in SQL."""

    name: str | None
    words: tuple[str, ...]
    at: datetime | None
    known_at: datetime | None
    history: bool
    fields: tuple[str, ...]
    sql: str | None

    def check(self) -> None:
        """Raise BadParameter for what cannot be asked at once."""
        others = self.words or self.fields or self.history or self.at or self.known_at
        _demand(self.sql is None or not others, "--sql", "it stands alone: ask for moments and counts in the SQL")
        _demand(self.sql is not None or self.name is not None, "NAME", "name a projection, or ask with --sql")
        _demand(not self.history or self.words, "--history", "name the key whose history it is")
        _demand(not self.history or not self.at, "--at", "a history has all moments: leave --at out")
        _demand(not self.fields or not self.words, "--count-by", "all rows are counted: leave the key out")

    @property
    def is_of_all(self) -> bool:
        """Whether all rows of a moment are asked for."""
        return self.sql is None and not self.words and not self.fields

    def ask(self, trail: Trail) -> Sheet:
        """What is answered."""
        if self.sql is not None:
            if self.name is not None:
                trail.projections.follower(self.name)
            return by_sql(trail, self.sql)
        asked = self.asked(trail)
        if self.words:
            return (asked.history if self.history else asked.one)(asked.key(self.words))
        return asked.counts(self.fields) if self.fields else asked.all()

    def asked(self, trail: Trail) -> Asked:
        """The projection that is asked."""
        assert self.name is not None
        return Asked(trail, self.name, self.at, self.known_at)


def _demand(is_so: object, option: str, message: str) -> None:
    if not is_so:
        raise typer.BadParameter(message, param_hint=option)


def query(
    ctx: typer.Context,
    name: Name = None,
    keys: Keys = None,
    at: At = None,
    known_at: KnownAt = None,
    history: Annotated[bool, typer.Option("--history", help="Show each row that the key had.")] = False,
    count_by: Fields = None,
    sql: Sql = None,
    csv: Csv = None,
    parquet: Parquet = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Show the rows of a projection at any moment, as known at any other, from tables that are made when needed."""
    moments = date("--at", at), date("--known-at", known_at)
    question = Question(name, tuple(keys or ()), *moments, history, tuple(count_by or ()), sql)
    question.check()
    _demand((csv, parquet, as_json or None).count(None) > 1, "--json", "give only one of --json, --csv and --parquet")
    _demand(not history or csv is None, "--csv", "a history is shown in words or as JSON")
    _demand(parquet is None or question.is_of_all, "--parquet", "it is for all rows: leave the rest out")
    _demand(parquet != "-", "--parquet", "Parquet is no text: name a file")
    url = existing_store(ctx, store)
    if parquet is not None:
        printing.show_written(answered(url, _writing(question, Path(parquet))), parquet)
        return
    sheet = answered(url, question.ask)
    if as_json:
        print_json(sheet.document)
    elif csv is not None:
        _write(sheet, csv)
    else:
        printing.show_sheet(sheet)


def _writing(question: Question, file: Path) -> Callable[[Trail], int]:
    """What writes the rows to a file of typed columns. How many they are."""

    def write(trail: Trail) -> int:
        frame = question.asked(trail).view.frame(question.at, question.known_at)
        with file.open("wb") as stream:
            frame.write_parquet(stream)
        return frame.height

    return write


def _write(sheet: Sheet, file: str) -> None:
    with nullcontext(sys.stdout) if file == "-" else Path(file).open("w", encoding="utf-8", newline="") as stream:
        lines = writer(stream, lineterminator="\n")
        lines.writerow(column.name for column in sheet.columns)
        lines.writerows(map(cell, row) for row in sheet.rows)
    if file != "-":
        printing.show_written(len(sheet.rows), file)
