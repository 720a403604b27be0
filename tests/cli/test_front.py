"""Does every command find its store, and does every error say what is wrong, without a traceback?"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.shell import NOTICES, Answer, lines, shell, url
from modeltrail import Trail

QUERIES: Sequence[Sequence[str]] = (
    ("serving", "x"),
    ("deployments",),
    ("model", "x"),
    ("history", "x"),
    ("announcements",),
    ("course", "x"),
    ("upcoming",),
    ("review",),
    ("review", "settle", "x", "--why", "y"),
    ("status",),
    ("checkpoint",),
    ("verify",),
    ("prove", "1"),
)
RELEASE = lines({"do": "model.release", "model": "acme/chat", "version": "1"})


def told(answer: Answer) -> str:
    """The one sentence of a command that failed."""
    assert (answer.code, answer.out) == (1, "")
    assert len(answer.err.splitlines()) == 1
    return answer.err.strip()


# The store


def test_the_store_is_named_before_or_after_the_command(fresh: str, tmp_path: Path) -> None:
    other = url(tmp_path / "other.db")
    assert shell("--store", fresh, "apply", "-", stdin=RELEASE).code == 0
    before, after = shell("--store", fresh, "verify"), shell("verify", "--store", fresh)
    assert before == after and before.code == 0
    assert shell("--store", other, "verify", "--store", fresh) == before, "what is said last counts"
    assert shell("apply", "-", "--store", other, stdin=RELEASE).code == 0
    assert (tmp_path / "other.db").exists()


def test_the_store_is_named_between_import_and_what_is_imported(fresh: str, tmp_path: Path) -> None:
    other = url(tmp_path / "other.db")
    assert shell("--store", fresh, "import", "--store", other, "notices", NOTICES).code == 0
    assert [path.name for path in tmp_path.glob("*.db")] == ["other.db"]
    assert shell("--store", fresh, "import", "notices", NOTICES).code == 0
    assert (tmp_path / "fresh.db").exists()


def test_the_store_is_named_by_the_environment(fresh: str, tmp_path: Path) -> None:
    assert shell("apply", "-", stdin=RELEASE, env={"MODELTRAIL_STORE": fresh}).code == 0
    assert (tmp_path / "fresh.db").exists()
    assert shell("--store", url(tmp_path / "none.db"), "verify", env={"MODELTRAIL_STORE": fresh}).code == 1
    assert shell("verify", "--store", fresh, env={"MODELTRAIL_STORE": url(tmp_path / "none.db")}).code == 0


@pytest.mark.parametrize("variable", [None, ""])
def test_else_the_store_is_in_the_current_folder(fresh: str, tmp_path: Path, variable: str | None) -> None:
    assert shell("apply", "-", stdin=RELEASE, env={"MODELTRAIL_STORE": variable}).code == 0
    assert (tmp_path / "modeltrail.db").exists()
    assert shell("verify").code == 0


@pytest.mark.parametrize("words", QUERIES, ids=" ".join)
def test_a_question_makes_no_store(fresh: str, tmp_path: Path, words: Sequence[str]) -> None:
    said = told(shell("--store", fresh, *words))
    assert said.startswith(f"there is no store at {tmp_path / 'fresh.db'}: fill it with modeltrail apply FILE")
    assert "modeltrail import notices FILE" in said and "modeltrail demo" in said
    assert list(tmp_path.iterdir()) == []


def test_questions_work_where_nothing_can_be_written(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = Trail.open

    def noted(url: str, **options: bool) -> Trail:
        opened.append(options)
        return real(url, read_only=True)

    monkeypatch.setattr(Trail, "open", noted)
    for words in (("deployments",), ("verify",), ("prove", "1"), ("checkpoint",), ("history", "chat-prod")):
        assert shell("--store", store, *words).code == 0
    assert opened == [{"read_only": True}] * 5


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("audit.db", "'audit.db' is no store: write sqlite:///relative.db"),
        ("postgresql://host/db", "PostgreSQL is not supported yet"),
        ("memory:", "a store in memory begins empty with each command: name a file"),
        ("sqlite:///text.db", "is no SQLite database: name another file"),
        ("sqlite:///other.db", "is an SQLite database of something else"),
        ("sqlite:///empty.db", "is empty: record something there first"),
        ("sqlite:///.", "is a folder: name a file in it"),
    ],
)
def test_what_is_no_store_is_left_alone(fresh: str, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "text.db").write_text("hello\n" * 100)
    (tmp_path / "empty.db").touch()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert said in told(shell("--store", name, "deployments"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


# Bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serving", "chat-prd"), "no deployment is known as 'chat-prd': did you mean 'chat-prod'?"),
        (("course", "chat-prd"), "did you mean 'chat-prod'?"),
        (("history", "gpt-4oo"), "did you mean 'azure-openai/gpt-4o'?"),
        (("model", "gpt-4oo"), "did you mean 'azure-openai/gpt-4o'?"),
        (("deployments", "--model", "gpt-4oo"), "did you mean 'azure-openai/gpt-4o'?"),
        (("announcements", "gpt-4o", "2024-05-14"), "did you mean '2024-05-13'?"),
        (("serving", "chat-prod", "--at", "2025-13-01"), "--at: '2025-13-01' is no date: write 2025-03-26"),
        (("history", "chat-prod", "--at", "monday"), "--at: 'monday' is no date"),
        (("upcoming", "--known-at", "2025-01-01T10:00"), "--known-at: 2025-01-01T10:00:00 has no time zone: add Z"),
        (("upcoming", "--within", "2m"), "--within: '2m' is no span of up to 36500 days: write 60d, 60 or 8w"),
        (("upcoming", "--within", "99999w"), "--within: '99999w' is no span"),
        (("upcoming", "--within", "36500", "--at", "9990-01-01"), "a date lies outside of the years 1 to 9999"),
        (("prove", "9999"), "the log has no position 9999: it holds 1 to "),
        (("prove", "0"), "the log has no position 0"),
        (("apply", "none.jsonl"), "none.jsonl: no such file or directory: name another file"),
        (("import", "notices", "."), ".: is a directory: name another file"),
        (("verify", "--checkpoint", "none.json"), "none.json: no such file or directory"),
        (("checkpoint", "-o", "none/here.json"), "none/here.json: no such file or directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_error_names_the_way_out(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in told(shell("--store", store, *words))


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("serving",),
        ("serving", "a", "b"),
        ("serving", "a", "--nonsense"),
        ("prove", "first"),
        ("upcoming", "--qualifier", "soft"),
        ("import",),
        ("import", "nonsense"),
        ("apply",),
    ],
)
def test_wrong_usage_is_2(fresh: str, words: Sequence[str]) -> None:
    answer = shell(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: " in answer.err


def test_what_does_not_say_how_firm_a_date_is_is_told_which_words_do() -> None:
    said = shell("upcoming", "--qualifier", "foo").err
    assert "'foo' does not say how firm a date is: write fixed, no-earlier-than or tentative" in said


STORY = lines(
    {"do": "model.release", "model": "acme/chat", "version": "1", "effective_at": "2025-01-01"},
    {"do": "model.release", "model": "acme/chat", "version": "2", "effective_at": "2025-01-01"},
    {"do": "model.announce_default", "model": "acme/chat", "version": "2", "on": "2025-03-01"}
    | {"effective_at": "2025-01-02", "known_at": "2025-01-02"},
    {"do": "model.announce_retirement", "model": "acme/chat", "version": "1", "on": "2025-06-01", "sku": "Batch"}
    | {"effective_at": "2025-01-02", "known_at": "2025-01-02"},
)


def test_a_default_whose_date_has_passed_is_overdue(fresh: str) -> None:
    assert shell("--store", fresh, "apply", "-", stdin=STORY).code == 0
    for at, said in (("2025-02-28", "2 on 2025-03-01\n"), ("2025-03-01", "2 on 2025-03-01, overdue\n")):
        assert said in shell("--store", fresh, "model", "chat", "--at", at).out


def test_what_comes_for_one_sku_names_it(fresh: str) -> None:
    assert shell("--store", fresh, "apply", "-", stdin=STORY).code == 0
    said = " ".join(shell("--store", fresh, "upcoming", "--at", "2025-05-25", env={"COLUMNS": "200"}).out.split())
    assert "acme/chat 1: retirement, fixed, Batch only" in said


def test_what_comes_from_the_store_cannot_command_the_terminal(fresh: str) -> None:
    evil = "\x1b[2J[bold]\u202e:smile:"
    shell("--store", fresh, "apply", "-", stdin=lines({**json.loads(RELEASE), "why": evil}))
    words = shell("--store", fresh, "history", "chat").out
    assert r"\x1b[2J[bold]\u202e:smile:" in words
    assert shell("--store", fresh, "serving", "\x1b[2J").err.count("\x1b") == 0


# Proofs


def test_a_checkpoint_is_kept_and_verified_later(fresh: str, tmp_path: Path) -> None:
    shell("--store", fresh, "apply", "-", stdin=RELEASE)
    printed = shell("--store", fresh, "checkpoint").json
    assert set(printed) == {"size", "root", "time"}
    assert shell("--store", fresh, "checkpoint", "--json").json["root"] == printed["root"]
    assert shell("--store", fresh, "checkpoint", "-o", "kept.json") == Answer(0, "", "")
    (tmp_path / "printed.json").write_text(json.dumps(printed))
    shell("--store", fresh, "apply", "-", stdin=RELEASE.replace('"1"', '"2"'))
    for kept in ("kept.json", "printed.json"):
        answer = shell("--store", fresh, "verify", "--checkpoint", kept)
        assert (answer.code, answer.out.splitlines()[0]) == (0, "the log is intact: 2 facts")


def test_a_log_that_does_not_extend_its_checkpoint_is_1(fresh: str, store: str, tmp_path: Path) -> None:
    shell("--store", fresh, "apply", "-", stdin=RELEASE)
    shell("--store", store, "checkpoint", "-o", tmp_path / "other.json")
    answer = shell("--store", fresh, "verify", "--checkpoint", tmp_path / "other.json")
    assert (answer.code, answer.err) == (1, "")
    assert "NOT" in answer.out and "cut off" in answer.out
    as_json = shell("--store", fresh, "verify", "--checkpoint", tmp_path / "other.json", "--json")
    assert (as_json.code, json.loads(as_json.out)["ok"], json.loads(as_json.out)["first_bad"]) == (1, False, 2)


def test_a_file_that_is_no_checkpoint_is_named(store: str, tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{}")
    said = told(shell("--store", store, "verify", "--checkpoint", tmp_path / "no.json"))
    assert said == f"{tmp_path / 'no.json'} is no checkpoint: give the file that modeltrail checkpoint wrote"
    assert "standard input is no checkpoint" in shell("--store", store, "verify", "--checkpoint", "-", stdin="[]").err


def test_a_proof_is_printed_or_written(store: str, tmp_path: Path) -> None:
    printed = shell("--store", store, "prove", "3").json
    assert set(printed) == {"position", "size", "root", "leaf", "path", "body"}
    assert shell("--store", store, "prove", "3", "--output", tmp_path / "proof.json") == Answer(0, "", "")
    assert json.loads((tmp_path / "proof.json").read_text()) == printed
    assert shell("--store", store, "prove", "3", "--json").json == printed
