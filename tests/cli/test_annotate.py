"""What does `modeltrail annotate` print, and with what does it exit?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.shell import Answer, shell

HEADING = "called_at,deployment\n"
CALLS = HEADING + "2025-03-01T10:00:00Z,chat-prod\n2025-04-01T10:00:00Z,chat-prod\n"
BROKEN = CALLS + "2025-04-01T10:00:00Z,chat-prd\n2025-04-01,chat-prd\n2025-04-01T10:00:00,chat-prod\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Given calls in a file of the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "calls.csv"
    path.write_text(CALLS)
    yield path


def annotate(store: str, *words: object, stdin: str | None = None) -> Answer:
    options = ("--time", "called_at", "--deployment", "deployment")
    return shell("--store", store, "annotate", *words, *options, stdin=stdin)


def test_a_summary_says_how_it_went(store: str, file: Path) -> None:
    told = annotate(store, file, "-o", "out.csv", "--known-at", "2025-05-01")
    assert told == Answer(
        0,
        "2 calls of 2 annotated, as known on 2025-05-01\n"
        "  served      1 serving, 1 window\n"
        "  certainty   1 recorded, 1 window\n"
        "  written to  out.csv\n",
        "",
    )
    (_, *rows) = Path("out.csv").read_text().splitlines()
    assert [row.split(",")[2] for row in rows] == ["serving", "window"]


def test_calls_without_an_answer_are_told_of_and_exit_with_3_where_that_is_asked(store: str, file: Path) -> None:
    file.write_text(BROKEN)
    told = annotate(store, file, "-o", "out.csv", "--exit-code")
    assert told.code == 3
    text = " ".join(told.out.split())
    assert text.startswith("2 calls of 5 annotated, as known now")
    assert "3 calls without an answer; the column modeltrail_problem says why, such as:" in text
    assert "no deployment is known as 'chat-prd' (2 calls): did you mean 'chat-prod'?" in text
    assert "row 5: 2025-04-01T10:00:00 has no time zone: add Z or an offset, or say that such times are in UTC" in text
    assert annotate(store, file, "-o", "out.csv", "--utc").code == 0
    file.write_text(CALLS)
    assert annotate(store, file, "-o", "out.csv", "--exit-code").code == 0


def test_in_json_the_summary_is_one_document(store: str, file: Path) -> None:
    file.write_text(BROKEN)
    told = annotate(store, file, "-o", "out.csv", "--json").json
    assert (told["rows"], told["problems"], told["by_status"]) == (5, 3, {"serving": 1, "window": 1})
    assert told["unknown"] == [{"deployment": "chat-prd", "nearest": "chat-prod", "rows": 2}]
    assert [one["row"] for one in told["unanswered"]] == [5]


def test_in_a_pipe_the_calls_alone_go_to_standard_output(store: str) -> None:
    told = annotate(store, "-", "-o", "-", "--format", "csv", stdin=BROKEN)
    assert len(told.out.splitlines()) == 6
    assert told.err.startswith("2 calls of 5 annotated, as known now\n3 calls without an answer;")
    line = json.dumps({"called_at": 1740823200, "deployment": "chat-prod"})
    told = annotate(store, "-", "-o", "-", "--format", "jsonl", "--time-unit", "s", "--prefix", "m_", stdin=line)
    assert json.loads(told.out)["m_status"] == "serving"
    told = annotate(store, "-", "-o", "-", "--format", "csv", "--json", stdin=BROKEN)
    assert told.code == 2
    assert "name a file with -o" in " ".join(told.err.split())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("-", "-o", "-"), "nobody can tell how the calls are logged: name a file that ends in .csv, .jsonl, .ndjson,"),
        (("-", "-o", "-", "--format", "parquet"), "Parquet is read and written as a file: name one in place of -"),
        (("nowhere.csv", "-o", "out.csv"), "nowhere.csv: no such file or directory: name another file"),
        (("calls.csv", "-o", "out.jsonl"), "calls stay in their format, and csv is not jsonl"),
        (("calls.csv", "-o", "out.csv", "--known-at", "soon"), "--known-at: 'soon' is no date"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_cannot_be_done_is_one_sentence(store: str, words: tuple[str, ...], problem: str) -> None:
    told = annotate(store, *words, stdin="")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(problem)
    assert len(told.err.splitlines()) == 1
    assert not Path("out.csv").exists()
