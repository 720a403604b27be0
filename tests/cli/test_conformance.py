"""Does the command line say whether a provider kept its word?"""

from __future__ import annotations

import pytest

from cli.shell import shell

PERIOD = ("--from", "2025-01-01", "--to", "2025-03-01")


def fields(text: str) -> set[str]:
    return set(text.split())


def words(store: str, *told: str) -> str:
    answer = shell("--store", store, "conformance", *told)
    assert (answer.code, answer.err) == (0, "")
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    return " ".join(answer.out.split())


@pytest.mark.rule("R11", "R12")
def test_breaches_are_listed_with_their_reasons_and_the_notice_of_each_move(store: str) -> None:
    told = words(store, *PERIOD)
    assert told.startswith("4 breaches from 2025-01-01 to 2025-03-01 when what because 2025-01-13 overdue: ")
    assert "and happened on 2025-01-21" in told
    assert "2025-02-13 legacy-bot: stop from" in told and "337d 94d" in told
    assert "announced dates were moved" in told and "name a MODEL to see them" in told


@pytest.mark.rule("R13")
def test_the_dates_of_one_model_are_listed_as_they_were_said(store: str) -> None:
    told = words(store, "gpt-3.5-turbo-instruct", "--to", "2025-07-01")
    assert told.startswith("1 breach by 2025-07-01 ")
    assert "3 later, 1 earlier azure-openai/gpt-3.5-turbo-instruct 0914: retirement, -60 days in all" in told
    assert "2025-09-14 no-earlier-than; 2025-02-01 no-earlier-than;" in told


def test_where_a_word_was_kept_it_is_said(store: str) -> None:
    assert words(store, "gpt-4o", "--to", "2024-09-01") == "no breach by 2024-09-01"


def test_the_exit_code_tells_a_script(store: str) -> None:
    ask = ("--store", store, "conformance", "gpt-4o", "--exit-code")
    assert shell(*ask, "--to", "2024-09-01").code == 0
    assert shell(*ask, "--to", "2025-07-01").code == 3


@pytest.mark.rule("R6")
def test_it_is_asked_on_both_clocks(store: str) -> None:
    def happened(*known: str) -> list[str | None]:
        ask = ("--store", store, "conformance", "gpt-35-turbo", "--to", "2025-02-01", *known, "--json")
        return [one["happened"] for one in shell(*ask).json["breaches"]]

    assert happened("--known-at", "2025-02-01") == [None]
    assert happened() == ["2025-01-21T00:00:00Z"]


def test_it_has_the_documented_fields(store: str) -> None:
    answer = shell("--store", store, "conformance", *PERIOD, "--json").json
    assert set(answer) == {"since", "until", "known_at", "breaches", "notice", "moved_dates"}
    dates = answer["moved_dates"][0]
    assert set(answer["breaches"][0]) == fields(
        "kind model version sku deployment at promised happened days says because"
    )
    assert set(answer["notice"][0]) == fields(
        "deployment owner kind at left_model left_version to_model to_version cause certainty first_known_at "
        "first_days right_known_at right_days because"
    )
    assert set(dates) == fields("model version kind sku stage later earlier days said")
    assert set(dates["said"][0]) == fields("on qualifier known_at source positions")


def test_a_period_that_ends_before_it_begins_is_refused(store: str) -> None:
    answer = shell("--store", store, "conformance", "--from", "2025-03-01", "--to", "2025-01-01")
    assert (answer.code, answer.err) == (
        1,
        "--from 2025-03-01 lies after --to 2025-01-01: name the earlier one first\n",
    )


def test_a_catalogue_that_is_misspelled_is_named(store: str) -> None:
    told = shell("--store", store, "conformance", "azure-opena")
    assert (told.code, told.err) == (
        1,
        "no model or catalogue is known as 'azure-opena': did you mean 'azure-openai'?\n",
    )
    told = shell("--store", store, "conformance", "gpt-4p")
    assert "did you mean 'azure-openai/gpt-4" in told.err
