"""What is measured against? L does the least that SQLite allows, S is a stock `eventsourcing` application."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

PAGE = 2_000
COMMITTED = 500
"""How many events the library's projection takes with one commit."""


class Bare:
    """L: bare `sqlite3` with the pragmas of the log, a position and the bytes of each fact, and nothing else."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream TEXT, body BLOB)"
        )
        self.connection.execute("CREATE INDEX IF NOT EXISTS by_stream ON events (stream)")

    def append(self, stream: str, body: bytes) -> None:
        self.connection.execute("INSERT INTO events (stream, body) VALUES (?, ?)", (stream, body))

    def append_all(self, rows: Sequence[tuple[str, bytes]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT INTO events (stream, body) VALUES (?, ?)", rows)
        self.connection.execute("COMMIT")

    def bodies(self) -> Iterator[bytes]:
        for (body,) in self.connection.execute("SELECT body FROM events ORDER BY position"):
            yield body

    def read_all(self) -> None:
        for body in self.bodies():
            json.loads(body)

    def hash_all(self) -> None:
        for body in self.bodies():
            hashlib.sha256(body).digest()

    def read_stream(self, stream: str) -> None:
        for (body,) in self.connection.execute("SELECT body FROM events WHERE stream = ?", (stream,)):
            json.loads(body)


class StockDeployment(Aggregate):
    """S: what the library's own tutorial would make of a deployment, with the fields that a fact has."""

    @event("Created")
    def __init__(
        self,
        *,
        deployment: str,
        model: str,
        version: str,
        policy: str,
        by: str,
        source: str,
        effective_at: datetime,
        known_at: datetime,
    ) -> None:
        self.deployment = deployment
        self.model = model
        self.model_version = version  # `version` is the aggregate's own
        self.policy = policy

    @event("PolicyChanged")
    def change_policy(self, policy: str, by: str, source: str, effective_at: datetime, known_at: datetime) -> None:
        self.policy = policy

    @event("Observed")
    def observe(
        self, model: str, version: str, status: str, by: str, source: str, effective_at: datetime, known_at: datetime
    ) -> None:
        self.model, self.model_version, self.status = model, version, status


class Stock:
    """S: the application, with the default transcoder and mapper, on a file of its own."""

    def __init__(self, path: Path) -> None:
        self.app = Application[UUID](env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})

    def save(self, *aggregates: StockDeployment) -> None:
        self.app.save(*aggregates)

    def read_all(self) -> None:
        after = 0
        while page := self.app.recorder.select_notifications(after, PAGE, inclusive_of_start=False):
            for notification in page:
                self.app.mapper.to_domain_event(notification)
            after = page[-1].id

    def project(self, target: sqlite3.Connection) -> None:
        """Keep a table of what each deployment is now, without its history, with one commit for 500 events."""
        target.execute("CREATE TABLE deployments (id TEXT PRIMARY KEY, model TEXT, version TEXT, policy TEXT)")
        target.execute("CREATE TABLE reached (position INTEGER)")
        after = 0
        while page := self.app.recorder.select_notifications(after, COMMITTED, inclusive_of_start=False):
            target.execute("BEGIN IMMEDIATE")
            for notification in page:
                self._keep(target, self.app.mapper.to_domain_event(notification))
            after = page[-1].id
            target.execute("INSERT INTO reached VALUES (?)", (after,))
            target.execute("COMMIT")

    def _keep(self, target: sqlite3.Connection, event: Any) -> None:
        key, kind = str(event.originator_id), type(event).__name__
        if kind == "Created":
            row = (key, event.model, event.version, event.policy)
            target.execute("INSERT INTO deployments VALUES (?, ?, ?, ?)", row)
        elif kind == "PolicyChanged":
            target.execute("UPDATE deployments SET policy = ? WHERE id = ?", (event.policy, key))
        else:
            target.execute(
                "UPDATE deployments SET model = ?, version = ? WHERE id = ?", (event.model, event.version, key)
            )

    def read(self, aggregate: UUID) -> None:
        self.app.repository.get(aggregate)


@contextmanager
def counted_commits() -> Iterator[Callable[[], int]]:
    """Count the commits of every connection that is opened within, as SQLite itself reports them."""
    commits: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql.upper() == "COMMIT" else None)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]
    try:
        yield lambda: len(commits)
    finally:
        sqlite3.connect = connect
