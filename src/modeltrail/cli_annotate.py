"""How is a log of calls annotated from the command line? A file in, a file out, and a few sentences on how it went."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from modeltrail.annotating import PREFIX, Columns
from modeltrail.call_files import File, Format, annotate_file
from modeltrail.call_times import CallTimes, TimeUnit
from modeltrail.cli_printing import fields, sentence
from modeltrail.cli_projection_printing import counted
from modeltrail.cli_session import FOUND, AsJson, KnownAt, Store, date, exit_if, print_json, reading, say
from modeltrail.phrases import listed, when
from modeltrail.projections.calls import AnnotatedCalls

Calls = Annotated[
    str,
    typer.Argument(
        metavar="CALLS",
        help="A file of calls: .csv, .jsonl, .ndjson or .parquet; - for standard input.",
        show_default=False,
    ),
]
Time = Annotated[
    str,
    typer.Option("--time", metavar="COLUMN", help="Which column says when the call was made.", show_default=False),
]
Deployment = Annotated[
    str,
    typer.Option("--deployment", metavar="COLUMN", help="Which one names the deployment.", show_default=False),
]
Output = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Where to write the calls, or - for standard output.", show_default=False
    ),
]
OfFormat = Annotated[
    Format | None,
    typer.Option("--format", metavar="FORMAT", help="csv, jsonl or parquet, where no name of a file tells it."),
]
Unit = Annotated[
    TimeUnit | None,
    typer.Option("--time-unit", metavar="UNIT", help="Times count s, ms, us or ns since 1970, and are no dates."),
]
Utc = Annotated[bool, typer.Option("--utc", help="Times without a time zone are in UTC; else they are refused.")]
Prefix = Annotated[str, typer.Option("--prefix", metavar="TEXT", help="How the names of the new columns begin.")]
ProblemCode = Annotated[bool, typer.Option("--exit-code", help=f"Exit with {FOUND} if a call has no answer.")]


def annotate(
    ctx: typer.Context,
    calls: Calls,
    time: Time,
    deployment: Deployment,
    output: Output,
    format: OfFormat = None,
    time_unit: Unit = None,
    utc: Utc = False,
    prefix: Prefix = PREFIX,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: ProblemCode = False,
    store: Store = None,
) -> None:
    """Add to each logged call which model and version served it, how sure that is, and on what it rests."""
    if as_json and output == "-":
        raise typer.BadParameter("the calls themselves go to standard output: name a file with -o", param_hint="--json")
    limit = date("--known-at", known_at)
    source: File = sys.stdin.buffer if calls == "-" else Path(calls)
    target: File = sys.stdout.buffer if output == "-" else Path(output)
    with reading(ctx, store) as trail:
        annotator = trail.annotator(CallTimes(time_unit, utc=utc), limit)
        annotate_file(annotator, source, target, Columns(time, deployment, prefix), format)
        found = annotator.summary()
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif output == "-":
        say("\n".join([_headline(found, limit is None), *_problems(found, prefix)]))
    else:
        sentence(_headline(found, limit is None))
        fields({"served": _counts(found.by_status), "certainty": _counts(found.by_certainty), "written to": output})
        for line in _problems(found, prefix):
            sentence(line)
    exit_if(exit_code, bool(found.problems), FOUND)


def _headline(found: AnnotatedCalls, is_now: bool) -> str:
    answered = found.rows - found.problems
    return f"{counted(answered, 'call')} of {found.rows:,} annotated, as known {when(found.known_at, is_now)}"


def _counts(counts: dict[str, int]) -> str:
    return listed(f"{rows:,} {name}" for name, rows in counts.items())


def _problems(found: AnnotatedCalls, prefix: str) -> list[str]:
    """What stands in the way of an answer: how often, and the first few cases."""
    if not found.problems:
        return []
    lines = [f"{counted(found.problems, 'call')} without an answer; the column {prefix}problem says why, such as:"]
    for one in found.unknown:
        hint = f"did you mean {one.nearest!r}?" if one.nearest else "record the deployment first"
        lines.append(f"no deployment is known as {one.deployment!r} ({counted(one.rows, 'call')}): {hint}")
    return [*lines, *(f"row {one.row:,}: {one.problem}" for one in found.unanswered)]
