"""What was worked out by hand from a real schedule is asked through the command line, in whatever order it came in."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modeltrail.cli_app import app

HEADER, *ROWS = (files("modeltrail") / "data" / "notices.csv").read_text(encoding="utf-8").splitlines()
AZURE = "azure-openai"
Ask = Callable[..., Any]


def shuffled(seed: int) -> list[str]:
    return random.Random(seed).sample(ROWS, len(ROWS))


ORDERS: dict[str, Sequence[Sequence[str]]] = {
    "in file order": [ROWS],
    "reversed": [ROWS[::-1]],
    "shuffled once": [shuffled(1)],
    "shuffled twice": [shuffled(2)],
    "shuffled thrice": [shuffled(3)],
    "the later half first": [ROWS[len(ROWS) // 2 :], ROWS[: len(ROWS) // 2]],
    "every other row first, shuffled": [shuffled(4)[::2], shuffled(4)[1::2]],
}
"""The files that are imported one after the other."""


def run(*arguments: str) -> Any:
    """The JSON document that a command prints."""
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def imported(folder: Path, parts: Sequence[Sequence[str]]) -> Ask:
    """Import the files into a store of their own, and return a way to ask it."""
    store = f"sqlite:///{folder / 'schedule.db'}"
    for number, rows in enumerate(parts):
        folder_of_part = folder / str(number)
        folder_of_part.mkdir()
        schedule = folder_of_part / "notices.csv"
        schedule.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        run("import", "notices", str(schedule), "--catalogue", AZURE, "--store", store)

    def ask(*arguments: str) -> Any:
        return run("--store", store, *arguments)

    return ask


@pytest.fixture(scope="module", params=ORDERS)
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return imported(tmp_path_factory.mktemp("store"), ORDERS[request.param])


@pytest.fixture(scope="module")
def ask_in_file_order(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return imported(tmp_path_factory.mktemp("store"), [ROWS])


def retirements_ahead(ask: Ask, known_at: str) -> list[tuple[str, str, str]]:
    arguments = ("--within", "60d", "--catalogue-only", "--qualifier", "fixed", "--at", "2024-12-01")
    found = ask("upcoming", *arguments, "--known-at", known_at)["upcoming"]
    assert {one["qualifier"] for one in found} == {"fixed"}
    ahead = [one for one in found if one["kind"] == "retirement" and "overdue" not in one["flags"]]
    return sorted((one["model"].removeprefix(f"{AZURE}/"), one["version"], one["on"][:10]) for one in ahead)


@pytest.mark.rule("R6")
@pytest.mark.rule("R13")
def test_fixed_retirements_within_60_days_as_known_a_month_before(ask: Ask) -> None:
    day = "2025-01-27"
    assert retirements_ahead(ask, "2024-11-01") == [
        ("babbage-002", "1", day),
        ("davinci-002", "1", day),
        ("gpt-35-turbo", "0301", day),
        ("gpt-35-turbo", "0613", day),
        ("gpt-35-turbo-16k", "0613", day),
    ]


@pytest.mark.rule("R6")
@pytest.mark.rule("R13")
def test_fixed_retirements_within_60_days_after_some_were_moved(ask: Ask) -> None:
    day = "2025-01-27"
    assert retirements_ahead(ask, "2024-12-01") == [("babbage-002", "1", day), ("davinci-002", "1", day)]


@pytest.mark.rule("R13")
@pytest.mark.rule("R39")
def test_a_retirement_that_was_moved_five_times_notice_by_notice(ask: Ask) -> None:
    found = ask("announcements", "gpt-35-turbo", "0301")["announcements"]
    told = [(one["known_at"][:10], one["on"][:10]) for one in found if one["kind"] == "retirement"]
    assert told == [
        ("2024-03-13", "2024-06-13"),
        ("2024-04-24", "2024-08-01"),
        ("2024-06-19", "2024-10-01"),
        ("2024-08-22", "2024-11-01"),
        ("2024-09-09", "2025-01-27"),
        ("2024-11-11", "2025-02-13"),
    ]


@pytest.mark.rule("R10")
def test_the_day_on_which_it_was_retired(ask: Ask) -> None:
    (version,) = (one for one in ask("model", "gpt-35-turbo")["versions"] if one["version"] == "0301")
    assert version["retired_at"] == "2025-02-13T00:00:00Z"


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("at", "known_at", "default"),
    [
        ("2025-04-01", "2025-04-10", "2024-05-13"),
        ("2025-04-01", "2025-04-16", "2024-08-06"),
        ("2025-04-01", None, "2024-08-06"),
        ("2025-03-26", None, "2024-08-06"),
        ("2025-03-25", None, "2024-05-13"),
    ],
)
def test_the_default_of_gpt_4o_that_changed_in_silence(ask: Ask, at: str, known_at: str | None, default: str) -> None:
    limit = [] if known_at is None else ["--known-at", known_at]
    assert ask("model", "gpt-4o", "--at", at, *limit)["default"] == default


@pytest.mark.rule("R11")
@pytest.mark.rule("R13")
def test_the_dates_that_were_announced_for_it_before(ask: Ask) -> None:
    found = ask("announcements", "gpt-4o", "2024-08-06", "--at", "2025-04-01")["announcements"]
    told = [(one["on"][:10], one["known_at"][:10]) for one in found if one["kind"] == "default-change"]
    assert told == [
        ("2024-12-05", "2024-10-03"),
        ("2024-12-11", "2024-10-11"),
        ("2025-02-13", "2024-11-11"),
        ("2025-03-17", "2025-03-12"),
    ]


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("at", "known_at", "default"),
    [
        ("2025-01-31", "2025-01-31", "0301"),
        ("2025-01-31", "2025-02-07", "0125"),
        ("2025-01-21", None, "0125"),
        ("2025-01-20", None, "0301"),
    ],
)
def test_two_reports_about_one_day(ask: Ask, at: str, known_at: str | None, default: str) -> None:
    limit = [] if known_at is None else ["--known-at", known_at]
    assert ask("model", "gpt-35-turbo", "--at", at, *limit)["default"] == default


def without_positions(document: Any) -> Any:
    """A document without what tells the order of the log."""
    if isinstance(document, list):
        return [without_positions(one) for one in document]
    if isinstance(document, dict):
        return {
            name: without_positions(one)
            for name, one in document.items()
            if name not in ("position", "because", "disagrees_with")
        }
    return document


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    "arguments",
    [
        ("announcements",),
        ("upcoming", "--within", "365d", "--at", "2024-06-01"),
        ("model", "gpt-4"),
        ("model", "gpt-35-turbo", "--at", "2025-01-31", "--known-at", "2025-02-07"),
    ],
    ids=" ".join,
)
def test_the_order_of_import_changes_no_answer(ask: Ask, ask_in_file_order: Ask, arguments: tuple[str, ...]) -> None:
    moments = arguments if "--at" in arguments else (*arguments, "--at", "2025-07-01")
    pinned = moments if "--known-at" in moments else (*moments, "--known-at", "2025-07-01")
    assert without_positions(ask(*pinned)) == without_positions(ask_in_file_order(*pinned))
