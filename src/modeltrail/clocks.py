"""In which forms is a moment stored? As text in the body of a fact, as whole microseconds in its columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from modeltrail.domain.values import instant_text, to_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment from which the columns count."""
_SECONDS = tuple(f"{second:02}" for second in range(60))


class Moment(NamedTuple):
    """A moment in the three forms in which it is needed."""

    at: datetime
    text: str
    microseconds: int


def micros(at: datetime) -> int:
    """Microseconds UTC since 1970. Raises ValueError for a naive moment (R5)."""
    since = (at if at.tzinfo is UTC else to_utc(at)) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(at: datetime) -> Moment:
    """The forms of a moment. Raises ValueError for a naive one (R5)."""
    utc = to_utc(at)
    return Moment(utc, instant_text(utc), micros(utc))


def at_microseconds(microseconds: int) -> datetime:
    """The moment that a column holds. Raises OverflowError outside of the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=microseconds)


@lru_cache(maxsize=256)
def text_of_microseconds(microseconds: int) -> str:
    """The text of the moment that a column holds, which is `instant_text` of it, put together of what is known.

    >>> text_of_microseconds(1_742_997_600_000_000)
    '2025-03-26T14:00:00Z'
    """
    seconds, fraction = divmod(microseconds, 1_000_000)
    minute, second = divmod(seconds, 60)
    text = _text_of_minute(minute) + _SECONDS[second]
    return f"{text}.{fraction:06}Z" if fraction else text + "Z"


@lru_cache(maxsize=8192)
def _text_of_minute(minute: int) -> str:
    """The text of the moments of a minute but for their seconds: neighbours in a log share it."""
    return instant_text(EPOCH + timedelta(minutes=minute)).removesuffix("00Z")
