"""How does one go through what needs an eye? It is listed with what to do, and settled with a reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import typer
from rich.text import Text

from modeltrail.cli_import_printing import RAW_SHOWN
from modeltrail.cli_imports import EyeCode
from modeltrail.cli_printing import sentence, table, two_lines
from modeltrail.cli_session import (
    FOUND,
    AsJson,
    At,
    By,
    KnownAt,
    Store,
    asking,
    existing_store,
    exit_if,
    listed,
    login_name,
    print_json,
)
from modeltrail.domain.events import ReviewSettled
from modeltrail.domain.facts import Fact
from modeltrail.phrases import minute, moment, positions
from modeltrail.projections.review import ADVICE, Kind, ReviewEntry
from modeltrail.trail import Trail

review = typer.Typer(rich_markup_mode=None)

OfKind = Annotated[
    Kind | None, typer.Option("--kind", metavar="KIND", help=f"Only what needs an eye as {', '.join(ADVICE)}.")
]
SettledToo = Annotated[bool, typer.Option("--all", help="What was settled too, with who and why.")]
Entries = Annotated[list[str], typer.Argument(metavar="ENTRY", help="As it is listed.", show_default=False)]
Why = Annotated[str, typer.Option("--why", metavar="REASON", help="What was found.", show_default=False)]


@review.callback(invoke_without_command=True)
def list_entries(
    ctx: typer.Context,
    kind: OfKind = None,
    settled: SettledToo = False,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: EyeCode = False,
    store: Store = None,
) -> None:
    """List what needs a person's eye: rows that could not be read, moves that nothing explains, contradictions."""
    ctx.obj = store or ctx.obj
    if ctx.invoked_subcommand is not None:
        return
    with asking(ctx, store, at, known_at) as asked:
        entries = asked.review(kind, settled=settled)
    if as_json:
        print_json(listed("review", entries))
    else:
        show_review(entries)
    exit_if(exit_code, any(one.settled is None for one in entries), FOUND)


@review.command("settle")
def settle(ctx: typer.Context, entries: Entries, why: Why, by: By = None, store: Store = None) -> None:
    """Say that something was looked at, and what was found: it is listed no more, until this fact is retracted."""
    with Trail.open(existing_store(ctx, store), acting="worker") as trail:
        with trail.record(by=by or login_name()) as rec:
            for entry in entries:
                rec.settle(entry, why=why)
        for fact in rec.facts:
            sentence(_settled(fact))
    if not rec.facts:
        sentence("settled before: nothing new was recorded")


def _settled(fact: Fact) -> str:
    assert isinstance(fact.event, ReviewSettled)
    return f"settled: {fact.event.entry} (position {fact.position})"


def show_review(entries: Collection[ReviewEntry]) -> None:
    """What needs an eye, kind by kind, with what to do about it."""
    for kind, advice in ADVICE.items():
        found = [one for one in entries if one.kind == kind]
        if found:
            sentence(f"{kind}: {advice}")
            table(("when", "what"), ((minute(one.at), _cell(one)) for one in found))
            sentence("")
    still = sum(one.settled is None for one in entries)
    sentence(
        f"{still} open; to settle one: modeltrail review settle ENTRY --why REASON" if still else "nothing is open"
    )


def _cell(entry: ReviewEntry) -> Text:
    """What it is, and below it how to name it."""
    raw = entry.raw if entry.raw is None or len(entry.raw) <= RAW_SHOWN else f"{entry.raw[:RAW_SHOWN]}..."
    places = "position" if len(entry.positions) == 1 else "positions"
    named = f"{entry.id}, {places} {positions(entry.positions)}"
    done = entry.settled
    settled = None if done is None else f"settled {moment(done.at)} by {done.by}: {done.why} (position {done.position})"
    return two_lines(entry.says, "\n".join(filter(None, [raw, named, settled])))
