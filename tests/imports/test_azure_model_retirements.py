"""Which retirements do the lists of Azure's models announce, in general and for a SKU, and which did take place?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from imports.model_lists import MODEL, NIGHTS, OLD, dates, found, listed, moment, nights
from modeltrail import Trail

FIRST, SECOND, *_ = NIGHTS


# Retirements announced


@pytest.mark.rule("R13")
def test_a_date_that_moves_is_announced_again_and_all_dates_stay_in_the_record() -> None:
    with nights([listed(retires="2025-06-01T00:00:00Z")], [listed(retires="2025-09-01T00:00:00Z")]) as trail:
        assert dates(found(trail, FIRST)) == {None: "2025-06-01"}
        assert dates(found(trail, SECOND)) == {None: "2025-09-01"}
        assert [f"{one.on:%m}" for one in trail.at(SECOND).announcements(MODEL)] == ["06", "09"]


@pytest.mark.rule("R13")
@pytest.mark.parametrize("never", ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"])
def test_a_date_that_becomes_one_of_2099_or_later_is_withdrawn(never: str) -> None:
    with nights([listed(retires="2025-06-01T00:00:00Z")], [listed(retires=never)]) as trail:
        assert dates(found(trail, FIRST)) == {None: "2025-06-01"}
        assert dates(found(trail, SECOND)) == {}


@pytest.mark.rule("R13")
def test_a_date_that_is_merely_missing_stands() -> None:
    with nights(
        [listed(retires="2025-06-01T00:00:00Z", skus={"Standard": "2025-05-01T00:00:00Z"})], [listed()]
    ) as trail:
        assert dates(found(trail, SECOND)) == {None: "2025-06-01", "Standard": "2025-05-01"}


@pytest.mark.rule("R13")
@pytest.mark.parametrize(("how", "qualifier"), [(None, "fixed"), ("Planned", "fixed"), ("Tentative", "tentative")])
def test_how_firm_a_date_is_is_said_with_it(how: str | None, qualifier: str) -> None:
    skus = {"Standard": "2025-05-01T00:00:00Z"}
    with nights([listed(retires="2025-06-01T00:00:00Z", how=how, skus=skus)]) as trail:
        assert {one.qualifier for one in found(trail, FIRST).retirements} == {qualifier}


@pytest.mark.rule("R14")
def test_a_sku_has_a_date_of_its_own_only_where_it_differs() -> None:
    skus = {"Standard": "2025-06-01T00:00:00Z", "Provisioned": "2025-09-01T00:00:00Z", "Batch": None}
    with nights([listed(retires="2025-06-01T00:00:00Z", skus=skus)]) as trail:
        assert dates(found(trail, FIRST)) == {None: "2025-06-01", "Provisioned": "2025-09-01"}


@pytest.mark.rule("R14")
def test_a_sku_that_still_differs_keeps_its_date_when_the_general_one_moves() -> None:
    skus = {"Provisioned": "2025-09-01T00:00:00Z"}
    before, after = listed(retires="2025-06-01T00:00:00Z", skus=skus), listed(retires="2025-07-01T00:00:00Z", skus=skus)
    with nights([before], [after]) as trail:
        assert dates(found(trail, SECOND)) == {None: "2025-07-01", "Provisioned": "2025-09-01"}
        with trail.record(by="alice@example.com", effective_at=SECOND, known_at=SECOND) as rec:
            rec.deployment("chat").create(
                MODEL, version=OLD, policy="upgrade-when-expired", sku="Provisioned", run_by="provider"
            )
        assert trail.at("2025-08-01").serving("chat").status == "serving"


@pytest.mark.rule("R14")
def test_a_general_date_that_moves_to_that_of_a_sku_counts_for_it() -> None:
    skus = {"Provisioned": "2025-09-01T00:00:00Z"}
    before, after = listed(retires="2025-06-01T00:00:00Z", skus=skus), listed(retires="2025-09-01T00:00:00Z", skus=skus)
    with nights([before], [after]) as trail:
        assert retirement_of(trail, "Provisioned", SECOND) == "2025-09-01"


@pytest.mark.rule("R14")
def test_a_sku_that_moves_to_the_general_date_is_retired_on_it() -> None:
    lists = [[listed(retires="2025-06-01T00:00:00Z", skus={"Batch": f"2025-0{n}-01T00:00:00Z"})] for n in (4, 6)]
    with nights(*lists) as trail:
        assert retirement_of(trail, "Batch", FIRST) == "2025-04-01"
        assert retirement_of(trail, "Batch", SECOND) == "2025-06-01"


@pytest.mark.rule("R14")
def test_a_sku_that_is_never_retired_is_left_out_of_the_general_retirement() -> None:
    skus = {"Provisioned": "2099-12-31T00:00:00Z"}
    with nights([listed(retires="2025-06-01T00:00:00Z", skus=skus)]) as trail:
        assert retirement_of(trail, "Provisioned", FIRST) is None
        assert retirement_of(trail, "Standard", FIRST) == "2025-06-01"


@pytest.mark.rule("R14")
def test_a_sku_keeps_its_date_when_the_general_retirement_is_withdrawn() -> None:
    skus = {"Batch": "2025-04-01T00:00:00Z"}
    before, after = listed(retires="2025-06-01T00:00:00Z", skus=skus), listed(retires="2099-01-01T00:00:00Z", skus=skus)
    with nights([before], [after]) as trail:
        assert retirement_of(trail, "Batch", SECOND) == "2025-04-01"
        assert retirement_of(trail, "Standard", SECOND) is None


@pytest.mark.rule("R14", "R16")
def test_a_sku_that_disappears_states_nothing() -> None:
    skus = {"Provisioned": "2025-09-01T00:00:00Z"}
    with nights([listed(retires="2025-06-01T00:00:00Z", skus=skus)], [listed(retires="2025-06-01T00:00:00Z")]) as trail:
        assert retirement_of(trail, "Provisioned", SECOND) == "2025-09-01"


def retirement_of(trail: Trail, sku: str, at: str) -> str | None:
    """The date on which a deployment with a SKU is told that its version is retired."""
    with trail.record(by="alice@example.com", effective_at=at, known_at=at) as rec:
        rec.deployment(f"{sku} {at}").create(MODEL, version=OLD, policy="manual", sku=sku, run_by="provider")
    told = [one for one in trail.at(at).upcoming(365) if one.deployment == f"{sku} {at}"]
    return f"{told[0].on:%Y-%m-%d}" if told else None


# Retirements


GONE = "2025-02-01T12:00:00Z"


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("date", "retired_at"),
    [
        (GONE, GONE),
        (f"{SECOND}T00:00:00Z", SECOND),
        (f"{FIRST}T00:00:00Z", SECOND),
        ("2025-06-01T00:00:00Z", SECOND),
        ("2099-01-01T00:00:00Z", SECOND),
        (None, SECOND),
    ],
    ids=["in between", "today", "when it was still alive", "ahead", "never", "no date"],
)
def test_a_version_is_retired_on_its_date_if_that_came_since_it_was_seen_alive(
    date: str | None, retired_at: str
) -> None:
    with nights([listed(retires=date)], [listed(retires=date, status="Deprecated")]) as trail:
        told = found(trail, SECOND)
    assert told.retired_at == (moment(retired_at) if len(retired_at) == 10 else moment(FIRST) + timedelta(hours=12))


@pytest.mark.rule("R10")
@pytest.mark.parametrize(("date", "retired_at"), [("2024-12-01T00:00:00Z", "2024-12-01"), (None, FIRST)])
def test_a_version_that_was_never_seen_alive_was_retired_on_its_date(date: str | None, retired_at: str) -> None:
    with nights([listed(retires=date, status="Deprecated")]) as trail:
        assert found(trail, FIRST).retired_at == moment(retired_at)


@pytest.mark.rule("R14")
def test_a_sku_whose_date_lies_ahead_outlives_its_version() -> None:
    skus = {"Provisioned": "2025-03-01T00:00:00Z", "Standard": "2025-01-15T00:00:00Z"}
    with nights([listed(retires="2025-01-20T00:00:00Z", skus=skus, status="Deprecated")]) as trail:
        with trail.record(by="alice@example.com", effective_at="2025-01-01", known_at=FIRST) as rec:
            for sku in skus:
                rec.deployment(sku).create(MODEL, version=OLD, policy="manual", sku=sku, run_by="provider")
        assert trail.at(FIRST).serving("Standard").status == "stopped"
        assert trail.at(FIRST).serving("Provisioned").status == "serving"
        assert dates(found(trail, FIRST)) == {"Provisioned": "2025-03-01"}


@pytest.mark.rule("R16")
def test_a_version_that_is_no_longer_retired_is_reinstated() -> None:
    with nights([listed(status="Deprecated")], [listed(status="Legacy")]) as trail:
        assert found(trail, FIRST).retired_at == moment(FIRST)
        told = found(trail, SECOND)
    assert (told.retired_at, told.stage) == (None, "legacy")


@pytest.mark.rule("R16")
def test_a_retired_version_whose_stage_is_missing_stays_retired() -> None:
    with nights([listed(status="Deprecated")], [listed(status=None)]) as trail:
        assert found(trail, SECOND).retired_at == moment(FIRST)
