"""What is a fact, who knows it when, and in which order do facts count? (R5, R6, R45)"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import lt
from typing import NamedTuple

from modeltrail.domain.events import Event, FactRetracted
from modeltrail.domain.values import Mode


class Fact(NamedTuple):
    """A recorded event: its place in the log, its three clocks (R5), who, why and from where (R42).

    `position` counts from 1 without gaps; `stream_version` counts from 1 within the stream.
    """

    position: int
    stream: str
    stream_version: int
    event: Event
    effective_at: datetime
    known_at: datetime
    recorded_at: datetime
    mode: Mode
    by: str
    why: str | None = None
    source: str | None = None
    command_id: str | None = None


def content(event: Event) -> str:
    """The canonical content of an event: its stored name and its fields, in one order."""
    return json.dumps([event.type, event.data()], sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _order(fact: Fact) -> tuple[datetime, bool, datetime, bool, str, int]:
    is_statement = fact.mode == "statement"
    return (
        fact.effective_at,
        fact.stream.startswith("deployment/"),
        fact.known_at,
        not is_statement,
        (fact.source or "") if is_statement else "",
        0 if is_statement else fact.position,
    )


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts in the order in which they count (R6): statements never by position, so their order of import is nothing.

    Only where all else is equal is the content of statements compared, which is costly. Most facts come in order.
    """
    given = list(facts)
    moments = [fact.effective_at for fact in given]
    if all(map(lt, moments, moments[1:])):
        return given
    ordered: list[Fact] = []
    for _, group in groupby(sorted(given, key=_order), key=_order):
        tied = list(group)
        ordered += tied if len(tied) == 1 else sorted(tied, key=lambda fact: content(fact.event))
    return ordered


def precedes(fact: Fact, other: Fact) -> bool:
    """Whether a fact counts before another (R6), or is the same in every respect that counts."""
    if fact.effective_at != other.effective_at:
        return fact.effective_at < other.effective_at
    ours, theirs = _order(fact), _order(other)
    return ours < theirs or (ours == theirs and content(fact.event) <= content(other.event))


Retractions = Mapping[int, Sequence[Fact]]
"""The retractions of each retracted position."""


def is_known(fact: Fact, known_at: datetime | None, retractions: Retractions) -> bool:
    """Whether a fact counts for whoever knows what was known at `known_at`, null for all (R6, R45)."""
    if known_at is not None and fact.known_at > known_at:
        return False
    return not any(is_known(retraction, known_at, retractions) for retraction in retractions.get(fact.position, ()))


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """Those of some facts that are not retracted by another of them (R45)."""
    given = list(facts)
    retractions: dict[int, list[Fact]] = {}
    for fact in given:
        if isinstance(fact.event, FactRetracted):
            retractions.setdefault(fact.event.position, []).append(fact)
    return [fact for fact in given if is_known(fact, None, retractions)]
