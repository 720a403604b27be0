"""R13, R28, R37: what follows for deployments from whose word counts, and on what that rests."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from modeltrail import Conflict, Refused, Trail
from modeltrail.failpoints import watched
from rules.acts import done, moves, promised, running
from rules.given import MIRRORED, NOW, OWN, ahead, deployed, mirrored, on, own, served, shown
from rules.sources import API, LATER, MAIL, disputed, trust, version


def clock() -> datetime:
    return NOW


@pytest.mark.rule("R12", "R13", "R28")
def test_the_course_follows_the_trusted_date_and_rests_on_the_order() -> None:
    trail = disputed(deployed(mirrored(), policy="manual"))
    (order,) = trust(trail, "2025-04-01", "azure-models")
    assert [shown(trail, t) for t in ("2025-05-31", "2025-06-01")] == ["v1", "v1 or stopped"]
    assert order.position in served(trail, "2025-06-01").because


@pytest.mark.rule("R13", "R28")
def test_an_answer_does_not_rest_on_an_order_that_decides_nothing() -> None:
    trail = deployed(mirrored(), policy="manual")
    (order,) = trust(trail, "2025-02-11", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert shown(trail, "2025-06-01") == "v1 or stopped"
    assert order.position not in served(trail, "2025-06-01").because


@pytest.mark.rule("R13", "R28")
@pytest.mark.parametrize(
    ("orders", "rests_on"),
    [
        (["nobody"], []),
        (["nobody", ""], []),
        (["azure-models", ""], [1]),
        (["azure-models", "nobody"], [1]),
        (["azure-models", "", "nobody"], []),
    ],
)
def test_it_rests_on_the_last_order_where_that_or_the_one_before_it_decides(
    orders: list[str], rests_on: list[int]
) -> None:
    trail = disputed(deployed(mirrored(), policy="manual"))
    declared = [
        trust(trail, f"2025-04-0{day}", *filter(None, [order]))[0].position for day, order in enumerate(orders, start=1)
    ]
    because = served(trail, "2025-09-01").because
    assert [place for place, position in enumerate(declared) if position in because] == rests_on


@pytest.mark.rule("R13", "R28")
def test_nor_on_one_that_decides_about_something_else() -> None:
    trail = deployed(mirrored(), policy="manual")
    (order,) = trust(trail, "2025-02-11", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    for source, to in ((API, "v2"), (MAIL, "v3")):
        on(trail, "2025-03-02", source=source).model(MIRRORED).name_replacement("v1", MIRRORED, to)
    assert order.position not in served(trail, "2025-06-01").because


@pytest.mark.rule("R13", "R20", "R24", "R28")
@pytest.mark.parametrize("how", ["forced", "forced elsewhere", "replaced"])
def test_a_move_rests_on_the_order_that_decided_where_it_leads(how: str) -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    (order,) = trust(trail, "2025-02-11", "azure-models")
    for day, source, on_day in (("2025-03-01", API, "2025-06-01"), ("2025-03-02", MAIL, "2025-09-01")):
        model = on(trail, day, source=source).model(MIRRORED)
        if how == "replaced":
            model.name_replacement("v1", MIRRORED, "v2", upgrade_from=on_day)
        else:
            model.announce_forced_upgrade("v1", on=on_day, to_version="v2" if how == "forced" else None)
    if how == "forced elsewhere":
        on(trail, "2025-03-03").model(MIRRORED).name_replacement("v1", MIRRORED, "v2")
    elif how == "replaced":
        on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    assert shown(trail, "2025-06-15") == "v2"
    assert order.position in served(trail, "2025-06-15").because


@pytest.mark.rule("R12", "R13")
def test_an_order_may_end_what_was_overdue_and_begin_it() -> None:
    trail = disputed(deployed(mirrored(), policy="manual"))
    trust(trail, "2025-10-01", "azure-models")
    trust(trail, "2025-07-01", "azure-models")
    trust(trail, "2025-08-01", "a mail")
    days = ("2025-06-15", "2025-07-01", "2025-08-01", "2025-09-01")
    assert [shown(trail, t) for t in days] == ["v1", "v1 or stopped", "v1", "v1 or stopped"]


@pytest.mark.rule("R12", "R13")
def test_upcoming_shows_the_date_that_counts() -> None:
    trail = disputed(deployed(mirrored(), policy="manual"))
    trust(trail, "2025-03-03", "azure-models")
    (catalogue,) = trail.at("2025-05-15").upcoming(30, catalogue_only=True)
    (stop,) = ahead(trail, "2025-05-15", 30)
    assert (catalogue.on, stop.on, stop.kind) == (datetime.fromisoformat("2025-06-01T00:00:00Z"), catalogue.on, "stop")
    assert ahead(trail, "2025-05-15", 30, known="2025-03-02") == []


@pytest.mark.rule("R13", "R37", "R38")
def test_an_order_that_makes_a_move_due_has_the_engine_make_it_and_says_so() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired")
    for day, source, begin in (("2025-03-01", API, "2025-04-01"), ("2025-03-02", MAIL, "2025-08-01")):
        on(trail, day, source=source).model(MIRRORED).name_replacement("v1", MIRRORED, "v2", upgrade_from=begin)
    trail.advance("2025-05-01")
    assert moves(trail) == []
    (order,) = trust(trail, "2025-05-01", "azure-models", known="2025-05-02")[:1]
    (moved,) = moves(trail)
    assert (shown(trail, "2025-05-02"), moved.known_at) == ("v2", order.known_at)
    assert order.position in moved.event.data()["because"]  # type: ignore[operator]


@pytest.mark.rule("R13", "R38")
def test_a_move_rests_on_the_end_of_the_order_that_let_it_wait() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired")
    trust(trail, "2025-02-11", "azure-models")
    for day, source, begin in (("2025-03-01", API, "2025-08-01"), ("2025-03-02", MAIL, "2025-04-01")):
        on(trail, day, source=source).model(MIRRORED).name_replacement("v1", MIRRORED, "v2", upgrade_from=begin)
    (order,) = trust(trail, "2025-05-01", known="2025-05-02")[:1]
    (moved,) = moves(trail)
    assert order.position in moved.event.data()["because"]  # type: ignore[operator]


@pytest.mark.rule("R13", "R38")
def test_no_move_is_made_that_an_order_has_made_wrong_meanwhile(tmp_path: Path) -> None:
    """Just before the engine records a move, another process declares whose word counts."""
    url = f"sqlite:///{tmp_path}/trail.db"
    with Trail.open(url, clock=clock) as trail, Trail.open(url, clock=clock, acting="worker") as other:
        on(trail, "2025-01-01").model(MIRRORED).release("v1")
        on(trail, "2025-01-01").model(MIRRORED).release("v2")
        on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired")
        on(trail, "2025-03-01", source=API).model(MIRRORED).name_replacement("v1", MIRRORED, "v2", LATER)

        def declare(point: str) -> None:
            if point == "reaction.before":
                with watched(lambda _: None):
                    trust(other, "2025-03-02", "azure-models")

        with watched(declare):
            on(trail, "2025-03-02", source=MAIL).model(MIRRORED).name_replacement("v1", MIRRORED, "v2", "2025-03-02")
        assert (moves(trail), shown(trail, "2025-03-02")) == ([], "v1")


@pytest.mark.rule("R13")
def test_a_decision_that_rests_on_an_order_is_a_lost_race_where_another_one_is_declared_meanwhile(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/trail.db"
    with Trail.open(url, clock=clock) as trail, Trail.open(url, clock=clock) as other:
        on(trail, "2025-01-01").model(OWN).register(run_by="engine")
        on(trail, "2025-01-01").model(OWN).release("v1")
        disputed(trail, OWN)
        trust(trail, "2025-03-03", "azure-models", catalogue="acme")
        with pytest.raises(Conflict), trail.record(by="alice@example.com", effective_at="2025-07-01") as rec:
            rec.model(OWN).retire("v1")
            trust(other, "2025-03-04", "a mail", catalogue="acme")


@pytest.mark.rule("R13", "R37")
def test_a_retracted_order_may_make_a_move_due() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired")
    (order,) = trust(trail, "2025-02-11", "azure-models")
    for day, source, begin in (("2025-03-01", API, "2025-08-01"), ("2025-03-02", MAIL, "2025-04-01")):
        on(trail, day, source=source).model(MIRRORED).name_replacement("v1", MIRRORED, "v2", upgrade_from=begin)
    trail.advance("2025-05-01")
    assert moves(trail) == []
    on(trail, "2025-05-02").retract(order.position)
    assert [fact.effective_at.date().isoformat() for fact in moves(trail)] == ["2025-05-02"]


@pytest.mark.rule("R13", "R37")
def test_advance_carries_out_what_the_trusted_source_announced() -> None:
    trail = promised(running(), default="2025-03-20")
    on(trail, "2025-02-12", source="a draft").model(OWN).announce_default("v2", on="2025-06-01")
    assert done(trail.advance("2025-03-21")) == []
    trust(trail, "2025-03-21", "a draft", catalogue="acme")
    assert done(trail.advance("2025-06-02")) == [
        ("default-changed", "2025-06-02"),
        ("version-changed", "2025-06-02"),
    ]


@pytest.mark.rule("R13", "R37")
def test_carried_out_on_time_is_not_before_it_was_known_whose_word_counts() -> None:
    trail = own()
    on(trail, "2025-02-11", source="the plan").model(OWN).announce_default("v2", on="2025-03-20")
    on(trail, "2025-02-12", source="a draft").model(OWN).announce_default("v2", on="2025-06-01")
    trust(trail, "2025-04-01", "the plan", known="2025-04-02", catalogue="acme")
    assert done(trail.advance("2025-05-01", on_time=True)) == [("default-changed", "2025-04-02")]


@pytest.mark.rule("R13", "R27")
def test_a_decision_is_judged_by_the_order_also_of_its_own_batch() -> None:
    trail = disputed(own(), OWN)
    with pytest.raises(Refused):
        on(trail, "2025-07-01").model(OWN).retire("v1")
    with trail.record(by="alice@example.com", effective_at="2025-07-01", known_at="2025-07-01") as rec:
        rec.model(OWN).unlist("v2")
        rec.catalogue("acme").trust("azure-models")
        rec.model(OWN).retire("v1")
    assert version(trail, of=OWN).retired_at is not None
