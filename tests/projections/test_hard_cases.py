"""What could make rows wrong in silence? Cases that are rare, each of which once did, or might."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modeltrail import Projection, Stale, Trail, folding, ledger
from modeltrail.datastore import StoreError
from modeltrail.domain.events import DeploymentCreated, DeploymentObserved, PolicyChanged
from modeltrail.failpoints import watched
from modeltrail.folding import Unfit
from modeltrail.live_fold import AT_HAND
from modeltrail.tables import quoted
from modeltrail.views import View
from modeltrail.work import Work
from rules.given import MIRRORED, empty, on
from told_owners import Handlers, change, create, opened


class Interrupted(BaseException):
    """Somebody pressed a key."""


def interrupted(point: str, times: int = 1) -> Any:
    """End at a point, when it is reached so many times."""
    left = [times]

    def reached(name: str) -> None:
        left[0] -= name == point
        if not left[0]:
            raise Interrupted

    return watched(reached)


@pytest.mark.rule("R45")
def test_a_retraction_that_was_known_before_its_fact_counts() -> None:
    with empty() as trail:
        (fact,) = on(trail, "2025-03-01", known="2025-05-01").deployment("a").create(MIRRORED, run_by="provider")
        on(trail, "2025-04-01").retract(fact.position)
        for name in ("policies", "deployments", "changes"):
            assert dict(trail.view(name).all()) == dict(trail.fold(name)), name
        assert trail.view("policies").get("a") is None


def test_tables_that_another_has_dropped_and_built_anew_are_not_mistaken_for_the_old_ones(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as one, opened(tmp_path / "a.db") as two:
        for name in ("d0", "d1"):
            create(one, name)
        assert len(one.view(handlers.owners).all()) == 2
        two.projections.drop("owners")
        create(two, "d2")
        assert set(two.view(handlers.owners).all()) == {"d0", "d1", "d2"}
        change(one, "d0", "2025-02-01")
        assert set(one.view(handlers.owners).all()) == {"d0", "d1", "d2"}
        assert one.view(handlers.owners).count_by("owner") == {"team-a": 3}


def test_a_program_of_an_older_edition_neither_reads_nor_takes_back_what_the_newer_shows(tmp_path: Path) -> None:
    class Wider(NamedTuple):
        team: str

    newer = Projection("owners", Wider, edition=2, question="Whose is it?", key="deployment")
    newer.on(DeploymentCreated, key=lambda event: event.deployment)(lambda row, event: Wider(event.owner))
    older = Handlers()
    with opened(tmp_path / "a.db") as old, opened(tmp_path / "a.db") as new:
        create(old, "d0")
        assert old.view(older.owners).count_by("owner") == {"team-a": 1}
        assert new.view(newer).count_by("team") == {"team-a": 1}
        new.projections.drop("owners", superseded=True)
        create(new, "d1")
        assert old.view(older.owners).count_by("owner") == {"team-a": 2}  # built anew for itself
        states = {one.stored_edition: one.state for one in new.projections.status() if one.name == "owners"}
        assert states == {1: "superseded", 2: "current"}
        with pytest.raises(ValueError, match="the views of owners show its edition 2 up to position 1"):
            old.projections.query("SELECT * FROM owners")
        assert new.projections.query("SELECT team FROM owners").rows == [("team-a",), ("team-a",)]


def test_a_build_that_was_interrupted_when_it_followed_already_has_each_row_once(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as trail, opened(tmp_path / "a.db") as other:
        create(trail, "d0")

        def record_more(point: str) -> None:
            if point == "build.indexed" and trail.log.size() == 1:
                create(other, "d1")
                create(other, "d2")
            if point == "follow.after":
                raise Interrupted

        with pytest.raises(Interrupted), watched(record_more):
            trail.view(handlers.owners).all()
        assert trail.view(handlers.owners).count_by("owner") == {"team-a": 3}
        assert trail.projections.query("SELECT count(*) FROM owners").rows == [(3,)]


def test_a_retry_that_is_interrupted_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = Handlers()
    handlers.unnamed.add("unspecified")
    with opened(tmp_path / "a.db") as trail:
        create(trail, "d0")
        assert trail.view(handlers.owners).all().lost == (1,)
        handlers.unnamed.clear()

        def interrupt(*_: object) -> bool:
            raise Interrupted

        with monkeypatch.context() as patched, pytest.raises(Interrupted):
            patched.setattr(Work, "_mend", interrupt)
            trail.projections.retry(handlers.owners)
        with pytest.raises(Stale):
            trail.view(handlers.owners).get("d0")
        assert trail.projections.retry(handlers.owners) == (1, 0)
        assert list(trail.view(handlers.owners).all()) == ["d0"]


class Tally(NamedTuple):
    seen: list[str]


def test_a_handler_that_changes_its_row_is_found_out_also_by_tables_that_were_made_empty() -> None:
    tallies = Projection("tallies", Tally, edition=1, question="What was seen?", key="deployment")

    @tallies.on(DeploymentCreated, DeploymentObserved, key=lambda event: event.deployment)
    def seen(row: Tally | None, event: DeploymentCreated | DeploymentObserved) -> Tally:
        row = row or Tally([])
        row.seen.append(event.version or "")
        return row

    with empty() as trail:
        assert not trail.view(tallies).all()
        create(trail, "d0")
        on(trail, "2025-02-01").deployment("d0").observe(MIRRORED, "v1")
        with pytest.raises(Unfit, match="tallies changes the row that it is given at position 2"):
            trail.view(tallies).all()


class Price(NamedTuple):
    price: Decimal


def test_values_that_are_equal_are_counted_together_however_they_are_stored() -> None:
    prices = Projection("prices", Price, edition=1, question="What does it cost?", key="deployment")

    @prices.on(DeploymentCreated, key=lambda event: event.deployment)
    def created(row: Price | None, event: DeploymentCreated) -> Price:
        return Price(Decimal(event.owner or "0"))

    with empty() as trail:
        for name, owner in (("a", "1.0"), ("b", "1.00"), ("c", "1.00"), ("d", "2")):
            create(trail, name, owner=owner)
        assert trail.view(prices).count_by("price") == {Decimal(1): 3, Decimal(2): 1}


def test_a_store_that_can_only_be_read_answers_though_its_tables_are_behind(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as trail:
        create(trail, "d0")
        trail.view(handlers.owners).all()
        create(trail, "d1")
    with opened(tmp_path / "a.db", read_only=True) as trail:
        assert set(trail.view(handlers.owners).all()) == {"d0", "d1"}
        assert trail.projections.query("SELECT count(*) FROM owners").rows == [(2,)]
        create_more = trail.log.write
        with pytest.raises(StoreError):
            create_more(lambda cursor: None)


def test_what_a_key_was_is_kept_by_a_build_though_its_last_fact_cannot_be_taken(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as trail:
        create(trail, "d0", "2025-01-01")
        change(trail, "d0", "2025-02-01")
        handlers.refused.add("auto-update")
        change(trail, "d0", "2025-03-01", "auto-update")
        followed = trail.view(handlers.owners).get("d0", stale=True)
        trail.projections.rebuild(handlers.owners)
        view = trail.view(handlers.owners)
        assert view.get("d0", stale=True) == followed
        assert followed is not None
        assert followed.changes == 1
        with pytest.raises(Stale, match="'d0'"):
            view.count_by("owner")
        with pytest.raises(Stale):
            view.diff("2025-01-15", "2025-02-15")
        assert view.count_by("owner", stale=True) == {"team-a": 1}


def test_a_key_that_no_column_can_hold_stops_nothing() -> None:
    odd = Projection("odd", Tally, edition=1, question="What is odd?", key="name")

    @odd.on(PolicyChanged, DeploymentCreated, key=lambda event: event.deployment.replace("x", "\ud800"))
    def changed(row: Tally | None, event: PolicyChanged | DeploymentCreated) -> Tally:
        return Tally([*(row.seen if row else ()), event.type])

    with empty() as trail:
        create(trail, "x")
        create(trail, "y")
        assert list(trail.view(odd).all()) == ["y"]
        assert trail.view(odd).all().lost == (1,)
        with pytest.raises(ValueError, match="is no key"):
            trail.view(odd).get("\ud800")


def test_names_that_tables_of_builds_have_are_refused() -> None:
    with empty() as trail:
        name = Projection("owners_rows_1", Tally, edition=1, question="What?")
        name.on(DeploymentCreated, key=lambda event: event.deployment)(lambda row, event: Tally([]))
        with pytest.raises(ValueError, match="is the name of another table of the store"):
            trail.view(name)


def test_threads_that_ask_and_record_in_memory_do_not_wait_for_each_other_for_ever() -> None:
    from threading import Thread

    with empty() as trail:
        failed: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(15):
                    create(trail, f"d{number}-{turn}")
                    trail.view("models").all()
                    trail.at().deployments()
            except BaseException as error:
                failed.append(error)

        threads = [Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert isinstance(trail, Trail)


def test_tables_that_were_dropped_and_built_at_the_same_position_are_read_again(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as one, opened(tmp_path / "a.db") as two:
        assert not one.view(handlers.owners).all()
        for name in ("d1", "d0"):  # not by key, as a build goes
            create(one, name)
            assert name in one.view(handlers.owners).all()
        two.projections.drop("owners")
        assert len(two.view(handlers.owners).all()) == 2
        change(one, "d1", "2025-02-01")
        rows = one.view(handlers.owners).all()
        assert {name: row.changes for name, row in rows.items()} == {"d0": 0, "d1": 1}
        assert two.projections.query("SELECT count(*) FROM owners").rows == [(2,)]


def test_a_name_that_is_no_column_is_an_error_and_no_text() -> None:
    with empty() as trail, trail.log.reading() as cursor, pytest.raises(sqlite3.OperationalError, match="no such col"):
        cursor.execute(f"SELECT {quoted('nowhere')} FROM events")


def test_tables_that_are_replaced_while_somebody_follows_are_looked_for_again(tmp_path: Path) -> None:
    handlers, once = Handlers(), iter([True])
    with opened(tmp_path / "a.db") as one, opened(tmp_path / "a.db") as two:
        create(one, "d0")
        one.view(handlers.owners).all()
        create(one, "d1")

        def replace(point: str) -> None:
            if point == "follow.before" and next(once, False):
                two.projections.rebuild(handlers.owners)

        with watched(replace):
            assert set(one.view(handlers.owners).all()) == {"d0", "d1"}


@pytest.mark.rule("R6")
def test_what_was_known_before_all_of_it_was_retracted_bounds_what_comes() -> None:
    with empty() as trail:
        view: View[Any] = trail.view("policies")
        (fact,) = on(trail, "2025-03-01").deployment("a").create(MIRRORED, run_by="provider", policy="manual")
        view.all()
        on(trail, "2025-06-01").retract(fact.position)
        view.all()
        on(trail, "2025-03-15", known="2025-04-01").deployment("a").create(
            MIRRORED, run_by="provider", policy="auto-update"
        )
        for t in (None, "2025-03-10", "2025-03-20"):
            for k in (None, "2025-03-20", "2025-05-01", "2025-07-01"):
                assert dict(view.all(t, k)) == dict(trail.fold("policies", t, k)), (t, k)
                assert view.get("a", t, k) == trail.fold("policies", t, k).get("a"), (t, k)


def test_a_late_fact_that_cannot_be_taken_leaves_what_was_known(tmp_path: Path) -> None:
    handlers = Handlers()
    with opened(tmp_path / "a.db") as trail:
        create(trail, "d0", "2025-01-01")
        change(trail, "d0", "2025-02-01")
        view = trail.view(handlers.owners)
        before = view.history("d0")
        handlers.refused.add("auto-update")
        change(trail, "d0", "2025-01-15", "auto-update", known="2025-03-01")
        assert view.all().stale == {"d0"}
        assert view.history("d0", stale=True) == before
        assert len(before) == 2


def test_it_is_the_same_however_few_ends_of_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "TAILS_KEPT", 1)
    handlers = Handlers()
    with empty() as trail:
        for turn, name in enumerate(("a", "b", "c", "a", "c", "b")):
            if turn < 3:
                create(trail, name)
            else:
                change(trail, name, f"2025-02-0{turn}")
            trail.view(handlers.owners).all()
        rows = trail.view(handlers.owners).all()
        assert {name: row.changes for name, row in rows.items()} == {"a": 1, "b": 1, "c": 1}
        work = trail.projections.follower(handlers.owners).bring_up()
        assert len(work._folding.tails) <= 1


def test_a_fact_that_comes_later_than_those_at_hand_is_folded_where_it_belongs() -> None:
    order = Projection("in_turn", Order, edition=1, question="In which order?", key="deployment")

    @order.on(PolicyChanged, DeploymentCreated, key=lambda event: event.deployment)
    def changed(row: Order | None, event: PolicyChanged | DeploymentCreated, fact: Any) -> Order:
        return Order((*(row.days if row else ()), fact.effective_at.day))

    with empty() as trail:
        create(trail, "a", "2025-01-01")
        for day in range(4, 4 + 3 * AT_HAND):
            change(trail, "a", f"2025-01-{day:02}")
        change(trail, "a", "2025-01-03", known="2025-02-01")
        change(trail, "a", "2025-01-02", known="2025-02-02")
        assert trail.fold(order)["a"].days == tuple(range(1, 4 + 3 * AT_HAND))
        assert dict(trail.view(order).all()) == dict(trail.fold(order))


class Order(NamedTuple):
    days: tuple[int, ...]


def test_a_question_is_answered_though_a_short_cut_cannot_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise StoreError("another writer held the store")

    monkeypatch.setattr(ledger, "_STORED_AFTER", 0)
    monkeypatch.setattr(ledger, "store", locked)
    with empty() as trail:
        create(trail, "a")
        assert trail.at().serving("a").version == "v1"
