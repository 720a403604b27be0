"""The demo is what a stranger sees first: one page, always the same, with commands that can be copied."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modeltrail import Trail, demo
from modeltrail.cli_app import app
from modeltrail.demo import BY, STORE

GOLDEN = Path(__file__).parent.parent / "golden" / "demo.txt"
PROGRAM = ".venv/bin/modeltrail"


@pytest.fixture(autouse=True)
def as_make_demo_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, called by the path that the Makefile has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [PROGRAM, "demo"])


def run(*arguments: str) -> str:
    """What a command prints; it must succeed."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def commands() -> list[str]:
    """The commands at the end of the page."""
    return [line.strip() for line in GOLDEN.read_text(encoding="utf-8").splitlines()[-3:]]


def record_something(store: Path) -> None:
    with Trail.open(f"sqlite:///{store}") as trail, trail.record(by="alice@example.com") as rec:
        rec.model("acme/chat").release("1")


def root() -> str:
    return str(json.loads(run("--store", f"sqlite:///{STORE}", "verify", "--json"))["root"])


def test_the_page_is_the_same_each_time() -> None:
    page = GOLDEN.read_text(encoding="utf-8")
    assert run("demo") == page
    assert run("demo") == page


def test_the_page_is_seen_in_one_look() -> None:
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    assert "\n".join(lines).isascii()


def test_each_part_begins_with_its_question() -> None:
    parts = GOLDEN.read_text(encoding="utf-8").split("\n\n")
    asked = [part.splitlines()[0] for part in parts[1:-1]]
    assert len(asked) == 6
    assert [line for line in asked if "?" not in line] == []


@pytest.mark.parametrize("command", commands())
def test_the_commands_at_its_end_work_as_they_are_printed(command: str) -> None:
    run("demo")
    program, *arguments = shlex.split(command)
    assert program == PROGRAM
    assert run(*arguments).strip()


@pytest.mark.parametrize(
    ("called", "printed"),
    [
        ("some where/modeltrail", "'some where/modeltrail' "),
        ("/somewhere/modeltrail/__main__.py", "python -m modeltrail "),
    ],
)
def test_the_commands_name_the_program_as_it_was_called(
    called: str, printed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [called, "demo"])
    last = run("demo").splitlines()[-1]
    assert last.startswith(f"  {printed}--store")


def test_a_program_on_the_search_path_is_named_without_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "modeltrail"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(program), "demo"])
    assert run("demo").splitlines()[-1].startswith("  modeltrail --store")


def test_what_was_recorded_in_the_demo_store_stays_when_the_demo_runs_again() -> None:
    run("demo")
    record_something(STORE)
    then = root()
    run("demo")
    assert root() == then


def test_a_demo_that_was_interrupted_is_played_again() -> None:
    run("demo")
    whole = root()
    STORE.unlink()
    with Trail.open(f"sqlite:///{STORE}") as trail, trail.record(by=BY) as rec:
        rec.model("acme/chat").release("1")
    run("demo")
    assert root() == whole


def test_who_reads_only_the_beginning_of_the_page_has_the_log_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*words: object) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as reading, pytest.raises(BrokenPipeError):
        reading.setattr("builtins.print", closed)
        demo.main()
    assert STORE.exists()


def test_an_empty_store_is_filled() -> None:
    Trail.open(f"sqlite:///{STORE}").close()
    run("demo")
    assert json.loads(run("--store", f"sqlite:///{STORE}", "verify", "--json"))["size"] > 200


def test_a_store_of_somebody_else_is_left_alone() -> None:
    record_something(STORE)
    then = root()
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert "not the demo's" in result.stderr
    assert root() == then


def test_a_file_that_is_no_store_is_left_alone() -> None:
    STORE.write_text("my notes", encoding="utf-8")
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert "not the demo's" in result.stderr
    assert STORE.read_text(encoding="utf-8") == "my notes"
