"""Does a drawing say what the course says? Spans, lanes, what looks alike, and the dates of an axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from book import course
from modeltrail.projections.serving import SegmentAnswer, course_answer
from modeltrail.projections.timeline import STOPPED, at_a_glance, ticks, timeline, tone_of
from report.played import day
from rules.given import MIRRORED, deployed, mirrored, on, segments
from strategies import DEPLOYMENTS, History

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))


def courses(past: History) -> list[tuple[SegmentAnswer, ...]]:
    return [course_answer(course(past.facts, name)).segments for name in DEPLOYMENTS]


def window() -> tuple[SegmentAnswer, ...]:
    """Created on 10 February with v1, a window from 10 to 24 March, v2 assumed, seen on 1 April, stopped on 1 June."""
    trail = deployed(mirrored())
    on(trail, "2025-03-10").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01").deployment().observe(MIRRORED, version="v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v2")
    on(trail, "2025-06-01").model(MIRRORED).retire("v1")
    return segments(trail)


@pytest.mark.rule("R29")
def test_each_certainty_has_its_look() -> None:
    assert [tone_of(part) for part in window()] == ["sure", "window", "assumed", "sure", "outage"]


@pytest.mark.rule("R28", "R30")
def test_a_window_is_on_the_lane_of_each_that_is_possible_and_a_stop_comes_last() -> None:
    drawn = timeline(window(), day("2025-07-01"))
    assert [one.version for one in drawn.lanes] == ["v1", "v2", None]
    assert drawn.lanes[-1] == STOPPED
    assert [span.lanes for span in drawn.spans] == [(0,), (0, 1), (1,), (1,), (2,)]
    assert [span.segment for span in drawn.spans] == [1, 2, 3, 4, 5]


@pytest.mark.rule("R34")
def test_a_stop_comes_last_also_where_the_deployment_went_on() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-10").model(MIRRORED).retire("v1")
    on(trail, "2025-03-12").deployment().change_version("v2")
    drawn = timeline(segments(trail), day("2025-07-01"))
    assert [one.version for one in drawn.lanes] == ["v1", "v2", None]
    assert [span.lanes for span in drawn.spans] == [(0,), (2,), (1,)]


@pytest.mark.rule("R28")
def test_what_begins_after_the_moment_is_not_drawn() -> None:
    drawn = timeline(window(), day("2025-03-17"))
    assert [span.segment for span in drawn.spans] == [1, 2]
    assert (drawn.spans[-1].start, drawn.spans[-1].end) == (28 / 35, 1)


@pytest.mark.rule("R28")
@given(strategies.histories(), MOMENTS)
def test_a_drawing_has_no_gaps_but_where_a_deployment_was_deleted(past: History, until: datetime) -> None:
    for parts in courses(past):
        drawn = timeline(parts, until)
        assert all(0 <= span.start <= span.end <= 1 for span in drawn.spans)
        for span in drawn.spans:
            lanes = [drawn.lanes[lane] for lane in span.lanes]
            assert all(one in lanes for one in parts[span.segment - 1].possible)
            assert len(lanes) == len(parts[span.segment - 1].possible)
        for before, after in pairwise(drawn.spans):
            assert before.end <= after.start
            assert (before.end == after.start) or after.segment > before.segment + 1
        assert all(span.start == drawn.across(parts[span.segment - 1].since) for span in drawn.spans)


@pytest.mark.rule("R28")
@given(strategies.histories())
def test_a_glance_shows_the_same_of_every_moment_with_all_its_positions(past: History) -> None:
    for parts in courses(past):
        glance = [part for _, part in at_a_glance(parts)]
        for part in parts:
            one = next(one for one in reversed(glance) if one.since <= part.since)
            assert (part.possible, part.certainty, part.cause) == (one.possible, one.certainty, one.cause)
            assert {*part.because} <= {*one.because}
        assert all(parts[number - 1].since == one.since for number, one in at_a_glance(parts))
        assert all(
            (a.possible, a.certainty, a.cause) != (b.possible, b.certainty, b.cause) for a, b in pairwise(glance)
        )


@given(MOMENTS, st.timedeltas(min_value=timedelta(hours=1), max_value=timedelta(days=365 * 1000)), st.integers(1, 12))
def test_an_axis_has_at_most_so_many_dates_in_order_and_all_within(since: datetime, span: timedelta, most: int) -> None:
    found = ticks(since, since + span, most)
    assert len(found) <= most
    assert all(since <= date < since + span for date, _ in found)
    assert all(before < after for (before, _), (after, _) in pairwise(found))
    assert all(date.isoformat().startswith(text) for date, text in found)
    assert len({text for _, text in found}) == len(found)


@pytest.mark.parametrize(
    ("until", "dates"),
    [
        ("2025-01-20", ["2025-01-02", "2025-01-09", "2025-01-16"]),
        ("2026-01-02", ["2025-03", "2025-05", "2025-07", "2025-09", "2025-11", "2026-01"]),
        ("2045-01-02", ["2030", "2035", "2040", "2045"]),
    ],
)
def test_an_axis_shows_days_months_or_years_as_they_fit(until: str, dates: list[str]) -> None:
    assert [text for _, text in ticks(day("2025-01-02"), day(until), 7)] == dates


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = timeline((), day("2025-07-01"))
    assert (drawn.lanes, drawn.spans, drawn.tones()) == ((), (), ())
    assert drawn.until - drawn.since == timedelta(days=1)
