"""R39 and R40: what is an export that was read before, and what is left where reading one comes to an end halfway?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from imports.azure import ACCOUNT, CHAT, NEW, OLD, OTHER, deployment, empty, nights, read
from modeltrail import Trail
from modeltrail.domain.events import Event
from modeltrail.failpoints import watched

FIRST, SECOND = "2025-02-01", "2025-02-02"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(*exports: object) -> Trail:
    """Given one export a night, from 1 February 2025 on."""
    trail = empty()
    nights(trail, *exports)
    return trail


@pytest.mark.rule("R39")
def test_the_same_file_of_the_same_time_records_nothing() -> None:
    trail = after([deployment()])
    size = trail.log.size()
    again = read(trail, [deployment()], FIRST)
    assert (again.repeated, dict(again.facts), trail.log.size()) == (True, {}, size)


@pytest.mark.rule("R39", "R40")
def test_the_same_bytes_on_a_later_night_are_exactly_one_fact() -> None:
    trail = after([deployment()])
    size = trail.log.size()
    again = read(trail, [deployment()], SECOND)
    assert (again.repeated, dict(again.facts), trail.log.size()) == (False, {"export.observed": 1}, size + 1)
    assert again.scope == (ACCOUNT.lower(),)


@pytest.mark.rule("R40")
def test_the_same_bytes_on_a_night_before_are_what_was_known_then() -> None:
    trail = empty()
    read(trail, [deployment()], SECOND)
    read(trail, [deployment()], FIRST)
    assert trail.at(FIRST, known_at=FIRST).serving(CHAT).version == OLD
    assert trail.at().course(CHAT).segments[0].since == day(FIRST)
    assert len(trail.at().course(CHAT).segments) == 1


@pytest.mark.rule("R40")
def test_another_export_of_the_same_account_and_moment_is_refused() -> None:
    trail = after([deployment()])
    size = trail.log.size()
    with pytest.raises(ValueError, match="made at 2025-02-01T00:00:00Z was read already"):
        read(trail, [deployment(version=NEW)], FIRST)
    assert trail.log.size() == size
    assert read(trail, [deployment(account=OTHER)], FIRST).rows == 1


# All or nothing


class _Died(Exception):
    """A process that ended where a failpoint is."""


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Die at one of the points that are reached, counted from 0."""
    reached = 0

    def look(_: str) -> None:
        nonlocal reached
        reached += 1
        if reached > at:
            raise _Died

    with watched(look), pytest.raises(_Died):
        yield


def recorded(trail: Trail) -> list[Event]:
    return [fact.event for fact in trail.events()]


@pytest.mark.rule("R40")
def test_who_dies_while_an_export_is_recorded_has_recorded_all_of_it_or_nothing() -> None:
    rows = [deployment(), deployment("mail"), deployment("wrong", option="Sometimes")]
    whole, points = after([deployment("mail")]), list[str]()
    with watched(points.append):
        read(whole, rows, SECOND)
    assert points.count("append.written") >= 2
    outcomes = set()
    for at, point in enumerate(points):
        trail = after([deployment("mail")])
        before = recorded(trail)
        with dying(at):
            read(trail, rows, SECOND)
        assert recorded(trail) in (before, recorded(whole)), point
        outcomes.add(recorded(trail) == before)
        read(trail, rows, SECOND)
        assert recorded(trail) == recorded(whole), point
    assert outcomes == {True, False}
