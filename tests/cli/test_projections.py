"""Do the commands that keep the tables of projections say what they do, and what to do when they cannot?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from cli.shell import Answer, shell
from modeltrail import Projection
from modeltrail.projections.built_in import ALL

NAMES = sorted(projection.name for projection in ALL)
STATUS = [
    *("name", "question", "edition", "stored_edition", "state", "position", "lag_facts", "rows"),
    *("dead_letters", "last_error", "error_position"),
]
SOME_FAIL = """if event.deployment in ("faq-bot", "legacy-bot"):
        raise RuntimeError("no owner")
    return Owner(event.owner)"""
ONE_FAILS = SOME_FAIL.replace('("faq-bot", "legacy-bot")', '("faq-bot",)')
TERMINAL = {**os.environ, "TERM": "xterm", "FORCE_COLOR": "1"}
"""Somebody who asks for colour asks for no bar in a pipe."""
Writes = Callable[..., str]


def projections(store: str, *words: object) -> Answer:
    return shell("--store", store, "projections", *words)


def told(answer: Answer) -> str:
    """The one sentence of a command that failed."""
    assert (answer.code, answer.out) == (1, "")
    assert len(answer.err.splitlines()) == 1
    return answer.err.strip()


def said(answer: Answer) -> str:
    """What a command printed, on one line."""
    assert answer.err == ""
    return " ".join(answer.out.split())


def status_of(store: str, name: str) -> dict[str, Any]:
    (found,) = projections(store, "status", name, "--json").json["projections"]
    assert isinstance(found, dict)
    return found


# list


def test_list_names_all_with_their_columns_and_needs_no_store(fresh: str, tmp_path: Path) -> None:
    listed = shell("projections", "list", "--json").json["projections"]
    assert [one["name"] for one in listed] == NAMES
    (tests,) = [one for one in listed if one["name"] == "tests"]
    assert set(tests) == {"name", "question", "edition", "key", "columns"}
    assert tests["key"] == ["deployment", "model", "version"]
    assert {"name": "tested_at", "type": "moment"} in tests["columns"]
    assert list(tmp_path.iterdir()) == []


def test_list_shows_the_question_the_key_and_the_columns() -> None:
    shown = shell("projections", "list").out.splitlines()
    assert shown[:5] == [
        "projection     edition  key         question and columns",
        "announcements  1        model       What was announced of each version?",
        "                        version     said, is_withdrawn",
        "                        kind",
        "                        sku",
    ]
    assert max(map(len, shown)) <= 80


# status


def test_status_says_in_words_that_nothing_is_stored(fleet: str) -> None:
    assert said(projections(fleet, "status")) == (
        "nothing is stored: a question builds the tables that it needs, modeltrail projections rebuild NAME builds "
        "them ahead of it"
    )
    assert said(projections(fleet, "status", "policies")).startswith("nothing is stored of policies: ")


def test_status_has_the_documented_fields_and_builds_nothing(fleet: str) -> None:
    for _ in range(2):
        found = projections(fleet, "status", "--json").json
        assert set(found) == {"store", "projections", "letters"}
        assert [one["name"] for one in found["projections"]] == NAMES
        assert all(list(one) == STATUS and one["state"] is None for one in found["projections"])
        assert found["letters"] is None


def test_status_shows_position_lag_rows_and_state(fleet: str) -> None:
    projections(fleet, "rebuild", "policies")
    shell("--store", fleet, "apply", "-", stdin=json.dumps({"do": "model.release", "model": "a/b", "version": "1"}))
    assert projections(fleet, "status", "policies").out.splitlines() == [
        "projection  edition  position  behind  rows  state",
        "policies    2        230       1       10    current",
    ]
    assert "models not stored" in said(projections(fleet, "status"))
    assert status_of(fleet, "policies")["lag_facts"] == 1


def test_status_lists_what_could_not_be_taken(fleet: str, owners: Writes) -> None:
    name = owners(SOME_FAIL)
    projections(fleet, "rebuild", name)
    words = projections(fleet, "status", name)
    assert words.out.splitlines() == [
        "projection  edition  position  behind  rows  state",
        "owners      1        230       0       8     current",
        "                                             2 dead letters; position 216:",
        "                                             RuntimeError: no owner",
        "",
        "facts that could not be taken; their keys are as before:",
        "position  key         error",
        "215       legacy-bot  RuntimeError: no owner",
        "216       faq-bot     RuntimeError: no owner",
    ]
    found = projections(fleet, "status", name, "--json").json
    assert found["letters"][0] == {"key": ["legacy-bot"], "position": 215, "error": "RuntimeError: no owner"}
    assert projections(fleet, "status", name, "--exit-code") == Answer(3, words.out, "")


def test_status_of_what_is_stored_and_not_installed(fleet: str, owners: Writes) -> None:
    projections(fleet, "rebuild", owners())
    assert "owners 1 230 0 10 current, not installed" in said(projections(fleet, "status"))
    assert status_of(fleet, "owners")["edition"] is None


def test_status_of_an_older_edition_says_so(fleet: str, owners: Writes) -> None:
    projections(fleet, "rebuild", owners())
    assert "current, its code is edition 2" in said(projections(fleet, "status", owners(edition=2)))


# rebuild


def test_rebuild_says_what_was_built_and_moves_nothing(fleet: str) -> None:
    size = shell("--store", fleet, "status", "--json").json["size"]
    answer = projections(fleet, "rebuild", "policies")
    assert answer == Answer(0, "policies: edition 2 is built up to position 230, 10 rows\n", "")
    assert shell("--store", fleet, "status", "--json").json["size"] == size


def test_rebuild_tells_of_dead_letters(fleet: str, owners: Writes) -> None:
    answer = projections(fleet, "rebuild", owners(SOME_FAIL), "--exit-code")
    assert answer.code == 3
    assert said(answer) == (
        "owners: edition 1 is built up to position 230, 8 rows; 2 dead letters; position 216: RuntimeError: no owner"
    )


def test_rebuild_prints_the_state_as_json(fleet: str) -> None:
    (built,) = projections(fleet, "rebuild", "tests", "--json").json["projections"]
    assert list(built) == STATUS
    assert (built["name"], built["state"], built["rows"], built["lag_facts"]) == ("tests", "current", 1, 0)


def test_rebuild_all_builds_what_is_stored(fleet: str, owners: Writes) -> None:
    assert projections(fleet, "rebuild", "--all", "--json").json == {"projections": []}
    for name in ("policies", "tests", owners()):
        projections(fleet, "rebuild", name)
    built = projections(fleet, "rebuild", "--all", "--json").json["projections"]
    assert [one["name"] for one in built] == ["policies", "tests"], "what is not installed cannot be built"


def test_rebuild_beside_an_older_edition_takes_its_place(fleet: str, owners: Writes) -> None:
    for edition in (1, 2):
        projections(fleet, "rebuild", owners(edition=edition))
    found = projections(fleet, "status", "owners", "--json").json["projections"]
    assert [(one["stored_edition"], one["state"]) for one in found] == [(1, "superseded"), (2, "current")]


def test_an_interrupted_rebuild_says_how_it_goes_on(fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("modeltrail.building.reach", interrupted)
        answer = projections(fleet, "rebuild", "policies")
    assert answer == Answer(130, "", "interrupted: modeltrail projections rebuild policies goes on where it was\n")
    found = status_of(fleet, "policies")
    assert (found["state"], found["position"]) == ("building", 230)
    assert "policies 2 230 0 0 building" in said(projections(fleet, "status", "policies"))
    assert projections(fleet, "rebuild", "policies").code == 0
    assert status_of(fleet, "policies")["state"] == "current"


def rebuilt(store: str, stderr: int) -> subprocess.Popen[str]:
    """A rebuild in small pages by a process of its own."""
    code = "import modeltrail.building as b; b.PAGE = 50; from modeltrail.cli import main; main()"
    words = [sys.executable, "-c", code, "--store", store, "projections", "rebuild", "policies"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8", env=TERMINAL)


def test_a_bar_is_shown_on_a_terminal(fleet: str) -> None:
    ours, theirs = os.openpty()
    with rebuilt(fleet, theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux says so where the other end is closed
            while some := os.read(ours, 4096):
                shown += some
        os.close(ours)
        assert process.communicate()[0] == "policies: edition 2 is built up to position 230, 10 rows\n"
    assert b"policies" in shown
    assert b"%" in shown


def test_no_bar_is_shown_in_a_pipe(fleet: str) -> None:
    with rebuilt(fleet, subprocess.PIPE) as process:
        assert process.communicate() == ("policies: edition 2 is built up to position 230, 10 rows\n", "")


# retry


def test_retry_says_how_many_keys_are_mended(fleet: str, owners: Writes) -> None:
    projections(fleet, "rebuild", owners(SOME_FAIL))
    assert projections(fleet, "retry", owners(SOME_FAIL)).out == "0 keys mended, 2 are still stale\n"
    assert projections(fleet, "retry", owners(ONE_FAILS), "--exit-code") == Answer(
        3, "1 key mended, 1 is still stale\n", ""
    )
    assert projections(fleet, "retry", owners(), "--json").json == {"projection": "owners", "mended": 1, "stale": 0}
    assert projections(fleet, "retry", owners(), "--exit-code") == Answer(0, "nothing was stale\n", "")
    assert status_of(fleet, "owners")["rows"] == 10


# check


class Law(NamedTuple):
    name: str
    sentence: str


@pytest.fixture
def laws(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What was checked, by a stand-in that lets `tests` break the second of three laws."""
    checked = []

    def check_law(projection: Projection[Any], law: Law, *, examples: int) -> None:
        checked.append((projection.name, law.name, examples))
        if (projection.name, law.name) == ("tests", "restart"):
            raise AssertionError("tests breaks it\n  facts 1 to 3")

    testing = ModuleType("modeltrail.testing")
    laws = (Law("live", "The same rows."), Law("restart", "It goes on."), Law("rebuild", "It is built anew."))
    vars(testing).update(check_law=check_law, LAWS=laws)
    monkeypatch.setitem(sys.modules, "modeltrail.testing", testing)
    return checked


