"""Are the answers to the real schedule those worked out by hand, in whatever order its rows were imported?"""

from __future__ import annotations

import random
from typing import Any

import pytest

from cli.shell import NOTICES, shell, url

CATALOGUE = "azure-openai"


@pytest.fixture(scope="module", params=["as published", "backwards", "shuffled", "in two parts"])
def schedule(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with all rows of the schedule, in one order or another."""
    folder = tmp_path_factory.mktemp("schedule")
    header, *rows = NOTICES.read_text(encoding="utf-8").splitlines(keepends=True)
    if request.param == "backwards":
        rows.reverse()
    elif request.param == "shuffled":
        random.Random(19).shuffle(rows)
    parts = [rows[1::2], rows[::2]] if request.param == "in two parts" else [rows]
    for number, part in enumerate(parts):
        file = folder / f"{number}.csv"
        file.write_text(header + "".join(part), encoding="utf-8")
        answer = shell("--store", url(folder / "trail.db"), "import", "notices", file, "--catalogue", CATALOGUE)
        assert (answer.code, answer.err) == (0, "")
    return url(folder / "trail.db")


def ask(store: str, *words: object) -> Any:
    return shell("--store", store, *words, "--json").json


def retirements(store: str, known_at: str) -> set[tuple[str, str, str]]:
    answer = ask(
        store, "upcoming", "--within", "60d", "--catalogue-only", "--qualifier", "fixed", "--at", "2024-12-01",
        "--known-at", known_at,
    )  # fmt: skip
    return {
        (one["model"].removeprefix(f"{CATALOGUE}/"), one["version"], one["on"])
        for one in answer["upcoming"]
        if one["kind"] == "retirement"
    }


@pytest.mark.rule("R6", "R13")
def test_the_retirements_within_60_days_depend_on_what_was_known(schedule: str) -> None:
    on = "2025-01-27T00:00:00Z"
    completions = {("babbage-002", "1", on), ("davinci-002", "1", on)}
    turbo = {("gpt-35-turbo", "0301", on), ("gpt-35-turbo", "0613", on), ("gpt-35-turbo-16k", "0613", on)}
    assert retirements(schedule, "2024-11-01") == completions | turbo
    assert retirements(schedule, "2024-12-01") == completions


@pytest.mark.rule("R13")
def test_every_date_of_a_retirement_is_kept(schedule: str) -> None:
    said = ask(schedule, "announcements", "gpt-35-turbo", "0301")["announcements"]
    assert [(one["known_at"][:10], one["on"][:10]) for one in said if one["kind"] == "retirement"] == [
        ("2024-03-13", "2024-06-13"),
        ("2024-04-24", "2024-08-01"),
        ("2024-06-19", "2024-10-01"),
        ("2024-08-22", "2024-11-01"),
        ("2024-09-09", "2025-01-27"),
        ("2024-11-11", "2025-02-13"),
    ]
    versions = ask(schedule, "model", "gpt-35-turbo")["versions"]
    assert [one["retired_at"] for one in versions if one["version"] == "0301"] == ["2025-02-13T00:00:00Z"]


@pytest.mark.rule("R6")
def test_a_default_that_was_learned_late_differs_by_what_was_known(schedule: str) -> None:
    on_the_day = ("model", "gpt-4o", "--at", "2025-04-01")
    assert ask(schedule, *on_the_day, "--known-at", "2025-04-10")["default"] == "2024-05-13"
    assert ask(schedule, *on_the_day)["default"] == "2024-08-06"
    assert ask(schedule, "model", "gpt-4o", "--at", "2025-03-25")["default"] == "2024-05-13"
    assert ask(schedule, "model", "gpt-4o", "--at", "2025-03-26")["default"] == "2024-08-06"


@pytest.mark.rule("R11", "R39")
def test_every_date_of_a_default_change_is_kept(schedule: str) -> None:
    said = ask(schedule, "announcements", "gpt-4o", "2024-08-06", "--at", "2025-04-01")["announcements"]
    assert [(one["known_at"][:10], one["on"][:10]) for one in said if one["kind"] == "default-change"] == [
        ("2024-10-03", "2024-12-05"),
        ("2024-10-11", "2024-12-11"),
        ("2024-11-11", "2025-02-13"),
        ("2025-03-12", "2025-03-17"),
    ]


@pytest.mark.rule("R6")
def test_a_report_is_corrected_by_what_was_learned_later(schedule: str) -> None:
    on_the_day = ("model", "gpt-35-turbo", "--at", "2025-01-31")
    assert ask(schedule, *on_the_day, "--known-at", "2025-01-31")["default"] == "0301"
    assert ask(schedule, *on_the_day, "--known-at", "2025-02-07")["default"] == "0125"
    assert ask(schedule, "model", "gpt-35-turbo", "--at", "2025-01-21")["default"] == "0125"
    assert ask(schedule, "model", "gpt-35-turbo", "--at", "2025-01-20")["default"] == "0301"
