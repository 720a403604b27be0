"""What of the library under the log stays usable, and that nothing else knows it."""

from __future__ import annotations

import ast
import sqlite3
from pathlib import Path

import pytest
from eventsourcing.persistence import ProcessRecorder, StoredEvent, Tracking

import modeltrail.datastore
from log.examples import filled, opened, policy
from modeltrail.datastore import LogRecorder
from modeltrail.log import Log

ROOT = Path(modeltrail.datastore.__file__).parent


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_one_file_knows_the_library() -> None:
    """Trap 12: its next version is incompatible."""
    files = [path for folder in (ROOT, ROOT / "domain", ROOT / "projections") for path in folder.rglob("*.py")]
    users = [path.name for path in files if any(name.split(".")[0] == "eventsourcing" for name in imported(path))]
    assert users == ["datastore.py"]


def test_streams_are_named_by_text(log: Log) -> None:
    """Trap 12: its next version knows no UUIDs; a text that looks like one stays a text."""
    name = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    log.append([policy(name)])
    (stored,) = log._recorder.select_events(f"deployment/{name}")
    assert stored.originator_id == f"deployment/{name}"
    assert log._recorder.datastore.originator_id_type == "text"


def test_notifications_carry_positions(log: Log) -> None:
    """Trap 14: with the position as primary key no column of the result is called rowid."""
    filled(log, 6)
    recorder = log._recorder
    assert isinstance(recorder, ProcessRecorder)
    found = recorder.select_notifications(2, 3)
    assert [(each.id, each.originator_id, each.originator_version) for each in found] == [
        (2, "deployment/d1", 1),
        (3, "deployment/d0", 2),
        (4, "deployment/d1", 2),
    ]
    assert b'"position":2' in found[0].state
    assert ids(recorder, None, 2) == [1, 2]
    assert ids(recorder, 2, 9, 4) == [2, 3, 4]
    assert [each.id for each in recorder.select_notifications(2, 9, inclusive_of_start=False)] == [3, 4, 5, 6]
    assert [each.id for each in recorder.select_notifications(1, 9, topics=["deployment.policy-changed"])][-1] == 6
    assert recorder.select_notifications(1, 9, topics=["model.registered"]) == []
    assert recorder.max_notification_id() == 6


def ids(recorder: LogRecorder, start: int | None, limit: int, stop: int | None = None) -> list[int]:
    return [each.id for each in recorder.select_notifications(start, limit, stop)]


def test_the_events_of_a_stream_are_selected_by_version(log: Log) -> None:
    filled(log, 6)
    select = log._recorder.select_events
    assert [each.originator_version for each in select("deployment/d0")] == [1, 2, 3]
    assert [each.originator_version for each in select("deployment/d0", gt=1, lte=2)] == [2]
    assert [each.originator_version for each in select("deployment/d0", desc=True, limit=2)] == [3, 2]
    assert [each.topic for each in select("deployment/d0", limit=1)] == ["deployment.policy-changed"]


def test_a_stored_event_of_the_library_is_not_recorded(log: Log) -> None:
    """Trap 14: the inherited insert is positional, and such an event has no clocks."""
    with pytest.raises(TypeError, match=r"facts are recorded by Log.append"):
        log._recorder.insert_events([StoredEvent("deployment/a", 1, "t", b"{}")])
    assert log.size() == 0


def test_the_tracking_of_the_library_works(path: Path) -> None:
    with opened(path) as log:
        log._recorder.insert_tracking(Tracking("worker", 3))
    with opened(path) as log:
        assert log._recorder.max_tracking_id("worker") == log.tracked("worker") == 3
        assert log._recorder.has_tracking_id("worker", 3)


def test_a_position_is_the_key_of_its_row(path: Path) -> None:
    """Trap 6: an implicit rowid is given again; ours is a column that the guards keep gapless."""
    with opened(path) as log:
        filled(log, 3)
    connection = sqlite3.connect(path)
    columns = {name: key for _, name, _, _, _, key in connection.execute("PRAGMA table_info(events)")}
    connection.close()
    assert columns["position"] == 1
    assert sum(columns.values()) == 1


def test_the_environment_does_not_change_a_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 13: the library's factory reads the environment."""
    for name in ("SQLITE_DBNAME", "COMPRESSOR_TOPIC", "CIPHER_TOPIC", "PERSISTENCE_MODULE", "CREATE_TABLE"):
        monkeypatch.setenv(name, "no")
    with opened(path) as log:
        assert len(log.append([policy("a")])) == 1
