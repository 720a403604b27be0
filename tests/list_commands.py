"""What can be typed, and what is printed as JSON? Writes docs/reference/command-line.md from the code.

Run as a script it rewrites the page; tests/test_command_page.py demands that it is in step. What a field means stands
in `command_meanings`; a field without a meaning is an error.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typer.main
from pydantic import BaseModel

from command_meanings import MEANINGS
from modeltrail import codecs, projected, status
from modeltrail.apply import COMMON, ENGINES, OWNERS, VERBS, Verb
from modeltrail.cli_app import app
from modeltrail.imports.kinds import KINDS
from modeltrail.projections import (
    announcements,
    breaches,
    calls,
    conformance,
    difference,
    impact,
    models,
    notice,
    review,
    serving,
    suppositions,
    upcoming,
    what_if,
    why,
)
from modeltrail.proofs import Checkpoint, InclusionProof
from modeltrail.recording import Recording
from modeltrail.report import summary
from modeltrail.trail import Trail
from modeltrail.verification import Verification

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "command-line.md"
SHARED = ("store", "at", "known_at", "as_json", "by")
"""Options that mean the same everywhere; the page explains them once."""

INTRODUCTION = """# The command line

Every command, its options and its exit codes, and the JSON that it prints. This page is made from the code by
`tests/list_commands.py`.

