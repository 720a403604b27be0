"""R13: whose word counts where sources state different things, by the order of trust that a catalogue declares."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import book
import strategies
from modeltrail import Trail
from modeltrail.domain.events import ModelEvent, TrustChanged
from modeltrail.domain.model import evolve, new_model
from modeltrail.domain.trust import rank
from modeltrail.domain.values import catalogue_of
from rules.given import MIRRORED, NOW, deployed, mirrored, on, shown
from rules.sources import API, LATER, MAIL, PAGE, dates, disputed, trust, version
from strategies import LATEST, History


def clock() -> datetime:
    return NOW


# Whose word counts


@pytest.mark.rule("R13")
def test_where_no_order_is_declared_the_latest_statement_counts_whoever_made_it() -> None:
    assert dates(disputed()) == {None: "September"}


@pytest.mark.rule("R13")
def test_the_most_trusted_source_counts_whatever_another_says_later() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    assert dates(disputed(trail)) == {None: "June"}


@pytest.mark.rule("R13")
def test_of_what_one_source_says_the_latest_counts() -> None:
    trail = disputed()
    trust(trail, "2025-03-03", "azure-models")
    on(trail, "2025-03-04", source="azure-models norway.json sha256:cd34 row 9").model(MIRRORED).announce_retirement(
        "v1", on="2025-07-01"
    )
    assert dates(trail) == {None: "July"}


@pytest.mark.rule("R13")
def test_the_first_in_the_order_that_has_spoken_counts() -> None:
    trail = disputed()
    trust(trail, "2025-03-03", "https://learn.microsoft.com", "azure-models", "a mail")
    assert dates(trail) == {None: "June"}
    on(trail, "2025-03-04", source=PAGE).model(MIRRORED).announce_retirement("v1", on="2025-08-01")
    on(trail, "2025-03-05", source=API).model(MIRRORED).announce_retirement("v1", on="2025-07-01")
    assert dates(trail) == {None: "August"}


@pytest.mark.rule("R13")
def test_whom_the_order_does_not_name_are_trusted_alike_and_least() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "https://learn.microsoft.com")
    assert dates(disputed(trail)) == {None: "September"}
    on(trail, "2025-03-03").model(MIRRORED).announce_retirement("v1", on="2025-10-01")
    assert dates(trail) == {None: "October"}


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("source", "is_meant"),
    [
        ("azure-models", True),
        ("azure-models sweden.json row 7", True),
        ("azure-models.json", True),
        ("azure-models#7", True),
        ("azure-models2", False),
        ("azure-modelsé", False),
        ("azure-model", False),
        ("Azure-models", False),
        ("the azure-models", False),
        ("", False),
        (None, False),
    ],
)
def test_an_entry_means_what_it_equals_or_begins_and_no_letter_or_digit_goes_on(
    source: str | None, is_meant: bool
) -> None:
    assert rank(("first", "azure-models"), source) == (1 if is_meant else 2)


@pytest.mark.rule("R13")
def test_the_first_entry_that_matches_counts() -> None:
    order = ("https://learn.microsoft.com/azure", "https://learn.microsoft.com")
    assert rank(order, "https://learn.microsoft.com/azure/ai") == 0
    assert rank(tuple(reversed(order)), "https://learn.microsoft.com/azure/ai") == 0


@pytest.mark.rule("R13")
def test_an_order_holds_in_its_catalogue_only() -> None:
    trail = disputed()
    trust(trail, "2025-03-03", "azure-models", catalogue="azure-foundry")
    trust(trail, "2025-03-03", "azure-models", catalogue="azure")
    assert dates(trail) == {None: "September"}


# Late, changed, retracted


@pytest.mark.rule("R6", "R13")
def test_a_late_order_picks_what_was_said_before_it_from_its_moment_on() -> None:
    trail = disputed()
    trust(trail, "2025-04-01", "azure-models")
    assert (dates(trail, "2025-03-31"), dates(trail, "2025-04-01")) == ({None: "September"}, {None: "June"})


@pytest.mark.rule("R6", "R13")
def test_an_order_counts_from_the_day_on_which_it_was_known() -> None:
    trail = disputed()
    trust(trail, "2025-04-01", "azure-models", known="2025-04-20")
    assert dates(trail, "2025-05-01", known="2025-04-19") == {None: "September"}
    assert dates(trail, "2025-05-01", known="2025-04-20") == {None: "June"}
    assert dates(trail, "2025-04-02") == {None: "June"}


@pytest.mark.rule("R13")
def test_another_order_picks_another_and_none_the_latest() -> None:
    trail = disputed()
    trust(trail, "2025-04-01", "azure-models")
    trust(trail, "2025-04-02", "a mail", "azure-models")
    on(trail, "2025-04-03", source=API).model(MIRRORED).announce_retirement("v1", on="2025-07-01")
    assert dates(trail) == {None: "September"}
    trust(trail, "2025-04-04")
    assert dates(trail) == {None: "July"}


@pytest.mark.rule("R13", "R45")
def test_a_retracted_order_is_none_for_whoever_knows_and_a_retraction_of_that_brings_it_back() -> None:
    trail = disputed()
    (order,) = trust(trail, "2025-03-03", "azure-models")
    assert dates(trail) == {None: "June"}
    (retraction,) = on(trail, "2025-04-10").retract(order.position)
    assert (dates(trail), dates(trail, known="2025-04-09")) == ({None: "September"}, {None: "June"})
    on(trail, "2025-04-12").retract(retraction.position)
    assert (dates(trail), dates(trail, known="2025-04-11")) == ({None: "June"}, {None: "September"})


@pytest.mark.rule("R13", "R45")
def test_where_the_word_of_the_trusted_source_is_retracted_another_counts() -> None:
    trail = disputed()
    trust(trail, "2025-03-03", "azure-models")
    (said,) = [fact for fact in trail.events() if fact.source == API]
    on(trail, "2025-04-10").retract(said.position)
    assert dates(trail) == {None: "September"}


@pytest.mark.rule("R13")
def test_every_trail_on_a_store_learns_of_an_order(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trail.db"
    with Trail.open(url, clock=clock) as first, Trail.open(url, clock=clock) as second:
        on(first, "2025-01-01").model(MIRRORED).release("v1")
        disputed(first)
        assert dates(first) == dates(second) == {None: "September"}
        trust(second, "2025-03-03", "azure-models")
        assert dates(first) == dates(second) == {None: "June"}
    with Trail.open(url, clock=clock) as again:
        assert dates(again) == {None: "June"}


# Each thing that is announced


@pytest.mark.rule("R13", "R14")
@pytest.mark.parametrize(
    ("general", "own", "counts"),
    [(API, MAIL, "June"), (MAIL, API, "August"), (MAIL, MAIL, "August"), (API, API, "August")],
)
def test_for_a_sku_trust_comes_first_and_then_its_own_statement(general: str, own: str, counts: str) -> None:
    trail = deployed(mirrored(), policy="manual", sku="Standard")
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=general).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-02", source=own).model(MIRRORED).announce_retirement("v1", on="2025-08-01", sku="Standard")
    expected = {None: "June", "Standard": "August"} if counts == "August" else {None: "June"}
    assert dates(trail) == expected
    assert shown(trail, "2025-06-15") == ("v1" if counts == "August" else "v1 or stopped")


@pytest.mark.rule("R13", "R14")
def test_a_later_general_statement_beats_one_for_the_sku_only_if_it_is_trusted_as_much() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-08-01", sku="Standard")
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert dates(trail) == {None: "June", "Standard": "August"}
    on(trail, "2025-03-03", source=API).model(MIRRORED).announce_retirement("v1", on="2025-07-01")
    assert dates(trail) == {None: "July"}


@pytest.mark.rule("R13")
def test_a_withdrawal_counts_as_much_as_whoever_withdraws() -> None:
    trail = disputed()
    trust(trail, "2025-03-03", "azure-models")
    on(trail, "2025-03-04", source=MAIL).model(MIRRORED).withdraw_retirement("v1")
    assert dates(trail) == {None: "June"}
    on(trail, "2025-03-05", source=API).model(MIRRORED).withdraw_retirement("v1")
    on(trail, "2025-03-06", source=MAIL).model(MIRRORED).announce_retirement("v1", on="2025-09-01")
    assert dates(trail) == {}
    trust(trail, "2025-03-07")
    assert dates(trail) == {None: "September"}


def announced(trail: Trail, t: str = LATER) -> list[tuple[str, str | None]]:
    """The default changes that stand announced: of which version, by whom."""
    return [(one.version, one.source) for one in trail.at(t).model(MIRRORED).default_announced]


@pytest.mark.rule("R11", "R13")
def test_a_default_change_is_weighed_by_version() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-02-01").model(MIRRORED).release("v3")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_default("v2", on="2025-04-01")
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).announce_default("v2", on="2025-05-01")
    on(trail, "2025-03-03", source=MAIL).model(MIRRORED).announce_default("v3", on="2025-06-01")
    assert announced(trail) == [("v2", API), ("v3", MAIL)]
    trust(trail, "2025-03-04", "a mail")
    assert announced(trail) == [("v2", MAIL), ("v3", MAIL)]


@pytest.mark.rule("R11", "R13")
def test_a_default_change_that_was_carried_out_is_over_whoever_announced_it() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_default("v2", on="2025-04-01")
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).announce_default("v2", on="2025-05-01")
    on(trail, "2025-04-01", source=MAIL).model(MIRRORED).change_default("v2")
    trust(trail, "2025-04-02", "a mail")
    assert (announced(trail), trail.at(LATER).model(MIRRORED).default) == ([], "v2")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v1")
    on(trail, "2025-05-02", source="the news").model(MIRRORED).announce_default("v2", on="2025-07-01")
    assert announced(trail) == [("v2", "the news")]


def staged(trail: Trail, t: str = "2025-05-01") -> list[tuple[str | None, bool]]:
    """Who announced a change of stage, and whether it stands."""
    return [(one.source, one.standing) for one in trail.at(t).announcements() if one.kind == "stage-change"]


@pytest.mark.rule("R9", "R13")
def test_a_change_of_stage_is_weighed_by_stage_and_over_once_it_is_carried_out() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_stage("v1", "legacy", on="2025-06-01")
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).announce_stage("v1", "legacy", on="2025-07-01")
    on(trail, "2025-03-03", source=MAIL).model(MIRRORED).announce_stage("v1", "deprecated", on="2025-08-01")
    assert staged(trail) == [(API, True), (MAIL, False), (MAIL, True)]
    on(trail, "2025-06-01").model(MIRRORED).change_stage("v1", "legacy")
    trust(trail, "2025-06-02", "a mail")
    assert staged(trail, "2025-06-02") == [(API, False), (MAIL, False), (MAIL, True)]


@pytest.mark.rule("R13", "R24")
def test_a_forced_upgrade_is_weighed() -> None:
    trail = deployed(mirrored(), policy="manual")
    trust(trail, "2025-02-01", "azure-models")
    for day, source, on_day in (("2025-03-01", API, "2025-06-01"), ("2025-03-02", MAIL, "2025-09-01")):
        on(trail, day, source=source).model(MIRRORED).announce_forced_upgrade("v1", on=on_day, to_version="v2")
    assert [shown(trail, t) for t in ("2025-05-31", "2025-06-01", "2025-06-15")] == ["v1", "v1 or v2", "v2"]


@pytest.mark.rule("R13", "R15", "R20")
def test_a_replacement_is_weighed_and_keeps_no_dates_of_who_is_trusted_less() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    api, mail = (on(trail, "2025-03-01", source=source).model(MIRRORED) for source in (API, MAIL))
    mail.name_replacement("v1", MIRRORED, "v2", upgrade_from="2025-05-01")
    api.name_replacement("v1", MIRRORED, "v2", lead_days=7)
    first = version(trail).replacement
    assert first is not None
    assert (first.upgrade_from, first.lead_days) == (None, 7)
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).name_replacement("v1", "azure-openai/next")
    on(trail, "2025-03-03", source=API).model(MIRRORED).name_replacement("v1", MIRRORED, "v2")
    assert version(trail).replacement == first
    trust(trail, "2025-03-04", "a mail")
    other = {"to_model": "azure-openai/next", "to_version": None, "lead_days": None}
    assert version(trail).replacement == first.model_copy(update=other)


@pytest.mark.rule("R13")
def test_an_order_holds_for_versions_that_come_after_it() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-02-02").model(MIRRORED).release("v3")
    on(trail, "2025-02-02", source=API).model("azure-openai/new").name_replacement("a", MIRRORED, "v2")
    on(trail, "2025-02-03", source=MAIL).model("azure-openai/new").name_replacement("a", MIRRORED, "v3")
    for day, source, on_day in (("2025-03-01", API, "2025-06-01"), ("2025-03-02", MAIL, "2025-09-01")):
        on(trail, day, source=source).model(MIRRORED).announce_retirement("v3", on=on_day)
    assert [one.source for one in version(trail, "v3").retirements] == [API]
    named = version(trail, "a", of="azure-openai/new").replacement
    assert named is not None and named.to_version == "v2"


# What was carried out


@pytest.mark.rule("R13")
def test_what_was_done_is_not_weighed() -> None:
    trail = deployed(mirrored(), policy="manual")
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-02", source=API).model(MIRRORED).change_default("v1")
    on(trail, "2025-03-03", source=MAIL).model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01", source=MAIL).model(MIRRORED).retire("v1")
    assert (shown(trail, "2025-04-01"), trail.at(LATER).model(MIRRORED).default) == ("stopped", "v2")


@pytest.mark.rule("R13", "R16")
def test_what_was_carried_out_no_longer_outweighs_what_is_announced_anew() -> None:
    trail = mirrored()
    trust(trail, "2025-02-01", "azure-models")
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-06-01", source=API).model(MIRRORED).retire("v1")
    on(trail, "2025-07-01", source=API).model(MIRRORED).reinstate("v1")
    assert dates(trail, "2025-07-01") == {}
    on(trail, "2025-07-02", source=MAIL).model(MIRRORED).announce_retirement("v1", on="2025-10-01")
    assert dates(trail, "2025-07-02") == {None: "October"}


# Laws


@pytest.mark.rule("R43")
def test_a_fold_takes_an_order_wherever_it_comes() -> None:
    trail = mirrored()
    (order,) = trust(trail, "2025-02-01", "azure-models")
    assert evolve(new_model(MIRRORED), order) == new_model(MIRRORED)
    elsewhere = new_model("azure-foundry/chat", weighs=True)
    assert evolve(elsewhere, order) is elsewhere


@pytest.mark.rule("R13")
@given(st.one_of(strategies.histories(), strategies.disputed()))
def test_an_order_that_names_nobody_changes_nothing(past: History) -> None:
    plain = [fact for fact in past.facts if not isinstance(fact.event, TrustChanged)]
    named = {fact.event.model for fact in plain if isinstance(fact.event, ModelEvent)}
    for model in named:
        order = TrustChanged(catalogue=catalogue_of(model), sources=())
        declared = past.facts[0]._replace(
            event=order, stream=order.stream, mode="decision", position=len(past.facts) + 1, effective_at=LATEST
        )
        without, weighed = book.history(plain, model), book.history([*plain, declared._replace(known_at=LATEST)], model)
        assert weighed.moments[: len(without.moments)] == without.moments
        for state, other in zip(without.states, weighed.states, strict=False):
            assert state == other
            for name, one in state.versions.items():
                for sku in (None, "Standard", "ProvisionedManaged"):
                    assert one.retirement_for(sku) == other.versions[name].retirement_for(sku)
                    assert one.standing(sku) == other.versions[name].standing(sku)


@pytest.mark.rule("R6", "R13", "R40")
@given(strategies.disputed(), st.data())
def test_the_order_of_import_does_not_matter_to_whose_word_counts(past: History, data: st.DataObject) -> None:
    others = data.draw(strategies.reordered(past.facts))
    for deployment in past.deployments:
        one, other = book.course(past.facts, deployment), book.course(others, deployment)
        assert book.answered(one) == book.answered(other)
