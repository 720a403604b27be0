"""Why does a deployment serve what it serves? The command `why`: a tree that one reads from the top."""

from __future__ import annotations

import typer
from rich.text import Text
from rich.tree import Tree

from modeltrail import cli_printing as printing
from modeltrail.cli_queries import Deployment, is_uncertain
from modeltrail.cli_session import (
    UNCERTAIN,
    AsJson,
    At,
    KnownAt,
    Store,
    UncertainCode,
    asking,
    exit_if,
    print_json,
)
from modeltrail.cli_timeline import show_timeline
from modeltrail.outline import Line, outline
from modeltrail.phrases import printable


def why(
    ctx: typer.Context,
    deployment: Deployment,
    at: At = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    exit_code: UncertainCode = False,
    store: Store = None,
) -> None:
    """Explain why a deployment serves what it serves: cause, policy, rules, notice, and what was known at the time."""
    with asking(ctx, store, at, known_at) as asked:
        answer = asked.why(deployment)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            show_timeline(asked.course(answer.serving.deployment), asked.t)
            show_outline(outline(answer, at is None, printing.as_known(asked, known_at)))
    exit_if(exit_code, is_uncertain(answer.serving), UNCERTAIN)


def show_outline(line: Line) -> None:
    """An outline as a tree."""
    printing.put(_tree(line))


def _tree(line: Line) -> Tree:
    tree = Tree(Text(printable(line.text)), guide_style="dim")
    for one in line.below:
        tree.children.append(_tree(one))
    return tree