## What all commands share
"""
EXIT_CODES = {
    "0": "done",
    "1": "refused, bad input, `verify` or `projections check` found something wrong, or `watch --once` put a file "
    "aside; one sentence says what",
    "2": "wrong usage",
    "3": "with `--exit-code`: something was found, or needs your eye",
    "4": "with `--exit-code`: the answer is `assumed` or a `window`",
    "130": "interrupted",
    "141": "the reader of the pipe is gone",
}
ANSWERS: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("serving", "One object.", (serving.Serving, serving.Possible)),
    ("deployments", '`{"deployments": [...]}`, each as `serving` prints it.', ()),
    (
        "why",
        "One object: what `serving` prints as `serving`, and why. `policy` is the row of the projection `policies`.",
        (
            why.Why,
            why.Arrival,
            why.Ground,
            why.NoticeGiven,
            why.SightsAround,
            why.Sight,
            why.RulesInForce,
        ),
    ),
    ("course", "One object.", (serving.CourseAnswer, serving.SegmentAnswer)),
    (
        "model",
        "One object.",
        (
            models.ModelAnswer,
            models.DefaultAnnounced,
            models.VersionAnswer,
            models.RetirementStanding,
            models.ReplacementAnswer,
            models.ContradictionAnswer,
        ),
    ),
    ("announcements", '`{"announcements": [...]}`.', (announcements.Announcement, announcements.Confirmation)),
    ("upcoming", '`{"upcoming": [...]}`.', (upcoming.Upcoming, upcoming.Target)),
    ("report", "One object.", (summary.ReportSummary,)),
    (
        "what-if",
        "One object. `supposed` lists what was supposed; the `kind` says which object it is.",
        (what_if.WhatIf, what_if.Otherwise, what_if.Outlook, *get_args(suppositions.Supposition)),
    ),
    (
        "conformance",
        "One object.",
        (conformance.Conformance, breaches.Breach, notice.MoveNotice, conformance.MovedDates, conformance.DateSaid),
    ),
    ("impact", "One object.", (impact.Impact, impact.Runs, impact.Ran, impact.Hit)),
    (
        "diff",
        "One object; what a `Serving` has stands under `serving`, a `VersionAnswer` under `model`, a `Ground` under "
        "`why`.",
        (
            difference.Difference,
            difference.Asked,
            difference.DeploymentDifference,
            difference.ModelDifference,
            difference.VersionDifference,
            difference.DateDifference,
            difference.DateThen,
        ),
    ),
    ("annotate", "One object.", (calls.AnnotatedCalls, calls.UnknownDeployment, calls.Unanswered)),
    ("review", '`{"review": [...]}`.', (review.ReviewEntry, review.Settlement)),
    (
        "status",
        "One object, with `store`: the URL of the store.",
        (status.Status, status.Waiting, status.OverdueAnnouncement),
    ),
    (
        "projections status",
        '`{"store": ..., "projections": [...], "letters": [...]}`, the store by its URL. With NAME, `letters` has each '
        "fact that\nthe tables which answer could not take: `key`, a list of texts, null where it cannot be told, "
        "`position` and `error`.\nWithout NAME it is null.",
        (projected.ProjectionStatus,),
    ),
    *((f"import {kind}", "As `import azure-deployments`.", ()) for kind in KINDS if kind != "azure-deployments"),
    ("projections rebuild", '`{"projections": [...]}`, what was built, each as `projections status` prints it.', ()),
    ("checkpoint", "One object.", (Checkpoint,)),
    ("verify", "One object.", (Verification,)),
    ("prove", "One object.", (InclusionProof,)),
)
COLUMN_TYPES = ", ".join(f"`{kind.lower()}`" for kind in get_args(codecs.Kind))
EXPORTED = {
    "export": ("text", "the kind of the export"),
    "catalogue": ("text", "where its schedule holds"),
    "file": ("text", "the name of the file, without its folder"),
    "digest": ("text", "the SHA-256 of the file"),
    "observed_at": ("moment", "when the export was made"),
    "scope": ("list of text", "what it lists completely, such as the ids of accounts"),
    "rows": ("number", "how many rows it has"),
    "facts": ("object", "how many facts of each type are new, or would be"),
    "first": ("number or null", "the first position that was recorded; null: nothing was"),
    "last": ("number or null", "the last one"),
    "repeated": (
        "number or null",
        "the position of the reading of this file that was recorded before; null: it is new",
    ),
    "dry_run": ("true or false", "whether it was only tried, and nothing recorded"),
    "needs_your_eye": (
        "list of object",
        "what a person should look at: `id`, `kind`, `subject`, `at`, `positions`, `says`, `advice`, `raw`, "
        "`reason` of a row that could not be read, `settled` (null), `row` (which one of the file; null: none)",
    ),
    "would_record": (
        "list of object",
        "only with `--dry-run`: the facts in order, each with `type`, `effective_at`, `known_at`, `source`, `data`",
    ),
}
"""What every import of an export prints."""
BY_HAND = {
    "history": {
        "position": ("number", "where it is in the log"),
        "type": ("text", "the type of the event"),
        "effective_at": ("moment", "from when it holds"),
        "known_at": ("moment", "from when it could be known"),
        "recorded_at": ("moment", "when it was recorded"),
        "by": ("text", "who recorded it"),
        "why": ("text or null", "the reason that was given"),
        "source": ("text or null", "where it was read"),
        "data": ("object", "the fields of the event"),
    },
    "advance": {
        "to": ("moment", "by when it was carried out"),
        "facts": ("list of object", "what was recorded: `position`, `type`, `effective_at`, `data`"),
        "overdue": ("list of object", "what could not be carried out: the same of each announcement, and `reason`"),
    },
    "projections list": {
        "name": ("text", "what it is asked by"),
        "question": ("text", "what it answers"),
        "edition": ("number", "raised when its handlers change"),
        "key": ("list of text", "the names of the columns that name a row"),
        "columns": ("list of object", f"the fields of a row: `name` and `type`, one of {COLUMN_TYPES}"),
    },
    "projections query": {
        "projection": ("text", "its name"),
        "edition": ("number", "the edition of its code"),
        "at": ("moment or null", "the moment asked about; null: now; not with `--history`"),
        "known_at": ("moment or null", "the moment whose knowledge is used; null: now"),
        "stale": ("list of list of text", "keys that are not up to date, since a fact could not be taken"),
        "lost": ("list of number", "positions of which not even the key could be told"),
        "rows": (
            "list of object",
            "the parts of the key, the fields, `since`, `position` and `is_stale`; fields that hold several values are "
            "lists or objects, a fact is its position, a duration is text such as `P1D`",
        ),
        "counts": ("list of object", "with `--count-by`, in place of `rows`: `values` by field, and `rows`, how many"),
        "key": ("list of text", "with `--history`: the key asked about"),
        "states": (
            "list of object",
            "with `--history`, in place of `rows`: `since`, `until` (null: it goes on), `position`, and `row`, its "
            "fields (null: there was none)",
        ),
    },
    "projections retry": {
        "projection": ("text", "its name"),
        "mended": ("number", "keys that are up to date again"),
        "stale": ("number", "keys, and facts without one, that are not"),
    },
    "projections check": {
        "projection": ("text", "its name"),
        "examples": ("number", "how many histories are drawn for each law"),
        "ok": ("true or false", "whether it keeps all laws"),
        "laws": ("list of object", "those that were tried: `law`, its `sentence`, and whether it is `ok`"),
        "flaw": ("text or null", "what breaks the last of these, with the smallest history; null: nothing"),
    },
    "projections drop": {
        "projection": ("text", "its name"),
        "builds": ("number", "how many sets of tables were removed"),
    },
    "import azure-deployments": EXPORTED,
    "import notices": {
        "facts": ("list of object", "what is new: `position` and `type` of each fact"),
        "repeated": ("number", "rows that were known before"),
        "quarantined": ("list of object", "rows that could not be read: `row`, `raw`, `reason`"),
        "unclear": ("list of object", "ambiguous facts, in no answer: `position`, `type`, `data`"),
    },
}
FORMS = {
    "history": '`{"events": [...]}`.',
    "projections list": '`{"projections": [...]}`.',
    "projections query": "One object. With `--sql` it has `columns`, their names, and `rows`, a list of values each.",
}
"""What a document listed by hand is, where it is more than one object."""


def type_in_words(kind: Any) -> str:
    """A type as a reader of JSON sees it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        words = [type_in_words(one) for one in inner]
        words = [word.replace(" or ", ", ") if "null" in words else word for word in words]
        return " or ".join(dict.fromkeys(sorted(words, key=lambda word: word == "null")))
    if hasattr(kind, "__metadata__"):
        return type_in_words(inner[0])
    if origin is not None:
        is_list = issubclass(origin, Iterable) and not hasattr(origin, "keys")
        return f"list of {type_in_words(inner[0])}" if is_list else "object"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "object" if kind.__name__ == "Rules" else kind.__name__
    return {str: "text", int: "number", bool: "true or false", datetime: "moment", type(None): "null"}[kind]


