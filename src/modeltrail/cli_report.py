"""How does one hand the answers on from the command line? The command `report`: pages in a folder."""

from __future__ import annotations

from typing import Annotated

import typer

from modeltrail import cli_printing as printing
from modeltrail.cli_queries import days_of
from modeltrail.cli_session import AsJson, At, KnownAt, Store, asking, print_json
from modeltrail.cli_upcoming import Within

Folder = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        show_default=False,
        help="Where it goes, always needed: a folder that is empty, not there, or an older report, which it replaces.",
    ),
]


def report(
    ctx: typer.Context,
    output: Folder,
    within: Within = "90d",
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Write pages for the fleet, each deployment, each model and what comes, to be read without a network."""
    days = days_of(within)
    with asking(ctx, store, at, known_at) as asked:
        written = asked.report(output, days=days)
    if as_json:
        print_json(written.model_dump(mode="json"))
        return
    printing.sentence(
        f"{output}: {written.pages:,} pages of {_count(written.deployments, 'deployment')} and "
        f"{_count(written.models, 'model')}, {written.bytes / 1_000_000:,.1f} MB; begin with index.html"
    )


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
