"""How is the engine made to act from the command line? Once, for a cron job, or again and again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, cast

import typer

from modeltrail import cli_printing as printing
from modeltrail.advance import Advanced
from modeltrail.cli_session import FOUND, AsJson, FoundCode, Store, date, existing_store, exit_if, print_json
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import instant_text
from modeltrail.hosts import Host
from modeltrail.trail import Trail

To = Annotated[
    str | None, typer.Option("--to", metavar="DATE", show_default="now", help="Carry out what is due by then.")
]
OnTime = Annotated[
    bool, typer.Option("--on-time", help="Let it take effect when it was due, for backfills and simulations.")
]
OnMove = Annotated[
    str | None,
    typer.Option("--on-move", metavar="MODULE:FUNCTION", show_default=False, help="Ask this host before each move."),
]


def advance(
    ctx: typer.Context,
    to: To = None,
    on_time: OnTime = False,
    on_move: OnMove = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    store: Store = None,
) -> None:
    """Carry out what is due: announced changes of models that the engine runs, then moves of deployments."""
    moment = date("--to", to)
    with _acting(ctx, store, on_move) as trail:
        done = trail.advance(moment, on_time=on_time)
        if as_json:
            print_json(document(done))
        else:
            printing.show_advanced(done)
    exit_if(exit_code, bool(done.overdue), FOUND)


def work(
    ctx: typer.Context,
    every: Annotated[
        float,
        typer.Option("--every", metavar="SECONDS", min=0.05, max=86_400, help="How long to wait after each look."),
    ] = 1.0,
    on_move: OnMove = None,
    store: Store = None,
) -> None:
    """Carry out what becomes due, until interrupted; a line for each fact that is recorded."""
    with _acting(ctx, store, on_move) as trail:
        for done in trail.work(poll_seconds=every):
            printing.show_work(done)


@contextmanager
def _acting(ctx: typer.Context, store: str | None, on_move: str | None) -> Iterator[Trail]:
    """The store, which must exist, opened for acting."""
    url = existing_store(ctx, store)
    host = None if on_move is None else host_named(on_move)
    with Trail.open(url, acting="worker") as trail:
        trail.on_move(host)
        yield trail


def host_named(name: str) -> Host:
    """The host that `module:function` names, also in the current folder. Raises ValueError with the way out."""
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise ValueError(f"--on-move: {name!r} names no host: write MODULE:FUNCTION, such as gateway:carry_out")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        host = getattr(import_module(module), function)
    except Exception as error:  # whatever a module of somebody else's does while it is imported
        raise ValueError(f"--on-move: {name!r} cannot be used ({error}): correct the name, or the module") from None
    if not callable(host):
        raise ValueError(f"--on-move: {name!r} is no function: name one that takes a move")
    return cast(Host, host)


def document(done: Advanced) -> dict[str, object]:
    """What `advance` did, as JSON."""
    return {
        "to": instant_text(done.to),
        "facts": [_entry(fact) for fact in done.facts],
        "overdue": [{**_entry(one.announcement), "reason": one.reason} for one in done.overdue],
    }


def _entry(fact: Fact) -> dict[str, object]:
    at = instant_text(fact.effective_at)
    return {"position": fact.position, "type": fact.event.type, "effective_at": at, "data": fact.event.data()}
