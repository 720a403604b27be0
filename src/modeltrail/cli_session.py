"""What do all commands share? Their options, the store they open, how they answer, and how an error is told."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from typer.core import TyperGroup

from modeltrail.damage import Damaged
from modeltrail.datastore import StoreError
from modeltrail.domain.refusals import Conflict, Refused
from modeltrail.location import Location
from modeltrail.moment import Moment
from modeltrail.phrases import printable
from modeltrail.problems import instant, problem
from modeltrail.trail import Acting, Trail

STORE_VARIABLE = "MODELTRAIL_STORE"
USUAL_STORE = "sqlite:///modeltrail.db"
FOUND, UNCERTAIN = 3, 4
"""Exit codes that are asked for with `--exit-code`."""
INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell reports of a program that ended by these signals."""

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        show_default=False,
        help=f"sqlite:///FILE or memory:, also before the command; else ${STORE_VARIABLE}, else {USUAL_STORE}.",
    ),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="DATE", show_default="now", help="The day or moment asked about, in UTC.")
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="DATE", show_default="now", help="Answer with what was known then."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
FoundCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if something is found.")]
UncertainCode = Annotated[
    bool, typer.Option("--exit-code", help=f"Exit with {UNCERTAIN} if the answer is assumed or a window.")
]
Input = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.", show_default=False)]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", show_default="login name", help="Who records this.")]
ActingOption = Annotated[
    Acting,
    typer.Option(
        "--acting", metavar="inline|worker", help="Who moves what the engine runs: this command at once, or a worker."
    ),
]


class Front(TyperGroup):
    """The commands, with every expected error told in one sentence on standard error, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command and see to it that what it printed has left the process."""
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        with told():
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result


@contextmanager
def told() -> Iterator[None]:
    """Turn expected errors into a message and exit code 1; anything else is our bug and keeps its traceback."""
    try:
        yield
    except BrokenPipeError:
        # Python flushes once more on its way out: what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except (Refused, Conflict, Damaged, StoreError, ValueError, OverflowError, OSError) as error:
        say(problem(error))
        raise typer.Exit(1) from None


def say(message: str) -> None:
    """Print a message on standard error; what a terminal would take as a command is shown as an escape."""
    with suppress(BrokenPipeError):
        print(printable(message), file=sys.stderr)


def store_url(ctx: typer.Context, store: str | None) -> str:
    """The store that is meant: named after the command, before it, in the environment, or the usual one."""
    return store or ctx.obj or os.environ.get(STORE_VARIABLE) or USUAL_STORE


@contextmanager
def reading(ctx: typer.Context, store: str | None) -> Iterator[Trail]:
    """The store, opened for questions only: it must exist, and nothing in it can change."""
    with Trail.open(existing_store(ctx, store), read_only=True) as trail:
        yield trail


def existing_store(ctx: typer.Context, store: str | None) -> str:
    """The store that is meant, which must be there. Raises ValueError with the way out."""
    url = store_url(ctx, store)
    path = Location.parse(url).path
    if path is None:
        raise ValueError(
            "a store in memory begins empty with each command: name a file, such as --store sqlite:///a.db"
        )
    if not path.exists():
        raise ValueError(
            f"there is no store at {path}: fill it with modeltrail apply FILE or modeltrail import notices FILE, "
            "name another one with --store, or watch modeltrail demo first"
        )
    return url


@contextmanager
def asking(ctx: typer.Context, store: str | None, at: str | None, known_at: str | None) -> Iterator[Moment]:
    """A moment of the store as known at another one."""
    t, limit = date("--at", at), date("--known-at", known_at)
    with reading(ctx, store) as trail:
        yield trail.at(t, limit)


def date(option: str, text: str | None) -> datetime | None:
    """The moment of an option, null where it was not given. Raises ValueError that names the option."""
    return None if text is None else instant(option, text)


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON document."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(document, ensure_ascii=not is_unicode, indent=2))


def listed(name: str, answers: Iterable[Any]) -> dict[str, object]:
    """Answers as the JSON document that lists them."""
    return {name: [answer.model_dump(mode="json") for answer in answers]}


def exit_if(wanted: bool, is_so: bool, code: int) -> None:
    """End with an exit code that was asked for."""
    if wanted and is_so:
        sys.stdout.flush()
        raise typer.Exit(code)


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input."""
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream


def login_name() -> str:
    """Who uses the machine, as far as it says so."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
