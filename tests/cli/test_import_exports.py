"""Does the import of an export say when it was made, what is new, and what needs an eye? And if it fails, why?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.exports import (
    ACCOUNT,
    CHAT,
    FIELDS,
    NEW,
    OLD,
    OTHER,
    UNREADABLE,
    checkpoint,
    deployment,
    imported,
    model,
    written,
)
from cli.shell import Answer, shell
from modeltrail.cli_import_printing import WORDS
from modeltrail.domain.events import DeploymentEvent, ModelEvent
from modeltrail.domain.kinds import leaves
from modeltrail.imports.kinds import KINDS
from modeltrail.projections.review import ADVICE

pytest.importorskip("ijson")

NAME = "deployments-2025-03-01T0200Z.json"
EYE = ("id", "kind", "subject", "at", "positions", "says", "advice", "raw", "reason", "settled", "row")
FIRST = f"""\
{NAME}: azure-deployments, made 2025-03-01T02:00:00Z
  catalogue  azure-openai (the usual one; --catalogue names another)
  scope      east
  rows       2

new  what
2    sights of deployments
2    policies of deployments
2    SKUs of deployments
1    record of the rows that differ
1    the reading itself

8 new facts (positions 1-8)
nothing in it needs your eye
"""


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The export of a first night."""
    return written(tmp_path / NAME, deployment("chat"), deployment("mail"))


# What is told


@pytest.mark.rule("R40")
def test_the_summary_says_what_it_is_when_it_was_made_and_what_is_new(fresh: str, night: Path) -> None:
    assert imported(fresh, night) == Answer(0, FIRST, "")


