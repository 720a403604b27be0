"""Tampering of every kind is found, even by somebody who can drop the guards; proofs hold without the store."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from log.examples import START, Clock, file_url, filled, opened, policy
from modeltrail.canonical import encode
from modeltrail.damage import Damaged
from modeltrail.log import Log
from modeltrail.merkle import Frontier, leaf_hash
from modeltrail.proofs import Checkpoint, InclusionProof, flaw

FACTS = 7


@pytest.fixture
def checkpoint(path: Path) -> Checkpoint:
    """The checkpoint of a log of seven facts, which lies at the path."""
    with opened(path) as log:
        return filled(log, FACTS).checkpoint()


Tamper = Callable[[sqlite3.Connection], None]


def tampered(path: Path, tamper: Tamper) -> None:
    """By somebody who takes the guards away, and puts them back."""
    connection = sqlite3.connect(path)
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    tamper(connection)
    for _, statement in guards:
        connection.execute(statement)
    connection.commit()
    connection.close()


def sql(*statements: str) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return tamper


def rewritten(position: int, /, **members: object) -> Tamper:
    """Another body, with the leaf and the columns that fit it."""

    def tamper(connection: sqlite3.Connection) -> None:
        (body,) = connection.execute("SELECT body FROM events WHERE position = ?", (position,)).fetchone()
        other = encode({**json.loads(body), **members}).encode()
        connection.execute(
            "UPDATE events SET body = ?, leaf = ? WHERE position = ?", (other, leaf_hash(other), position)
        )

    return tamper


def both(first: Tamper, second: Tamper) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> None:
        first(connection)
        second(connection)

    return tamper


def with_frontier(tamper: Tamper) -> Tamper:
    """And the frontier that fits the rows then."""

    def with_it(connection: sqlite3.Connection) -> None:
        tamper(connection)
        frontier = Frontier()
        for (leaf,) in connection.execute("SELECT leaf FROM events ORDER BY position").fetchall():
            frontier.push(leaf)
        connection.execute("UPDATE frontier SET size = ?, hashes = ?", (frontier.size, frontier.to_bytes()))

    return with_it


def test_a_log_is_what_it_was(log: Log) -> None:
    assert log.verify().ok
    empty = log.checkpoint()
    checkpoints = [empty]
    for number in range(20):
        log.append([policy(f"d{number % 3}")])
        checkpoints.append(log.checkpoint())
    for size, checkpoint in enumerate(checkpoints):
        found = log.verify(checkpoint)
        assert (checkpoint.size, found.ok, found.size, found.first_bad, found.reason) == (size, True, 20, None, None)
        assert found.root == checkpoints[-1].root


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("stream = 'deployment/x'", "the column stream says 'deployment/x', the body 'deployment/d0'"),
        ("stream_version = 9", "the column stream_version says 9, the body 2"),
        ("type = 'x'", "the column type says 'x'"),
        ("effective_at = effective_at - 1", "the column effective_at"),
        ("known_at = known_at - 1", "the column known_at"),
        ("recorded_at = recorded_at + 1", "the column recorded_at"),
        ("recorded_at = 9223372036854775807", "the column recorded_at lies outside of the years 1 to 9999"),
        ("known_at = 'x'", "the column known_at is no whole number"),
        ("command_id = 'x'", "the column command_id says 'x', the body 'c0'"),
        ("type = CAST(x'ff00fe' AS TEXT)", "the column type says '\\udcff"),
        ("stream = x'ff'", "the column stream is no text"),
        ("type = x'ff'", "the column type is no text"),
        ("command_id = x'ff'", "the column command_id is no text"),
        ("command_id = NULL", "the column command_id says None, the body 'c0'"),
        ("body = CAST(replace(body, 'manual', 'manuel') AS BLOB)", "the leaf is not the hash of the body"),
        ("body = 'text'", "the body is no bytes"),
        ("leaf = 'text'", "the leaf is no bytes"),
        ("body = x''", "the leaf is not the hash of the body"),
        ("leaf = x'00'", "the leaf is not the hash of the body"),
        ("position = 100", "the next row is at position 4"),
        ("position = 0", "the next row is at position 0"),
        ("position = -5", "the next row is at position -5"),
    ],
)
def test_a_changed_column_is_found_with_its_position(
    path: Path, checkpoint: Checkpoint, statement: str, reason: str
) -> None:
    tampered(path, sql(f"UPDATE events SET {statement} WHERE position = 3"))
    with opened(path) as log:
        found = log.verify()
    assert (found.ok, found.root) == (False, None)
    assert found.first_bad == (1 if "position 0" in reason or "position -5" in reason else 3)
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"position": 4}, "the column position says 3, the body 4"),
        ({"position": 3.0}, "the column position says 3, the body 3.0"),
        ({"stream_version": True}, "the column stream_version says 1, the body True"),
        ({"recorded_at": "2025-03-01T09:30:01.000000Z"}, "the column recorded_at"),
        ({"by": "mallory@example.com"}, "a fact from 1 to 4 is not what the frontier was made of"),
    ],
)
def test_a_rewritten_body_is_found_though_its_leaf_fits(
    path: Path, checkpoint: Checkpoint, members: dict[str, object], reason: str
) -> None:
    tampered(path, rewritten(2 if "stream_version" in members else 3, **members))
    with opened(path) as log:
        found = log.verify()
    assert not found.ok
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": 1}', "not canonical"),
        (b'{"b":1,"a":1}', "not canonical"),
        (b'{"a":1,"a":1}', "not canonical"),
        (b'{"a":NaN}', "the body is no JSON"),
        (b'{"a":"\\u0041"}', "not canonical"),
        (b"{", "the body is no JSON"),
        (b"[" * 9999, "the body is no JSON"),
        (b'{"a":"\\ud800"}', "the body is no JSON"),
        (b"[]", "the body is no JSON object"),
        (b"{}", "the column position says 3, the body None"),
    ],
)
def test_a_body_that_is_not_canonical_is_found(path: Path, checkpoint: Checkpoint, body: bytes, reason: str) -> None:
    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE events SET body = ?, leaf = ? WHERE position = 3", (body, leaf_hash(body)))

    tampered(path, with_frontier(tamper))
    with opened(path) as log:
        found = log.verify()
    assert (found.ok, found.first_bad) == (False, 3)
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("statement", "members", "reason"),
    [
        ("stream_version = 5", {"stream_version": 5}, "version 5 of deployment/d0 follows version 1"),
        ("stream = 'deployment/x'", {"stream": "deployment/x"}, "version 2 of deployment/x follows version 0"),
        (
            "effective_at = 0, known_at = 0, recorded_at = 0",
            dict.fromkeys(("effective_at", "known_at", "recorded_at"), "1970-01-01T00:00:00Z"),
            "recorded_at is before that of the position before",
        ),
        ("known_at = 0", {"known_at": "1970-01-01T00:00:00Z"}, "are not in this order"),
        ("recorded_at = recorded_at + 2000000", {"recorded_at": "2025-03-01T09:30:03Z"}, "position before"),
    ],
)
def test_rows_that_do_not_follow_each_other_are_found_though_all_is_recomputed(
    path: Path, checkpoint: Checkpoint, statement: str, members: dict[str, object], reason: str
) -> None:
    changed = sql(f"UPDATE events SET {statement} WHERE position = 3")
    body = rewritten(3, **members)
    tampered(path, with_frontier(both(changed, body)))
    with opened(path) as log:
        found = log.verify()
    assert (found.ok, found.first_bad) == (False, 4 if reason == "position before" else 3)
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("statement", "first_bad", "reason"),
    [
        ("DELETE FROM events WHERE position = 7", 7, "those after position 6 were cut off"),
        ("DELETE FROM events WHERE position > 2", 3, "those after position 2 were cut off"),
        ("DELETE FROM events", 1, "those after position 0 were cut off"),
        ("DELETE FROM events WHERE position = 1", 1, "the next row is at position 2"),
        ("DELETE FROM events WHERE position = 4", 4, "the next row is at position 5"),
        ("UPDATE frontier SET size = 6", 7, "covers only 6 facts"),
        ("UPDATE frontier SET size = 9", 8, "those after position 7 were cut off"),
        ("UPDATE frontier SET hashes = x'00'", None, "the frontier of the tree is broken"),
        ("UPDATE frontier SET hashes = zeroblob(96)", 1, "a fact from 1 to 4"),
        ("UPDATE frontier SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(64) AS BLOB)", 5, "a fact from 5 to 6"),
        ("UPDATE frontier SET hashes = CAST(substr(hashes, 1, 64) || zeroblob(32) AS BLOB)", 7, "a fact from 7 to 7"),
        ("DELETE FROM frontier", None, "the frontier of the tree is missing"),
        ("UPDATE frontier SET size = 'x'", None, "the frontier of the tree is broken"),
        ("UPDATE frontier SET hashes = 'x'", None, "the frontier of the tree is broken"),
        ("INSERT INTO commands VALUES ('planted', 9, 8)", None, "command 'planted'"),
        ("INSERT INTO commands VALUES ('planted', 0, -1)", None, "command 'planted'"),
        ("INSERT INTO commands VALUES ('planted', 1, 'x')", 1, "command 'planted'"),
        ("UPDATE commands SET first = 2 WHERE command_id = 'c0'", 2, "command 'c0'"),
        ("UPDATE commands SET last = 4 WHERE command_id = 'c0'", 1, "command 'c0'"),
        ("UPDATE commands SET last = 99 WHERE command_id = 'c6'", 7, "command 'c6'"),
        ("UPDATE commands SET command_id = 'x' WHERE command_id = 'c3'", 4, "command 'x'"),
        ("DELETE FROM commands WHERE command_id = 'c3'", 4, "command 'c3'"),
    ],
)
def test_missing_rows_and_a_false_frontier_are_found(
    path: Path, checkpoint: Checkpoint, statement: str, first_bad: int | None, reason: str
) -> None:
    tampered(path, sql(statement))
    with opened(path) as log:
        found = log.verify()
    assert (found.ok, found.first_bad) == (False, first_bad)
    assert reason in (found.reason or "")


def test_rows_put_in_behind_the_log_are_found(path: Path, checkpoint: Checkpoint) -> None:
    with opened(path) as log, log._recorder.reading() as cursor:
        before = cursor.execute("SELECT size, hashes FROM frontier").fetchone()
    with opened(path) as log:
        log.append([policy("smuggled")])
    tampered(path, lambda connection: _set_frontier(connection, *before))
    with opened(path) as log:
        found = log.verify()
    assert (found.ok, found.first_bad) == (False, 8)
    assert "put in past the log" in (found.reason or "")


def _set_frontier(connection: sqlite3.Connection, size: int, hashes: bytes) -> None:
    connection.execute("UPDATE frontier SET size = ?, hashes = ?", (size, hashes))


def test_a_log_cut_off_without_a_trace_is_found_by_a_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    tampered(path, with_frontier(sql("DELETE FROM events WHERE position > 6", "DELETE FROM commands WHERE last > 6")))
    with opened(path) as log:
        assert log.verify().ok, "nothing in the file itself shows it"
        found = log.verify(checkpoint)
    assert (found.ok, found.size, found.first_bad) == (False, 6, 7)
    assert "the checkpoint holds 7 facts: those after position 6 were cut off" in (found.reason or "")


@pytest.mark.parametrize("position", range(1, FACTS + 1))
def test_a_log_rewritten_without_a_trace_is_found_by_a_checkpoint(
    path: Path, checkpoint: Checkpoint, position: int
) -> None:
    tampered(path, with_frontier(rewritten(position, by="mallory@example.com")))
    with opened(path) as log:
        assert log.verify().ok, "nothing in the file itself shows it"
        filled_again = log.append([policy("more")])
        assert filled_again
        found = log.verify(checkpoint)
    assert (found.ok, found.first_bad) == (False, None)
    assert "from position 1 to 7 was rewritten after the checkpoint" in (found.reason or "")


def test_verifying_goes_over_many_batches(path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modeltrail.log._BATCH", 2)
    with opened(path) as log:
        assert log.verify(checkpoint).ok
        assert [fact.position for fact in log.read()] == list(range(1, FACTS + 1))


def test_a_copy_of_the_file_is_the_same_log(path: Path, checkpoint: Checkpoint, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "copy.db")
    with Log.open(file_url(tmp_path / "copy.db"), clock=Clock(), read_only=True) as log:
        assert log.verify(checkpoint).ok


def test_a_checkpoint_says_size_root_and_time(path: Path, checkpoint: Checkpoint) -> None:
    document = json.loads(checkpoint.to_json())
    assert set(document) == {"size", "root", "time"}
    assert document["size"] == FACTS
    assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint
    with Log.open(file_url(path), clock=lambda: START) as log:
        assert json.loads(log.checkpoint().to_json()) == {**document, "time": "2025-03-01T09:30:00Z"}


@pytest.mark.parametrize(
    "text", ["", "{}", '{"size":-1,"root":"","time":"2025-01-01"}', '{"size":1,"root":"zz"}', "[]"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no Checkpoint in JSON"):
        Checkpoint.from_json(text)


def test_every_position_is_proven_at_every_size(log: Log) -> None:
    checkpoints = []
    for number in range(9):
        log.append([policy(f"d{number}")])
        checkpoints.append(log.checkpoint())
    for checkpoint in checkpoints:
        for position in range(1, checkpoint.size + 1):
            proof = log.prove(position, size=checkpoint.size)
            assert flaw(proof, checkpoint) is None
            assert InclusionProof.from_json(proof.to_json()) == proof
            assert json.loads(proof.body)["position"] == position
    assert log.prove(4) == log.prove(4, size=9)
    with pytest.raises(ValueError, match="no position 4: it holds 1 to 3"):
        log.prove(4, size=3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "{}"}, "the leaf is not the hash of the body"),
        ({"body": "\ud800"}, "the leaf is not the hash of the body"),
        ({"body": "not json", "leaf": leaf_hash(b"not json").hex()}, "does not say that it is at position 4"),
        ({"body": "[]", "leaf": leaf_hash(b"[]").hex()}, "does not say that it is at position 4"),
        ({"position": 3}, "does not say that it is at position 3"),
        ({"leaf": "0" * 64}, "the leaf is not the hash of the body"),
        ({"size": 99}, "the path does not lead to the root"),
        ({"size": 3}, "the path does not lead to the root"),
        ({"root": "0" * 64}, "the path does not lead to the root"),
        ({"path": ()}, "the path does not lead to the root"),
    ],
)
def test_a_proof_that_was_changed_does_not_hold(
    path: Path, checkpoint: Checkpoint, change: dict[str, object], reason: str
) -> None:
    with opened(path) as log:
        proof = log.prove(4)
    assert flaw(proof, checkpoint) is None
    assert reason in (flaw(proof.model_copy(update=change)) or "")


def test_a_proof_holds_for_no_other_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    with opened(path) as log:
        proof = log.prove(4)
    other = checkpoint.model_copy(update={"root": "0" * 64})
    assert "the checkpoint is of another log" in (flaw(proof, other) or "")


def test_no_proof_is_made_from_leaves_that_are_not_those_of_the_tree(path: Path, checkpoint: Checkpoint) -> None:
    tampered(path, rewritten(3, by="mallory@example.com"))
    with opened(path) as log, pytest.raises(Damaged, match="leaves are not those of the tree"):
        log.prove(5)


@pytest.mark.parametrize("first", [1, 4, FACTS + 1])
def test_a_command_that_recorded_nothing_is_nothing_wrong(path: Path, checkpoint: Checkpoint, first: int) -> None:
    tampered(path, sql(f"INSERT INTO commands VALUES ('empty', {first}, {first - 1})"))
    with opened(path) as log:
        assert log.verify(checkpoint).ok


def test_a_body_that_is_text_is_no_fact(path: Path, checkpoint: Checkpoint) -> None:
    tampered(path, sql("UPDATE events SET body = CAST(body AS TEXT) WHERE position = 3"))
    with opened(path) as log:
        found = log.verify()
        assert (found.ok, found.first_bad, found.reason) == (False, 3, "the body is no bytes")
        with pytest.raises(Damaged, match=r"^position 3 cannot be read \(the body is no bytes\): modeltrail verify"):
            list(log.read())
