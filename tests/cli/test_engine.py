"""Does the command line make the engine act, and does it say what was done and what waits?"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.shell import Answer, lines, shell

MODEL = "acme/chat"
JANUARY = {"by": "alice@example.com", "effective_at": "2025-01-01", "known_at": "2025-01-01"}
FEBRUARY = {"by": "alice@example.com", "effective_at": "2025-02-01", "known_at": "2025-02-01"}
STORY: tuple[dict[str, object], ...] = (
    {"do": "model.register", "model": MODEL, "run_by": "engine", **JANUARY},
    {"do": "model.release", "model": MODEL, "version": "v1", **JANUARY},
    {"do": "model.change_default", "model": MODEL, "version": "v1", **JANUARY},
    {"do": "model.release", "model": MODEL, "version": "v2", **JANUARY},
    {"do": "deployment.create", "deployment": "follows", "model": MODEL, "policy": "auto-update", **JANUARY},
    {"do": "deployment.create", "deployment": "also", "model": MODEL, "policy": "auto-update", **JANUARY},
    {"do": "deployment.create", "deployment": "stays", "model": MODEL, "policy": "manual", **JANUARY},
    {"do": "model.announce_default", "model": MODEL, "version": "v2", "on": "2025-03-01", **FEBRUARY},
    {"do": "model.announce_retirement", "model": MODEL, "version": "v1", "on": "2025-04-01", **FEBRUARY},
)
HOST = """
from datetime import UTC, datetime
from modeltrail import Fail, Move, Postpone

def fails(move: Move) -> Fail:
    return Fail(f"no gateway for {move.deployment}")

def waits(move: Move) -> Postpone:
    return Postpone(datetime(2099, 1, 1, tzinfo=UTC), "a freeze")

number = 5
"""


def apply(store: str, *commands: dict[str, object]) -> Answer:
    return shell("--store", store, "apply", "-", stdin=lines(*commands))


@pytest.fixture
def told(fresh: str) -> str:
    """A store in which a default change and a retirement are announced."""
    assert apply(fresh, *STORY) == Answer(0, "9 lines recorded\n", "")
    return fresh


@pytest.mark.rule("R37")
def test_advance_prints_what_it_did_as_a_table(told: str) -> None:
    answer = shell("--store", told, "advance", "--to", "2025-03-02")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "positions  effective   what",
        "10         2025-03-02  acme/chat: the default is v2",
        "                       announced for 2025-03-01 at position 8",
        "11-12      2025-03-02  2 deployments, also to follows: moved to acme/chat v2",
        "                       default-change, auto-update under engine, because of 1,",
        "                       10",
        "",
        "by 2025-03-02: 3 carried out, 0 held back, 0 overdue",
    ]
    assert shell("--store", told, "advance", "--to", "2025-03-02") == Answer(0, "nothing was due\n", "")


@pytest.mark.rule("R37")
def test_advance_on_time_says_when_it_was_due(told: str) -> None:
    done = shell("--store", told, "advance", "--to", "2025-06-01", "--on-time", "--json").json
    assert [(one["type"], one["effective_at"][:10]) for one in done["facts"]] == [
        ("model.default-changed", "2025-03-01"),
        ("model.version-retired", "2025-04-01"),
        ("deployment.version-changed", "2025-03-01"),
        ("deployment.version-changed", "2025-03-01"),
        ("deployment.stopped", "2025-04-01"),
    ]
    assert (done["to"], done["overdue"]) == ("2025-06-01T00:00:00Z", [])


@pytest.mark.rule("R12", "R37")
def test_what_could_not_be_carried_out_is_told_with_the_reason(told: str) -> None:
    leak: dict[str, object] = {"do": "model.retire", "model": MODEL, "version": "v2", "emergency": "a leak"}
    apply(told, {**leak, **FEBRUARY})
    answer = shell("--store", told, "advance", "--to", "2025-03-02", "--exit-code")
    assert answer.code == 3
    assert "overdue, and could not be carried out:" in answer.out
    assert "be chosen: choose one of v1" in answer.out
    assert shell("--store", told, "status", "--exit-code").code == 3


@pytest.mark.rule("R37")
@pytest.mark.parametrize("on_time", [{}, {"on_time": True}])
def test_a_line_of_apply_advances(told: str, on_time: dict[str, object]) -> None:
    assert apply(told, {"do": "advance", "to": "2025-03-02", "by": "alice", **on_time}).out == "1 line recorded\n"
    day = "2025-03-01" if on_time else "2025-03-02"
    assert shell("--store", told, "serving", "follows", "--json").json["since"] == f"{day}T00:00:00Z"
    assert apply(told, {"do": "advance", "to": "2025-03-02"}).out == "0 lines recorded; 1 line held nothing new\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"do": "advance", "to": "2099-01-01"}, "2099-01-01T00:00:00Z lies ahead, and nothing is due before its day"),
        ({"do": "advance", "effective_at": "2025-01-01"}, 'advance has no argument "effective_at"'),
        ({"do": "advance", "on_time": "yes"}, 'on_time: "yes" cannot be used'),
    ],
)
def test_a_line_that_cannot_advance_says_why(told: str, line: dict[str, object], message: str) -> None:
    answer = apply(told, line)
    assert answer.code == 1
    assert message in answer.err


@pytest.mark.rule("R37")
def test_with_a_worker_apply_moves_nothing_and_advance_does(fresh: str) -> None:
    now: dict[str, object] = {"do": "model.change_default", "model": MODEL, "version": "v2", "emergency": "a leak"}
    shell("--store", fresh, "apply", "-", "--acting", "worker", stdin=lines(*STORY, {**now, **FEBRUARY}))
    assert shell("--store", fresh, "history", "follows", "--json").json["events"][-1]["type"] == "deployment.created"
    assert shell("--store", fresh, "status", "--json").json["engine_lag_facts"] == 10
    shell("--store", fresh, "advance", "--to", "2025-02-02")
    assert shell("--store", fresh, "serving", "follows", "--json").json["version"] == "v2"
    assert shell("--store", fresh, "status", "--json").json["engine_lag_facts"] == 0


# What waits


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder that holds hosts."""
    (tmp_path / "gateway_of_tests.py").write_text(HOST, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "gateway_of_tests", raising=False)
    return "gateway_of_tests"


