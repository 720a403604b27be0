"""How does one see whether a provider kept its word? Breaches, the notice that was given, and dates that moved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import typer
from rich.text import Text

from modeltrail.cli_printing import sentence, table, two_lines
from modeltrail.cli_session import FOUND, AsJson, KnownAt, Store, asking, date, exit_if, print_json
from modeltrail.phrases import listed, minute, moment, named, positions, target, version
from modeltrail.projections.conformance import Conformance, MovedDates
from modeltrail.projections.notice import MoveNotice

About = Annotated[
    str | None, typer.Argument(metavar="[MODEL]", help="Only this model, or the models of this catalogue.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DATE", show_default="ever", help="Leave out what came before.")
]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", show_default="now", help="Leave out what came later.")]
BreachCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if a word was not kept.")]


def conformance(
    ctx: typer.Context,
    model: About = None,
    since: From = None,
    to: To = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: BreachCode = False,
    store: Store = None,
) -> None:
    """Say whether the provider kept its word: notice, dates, and moves against policies."""
    start, end = date("--from", since), date("--to", to)
    if start is not None and end is not None and start > end:
        raise ValueError(f"--from {moment(start)} lies after --to {moment(end)}: name the earlier one first")
    with asking(ctx, store, to, known_at) as asked:
        answer = asked.conformance(start, model)
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        _show(answer, "now" if end is None else moment(end), with_dates=model is not None)
    exit_if(exit_code, bool(answer.breaches), FOUND)


def _show(answer: Conformance, until: str, *, with_dates: bool) -> None:
    """What was broken; below it the notice of each move, and the dates that moved."""
    span = f"by {until}" if answer.since is None else f"from {moment(answer.since)} to {until}"
    count = len(answer.breaches)
    sentence(f"{'no breach' if not count else '1 breach' if count == 1 else f'{count} breaches'} {span}")
    if count:
        rows = ((minute(one.at), f"{one.kind}: {one.says}", positions(one.because)) for one in answer.breaches)
        table(("when", "what", "because"), rows)
    if answer.notice:
        sentence("\nnotice of each move and stop, from the first word, and from when its date was right:")
        table(("when", "what", "first", "right"), map(_notice, answer.notice))
    if answer.moved_dates:
        _show_dates(answer.moved_dates, with_dates=with_dates)


def _notice(one: MoveNotice) -> tuple[str, str, str, str]:
    to = "" if one.to_model is None else target(one.left_model, one.to_model, one.to_version)
    left = version(one.left_model, one.left_version)
    what = listed([f"{named(one.deployment)}: {one.kind} from {left}{to}", one.cause, one.certainty])
    return minute(one.at), what, _days(one.first_days), _days(one.right_days)


def _days(count: int | None) -> str:
    return "none" if count is None else f"{count}d"


def _show_dates(moved: Collection[MovedDates], *, with_dates: bool) -> None:
    times = sum(one.later + one.earlier for one in moved)
    if not with_dates:
        sentence(f"\n{len(moved)} announced dates were moved, {times} times in all; name a MODEL to see them")
        return
    sentence("\nannounced dates that were moved:")
    table(("moved", "what"), ((_times(one), _dates(one)) for one in moved))


def _times(one: MovedDates) -> str:
    return listed([f"{one.later} later" if one.later else None, f"{one.earlier} earlier" if one.earlier else None])


def _dates(one: MovedDates) -> Text:
    what = listed([f"{version(one.model, one.version)}: {one.kind}", one.sku, f"{one.days:+d} days in all"])
    return two_lines(what, "; ".join(f"{moment(said.on) or 'no date'} {said.qualifier}" for said in one.said))
