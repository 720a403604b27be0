"""What the database itself refuses, whoever writes to the file (R45)."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from log.examples import filled, opened, policy

pytestmark = pytest.mark.rule("R45")

NEXT = "SELECT 7, 'deployment/d0', 4, type, effective_at, known_at, recorded_at, command_id, body, leaf FROM events"


@pytest.fixture
def stranger(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program on the file of a log with six facts, three in each of its two streams."""
    with opened(path) as log:
        filled(log, 6)
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET type = 'x'",
        "UPDATE events SET position = 99 WHERE position = 6",
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 6",
        "UPDATE commands SET last = 2",
        "DELETE FROM commands",
        "UPDATE frontier SET size = 5",
        "UPDATE frontier SET hashes = x''",
        "UPDATE frontier SET size = 7",
        "UPDATE frontier SET id = 2",
        "DELETE FROM frontier",
        "INSERT OR REPLACE INTO frontier VALUES (1, 0, x'')",
        "INSERT INTO commands VALUES ('c0', 7, 6)",
        "INSERT OR REPLACE INTO commands VALUES ('c0', 7, 6)",
        "INSERT INTO commands VALUES ('new', 1, 3)",
        "INSERT INTO commands VALUES ('new', 8, 7)",
        "INSERT INTO commands VALUES ('new', 0, 6)",
        "INSERT INTO commands VALUES ('new', 8, 6)",
        "INSERT INTO commands VALUES (NULL, 7, 6)",
    ],
)
def test_nothing_recorded_is_changed_or_removed(stranger: sqlite3.Connection, statement: str) -> None:
    assert_refused(stranger, statement)


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("7,", "8,"),
        ("7,", "6,"),
        ("7,", "1,"),
        ("7,", "0,"),
        ("7,", "-1,"),
        ("7,", "NULL,"),
        ("4, type", "3, type"),
        ("4, type", "5, type"),
        ("'deployment/d0', 4", "'deployment/new', 2"),
        ("effective_at, known_at, recorded_at,", "0, 0, recorded_at - 1,"),
        ("effective_at,", "known_at + 1,"),
    ],
)
def test_only_the_next_row_is_taken(stranger: sqlite3.Connection, verb: str, given: str, other: str) -> None:
    """Replacing a row asks no delete trigger."""
    row = f"{NEXT.replace(given, other, 1)} WHERE position = 6"
    assert_refused(stranger, f"{verb} INTO events {row}")


@pytest.mark.parametrize("row", ["(stream, stream_version) VALUES ('deployment/new', 1)"])
def test_a_row_without_a_position_is_refused(stranger: sqlite3.Connection, row: str) -> None:
    assert_refused(stranger, f"INSERT INTO events {row}")


def test_the_next_row_itself_would_be_taken(stranger: sqlite3.Connection) -> None:
    stranger.execute(f"INSERT INTO events {NEXT} WHERE position = 6")
    assert stranger.total_changes == 1


def assert_refused(connection: sqlite3.Connection, statement: str) -> None:
    tables = ("events", "commands", "frontier")
    before = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    ignored = contextlib.suppress(sqlite3.IntegrityError)
    with ignored if "OR IGNORE" in statement else pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    assert [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables] == before


def test_positions_are_not_reused_and_have_no_gaps_after_a_failed_append(path: Path) -> None:
    """Trap 6: the library's notification id is a rowid, which is given again after a delete."""
    with opened(path) as log:
        filled(log, 4)
        with pytest.raises(ValueError, match="surrogate"):
            log.append([policy("a"), policy("b", "manual"), replace(policy("c"), by="\ud800")])
        connection = sqlite3.connect(path)
        assert_refused(connection, "DELETE FROM events WHERE position = 4")
        connection.close()
        (fact,) = log.append([policy("a")])
        assert fact.position == 5
        assert [each.position for each in log.read()] == [1, 2, 3, 4, 5]
        assert log._recorder.max_notification_id() == 5
