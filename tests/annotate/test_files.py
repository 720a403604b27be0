"""What becomes of a file of calls? Its rows come out as they went in, with what is added; all of them, or no file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.calls import COLUMNS, annotated, as_csv, from_csv, from_lines
from modeltrail import Trail
from modeltrail.annotating import Columns
from modeltrail.call_files import annotate_file
from modeltrail.call_times import CallTimes
from rules.given import MIRRORED, PROD, deployed, mirrored, on

HEADING = "id,called_at,deployment,prompt\n"
CALL = f"1,2025-03-01T10:00:00Z,{PROD},hello\n"
ADDED = "serving,azure-openai/chat,v1,recorded,,1 5,\n"
LINE = f'{{"called_at": "2025-03-01T10:00:00Z", "deployment": "{PROD}"}}\n'


@pytest.fixture
def trail() -> Iterator[Trail]:
    """Given a deployment of 10 February 2025, put on v1 in position 5; position 1 has its rules."""
    with deployed(mirrored(), "manual") as trail:
        yield trail


def test_a_call_is_followed_by_what_served_it_and_the_positions_that_prove_it(trail: Trail) -> None:
    written, _ = annotated(trail, HEADING + CALL)
    names = "status,model,version,certainty,possible,because,problem"
    heading = f"{HEADING.strip()},{','.join(f'modeltrail_{name}' for name in names.split(','))}\n"
    assert written.decode() == heading + CALL.strip() + "," + ADDED
    for position in from_csv(written)[0]["modeltrail_because"].split():
        assert trail.log.prove(int(position)).position == int(position)


def test_in_a_window_each_thing_that_is_possible_is_there_as_serving_has_it(trail: Trail) -> None:
    on(trail, "2025-04-01").deployment().change_policy("auto-update")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v2")
    (row,) = from_csv(annotated(trail, HEADING + CALL.replace("03-01", "05-02"))[0])
    serving = trail.at("2025-05-02T10:00:00Z").serving(PROD)
    assert json.loads(row["modeltrail_possible"]) == [one.model_dump() for one in serving.possible]
    assert [row["modeltrail_status"], row["modeltrail_model"], row["modeltrail_version"]] == ["window", "", ""]
    assert row["modeltrail_because"] == " ".join(map(str, serving.because))


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
rows = st.lists(st.tuples(cells, cells, cells), max_size=5)


@given(rows)
def test_the_cells_of_csv_come_out_as_they_went_in(calls: list[tuple[str, str, str]]) -> None:
    text = as_csv([("id", "deployment", "called_at"), *calls])
    given = list(csv.reader(io.StringIO(text, newline="")))
    with deployed(mirrored()) as trail:
        written, summary = annotated(trail, text)
    found = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert [row[:3] for row in found] == given
    assert (summary.rows, {len(row) for row in found}) == (len(calls), {10})


documents = st.dictionaries(cells, st.recursive(st.none() | st.booleans() | st.floats() | cells, st.lists), max_size=4)


@given(st.lists(documents, max_size=4), st.sampled_from([None, 1]))
def test_a_line_of_json_stays_as_it_is_up_to_its_end(calls: list[dict[str, object]], indent: int | None) -> None:
    lines = [json.dumps(call, indent=indent).replace("\n", " ") for call in calls]
    with deployed(mirrored()) as trail:
        written, summary = annotated(trail, "\n\n".join(lines), "jsonl")
    found = written.decode().splitlines()
    assert [line[: len(given) - 1].rstrip(", ") for line, given in zip(found, lines, strict=True)] == [
        line[:-1].rstrip(", ") for line in lines
    ]
    assert all(list(json.loads(line))[-7:][0] == "modeltrail_status" for line in found)
    assert summary.rows == len(calls)


@pytest.mark.parametrize(
    "odd",
    [
        b'{"cost": 1.10, "big": 123456789012345678901234567890, "nan": NaN, "half": "\\ud800", ',
        b'{"id": 1, "id": 2,  "a" : [ ], ',
    ],
)
def test_numbers_and_texts_of_json_are_not_written_anew(trail: Trail, odd: bytes) -> None:
    line = odd + LINE.encode()[1:]
    written, summary = annotated(trail, line, "jsonl")
    assert written.startswith(line.rstrip()[:-1] + b', "modeltrail_status": "serving"')
    assert summary.problems == 0


def test_an_empty_object_is_a_call_too(trail: Trail) -> None:
    (call,) = from_lines(annotated(trail, "{}\n", "jsonl")[0])
    assert call["modeltrail_problem"] == "there is no time"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_end_as_the_heading_ends_and_cells_keep_their_line_breaks(trail: Trail, ending: str) -> None:
    prompts = ("a\nb", "a\r\nb", "a\rb", 'say "hi", then', "")
    rows = "".join(CALL.strip().replace("hello", as_csv([[one]]).strip("\n")) + ending for one in prompts)
    written, _ = annotated(trail, HEADING.strip() + ending + rows)
    assert [row["prompt"] for row in from_csv(written)] == list(prompts)
    assert written.partition(b"modeltrail_problem")[2].startswith(ending.encode())
    assert written.endswith(b",1 5," + ending.encode())


def test_what_excel_writes_before_the_heading_stays_there(trail: Trail) -> None:
    text = "\ufeff" + HEADING.replace("id", '"id"') + CALL
    assert annotated(trail, text)[0].decode().startswith("\ufeffid,called_at")


def test_bytes_that_are_no_utf_8_come_out_as_they_went_in(trail: Trail) -> None:
    written, summary = annotated(trail, HEADING.encode() + CALL.encode().replace(b"hello", b"caf\xe9"))
    assert b",caf\xe9,serving," in written
    assert summary.problems == 0


def test_a_cell_may_hold_a_whole_prompt(trail: Trail) -> None:
    before = csv.field_size_limit()
    prompt = "x" * 300_000
    (row,) = from_csv_of_long_cells(annotated(trail, HEADING + CALL.replace("hello", prompt))[0])
    assert row["prompt"] == prompt
    assert csv.field_size_limit() == before


def from_csv_of_long_cells(written: bytes) -> list[dict[str, str]]:
    before = csv.field_size_limit(2**20)
    try:
        return from_csv(written)
    finally:
        csv.field_size_limit(before)


def test_a_short_row_is_filled_up(trail: Trail) -> None:
    written, _ = annotated(trail, HEADING + CALL.replace(",hello", "") + "\n")
    assert [row["modeltrail_version"] for row in from_csv(written)] == ["v1"]


@pytest.mark.parametrize(
    ("text", "format", "problem"),
    [
        (HEADING + CALL.replace("hello", "a,b"), "csv", "line 2 has 5 cells under 4 columns: quote those that hold"),
        (HEADING + CALL + '2,"never', "csv", r"line \d is no CSV .*: correct it"),
        ("", "csv", "there is no heading: the first line of CSV has to name the columns"),
        ("id,time,deployment\n", "csv", "have no column 'called_at': there are 'id', 'time', 'deployment'"),
        ("called,deployment\n", "csv", "have no column 'called_at': did you mean 'called'?"),
        ("called_at,deployment,called_at\n", "csv", "have 2 columns 'called_at': give them different names"),
        ("called_at,deployment,modeltrail_version\n", "csv", "a column 'modeltrail_version' already: annotate the"),
        (LINE + "[1]\n", "jsonl", r"line 2 is no JSON object: write one for each call"),
        (LINE + '{"a"\n', "jsonl", r"line 2: this is no JSON"),
        (LINE + b'{"a": "\xff"}\n'.decode("latin-1"), "parquet", "Parquet is read and written as a file"),
        (LINE.replace("}", ', "modeltrail_status": 1}'), "jsonl", "a column 'modeltrail_status' already"),
        ("", "xlsx", "'xlsx' is no format of calls: use one of csv, jsonl, parquet"),
    ],
)
def test_a_file_that_cannot_be_annotated_is_refused_with_the_way_out(
    trail: Trail, text: str, format: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem.replace("?", r"\?")):
        annotated(trail, text, format)


def test_the_names_of_what_is_added_can_begin_otherwise(trail: Trail) -> None:
    once, _ = annotated(trail, HEADING + CALL)
    twice, _ = annotated(trail, once, columns=Columns("called_at", "deployment", "then."), known_at="2025-01-02")
    (row,) = from_csv(twice)
    assert (row["modeltrail_version"], row["then.status"]) == ("v1", "absent")


# Files


def test_the_file_is_there_when_all_of_it_is_done(trail: Trail, tmp_path: Path) -> None:
    source, target = tmp_path / "calls.csv", tmp_path / "out.csv"
    source.write_text(HEADING + CALL)
    annotate_file(trail.annotator(CallTimes()), source, target, COLUMNS)
    assert [row["modeltrail_version"] for row in from_csv(target.read_bytes())] == ["v1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv", "out.csv"]


@pytest.mark.parametrize("broken", [HEADING + CALL + "1,2,3,4,5\n", "id\n"])
def test_nothing_half_done_is_left_behind_and_what_was_there_stays(trail: Trail, tmp_path: Path, broken: str) -> None:
    source, target = tmp_path / "calls.csv", tmp_path / "out.csv"
    source.write_text(broken)
    target.write_text("of yesterday")
    with pytest.raises(ValueError, match="column"):
        annotate_file(trail.annotator(CallTimes()), source, target, COLUMNS)
    assert target.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv", "out.csv"]


def test_calls_can_be_annotated_in_place(trail: Trail, tmp_path: Path) -> None:
    source = tmp_path / "calls.ndjson"
    source.write_text(LINE)
    annotate_file(trail.annotator(CallTimes()), source, source, COLUMNS)
    assert from_lines(source.read_bytes())[0]["modeltrail_version"] == "v1"


def test_where_the_calls_cannot_go_is_told_before_they_are_read(trail: Trail, tmp_path: Path) -> None:
    source = tmp_path / "calls.csv"
    source.write_text(HEADING)
    for target, problem in (
        (tmp_path / "out.jsonl", "calls stay in their format, and csv is not jsonl"),
        (tmp_path / "nowhere" / "out.csv", "there is no folder .*nowhere: make it first"),
        (tmp_path, ".* is no file: name one, or a new one"),
    ):
        with pytest.raises(ValueError, match=problem):
            annotate_file(trail.annotator(CallTimes()), source, target, COLUMNS)
    with pytest.raises(ValueError, match="nobody can tell how the calls are logged"):
        annotate_file(trail.annotator(CallTimes()), io.BytesIO(), io.BytesIO(), COLUMNS)


class Watched(io.RawIOBase):
    """Calls without an end in sight: it is told how many bytes were asked for when something is written."""

    def __init__(self, begin: str, call: str, calls: int) -> None:
        self.ahead = iter([begin, *[call] * calls])
        self.read_so_far = self.written = self.most_held = 0
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while len(self.rest) < len(buffer) and (line := next(self.ahead, None)) is not None:
            self.rest += line.encode()
        taken, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(taken)] = taken
        self.read_so_far += len(taken)
        self.most_held = max(self.most_held, self.read_so_far - self.written)
        return len(taken)

    def write(self, line: bytes) -> int:  # type: ignore[override]
        self.written += len(line)
        return len(line)

    def writable(self) -> bool:
        return True


@pytest.mark.parametrize(("begin", "call", "format"), [(HEADING, CALL, "csv"), ("", LINE, "jsonl")])
def test_of_however_many_calls_only_few_are_held_at_a_time(trail: Trail, begin: str, call: str, format: Any) -> None:
    calls: Any = Watched(begin, call, 20_000)
    source: Any = io.BufferedReader(calls)
    annotate_file(trail.annotator(CallTimes()), source, calls, COLUMNS, format)
    assert calls.read_so_far > 700_000
    assert calls.most_held < 200_000
