"""Which commands are there? Recording, importing, proving; the questions are in `cli_queries`."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from modeltrail import __version__
from modeltrail import cli_engine as engine
from modeltrail import cli_printing as printing
from modeltrail import cli_queries as queries
from modeltrail.apply import apply_lines
from modeltrail.cli_projections import projections
from modeltrail.cli_session import (
    FOUND,
    ActingOption,
    AsJson,
    FoundCode,
    Front,
    Store,
    exit_if,
    print_json,
    reading,
    say,
    store_url,
)
from modeltrail.imports.notices import read_notices
from modeltrail.problems import problem
from modeltrail.proofs import Checkpoint
from modeltrail.trail import Taken, Trail

app = typer.Typer(
    cls=Front,
    name="modeltrail",
    help="Which version of a hosted model served this deployment, on any day, and as known on any day?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Record what a source of the world states.", no_args_is_help=True, rich_markup_mode=None)

Input = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.", show_default=False)]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.", show_default=False)
]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", show_default="login name", help="Who records this.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"modeltrail {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    ctx: typer.Context,
    store: Store = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Which version of a hosted model served this deployment, on any day, and as known on any day?"""
    ctx.obj = store


@app.command()
def apply(
    ctx: typer.Context,
    file: Input,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Go on after a line that fails.")] = False,
    by: By = None,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record facts from JSON lines, each line whole or not at all."""
    recorded = unchanged = failed = 0
    with _opened(file) as stream, Trail.open(store_url(ctx, store), acting=acting) as trail:
        try:
            for outcome in apply_lines(trail, stream, by=by or login_name()):
                recorded += bool(outcome.positions)
                unchanged += not outcome.positions and outcome.problem is None
                failed += outcome.problem is not None
                if outcome.problem is not None:
                    say(f"line {outcome.number}: {outcome.problem}")
                if failed and not keep_going:
                    say(f"stopped: mend the line and apply from line {outcome.number} on, or use --keep-going")
                    break
        finally:
            printing.sentence(_sum(recorded, unchanged, failed))
    if failed:
        raise typer.Exit(1)


def _sum(recorded: int, unchanged: int, failed: int) -> str:
    nothing_new = f"; {lines(unchanged)} held nothing new" if unchanged else ""
    return f"{lines(recorded)} recorded{nothing_new}" + (f"; {lines(failed)} failed" if failed else "")


def lines(count: int) -> str:
    """A number of lines in words."""
    return "1 line" if count == 1 else f"{count} lines"


@imports.callback()
def begin_import(ctx: typer.Context, store: Store = None) -> None:
    """Record what a source of the world states."""
    ctx.obj = store or ctx.obj


@imports.command("notices")
def import_notices(
    ctx: typer.Context,
    file: Input,
    catalogue: Annotated[
        str, typer.Option("--catalogue", metavar="NAME", help="Where the schedule holds.")
    ] = "azure-openai",
    by: By = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record the published schedule of a provider, a CSV file with one notice a row."""
    with _opened(file) as stream:
        text = _text(file, stream.read())
    rows = list(read_notices(StringIO(text, newline=""), catalogue=catalogue))
    source = None if file == "-" else Path(file).name
    with Trail.open(store_url(ctx, store), acting=acting) as trail:
        taken = trail.take(rows, catalogue=catalogue, by=by or login_name(), source=source)
    if as_json:
        print_json(_taken(taken))
    else:
        printing.show_taken(taken)
    exit_if(exit_code, bool(taken.quarantined or taken.unclear), FOUND)


def _taken(taken: Taken) -> dict[str, object]:
    return {
        "facts": [{"position": fact.position, "type": fact.event.type} for fact in taken.facts],
        "repeated": taken.repeated,
        "quarantined": [{"row": row.row, "raw": row.raw, "reason": row.reason} for row in taken.quarantined],
        "unclear": [
            {"position": fact.position, "type": fact.event.type, "data": fact.event.data()} for fact in taken.unclear
        ],
    }


@app.command()
def checkpoint(ctx: typer.Context, output: Output = None, as_json: AsJson = False, store: Store = None) -> None:
    """Print size, root and time of the log as JSON; keep it where the keeper of the log cannot write."""
    with reading(ctx, store) as trail:
        _deliver(trail.log.checkpoint().to_json(), output)


@app.command()
def verify(
    ctx: typer.Context,
    checkpoint: Annotated[
        str | None,
        typer.Option("--checkpoint", metavar="FILE", help="Also prove that the log extends it.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Recompute the log's tree from the stored bytes and say where it is wrong; exit with 1 if it is."""
    taken = None
    if checkpoint is not None:
        with _opened(checkpoint) as stream:
            taken = _checkpoint(checkpoint, stream.read())
    with reading(ctx, store) as trail:
        found = trail.log.verify(taken)
    if as_json:
        names = ("ok", "size", "root", "first_bad", "reason")
        print_json({name: getattr(found, name) for name in names})
    else:
        printing.show_verification(found)
    exit_if(True, not found.ok, 1)


def _checkpoint(name: str, text: bytes) -> Checkpoint:
    try:
        return Checkpoint.from_json(text)
    except ValueError:
        file = "standard input" if name == "-" else name
        raise ValueError(f"{file} is no checkpoint: give the file that modeltrail checkpoint wrote") from None


@app.command()
def prove(
    ctx: typer.Context,
    position: Annotated[int, typer.Argument(metavar="POSITION", help="Of the fact.", show_default=False)],
    output: Output = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Write the proof, as JSON, that a fact is in the log."""
    with reading(ctx, store) as trail:
        _deliver(trail.log.prove(position).to_json(), output)


def _deliver(document: str, output: str | None) -> None:
    if output is None:
        print_json(json.loads(document))
    else:
        Path(output).write_text(f"{document}\n", encoding="utf-8")


@app.command()
def demo() -> None:
    """Play a real schedule of 2023 to 2025 against a small fleet, and show what can be asked."""
    from modeltrail.demo import main

    main()


app.command()(engine.advance)
app.command()(engine.work)
for question in (
    queries.serving,
    queries.deployments,
    queries.model,
    queries.history,
    queries.announcements,
    queries.course,
    queries.upcoming,
    queries.status,
):
    app.command()(question)
app.add_typer(imports, name="import")
app.add_typer(projections, name="projections")


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input."""
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream


def _text(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{'standard input' if file == '-' else file}: {problem(error)}") from None


def login_name() -> str:
    """Who uses the machine, as far as it says so."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
