"""Which commands keep the tables of projections? Their list and state, building anew, mending, dropping."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from modeltrail import cli_projection_printing as printing
from modeltrail.cli_projection_laws import Tried, laws_tried
from modeltrail.cli_projection_query import query
from modeltrail.cli_projection_session import shown
from modeltrail.cli_session import (
    FOUND,
    INTERRUPTED,
    AsJson,
    FoundCode,
    Store,
    existing_store,
    exit_if,
    listed,
    print_json,
    reading,
    say,
    store_url,
)
from modeltrail.discovery import installed, named
from modeltrail.projected import ProjectionStatus
from modeltrail.projections.projection import Projection
from modeltrail.registry import DeadLetter
from modeltrail.shapes import Shape
from modeltrail.trail import Trail

projections = typer.Typer(
    help="Ask the tables of projections, and keep them.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Of a projection, or MODULE:NAME for one of your own.", show_default=False),
]
AnyName = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Of a projection, or MODULE:NAME.", show_default=False)
]
StaleCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if a key stays stale.")]


@projections.callback()
def begin(ctx: typer.Context, store: Store = None) -> None:
    """Ask the tables of projections, and keep them."""
    ctx.obj = store or ctx.obj


@projections.command("list")
def list_projections(as_json: AsJson = False) -> None:
    """List the built-in projections and those of installed packages; no store is needed."""
    found = sorted(installed().values(), key=lambda one: one.name)
    if not as_json:
        printing.show_list(found)
        return
    document = [
        {
            "name": one.name,
            "question": one.question,
            "edition": one.edition,
            "key": list(one.key_names),
            "columns": [{"name": name, "type": kind} for name, kind in _columns(one)],
        }
        for one in found
    ]
    print_json({"projections": document})


def _columns(projection: Projection[Any]) -> Iterator[tuple[str, str]]:
    shape = Shape(projection)
    yield from zip(shape.names, map(str.lower, shape.kinds), strict=True)


@projections.command()
def status(
    ctx: typer.Context, name: AnyName = None, as_json: AsJson = False, exit_code: FoundCode = False, store: Store = None
) -> None:
    """Show how projections are stored, and with NAME also each fact that its handlers could not take."""
    with reading(ctx, store) as trail:
        wanted = None if name is None else _stored_name(trail, name)
        found = [one for one in trail.projections.status() if wanted in (None, one.name)]
        letters = None if wanted is None else trail.projections.dead_letters(wanted)
    if as_json:
        told = None if letters is None else list(map(_letter, letters))
        print_json({"store": store_url(ctx, store), **listed("projections", found), "letters": told})
    else:
        printing.show_status(found, letters or ())
    exit_if(exit_code, any(one.dead_letters for one in found if one.state == "current"), FOUND)


def _stored_name(trail: Trail, name: str) -> str:
    """The name of a projection that is installed, stored, or named by its module. Raises ValueError."""
    if ":" in name:
        return trail.projections.follower(name).projection.name
    is_stored = any(one.name == name for one in trail.projections.status())
    return name if is_stored else named(name).name


def _letter(letter: DeadLetter) -> dict[str, object]:
    return {"key": printing.parts(letter.key), "position": letter.position, "error": letter.error}


@projections.command()
def rebuild(
    ctx: typer.Context,
    name: AnyName = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are stored.")] = False,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    store: Store = None,
) -> None:
    """Build the tables of a projection anew, beside those that answer until then."""
    if (name is None) is not everything:
        raise typer.BadParameter("name one projection, or give --all", param_hint="NAME")
    with Trail.open(existing_store(ctx, store), acting="worker") as trail:
        names = [name] if name is not None else _all_stored(trail)
        for one in names:
            _build(trail, one)
        built = {_stored_name(trail, one) for one in names}
        found = [one for one in trail.projections.status() if one.name in built and one.state == "current"]
    if as_json:
        print_json(listed("projections", found))
    else:
        printing.show_built(found)
    exit_if(exit_code, any(one.dead_letters for one in found), FOUND)


def _all_stored(trail: Trail) -> list[str]:
    """The names of those that are stored and installed."""
    found = trail.projections.status()
    return list(dict.fromkeys(one.name for one in found if None not in (one.edition, one.stored_edition)))


def _build(trail: Trail, name: str) -> None:
    try:
        with shown(name) as progress:
            trail.projections.rebuild(name, progress)
    except KeyboardInterrupt:
        say(f"interrupted: modeltrail projections rebuild {name} goes on where it was")
        raise typer.Exit(INTERRUPTED) from None


@projections.command()
def retry(
    ctx: typer.Context, name: Name, as_json: AsJson = False, exit_code: StaleCode = False, store: Store = None
) -> None:
    """Fold the keys again of which facts could not be taken, once the handler is mended."""
    with Trail.open(existing_store(ctx, store), acting="worker") as trail:
        follower = trail.projections.follower(name)
        with shown(name) as progress:
            follower.bring_up(progress)
        mended, stale = follower.retry()
    if as_json:
        print_json({"projection": follower.projection.name, "mended": mended, "stale": stale})
    else:
        printing.show_retried(mended, stale)
    exit_if(exit_code, bool(stale), FOUND)


@projections.command()
def check(
    name: Name,
    examples: Annotated[
        int, typer.Option("--examples", metavar="N", min=1, help="How many histories are drawn for each law.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Try the laws of projections on drawn histories, up to the first that is broken; exit with 1 if one is."""
    projection = named(name)
    tried: list[Tried] = []
    for one in laws_tried(projection, examples):
        tried.append(one)
        if not as_json:
            printing.show_law(one)
    flaw = tried[-1].flaw
    if as_json:
        laws = [one.document for one in tried]
        told = {"projection": projection.name, "examples": examples, "ok": flaw is None, "laws": laws, "flaw": flaw}
        print_json(told)
    elif flaw is None:
        printing.show_kept(projection.name, examples)
    exit_if(True, flaw is not None, 1)


@projections.command()
def drop(
    ctx: typer.Context,
    name: Name,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Only tables that others have taken the place of.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Remove the stored tables of a projection. Nothing that was recorded is lost: they can be built again."""
    with Trail.open(existing_store(ctx, store), acting="worker") as trail:
        known = _stored_name(trail, name)
        found = [one for one in trail.projections.status() if one.name == known and one.stored_edition is not None]
        if not yes and _is_gone_with(found, superseded):
            _ask(known)
        builds = trail.projections.drop(known, superseded=superseded)
    if as_json:
        print_json({"projection": known, "builds": builds})
    else:
        printing.show_dropped(known, builds)


def _is_gone_with(found: list[ProjectionStatus], superseded: bool) -> bool:
    return any(one.state == "superseded" or not superseded for one in found)


def _ask(name: str) -> None:
    """Let somebody at a terminal agree. Raises ValueError where there is nobody."""
    if not is_asked():
        raise ValueError(f"nobody can be asked whether to drop {name}: add --yes")
    question = f"Drop the tables of {name}? Nothing that was recorded is lost; building them again takes time."
    if not typer.confirm(question, err=True):
        raise ValueError("nothing was dropped")


def is_asked() -> bool:
    """Whether somebody can answer."""
    return sys.stdin.isatty()


projections.command()(query)
