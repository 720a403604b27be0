"""Which files are logs, which are not, and what is said then."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from log.examples import Clock, file_url, filled, opened, policy
from modeltrail.datastore import StoreError, StoreLocked
from modeltrail.log import Log
from modeltrail.schema import FORMAT_WITH_PROJECTIONS


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://localhost/audit", "PostgreSQL is not supported yet: write sqlite:///relative.db"),
        ("audit.db", "'audit.db' is no store: write sqlite:///relative.db, sqlite:////absolute/path.db or memory:"),
        ("sqlite://audit.db", "is no store"),
        ("sqlite:///", "is no store"),
        ("sqlite:///:memory:", "or memory:"),
        ("", "is no store"),
        ("sqlite:///a\x00b", "zero character"),
    ],
)
def test_a_url_of_another_kind_is_refused_with_the_way_out(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Log.open(url, clock=Clock())


@pytest.mark.parametrize(
    "name", ["a b.db", "a?mode=memory&b.db", "a#b.db", "a%20b.db", "%.db", ":memory:.db", "模型.db"]
)
def test_a_path_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    with opened(tmp_path / name) as log:
        log.append([policy("a")])
    assert (tmp_path / name).read_bytes().startswith(b"SQLite format 3")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with Log.open(file_url(tmp_path / name), clock=Clock(), read_only=True) as log:
        assert log.size() == 1


def test_a_relative_path_is_taken_from_where_the_log_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with Log.open("sqlite:///audit.db", clock=Clock()) as log:
        monkeypatch.chdir(tmp_path / "elsewhere")
        log.append([policy("a")])
        assert log.size() == 1
    assert (tmp_path / "audit.db").exists()


def test_two_logs_in_memory_are_two_logs() -> None:
    with Log.open("memory:", clock=Clock()) as one, Log.open("memory:", clock=Clock()) as other:
        one.append([policy("a")])
        assert (one.size(), other.size()) == (1, 0)
    with pytest.raises(ValueError, match="begins empty"):
        Log.open("memory:", clock=Clock(), read_only=True)


def foreign(path: Path, *statements: str) -> bytes:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["CREATE TABLE recipes (name)"], "SQLite database of something else: name another file"),
        (["CREATE TABLE events (name)"], "something else"),
        (["CREATE TABLE t (name)", "PRAGMA application_id = 7"], "something else"),
        (
            [
                "CREATE TABLE t (name)",
                "PRAGMA application_id = 1297371724",
                f"PRAGMA user_version = {FORMAT_WITH_PROJECTIONS + 1}",
            ],
            "upgrade modeltrail",
        ),
    ],
)
def test_a_database_of_something_else_is_refused_and_left_as_it_is(
    path: Path, statements: list[str], reason: str, read_only: bool
) -> None:
    before = foreign(path, *statements)
    with pytest.raises(ValueError, match=reason):
        Log.open(file_url(path), clock=Clock(), read_only=read_only)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, read_only: bool) -> None:
    path.write_text("dear diary, " * 100)
    with pytest.raises(ValueError, match=r"audit.db is no SQLite database: name another file"):
        Log.open(file_url(path), clock=Clock(), read_only=read_only)
    assert path.read_text() == "dear diary, " * 100


def test_a_folder_or_a_place_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder"):
        opened(tmp_path)
    with pytest.raises(ValueError, match="does not exist: make it first"):
        opened(tmp_path / "nowhere" / "audit.db")


def test_an_empty_file_becomes_a_log(path: Path) -> None:
    path.touch()
    with pytest.raises(ValueError, match="is empty: record something"):
        Log.open(file_url(path), clock=Clock(), read_only=True)
    with opened(path) as log:
        assert log.size() == 0


def test_reading_a_missing_file_says_so_and_makes_none(path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no log at .*audit.db"):
        Log.open(file_url(path), clock=Clock(), read_only=True)
    assert not path.exists()


def test_a_log_opened_for_reading_records_nothing(path: Path) -> None:
    with opened(path) as log:
        recorded = log.append([policy("a")])
    with Log.open(file_url(path), clock=Clock(), read_only=True) as log:
        assert tuple(log.read()) == recorded
        assert log.verify(log.checkpoint()).ok
        with pytest.raises(StoreError, match="opened read-only"):
            log.append([policy("b")])


def test_a_reader_sees_what_a_writer_records_beside_it(path: Path) -> None:
    with opened(path) as writer:
        writer.append([policy("a")])
        with Log.open(file_url(path), clock=Clock(), read_only=True) as reader:
            writer.append([policy("b")])
            assert reader.size() == 2


@pytest.fixture
def sealed_folder() -> Iterator[Path]:
    """A folder that nobody can write to, not even root's processes once they are somebody else."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


