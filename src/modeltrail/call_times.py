"""At which moment was a call made? Dates as everywhere (R5), or whole and broken units since 1970, if one says so."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import floor
from typing import Literal

from modeltrail.domain.values import parse_instant, to_utc
from modeltrail.problems import SHOWN_LENGTH, shown
from modeltrail.projections.calls import microseconds

TimeUnit = Literal["s", "ms", "us", "ns"]
"""In what times since 1970 are counted."""
_PER_MICROSECOND: dict[TimeUnit, Decimal] = {
    "s": Decimal(1_000_000),
    "ms": Decimal(1_000),
    "us": Decimal(1),
    "ns": Decimal("0.001"),
}
NO_TIME = "there is no time"
_A_NUMBER = "{} is a number and no date: if it counts from 1970, say in what unit"
_DIGITS = 25
"""No number of any unit that has more lies within the years 1 to 9999."""
_FIRST, _LAST = (microseconds(day.replace(tzinfo=UTC)) for day in (datetime.min, datetime.max))


class CallTimes:
    """Reads the times of calls, as microseconds since 1970; what is below is cut off.

    `unit`: times are numbers of it since 1970, else they are dates. `utc`: dates without a time zone are in UTC; else
    they are refused, since they could mean any of 24 hours (R5).
    """

    def __init__(self, unit: TimeUnit | None = None, *, utc: bool = False) -> None:
        if unit is not None and unit not in _PER_MICROSECOND:
            raise ValueError(f"{unit!r} is no unit of time: use one of {', '.join(_PER_MICROSECOND)}")
        self.unit: TimeUnit | None = unit
        self.utc = utc

    def read(self, value: object) -> int:
        """The moment of a cell. Raises ValueError with the way out."""
        if value is None or value == "":
            raise ValueError(NO_TIME)
        if self.unit is not None:
            return self._number(value, self.unit)
        date = _date(value)
        if date.tzinfo is None:
            if _is_number(value):
                raise ValueError(_A_NUMBER.format(value))
            if not self.utc:
                raise ValueError(
                    f"{value} has no time zone: add Z or an offset, or say that such times are in UTC (utc)"
                )
            date = date.replace(tzinfo=UTC)
        moment = microseconds(date)
        return moment if _FIRST <= moment <= _LAST else microseconds(to_utc(date))

    def _number(self, value: object, unit: TimeUnit) -> int:
        try:
            number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError(f"{shown(value)} is no number of {unit}: leave the unit out for dates")
        is_huge = number.adjusted() > _DIGITS
        number *= 0 if is_huge else _PER_MICROSECOND[unit]
        if is_huge or not _FIRST <= number <= _LAST:
            raise ValueError(f"{shown(value)} {unit} lie outside of the years 1 to 9999: is it another unit?")
        return floor(number)


def _date(value: object) -> datetime:
    if isinstance(value, str) and len(value) > SHOWN_LENGTH:
        raise ValueError(f"{shown(value)} is no date: write 2025-03-26T14:00:00Z")
    try:
        date = parse_instant(value)
    except ValueError:
        if _is_number(value):
            raise ValueError(_A_NUMBER.format(value)) from None
        raise
    if not isinstance(date, datetime):
        raise ValueError(f"{shown(value)} is no date: write 2025-03-26T14:00:00Z")
    return date


def _is_number(value: object) -> bool:
    """Whether a value is a number that is no day: some of more digits could be read as dates of ages ago."""
    text = str(value)
    return len(text) != len("20250326") and text.replace(".", "", 1).isdecimal()
