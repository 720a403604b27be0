"""Is what is to come ready to be posted and to be put into a calendar, and does it stay what was asked for?"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from cli.shell import shell
from modeltrail.calendars import calendar
from modeltrail.messages import Asked, slack
from modeltrail.projections.upcoming import Upcoming

IN_FEBRUARY = ("upcoming", "--at", "2025-02-01", "--within", "60d")


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_only_what_concerns_an_owner_or_a_model_is_listed(store: str) -> None:
    mine = shell("--store", store, *IN_FEBRUARY, "--owner", "mail-team", "--json").json["upcoming"]
    assert {one["deployment"] for one in mine} == {"mail-sorter"}
    gpt = shell("--store", store, *IN_FEBRUARY, "--model", "gpt-4o", "--json").json["upcoming"]
    assert "chat-prod" in {one["deployment"] for one in gpt}
    assert all("azure-openai/gpt-4o" in (one["model"], (one["to"] or {}).get("model")) for one in gpt)


def test_what_to_do_is_said_below_what_comes(store: str) -> None:
    words = " ".join(shell("--store", store, *IN_FEBRUARY, "--owner", "mail-team").out.split())
    assert "by 2025-02-13, test azure-openai/gpt-35-turbo 0125 for it and record the result" in words


@pytest.mark.rule("R13")
def test_a_date_of_a_stop_that_is_not_fixed_is_not_told_as_if_it_were(store: str) -> None:
    told = ("--store", store, "upcoming", "--owner", "finance-team", "--at")
    assert "report-writer: stop, assumed, no-earlier-than, sku" in shell(*told, "2025-09-01").out
    assert "report-writer: stop, assumed, no-earlier-than" in shell(*told, "2025-09-01", "--format", "slack").out
    fixed = shell("--store", store, *IN_FEBRUARY, "--owner", "mail-team").out
    assert "mail-sorter: move" in fixed and "fixed" not in fixed and "no-earlier" not in fixed


def test_a_message_for_slack_has_a_headline_and_a_section_for_each(store: str) -> None:
    listed = shell("--store", store, *IN_FEBRUARY, "--json").json["upcoming"]
    body = shell("--store", store, *IN_FEBRUARY, "--format", "slack").json
    header, *sections = body["blocks"]
    overdue = sum("overdue" in one["flags"] for one in listed)
    assert body["text"] == f"{len(listed) - overdue} things to come until 2025-04-02, {overdue} overdue"
    assert header == {"type": "header", "text": {"type": "plain_text", "text": body["text"]}}
    assert [one["text"]["text"][1:11] for one in sections] == [one["on"][:10] for one in listed]


def test_the_headline_tells_apart_what_is_to_come_and_what_is_overdue(store: str) -> None:
    told = ("--store", store, "upcoming", "--format", "slack", "--at")
    assert shell(*told, "2025-03-01").json["text"] == "No things to come until 2025-03-31, 11 overdue"
    assert shell(*told, "2025-09-01", "--owner", "finance-team").json["text"] == "1 thing to come until 2025-10-01"


def test_a_calendar_that_cannot_be_written_is_named_as_it_was_given(store: str, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "models.ics"):
        answer = shell("--store", store, *IN_FEBRUARY, "--ical", str(place))
        assert answer.code == 1
        assert answer.err.startswith(f"{place}: ")


def test_where_nothing_comes_the_span_is_told_to_the_minute(fresh: str) -> None:
    shell("--store", fresh, "apply", "-", stdin="")
    told = shell("--store", fresh, "upcoming", "--at", "2025-03-01T10:00:30.5Z").out
    assert told == "nothing is announced or due until 2025-03-31T10:00Z\n"


def test_where_nothing_comes_for_an_owner_they_are_named(store: str) -> None:
    told = shell("--store", store, "upcoming", "--at", "2024-07-01", "--within", "1d", "--owner", "chat-team").out
    assert told == "nothing is announced or due for deployments of chat-team until 2024-07-02\n"


def test_a_message_for_slack_keeps_to_its_limits(store: str) -> None:
    listed = shell("--store", store, *IN_FEBRUARY, "--json").json["upcoming"]
    long = [Upcoming.model_validate({**one, "advice": "x" * 5_000}) for one in listed * 9][:60]
    for number in (49, 50, 60):
        blocks: Any = slack(long[:number], Asked(*[long[0].on] * 3))["blocks"]
        assert len(blocks) == 50
        assert max(len(one["text"]["text"]) for one in blocks) <= 3_000
        assert ("and" in blocks[-1]["text"]["text"][:3]) == (number > 49)
    assert blocks[-1]["text"]["text"].startswith("and 12 more")


def test_names_are_no_mark_up_in_slack(fresh: str) -> None:
    name = "<!channel> & co"
    lines = (
        '{"do": "model.release", "model": "acme/chat", "version": "v1", "effective_at": "2025-01-01", "by": "a"}\n'
        f'{{"do": "deployment.create", "deployment": "{name}", "model": "acme/chat", "version": "v1", "by": "a",'
        ' "policy": "manual", "run_by": "provider", "effective_at": "2025-01-02"}\n'
        '{"do": "model.announce_retirement", "model": "acme/chat", "version": "v1", "on": "2025-03-01", "by": "a",'
        ' "effective_at": "2025-01-03"}\n'
    )
    assert shell("--store", fresh, "apply", "-", stdin=lines).code == 0
    told = shell("--store", fresh, "upcoming", "--at", "2025-02-01", "--within", "60d", "--format", "slack")
    assert "<!channel>" not in told.out and "&lt;!channel&gt; &amp; co: stop" in told.out


def test_a_message_for_a_webhook_has_words_and_every_entry(store: str) -> None:
    listed = shell("--store", store, *IN_FEBRUARY, "--json").json["upcoming"]
    body = shell("--store", store, *IN_FEBRUARY, "--format", "webhook").json
    assert set(body) == {"text", "at", "known_at", "until", "upcoming"}
    assert (body["at"], body["until"], body["upcoming"]) == ("2025-02-01T00:00:00Z", "2025-04-02T00:00:00Z", listed)
    assert len(body["text"].splitlines()) == len(listed) + 1


def test_nothing_to_come_is_a_message_too(store: str) -> None:
    nothing = ("upcoming", "--at", "2023-01-01", "--known-at", "2023-01-01", "--within", "7d")
    assert shell("--store", store, *nothing, "--format", "slack").json["text"] == (
        "Nothing is announced or due until 2023-01-08"
    )


def test_a_calendar_has_an_event_for_each(store: str, tmp_path: Path) -> None:
    file = tmp_path / "models.ics"
    told = shell("--store", store, *IN_FEBRUARY, "--ical", file, "--json", "--exit-code")
    assert (told.code, told.err) == (3, f"{file}: {len(events(file.read_bytes()))} entries\n")
    by_summary = {str(one["summary"]).partition(",")[0]: one for one in events(file.read_bytes())}
    retired = by_summary["azure-openai/gpt-35-turbo 0301: retirement to 0125"]
    assert (retired.decoded("dtstart"), retired.decoded("dtend")) == (date(2025, 2, 13), date(2025, 2, 14))
    assert str(retired["status"]) == "CONFIRMED"
    move = by_summary["chat-prod: move to azure-openai/gpt-4o 2024-08-06"]
    assert isinstance(move.decoded("dtstart"), datetime)
    assert (move.decoded("dtend") - move.decoded("dtstart")).days == 14
    assert str(move["status"]) == "TENTATIVE"
    assert "test azure-openai/gpt-4o 2024-08-06" in str(move["description"])
    assert [one.name for one in tmp_path.iterdir()] == ["models.ics"]


def test_an_event_keeps_its_id_where_its_date_is_moved_and_no_two_have_one(store: str, tmp_path: Path) -> None:
    def ids(at: str) -> list[str]:
        file = tmp_path / f"{at}.ics"
        assert shell("--store", store, "upcoming", "--at", at, "--within", "400d", "--ical", file).code == 0
        found = {str(one["uid"]): str(one["summary"]) for one in events(file.read_bytes())}
        assert len(found) == len(events(file.read_bytes()))
        return [uid for uid, summary in found.items() if "gpt-35-turbo 0301: retirement" in summary]

    assert ids("2024-07-01") == ids("2024-09-10") != []


def test_what_comes_twice_has_two_ids(store: str) -> None:
    first = Upcoming.model_validate(shell("--store", store, *IN_FEBRUARY, "--json").json["upcoming"][0])
    twice = events(calendar([first, first], first.on))
    assert len({str(one["uid"]) for one in twice}) == 2


def test_a_calendar_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(ValueError, match=r"pip install 'modeltrail\[ical\]'"):
        calendar([], datetime(2025, 1, 1).astimezone())


def test_a_calendar_that_cannot_be_written_is_named_and_leaves_nothing_behind(store: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "nowhere" / "models.ics", tmp_path / "taken.ics"
    folder.mkdir()
    for taken in (file, folder):
        told = shell("--store", store, *IN_FEBRUARY, "--ical", taken)
        assert told.code == 1 and told.err.startswith(f"{taken}: ")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_calendar_may_be_read_by_whom_new_files_may_be_read(store: str, tmp_path: Path) -> None:
    file, usual = tmp_path / "models.ics", tmp_path / "usual"
    usual.touch()
    assert shell("--store", store, *IN_FEBRUARY, "--ical", file).code == 0
    assert file.stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ical", "-"), "a calendar is written to a file: name one"),
        (("--format", "teams"), "'teams' is no format: write slack or webhook"),
        (("--format", "slack", "--json"), "give --json or --format, not both"),
    ],
)
def test_what_cannot_be_printed_is_wrong_usage(store: str, words: tuple[str, ...], said: str) -> None:
    told = shell("--store", store, "upcoming", *words, env={"COLUMNS": "200"})
    assert told.code == 2 and said in " ".join(told.err.split())
