"""Is a ledger that begins with what was stored the same as one that looked through the log? (R2, R6, R10, R45)"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from log.examples import START, file_url, opened, release
from log.test_ledger import as_drafts, check_answers, created, kept, log_of, mentions, retracted, trusted
from modeltrail.domain.facts import Fact
from modeltrail.drafts import Draft
from modeltrail.kept import load
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from strategies import History


def looked_through(monkeypatch: pytest.MonkeyPatch, log: Log) -> list[int]:
    """From where on the log is looked through, each time."""
    begun: list[int] = []
    pick = log.pick

    def noted(after: int, *rest: object) -> object:
        begun.append(after)
        return pick(after, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(log, "pick", noted)
    return begun


@pytest.mark.rule("R45")
@given(mentions(), st.data())
def test_it_is_the_same_wherever_it_was_stored_and_begun_anew(drafts: list[Draft], data: st.DataObject) -> None:
    with log_of(()) as log:
        ledger, left = Ledger(log), drafts
        while left:
            count = data.draw(st.integers(1, len(left)))
            log.append(left[:count])
            left = left[count:]
            ledger.catch_up()
            if data.draw(st.booleans()):
                ledger.store()
            if data.draw(st.booleans()):
                ledger = Ledger(log)
                ledger.catch_up()
        check_answers(ledger, log)


@pytest.mark.rule("R6")
@given(st.one_of(strategies.histories(empty_versions=True), strategies.disputed()), st.data())
def test_no_answer_depends_on_what_was_stored(history: History, data: st.DataObject) -> None:
    drafts = as_drafts(history)
    cut = data.draw(st.integers(0, len(drafts)))
    with log_of(drafts[:cut]) as log:
        first = Ledger(log)
        first.catch_up()
        first.store()
        log.append(drafts[cut:])
        ledger = Ledger(log)
        ledger.catch_up()
        check_answers(ledger, log)


def test_a_mention_that_took_the_place_of_a_retracted_one_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with log_of([created("d1", day=0), created("d2", day=1), retracted(1, "deployment/d1")]) as log:
        first = Ledger(log)
        first.catch_up()
        first.store()
        begun = looked_through(monkeypatch, log)
        again = Ledger(log)
        again.catch_up()
        assert kept(again) == kept(first) == [2]
        assert begun == []  # nothing came after what was stored


@pytest.mark.rule("R13")
def test_an_order_of_trust_is_kept_and_so_is_its_retraction() -> None:
    with log_of([release("1"), trusted("api"), trusted("mail"), retracted(3, "catalogue/azure-openai")]) as log:
        first = Ledger(log)
        first.catch_up()
        first.store()
        again = Ledger(log)
        again.catch_up()
        assert [fact.position for fact in again.orders("azure-openai")] == [2]
        assert kept(again) == kept(first) == [1, 2]


def test_an_older_version_that_knows_no_orders_of_trust_stores_in_a_place_of_its_own() -> None:
    def older(cursor: sqlite3.Cursor, _: object) -> None:
        cursor.execute("CREATE TABLE kept_facts (position INTEGER PRIMARY KEY)")
        cursor.execute("INSERT INTO kept_facts VALUES (1)")

    with log_of([release("1"), trusted("api")]) as log:
        log.append((), tracking=("kept-1", 2), beside=older)
        ledger = Ledger(log)
        ledger.catch_up()
        assert kept(ledger) == [1, 2]


def test_only_what_came_after_it_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    with log_of([created("d0"), created("d1"), created("d2", day=1)]) as log:
        first = Ledger(log)
        first.catch_up()
        first.store()
        log.append([created("d3", day=2)])
        begun = looked_through(monkeypatch, log)
        again = Ledger(log)
        again.catch_up()
        assert begun == [3]
        assert (again.position, again.recorded_at) == (4, log.fact(4).recorded_at)


def test_what_another_has_stored_further_on_stays(path: Path) -> None:
    with opened(path) as log:
        log.append([created("d0")])
        behind = Ledger(log)
        behind.catch_up()
        log.append([created("d1", "2")])
        ahead = Ledger(log)
        ahead.catch_up()
        ahead.store()
        behind.store()
        stored = load(log)
        assert (stored.position, [fact.position for fact in stored.facts]) == (2, [1, 2])


def test_a_log_that_can_only_be_read_is_not_written(path: Path) -> None:
    with opened(path) as log:
        log.append([created("d0")])
    with Log.open(file_url(path), clock=lambda: START, read_only=True) as log:
        ledger = Ledger(log)
        ledger.catch_up()
        ledger.store()
        assert load(log).position == 0


def test_nothing_is_stored_of_an_empty_log() -> None:
    with log_of(()) as log:
        Ledger(log).close()
        found: tuple[int, list[Fact]] = (load(log).position, load(log).facts)
        assert found == (0, [])
