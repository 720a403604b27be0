"""Are the rows of projections shown, counted and exported as they are, and is it said where they are not up to date?"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars
import pytest

from cli.shell import Answer, lines, shell
from modeltrail import Trail
from modeltrail.datastore import StoreError, StoreLocked
from modeltrail.log import Log

SOME_FAIL = """if event.deployment in ("faq-bot", "legacy-bot"):
        raise RuntimeError("no owner")
    return Owner(event.owner)"""
COLUMNS = (
    *("deployment", "policy", "before", "set_at", "known_at", "by", "why", "source", "mode", "event", "fact"),
    *("logged_by", "changed_by", "changed_at"),
    *("since", "position", "is_stale"),
)
Writes = Callable[..., str]


def query(store: str, *words: object) -> Answer:
    return shell("--store", store, "projections", "query", *words)


def ask(store: str, *words: object) -> Any:
    return query(store, *words, "--json").json


def told(answer: Answer) -> str:
    """The one sentence of a command that failed."""
    assert (answer.code, answer.out) == (1, "")
    assert len(answer.err.splitlines()) == 1
    return answer.err.strip()


# Rows


def test_rows_are_shown_as_columns_where_they_fit(fleet: str, owners: Writes) -> None:
    assert query(fleet, owners()).out.splitlines()[:3] == [
        "deployment      owner              since              position",
        "archive-labels  archive-team       2023-10-02T09:00Z  218",
        "chat-prod       chat-team          2024-06-03T09:00Z  220",
    ]


def test_rows_with_many_fields_are_told_field_by_field(fleet: str) -> None:
    answer = query(fleet, "policies", "report-writer")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "deployment               row                                            position",
        "report-writer            policy manual, before auto-update, set_at      226",
        "since 2025-03-14T15:00Z  2025-03-14T15:00Z, known_at",
        "                         2025-03-14T15:00Z, by finance-team, why",
        "                         CHG-2291: no new version before the annual",
        "                         report is out, source change ticket CHG-2291,",
        "                         mode statement, event",
        "                         deployment.policy-changed, fact 226",
    ]


@pytest.mark.parametrize("name", ["announcements", "changes", "deployments", "models", "policies", "tests"])
def test_words_fit_into_80_columns_without_boxes(fleet: str, name: str) -> None:
    answer = query(fleet, name)
    assert (answer.code, answer.err) == (0, "")
    assert all(len(line) <= 80 and line == line.rstrip() for line in answer.out.splitlines())
    assert not set(answer.out) & set("|\x1b")


def test_rows_have_the_documented_fields(fleet: str) -> None:
    found = ask(fleet, "policies", "--at", "2024-06-10")
    assert list(found) == ["projection", "edition", "at", "known_at", "stale", "lost", "rows"]
    assert (found["projection"], found["edition"], found["at"]) == ("policies", 2, "2024-06-10T00:00:00Z")
    assert {tuple(row) for row in found["rows"]} == {COLUMNS}
    (row,) = [row for row in found["rows"] if row["deployment"] == "chat-prod"]
    assert (row["policy"], row["set_at"], row["fact"]) == ("auto-update", "2024-06-03T09:00:00Z", 220)


def test_what_holds_several_values_is_json_within_json(fleet: str) -> None:
    (row,) = ask(fleet, "deployments", "chat-prod")["rows"]
    assert row["tests"] == [227]
    assert [row] == [one for one in ask(fleet, "deployments")["rows"] if one["deployment"] == "chat-prod"]


@pytest.mark.rule("R6")
def test_a_day_has_other_rows_for_who_knew_less(fleet: str) -> None:
    late = {"do": "deployment.change_policy", "deployment": "chat-prod", "policy": "manual", "by": "bob"}
    shell("--store", fleet, "apply", "-", stdin=lines({**late, "effective_at": "2025-01-01", "known_at": "2025-02-01"}))

    def policy(*words: str) -> list[str]:
        return [row["policy"] for row in ask(fleet, "policies", "chat-prod", "--at", "2025-01-10", *words)["rows"]]

    assert policy() == ["manual"]
    assert policy("--known-at", "2025-01-31") == ["auto-update"]
    assert policy("--known-at", "2024-01-01") == []


def test_a_key_without_a_row_then_is_said_so(fleet: str) -> None:
    answer = query(fleet, "policies", "chat-prod", "--at", "2020-01-01")
    assert answer == Answer(0, "policies has no row of chat-prod on 2020-01-01\n", "")
    assert ask(fleet, "policies", "chat-prod", "--at", "2020-01-01")["rows"] == []


def test_a_composite_key_is_given_as_several_words(fleet: str) -> None:
    (row,) = ask(fleet, "tests", "chat-prod", "", "2024-08-06")["rows"]
    assert (row["deployment"], row["model"], row["version"], row["result"]) == ("chat-prod", "", "2024-08-06", "passed")


def test_what_comes_from_the_store_cannot_command_the_terminal(fresh: str) -> None:
    why = "\x1b[2J[bold]"
    release = {"do": "model.release", "model": "acme/chat", "version": "1", "why": why}
    shell("--store", fresh, "apply", "-", stdin=lines(release))
    assert "\x1b" not in query(fresh, "changes").out
    assert ask(fresh, "changes")["rows"][0]["why"] == why


# History


def test_the_history_of_a_key_shows_each_state_with_its_times(fleet: str) -> None:
    words = query(fleet, "policies", "report-writer", "--history").out
    assert words.splitlines()[0] == "when                     row                                            position"
    assert "until 2025-03-14T15:00Z" in words
    found = ask(fleet, "policies", "report-writer", "--history")
    assert list(found) == ["projection", "edition", "known_at", "stale", "lost", "key", "states"]
    assert found["key"] == ["report-writer"]
    assert [(one["since"], one["until"], one["position"]) for one in found["states"]] == [
        ("2024-07-01T09:00:00Z", "2025-03-14T15:00:00Z", 222),
        ("2025-03-14T15:00:00Z", None, 226),
    ]
    assert [one["row"]["policy"] for one in found["states"]] == ["auto-update", "manual"]


def test_a_history_is_as_it_was_known(fleet: str) -> None:
    before = ask(fleet, "policies", "report-writer", "--history", "--known-at", "2025-01-01")
    assert [(one["until"], one["row"]["policy"]) for one in before["states"]] == [(None, "auto-update")]
    unknown = query(fleet, "policies", "report-writer", "--history", "--known-at", "2020-01-01")
    assert unknown.out == "policies had no row of report-writer that was known then\n"


def test_a_history_says_when_there_was_no_row(fleet: str) -> None:
    gone = {"do": "deployment.delete", "deployment": "chat-prod", "by": "bob", "effective_at": "2025-05-01"}
    shell("--store", fleet, "apply", "-", stdin=lines({**gone, "known_at": "2025-05-01"}))
    assert ask(fleet, "policies", "chat-prod", "--history")["states"][-1]["row"] is None
    assert "since 2025-05-01         (none)" in query(fleet, "policies", "chat-prod", "--history").out
    assert query(fleet, "policies", "chat-prod").out == "policies has no row of chat-prod now\n"


# Counts


def test_rows_are_counted_by_fields(fleet: str) -> None:
    assert query(fleet, "policies", "--count-by", "policy").out.splitlines() == [
        "policy                rows",
        "auto-update           4",
        "manual                3",
        "unspecified           1",
        "upgrade-when-expired  2",
    ]
    found = ask(fleet, "policies", "--count-by", "policy", "--count-by", "before", "--at", "2025-01-01")
    assert list(found) == ["projection", "edition", "at", "known_at", "stale", "lost", "counts"]
    assert found["counts"][0] == {"values": {"policy": "auto-update", "before": None}, "rows": 5}


# SQL


def test_sql_finds_what_is_in_the_views(fleet: str) -> None:
    sql = "select deployment, set_at from policies where policy = 'manual' order by 1 limit 2"
    assert query(fleet, "--sql", sql).out.splitlines() == [
        "deployment      set_at",
        "archive-labels  2023-10-02T09:00:00Z",
        "legacy-bot      2023-07-03T09:00:00Z",
    ]
    assert ask(fleet, "--sql", "select 1 a, 1.5 a, null n, x'41' b, 9e999 i") == {
        "columns": ["a", "a", "n", "b", "i"],
        "rows": [[1, 1.5, None, "A", "inf"]],
    }
    assert query(fleet, "--sql", "select 1 where 0").out == "no rows\n"


def test_sql_finds_projections_of_ones_own(fleet: str, owners: Writes) -> None:
    assert ask(fleet, owners(), "--sql", "select count(*) n from owners_history")["rows"] == [[10]]


def test_rows_of_sql_that_do_not_fit_are_numbered(fleet: str) -> None:
    found = query(fleet, "--sql", "select * from policies").out.splitlines()
    assert found[0].split() == ["row"]
    assert found[1].startswith("1   deployment archive-labels, policy manual")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("delete from events", "not authorized"),
        ("create table mine (a)", "not authorized"),
        ("pragma user_version = 9", "not authorized"),
        ("attach 'other.db' as other", "not authorized"),
        ("select 1; select 2", "one statement at a time"),
        ("select * from polices", "no such table: polices"),
        ("selct 1", "syntax error"),
        ("", "it asks for nothing"),
        ("-- nothing", "it asks for nothing"),
    ],
)
def test_sql_that_does_not_only_read_is_refused(fleet: str, sql: str, reason: str) -> None:
    said = told(query(fleet, "--sql", sql))
    assert reason in said
    assert said.endswith("write one SELECT from the views, whose names modeltrail projections list has")


# Exports


def test_csv_has_the_columns_of_the_records(fleet: str, tmp_path: Path) -> None:
    assert query(fleet, "policies", "--csv", "rows.csv").out == "10 rows written to rows.csv\n"
    printed = query(fleet, "policies", "--csv", "-")
    assert printed == Answer(0, (tmp_path / "rows.csv").read_text(encoding="utf-8"), "")
    with Trail.open(fleet, read_only=True) as trail:
        records = trail.view("policies").records()
    read = list(csv.DictReader(io.StringIO(printed.out)))
    assert tuple(read[0]) == tuple(records[0]) == COLUMNS
    assert [row["position"] for row in read] == [str(record["position"]) for record in records]
    assert (read[0]["set_at"], read[0]["before"], read[0]["is_stale"]) == ("2023-10-02T09:00:00Z", "", "false")


def test_csv_is_for_counts_and_sql_too(fleet: str) -> None:
    assert query(fleet, "--sql", "select 1 a, 'x,y' b", "--csv", "-").out == 'a,b\n1,"x,y"\n'
    assert query(fleet, "policies", "--count-by", "policy", "--csv", "-").out.splitlines()[1] == "auto-update,4"


def test_csv_does_without_polars_and_parquet_names_it(fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    assert query(fleet, "policies", "--csv", "-").code == 0
    assert told(query(fleet, "policies", "--parquet", "rows.parquet")) == (
        "data frames need polars: pip install 'modeltrail[polars]'"
    )
    assert not Path("rows.parquet").exists()


def test_parquet_has_typed_columns(fleet: str, tmp_path: Path) -> None:
    assert query(fleet, "policies", "--parquet", "rows.parquet").out == "10 rows written to rows.parquet\n"
    frame = polars.read_parquet(tmp_path / "rows.parquet")
    assert tuple(frame.columns) == COLUMNS
    assert frame.schema["since"] == polars.Datetime("us", "UTC")
    assert frame.schema["is_stale"] == polars.Boolean


# What is not up to date


def test_a_stale_key_is_named_beside_every_answer(fleet: str, owners: Writes) -> None:
    name = owners(SOME_FAIL)
    answer = query(fleet, name)
    assert (answer.code, answer.err) == (0, "")
    note = (
        "stale, since a fact of each could not be taken: faq-bot, legacy-bot modeltrail projections status "
        f"{name} says why; after mending the handler, retry it"
    )
    assert " ".join(answer.out.split()).endswith(note)
    assert ask(fleet, name)["stale"] == [["faq-bot"], ["legacy-bot"]]
    assert ask(fleet, name, "--count-by", "owner")["stale"] == [["faq-bot"], ["legacy-bot"]]
    assert ask(fleet, name, "faq-bot")["stale"] == [["faq-bot"]]
    assert ask(fleet, name, "chat-prod", "--history")["stale"] == []


def test_a_row_from_before_it_became_stale_is_marked(fleet: str, owners: Writes, tmp_path: Path) -> None:
    name = owners("if row is not None:\n        raise RuntimeError('again')\n    return Owner(event.owner)")
    create = {"do": "deployment.create", "deployment": "new", "model": "acme/chat", "by": "bob", "owner": "a-team"}
    create |= {"policy": "manual", "run_by": "provider"}
    story = ({"do": "model.release", "model": "acme/chat", "version": "1", "by": "bob"}, create)
    shell("--store", fleet, "apply", "-", stdin=lines(*story))
    with Trail.open(fleet, acting="worker") as trail:
        (first,) = [fact for fact in trail.history("new") if fact.event.type == "deployment.created"]
    assert ask(fleet, name, "new")["rows"][0]["position"] == first.position
    shell("--store", fleet, "apply", "-", stdin=lines({"do": "deployment.delete", "deployment": "new", "by": "bob"}))
    shell("--store", fleet, "apply", "-", stdin=lines(create))
    (row,) = ask(fleet, name, "new")["rows"]
    assert (row["owner"], row["is_stale"]) == ("a-team", True)
    (line,) = [line for line in query(fleet, name).out.splitlines() if line.startswith("new ")]
    assert line.endswith("stale")


def test_a_fact_of_which_the_key_cannot_be_told_is_named(fleet: str, owners: Writes) -> None:
    name = owners(key="{}[event.deployment]")
    answer = query(fleet, name)
    assert answer.out.startswith("no rows\nin no row, since nobody can tell which: positions 215-223, 229\n")
    assert ask(fleet, name)["lost"] == [*range(215, 224), 229]
    letters = shell("--store", fleet, "projections", "status", name, "--json").json["letters"]
    assert letters[0]["key"] is None
    assert "(not told)" in shell("--store", fleet, "projections", "status", name).out


# Errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("policis",), "there is no projection 'policis': did you mean policies?"),
        (("no_such_module:owners",), "'no_such_module:owners' cannot be used"),
        (("policies", "chat-prd"), "policies never had a row of chat-prd: did you mean chat-prod?"),
        (("tests", "chat-prod", "", "2024-08-0"), "did you mean chat-prod '' 2024-08-06?"),
        (("policies", "x"), "policies never had a row of x: modeltrail projections query policies lists its keys"),
        (("policies", "a", "b"), "a key of policies is 1 word (deployment), not 2"),
        (("tests", "chat-prod"), "a key of tests is 3 words (deployment, model, version), not 1"),
        (("policies", "--count-by", "polcy"), "policies has no field 'polcy': count by deployment, policy"),
        (("policies", "--at", "monday"), "--at: 'monday' is no date"),
        (("policies", "--csv", "none/rows.csv"), "none/rows.csv: no such file or directory: name another file"),
        (("policies", "--parquet", "none/rows.parquet"), "none/rows.parquet: no such file or directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_error_names_the_way_out(fleet: str, words: Sequence[str], message: str) -> None:
    assert message in told(query(fleet, *words))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a projection, or ask with --sql"),
        (("policies", "--history"), "name the key whose history it is"),
        (("policies", "a", "--history", "--at", "2025-01-01"), "a history has all moments"),
        (("policies", "a", "--history", "--csv", "-"), "a history is shown in words or as JSON"),
        (("policies", "a", "--count-by", "by"), "all rows are counted"),
        (("policies", "--sql", "select 1", "--at", "2025-01-01"), "it stands alone"),
        (("policies", "--csv", "-", "--json"), "give only one of --json, --csv and --parquet"),
        (("policies", "a", "--parquet", "a.parquet"), "it is for all rows"),
        (("policies", "--parquet", "-"), "Parquet is no text: name a file"),
    ],
)
def test_what_cannot_be_asked_at_once_is_wrong_usage(fresh: str, words: Sequence[str], message: str) -> None:
    answer = query(fresh, *words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_a_store_that_is_not_there_is_not_made(fresh: str, tmp_path: Path) -> None:
    assert told(query(fresh, "policies")).startswith("there is no store at ")
    assert list(tmp_path.iterdir()) == []


# Where nothing can be written


def stored(store: str) -> set[str | None]:
    found = shell("--store", store, "projections", "status", "--json").json["projections"]
    return {one["state"] for one in found}


def test_a_store_that_cannot_be_opened_for_writing_answers(fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Trail.open

    def sealed(url: str, *, read_only: bool = False, **options: Any) -> Trail:
        if not read_only:
            raise StoreError("the file cannot be opened: allow reading and writing it and its folder")
        return real(url, read_only=True, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Trail, "open", sealed)
        assert len(ask(fleet, "policies")["rows"]) == 10
        assert ask(fleet, "--sql", "select count(*) from policies")["rows"] == [[10]]
        assert told(shell("--store", fleet, "projections", "rebuild", "policies")).startswith("the file cannot be")
    assert stored(fleet) == {None}


@pytest.mark.parametrize("error", [StoreError, StoreLocked])
def test_a_store_in_which_nothing_can_be_written_answers(
    fleet: str, monkeypatch: pytest.MonkeyPatch, error: type[StoreError]
) -> None:
    def refused(*_: object) -> None:
        raise error("the store cannot be written: allow writing to the file and its folder")

    with monkeypatch.context() as patched:
        patched.setattr(Log, "write", refused)
        assert len(ask(fleet, "policies")["rows"]) == 10
        assert ask(fleet, "--sql", "select count(*) from policies")["rows"] == [[10]]
    assert stored(fleet) == {None}
