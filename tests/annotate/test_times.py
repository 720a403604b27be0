"""Which times of calls can be read, and what is said of the others? (R5)"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeltrail.call_times import CallTimes, TimeUnit
from modeltrail.projections.calls import microseconds

MOMENT = datetime(2025, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(value: object, unit: TimeUnit | None = None, utc: bool = False) -> datetime:
    return EPOCH + timedelta(microseconds=CallTimes(unit, utc=utc).read(value))


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01T10:00:00.25Z", MOMENT),
        ("2025-03-01 12:00:00.250000+02:00", MOMENT),
        ("2025-03-01T10:00:00.2500009Z", MOMENT),
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59.999999Z", EPOCH - timedelta(microseconds=1)),
    ],
)
def test_a_time_is_a_date_with_its_time_zone(text: str, expected: datetime) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("unit", "number"),
    [
        ("s", "1740823200.25"),
        ("s", 1740823200.25),
        ("ms", "1740823200250"),
        ("ms", 1740823200250),
        ("us", 1740823200250000),
        ("ns", 1740823200250000999),
        ("ns", "1740823200250000999"),
    ],
)
def test_with_a_unit_a_time_counts_it_since_1970(unit: TimeUnit, number: object) -> None:
    assert read(number, unit) == MOMENT


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_microsecond_is_lost(moment: datetime) -> None:
    assert EPOCH + timedelta(microseconds=microseconds(moment)) == moment
    assert read(moment.isoformat()) == read(microseconds(moment), "us") == moment


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("value", "unit", "problem"),
    [
        ("2025-03-01T10:00:00", None, "has no time zone: add Z or an offset, or say that such times are in UTC"),
        ("1712121300000", None, "1712121300000 is a number and no date: if it counts from 1970, say in what unit"),
        ("1740823200", None, "is a number and no date"),
        (1740823200.5, None, "is a number and no date"),
        ("yesterday", None, "'yesterday' is no date: write 2025-03-26"),
        ("", None, "there is no time"),
        (None, "s", "there is no time"),
        (["2025-03-01"], None, "is no date: write"),
        (True, "s", "true is no number of s: leave the unit out for dates"),
        ("2025-03-01", "s", "is no number of s"),
        ("nan", "s", "is no number of s"),
        (1740823200250, "s", "1740823200250 s lie outside of the years 1 to 9999: is it another unit"),
        ("1e999999999", "ms", "lie outside of the years"),
        ("0001-01-01T00:00:00+10:00", None, "lies outside of the years 1 to 9999"),
    ],
)
def test_what_is_no_time_is_told_with_the_way_out(value: object, unit: TimeUnit | None, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CallTimes(unit).read(value)


def test_times_without_a_zone_are_in_utc_where_somebody_says_so() -> None:
    assert read("2025-03-01 10:00:00.25", utc=True) == MOMENT
    assert read("2025-03-01 12:00:00.25+02:00", utc=True) == MOMENT
    with pytest.raises(ValueError, match="is a number and no date"):
        read("1712121300000", utc=True)


def test_an_unknown_unit_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="'min' is no unit of time: use one of s, ms, us, ns"):
        CallTimes("min")  # type: ignore[arg-type]
