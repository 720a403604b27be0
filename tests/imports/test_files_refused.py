"""Is a file that is no such export refused, with the way out, and nothing of it recorded?"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from modeltrail import Trail
from modeltrail.datastore import StoreError
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.read import Read
from modeltrail.spool import Spool
from rules.given import NOW, on

pytest.importorskip("ijson")

ACCOUNTS = (
    "/subscriptions/1/resourcegroups/ai/providers/microsoft.cognitiveservices/accounts/east",
    "/subscriptions/1/resourcegroups/ai/providers/microsoft.cognitiveservices/accounts/west",
)
ROW = {
    "id": f"{ACCOUNTS[0]}/deployments/chat",
    "name": "chat",
    "properties": {"model": {"name": "gpt-4o", "version": "2024-05-13"}},
}
LOST = {**ROW, "id": None}


@pytest.fixture
def trail() -> Iterator[Trail]:
    with Trail.open("memory:", clock=lambda: NOW) as trail:
        yield trail


def read(trail: Trail, document: object, *accounts: str, on: str = "2025-03-01", dry_run: bool = False) -> Read:
    file = BytesIO(json.dumps(document).encode())
    export = AzureDeployments("azure-openai", accounts)
    return trail.read_export(export, file, observed_at=on, by="alice@example.com", dry_run=dry_run)


@pytest.mark.rule("R40")
def test_one_page_of_a_list_is_refused_since_what_it_lacks_would_be_gone(trail: Trail) -> None:
    with pytest.raises(ValueError, match=r"one page of a longer list \(nextLink\): fetch all of it"):
        read(trail, {"value": [ROW], "nextLink": "https://example.com/2"})
    assert trail.status().size == 0
    assert read(trail, {"value": [ROW], "nextLink": None}).rows == 1


@pytest.mark.rule("R40")
def test_an_empty_list_has_to_be_told_of_which_account_it_is(trail: Trail) -> None:
    with pytest.raises(ValueError, match=r"it lists nothing, and so does not say of what: name its accounts"):
        read(trail, [])
    assert trail.status().size == 0
    assert read(trail, [], ACCOUNTS[0]).scope == (ACCOUNTS[0],)


@pytest.mark.rule("R39", "R40")
def test_two_empty_accounts_have_the_same_bytes_and_are_two_readings(trail: Trail) -> None:
    first, second, again = (read(trail, [], account) for account in (*ACCOUNTS, ACCOUNTS[1]))
    assert (first.repeated, second.repeated, second.scope) == (False, False, ACCOUNTS[1:])
    assert (again.repeated, again.reading) == (True, second.reading)


@pytest.mark.rule("R41")
def test_a_file_of_which_no_row_can_be_placed_is_another_kind_of_file(trail: Trail) -> None:
    with pytest.raises(ValueError, match=r"none of its rows is one of azure-deployments \(row 1: id: None"):
        read(trail, [LOST, LOST])
    assert trail.status().size == 0
    assert [problem.row for problem in read(trail, [LOST, ROW]).quarantined] == [1]
    broken = {**ROW, "properties": None}
    assert [problem.row for problem in read(trail, [broken], on="2025-03-02").quarantined] == [1]


@pytest.mark.rule("R41")
@pytest.mark.parametrize("content", [[ROW], [{"name": "east", "kind": "OpenAI", "properties": {}}]])
def test_what_is_listed_beside_models_is_no_list_of_them(trail: Trail, content: object) -> None:
    file = BytesIO(json.dumps(content).encode())
    with pytest.raises(ValueError, match=r"none of its rows is one of azure-models \(row 1: it has properties"):
        trail.read_export(AzureModels("azure@uk"), file, observed_at="2025-03-01", by="alice@example.com")
    assert trail.status().size == 0


def test_a_trial_carries_out_nothing_that_waits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trail.db'}"
    with Trail.open(url, clock=lambda: NOW, acting="worker") as trail:
        model = on(trail, "2025-01-01").model("acme/chat")
        model.register(run_by="engine")
        for version in ("v1", "v2"):
            model.release(version)
        model.change_default("v1")
        on(trail, "2025-01-01").deployment("chat").create("acme/chat", policy="auto-update")
        on(trail, "2025-01-02").model("acme/chat").change_default("v2", emergency="v1 leaks")
    with Trail.open(url, clock=lambda: NOW) as trail:
        checkpoint = trail.log.checkpoint()
        read(trail, [ROW], dry_run=True)
        assert trail.log.checkpoint() == checkpoint
        read(trail, [ROW])
        assert "deployment.version-changed" in {fact.event.type for fact in trail.events()}


def test_a_stream_without_a_name_is_standard_input(trail: Trail) -> None:
    class Numbered(BytesIO):
        name = 7

    file = Numbered(json.dumps([ROW]).encode())
    told = trail.read_export(AzureDeployments(), file, observed_at="2025-03-01", by="alice@example.com")
    assert told.file == "standard input"


@pytest.mark.rule("R5")
def test_an_export_of_tomorrow_is_refused(trail: Trail) -> None:
    with pytest.raises(ValueError, match=r"it cannot have been made at 2026-01-02T00:00:00Z, which lies ahead"):
        read(trail, [ROW], on="2026-01-02")
    assert (trail.status().size, read(trail, [ROW], on="2026-01-01").rows) == (0, 1)


def test_a_disk_that_is_full_of_what_is_read_is_no_fault_of_the_file(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(Spool, "add", full)
    with pytest.raises(StoreError, match="the disk is full; nothing was recorded"):
        read(trail, [ROW])