@pytest.mark.rule("R40")
def test_a_night_on_which_nothing_changed_is_one_fact(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    told = imported(fresh, written(tmp_path / "2025-03-02.json", deployment("chat"), deployment("mail"))).out
    assert "1 new fact, the reading: nothing changed (position 9)\n" in told
    assert "the reading itself" not in told


@pytest.mark.rule("R39")
def test_a_file_that_was_read_before_is_no_news(fresh: str, night: Path) -> None:
    imported(fresh, night)
    told = imported(fresh, night).out
    assert told.splitlines()[-2:] == [
        "0 new facts: this file was read before (position 8)",
        "nothing in it needs your eye",
    ]
    again = imported(fresh, night, "--json").json
    assert (again["repeated"], again["first"], again["last"], again["facts"], again["rows"]) == (8, None, None, {}, 2)


def test_the_document_has_the_same_fields_every_night(fresh: str, night: Path) -> None:
    told = imported(fresh, night, "--json").json
    assert tuple(told) == FIELDS
    assert told | {"digest": None} == {
        "export": "azure-deployments",
        "catalogue": "azure-openai",
        "file": NAME,
        "digest": None,
        "observed_at": "2025-03-01T02:00:00Z",
        "scope": [ACCOUNT],
        "rows": 2,
        "facts": {
            "deployment.observed": 2,
            "deployment.policy-changed": 2,
            "deployment.sku-changed": 2,
            "export.observed": 1,
            "export.rows-observed": 1,
        },
        "first": 1,
        "last": 8,
        "repeated": None,
        "dry_run": False,
        "needs_your_eye": [],
    }
    assert len(told["digest"]) == 64


def test_a_catalogue_that_was_named_is_told_as_it_is(fresh: str, night: Path) -> None:
    told = imported(fresh, night, "--catalogue", "azure@swedencentral").out
    assert "  catalogue  azure@swedencentral\n" in told
    assert shell("--store", fresh, "serving", CHAT, "--json").json["model"] == "azure@swedencentral/gpt-4o"


def test_very_many_accounts_are_counted(fresh: str, tmp_path: Path) -> None:
    rows = [deployment("chat", account=f"{ACCOUNT}-{number}") for number in range(1, 9)]
    told = imported(fresh, written(tmp_path / NAME, *rows)).out.splitlines()
    assert told[2:8] == [
        "  scope      east-1",
        *(f"{'':13}east-{n}" for n in range(2, 6)),
        f"{'':13}and 3 more",
    ]


@pytest.mark.rule("R42")
def test_who_and_why_are_recorded(fresh: str, night: Path) -> None:
    imported(fresh, night, "--by", "alice@example.com", "--why", "the first night")
    (first, *_) = shell("--store", fresh, "history", CHAT, "--json").json["events"]
    assert (first["by"], first["why"]) == ("alice@example.com", "the first night")
    assert first["source"].startswith(f"azure-deployments {NAME} sha256:")


def test_whatever_a_type_is_called_what_exports_state_has_words() -> None:
    known = {kind.type for base in (ModelEvent, DeploymentEvent) for kind in leaves(base)}
    assert {name for name in WORDS if name.startswith(("model.", "deployment."))} <= known


# Models


@pytest.mark.rule("R1")
def test_a_list_of_models_is_of_the_place_that_is_named(fresh: str, tmp_path: Path) -> None:
    file = written(tmp_path / "models-2025-03-01.json", model("gpt-4o", OLD, is_default=True), model("gpt-4o", NEW))
    words = ("--store", fresh, "import", "azure-models", file)
    assert shell(*words).code == 2
    told = shell(*words, "--catalogue", "azure@swedencentral").out
    assert told.startswith("models-2025-03-01.json: azure-models, made 2025-03-01\n  catalogue  azure@swedencentral\n")
    assert "\n2    versions released\n" in told
    assert shell("--store", fresh, "model", "azure@swedencentral/gpt-4o", "--json").json["default"] == OLD


def test_every_kind_of_export_is_asked_for_alike(fresh: str, tmp_path: Path) -> None:
    """A kind that can be dropped into a folder has a command of its own, which prints the same document."""
    for name, make in KINDS.items():
        file = tmp_path / f"{name}.2025-03-01.json"
        file.write_text("{}", encoding="utf-8")
        words = ("--catalogue", "azure@uk") if name == "azure-models" else ()
        told = shell("--store", fresh, "import", name, file, *words)
        assert (told.code, told.out) == (1, "")
        assert told.err.startswith(f"{file.name}: it has no list under 'value'")
        assert make("azure@uk").name == name


# What needs an eye


@pytest.mark.rule("R41")
def test_a_row_that_cannot_be_read_needs_an_eye(fresh: str, tmp_path: Path) -> None:
    file = written(tmp_path / NAME, deployment("chat"), UNREADABLE)
    assert imported(fresh, file, "--dry-run", "--exit-code").code == 3
    told = imported(fresh, file, "--exit-code")
    assert (told.code, told.err) == (3, "")
    head, reason, raw = told.out.splitlines()[-3:]
    assert head == "1 needs your eye:"
    assert reason.startswith("  row 2: properties.versionUpgradeOption: 'Sometimes' is unknown: it should be one of ")
    assert raw == f"    {json.dumps(UNREADABLE, separators=(',', ':'))[:100]}..."


@pytest.mark.rule("R41")
def test_what_needs_an_eye_is_in_the_document_with_all_of_its_text(fresh: str, tmp_path: Path) -> None:
    told = imported(fresh, written(tmp_path / NAME, deployment("chat"), UNREADABLE), "--json").json
    (eye,) = told["needs_your_eye"]
    assert tuple(eye) == EYE
    assert json.loads(eye["raw"]) == UNREADABLE
    assert (eye["kind"], eye["subject"], eye["row"]) == ("quarantined-row", "azure-openai", 2)
    assert "Sometimes" in eye["reason"]


@pytest.mark.rule("R32")
def test_a_move_that_nothing_explains_needs_an_eye_with_what_to_do(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    moved = written(tmp_path / "2025-03-02.json", deployment("chat", NEW), deployment("mail"))
    told = imported(fresh, moved, "--exit-code")
    assert told.code == 3
    head, says, advice = told.out.splitlines()[-3:]
    assert head == "1 needs your eye:"
    assert says.endswith("no rule, announcement or logged change explains it")
    assert advice.strip() == ADVICE["unexplained-move"]


@pytest.mark.rule("R32")
def test_what_a_night_did_not_bring_is_not_told_again(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    for day in (2, 3):
        moved = written(tmp_path / f"2025-03-0{day}.json", deployment("chat", NEW), deployment("mail"))
        eyes = imported(fresh, moved, "--json").json["needs_your_eye"]
        assert [(eye["kind"], eye["row"]) for eye in eyes] == [("unexplained-move", None)] * (day == 2)


def test_an_exit_code_of_3_is_only_for_those_who_ask(fresh: str, night: Path, tmp_path: Path) -> None:
    assert imported(fresh, night, "--exit-code").code == 0
    assert imported(fresh, written(tmp_path / "2025-03-02.json", UNREADABLE)).code == 0


# When it was made


def made(answer: Answer) -> str:
    found = answer.json["observed_at"]
    assert isinstance(found, str)
    return found


@pytest.mark.rule("R5")
def test_when_it_was_made_is_said_or_stands_in_the_name(fresh: str, night: Path, tmp_path: Path) -> None:
    assert made(imported(fresh, night, "--json")) == "2025-03-01T02:00:00Z"
    assert made(imported(fresh, night, "--json", "--observed-at", "2025-03-02")) == "2025-03-02T00:00:00Z"
    plain = night.rename(tmp_path / "deployments-2025-09-31.json")
    assert made(imported(fresh, plain, "--json", "--observed-at", "2025-03-03T01:00+01:00")) == "2025-03-03T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("deployments.json", "deployments.json: nothing says when this export was made: give --observed-at 2026"),
        ("2025-03-01_2025-03-02.json", "the name '2025-03-01_2025-03-02.json' has two dates: leave one of them, or "),
        ("2025-09-31.json", "the name '2025-09-31.json' has a date that does not exist: correct it, or "),
    ],
)
def test_nobody_guesses_when_it_was_made(fresh: str, tmp_path: Path, name: str, said: str) -> None:
    """Neither a field of a row is taken, nor the time of the file."""
    told = imported(fresh, written(tmp_path / name, deployment("chat")))
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith(said)
    assert not (tmp_path / "fresh.db").exists()


def test_standard_input_has_no_name_that_could_say_it(fresh: str, night: Path) -> None:
    content = night.read_text(encoding="utf-8")
    refused = imported(fresh, "-", stdin=content)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("standard input: nothing says when this export was made: give --observed-at")
    told = imported(fresh, "-", "--observed-at", "2025-03-01", "--json", stdin=content).json
    assert (told["file"], told["rows"]) == ("standard input", 2)


def test_what_comes_through_a_pipe_is_read(fresh: str, night: Path) -> None:
    words = ("import", "azure-deployments", "-", "--observed-at", "2025-03-01", "--json", "--store", fresh)
    with (
        night.open("rb") as file,
        subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read())"], stdin=file, stdout=subprocess.PIPE
        ) as writer,
    ):
        told = subprocess.run(
            [sys.executable, "-m", "modeltrail", *words], stdin=writer.stdout, capture_output=True, check=False
        )
    assert (told.returncode, told.stderr) == (0, b"")
    assert json.loads(told.stdout)["rows"] == 2


