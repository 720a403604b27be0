"""Does a trial say exactly what an import would record, and record nothing?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.exports import FIELDS, NEW, checkpoint, deployment, imported, written
from cli.shell import lines, shell
from modeltrail import Trail

pytest.importorskip("ijson")

NAME = "deployments-2025-03-01T0200Z.json"


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The export of a first night."""
    return written(tmp_path / NAME, deployment("chat"), deployment("mail"))


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_dry_run_records_nothing(fresh: str, night: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    imported(fresh, night)
    before = checkpoint(fresh)
    moved = written(tmp_path / "2025-03-02.json", deployment("chat", NEW))
    assert imported(fresh, moved, "--dry-run", *words).code == 0
    assert checkpoint(fresh) == before
    assert imported(fresh, moved, "--json").json["first"] == 9


def test_a_dry_run_prints_each_fact_that_would_be_recorded(fresh: str, night: Path, tmp_path: Path) -> None:
    imported(fresh, night)
    file = written(tmp_path / "2025-03-02.json", deployment("chat", NEW), deployment("mail"))
    told = imported(fresh, file, "--dry-run").out.splitlines()
    seen = f"model azure-openai/gpt-4o, version {NEW}, status serving, created_at 2024-06-01T08:00:00.123456Z, "
    seen += "not_before 2025-03-01T02:00:00Z"
    assert told[:4] == [
        "export.rows-observed azure-deployments 2025-03-02: 1 row shown otherwise than before",
        f"deployment.observed east/deployments/chat 2025-03-02: {seen}",
        "export.observed azure-deployments 2025-03-02: 2 rows",
        "",
    ]
    assert "3 would be new; a dry run records nothing" in told


def test_the_document_of_a_dry_run_has_what_is_then_recorded(fresh: str, night: Path) -> None:
    tried = imported(fresh, night, "--dry-run", "--json").json
    assert tuple(tried) == (*FIELDS, "would_record")
    assert (tried["dry_run"], tried["first"], tried["last"]) == (True, None, None)
    done = imported(fresh, night, "--json").json
    assert {**done, "dry_run": True, "first": None, "last": None} == {name: tried[name] for name in FIELDS}
    with Trail.open(fresh, read_only=True) as trail:
        facts = [(fact.event.type, fact.event.data(), fact.source) for fact in trail.events()]
    assert [(one["type"], one["data"], one["source"]) for one in tried["would_record"]] == facts
    assert {one["effective_at"] for one in tried["would_record"]} == {"2025-03-01T02:00:00Z"}


def test_a_dry_run_makes_no_store(fresh: str, night: Path, tmp_path: Path) -> None:
    assert imported(fresh, night, "--dry-run").code == 0
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_dry_run_carries_out_nothing_that_waits(fresh: str, night: Path) -> None:
    then = {"by": "alice@example.com", "known_at": "2025-01-01"}
    model = {"model": "acme/chat", **then}
    waiting = lines(
        {"do": "model.register", "run_by": "engine", **model},
        *({"do": "model.release", "version": version, **model} for version in ("v1", "v2")),
        {"do": "model.change_default", "version": "v1", **model},
        {"do": "deployment.create", "deployment": "chat", "policy": "auto-update", **model},
        {"do": "model.change_default", "version": "v2", "emergency": "v1 leaks", **model, "known_at": "2025-01-02"},
    )
    assert shell("--store", fresh, "apply", "-", "--acting", "worker", stdin=waiting).code == 0
    before = checkpoint(fresh)
    imported(fresh, night, "--dry-run")
    assert checkpoint(fresh) == before
    assert (
        imported(fresh, night, "--acting", "worker", "--json").json["last"] == before.size + 8 == checkpoint(fresh).size
    )
    imported(fresh, night)
    assert checkpoint(fresh).size == before.size + 8 + 1, "the move that waited"
