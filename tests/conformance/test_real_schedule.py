"""Did one provider keep its word from 2023 to 2025? Stories of the real schedule, each worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from modeltrail import Trail, Unknown
from modeltrail.demo import TODAY, play
from modeltrail.projections.announcements import Kind
from modeltrail.projections.breaches import Breach
from modeltrail.projections.conformance import MovedDates
from modeltrail.projections.notice import MoveNotice

AZURE = "azure-openai"


@pytest.fixture(scope="module")
def schedule() -> Iterator[Trail]:
    """The real schedule, and the small fleet of the demo."""
    with Trail.open("memory:", clock=lambda: TODAY) as trail:
        play(trail)
        yield trail


def breaches(trail: Trail, model: str, version: str | None = None) -> list[Breach]:
    found = trail.at().conformance(of=model).breaches
    return [one for one in found if version in (None, one.version)]


def told(trail: Trail, model: str, version: str) -> list[tuple[str, str, str | None, str | None, int | None]]:
    """Kind, moment, the day that was promised, the day on which it happened, and the days between."""
    return [
        (one.kind, one.at.date().isoformat(), _day(one.promised), _day(one.happened), one.days)
        for one in breaches(trail, model, version)
    ]


def _day(moment: object) -> str | None:
    return None if moment is None else str(moment)[: len("2025-01-01")]


def moved(trail: Trail, model: str, version: str, kind: Kind = "retirement") -> MovedDates:
    answer = trail.at().conformance(of=model)
    (one,) = (one for one in answer.moved_dates if (one.version, one.kind) == (version, kind))
    return one


def notice(trail: Trail, deployment: str) -> MoveNotice:
    (one,) = (one for one in trail.at().conformance().notice if one.deployment == deployment)
    return one


@pytest.mark.rule("R13")
def test_the_retirement_of_0301_was_moved_five_times_and_came_on_the_day_that_was_said_last(schedule: Trail) -> None:
    dates = moved(schedule, "gpt-35-turbo", "0301")
    assert (dates.later, dates.earlier, dates.days) == (5, 0, 245)
    assert [(_day(one.known_at), _day(one.on)) for one in dates.said] == [
        ("2024-03-13", "2024-06-13"),
        ("2024-04-24", "2024-08-01"),
        ("2024-06-19", "2024-10-01"),
        ("2024-08-22", "2024-11-01"),
        ("2024-09-09", "2025-01-27"),
        ("2024-11-11", "2025-02-13"),
    ]
    assert breaches(schedule, "gpt-35-turbo", "0301") == []
    stop = notice(schedule, "legacy-bot")
    assert (stop.kind, _day(stop.at), stop.owner) == ("stop", "2025-02-13", "service-desk-team")
    assert (_day(stop.first_known_at), stop.first_days) == ("2024-03-13", 337)
    assert (_day(stop.right_known_at), stop.right_days) == ("2024-11-11", 94)


@pytest.mark.rule("R13")
def test_a_retirement_was_brought_forward_by_225_days_before_its_earliest_date(schedule: Trail) -> None:
    assert told(schedule, "gpt-3.5-turbo-instruct", "0914") == [
        ("earlier-than-promised", "2024-12-02", "2025-09-14", "2025-02-01", 225)
    ]
    dates = moved(schedule, "gpt-3.5-turbo-instruct", "0914")
    assert (dates.later, dates.earlier, dates.days) == (3, 1, -60)


@pytest.mark.rule("R11", "R12")
def test_a_default_passed_its_date_was_announced_again_five_days_ahead_and_came_nine_days_late(
    schedule: Trail,
) -> None:
    assert told(schedule, "gpt-4o", "2024-08-06") == [
        ("overdue", "2025-02-13", "2025-02-13", None, 27),
        ("short-notice", "2025-03-12", "2025-03-26", "2025-03-17", 9),
        ("overdue", "2025-03-17", "2025-03-17", "2025-03-26", 9),
    ]
    window = notice(schedule, "chat-prod")
    assert (window.kind, _day(window.at), window.certainty) == ("move", "2025-03-26", "window")
    assert (window.first_days, window.right_known_at, window.right_days) == (174, None, None)


@pytest.mark.rule("R12")
def test_a_default_that_was_learned_afterwards_came_eight_days_after_its_date(schedule: Trail) -> None:
    assert told(schedule, "gpt-35-turbo", "0125") == [("overdue", "2025-01-13", "2025-01-13", "2025-01-21", 8)]
    assert moved(schedule, "gpt-35-turbo", "0125", "default-change").said[1].positions != ()
    known_then = schedule.at("2025-02-01", known_at="2025-02-01").conformance(of="gpt-35-turbo").breaches
    assert [(one.kind, one.happened, one.days) for one in known_then] == [("overdue", None, 19)]


@pytest.mark.rule("R11")
def test_the_first_change_of_a_default_had_not_been_announced(schedule: Trail) -> None:
    assert told(schedule, "gpt-4", "0613")[0] == ("unannounced", "2023-11-30", None, "2023-11-30", None)


@pytest.mark.rule("R12")
def test_two_retirements_passed_their_date_and_nobody_said_that_they_happened(schedule: Trail) -> None:
    for model in ("babbage-002", "davinci-002"):
        assert told(schedule, model, "1")[-1] == ("overdue", "2025-01-27", "2025-01-27", None, 155)


@pytest.mark.rule("R6")
def test_a_period_leaves_out_what_came_before_and_after_it(schedule: Trail) -> None:
    answer = schedule.at("2025-03-01").conformance(since="2025-01-01")
    assert {_day(one.at) for one in answer.breaches} == {"2025-01-13", "2025-01-27", "2025-02-13"}
    assert {one.deployment for one in answer.notice} == {"faq-bot", "archive-labels", "legacy-bot", "mail-sorter"}
    assert (answer.since, answer.until) == (schedule.at("2025-01-01").t, schedule.at("2025-03-01").t)


@pytest.mark.rule("R1")
def test_it_is_asked_of_a_model_or_of_a_catalogue(schedule: Trail) -> None:
    everything = schedule.at().conformance()
    assert schedule.at().conformance(of=AZURE) == everything
    assert {one.model for one in schedule.at().conformance(of="gpt-4o").breaches} == {f"{AZURE}/gpt-4o"}
    with pytest.raises(Unknown, match="did you mean"):
        schedule.at().conformance(of="gpt-4p")
