"""A log without its guards, or with a stranger's, is found, and nothing is recorded in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from log.examples import Clock, file_url, filled, opened
from modeltrail.log import Log
from modeltrail.proofs import Checkpoint


@pytest.fixture
def checkpoint(path: Path) -> Checkpoint:
    """The checkpoint of a log of seven facts, which lies at the path."""
    with opened(path) as log:
        return filled(log, 7).checkpoint()


def changed(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


GUARDS = (
    "events_next",
    "commands_next",
    "frontier_grows",
    "frontier_once",
    "events_no_update",
    "events_no_delete",
    "commands_no_update",
    "commands_no_delete",
    "frontier_no_delete",
)
HARMLESS = "BEFORE DELETE ON events WHEN 0 BEGIN SELECT 1; END"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        *(([f"DROP TRIGGER {guard}"], f"the guard {guard} is missing: ") for guard in GUARDS),
        (
            ["DROP TRIGGER events_no_delete", f"CREATE TRIGGER events_no_delete {HARMLESS}"],
            "the guard events_no_delete was changed: ",
        ),
        ([f"CREATE TRIGGER theirs {HARMLESS}"], "the trigger theirs is not of the log: "),
        (["CREATE VIEW theirs AS SELECT 1"], "the view theirs is not of the log: "),
        (["CREATE VIEW events_view AS SELECT 1", "DROP TRIGGER events_next"], "the view events_view is not"),
        (["DROP TABLE commands"], "the table commands is missing: "),
        (["DROP TABLE events"], "the table events is missing: "),
        (["DROP TABLE frontier"], "the table frontier is missing: "),
        (["DROP TABLE tracking"], "the table tracking is missing: "),
        (["ALTER TABLE events RENAME COLUMN leaf TO hash"], "the table events was changed: "),
        (["DROP TABLE commands", "CREATE VIEW commands AS SELECT 1"], "the table commands is missing: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "; ".join(value),
)
def test_what_guards_the_log_is_verified_and_nothing_is_recorded_without_it(
    path: Path, checkpoint: Checkpoint, statements: list[str], reason: str
) -> None:
    changed(path, *statements)
    with Log.open(file_url(path), clock=Clock(), read_only=True) as log:
        found = log.verify(checkpoint)
    assert (found.ok, found.first_bad) == (False, None)
    assert (found.reason or "").startswith(reason)
    with pytest.raises(ValueError, match="run modeltrail verify and restore a backup") as refused:
        opened(path)
    assert reason in str(refused.value)


def test_a_wrong_position_is_named_rather_than_the_guard_that_is_missing(path: Path, checkpoint: Checkpoint) -> None:
    changed(path, "DROP TRIGGER events_no_update", "UPDATE events SET type = 'x' WHERE position = 3")
    with Log.open(file_url(path), clock=Clock(), read_only=True) as log:
        assert log.verify().first_bad == 3


def test_an_index_and_the_counts_of_sqlite_are_nothing_wrong(path: Path, checkpoint: Checkpoint) -> None:
    changed(path, "CREATE INDEX by_type ON events (type)", "ANALYZE")
    with opened(path) as log:
        assert log.verify(checkpoint).ok
