"""What does the command line do as a process: what it needs, what it shows, how it ends?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.shell import Answer, lines, shell, url
from modeltrail import Trail, __version__

COMMANDS = (
    *("apply", "import", "serving", "deployments", "model", "history", "announcements"),
    *(
        "course",
        "upcoming",
        "advance",
        "work",
        "watch",
        "status",
        "projections",
        "checkpoint",
        "verify",
        "prove",
        "demo",
    ),
)
MAIN = "from modeltrail.cli import main; main()"


def process(*words: str, stdout: int = subprocess.PIPE, **variables: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, with these words behind its name and these variables in its environment."""
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, **variables},
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )


def test_the_version_and_the_commands_are_shown() -> None:
    assert shell("--version") == Answer(0, f"modeltrail {__version__}\n", "")
    words = shell("--help").out
    assert all(f"\n  {command} " in words for command in COMMANDS)
    assert all(shell(command, "--help").code == 0 for command in COMMANDS)


def test_the_module_is_the_command(store: str) -> None:
    told = process("-m", "modeltrail", "--store", store, "serving", "chat-prd")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "no deployment is known as 'chat-prd': did you mean 'chat-prod'?\n"


def test_wrong_usage_names_the_command_as_it_is_typed() -> None:
    told = process("-m", "modeltrail", "nonsense")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("Usage: modeltrail ")


def test_the_library_does_without_typer_and_rich() -> None:
    code = "import sys, modeltrail, modeltrail.cli, modeltrail.apply; print({'typer', 'rich'} & set(sys.modules))"
    assert process("-c", code).stdout == "set()\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_what_is_not_installed_is_named_with_its_remedy(missing: str) -> None:
    told = process("-c", f"import sys; sys.modules[{missing!r}] = None\n{MAIN}")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f'the command line needs {missing}: pip install "modeltrail[cli]"\n'


@pytest.mark.parametrize("words", [("announcements", "--json"), ("announcements",), ("serving", "chat-prod")])
def test_a_reader_that_goes_away_is_no_error(store: str, words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        told = process("-c", MAIN, "--store", store, *words, stdout=writer)
    finally:
        os.close(writer)
    assert (told.returncode, told.stderr) == (141, "")


def test_an_interruption_is_no_traceback(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Trail, "at", interrupted)
    assert shell("--store", store, "deployments") == Answer(130, "", "interrupted\n")


def test_an_output_that_cannot_hold_every_sign_gets_what_it_can(tmp_path: Path) -> None:
    fresh = url(tmp_path / "fresh.db")
    command = {"do": "model.release", "model": "acme/chat", "version": "1", "why": "für später"}
    shell("--store", fresh, "apply", "-", stdin=lines(command))
    history = ("-c", MAIN, "--store", fresh, "history", "chat")
    as_json = process(*history, "--json", PYTHONIOENCODING="ascii").stdout
    assert as_json.isascii()
    assert json.loads(as_json)["events"][0]["why"] == "für später"
    assert "f?r sp?ter" in process(*history, PYTHONIOENCODING="ascii").stdout
    assert "für später" in process(*history, "--json", PYTHONIOENCODING="utf-8").stdout


def test_the_demo_is_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = shell("demo")
    assert (words.code, words.err) == (0, "")
    assert len(words.out.splitlines()) <= 60
