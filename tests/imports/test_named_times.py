"""Is the time in the name of a file the one that is meant, or refused?"""

from __future__ import annotations

import pytest

from modeltrail.domain.values import instant_text
from modeltrail.imports.named_times import named_time

TWO = "2026-11-23T02:00:00Z"


def read(name: str) -> str | None:
    found = named_time(name)
    return None if found is None else instant_text(found)


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    "name",
    [
        "deployments-2026-11-23.json",
        "2026-11-23",
        "deployments_2026_11_23.json",
        "20261123.json",
        "snapshot20261123.json",
        "deployments-20261123Z.json",
        "deployments.2026-11-23.final.json",
        "deployments-2026-11-23-eastus.json",
        "deployments-2026-11-23-part-02.json",
        "deployments-2026-11-23 (1).json",
        "deployments-2026-11-23-2.json",
        "azure-deployments.2026-11-23.2.json",
        "2026-11-23/20261123",
    ],
)
def test_a_day_is_its_midnight_in_utc(name: str) -> None:
    assert read(name) == "2026-11-23T00:00:00Z"


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    "name",
    [
        "2026-11-23T02:00:00Z",
        "deployments-2026-11-23T0200Z.json",
        "deployments-2026-11-23T02Z.json",
        "deployments-2026-11-23t02.json",
        "20261123T020000Z",
        "20261123T020000.json",
        "20261123020000.json",
        "202611230200.json",
        "20261123-0200.json",
        "2026-11-23_02-00-00",
        "2026-11-23-02-00.json",
        "2026-11-23 02.00.00.json",
        "2026-11-23T020000UTC.json",
        "2026-11-23T0200Z-2.json",
        "2026-11-23T0200Z.2.json",
        "2026-11-23T0200.2.json",
        "2026-11-23T03:00:00+01:00",
        "2026-11-22T2100-0500.json",
        "2026-11-23T02-00-00.json of 2026-11-23",
    ],
)
def test_a_time_without_a_zone_is_utc(name: str) -> None:
    assert read(name) == TWO


def test_parts_of_a_second_are_read() -> None:
    assert read("2026-11-23T02:00:00.25Z.json") == "2026-11-23T02:00:00.250000Z"


@pytest.mark.parametrize(
    "name",
    [
        "deployments.json",
        "",
        "export-1732320000.json",
        "export-1732320000000.json",
        "export-2026112302.json",
        "export-2026112.json",
        "export-202611231.json",
        "account-12345678.json",
        "subscription-20261123ab-4f00.json",
        "2026-11.json",
        "gpt-4o-0613.json",
    ],
)
def test_other_numbers_are_no_time(name: str) -> None:
    assert read(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "deployments-2026-11-23_2026-11-24.json",
        "deployments-2026-11-23-2026-11-24.json",
        "gpt-4o-2024-08-06.2026-11-23.json",
        "20261123-20261124.json",
        "2026-11-23T0200Z-2026-11-23T0300Z.json",
        "2026-11-23T0200Z-2026-11-24.json",
    ],
)
def test_two_dates_in_one_name_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has two dates: leave one of them, or say when the export was made"):
        named_time(name)


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    "name",
    [
        "deployments-2026-09-31.json",
        "deployments-20261301.json",
        "2026-02-29T0200Z.json",
        "2026-11-23T2400Z.json",
        "2026-11-23T0260Z.json",
        "2026-11-23-4711.json",
        "20261123020060.json",
    ],
)
def test_a_date_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has a date that does not exist: correct it, or say when"):
        named_time(name)


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-23-02.json",
        "2026-11-23_02.json",
        "2026-11-23T2.json",
        "2026-11-23T0200CET.json",
        "2026-11-23T020000-05.json",
        "2026-11-23T0200-0002.json",
        "2026-11-23T0200-15.json",
        "2026-11-23T0200_2.json",
        "2026-11-23-12345.json",
    ],
)
def test_what_may_be_an_hour_a_zone_or_a_number_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has no clear time: write it as 2026-11-23T0200Z, or say when"):
        named_time(name)
