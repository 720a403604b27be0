"""Recording: one transaction and one commit, three clocks, optimistic concurrency, commands that can be repeated."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from log.examples import MODEL, START, Clock, draft, file_url, filled, opened, policy, release
from modeltrail.canonical import encode
from modeltrail.damage import Damaged
from modeltrail.domain.refusals import ClocksOutOfOrder, Conflict
from modeltrail.drafts import Draft
from modeltrail.log import Log

DAY = timedelta(days=1)


def test_facts_get_gapless_positions_and_versions_within_their_stream(log: Log) -> None:
    first = log.append([policy("a"), policy("b"), policy("a")])
    second = log.append([policy("b")])
    assert [(fact.position, fact.stream, fact.stream_version) for fact in first + second] == [
        (1, "deployment/a", 1),
        (2, "deployment/b", 1),
        (3, "deployment/a", 2),
        (4, "deployment/b", 2),
    ]
    assert tuple(log.read()) == first + second
    assert log.stream_versions(["deployment/a", "deployment/b", "deployment/c"]) == {
        "deployment/a": 2,
        "deployment/b": 2,
        "deployment/c": 0,
    }


@pytest.mark.rule("R42")
def test_a_fact_keeps_who_why_and_from_where(log: Log) -> None:
    given = Draft(event=release("1").event, mode="statement", by="bob@example.com", why="CHG-1", source="n.eml")
    log.append([given], command_id="c")
    (fact,) = log.read()
    assert (fact.mode, fact.by, fact.why, fact.source, fact.command_id) == (
        "statement",
        "bob@example.com",
        "CHG-1",
        "n.eml",
        "c",
    )


@pytest.mark.rule("R5")
def test_times_that_are_not_given_are_those_of_recording(log: Log, clock: Clock) -> None:
    (both, known_only) = log.append([release("1"), draft(release("2").event, known_at=START - DAY)])
    assert both.effective_at == both.known_at == both.recorded_at == clock.at
    assert known_only.effective_at == known_only.known_at == START - DAY


@pytest.mark.rule("R5")
def test_a_moment_of_another_time_zone_is_stored_in_utc(log: Log) -> None:
    at = datetime(2024, 5, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    log.append([draft(release("1").event, effective_at=at, known_at=at)])
    (fact,) = log.read()
    assert fact.effective_at == at
    assert fact.effective_at.tzinfo is UTC


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    "times",
    [
        {"effective_at": START + DAY},
        {"known_at": START + DAY},
        {"known_at": START - DAY, "effective_at": START - DAY + timedelta(microseconds=1)},
    ],
)
def test_clocks_out_of_order_are_refused_and_nothing_of_the_batch_is_recorded(
    log: Log, times: Mapping[str, datetime]
) -> None:
    with pytest.raises(ClocksOutOfOrder):
        log.append([release("1"), draft(release("2").event, **times)], command_id="c")
    assert (log.size(), log.command("c"), log.stream_versions([f"model/{MODEL}"])) == (0, None, {f"model/{MODEL}": 0})


@pytest.mark.rule("R5")
@pytest.mark.parametrize("name", ["effective_at", "known_at"])
def test_a_moment_without_a_time_zone_is_refused(log: Log, name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        log.append([draft(release("1").event, **{name: datetime(2025, 1, 1)})])


@pytest.mark.rule("R5")
def test_recorded_at_never_decreases_when_the_clock_is_put_back(path: Path) -> None:
    with Log.open(file_url(path), clock=Clock(START)) as log:
        (before,) = log.append([release("1")])
    with Log.open(file_url(path), clock=Clock(START - DAY)) as log:
        (after,) = log.append([release("2")])
    assert after.recorded_at == before.recorded_at


def test_a_lost_race_raises_conflict_and_loses_nothing(path: Path) -> None:
    """Trap 7: the library forgets the pending events of a failed save."""
    with opened(path) as mine, opened(path) as theirs:
        seen = mine.stream_versions(["deployment/a"])
        theirs.append([policy("a", "manual")], expected={"deployment/a": 0})
        drafts = [policy("b"), policy("a", "auto-update")]
        with pytest.raises(Conflict, match=r"deployment/a is at version 1, not 0.*read again"):
            mine.append(drafts, expected=seen)
        assert mine.size() == 1
        recorded = mine.append(drafts, expected=mine.stream_versions(["deployment/a", "deployment/b"]))
        assert [fact.position for fact in recorded] == [2, 3]


def test_asking_for_what_is_not_there_is_an_error_and_never_something_else(log: Log) -> None:
    """Trap 7: the library answers a version that does not exist with the latest."""
    with pytest.raises(ValueError, match="no position 1: it is empty"):
        log.fact(1)
    assert log.last() is None
    recorded = log.append([release("1"), release("2")])
    assert (log.fact(1), log.fact(2), log.last()) == (*recorded, recorded[1])
    for position in (0, 3, -1, 999):
        with pytest.raises(ValueError, match=f"no position {position}: it holds 1 to 2"):
            log.fact(position)
        with pytest.raises(ValueError, match="no position"):
            log.prove(position)
    assert log.command("never given") is None


@pytest.mark.rule("R39")
def test_a_repeated_command_returns_the_first_result_and_records_nothing(log: Log) -> None:
    first = log.append([policy("a"), policy("b")], command_id="c-1")
    log.append([policy("a")])
    again = log.append([policy("z")], command_id="c-1", expected={"deployment/a": 0})
    assert again == first
    assert (log.size(), log.command("c-1")) == (3, (1, 2))
    assert {fact.command_id for fact in first} == {"c-1"}


@pytest.mark.rule("R39")
def test_a_command_that_recorded_nothing_is_remembered_too(log: Log) -> None:
    log.append([policy("a")])
    assert log.append([], command_id="c-1") == ()
    assert log.append([policy("b")], command_id="c-1") == ()
    assert (log.size(), log.command("c-1")) == (1, ())


def test_nothing_to_record_is_nothing_recorded(log: Log) -> None:
    assert log.append([], expected={"deployment/a": 7}) == ()
    assert log.size() == 0


def test_one_append_is_exactly_one_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = traced(monkeypatch)
    with opened(path) as log:
        log.append([policy("a")])
        del statements[:]
        log.append([policy("a"), policy("b")], expected={"deployment/a": 1}, command_id="c", tracking=("worker", 1))
        log.append([policy("c")])
    ends = [word for word in statements if word in ("COMMIT", "ROLLBACK", "BEGIN", "BEGIN IMMEDIATE")]
    assert ends == ["BEGIN IMMEDIATE", "COMMIT"] * 2


def test_reading_never_takes_a_write_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = traced(monkeypatch)
    with opened(path) as log:
        filled(log, 5)
        del statements[:]
        list(log.read())
        log.verify(log.checkpoint())
        log.prove(2)
    assert not [word for word in statements if word.startswith(("BEGIN IMMEDIATE", "INSERT", "UPDATE", "COMMIT"))]


def traced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is said to SQLite from now on."""
    statements: list[str] = []
    connect = sqlite3.connect

    def tracing(database: str, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(database, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", tracing)
    return statements


def test_commits_are_on_disk_when_append_returns(path: Path) -> None:
    with opened(path) as log, log._recorder.reading() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_reading_begins_after_a_position_and_stops_at_a_limit(log: Log) -> None:
    filled(log, 10)
    positions = [fact.position for fact in log.read(after=3, limit=4)]
    assert positions == [4, 5, 6, 7]
    assert [fact.position for fact in log.read(after=8)] == [9, 10]
    assert list(log.read(after=10)) == list(log.read(after=99)) == list(log.read(limit=0)) == []
    for bad in ({"after": -1}, {"limit": -1}):
        with pytest.raises(ValueError, match="count from 1"):
            log.read(**bad)


def test_facts_can_be_recorded_while_others_are_read(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modeltrail.log._BATCH", 2)
    filled(log, 5)
    for fact in log.read():
        log.append([policy(f"copy-{fact.position}")])
    assert [fact.position for fact in log.read()] == list(range(1, 11))


def overwritten(path: Path, assignment: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("DROP TRIGGER events_no_delete")
        connection.execute(assignment, values)
    connection.close()


@pytest.mark.parametrize("body", [b"", b"not json", b'{"type":"model.version-rumoured"}', "text", b"[]", b"\xff\xfe"])
def test_a_body_that_cannot_be_read_is_named_by_its_position(path: Path, body: object) -> None:
    """Trap 4: the library's mapper checks nothing on reading."""
    with opened(path) as log:
        filled(log, 3)
        overwritten(path, "UPDATE events SET body = ? WHERE position = 2", body)
        with pytest.raises(Damaged, match=r"position 2 cannot be read .*modeltrail verify"):
            list(log.read())
        with pytest.raises(Damaged, match="position 2"):
            log.fact(2)
        assert log.fact(3).position == 3


def test_a_body_that_was_changed_is_noticed_when_it_is_read(path: Path) -> None:
    with opened(path) as log:
        filled(log, 3)
        overwritten(path, "UPDATE events SET body = CAST(replace(body, 'alice', 'carol') AS BLOB) WHERE position = 2")
        with pytest.raises(Damaged, match="position 2 was changed"):
            list(log.read())


def test_what_is_not_wanted_is_checked_and_not_decoded(path: Path) -> None:
    with opened(path) as log:
        filled(log, 4)
        assert [fact.position for fact in log.pick(1, 4, lambda stream, _: stream == "deployment/d1")] == [2, 4]
        overwritten(path, "UPDATE events SET body = CAST(replace(body, 'alice', 'carol') AS BLOB) WHERE position = 3")
        with pytest.raises(Damaged, match="position 3 was changed"):
            list(log.pick(0, 4, lambda stream, _: stream == "deployment/d1"))
        with pytest.raises(Damaged, match="position 3 was changed"):
            log.stream("deployment/d0", 4)
        assert [fact.position for fact in log.stream("deployment/d1", 3)] == [2]


@pytest.mark.parametrize(
    "change", ["SET stream_version = 5 WHERE position = 1", "SET stream = 'deployment/d9' WHERE position = 1"]
)
def test_a_stream_that_lacks_a_version_is_noticed_when_it_is_read(path: Path, change: str) -> None:
    with opened(path) as log:
        log.append([policy("d0"), policy("d0"), policy("d1"), policy("d1")])
        overwritten(path, f"UPDATE events {change}")
        with pytest.raises(Damaged, match="deployment/d0 has no version 1"):
            log.stream("deployment/d0", 4)


def test_streams_come_oldest_first_and_the_end_is_the_last_fact(log: Log) -> None:
    assert tuple(log.end()) == (0, None)
    facts = log.append([policy("d2"), release("1"), policy("d1"), policy("d2")])
    assert log.streams(4) == ["deployment/d2", f"model/{MODEL}", "deployment/d1"]
    assert log.streams(4, "deployment/") == ["deployment/d2", "deployment/d1"]
    assert log.streams(2, "deployment/") == ["deployment/d2"]
    assert tuple(log.end()) == (4, facts[-1].recorded_at)


@pytest.mark.parametrize("position", [1, 2, 3])
def test_a_missing_position_is_noticed_when_the_log_is_read(path: Path, position: int) -> None:
    with opened(path) as log:
        filled(log, 3)
        overwritten(path, "UPDATE events SET position = 100 WHERE position = ?", position)
        for facts in (log.read(), log.pick(0, 3, lambda *_: True), log.pick(0, 3, lambda *_: False)):
            with pytest.raises(Damaged, match=f"position {position} is missing"):
                list(facts)


def test_nothing_is_appended_to_a_log_whose_tree_does_not_cover_it(path: Path) -> None:
    with opened(path) as log:
        filled(log, 3)
        overwritten(path, "DELETE FROM events WHERE position = 3")
        with pytest.raises(Damaged, match=r"2 facts are stored, but their tree covers 3"):
            log.append([policy("a")])
        with pytest.raises(Damaged):
            log.checkpoint()


def test_a_follower_stores_its_position_in_the_same_commit(log: Log) -> None:
    assert log.tracked("worker") == 0
    log.append([policy("a")], tracking=("worker", 4))
    assert log.tracked("worker") == 4
    with pytest.raises(Conflict, match="worker has got to position 4 already"):
        log.append([policy("b")], tracking=("worker", 4))
    assert (log.size(), log.tracked("worker")) == (1, 4)
    log.append([], tracking=("worker", 5))
    assert (log.size(), log.tracked("worker")) == (1, 5)


def test_a_clock_without_a_time_zone_is_refused(path: Path) -> None:
    with (
        Log.open(file_url(path), clock=lambda: datetime(2025, 1, 1)) as log,
        pytest.raises(ValueError, match="time zone"),
    ):
        log.append([policy("a")])


def test_the_columns_hold_what_the_body_says(path: Path) -> None:
    with opened(path) as log:
        (fact,) = log.append([policy("a")], command_id="c")
        with log._recorder.reading() as cursor:
            row = cursor.execute("SELECT * FROM events").fetchone()
    micros = (fact.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert row[:8] == (1, "deployment/a", 1, "deployment.policy-changed", micros, micros, micros, "c")
    assert f'"data":{encode(fact.event.data())}'.encode() in row[8]