# What cannot be imported


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[{", "it is no JSON, or not all of it ("),
        (b"", "it is empty, or no JSON list: give the file as the command of its provider wrote it"),
        (b'{"error": {"code": "AuthorizationFailed"}}', "it has no list under 'value': give the file as "),
        (b'[{"model": {"name": "gpt-4o"}}]', "none of its rows is one of azure-deployments (row 1: id: None is no "),
        (b"[]", "it lists nothing, and so does not say of what: name its accounts (--account)"),
    ],
)
def test_a_file_that_is_no_such_export_records_nothing(fresh: str, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "2025-03-01.json"
    file.write_bytes(content)
    told = imported(fresh, file)
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith(f"2025-03-01.json: {said}")
    assert checkpoint(fresh).size == 0


def test_an_export_of_the_future_is_refused(fresh: str, night: Path) -> None:
    told = imported(fresh, night, "--observed-at", "9998-01-01")
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        f"{NAME}: it cannot have been made at 9998-01-01T00:00:00Z, which lies ahead: say when it was (--observed-at)\n"
    )
    assert checkpoint(fresh).size == 0


@pytest.mark.rule("R40")
def test_another_export_of_the_same_moment_is_refused(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    other = written(tmp_path / "other.json", deployment("chat", NEW))
    told = imported(fresh, other, "--observed-at", "2025-03-01T02:00Z")
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert told.err.startswith(f"other.json: another export of {ACCOUNT} made at 2025-03-01T02:00:00Z was read already")
    assert checkpoint(fresh).size == 8


@pytest.mark.rule("R16")
def test_an_empty_list_is_of_the_accounts_that_are_named(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    empty = written(tmp_path / "2025-03-02.json")
    told = imported(fresh, empty, "--account", ACCOUNT.upper(), "--account", OTHER, "--json").json
    assert (told["scope"], told["facts"]["deployment.deleted"]) == ([ACCOUNT, OTHER], 2)
    wrong = imported(fresh, empty, "--account", "east")
    assert wrong.code == 1
    assert wrong.err.startswith("'east' is no ARM id of an account: give /subscriptions/")


def test_a_file_that_is_not_there_makes_no_store(fresh: str, tmp_path: Path) -> None:
    told = imported(fresh, tmp_path / NAME)
    assert (told.code, told.out) == (1, "")
    assert "no such file" in told.err
    assert list(tmp_path.iterdir()) == []


# On a terminal


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_bar_is_shown_on_a_terminal_and_never_in_a_document(fresh: str, night: Path, words: tuple[str, ...]) -> None:
    pty = pytest.importorskip("pty", reason="there are no terminals here")
    ours, theirs = pty.openpty()
    told = subprocess.run(
        [sys.executable, "-m", "modeltrail", "--store", fresh, "import", "azure-deployments", night, *words],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        check=False,
    )
    os.write(theirs, b"end")
    shown = os.read(ours, 100_000)
    os.close(ours)
    os.close(theirs)
    assert told.returncode == 0
    assert (b"reading" in shown) == (not words)
    assert b"\x1b" not in told.stdout
