"""Do JSON lines become facts, each whole or not at all, and does a bad line say what is wrong with it?"""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cli.shell import Answer, lines, shell
from modeltrail import Trail
from modeltrail.apply import ATTEMPTS, COMMON, VERBS, apply_lines
from modeltrail.domain.refusals import Conflict
from modeltrail.recording import Recording

MODEL = "acme/chat"
REGISTER = {"do": "model.register", "model": MODEL, "run_by": "engine", "rules": "engine"}
RELEASE = {"do": "model.release", "model": MODEL, "version": "1"}
CREATE = {"do": "deployment.create", "deployment": "chat-prod", "model": MODEL, "policy": "manual"}
TRUST = {"do": "catalogue.trust", "catalogue": "acme", "sources": ["azure-models", "https://learn.microsoft.com"]}
POLICY = {"do": "deployment.change_policy", "deployment": "chat-prod", "policy": "auto-update"}


def apply(store: str, *commands: Mapping[str, object], keep_going: bool = False) -> Answer:
    return shell("--store", store, "apply", "-", *["--keep-going"][: int(keep_going)], stdin=lines(*commands))


def events(store: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell("--store", store, "history", name, "--json").json["events"]
    return found


def test_lines_from_standard_input_and_from_a_file_are_the_same(fresh: str, tmp_path: Path) -> None:
    assert apply(fresh, REGISTER, RELEASE) == Answer(0, "2 lines recorded\n", "")
    file = tmp_path / "more.jsonl"
    file.write_text(lines(CREATE), encoding="utf-8")
    assert shell("--store", fresh, "apply", file) == Answer(0, "1 line recorded\n", "")
    assert [one["type"] for one in events(fresh, "chat-prod")] == ["deployment.created"]


@pytest.mark.rule("R42")
def test_a_line_says_who_why_and_from_where(fresh: str) -> None:
    common = {"by": "alice@example.com", "why": "CHG-1", "source": "a mail", "effective_at": "2025-01-01"}
    apply(fresh, {**REGISTER, **common, "known_at": "2025-01-02T10:00:00Z"}, RELEASE)
    first, second = events(fresh, MODEL)
    assert {name: first[name] for name in (*common, "known_at")} == {
        **common,
        "effective_at": "2025-01-01T00:00:00Z",
        "known_at": "2025-01-02T10:00:00Z",
    }
    assert (second["by"], second["why"], second["source"]) == (getpass.getuser(), None, None)


def test_who_can_be_said_for_all_lines(fresh: str) -> None:
    shell("--store", fresh, "apply", "-", "--by", "bot@example.com", stdin=lines(REGISTER, {**RELEASE, "by": "alice"}))
    assert [one["by"] for one in events(fresh, MODEL)] == ["bot@example.com", "alice"]


def test_a_machine_that_does_not_know_its_user_says_unknown(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    apply(fresh, REGISTER)
    assert [one["by"] for one in events(fresh, MODEL)] == ["unknown"]


@pytest.mark.rule("R39")
def test_a_repeated_command_records_nothing(fresh: str) -> None:
    apply(fresh, REGISTER, RELEASE)
    first = apply(fresh, {**CREATE, "command_id": "c-1"}, {**CREATE, "policy": "auto-update", "command_id": "c-1"})
    assert first == Answer(0, "1 line recorded; 1 line held nothing new\n", "")
    assert len(events(fresh, "chat-prod")) == 1


@pytest.mark.rule("R39")
def test_a_decision_in_force_records_nothing(fresh: str) -> None:
    answer = apply(fresh, REGISTER, RELEASE, CREATE, CREATE)
    assert answer == Answer(0, "3 lines recorded; 1 line held nothing new\n", "")


def test_the_run_stops_at_the_first_bad_line(fresh: str) -> None:
    answer = apply(fresh, REGISTER, {**RELEASE, "verson": "2"}, CREATE)
    assert (answer.code, answer.out) == (1, "1 line recorded; 1 line failed\n")
    assert answer.err == (
        'line 2: model.release has no argument "verson": did you mean "version"?\n'
        "stopped: mend the line and apply from line 2 on, or use --keep-going\n"
    )
    assert len(events(fresh, MODEL)) == 1


def test_the_run_goes_on_if_it_shall(fresh: str) -> None:
    answer = apply(fresh, REGISTER, {"do": "nothing"}, RELEASE, {**CREATE, "version": "9"}, keep_going=True)
    assert (answer.code, answer.out) == (1, "2 lines recorded; 2 lines failed\n")
    assert [line.partition(":")[0] for line in answer.err.splitlines()] == ["line 2", "line 4"]


def test_lines_are_counted_as_an_editor_does(fresh: str) -> None:
    text = f"\ufeff{lines(REGISTER)}\r\n   \n{lines(RELEASE)}oops"
    answer = shell("--store", fresh, "apply", "-", stdin=text.encode())
    assert answer.out == "2 lines recorded; 1 line failed\n"
    assert answer.err.startswith("line 5: this is no JSON (")


BAD: Sequence[tuple[Mapping[str, object], str]] = [
    ({}, '"do" is missing'),
    ({"do": None}, '"do" is missing'),
    ({"do": 5}, '"do": 5 is unknown: use one of'),
    ({"do": "proceed", "to": "2025-01-01"}, '"do": "proceed" is unknown'),
    ({"do": "model.relase"}, 'did you mean "model.release"?'),
    ({"do": "model._record"}, '"do": "model._record" is unknown'),
    ({"do": "model.zzzzzzzzzzzz"}, "use one of model.announce_default, "),
    ({"do": "model.release", "version": "1"}, '"model" is missing'),
    ({"do": "model.release", "model": MODEL}, 'model.release needs "version"'),
    ({"do": "model.release", "model": 5, "version": "1"}, "model: 5 cannot be used"),
    ({"do": "model.release", "model": "a/", "version": "1"}, "'a/' is no model name: write catalogue/name"),
    ({**RELEASE, "deployment": "chat-prod"}, "model.release is about a model"),
    ({"do": "deployment.create", "model": MODEL}, '"deployment" is missing'),
    ({"do": "deployment.delete"}, '"deployment" is missing'),
    ({**POLICY, "model": MODEL}, 'deployment.change_policy has no argument "model"'),
    ({**RELEASE, "version": 5}, "version: 5 cannot be used: it should be a valid string"),
    ({**RELEASE, "version": " 1"}, "version: ' 1' has control characters or outer spaces"),
    ({**RELEASE, "stage": "beta"}, "stage: \"beta\" cannot be used: it should be 'preview', "),
    ({**RELEASE, "api_versions": "2024"}, 'api_versions: "2024" cannot be used'),
    ({**RELEASE, "api_versions": [1]}, "api_versions: [1] cannot be used"),
    ({**RELEASE, "by": ""}, 'by: "" cannot be used'),
    ({**RELEASE, "why": 5}, "why: 5 cannot be used"),
    ({**RELEASE, "effective_at": "2025-02-30"}, "effective_at: '2025-02-30' is no date: write 2025-03-26"),
    ({**RELEASE, "known_at": "2025-02-03T10:00"}, "known_at: 2025-02-03T10:00:00 has no time zone: add Z"),
    ({**RELEASE, "effective_at": 20250101}, "effective_at: 20250101 cannot be used"),
    ({**RELEASE, "effective_at": "2999-01-01"}, "what lies ahead is announced"),
    ({**RELEASE, "version": "2", "why": "\ud800"}, "half of a surrogate pair"),
    ({**REGISTER, "rules": "nope"}, "no rules are published as 'nope': use one of "),
    ({**REGISTER, "rules": {"id": "mine", "notice_days": -1}}, "notice_days: -1 cannot be used"),
    ({**REGISTER, "rules": {"id": "mine", "notice": 1}}, "notice is unknown"),
    ({**REGISTER, "rules": {"notice_days": 1}}, "id is missing"),
    ({**REGISTER, "rules": 5}, "rules: 5 cannot be used"),
    ({"do": "model.announce_retirement", "model": MODEL, "version": "1", "on": "soon"}, "on: 'soon' is no date"),
    ({"do": "model.name_replacement", "model": MODEL, "version": "1", "lead_days": "5"}, 'lead_days: "5" cannot'),
    ({"do": "retract", "position": 1}, 'retract needs "why"'),
    ({"do": "retract", "position": True, "why": "x"}, "position: true cannot be used"),
    ({"do": "retract", "position": 99, "why": "x"}, "99"),
    ({**POLICY, "deployment": "chat-prd"}, "no deployment is known as 'chat-prd': did you mean 'chat-prod'?"),
    ({**CREATE, "deployment": "b", "version": "9"}, "version '9' of acme/chat cannot be chosen: choose one of 1"),
    ({"do": "catalogue.trust", "sources": ["a"]}, '"catalogue" is missing: say which catalogue catalogue.trust is'),
    ({"do": "catalogue.trust", "catalogue": "acme"}, 'catalogue.trust needs "sources"'),
    ({**TRUST, "sources": "azure-models"}, 'sources: "azure-models" cannot be used'),
    ({**TRUST, "sources": [5]}, "sources: [5] cannot be used"),
    ({**TRUST, "sources": [""]}, "sources"),
    ({**TRUST, "sources": ["a", "a"]}, "sources: 'a' is named twice"),
    ({**TRUST, "catalogue": MODEL}, "'acme/chat' names a model: name its catalogue, 'acme'"),
]


@pytest.mark.parametrize(("command", "said"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_line_that_cannot_be_recorded_says_why(fresh: str, command: Mapping[str, object], said: str) -> None:
    apply(fresh, REGISTER, RELEASE, CREATE)
    before = shell("--store", fresh, "verify", "--json").json
    answer = apply(fresh, command)
    assert (answer.code, answer.out) == (1, "0 lines recorded; 1 line failed\n")
    assert said in answer.err.splitlines()[0]
    assert answer.err.startswith("line 1: ") and len(answer.err.splitlines()) == 2
    assert shell("--store", fresh, "verify", "--json").json == before


MALFORMED = [
    (b"[1]", "[1] is no command: write one JSON object"),
    (b'"x"', '"x" is no command'),
    (b'{"do": "model.release"', "this is no JSON (expecting ',' delimiter, column 23)"),
    (b'{"do": "model.release", "model": "a/b", "model": "a/b"}', '"model" is given twice'),
    (b'{"do": "model.register", "model": "a/b", "rules": {"id": "a", "id": "b"}}', '"id" is given twice'),
    (b'{"do": "model.release", "model": "a/b", "version": NaN}', "NaN is no number"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"do": ' + b"1" * 5_000 + b"}", "line 1: "),
    (b'{"do": "caf\xe9"}', "this is not UTF-8 text (byte 12)"),
    (b"\xff\xfe{\x00", "this is not UTF-8 text"),
]


@pytest.mark.parametrize(("line", "said"), MALFORMED, ids=[said for _, said in MALFORMED])
def test_a_line_that_is_no_command_says_so(fresh: str, line: bytes, said: str) -> None:
    answer = shell("--store", fresh, "apply", "-", stdin=line)
    assert answer.code == 1
    assert said in answer.err.splitlines()[0]


@pytest.mark.rule("R45")
def test_a_retraction_names_a_position_and_says_why(fresh: str) -> None:
    apply(fresh, REGISTER, RELEASE, {"do": "retract", "position": 2, "why": "a typing error"})
    last = events(fresh, MODEL)[-1]
    assert (last["type"], last["why"], last["data"]["position"]) == ("log.fact-retracted", "a typing error", 2)
    assert shell("--store", fresh, "model", MODEL, "--json").json["versions"] == []
    assert "retracted by position 3" in shell("--store", fresh, "history", MODEL).out


def test_every_verb_of_the_api_can_be_named_in_a_line() -> None:
    assert {"model.register", "model.name_replacement", "deployment.create", "deployment.tested", "retract"} <= set(
        VERBS
    )
    for verb in VERBS.values():
        assert "deployment" not in verb.parameters
        assert not set(verb.parameters) & (set(COMMON) - {"why"})


def test_null_means_what_it_means_in_the_api(fresh: str) -> None:
    apply(fresh, REGISTER, RELEASE, {**CREATE, "sku": "Standard"})
    answer = apply(fresh, {"do": "deployment.change_sku", "deployment": "chat-prod", "sku": None, "why": None})
    assert answer == Answer(0, "1 line recorded\n", "")
    assert shell("--store", fresh, "serving", "chat-prod", "--json").json["sku"] is None


@pytest.mark.rule("R13", "R39")
def test_a_line_declares_whose_word_counts_once_and_none_is_an_empty_list(fresh: str) -> None:
    answer = apply(fresh, {**TRUST, "why": "CHG-1"}, TRUST, {**TRUST, "sources": []})
    assert answer == Answer(0, "2 lines recorded; 1 line held nothing new\n", "")
    first, second = events(fresh, "acme")
    assert (first["type"], first["why"], first["data"]) == (
        "catalogue.trust-changed",
        "CHG-1",
        {"catalogue": "acme", "sources": TRUST["sources"]},
    )
    assert second["data"]["sources"] == []
    assert shell("--store", fresh, "history", "acm").code == 1


@pytest.mark.parametrize("lost", [ATTEMPTS - 1, ATTEMPTS])
def test_a_lost_race_is_run_again(lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    races = iter(range(lost))
    leave = Recording.__exit__

    def beaten(recording: Recording, *error: Any) -> None:
        if next(races, None) is not None:
            raise Conflict("another writer recorded something first")
        leave(recording, *error)

    monkeypatch.setattr(Recording, "__exit__", beaten)
    with Trail.open("memory:") as trail:
        (outcome,) = apply_lines(trail, [json.dumps(REGISTER).encode()], by="alice")
        assert trail.log.size() == (1 if lost < ATTEMPTS else 0)
    assert outcome.problem == (None if lost < ATTEMPTS else "another writer recorded something first")
