"""R42: who is named, in words and in JSON, for what a provider's log states and what exports show?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.exports import CHAT, NEW, deployment, logged, written
from cli.shell import shell

pytest.importorskip("ijson")
ALICE = "done by alice@example.com"


@pytest.fixture
def watched(fresh: str, tmp_path: Path) -> str:
    """Given a deployment that moved by hand and got another policy between two exports, and the log of that time."""
    moved = deployment("chat", NEW, option="OnceCurrentVersionExpired")
    exports = {
        "azure-deployments": [("2025-03-01", deployment("chat")), ("2025-03-02", moved)],
        "azure-activity-log": [("2025-03-03", logged(CHAT, "2025-03-01T12:00:00Z"))],
    }
    for kind, files in exports.items():
        for day, row in files:
            file = written(tmp_path / f"{kind}.{day}.json", row)
            assert shell("--store", fresh, "import", kind, file, "--by", "importer").code == 0
    return fresh


def said(store: str, *words: str) -> str:
    """What a command prints, as one line."""
    return " ".join(shell("--store", store, *words).out.split())


def test_the_history_names_who_made_a_logged_change_and_who_set_the_policy_that_was_seen(watched: str) -> None:
    words = said(watched, "history", "chat")
    logged_change, policy = words.index("deployment.change-logged"), words.rindex("deployment.policy-changed")
    assert words[logged_change:].count(ALICE) == 1
    assert words.count(ALICE) == 2
    assert f"{ALICE}, by importer" in words[policy:].split("deployment.sku-changed")[0]


def test_the_course_and_an_answer_name_who_changed_the_version(watched: str) -> None:
    assert f"assumed, by-hand, {ALICE}, manual under azure-openai" in said(watched, "course", "chat")
    assert "done by alice@example.com" in said(watched, "serving", "chat", "--at", "2025-03-01T12:00Z")
    assert ALICE not in said(watched, "serving", "chat", "--at", "2025-03-01T11:00Z")


def test_json_names_them_as_well(watched: str) -> None:
    answer = shell("--store", watched, "serving", "chat", "--at", "2025-03-02", "--json").json
    assert (answer["logged_by"], answer["policy"]) == (["alice@example.com"], "upgrade-when-expired")
    segments = shell("--store", watched, "course", "chat", "--json").json["segments"]
    assert segments[0]["logged_by"] == [] and segments[1]["logged_by"] == ["alice@example.com"]


def test_a_row_of_a_policy_says_who_set_it(watched: str) -> None:
    (row,) = shell("--store", watched, "projections", "query", "policies", CHAT, "--json").json["rows"]
    assert (row["policy"], row["logged_by"]) == ("upgrade-when-expired", "alice@example.com")
