"""Which questions does the command line answer? One function a question: ask the trail, then print words or JSON."""

from __future__ import annotations

import re
from typing import Annotated, get_args

import typer

from modeltrail import cli_printing as printing
from modeltrail.cli_session import (
    FOUND,
    UNCERTAIN,
    AsJson,
    At,
    FoundCode,
    KnownAt,
    Store,
    UncertainCode,
    asking,
    date,
    exit_if,
    listed,
    print_json,
    reading,
    store_url,
)
from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Qualifier, instant_text
from modeltrail.phrases import when
from modeltrail.projections.serving import Serving

_SPAN = re.compile(r"([0-9]{1,5})([dw]?)")
_LONGEST_DAYS = 36_500
_QUALIFIERS: tuple[Qualifier, ...] = get_args(Qualifier)
_FIRMNESS = f"{', '.join(_QUALIFIERS[:-1])} or {_QUALIFIERS[-1]}"

Deployment = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Its name, or ARM id.", show_default=False)]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="catalogue/name; the name alone if only one has it.", show_default=False)
]


def serving(
    ctx: typer.Context,
    deployment: Deployment,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: UncertainCode = False,
    store: Store = None,
) -> None:
    """Say which version serves a deployment, and why."""
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.serving(deployment)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            printing.show_serving(answer, at is None, printing.as_known(asked, known_at))
    exit_if(exit_code, is_uncertain(answer), UNCERTAIN)


def deployments(
    ctx: typer.Context,
    model: Annotated[str | None, typer.Option("--model", metavar="MODEL", help="Only those on it.")] = None,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: UncertainCode = False,
    store: Store = None,
) -> None:
    """List what each deployment serves."""
    with asking(ctx, store, at, known_at) as asked:
        answers = asked.deployments(model)
        if as_json:
            print_json(listed("deployments", answers))
        else:
            printing.show_deployments(answers)
    exit_if(exit_code, any(map(is_uncertain, answers)), UNCERTAIN)


def is_uncertain(answer: Serving) -> bool:
    """Whether an answer is derived, or more than one thing is possible (R29)."""
    return answer.certainty in ("assumed", "window")


def model(
    ctx: typer.Context,
    model: Model,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Show a model: its default, its versions and what is announced."""
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.model(model)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            when_asked = when(asked.t, at is None) + printing.as_known(asked, known_at)
            printing.show_model(answer, when_asked, asked.t)


def history(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A deployment, a model or a catalogue.", show_default=False)
    ],
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """List what was recorded of a deployment, a model or a catalogue, retracted facts too."""
    t, limit = date("--at", at), date("--known-at", known_at)
    with reading(ctx, store) as trail:
        facts = [
            fact
            for fact in trail.history(name)
            if (t is None or fact.effective_at <= t) and (limit is None or fact.known_at <= limit)
        ]
    if as_json:
        print_json({"events": [_event(fact) for fact in facts]})
        return
    retracted = {fact.event.position: fact.position for fact in facts if isinstance(fact.event, FactRetracted)}
    printing.show_history(facts, retracted)


def _event(fact: Fact) -> dict[str, object]:
    return {
        "position": fact.position,
        "type": fact.event.type,
        "effective_at": instant_text(fact.effective_at),
        "known_at": instant_text(fact.known_at),
        "recorded_at": instant_text(fact.recorded_at),
        "by": fact.by,
        "why": fact.why,
        "source": fact.source,
        "data": fact.event.data(),
    }


def announcements(
    ctx: typer.Context,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL", help="Only of this model.")] = None,
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]]", help="Only of this version.")] = None,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    store: Store = None,
) -> None:
    """List what was announced, and what of it stands."""
    with asking(ctx, store, at, known_at) as asked:
        answers = asked.announcements(model, version)
        if as_json:
            print_json(listed("announcements", answers))
        else:
            printing.show_announcements(answers)
    exit_if(exit_code, bool(answers), FOUND)


def course(
    ctx: typer.Context,
    deployment: Deployment,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Show the whole course of a deployment."""
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.course(deployment)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            printing.show_course(deployment, answer)


def status(ctx: typer.Context, as_json: AsJson = False, exit_code: FoundCode = False, store: Store = None) -> None:
    """Show size and age of the store, how far the engine has looked, and what waits."""
    with reading(ctx, store) as trail:
        found = trail.status()
        if as_json:
            print_json({"store": store_url(ctx, store), **found.model_dump(mode="json")})
        else:
            printing.show_status(store_url(ctx, store), found)
    exit_if(exit_code, bool(found.waiting or found.overdue), FOUND)


def qualifier_of(text: str | None) -> Qualifier | None:
    """The qualifier of an option, null where it was not given. Any other text is wrong usage."""
    if text is None:
        return None
    for qualifier in _QUALIFIERS:
        if qualifier == text:
            return qualifier
    raise typer.BadParameter(f"{text!r} does not say how firm a date is: write {_FIRMNESS}", param_hint="--qualifier")


def days_of(span: str) -> int:
    """The days of a span such as `60d`, `60` or `8w`. Raises ValueError for any other text."""
    match = _SPAN.fullmatch(span)
    days = int(match[1]) * (7 if match[2] == "w" else 1) if match else _LONGEST_DAYS + 1
    if days > _LONGEST_DAYS:
        raise ValueError(f"--within: {span!r} is no span of up to {_LONGEST_DAYS} days: write 60d, 60 or 8w")
    return days