@pytest.mark.rule("R37")
def test_a_host_is_asked_and_what_it_holds_back_is_shown(told: str, host: str) -> None:
    answer = shell("--store", told, "advance", "--to", "2025-03-02", "--on-move", f"{host}:fails")
    assert "move to acme/chat v2 failed, again 2025-03-02T00:01:00Z: no gateway for follows" in " ".join(
        answer.out.split()
    )
    assert answer.out.splitlines()[-1] == "by 2025-03-02: 1 carried out, 2 held back, 0 overdue"
    waiting = shell("--store", told, "status", "--json").json["waiting"]
    assert [(one["deployment"], one["to_version"], one["attempt"]) for one in waiting] == [
        ("also", "v2", 1),
        ("follows", "v2", 1),
    ]


@pytest.mark.rule("R37")
def test_the_status_in_words(told: str, host: str) -> None:
    shell("--store", told, "advance", "--to", "2025-03-02", "--on-move", f"{host}:waits")
    out = shell("--store", told, "status").out
    words = " ".join(out.split())
    assert "".join(out.split()).startswith(f"{told}:12facts;thelastwas"), "the line may be broken anywhere"
    assert "engine has looked up to position 12" in words
    assert "follows acme/chat v2 (default-change) 2099-01-01 postponed: a freeze" in words
    assert "9 acme/chat v1: retirement 2025-04-01" in words


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "write MODULE:FUNCTION"),
        ("gateway_of_tests:nobody", "cannot be used"),
        ("no_such_module:host", "cannot be used"),
        ("gateway_of_tests:number", "is no function"),
    ],
)
def test_a_host_that_is_none_is_refused_before_anything_is_done(told: str, host: str, name: str, message: str) -> None:
    answer = shell("--store", told, "advance", "--to", "2025-03-02", "--on-move", name)
    assert (answer.code, answer.out) == (1, "")
    assert message in answer.err
    assert shell("--store", told, "status", "--json").json["size"] == 9


def test_a_store_that_is_not_there_is_not_made(fresh: str) -> None:
    for command in ("advance", "work"):
        answer = shell("--store", fresh, command)
        assert (answer.code, answer.out) == (1, "")
        assert "there is no store at" in answer.err


# A worker


@pytest.mark.rule("R37")
def test_work_carries_out_what_is_due_until_it_is_interrupted(told: str) -> None:
    words = [sys.executable, "-m", "modeltrail", "--store", told, "work", "--every", "0.05"]
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*words], env=None, bufsize=1, **options) as worker:
        assert worker.stdout is not None
        first = worker.stdout.readline()
        worker.send_signal(signal.SIGINT)
        rest, said = worker.communicate(timeout=60)
    assert "position 10 acme/chat: the default is v2" in first
    assert (worker.returncode, said) == (130, "interrupted\n"), rest
    assert shell("--store", told, "serving", "stays", "--json").json["status"] == "stopped"
