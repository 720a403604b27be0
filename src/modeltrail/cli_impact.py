"""How does one see whom a version concerns? Who runs it, what its retirement makes of them, and who ran it when."""

from __future__ import annotations

from typing import Annotated

import typer

from modeltrail import cli_printing as printing
from modeltrail.cli_printing import sentence, table, two_lines
from modeltrail.cli_queries import Model
from modeltrail.cli_session import FOUND, AsJson, At, KnownAt, Store, asking, exit_if, print_json
from modeltrail.phrases import listed, minute, moment, named, positions, target, version, when
from modeltrail.projections.impact import Hit, Impact, Ran, Runs

Version = Annotated[
    str | None, typer.Argument(metavar="[VERSION]", help="Only this version; else every one of the model.")
]
HitCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if a retirement hits somebody.")]


def impact(
    ctx: typer.Context,
    model: Model,
    version: Version = None,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: HitCode = False,
    store: Store = None,
) -> None:
    """Say who runs a version, who is hit when it is retired, and who ran it when."""
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.impact(model, version)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            _show(answer, when(asked.t, at is None) + printing.as_known(asked, known_at))
    exit_if(exit_code, bool(answer.hit), FOUND)


def _show(answer: Impact, when_asked: str) -> None:
    what = answer.model if answer.version is None else version(answer.model, answer.version)
    who = len({one.deployment for one in answer.runs})
    count = "nobody runs it" if not who else "1 deployment runs it" if who == 1 else f"{who} deployments run it"
    sentence(f"{what} {when_asked}: {count}, or may" if who else f"{what} {when_asked}: {count}")
    if answer.runs:
        running = ((two_lines(named(one.deployment), one.owner or ""), _runs(one, answer)) for one in answer.runs)
        table(("deployment", "runs"), running)
    if answer.hit:
        sentence("\nwhen it is retired:")
        hits = (
            (minute(one.on), two_lines(_hit(one, answer), _retirement(one, answer)), positions(one.because))
            for one in answer.hit
        )
        table(("on", "what", "because"), hits)
    ran = [_ran(one, answer) for one in answer.ran if _is_shown(one)]
    if ran:
        sentence("\nwho ran it:")
        table(("from", "to", "deployment"), ran)


def _is_shown(one: Ran) -> bool:
    """Whether a time is long enough to be told: one may begin and end with two sights of the same minute."""
    return minute(one.since) != minute(one.until)


def _version(of: str, answer: Impact) -> str | None:
    """The version, where one asks about all of them."""
    return (of or "(no version)") if answer.version is None else None


def _runs(one: Runs, answer: Impact) -> str:
    acts = "" if one.policy == one.policy_effective else f", acts as {one.policy_effective}"
    sure = f"{one.certainty} since {minute(one.since)}"
    if one.certainty == "window":
        sure = f"may, in a window since {minute(one.since)}" + (
            f" until {minute(one.deadline)}" if one.deadline else ""
        )
    return listed([_version(one.version, answer), sure, f"{one.policy}{acts}", one.sku])


def _hit(one: Hit, answer: Impact) -> str:
    may = " may be on it, and then" if one.certainty == "window" else ""
    what = "stops" if one.to is None else f"moves{target(answer.model, one.to.model, one.to.version)}"
    until = f"by {minute(one.until)}" if one.until != one.on else None
    is_tested = None if one.tested is None else one.test_result or "not tested"
    begin = f"{named(one.deployment)}{f' ({one.version})' if answer.version is None else ''}{may} {what}"
    return listed([begin, until, one.cause, is_tested, *one.flags])


def _retirement(one: Hit, answer: Impact) -> str:
    """On which retirement that rests."""
    date = f"{moment(one.announced_on) or 'no date'} {one.qualifier}" if one.qualifier else None
    if not one.supposed:
        return f"announced for {date}"
    return f"if it were retired {minute(answer.at)} ({f'announced: {date}' if date else 'nothing is announced'})"


def _ran(one: Ran, answer: Impact) -> tuple[str, str, str]:
    who = listed([named(one.deployment), _version(one.version, answer), one.certainty, one.owner])
    return minute(one.since), minute(one.until) or "goes on", who