def test_check_names_each_law(fresh: str, laws: list[tuple[str, str, int]]) -> None:
    answer = shell("projections", "check", "policies", "--examples", "7")
    assert answer.out.splitlines() == [
        "ok  live: The same rows.",
        "ok  restart: It goes on.",
        "ok  rebuild: It is built anew.",
        "policies keeps all laws, on 7 examples of each",
    ]
    assert (answer.code, answer.err) == (0, "")
    assert laws == [("policies", law, 7) for law in ("live", "restart", "rebuild")]


def test_check_shows_the_first_law_that_is_broken(fresh: str, laws: list[tuple[str, str, int]]) -> None:
    answer = shell("projections", "check", "tests")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.splitlines() == [
        "ok  live: The same rows.",
        "BROKEN  restart: It goes on.",
        "tests breaks it",
        "  facts 1 to 3",
    ]
    as_json = shell("projections", "check", "tests", "--json")
    assert as_json.code == 1
    assert json.loads(as_json.out) == {
        "projection": "tests",
        "examples": 50,
        "ok": False,
        "laws": [
            {"law": "live", "sentence": "The same rows.", "ok": True},
            {"law": "restart", "sentence": "It goes on.", "ok": False},
        ],
        "flaw": "tests breaks it\n  facts 1 to 3",
    }


