"""What becomes of each example on the pages? Most are run by a test of their page; the rest is looked through by kind.

Whatever nobody runs stands in `NOT_RUN`, with the reason.
"""

from __future__ import annotations

import doctest
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import typer.main

from modeltrail.apply import COMMON, VERBS
from modeltrail.cli_app import app
from modeltrail.domain.events import EVENT_TYPES
from pages import ROOT, Block, blocks

RUN_BY: dict[str, dict[str, str]] = {
    "README.md": {"pycon json sh": "test_readme.py", "console": "docs/test_question_pages.py"},
    "docs/how-to/add-a-projection.md": {"pycon python sql": "docs/test_adding_a_projection.py"},
    "docs/how-to/annotate-calls.md": {"csv pycon sh text": "docs/test_annotate_page.py"},
    "docs/how-to/ask-what-if.md": {"console sh pycon": "docs/test_question_pages.py"},
    "docs/how-to/check-the-providers-word.md": {"sh text pycon": "docs/test_conformance_page.py"},
    "docs/how-to/declare-trust.md": {"pycon json": "docs/test_declaring_trust.py"},
    "docs/how-to/embed-in-a-service.md": {"python py http json": "docs/test_service.py"},
    "docs/how-to/explain-an-answer.md": {"console sh pycon": "docs/test_question_pages.py"},
    "docs/how-to/import-exports.md": {"bash ini": "docs/test_import_exports_page.py"},
    "docs/how-to/publish-a-report.md": {"console pycon": "docs/test_report_page.py"},
    "docs/how-to/recall-a-version.md": {"sh text pycon": "docs/test_recall_page.py"},
    "docs/how-to/review-what-needs-an-eye.md": {"sh text json pycon": "docs/test_review_page.py"},
    "docs/how-to/run-nightly.md": {"bash json ini": "docs/test_nightly.py"},
    "docs/how-to/ship-a-projection.md": {"text toml python pycon": "docs/test_shipped_projection.py"},
    "docs/how-to/tell-the-owners.md": {"bash console csv json sh": "docs/test_question_pages.py"},
    "docs/how-to/upgrade.md": {"sh": "test_readme.py"},
    "docs/how-to/write-an-importer.md": {"python pycon": "docs/test_writing_an_importer.py"},
    "docs/reference/testing.md": {"python pycon": "docs/test_testing_page.py"},
    "docs/tutorial/five-stories.md": {"console sh": "docs/test_stories.py"},
    "docs/tutorial/first-answer.md": {"console": "docs/test_tutorial.py"},
}
"""By page: which test runs which languages."""
AZURE = "it needs an account of Azure; the files that it writes are those of docs/examples/exports"
CRON = "it is a table of cron, which starts a script that is run"
NOT_RUN: dict[tuple[str, str], str] = {
    ("docs/examples/modeltrail-pins/README.md", "pip install '.[test]'"): "test_shipped_projection.py does it, offline",
    (
        "docs/how-to/embed-in-a-service.md",
        "pip install modeltrail fastapi uvicorn",
    ): "test_service.py starts the server",
    ("docs/how-to/import-exports.md", "MAILTO=models@example.com"): CRON,
    ("docs/how-to/run-nightly.md", "MAILTO=models@example.com"): CRON,
    ("docs/reference/azure-exports.md", "az cognitiveservices account deployment list"): AZURE,
    ("docs/reference/azure-exports.md", "az monitor activity-log list"): AZURE,
    ("docs/reference/benchmarks.md", "make bench"): "it measures for minutes",
    ("docs/tutorial/first-answer.md", "az cognitiveservices model list"): AZURE,
}
"""What nobody runs, by its page and the beginning of its first line, and why not."""


def page_of(block: Block) -> str:
    return block.page.relative_to(ROOT).as_posix()


def own_test(block: Block) -> str | None:
    """The test of its page that runs it, null for none."""
    for kinds, test in RUN_BY.get(page_of(block), {}).items():
        if block.kind in kinds.split():
            return test
    return None


def reason_not_to_run(block: Block) -> str | None:
    """Why nobody runs it, null where somebody does."""
    for (page, beginning), reason in NOT_RUN.items():
        if page == page_of(block) and block.first.startswith(beginning):
            return reason
    return None


def session(block: Block) -> None:
    """The session of a page as a whole gives what it shows: a later block goes on where an earlier one ended."""
    whole = "\n".join(blocks(block.page, "pycon"))
    parsed = doctest.DocTestParser().get_doctest(whole, {}, block.page.name, str(block.page), 0)
    assert parsed.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed).failed == 0


def document(block: Block) -> None:
    """JSON can be read; an event is one that can be recorded, a line of `apply` has a verb and its arguments."""
    read = json.loads(block.text)
    if isinstance(read, dict) and {"type", "data"} <= read.keys():
        kind = EVENT_TYPES[read["type"]]
        assert kind.model_validate(read["data"]).data() == read["data"]
    if isinstance(read, dict) and "do" in read:
        verb = VERBS[read["do"]]
        about = {verb.about} if verb.about else set()
        assert read.keys() <= {"do", *COMMON, *verb.parameters, *about}


def settings(block: Block) -> None:
    """TOML can be read."""
    assert tomllib.loads(block.text)


def commands(block: Block) -> None:
    """Each line is a command that there is, with options that it has."""
    for words in lines_of(block.text):
        if words[0] == "modeltrail":
            understand(words[1:])
        elif words[0] == "make":
            targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert set(words[1:]) <= set(targets)
        elif words[:2] == ["pip", "install"]:
            assert words[2:] == ["."], "a package that is fetched: say in NOT_RUN why nobody does"
        else:
            raise AssertionError(f"nobody knows the command {words[0]!r}: run it in a test, or say in NOT_RUN why not")


def lines_of(script: str) -> Iterator[list[str]]:
    """The words of each line of a script up to where its output goes, without comments."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        ends = [place for place, word in enumerate(words) if word in (">", "|", "<", "&&")]
        if words:
            yield words[: min(ends, default=len(words))]


def understand(words: list[str]) -> None:
    """Read a command as the command line does, without running it. Raises UsageError where it does not understand."""
    command: Any = typer.main.get_command(app)
    name, context = "modeltrail", None
    while True:
        context = command.make_context(name, words, parent=context)
        words = [*getattr(context, "_protected_args", ()), *context.args]
        if not hasattr(command, "commands") or not words:
            return
        name, command, words = command.resolve_command(context, words)


BY_KIND: dict[str, Callable[[Block], None]] = {
    "pycon": session,
    "json": document,
    "toml": settings,
    "sh": commands,
    "bash": commands,
}
"""What is done with the examples of a language that no test of their page runs."""
