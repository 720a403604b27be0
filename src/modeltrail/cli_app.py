"""Which commands are there? Recording and proving; the imports are in `cli_imports`, the questions in `cli_queries`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from modeltrail import __version__
from modeltrail import cli_engine as engine
from modeltrail import cli_printing as printing
from modeltrail import cli_queries as queries
from modeltrail.apply import apply_lines
from modeltrail.cli_annotate import annotate
from modeltrail.cli_conformance import conformance
from modeltrail.cli_diff import diff
from modeltrail.cli_impact import impact
from modeltrail.cli_imports import imports
from modeltrail.cli_projections import projections
from modeltrail.cli_report import report
from modeltrail.cli_review import review
from modeltrail.cli_session import (
    ActingOption,
    AsJson,
    By,
    Front,
    Input,
    Store,
    exit_if,
    login_name,
    opened,
    print_json,
    reading,
    say,
    store_url,
)
from modeltrail.cli_upcoming import upcoming
from modeltrail.cli_watch import watch
from modeltrail.cli_what_if import SeveralWords, what_if
from modeltrail.cli_why import why
from modeltrail.proofs import Checkpoint, Document, InclusionProof, flaw
from modeltrail.trail import Trail
from modeltrail.verification import Verification, proved

app = typer.Typer(
    cls=Front,
    name="modeltrail",
    help="Which version of a hosted model served this deployment, on any day, and as known on any day?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Kept = TypeVar("Kept", bound=Document)
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.", show_default=False)
]


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
    with opened(file) as stream, Trail.open(store_url(ctx, store), acting=acting) as trail:
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
    proof: Annotated[
        str | None,
        typer.Option(
            "--proof",
            metavar="FILE",
            help="Look at this proof instead, without a store; with --checkpoint also whether it is of that log.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Recompute the log's tree from the stored bytes and say where it is wrong; exit with 1 if it is."""
    taken = _taken(checkpoint)
    if proof is not None:
        shown = _document(proof, InclusionProof, "proof: give the file that modeltrail prove wrote")
        _tell(
            proved(shown, taken), as_json, lambda found: printing.show_proof(found, shown.position, taken is not None)
        )
        return
    with reading(ctx, store) as trail:
        found = trail.log.verify(taken)
    _tell(found, as_json, printing.show_verification)


def _tell(found: Verification, as_json: bool, show: Callable[[Verification], None]) -> None:
    """What verifying found; the exit code tells a script."""
    if as_json:
        names = ("ok", "size", "root", "first_bad", "reason")
        print_json({name: getattr(found, name) for name in names})
    else:
        show(found)
    exit_if(True, not found.ok, 1)


def _taken(checkpoint: str | None) -> Checkpoint | None:
    """The checkpoint in a file, null where none is named."""
    if checkpoint is None:
        return None
    return _document(checkpoint, Checkpoint, "checkpoint: give the file that modeltrail checkpoint wrote")


def _document(name: str, kind: type[Kept], otherwise: str) -> Kept:
    """What a file keeps. Raises ValueError with the way out."""
    with opened(name) as stream:
        text = stream.read()
    try:
        return kind.from_json(text)
    except ValueError:
        raise ValueError(f"{'standard input' if name == '-' else name} is no {otherwise}") from None


@app.command()
def prove(
    ctx: typer.Context,
    position: Annotated[int, typer.Argument(metavar="POSITION", help="Of the fact.", show_default=False)],
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="Prove it for the log as it was at this one.", show_default=False
        ),
    ] = None,
    output: Output = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Write the proof, as JSON, that a fact is in the log."""
    taken = _taken(checkpoint)
    with reading(ctx, store) as trail:
        proof = trail.log.prove(position, size=None if taken is None else taken.size)
    wrong = flaw(proof, taken)
    if wrong is not None:
        raise ValueError(f"{wrong}: ask modeltrail verify --checkpoint what is wrong")
    _deliver(proof.to_json(), output)


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
app.command()(watch)
app.command()(annotate)
for question in (
    queries.serving,
    queries.deployments,
    queries.model,
    queries.history,
    queries.announcements,
    why,
    queries.course,
    upcoming,
    conformance,
    impact,
    diff,
    queries.status,
):
    app.command()(question)
app.command()(report)
app.command(cls=SeveralWords)(what_if)
app.add_typer(imports, name="import")
app.add_typer(review, name="review")
app.add_typer(projections, name="projections")