def test_check_names_the_extra_that_is_missing(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert told(shell("projections", "check", "policies")) == (
        "drawing histories needs hypothesis: pip install 'modeltrail[testing]'"
    )


# drop


def test_drop_removes_tables_and_nothing_that_was_recorded(fleet: str) -> None:
    size = shell("--store", fleet, "verify", "--json").json["size"]
    projections(fleet, "rebuild", "policies")
    assert said(projections(fleet, "drop", "policies", "--yes")) == (
        "policies: 1 set of tables dropped; nothing that was recorded is lost"
    )
    assert status_of(fleet, "policies")["state"] is None
    assert shell("--store", fleet, "verify", "--json").json["size"] == size


def test_drop_of_what_is_superseded_leaves_what_answers(fleet: str, owners: Writes) -> None:
    projections(fleet, "rebuild", "policies")
    assert projections(fleet, "drop", "policies", "--superseded").out == "policies: nothing of it is superseded\n"
    for edition in (1, 2):
        projections(fleet, "rebuild", owners(edition=edition))
    assert projections(fleet, "drop", "owners", "--superseded", "--yes", "--json").json == {
        "projection": "owners",
        "builds": 1,
    }
    assert status_of(fleet, "owners")["stored_edition"] == 2


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1)])
def test_drop_asks_at_a_terminal(fleet: str, monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    projections(fleet, "rebuild", "policies")
    assert told(projections(fleet, "drop", "policies")) == "nobody can be asked whether to drop policies: add --yes"
    monkeypatch.setattr("modeltrail.cli_projections.is_asked", lambda: True)
    answer = shell("--store", fleet, "projections", "drop", "policies", stdin=typed)
    assert answer.code == code
    assert "Nothing that was recorded is lost" in answer.err
    assert ("nothing was dropped" in answer.err) is (code == 1)
    assert (status_of(fleet, "policies")["state"] is None) is (code == 0)


# Errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("status", "policis"), "there is no projection 'policis': did you mean policies?"),
        (("rebuild", "policis"), "did you mean policies?"),
        (("retry", "policis"), "did you mean policies?"),
        (("check", "policis"), "did you mean policies?"),
        (("drop", "policis", "--yes"), "did you mean policies?"),
        (("drop", "policies", "--yes"), "no tables of 'policies' are stored: modeltrail projections status names"),
        (("rebuild", "owners_of_tests:number"), "owners_of_tests:number is no projection: name one, made with"),
        (("rebuild", "owners_of_tests:nobody"), "owners_of_tests has no 'nobody': correct the name"),
        (("rebuild", "no_such_module:owners"), "'no_such_module:owners' cannot be used"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_error_names_the_way_out(fleet: str, owners: Writes, words: Sequence[str], message: str) -> None:
    owners()
    assert message in told(projections(fleet, *words))


@pytest.mark.parametrize(
    "words", [("rebuild",), ("rebuild", "policies", "--all"), ("check", "policies", "--examples", "0"), ("drop",)]
)
def test_wrong_usage_is_2(fresh: str, words: Sequence[str]) -> None:
    answer = projections(fresh, *words)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: " in answer.err


@pytest.mark.parametrize("words", [("status",), ("rebuild", "policies"), ("retry", "policies"), ("drop", "policies")])
def test_a_store_that_is_not_there_is_not_made(fresh: str, tmp_path: Path, words: Sequence[str]) -> None:
    assert told(projections(fresh, *words)).startswith("there is no store at ")
    assert list(tmp_path.iterdir()) == []


def test_the_store_may_be_named_before_the_group_within_it_or_after(fleet: str) -> None:
    before = shell("--store", fleet, "projections", "status")
    assert shell("projections", "--store", fleet, "status") == before
    assert shell("projections", "status", "--store", fleet) == before
