"""How does one record what others state? A schedule as it was published, an export as it was made.

All exports are asked for alike: when it was made, whether it is only tried, and whether the exit code tells of an eye.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from modeltrail import cli_import_printing as printing
from modeltrail.cli_session import (
    FOUND,
    ActingOption,
    AsJson,
    By,
    FoundCode,
    Input,
    Store,
    date,
    exit_if,
    login_name,
    opened,
    print_json,
    store_url,
)
from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import CATALOGUE, AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Export
from modeltrail.imports.named_times import named_time
from modeltrail.imports.notices import read_notices
from modeltrail.location import Location
from modeltrail.problems import problem
from modeltrail.projections.review import ReviewEntry
from modeltrail.read import Read
from modeltrail.reading import Progress as Told
from modeltrail.review import needs_your_eye
from modeltrail.trail import Acting, Trail

imports = typer.Typer(help="Record what a source of the world states.", no_args_is_help=True, rich_markup_mode=None)

Catalogue = Annotated[str | None, typer.Option("--catalogue", metavar="NAME", help="Where the schedule holds.")]
Account = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        show_default=False,
        help="The ARM id of an account whose list this is, for an empty one; may be repeated.",
    ),
]
ObservedAt = Annotated[
    str | None,
    typer.Option(
        "--observed-at", metavar="DATE", show_default="the time in its name", help="When the export was made, in UTC."
    ),
]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", show_default=False, help="Why it is recorded.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be recorded, and record nothing.")]
EyeCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if something needs your eye.")]


@imports.callback()
def begin_import(ctx: typer.Context, store: Store = None) -> None:
    """Record what a source of the world states."""
    ctx.obj = store or ctx.obj


@imports.command("notices")
def notices(
    ctx: typer.Context,
    file: Input,
    catalogue: Annotated[
        str, typer.Option("--catalogue", metavar="NAME", help="Where the schedule holds.")
    ] = "azure-openai",
    by: By = None,
    as_json: AsJson = False,
    exit_code: FoundCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record the published schedule of a provider, a CSV file with one notice a row."""
    with opened(file) as stream:
        text = _text(file, stream.read())
    rows = list(read_notices(StringIO(text, newline=""), catalogue=catalogue))
    source = None if file == "-" else Path(file).name
    with Trail.open(store_url(ctx, store), acting=acting) as trail:
        taken = trail.take(rows, catalogue=catalogue, by=by or login_name(), source=source)
    if as_json:
        print_json(printing.taken_document(taken))
    else:
        printing.show_taken(taken)
    exit_if(exit_code, bool(taken.quarantined or taken.unclear), FOUND)


