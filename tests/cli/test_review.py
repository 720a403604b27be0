"""Does the command line list what needs an eye, with what to do, and settle it?"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pytest

from cli.exports import CHAT, NEW, OLD, UNREADABLE, deployment, written
from cli.shell import Answer, lines, shell

WHY = ("--why", "CHG-7", "--by", "alice@example.com")


@pytest.fixture
def nights(fresh: str, tmp_path: Path) -> str:
    """Given two nights: between them `chat` went to another version, and in both a row cannot be read."""
    for day, version in (("01", OLD), ("02", NEW)):
        file = written(tmp_path / f"deployments-2025-03-{day}T0200Z.json", deployment("chat", version), UNREADABLE)
        assert shell("--store", fresh, "import", "azure-deployments", file).code == 0
    return fresh


def review(store: str, *words: str) -> Answer:
    return shell("--store", store, "review", *words)


def entries(store: str, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = review(store, "--json", *words).json["review"]
    return found


def settle(store: str, *words: str) -> Answer:
    return review(store, "settle", *words)


@pytest.mark.rule("R32", "R41")
def test_what_needs_an_eye_is_listed_kind_by_kind_with_what_to_do(nights: str) -> None:
    answer = review(nights)
    row, move = entries(nights)
    assert (answer.code, answer.err) == (0, "")
    told = " ".join(answer.out.split())
    assert "quarantined-row: correct the row at its source and import it again, or record by hand" in told
    assert "2025-03-01T02:00Z a row for azure-openai could not be read: properties.versionUpgradeOption" in told
    assert "unexplained-move: ask who changed the deployment" in told
    assert f"2025-03-02T02:00Z east/deployments/chat was last on azure-openai/gpt-4o {OLD} (2025-03-01T02:00" in told
    assert f"{row['id']}, position {row['positions'][0]}" in told
    assert f"{move['id']}, positions {move['positions'][0]}, {move['positions'][1]}" in told
    assert answer.out.endswith("2 open; to settle one: modeltrail review settle ENTRY --why REASON\n")
    assert all(len(line) <= 80 for line in answer.out.splitlines())


def test_an_entry_as_json(nights: str) -> None:
    row, move = entries(nights)
    assert (move["kind"], move["subject"], move["at"]) == ("unexplained-move", CHAT, "2025-03-02T02:00:00Z")
    assert (move["raw"], move["reason"], move["settled"]) == (None, None, None)
    assert '"Sometimes"' in row["raw"] and "versionUpgradeOption" in row["reason"]


def test_nothing_to_look_at_is_said(fresh: str) -> None:
    shell("--store", fresh, "apply", "-", stdin=lines({"do": "model.release", "model": "acme/chat", "version": "1"}))
    assert review(fresh) == Answer(0, "nothing is open\n", "")
    assert entries(fresh) == []
    assert review(fresh, "--exit-code").code == 0


def test_one_kind_alone(nights: str) -> None:
    assert [one["kind"] for one in entries(nights, "--kind", "unexplained-move")] == ["unexplained-move"]
    assert "quarantined" not in review(nights, "--kind", "unexplained-move").out
    wrong = review(nights, "--kind", "odd")
    assert wrong.code == 2 and "quarantined-row" in wrong.err


@pytest.mark.rule("R6")
def test_as_of_a_day_and_as_known_on_another(nights: str) -> None:
    assert [one["kind"] for one in entries(nights, "--at", "2025-03-02")] == ["quarantined-row"]
    assert [one["kind"] for one in entries(nights, "--known-at", "2025-03-02")] == ["quarantined-row"]
    assert entries(nights, "--at", "2025-03-01") == []


@pytest.mark.rule("R41", "R42")
def test_what_is_settled_is_listed_only_when_asked_for_with_who_and_why(nights: str) -> None:
    _, move = entries(nights)
    answer = settle(nights, move["id"], *WHY)
    assert answer.out.startswith(f"settled: {move['id']} (position ")
    assert [one["kind"] for one in entries(nights)] == ["quarantined-row"]
    (done,) = (one["settled"] for one in entries(nights, "--all") if one["settled"])
    assert (done["by"], done["why"]) == ("alice@example.com", "CHG-7")
    told = " ".join(review(nights, "--all").out.split())
    assert "by alice@example.com: CHG-7 (position" in told and told.endswith(
        "1 open; to settle one: modeltrail review settle ENTRY --why REASON"
    )


def test_several_are_settled_with_one_reason_or_none_of_them(nights: str) -> None:
    found = [one["id"] for one in entries(nights)]
    wrong = settle(nights, found[0], "quarantined-row:0", *WHY)
    assert (wrong.code, wrong.out) == (1, "")
    assert "nothing needs an eye as 'quarantined-row:0', or no longer: did you mean" in wrong.err
    assert len(entries(nights)) == 2
    assert settle(nights, *found, *WHY).out.count("settled: ") == 2
    assert entries(nights) == []


@pytest.mark.rule("R39")
def test_what_is_settled_already_is_not_settled_again(nights: str) -> None:
    (first, _) = entries(nights)
    assert settle(nights, first["id"], *WHY).code == 0
    assert settle(nights, first["id"], *WHY) == Answer(0, "settled before: nothing new was recorded\n", "")


def test_whoever_settles_is_the_login_name_unless_told(nights: str) -> None:
    (first, _) = entries(nights)
    settle(nights, first["id"], "--why", "known")
    (done,) = (one["settled"] for one in entries(nights, "--all") if one["settled"])
    assert done["by"] == getpass.getuser()


def test_nothing_is_settled_without_a_reason(nights: str) -> None:
    (first, _) = entries(nights)
    assert settle(nights, first["id"]).code == 2
    empty = settle(nights, first["id"], "--why", " ")
    assert (empty.code, empty.err) == (1, "what is settled has a reason: give why= with what was found\n")


def test_the_exit_code_says_whether_something_is_open(nights: str) -> None:
    assert review(nights).code == 0
    assert review(nights, "--exit-code").code == 3
    settle(nights, *(one["id"] for one in entries(nights)), *WHY)
    assert review(nights, "--exit-code", "--all").code == 0


@pytest.mark.rule("R45")
def test_a_retracted_settlement_opens_it_again(nights: str) -> None:
    (first, _) = entries(nights)
    settle(nights, first["id"], *WHY)
    (done,) = (one["settled"] for one in entries(nights, "--all") if one["settled"])
    line = lines({"do": "retract", "position": done["position"], "why": "it was another one"})
    assert shell("--store", nights, "apply", "-", stdin=line).code == 0
    assert len(entries(nights)) == 2


def test_a_line_of_apply_settles(nights: str) -> None:
    (first, _) = entries(nights)
    line = lines({"do": "settle", "entry": first["id"], "why": "known", "by": "alice@example.com"})
    assert shell("--store", nights, "apply", "-", stdin=line).out == "1 line recorded\n"
    assert shell("--store", nights, "apply", "-", stdin=line).out.endswith("1 line held nothing new\n")
    assert len(entries(nights)) == 1


def test_the_store_may_be_named_after_review(nights: str) -> None:
    (first, _) = entries(nights)
    assert shell("review", "--store", nights, "settle", first["id"], *WHY).code == 0
    assert len(entries(nights)) == 1