READ_AS_SOMEBODY = """
import os, sys, urllib.request  # before the rights are gone: what is imported later may lie where nobody else may read
from datetime import UTC, datetime
from modeltrail.log import Log
if os.geteuid() == 0:
    os.setegid(65534), os.seteuid(65534)
try:
    with Log.open("sqlite:///" + sys.argv[1], clock=lambda: datetime(2025, 1, 1, tzinfo=UTC), read_only=True) as log:
        print(log.size(), log.verify().ok)
except ValueError as error:
    print(error)
"""


def read_as_somebody(path: Path) -> str:
    path.parent.chmod(0o555)
    command = [sys.executable, "-c", READ_AS_SOMEBODY, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_log_in_a_folder_that_cannot_be_written_is_read(sealed_folder: Path) -> None:
    """Trap 15: a WAL database cannot be opened there under mode=ro."""
    with opened(sealed_folder / "audit.db") as log:
        filled(log, 5)
    assert read_as_somebody(sealed_folder / "audit.db") == "5 True"


def test_a_log_with_a_wal_file_in_such_a_folder_is_refused(sealed_folder: Path) -> None:
    """Trap 15: read as immutable it would silently lack what only the -wal file holds."""
    path = sealed_folder / "audit.db"
    with opened(path) as log:
        filled(log, 5)
        wal = path.with_name("audit.db-wal").read_bytes()
    path.with_name("audit.db-wal").write_bytes(wal)
    assert "has a -wal file beside it and its folder cannot be written: copy both" in read_as_somebody(path)


def test_a_lock_is_a_clear_error_and_never_one_of_sqlite(path: Path) -> None:
    """Trap 13: the library begins outside of its error translation."""
    opened(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    with Log.open(file_url(path), clock=Clock(), lock_timeout_seconds=0.01) as log:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match=r"another writer held the store for 0.01 seconds.*repeat it"):
            log.append([policy("a")])
        assert list(log.read()) == []
        other.execute("ROLLBACK")
        assert len(log.append([policy("a")])) == 1
    other.close()


def test_a_thread_that_waits_for_another_thread_too_long_is_told_so(path: Path) -> None:
    with Log.open(file_url(path), clock=Clock(), lock_timeout_seconds=0.01) as log:
        told: list[str] = []

        def write() -> None:
            try:
                log.append([policy("a")])
            except StoreLocked as locked:
                told.append(str(locked))

        with log._recorder.writing():
            second = threading.Thread(target=write)
            second.start()
            second.join(timeout=30)
        assert told == ["another thread held the store for too long; nothing was recorded: repeat it"]


def test_a_transaction_that_reads_before_it_writes_outlives_a_second_writer(path: Path) -> None:
    """Trap 13: a deferred transaction that has read fails at once when somebody else has written since."""
    with opened(path) as one, opened(path) as other:
        second = threading.Thread(target=lambda: other.append([policy("b")]))
        with one._recorder.writing() as cursor:
            assert cursor.execute("SELECT count(*) FROM events").fetchone() == (0,)
            second.start()
            cursor.execute("INSERT INTO commands VALUES ('c', 1, 0)")
        second.join(timeout=30)
        assert (one.size(), one.command("c")) == (1, ())


def test_closing_while_another_thread_works_waits_for_nothing_and_breaks_nothing(path: Path) -> None:
    log = opened(path)
    reader = log.read()
    with log._recorder.writing() as cursor:
        log.close()
        cursor.execute("INSERT INTO commands VALUES ('c', 1, 0)")
    assert list(reader) == []
    with pytest.raises(StoreError, match="closed"):
        log.size()
    with opened(path) as again:
        assert again.command("c") == ()


def test_a_failed_commit_leaves_the_connection_usable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(sqlite3.Connection):
        fails = True

        def commit(self) -> None:
            if Full.fails:
                raise sqlite3.OperationalError("disk I/O error")
            super().commit()

    opened(path).close()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, factory=Full, **options))
    with opened(path) as log:
        with pytest.raises(StoreError, match="SQLite could not do it"):
            log.append([policy("a")])
        Full.fails = False
        assert log.append([policy("b")])[0].position == 1


def test_a_closed_log_says_so(path: Path) -> None:
    log = opened(path)
    log.size()
    log.close()
    log.close()
    with pytest.raises(StoreError, match="the log is closed: open it again"):
        log.size()