def _text(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{'standard input' if file == '-' else file}: {problem(error)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an export is to be read, as it was typed. `usual`: what is said of a catalogue that nobody named."""

    url: str
    file: str
    observed_at: str | None
    by: str | None
    why: str | None
    dry_run: bool
    as_json: bool
    exit_code: bool
    acting: Acting
    usual: str | None = None


@imports.command("azure-models")
def azure_models(
    ctx: typer.Context,
    file: Input,
    catalogue: Annotated[
        str,
        typer.Option(
            "--catalogue", metavar="NAME", show_default=False, help="Where the list holds, such as azure@swedencentral."
        ),
    ],
    observed_at: ObservedAt = None,
    by: By = None,
    why: Why = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    exit_code: EyeCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record what az cognitiveservices model list shows: the versions of a location, their stages and dates."""
    asked = Asked(
        url=store_url(ctx, store),
        file=file,
        observed_at=observed_at,
        by=by,
        why=why,
        dry_run=dry_run,
        as_json=as_json,
        exit_code=exit_code,
        acting=acting,
    )
    _import(AzureModels(catalogue), asked)


@imports.command("azure-deployments")
def azure_deployments(
    ctx: typer.Context,
    file: Input,
    catalogue: Catalogue = None,
    account: Account = None,
    observed_at: ObservedAt = None,
    by: By = None,
    why: Why = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    exit_code: EyeCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record what az cognitiveservices account deployment list shows: the deployments of an account."""
    asked = Asked(
        url=store_url(ctx, store),
        file=file,
        observed_at=observed_at,
        by=by,
        why=why,
        dry_run=dry_run,
        as_json=as_json,
        exit_code=exit_code,
        acting=acting,
        usual=None if catalogue else "the usual one; --catalogue names another",
    )
    _import(AzureDeployments(catalogue or CATALOGUE, account or ()), asked)


@imports.command("azure-activity-log")
def azure_activity_log(
    ctx: typer.Context,
    file: Input,
    observed_at: ObservedAt = None,
    by: By = None,
    why: Why = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    exit_code: EyeCode = False,
    acting: ActingOption = "inline",
    store: Store = None,
) -> None:
    """Record what az monitor activity-log list shows: who changed or deleted a deployment."""
    asked = Asked(
        url=store_url(ctx, store),
        file=file,
        observed_at=observed_at,
        by=by,
        why=why,
        dry_run=dry_run,
        as_json=as_json,
        exit_code=exit_code,
        acting=acting,
    )
    _import(AzureActivityLog(), asked)


def _import(export: Export, asked: Asked) -> None:
    """Read an export, and say what came of it."""
    with _rewindable(asked.file) as stream:
        made = _made(asked)
        read, eyes = _read(export, stream, made, asked)
    if asked.as_json:
        print_json(printing.document(read, eyes))
    else:
        printing.show_read(read, eyes, asked.usual)
    exit_if(asked.exit_code, bool(eyes), FOUND)


def _read(export: Export, stream: BinaryIO, made: datetime, asked: Asked) -> tuple[Read, tuple[ReviewEntry, ...]]:
    """What reading an export recorded, and what of it needs an eye."""
    url = _tried_in(asked.url) if asked.dry_run else asked.url
    with Trail.open(url, acting=asked.acting) as trail:
        try:
            with _bar(stream, shown=not asked.as_json) as told:
                read = trail.read_export(
                    export,
                    stream,
                    observed_at=made,
                    by=asked.by or login_name(),
                    why=asked.why,
                    dry_run=asked.dry_run,
                    progress=told,
                )
        except ValueError as error:
            raise ValueError(f"{_named(asked.file)}: {problem(error)}") from None
        return read, needs_your_eye(trail, read)


def _tried_in(url: str) -> str:
    """The store in which something is tried; where there is none yet, none is made."""
    path = Location.parse(url).path
    return url if path is not None and path.exists() else "memory:"


def _named(file: str) -> str:
    return "standard input" if file == "-" else Path(file).name


def _made(asked: Asked) -> datetime:
    """When an export was made, as it was said, or by its name. Raises ValueError with the way out."""
    told = date("--observed-at", asked.observed_at) or (None if asked.file == "-" else named_time(_named(asked.file)))
    if told is None:
        raise ValueError(
            f"{_named(asked.file)}: nothing says when this export was made: give --observed-at 2026-11-23T02:00Z, "
            "or put the time into the name of the file, such as deployments-2026-11-23T0200Z.json"
        )
    return told


@contextmanager
def _rewindable(file: str) -> Iterator[BinaryIO]:
    """The bytes of a file; what comes through a pipe, which cannot be wound back, is copied first."""
    with opened(file) as stream:
        if file != "-" and stream.seekable():
            yield stream
            return
        with TemporaryFile() as copy:
            copyfileobj(stream, copy)
            copy.seek(0)
            yield copy


@contextmanager
def _bar(stream: BinaryIO, *, shown: bool) -> Iterator[Told | None]:
    """A bar on standard error while a file is read, where somebody is looking."""
    if not (shown and sys.stderr.isatty()):
        yield None
        return
    total = stream.seek(0, 2)
    stream.seek(0)
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda more: bar.advance(task, more)
