"""Are the JSON answers the documented ones, and do the words say the same?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cli.shell import shell

SERVING = (
    "deployment at known_at status model version possible certainty since deadline policy policy_effective sku "
    "api_version run_by incarnation cause rules stopped_because flags because logged_by"
)
DAY = ("--at", "2025-04-01")


def fields(text: str) -> set[str]:
    return set(text.split())


def ask(store: str, *words: object) -> Any:
    return shell("--store", store, *words, "--json").json


def test_serving_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "serving", "chat-prod", *DAY)
    assert set(answer) == fields(SERVING)
    assert [set(one) for one in answer["possible"]] == [fields("status model version")] * 2


def test_deployments_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "deployments", *DAY)
    assert set(answer) == {"deployments"}
    assert {frozenset(one) for one in answer["deployments"]} == {frozenset(fields(SERVING))}


def test_model_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "model", "azure-openai/gpt-35-turbo", "--at", "2024-12-15")
    assert set(answer) >= fields("model default default_announced rules offers versions contradictions")
    assert set(answer["default_announced"][0]) == fields("version on known_at source")
    (version,) = (one for one in answer["versions"] if one["version"] == "0301")
    assert set(version) == fields("version stage released_at retired_at listed api_versions replacement retirements")
    assert set(version["replacement"]) == fields("to_model to_version upgrade_from lead_days")
    assert set(version["retirements"][0]) == fields("sku on qualifier known_at source")


def test_announcements_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "announcements", "gpt-35-turbo", "0301")
    assert set(answer) == {"announcements"}
    assert {frozenset(one) for one in answer["announcements"]} == {
        frozenset(
            fields(
                "position known_at model version kind on qualifier sku to_model to_version source standing "
                "confirmations disagrees_with"
            )
        )
    }


def test_upcoming_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "upcoming", "--at", "2024-12-15", "--within", "60d")
    assert set(answer) == {"upcoming"}
    assert {frozenset(one) for one in answer["upcoming"]} == {
        frozenset(
            fields(
                "on until qualifier kind model version deployment to certainty tested flags because test_result sku "
                "owner advice"
            )
        )
    }


def test_course_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "course", "chat-prod")
    assert set(answer) == {"segments"}
    assert {frozenset(one) for one in answer["segments"]} == {
        frozenset(fields("since until possible certainty cause policy rules because logged_by"))
    }


def test_history_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "history", "chat-prod")
    assert set(answer) == {"events"}
    assert {frozenset(one) for one in answer["events"]} == {
        frozenset(fields("position type effective_at known_at recorded_at by why source data"))
    }
    assert [one["type"] for one in answer["events"]] == ["deployment.created", "deployment.version-tested"]


def test_verify_has_the_documented_fields(store: str) -> None:
    answer = ask(store, "verify")
    assert set(answer) == fields("ok size root first_bad reason")
    assert (answer["ok"], answer["first_bad"], answer["reason"]) == (True, None, None)


@pytest.mark.rule("R5")
def test_history_can_be_asked_for_a_day_and_for_what_was_known(store: str) -> None:
    def types(*words: str) -> list[str]:
        return [one["type"] for one in ask(store, "history", "chat-prod", *words)["events"]]

    assert types("--at", "2024-06-03") == []
    assert types("--at", "2024-06-04") == ["deployment.created"]
    assert types("--known-at", "2024-06-04") == ["deployment.created"]


@pytest.mark.rule("R6")
def test_one_day_has_another_answer_for_who_knew_less(store: str) -> None:
    today = ask(store, "serving", "chat-prod", *DAY)
    then = ask(store, "serving", "chat-prod", *DAY, "--known-at", "2025-04-10")
    assert (today["status"], today["version"], today["deadline"]) == ("window", None, "2025-04-09T00:00:00Z")
    assert (then["status"], then["version"], then["known_at"]) == ("serving", "2024-05-13", "2025-04-10T00:00:00Z")


QUERIES: Sequence[tuple[str, Sequence[str]]] = (
    ("serving", ("legacy-bot",)),
    ("deployments", ()),
    ("deployments", ("--model", "gpt-4o")),
    ("model", ("gpt-4o",)),
    ("history", ("legacy-bot",)),
    ("history", ("azure-openai/gpt-4",)),
    ("announcements", ()),
    ("announcements", ("gpt-4o",)),
    ("course", ("legacy-bot",)),
    ("upcoming", ("--within", "52w")),
)


@pytest.mark.parametrize(("command", "words"), QUERIES)
@pytest.mark.parametrize("known_at", ["2024-12-01", "2025-06-01"])
def test_words_fit_into_80_columns_without_boxes_and_colour(
    store: str, command: str, words: Sequence[str], known_at: str
) -> None:
    answer = shell("--store", store, command, *words, "--at", "2024-12-01", "--known-at", known_at)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.isascii()
    assert all(len(line) <= 80 and line == line.rstrip() for line in answer.out.splitlines())
    assert not set(answer.out) & set("|\x1b")


def test_a_window_is_said_as_a_or_b_with_its_end_and_its_positions(store: str) -> None:
    words = shell("--store", store, "serving", "chat-prod", *DAY).out
    because = ask(store, "serving", "chat-prod", *DAY)["because"]
    assert " ".join(words.split("  since")[0].split()) == (
        "chat-prod on 2025-04-01: azure-openai/gpt-4o 2024-05-13 or 2024-08-06 (window until 2025-04-09)"
    )
    assert f"because  positions {', '.join(map(str, because))}" in words
    assert "auto-update, under the rules azure-openai" in words


def test_an_answer_says_as_known_when(store: str) -> None:
    words = shell("--store", store, "serving", "chat-prod", *DAY, "--known-at", "2025-04-10").out
    assert "2024-05-13 (recorded), as known on 2025-04-10" in " ".join(words.split())


def test_a_deployment_before_its_creation_is_absent(store: str) -> None:
    assert ask(store, "serving", "chat-prod", "--at", "2020-01-01")["status"] == "absent"
    assert shell("--store", store, "serving", "chat-prod", "--at", "2020-01-01").out == (
        "chat-prod on 2020-01-01: not there yet\n"
    )


@pytest.mark.rule("R34")
def test_the_course_shows_the_outage(store: str) -> None:
    segments = ask(store, "course", "legacy-bot")["segments"]
    assert [one["possible"][0]["status"] for one in segments] == ["serving", "stopped", "stopped", "serving"]
    assert "stopped" in shell("--store", store, "course", "legacy-bot").out


@pytest.mark.parametrize("span", ["60d", "60", "60 d", "8w", "56d"])
def test_a_span_is_given_in_days_or_weeks(store: str, span: str) -> None:
    answer = shell("--store", store, "upcoming", "--at", "2024-12-01", "--within", span, "--json")
    assert answer.code == (1 if span == "60 d" else 0)
    if span == "8w":
        assert answer.json == ask(store, "upcoming", "--at", "2024-12-01", "--within", "56d")


def test_nothing_upcoming_is_said_so(store: str) -> None:
    words = shell("--store", store, "upcoming", "--at", "2023-01-01", "--known-at", "2023-01-01", "--within", "7").out
    assert words == "nothing is announced or due until 2023-01-08\n"


CODES = (
    (("serving", "chat-prod", *DAY), 4),
    (("serving", "faq-bot", *DAY), 4),
    (("serving", "report-writer", *DAY), 0),
    (("serving", "chat-prod", "--at", "2020-01-01"), 0),
    (("deployments", *DAY), 4),
    (("upcoming", "--at", "2024-12-01", "--within", "60d"), 3),
    (("upcoming", "--at", "2023-01-01", "--within", "1d"), 0),
    (("announcements", "gpt-35-turbo", "0301"), 3),
)


@pytest.mark.parametrize(("words", "code"), CODES)
def test_exit_codes_3_and_4_are_for_those_who_ask(store: str, words: Sequence[str], code: int) -> None:
    assert shell("--store", store, *words).code == 0
    answer = shell("--store", store, *words, "--exit-code")
    assert (answer.code, answer.err) == (code, "")
    assert answer.out == shell("--store", store, *words).out
