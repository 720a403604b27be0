"""What is lived through, step by step, by whoever is killed: commands as data, so that each can be given again.

A step that was not acknowledged is given again with the same `command_id`. All times are part of the scenario.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from unittest.mock import patch

from modeltrail import Fail, Postpone, Trail
from modeltrail.domain.events import DefaultChanged, Event, VersionReleased
from modeltrail.domain.facts import Fact
from modeltrail.domain.moves import Move
from modeltrail.domain.refusals import Refused
from modeltrail.hosts import Answer
from modeltrail.imports.rows import Quarantined, Statement
from modeltrail.opening import connect

CHAT, NEXT, MIRRORED = "acme/chat", "acme/next", "azure-openai/chat"
Told = tuple[str, str, dict[str, Any]]
"""A subject (`model/NAME`, `deployment/NAME` or `fact/POSITION`), a verb of it, and its arguments."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command. `name` is its id, `day` what the clock shows, `known` since when it is known where that is past."""

    name: str
    day: str
    told: tuple[Told, ...] = ()
    kind: Literal["record", "take", "advance", "advance on time"] = "record"
    known: str | None = None
    rows: tuple[Statement | Quarantined, ...] = ()

    @property
    def at(self) -> datetime:
        """When it is given."""
        return moment(self.day)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Hand:
    """A clock that shows what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def model(name: str, verb: str, **how: Any) -> Told:
    return f"model/{name}", verb, how


def deployment(name: str, verb: str, **how: Any) -> Told:
    return f"deployment/{name}", verb, how


def created(names: Sequence[str], policy: str, on: str = CHAT, **more: Any) -> tuple[Told, ...]:
    return tuple(deployment(name, "create", model=on, policy=policy, **more) for name in names)


def perform(trail: Trail, step: Step) -> tuple[Fact, ...]:
    """Give the command of a step. What a rule forbids is refused again whenever it is given."""
    if step.kind != "record":
        return _without_id(trail, step)
    try:
        with trail.record(by="alice", why=step.name, known_at=step.known, command_id=step.name) as rec:
            for subject, verb, how in step.told:
                kind, _, name = subject.partition("/")
                if kind == "fact":
                    rec.retract(int(name), **how)
                else:
                    getattr(rec.model(name) if kind == "model" else rec.deployment(name), verb)(**how)
    except Refused:
        return ()
    return rec.facts


def _without_id(trail: Trail, step: Step) -> tuple[Fact, ...]:
    if step.kind == "take":
        return trail.take(step.rows, catalogue="azure-openai", by="importer", source="notice.csv").facts
    return tuple(trail.advance(step.day, on_time=step.kind == "advance on time").facts)


@contextmanager
def small_numbers() -> Iterator[None]:
    """So few deployments are a crowd, so few facts a page, that there is a place to die between any two.

    Nobody waits for the disk: a process that dies takes nothing with it of what the operating system has.
    """
    sizes = {"moving.BATCH": 5, "engine.STORED_EVERY": 3, "standings.PAGE": 7, "concerns.MANY": 6}
    with ExitStack() as patched:
        for name, size in sizes.items():
            patched.enter_context(patch(f"modeltrail.{name}", size))
        patched.enter_context(patch("modeltrail.datastore.connect", _connected))
        yield


def _connected(database: str, lock_timeout_seconds: float) -> sqlite3.Connection:
    connection = connect(database, lock_timeout_seconds)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def play(
    url: str,
    steps: Sequence[Step],
    done: Callable[[Step, tuple[Fact, ...]], None],
    carried_out: Callable[[Move], None],
) -> None:
    """Go through steps; `done` is told of each as soon as it has returned, `carried_out` of what the host does."""
    if not steps:
        return
    clock = Hand(steps[0].at)
    with small_numbers(), Trail.open(url, clock=clock) as trail:
        trail.on_move(lambda move: answer(move, carried_out))
        for step in steps:
            clock.at = step.at
            done(step, perform(trail, step))


def answer(move: Move, carried_out: Callable[[Move], None]) -> Answer:
    """A host that knows nothing but what it is asked: the same question gets the same answer, after a crash too."""
    if move.deployment.endswith("3") and move.attempt == 1:
        return Postpone(until=moment("2025-02-04") if move.due_at < moment("2025-02-04") else LATER, why="a busy day")
    if move.deployment.endswith("5") and move.attempt < 3 and not IN_MARCH <= move.due_at < LATE_IN_MARCH:
        return Fail("the gateway did not answer")
    carried_out(move)
    return None


LATER = moment("2025-06-10")
IN_MARCH, LATE_IN_MARCH = moment("2025-03-01"), moment("2025-03-20")
"""What is due then is carried out on time: who gives that command again asks again for what has failed long ago."""


def _stated(row: int, event: Event, day: str) -> Statement:
    return Statement(row, event, moment(day), moment(day), "notice.csv")


_ROWS = (
    _stated(2, VersionReleased(model=MIRRORED, version="v2"), "2025-02-08"),
    Quarantined(3, "chat,v9,2025-02-31", "no such day: 2025-02-31", moment("2025-02-09")),
    _stated(4, DefaultChanged(model=MIRRORED, version="v2"), "2025-02-09"),
    _stated(5, VersionReleased(model=MIRRORED, version="v3"), "2025-02-10"),
)
AUTOMATIC = tuple(f"a{n:02}" for n in range(1, 13))
EXPIRING = tuple(f"u{n:02}" for n in range(1, 8))
MANUAL = tuple(f"m{n:02}" for n in range(1, 4))
FOLLOWING = tuple(f"z{n:02}" for n in range(1, 4))
NEW = tuple(f"n{n:02}" for n in range(1, 9))

STEPS = (
    Step(
        "the models",
        "2025-01-01",
        (
            *(model(name, "register", run_by="engine") for name in (CHAT, NEXT)),
            model(MIRRORED, "register"),
            *(model(name, "release", version="v1") for name in (CHAT, NEXT, MIRRORED)),
            *(model(name, "change_default", version="v1") for name in (CHAT, NEXT, MIRRORED)),
        ),
    ),
    Step("a crowd", "2025-01-02", created(AUTOMATIC, "auto-update")),
    Step(
        "the others",
        "2025-01-03",
        (
            *created(EXPIRING, "upgrade-when-expired"),
            *created(MANUAL, "manual"),
            *created(("s01",), "unspecified"),
            *created(("p01",), "auto-update", sku="ProvisionedManaged"),
            *created(FOLLOWING, "auto-update", on=MIRRORED),
            *created(("x01",), "auto-update", on=MIRRORED, run_by="provider"),
        ),
    ),
    Step("an idle fact", "2025-01-04", (deployment("u02", "change_api_version", api_version="2025-01"),)),
    Step(
        "a default is announced",
        "2025-01-05",
        (model(CHAT, "release", version="v2"), model(CHAT, "announce_default", version="v2", on="2025-02-01")),
    ),
    Step("another idle fact", "2025-01-06", (deployment("u02", "tested", version="v2", result="passed"),)),
    Step("a change of policy", "2025-01-10", (deployment("m03", "change_policy", policy="auto-update"),)),
    Step("the default changes", "2025-02-01", kind="advance"),
    Step("an owner is first", "2025-02-02", (deployment("a03", "change_version", version="v2"),)),
    Step("those held back", "2025-02-05", kind="advance"),
    Step(
        "a retirement is announced",
        "2025-02-10",
        (
            model(CHAT, "announce_retirement", version="v1", on="2025-03-01"),
            model(CHAT, "name_replacement", version="v1", to_model=NEXT),
            model(CHAT, "release", version="v3"),
            model(CHAT, "announce_default", version="v3", on="2025-03-05"),
        ),
    ),
    Step("an import", "2025-02-11", kind="take", rows=_ROWS),
    Step("on time", "2025-03-20", kind="advance on time"),
    Step("late news", "2025-03-22", (model(NEXT, "release", version="v2"),), known="2025-03-12"),
    Step(
        "a late emergency",
        "2025-03-22",
        (model(NEXT, "change_default", version="v2", emergency="wrong answers"),),
        known="2025-03-21",
    ),
    Step(
        "a policy after the fact",
        "2025-03-23",
        tuple(deployment(name, "change_policy", policy="auto-update") for name in ("u01", "u02", "u04")),
        known="2025-03-21T12:00Z",
    ),
    Step("a step back", "2025-03-25", (model(CHAT, "change_default", version="v2", emergency="incident 12"),)),
    Step(
        "coming and going",
        "2025-03-26",
        (
            deployment("a01", "delete"),
            *created(("a01",), "manual"),
            deployment("a02", "change_sku", sku="ProvisionedManaged"),
        ),
    ),
    Step("it was wrong", "2025-03-27", (("fact/8", "retract", {"why": "a typing error"}),)),
    Step("many at once", "2025-04-01", created(NEW, "auto-update", on=NEXT)),
    Step("they run the old one", "2025-04-02", (deployment("n01", "change_version", version="v1"),)),
    Step(
        "all at once",
        "2025-04-03",
        (
            model(NEXT, "release", version="v3"),
            model(NEXT, "change_default", version="v3", emergency="incident 13"),
            *created(tuple(f"l{n:02}" for n in range(1, 8)), "manual", on=NEXT),
        ),
    ),
    Step("the end", "2025-06-15", kind="advance"),
    Step("the very end", "2025-06-20", kind="advance"),
)
DAYS = ("2025-01-04", "2025-02-03", "2025-03-03", "2025-03-21", "2025-04-02", "2025-06-19")
"""The days that are asked about, and what was known on them."""
