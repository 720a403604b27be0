"""In which forms is a moment stored? As text in the body of a fact, as whole microseconds in its columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from modeltrail.domain.values import MICROSECOND, instant_text, to_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment from which the columns count."""


class Moment(NamedTuple):
    """A moment in the three forms in which it is needed."""

    at: datetime
    text: str
    microseconds: int


def moment(at: datetime) -> Moment:
    """The forms of a moment. Raises ValueError for a naive one (R5)."""
    utc = to_utc(at)
    return Moment(utc, instant_text(utc), (utc - EPOCH) // MICROSECOND)


def at_microseconds(microseconds: int) -> datetime:
    """The moment that a column holds. Raises OverflowError outside of the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=microseconds)


@lru_cache(maxsize=8192)
def text_of_microseconds(microseconds: int) -> str:
    """The text of the moment that a column holds; those of a batch are the same."""
    return instant_text(at_microseconds(microseconds))