def field_rows(owner: type) -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each field of an answer."""
    hints = get_type_hints(owner, include_extras=True)
    names = owner.model_fields if issubclass(owner, BaseModel) else owner.__dataclass_fields__  # type: ignore[attr-defined]
    for name in names:
        meaning = MEANINGS.get(f"{owner.__name__}.{name}") or MEANINGS[name]
        yield f"`{name}`", type_in_words(hints[name]), meaning


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows as Markdown."""
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by what is typed."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield name, command
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


def option(parameter: Any) -> tuple[str, str]:
    """An option as it is typed, and its help with its default."""
    typed = ", ".join(f"`{one}`" for one in parameter.opts)
    value = "" if parameter.is_flag else f" {parameter.metavar}"
    shown = isinstance(parameter.default, str | float | int) and parameter.default and not parameter.is_flag
    return typed + value, (parameter.help or "") + (f" Default: `{parameter.default}`." if shown else "")


def command_section(name: str, command: Any) -> str:
    """A command with its arguments and the options of its own."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    typed = " ".join(["modeltrail", name, *(one.metavar for one in arguments)])
    shared = ", ".join(f"`{one.opts[0]}`" for one in options if one.name in SHARED)
    own = [option(one) for one in options if one.name not in SHARED]
    about = [(one.metavar.strip("[]."), one.help or "") for one in arguments] + own
    parts = [f"### {name}", f"`{typed}`", (command.help or "").strip()]
    parts += [table(("argument or option", "meaning"), about)] if about else []
    return "\n\n".join([*parts, *([f"Also {shared}."] if shared else [])])


def shared_options() -> str:
    """The options that several commands have, once."""
    found = {one.name: one for _, command in commands() for one in command.params if one.name in SHARED}
    return table(("option", "meaning"), (option(found[name]) for name in SHARED))


def json_section(name: str, about: str, owners: Iterable[type]) -> str:
    """The JSON of a query, its objects one after the other."""
    tables = [f"{owner.__name__}:\n\n{table(('field', 'type', 'meaning'), field_rows(owner))}" for owner in owners]
    return "\n\n".join([f"### JSON of {name}", about, *tables])


def argument(verb: Verb, function: Any, name: str) -> str:
    """An argument of a verb: its kind, and its default where it has one."""
    kind = type_in_words(get_type_hints(function, include_extras=True)[name])
    kind = kind.replace("moment or text", "date")
    default = inspect.signature(function).parameters[name].default
    is_plain = isinstance(default, str)
    kind = f"list of {kind}" if name == verb.listed else kind
    needed = " (needed)" if name in verb.required else ""
    return f"`{name}`{needed}: {kind}" + (f"; else `{default}`" if is_plain else "")


def verb_row(verb: Verb) -> tuple[str, str, str]:
    """A verb, what it says, and its arguments."""
    owner = Recording if verb.about is None else OWNERS[verb.about]
    function = getattr(Trail if verb.do == "advance" else owner, verb.name)
    says = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ").partition(" Raises ")[0]
    return f"`{verb.do}`", says, "<br>".join(argument(verb, function, name) for name in verb.parameters)


def page() -> str:
    """The whole page."""
    by_hand = [
        f"### JSON of {name}\n\n{FORMS.get(name, 'One object.')}\n\n"
        + table(("field", "type", "meaning"), ((f"`{field}`", *rest) for field, rest in fields.items()))
        for name, fields in BY_HAND.items()
    ]
    common, ours = (", ".join(f"`{name}`" for name in names) for names in (COMMON, ENGINES))
    parts = [
        INTRODUCTION.rstrip(),
        "`--store` may also stand before the command. A date is a day (its 00:00Z) or a moment with its time zone.",
        shared_options(),
        table(("exit code", "meaning"), ((f"`{code}`", meaning) for code, meaning in EXIT_CODES.items())),
        "## Commands",
        *(command_section(name, command) for name, command in commands()),
        "## The JSON of each query",
        "A moment is text such as `2025-03-26T00:00:00Z`. Lists may be empty. A name that begins with a capital is an "
        "object whose\nfields follow.",
        *(json_section(*answer) for answer in ANSWERS),
        *by_hand,
        "## The verbs of apply",
        "A line is one JSON object: `do` names the verb; `model`, `deployment` or `catalogue` says which one it is "
        "about, for the\nverbs that begin so; then the arguments. Every line may also have\n"
        f"{common}. What is not marked as needed\nmay be left out. `advance` takes only {ours} of these, and "
        "records neither: the engine does it.",
        table(("`do`", "what it says", "arguments"), map(verb_row, VERBS.values())),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
