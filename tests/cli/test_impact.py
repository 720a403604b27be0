"""Does the command line say whom a version concerns?"""

from __future__ import annotations

import pytest

from cli.shell import lines, shell

ASK = ("impact", "gpt-4o", "2024-05-13", "--at", "2025-04-01")
RUNS = "deployment owner version certainty since deadline policy policy_effective sku because"
RAN = "deployment owner version since until certainty because"
HIT = (
    "deployment owner version certainty policy policy_effective sku kind to on until cause announced_on qualifier "
    "supposed tested test_result stopped_because flags because"
)


def words(store: str, *told: str) -> str:
    answer = shell("--store", store, *told)
    assert (answer.code, answer.err) == (0, "")
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    return " ".join(answer.out.split())


@pytest.mark.rule("R20", "R21", "R23")
def test_who_runs_a_version_and_what_its_retirement_makes_of_them(store: str) -> None:
    told = words(store, *ASK)
    assert told.startswith("azure-openai/gpt-4o 2024-05-13 on 2025-04-01: 3 deployments run it, or may")
    assert "chat-prod may, in a window since 2025-03-26 until 2025-04-09, auto-update, chat-team Standard" in told
    assert "2025-06-30 report-writer stops, retirement" in told
    assert "announced for 2025-06-30 no-earlier-than" in told


@pytest.mark.rule("R28")
def test_who_ran_it_is_listed_with_the_times(store: str) -> None:
    told = words(store, *ASK)
    assert "from to deployment 2024-06-03T09:00Z 2025-03-26 chat-prod, recorded, chat-team" in told
    assert "2024-07-01T09:00Z goes on report-writer, recorded, finance-team" in told


def test_of_a_whole_model_each_version_is_named(store: str) -> None:
    told = words(store, "impact", "gpt-35-turbo", "--at", "2025-01-25")
    assert "legacy-bot 0301, recorded since" in told and "legacy-bot (0301) stops" in told


def test_where_no_date_lies_ahead_the_retirement_is_supposed(store: str) -> None:
    told = words(store, "impact", "gpt-4o", "2024-08-06", "--at", "2025-12-01")
    assert "if it were retired 2025-12-01 (announced:" in told


def test_a_version_that_nobody_runs(store: str) -> None:
    told = words(store, "impact", "gpt-4o", "2024-11-20", "--at", "2025-04-01")
    assert told == "azure-openai/gpt-4o 2024-11-20 on 2025-04-01: nobody runs it"


def test_where_nobody_ran_it_for_a_minute_and_where_nobody_owns_it_no_line_is_empty(fresh: str) -> None:
    made = {"deployment": "trial", "by": "alice@example.com"}
    create = {"do": "deployment.create", "model": "acme/chat", "version": "v1", "run_by": "provider", **made}
    begun, gone = ({"effective_at": f"2025-03-01T10:00:{second}Z"} for second in ("05", "45"))
    shell("--store", fresh, "apply", "-", stdin=lines(create | begun, {"do": "deployment.delete", **made, **gone}))
    told = shell("--store", fresh, "impact", "acme/chat", "--at", "2025-03-02").out
    assert told == "acme/chat on 2025-03-02: nobody runs it\n"
    shell("--store", fresh, "apply", "-", stdin=lines(create | {"effective_at": "2025-03-03"}))
    running, _, _ = shell("--store", fresh, "impact", "acme/chat", "--at", "2025-03-04").out.partition("\n\nwhen")
    assert [line.split()[0] for line in running.splitlines()[1:]] == ["deployment", "trial"]


def test_the_exit_code_tells_whether_somebody_is_hit(store: str) -> None:
    assert shell("--store", store, *ASK, "--exit-code").code == 3
    assert shell("--store", store, "impact", "gpt-4o", "2024-11-20", "--at", "2025-04-01", "--exit-code").code == 0


def test_it_has_the_documented_fields(store: str) -> None:
    answer = shell("--store", store, *ASK, "--json").json
    assert set(answer) == {"model", "version", "at", "known_at", "runs", "ran", "hit"}
    for name, fields in (("runs", RUNS), ("ran", RAN), ("hit", HIT)):
        assert {frozenset(one) for one in answer[name]} == {frozenset(fields.split())}


@pytest.mark.rule("R6")
def test_it_is_asked_on_both_clocks(store: str) -> None:
    told = words(store, *ASK, "--known-at", "2025-04-01")
    assert "chat-prod recorded since 2024-06-03T09:00Z" in told
    assert "as known on 2025-04-01" in told
