"""A host that interferes, a store that is locked, a writer that is quicker at the worst moment: nothing is lost."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from faults.living import Place
from faults.outcome import assert_each_move_is_made_once, assert_the_table_says_what_the_log_says, is_executed
from faults.scenario import CHAT, Hand, Step, created, deployment, model, moment, perform, small_numbers
from modeltrail import Postpone, Trail
from modeltrail.domain.events import MoveFailed
from modeltrail.domain.facts import Fact
from modeltrail.domain.moves import Move
from modeltrail.engine import Engine
from modeltrail.failpoints import watched
from modeltrail.hosts import Answer
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.models import model_history, models
from modeltrail.standings import Standings

NAMES = tuple(f"d{n:02}" for n in range(12))
BEGINNING = (
    Step(
        "the model",
        "2025-01-01",
        (
            model(CHAT, "register", run_by="engine"),
            *(model(CHAT, "release", version=version) for version in ("v1", "v2")),
            model(CHAT, "change_default", version="v1"),
        ),
    ),
    Step("the crowd", "2025-01-02", created(NAMES, "auto-update")),
)
DEFAULT = Step(
    "the default",
    "2025-02-01",
    (model(CHAT, "change_default", version="v2", emergency="incident 1"),),
    known="2025-02-01",
)
IDLE = Step("nothing much", "2025-02-02", (deployment("d00", "change_api_version", api_version="2025-01"),))


class Told:
    """A trail on a file, whose clock shows the day of the last command."""

    def __init__(self, place: Place) -> None:
        self.place, self.clock = place, Hand(moment("2025-01-01"))
        log = Log.open(place.url, clock=self.clock, lock_timeout_seconds=0.01)
        self.trail = Trail(log, self.clock)

    def give(self, *steps: Step) -> tuple[Fact, ...]:
        """Give commands on their days. The facts of the last are returned."""
        facts: tuple[Fact, ...] = ()
        for step in steps:
            self.clock.at = max(self.clock.at, step.at)
            facts = perform(self.trail, step)
        return facts

    def moved(self) -> list[str]:
        """Whom the engine has moved, in the order of the log."""
        return [fact.stream.partition("/")[2] for fact in self.trail.events() if is_executed(fact)]

    def assert_done_once(self) -> None:
        assert_each_move_is_made_once(self.place, list(self.trail.events()))
        assert list(self.trail.advance().facts) == []
        assert_the_table_says_what_the_log_says(self.trail)
        assert self.trail.log.verify().ok


@pytest.fixture
def told(place: Place) -> Iterator[Told]:
    with small_numbers():
        told = Told(place)
        told.give(*BEGINNING)
        told.trail.on_move(place.carry_out)
        with told.trail:
            yield told


def first(place: Place, act: Callable[[Move], None]) -> Callable[[Move], Answer]:
    """A host that does something before it carries a move out."""

    def asked(move: Move) -> None:
        act(move)
        place.carry_out(move)

    return asked


@pytest.mark.rule("R38")
def test_a_host_that_records_what_it_did_is_asked_once_for_each_move(told: Told) -> None:
    """What it records is newer than what the move was found by, each time it is asked."""
    asked: list[str] = []

    def test(move: Move) -> None:
        asked.append(move.deployment)
        if len(asked) > len(NAMES):
            pytest.fail("it is asked again and again")
        evidence = f"run {len(asked)}"
        with told.trail.record(by="host") as rec:
            rec.deployment(move.deployment).tested(move.to.version or "", result="passed", evidence=evidence)

    told.trail.on_move(first(told.place, test))
    told.give(DEFAULT)
    assert Counter(asked) == Counter(told.moved()) == Counter(NAMES)
    told.assert_done_once()


@pytest.mark.rule("R38")
def test_a_host_may_change_others_of_the_crowd_that_is_being_moved(told: Told) -> None:
    """It settles d05 and d10, with each of which a batch begins; the others are moved all the same."""

    def settle(move: Move) -> None:
        if move.deployment == "d00":
            with told.trail.record(by="host") as rec:
                for name in ("d05", "d10"):
                    rec.deployment(name).change_policy("manual")

    told.trail.on_move(first(told.place, settle))
    told.give(DEFAULT)
    assert Counter(told.moved()) == Counter(set(NAMES) - {"d05", "d10"})
    told.assert_done_once()


@pytest.mark.rule("R38")
def test_what_a_host_records_is_carried_out_when_it_has_answered(told: Told) -> None:
    def announce(move: Move) -> None:
        if move.deployment == "d03" and move.to.version == "v2":
            with told.trail.record(by="host") as rec:
                rec.model(CHAT).release("v3")
            told.clock.at = moment("2025-02-01T01:00")
            with told.trail.record(by="host") as rec:
                rec.model(CHAT).change_default("v3", emergency="incident 2")

    told.trail.on_move(first(told.place, announce))
    told.give(DEFAULT)
    assert {one.version for one in told.trail.at().deployments(CHAT)} == {"v3"}
    assert list(told.trail.advance().facts) == []
    assert told.trail.log.verify().ok


@pytest.mark.rule("R38")
def test_a_host_that_raises_undoes_nothing_and_is_asked_again(told: Told) -> None:
    def refuse(move: Move) -> None:
        if move.attempt == 1:
            raise ConnectionError("the gateway is away")

    told.trail.on_move(first(told.place, refuse))
    (changed,) = told.give(DEFAULT)
    assert told.trail.log.fact(changed.position) == changed
    assert told.moved() == []
    errors = [fact.event.error for fact in told.trail.events() if isinstance(fact.event, MoveFailed)]
    assert errors == ["ConnectionError: the gateway is away"] * len(NAMES)
    told.give(Step("later", "2025-02-03", kind="advance"))
    assert Counter(told.moved()) == Counter(NAMES)
    told.assert_done_once()


@pytest.mark.rule("R38")
def test_what_was_recorded_stays_when_the_store_is_locked_and_what_follows_comes_with_the_next_call(
    told: Told,
) -> None:
    lock = sqlite3.connect(told.place.folder / "audit.db", isolation_level=None)
    batches = 0

    def take(point: str) -> None:
        nonlocal batches
        batches += point == "batch.before"
        if batches == 2 and not lock.in_transaction:
            lock.execute("BEGIN IMMEDIATE")

    with watched(take):
        (changed,) = told.give(DEFAULT)
    assert told.trail.log.fact(changed.position) == changed
    assert len(told.moved()) == 5
    lock.execute("ROLLBACK")
    lock.close()
    told.give(IDLE)
    assert Counter(told.moved()) == Counter(NAMES)
    assert told_times(told) == {changed.known_at}
    told.assert_done_once()


def told_times(told: Told) -> set[datetime]:
    """When all that the engine did took effect."""
    return {fact.effective_at for fact in told.trail.events() if is_executed(fact)}


@pytest.mark.rule("R38")
@pytest.mark.parametrize("nth", range(1, 13))
def test_what_another_process_records_while_one_looks_is_looked_at_as_well(
    nth: int, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded just before one reads the log for the n-th time within a call."""
    told.give(Step("by hand", "2025-01-03", (deployment("d07", "change_policy", policy="manual"),)), DEFAULT)
    read, reads = told.trail.log.read, 0

    def disturbed(after: int = 0, limit: int | None = None) -> Iterator[Fact]:
        nonlocal reads
        reads += 1
        if reads == nth:
            with Trail.open(told.place.url, clock=told.clock, acting="worker") as other:
                perform(other, Step("quicker", IDLE.day, (deployment("d07", "change_policy", policy="auto-update"),)))
        return read(after, limit)

    monkeypatch.setattr(told.trail.log, "read", disturbed)
    told.give(IDLE)
    monkeypatch.undo()
    told.give(Step("more of it", IDLE.day, (deployment("d01", "change_api_version", api_version="2025-01"),)))
    assert Counter(told.moved()) == Counter(NAMES) if reads >= nth else Counter({*NAMES} - {"d07"})
    told.assert_done_once()


