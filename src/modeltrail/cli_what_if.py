"""What would be otherwise? The command `what-if`: suppositions as options, and a table of what would differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

import typer
from rich.text import Text
from typer.core import TyperCommand

from modeltrail import cli_printing as printing
from modeltrail.cli_queries import days_of
from modeltrail.cli_session import (
    FOUND,
    AsJson,
    At,
    FoundCode,
    KnownAt,
    Store,
    asking,
    date,
    exit_if,
    print_json,
)
from modeltrail.domain.values import PUBLISHED_RULES, Policy, rules_named
from modeltrail.phrases import listed, minute, named, places, positions
from modeltrail.projections.suppositions import (
    DefaultSupposed,
    PolicySupposed,
    RetirementSupposed,
    RulesSupposed,
    Supposition,
    TrustSupposed,
)
from modeltrail.projections.what_if import Otherwise, Outlook, WhatIf

_POLICIES: tuple[Policy, ...] = get_args(Policy)
_VERSION = "MODEL VERSION DATE"
_RULES = ", ".join(sorted(PUBLISHED_RULES))


class Words(tuple[str, ...]):
    """What was given to an option that takes several words."""


class SeveralWords(TyperCommand):
    """A command whose options take as many words as their metavar has: typer knows of no such repeated option."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in self.params:
            words = len((option.metavar or "").split())
            if words > 1 and getattr(option, "multiple", False):
                option.nargs = words


Policies = Annotated[
    list[Words] | None,
    typer.Option("--policy", parser=Words, metavar="DEPLOYMENT POLICY", help="It had this policy. May be repeated."),
]
RulesId = Annotated[
    str | None, typer.Option("--rules", metavar="ID", help=f"These rules were in force everywhere: {_RULES}.")
]
Defaults = Annotated[
    list[Words] | None,
    typer.Option("--default", parser=Words, metavar=_VERSION, help="It became the default then. May be repeated."),
]
Retirements = Annotated[
    list[Words] | None,
    typer.Option("--retire", parser=Words, metavar=_VERSION, help="It was retired then. May be repeated."),
]
Trusted = Annotated[
    list[str] | None,
    typer.Option("--trust", metavar="SOURCE", help="This source counts first; repeated, in this order."),
]
Since = Annotated[
    str | None,
    typer.Option("--from", metavar="DATE", show_default="the beginning", help="Since when policy, rules, trust held."),
]
Ahead = Annotated[str, typer.Option("--within", metavar="SPAN", help="How far to look ahead: 60d or 8w.")]


def what_if(
    ctx: typer.Context,
    policy: Policies = None,
    rules: RulesId = None,
    default: Defaults = None,
    retire: Retirements = None,
    trust: Trusted = None,
    since: Since = None,
    within: Ahead = "90d",
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    store: Store = None,
) -> None:
    """Show what each deployment would do instead under other policies, rules or facts; nothing is recorded."""
    days, begin = days_of(within), date("--from", since)
    supposed: list[Supposition] = [
        *(PolicySupposed(deployment=name, policy=_policy(text), since=begin) for name, text in policy or ()),
        *([RulesSupposed(rules=rules_named(rules), since=begin)] if rules is not None else ()),
        *(DefaultSupposed.model_validate(fields) for fields in _changes("--default", default)),
        *(RetirementSupposed.model_validate(fields) for fields in _changes("--retire", retire)),
        *([TrustSupposed(sources=tuple(trust), since=begin)] if trust else ()),
    ]
    if not supposed:
        raise ValueError("suppose something: use --policy, --rules, --default, --retire or --trust")
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.what_if(*supposed, days=days)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            show_what_if(answer)
    exit_if(exit_code, bool(answer.differences), FOUND)


def _policy(text: str) -> Policy:
    for policy in _POLICIES:
        if policy == text:
            return policy
    raise ValueError(f"--policy: {text!r} is no update policy: use one of {', '.join(_POLICIES)}")


def _changes(option: str, given: list[Words] | None) -> Iterator[dict[str, object]]:
    for model, version, on in given or ():
        yield {"model": model, "version": version, "on": date(option, on)}


def show_what_if(answer: WhatIf) -> None:
    """What would differ, deployment by deployment, and how many of them are concerned."""
    until = minute(answer.until)
    looked_at = "1 deployment" if answer.deployments == 1 else f"{answer.deployments:,} deployments"
    if not answer.differences:
        printing.sentence(f"nothing would differ until {until}, for {looked_at}")
        return
    printing.table(
        ("deployment", "when", "would", "instead of"),
        (
            (named(one.deployment), _span(one), _outlook(one.supposed), _outlook(one.actual))
            for one in answer.differences
        ),
    )
    concerned = len({one.deployment for one in answer.differences})
    printing.sentence(f"\n{concerned:,} of {looked_at} would differ until {until}; nothing was recorded")


def _span(one: Otherwise) -> str:
    return f"{minute(one.since)}\nto {minute(one.until)}" if one.until else f"{minute(one.since)}\non"


def _outlook(one: Outlook) -> Text:
    grounds = [position for position in one.because if position > 0]
    because = f"because of {positions(grounds)}" if grounds else None
    return printing.two_lines(places(one.possible) or "(gone)", listed([one.certainty, one.cause, because]))
