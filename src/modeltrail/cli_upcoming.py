"""What is to come, and what to do about it? The command `upcoming`: a table, a message to post, or a calendar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer
from rich.text import Text

from modeltrail import cli_printing as printing
from modeltrail.calendars import calendar
from modeltrail.cli_queries import days_of, qualifier_of
from modeltrail.cli_session import (
    FOUND,
    AsJson,
    At,
    FoundCode,
    KnownAt,
    Store,
    asking,
    exit_if,
    listed,
    print_json,
    say,
)
from modeltrail.domain.values import Qualifier
from modeltrail.messages import Asked, slack, webhook
from modeltrail.phrases import coming, minute, positions
from modeltrail.phrases import listed as words
from modeltrail.projections.upcoming import Upcoming
from modeltrail.writing import written_whole

Format = Literal["slack", "webhook"]
_FORMATS: dict[Format, Callable[[Sequence[Upcoming], Asked], dict[str, object]]] = {"slack": slack, "webhook": webhook}
_FIRMNESS = " or ".join(get_args(Qualifier))

Within = Annotated[str, typer.Option("--within", metavar="SPAN", help="How far to look: 60d, 60 or 8w.")]
CatalogueOnly = Annotated[
    bool, typer.Option("--catalogue-only", help="Only what is announced, not what it means for deployments.")
]
Firmness = Annotated[
    str | None, typer.Option("--qualifier", metavar="FIRMNESS", help=f"Only dates that are as firm: {_FIRMNESS}.")
]
OfModel = Annotated[str | None, typer.Option("--model", metavar="MODEL", help="Only what concerns it, or leads to it.")]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="OWNER", help="Only what concerns the deployments of one owner.")
]
Ical = Annotated[
    str | None,
    typer.Option("--ical", metavar="FILE", help="Write it to a calendar file too (extra modeltrail[ical])."),
]
AsFormat = Annotated[
    str | None,
    typer.Option("--format", metavar="slack|webhook", help="Print the body of a message, as JSON, ready to be posted."),
]


def upcoming(
    ctx: typer.Context,
    within: Within = "30d",
    catalogue_only: CatalogueOnly = False,
    model: OfModel = None,
    owner: Owner = None,
    qualifier: Firmness = None,
    ical: Ical = None,
    as_format: AsFormat = None,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    store: Store = None,
) -> None:
    """List what is to come and what is overdue, and what to do about it."""
    days, firmness, message = days_of(within), qualifier_of(qualifier), _format_of(as_format)
    if message is not None and as_json:
        raise typer.BadParameter("give --json or --format, not both", param_hint="--format")
    if ical == "-":
        raise typer.BadParameter("a calendar is written to a file: name one", param_hint="--ical")
    with asking(ctx, store, at, known_at) as asked:
        answers = asked.upcoming(days, catalogue_only=catalogue_only, qualifier=firmness, model=model, owner=owner)
        period = Asked(asked.t, asked.known_at, asked.t + timedelta(days=days))
        if ical is not None:
            written_whole(Path(ical), calendar(answers, period.at))
            say(f"{ical}: {len(answers)} {'entry' if len(answers) == 1 else 'entries'}")
        if message is not None:
            print_json(message(answers, period))
        elif as_json:
            print_json(listed("upcoming", answers))
        else:
            show_upcoming(answers, minute(period.until), owner)
    exit_if(exit_code, bool(answers), FOUND)


def _format_of(text: str | None) -> Callable[[Sequence[Upcoming], Asked], dict[str, object]] | None:
    for name, message in _FORMATS.items():
        if name == text:
            return message
    if text is None:
        return None
    raise typer.BadParameter(f"{text!r} is no format: write slack or webhook", param_hint="--format")


def show_upcoming(answers: Sequence[Upcoming], until: str, owner: str | None = None) -> None:
    """What is to come and what is overdue, by date."""
    if not answers:
        whose = "" if owner is None else f" for deployments of {owner or 'nobody'}"
        printing.sentence(f"nothing is announced or due{whose} until {until}")
        return
    printing.table(
        ("on", "what", "because"),
        ((minute(answer.on), _told(answer), positions(answer.because)) for answer in answers),
    )


def _told(answer: Upcoming) -> str | Text:
    """What is to come, and below it what to do about it."""
    return _coming(answer) if answer.advice is None else printing.two_lines(_coming(answer), answer.advice)


def _coming(answer: Upcoming) -> str:
    """What is to come, with the SKU that it is announced for, or that the deployment has."""
    sku = None
    if answer.sku:
        sku = f"{answer.sku} only" if answer.deployment is None else f"sku {answer.sku}"
    return words([coming(answer), sku])