@pytest.mark.rule("R37")
@pytest.mark.rule("R38")
def test_a_move_is_never_made_before_its_host_wanted_to_be_asked_again(told: Told) -> None:
    later = moment("2025-03-01")
    told.trail.on_move(lambda move: _postponed(move, later))
    told.give(DEFAULT, Step("on time", "2025-03-10", kind="advance on time"))
    assert told_times(told) == {later}


def _postponed(move: Move, later: datetime) -> Answer:
    return Postpone(later, "a busy month") if move.attempt == 1 else None


@pytest.mark.rule("R38")
def test_whom_another_process_has_moved_is_not_stopped_for_where_it_was_before(told: Told) -> None:
    """One looks at February, in which the old version was retired, while a quicker one moves all as of March."""
    march = told.clock.at = moment("2025-03-01")
    late = (model(CHAT, "retire", version="v1", emergency="incident 2"),)
    with Trail.open(told.place.url, clock=told.clock, acting="worker") as other:
        ledger = Ledger(other.log)
        quicker = Engine(other.log, ledger, lambda name: model_history(name, ledger.known(models, name)))
        quicker.ask(told.place.carry_out)
        for step in (DEFAULT, Step("the retirement", "2025-03-01", late, known="2025-02-02")):
            perform(other, step)

        def be_quicker(point: str) -> None:
            if point == "reaction.before" and not told.moved():
                with watched(lambda _: None):
                    quicker.sweep(march, on_time=False)

        with watched(be_quicker):
            told.give(IDLE)
    assert told_times(told) == {march}
    assert Counter(told.moved()) == Counter(NAMES)
    told.assert_done_once()


@pytest.mark.rule("R38")
def test_the_table_takes_no_fact_that_another_process_records_while_it_is_written(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every page that is read, somebody has been quicker; what the ledger has not read counts as not followed."""
    ledger = Ledger(told.trail.log)
    standings, read, names = Standings(told.trail.log, ledger), told.trail.log.read, iter(NAMES)
    told.give(DEFAULT)
    told.give(IDLE)

    def disturbed(after: int = 0, limit: int | None = None) -> Iterator[Fact]:
        with Trail.open(told.place.url, clock=told.clock, acting="worker") as other:
            perform(other, Step(name := next(names), IDLE.day, (deployment(name, "change_policy", policy="manual"),)))
        return read(after, limit)

    monkeypatch.setattr(told.trail.log, "read", disturbed)
    standings.catch_up()
    monkeypatch.undo()
    assert_the_table_says_what_the_log_says(told.trail)
