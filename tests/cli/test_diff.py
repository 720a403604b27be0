"""Does the command line say what differs between two moments, and between what was known of one?"""

from __future__ import annotations

import pytest

from cli.shell import lines, shell

KNOWLEDGE = ("--at", "2025-04-01", "--known-from", "2025-04-10")
DEPLOYMENT = "deployment owner change differs before after because"
MODEL = (
    "model change default_before default_after rules_before rules_after offers_before offers_after versions dates "
    "because"
)
FACT = "position type data effective_at known_at recorded_at mode by why source known_then"


def words(store: str, *told: str) -> str:
    answer = shell("--store", store, "diff", *told)
    assert (answer.code, answer.err) == (0, "")
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    return " ".join(answer.out.split())


@pytest.mark.rule("R28")
def test_two_days_are_compared_deployment_by_deployment_and_model_by_model(store: str) -> None:
    told = words(store, "--from", "2025-03-01", "--to", "2025-04-15")
    assert told.startswith("2025-03-01 and 2025-04-15: 4 deployments and 4 models differ because deployment 167 ")
    assert "is azure-openai/gpt-4o 2024-08-06 (assumed), since 2025-04-09, default-change" in told
    assert "pilot-notes, notes-team, appeared is azure-openai/gpt-4o 2024-08-06 (assumed)" in told
    assert "default: 2024-05-13, then 2024-08-06 2024-08-06: default-change: 2025-02-13 fixed, then nothing" in told
    assert "2025-03-14T15:00Z deployment.policy-changed: by finance-team" in told


@pytest.mark.rule("R6")
def test_what_was_known_of_one_day_is_compared(store: str) -> None:
    told = words(store, *KNOWLEDGE)
    assert told.startswith("2025-04-01, as known 2025-04-10 and now: 3 deployments and 1 model differ")
    assert "2025-03-26 model.default-changed: known 2025-04-16" in told


def test_more_facts_than_one_reads_are_counted_and_in_the_json(store: str) -> None:
    period = ("--from", "2025-01-01", "--to", "2025-07-01")
    facts = shell("--store", store, "diff", *period, "--json").json["facts"]
    said = words(store, *period)
    assert len(facts) > 24
    assert f"{len(facts)} facts made the difference: --json lists them, and history those of one name" in said
    assert "model.replacement-named: by" not in said


def test_where_nothing_differs_it_is_said(store: str) -> None:
    assert words(store, "--from", "2025-04-01", "--to", "2025-04-01") == "2025-04-01: nothing differs"
    assert words(store, *KNOWLEDGE[:2], "--known-from", "2025-05-01") == (
        "2025-04-01, as known 2025-05-01 and now: nothing differs"
    )


def test_a_deployment_that_came_and_went_in_between_was_absent_and_is_deleted(fresh: str) -> None:
    made = {"deployment": "trial", "by": "alice@example.com"}
    create = {"do": "deployment.create", "model": "acme/chat", "version": "v1", "run_by": "provider", **made}
    gone = {"do": "deployment.delete", **made, "effective_at": "2025-03-03"}
    shell("--store", fresh, "apply", "-", stdin=lines(create | {"effective_at": "2025-03-02"}, gone))
    assert "trial, gone was absent is deleted" in words(fresh, "--from", "2025-03-01", "--to", "2025-03-04")


def test_of_a_digest_among_words_the_beginning_is_shown_and_the_json_has_all_of_it(fresh: str) -> None:
    digest = "392a40ba" * 8
    create = {"do": "deployment.create", "deployment": "trial", "model": "acme/chat", "by": "alice@example.com"}
    told = {"source": f"azure-models models.json sha256:{digest} row 2", "effective_at": "2025-03-02"}
    told |= {"version": "v1", "run_by": "provider"}
    shell("--store", fresh, "apply", "-", stdin=lines(create | told))
    assert "models.json sha256:392a40ba.. row 2" in words(fresh, "--from", "2025-03-01")
    why = shell("--store", fresh, "why", "trial")
    assert "models.json sha256:392a40ba.. row 2" in " ".join(why.out.replace("│", " ").split())
    assert digest in shell("--store", fresh, "why", "trial", "--json").out


def test_the_exit_code_tells_a_script(store: str) -> None:
    assert shell("--store", store, "diff", *KNOWLEDGE, "--exit-code").code == 3
    same = ("--from", "2025-04-01", "--to", "2025-04-01", "--exit-code")
    assert shell("--store", store, "diff", *same).code == 0


def test_it_has_the_documented_fields(store: str) -> None:
    answer = shell("--store", store, "diff", "--from", "2025-02-10", "--to", "2025-02-15", "--json").json
    assert set(answer) == {"before", "after", "deployments", "models", "facts"}
    assert set(answer["before"]) == set(answer["after"]) == {"at", "known_at"}
    for name, fields in (("deployments", DEPLOYMENT), ("models", MODEL), ("facts", FACT)):
        assert {frozenset(one) for one in answer[name]} == {frozenset(fields.split())}
    model = next(one for one in answer["models"] if one["model"] == "azure-openai/gpt-35-turbo")
    assert set(model["versions"][0]) == {"version", "differs", "before", "after"}
    assert set(model["dates"][0]) == {"kind", "version", "sku", "stage", "before", "after"}
    assert set(model["dates"][0]["before"]) == {"on", "qualifier", "known_at", "source", "position"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (("--to", "2025-04-01"), "name what to compare: --from DATE, or --at DATE with --known-from DATE\n"),
        (
            ("--at", "2025-04-01", "--from", "2025-03-01"),
            "--at stands for both moments: leave out --from and --to\n",
        ),
        (
            ("--from", "2025-04-01", "--known-at", "2025-03-01", "--known-to", "2025-03-01"),
            "--known-at stands for both: leave out --known-from and --known-to\n",
        ),
    ],
)
def test_a_question_that_compares_nothing_is_refused_with_the_way_out(
    store: str, told: tuple[str, ...], message: str
) -> None:
    answer = shell("--store", store, "diff", *told)
    assert (answer.code, answer.err) == (1, message)
