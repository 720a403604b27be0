"""Does the reader of schedules read what a row states, and keep what it cannot read?"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    Event,
    ForcedUpgradeAnnounced,
    ReplacementNamed,
    RetirementAnnounced,
    RowQuarantined,
    StageChangeAnnounced,
    VersionReleased,
    VersionRetired,
)
from modeltrail.imports.notices import COLUMNS, LINES_PER_ROW, read_notices
from modeltrail.imports.rows import Quarantined, Statement

HEADER = ",".join(COLUMNS)
KNOWN = datetime(2025, 3, 1, tzinfo=UTC)
ON = datetime(2025, 2, 1, tzinfo=UTC)
GPT_4O = "azure-openai/gpt-4o"


def read(*rows: str, header: str = HEADER) -> list[Statement | Quarantined]:
    return list(read_notices([header, *rows], catalogue="azure-openai"))


def statement(row: str) -> Statement:
    [outcome] = read(row)
    assert isinstance(outcome, Statement), outcome
    return outcome


def quarantined(row: str) -> Quarantined:
    [outcome] = read(row)
    assert isinstance(outcome, Quarantined), outcome
    return outcome


DONE = [
    ("released,2025-02-01", VersionReleased(model=GPT_4O, version="v2")),
    ("default,2025-02-01", DefaultChanged(model=GPT_4O, version="v2")),
    ("retired,2025-02-01", VersionRetired(model=GPT_4O, version="v2")),
]


@pytest.mark.rule("R5")
@pytest.mark.parametrize(("cells", "event"), DONE, ids=[cells for cells, _ in DONE])
def test_what_is_done_is_effective_on_its_day(cells: str, event: Event) -> None:
    then = statement(f"2025-03-01,gpt-4o,v2,{cells},,,,page")
    assert then == Statement(row=2, event=event, effective_at=ON, known_at=KNOWN, source="page")


AHEAD = datetime(2025, 9, 1, tzinfo=UTC)
ANNOUNCED = [
    ("v2,retirement,2025-09-01,fixed,,", RetirementAnnounced(model=GPT_4O, version="v2", on=AHEAD)),
    (
        "v2,retirement,2025-09-01,no_earlier_than,,",
        RetirementAnnounced(model=GPT_4O, version="v2", on=AHEAD, qualifier="no-earlier-than"),
    ),
    ("v2,retirement,2025-09-01,,,", RetirementAnnounced(model=GPT_4O, version="v2", on=AHEAD)),
    (
        "v2,deprecation,2025-09-01,fixed,,",
        StageChangeAnnounced(model=GPT_4O, version="v2", stage="deprecated", on=AHEAD),
    ),
    ("v1,default_switch,2025-09-01,fixed,gpt-4o,v2", DefaultChangeAnnounced(model=GPT_4O, version="v2", on=AHEAD)),
    ("v1,default_switch,2025-09-01,fixed,,v2", DefaultChangeAnnounced(model=GPT_4O, version="v2", on=AHEAD)),
    (
        "v1,forced_upgrade,2025-09-01,no_earlier_than,gpt-5,v3",
        ForcedUpgradeAnnounced(
            model=GPT_4O,
            version="v1",
            on=AHEAD,
            qualifier="no-earlier-than",
            to_model="azure-openai/gpt-5",
            to_version="v3",
        ),
    ),
]


@pytest.mark.rule("R5")
@pytest.mark.rule("R13")
@pytest.mark.parametrize(("cells", "event"), ANNOUNCED, ids=[cells for cells, _ in ANNOUNCED])
def test_an_announcement_is_effective_when_it_became_known(cells: str, event: Event) -> None:
    then = statement(f"2025-03-01,gpt-4o,{cells},page")
    assert then == Statement(row=2, event=event, effective_at=KNOWN, known_at=KNOWN, source="page")


@pytest.mark.rule("R13")
def test_a_date_to_be_announced_is_tentative_without_a_date() -> None:
    then = statement("2025-03-01,gpt-4o,v1,forced_upgrade,,to_be_announced,,,page")
    assert then.event == ForcedUpgradeAnnounced(model=GPT_4O, version="v1", on=None, qualifier="tentative")


REPLACEMENTS = [
    (
        "replacement,,,gpt-5,v3",
        ReplacementNamed(model=GPT_4O, version="v1", to_model="azure-openai/gpt-5", to_version="v3"),
    ),
    ("replacement,,,gpt-5,", ReplacementNamed(model=GPT_4O, version="v1", to_model="azure-openai/gpt-5")),
    ("replacement,,,gpt-4o,v2", ReplacementNamed(model=GPT_4O, version="v1", to_model=GPT_4O, to_version="v2")),
    (
        "default_switch,2025-09-01,fixed,gpt-5,v3",
        ReplacementNamed(
            model=GPT_4O, version="v1", to_model="azure-openai/gpt-5", to_version="v3", upgrade_from=AHEAD
        ),
    ),
    (
        "default_switch,,to_be_announced,gpt-5,",
        ReplacementNamed(model=GPT_4O, version="v1", to_model="azure-openai/gpt-5"),
    ),
]


@pytest.mark.rule("R15")
@pytest.mark.parametrize(("cells", "event"), REPLACEMENTS, ids=[cells for cells, _ in REPLACEMENTS])
def test_a_replacement_may_leave_its_version_open_and_a_switch_to_another_model_is_one(
    cells: str, event: Event
) -> None:
    then = statement(f"2025-03-01,gpt-4o,v1,{cells},page")
    assert (then.event, then.effective_at) == (event, KNOWN)


@pytest.mark.rule("R2")
def test_an_empty_version_stays_empty_beside_named_ones() -> None:
    named, empty = read(
        "2025-03-01,gpt-4o,v1,retirement,2025-09-01,fixed,,,page",
        "2025-03-01,gpt-4o,,retirement,2025-09-01,fixed,,,page",
    )
    assert isinstance(named, Statement)
    assert isinstance(empty, Statement)
    assert empty.event == RetirementAnnounced(model=GPT_4O, version="", on=AHEAD)


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("model", "version", "stage"),
    [
        ("gpt-4", "1106-preview", "preview"),
        ("gpt-4", "Preview 2", "preview"),
        ("computer-use-preview", "2025-03-11", "preview"),
        ("gpt-4", "0613", "generally-available"),
        ("gpt-4", "previewed", "generally-available"),
    ],
)
def test_a_release_with_the_word_preview_in_its_name_is_a_preview(model: str, version: str, stage: str) -> None:
    event = statement(f"2025-03-01,{model},{version},released,2025-02-01,,,,page").event
    assert isinstance(event, VersionReleased)
    assert event.stage == stage


@pytest.mark.rule("R1")
def test_the_catalogue_goes_before_every_model_even_one_with_a_slash() -> None:
    [then] = read_notices([HEADER, "2025-03-01,meta/llama,1,replacement,,,meta/next,,page"], catalogue="azure@west")
    assert isinstance(then, Statement)
    assert then.event == ReplacementNamed(model="azure@west/meta/llama", version="1", to_model="azure@west/meta/next")


@pytest.mark.rule("R39")
def test_switches_to_one_target_on_one_day_from_one_source_are_one_announcement() -> None:
    rows = [f"2025-03-01,gpt-4o,{old},default_switch,2025-09-01,fixed,gpt-4o,v9,page" for old in ("v1", "v2", "v3")]
    assert [outcome.row for outcome in read(*rows)] == [2]


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    "other",
    [
        "2025-03-01,gpt-4o,v1,default_switch,2025-09-01,fixed,gpt-4o,v9,another page",
        "2025-03-02,gpt-4o,v1,default_switch,2025-09-01,fixed,gpt-4o,v9,page",
        "2025-03-01,gpt-4o,v1,default_switch,2025-09-02,fixed,gpt-4o,v9,page",
        "2025-03-01,gpt-4o,v1,default_switch,2025-09-01,no_earlier_than,gpt-4o,v9,page",
        "2025-03-01,gpt-4o,v1,default_switch,2025-09-01,fixed,gpt-4o,v8,page",
    ],
)
def test_another_source_day_date_qualifier_or_target_is_another_statement(other: str) -> None:
    first = "2025-03-01,gpt-4o,v1,default_switch,2025-09-01,fixed,gpt-4o,v9,page"
    assert [outcome.row for outcome in read(first, other)] == [2, 3]


@pytest.mark.rule("R39")
def test_the_same_thing_done_on_another_day_is_another_statement() -> None:
    first, second = "2025-03-01,m,1,default,2025-02-01,,,,page", "2025-03-01,m,1,default,2025-02-02,,,,page"
    assert [outcome.row for outcome in read(first, second)] == [2, 3]


UNREADABLE = [
    ("2025-03-01,gpt-4o,v1,retirement,2026-09-31,fixed,,,page", "on: '2026-09-31' is no date: write 2025-03-26"),
    (
        "2025-03-01,gpt-4o,v1,retirement,2026-09-30T10:00,fixed,,,page",
        "on: 2026-09-30T10:00:00 has no time zone: add Z",
    ),
    ("2025-03-01,gpt-4o,v1,retirement,0001-01-01T00:00+23:00,,,,page", "outside of the years 1 to 9999: correct it"),
    ("2025-03-01,gpt-4o,v1,sunset,2025-09-01,fixed,,,page", "statement: 'sunset' is unknown: write one of released"),
    ("2025-03-01,gpt-4o,v1,,2025-09-01,fixed,,,page", "statement: '' is unknown: write one of released"),
    ("2025-03-01,gpt-4o,v1,retirement,2025-09-01,maybe,,,page", "qualifier: 'maybe' is unknown: write one of fixed"),
    ("2025-03-01,,v1,retirement,2025-09-01,fixed,,,page", "model: it is empty: say which model"),
    ("2025-03-01,gpt-4o,v1,retirement,,fixed,,,page", "on: it is empty: state the date, or to_be_announced"),
    ("2025-03-01,gpt-4o,v1,deprecation,,,,,page", "on: it is empty: state the date"),
    ("2025-03-01,gpt-4o,v1,forced_upgrade,,no_earlier_than,,,page", "on: it is empty: state the date"),
    ("2025-03-01,gpt-4o,v1,default_switch,,fixed,gpt-5,v3,page", "on: it is empty: state the date"),
    ("2025-03-01,gpt-4o,v1,released,,,,,page", "on: it is empty: say on which day it was released"),
    ("2025-03-01,gpt-4o,v1,default_switch,2025-09-01,fixed,gpt-4o,,page", "to_version: it is empty: say which"),
    ("2025-03-01,gpt-4o,v1,replacement,,,,v2,page", "to_model: it is empty: say which model"),
    (
        "2025-03-01,gpt-4o,v1,retirement,2025-09-01,to_be_announced,,,page",
        "on: a date is stated that is to be announced",
    ),
    ("2025-03-01,gpt-4o,v1,retired,2025-03-02,,,,page", "states as done on 2025-03-02T00:00:00Z what lies ahead of"),
    ("2025-03-01,gpt-4o,v1,released,2025-03-02,,,,page", "announce it instead, or correct one of the two"),
    ("2025-03-01,gpt-4o,v1,default,2025-03-02,,,,page", "announce it instead, or correct one of the two"),
    ("2025-03-01,gpt-4o,v1,retired,2025-02-01,no_earlier_than,,,page", "qualifier: retired states what is done"),
    ("2025-03-01, gpt-4o,v1,retired,2025-02-01,,,,page", "model: ' gpt-4o' has control characters or outer spaces"),
    ("2025-03-01,gpt-4o,v1,replacement,,,gpt-5 ,,page", "to_model: 'gpt-5 ' has control characters or outer spaces"),
    ("2025-03-01,gpt-4o,v\x07,retired,2025-02-01,,,,page", "version: 'v\\x07' has control characters or outer spaces"),
    (
        f"2025-03-01,gpt-4o,{'v' * 1001},retired,2025-02-01,,,,page",
        "version: String should have at most 1000 characters",
    ),
    ('2025-03-01,gpt-4o,"v\n1",retired,2025-02-01,,,,page', "version: 'v\\n1' has control characters or outer spaces"),
    ("2025-03-01,gpt-4o,\ud800,retired,2025-02-01,,,,page", "version: it holds characters that UTF-8 does not have"),
    (
        "2025-03-01,gpt-4o,v1,retired,2025-02-01,,,,\ud800",
        "source: the text holds half of a surrogate pair and cannot be stored: repair",
    ),
]


@pytest.mark.rule("R41")
@pytest.mark.parametrize(("row", "reason"), UNREADABLE, ids=[reason for _, reason in UNREADABLE])
def test_an_unreadable_row_is_kept_with_its_reason_and_its_day(row: str, reason: str) -> None:
    then = quarantined(row)
    assert reason in then.reason
    assert then.raw == row.replace("\ud800", "\\ud800")
    assert then.known_at == KNOWN


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",gpt-4o,v1,retired,2025-02-01,,,,page", "known_at: it is empty: say on which day this became known"),
        ("soon,gpt-4o,v1,retired,2025-02-01,,,,page", "known_at: 'soon' is no date: write 2025-03-26"),
        ("2025-03-01,gpt-4o,v1,retired", "it has 4 columns and the first line 9: put commas inside of quotes"),
        ("2025-03-01,gpt-4o,v1,retired,2025-02-01,,,,page,and more", "it has 10 columns and the first line 9"),
    ],
)
def test_a_row_without_a_readable_day_is_kept_without_one(row: str, reason: str) -> None:
    then = quarantined(row)
    assert reason in then.reason
    assert (then.raw, then.known_at) == (row, None)


@pytest.mark.rule("R41")
def test_the_rest_goes_on_after_an_unreadable_row() -> None:
    outcomes = read(
        "2025-03-01,gpt-4o,v1,retirement,2026-09-31,fixed,,,page",
        "2025-03-01,gpt-4o,v1,retirement,2026-09-30,fixed,,,page",
    )
    assert [type(outcome) for outcome in outcomes] == [Quarantined, Statement]


@pytest.mark.rule("R41")
def test_a_quotation_mark_that_stays_open_costs_its_own_row_only() -> None:
    good = [f"2025-03-01,gpt-4o,v{number},retired,2025-02-01,,,,page" for number in range(LINES_PER_ROW * 2)]
    broken, *rest = read('2025-03-01,gpt-4o,v,retired,2025-02-01,,,,"page', *good)
    assert isinstance(broken, Quarantined)
    assert (broken.row, broken.raw) == (2, '2025-03-01,gpt-4o,v,retired,2025-02-01,,,,"page')
    assert "quotation marks do not match" in broken.reason
    assert [type(outcome) for outcome in rest] == [Statement] * len(good)


@pytest.mark.rule("R41")
def test_a_row_too_long_to_be_stored_is_cut_and_kept() -> None:
    then = quarantined("2025-03-01,gpt-4o,v1,retired,2025-02-01,,,," + "x" * 100_001)
    assert then.reason == "source: String should have at most 100000 characters"
    assert len(then.raw) == 100_000
    assert len(quarantined("\ud800" * 200_000).raw) == 100_000


def test_a_row_may_span_lines_and_counts_by_its_first() -> None:
    quoted = '2025-03-01,gpt-4o,v1,retired,2025-02-01,,,,"a ""page""\nof two lines"'
    first, second = read(*quoted.split("\n"), "2025-03-01,gpt-4o,v2,retired,2025-02-01,,,,page")
    assert isinstance(first, Statement)
    assert (first.row, first.source) == (2, 'a "page"\nof two lines')
    assert second.row == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_marks_and_blank_rows_make_no_difference(end: str) -> None:
    row = "2025-03-01,gpt-4o,v1,retired,2025-02-01,,,,page"
    text = f"\ufeff{end}{HEADER}{end}{end},,,,,,,,{end}  {end}{row}{end}"
    [by_line] = read_notices(io.StringIO(text, newline=""), catalogue="azure-openai")
    [as_a_whole] = read_notices([text], catalogue="azure-openai")
    assert by_line == as_a_whole
    assert isinstance(by_line, Statement)
    assert by_line.row == 6


def test_columns_may_stand_in_another_order_beside_others() -> None:
    header = ",".join(["note", *reversed(COLUMNS)])
    [then] = read("look here,page,,,,2025-02-01,retired,v1,gpt-4o,2025-03-01", header=header)
    assert isinstance(then, Statement)
    assert then.event == VersionRetired(model=GPT_4O, version="v1")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "the schedule is empty"),
        (["", "  "], "the schedule is empty"),
        (["known_at,model,version,on,qualifier,to_model,to_version"], "lacks the columns statement, source: "),
        ([f"{HEADER},on"], "has the columns on twice"),
        (['"known_at'], "its first line unreadable"),
    ],
)
def test_a_file_without_the_columns_is_refused_as_a_whole(lines: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(read_notices(lines, catalogue="azure-openai"))


@pytest.mark.rule("R1")
@pytest.mark.parametrize("catalogue", ["", "a/b", " a", "a\n"])
def test_a_malformed_catalogue_is_refused(catalogue: str) -> None:
    with pytest.raises(ValueError, match="is no catalogue"):
        list(read_notices([HEADER], catalogue=catalogue))


cells = st.sampled_from(
    [
        *["", "2025-03-01", "2025-09-31", "2026-01-01T10:00:00+02:00", "0001-01-01T00:00+23:00", "gpt-4o", "v1"],
        *["released", "default", "retired", "retirement", "deprecation", "default_switch", "forced_upgrade"],
        *["replacement", "fixed", "no_earlier_than", "to_be_announced", '"', "a\nb", "x, y", "\ud800"],
    ]
)
statements = st.sampled_from(["released", "default", "retired", "retirement", "default_switch", "replacement"])
rows = st.lists(cells, max_size=len(COLUMNS) + 1) | st.tuples(
    st.just("2025-03-01"), st.just("gpt-4o"), cells, statements, cells, cells, cells, cells, st.just("page")
).map(list)


def csv_row(row: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(row)
    return text.getvalue().removesuffix("\r\n")


@given(st.lists(st.text() | cells | rows.map(csv_row)), st.booleans())
def test_no_text_raises_anything_but_value_error(lines: list[str], with_header: bool) -> None:
    try:
        outcomes = list(read_notices([HEADER, *lines] if with_header else lines, catalogue="azure-openai"))
    except ValueError:
        assert not with_header
        return
    for outcome in outcomes:
        if isinstance(outcome, Quarantined):
            RowQuarantined(catalogue="azure-openai", raw=outcome.raw, reason=outcome.reason).model_dump_json()
        else:
            assert outcome.effective_at <= outcome.known_at


def content_of(outcome: Statement) -> tuple[Event, datetime, datetime, str]:
    return (outcome.event, outcome.effective_at, outcome.known_at, outcome.source)


@pytest.mark.rule("R41")
@given(st.lists(rows))
def test_every_row_is_a_statement_or_quarantined_or_a_repetition(given_rows: list[list[str]]) -> None:
    filled = [row for row in given_rows if any(cell.strip() for cell in row)]
    outcomes = read(*(csv_row(row) for row in given_rows))
    alone = [read(csv_row(row)) for row in filled]
    assert all(len(outcome) == 1 for outcome in alone)
    said = {content_of(outcome) for outcome in outcomes if isinstance(outcome, Statement)}
    stated = Counter(content_of(outcome) for [outcome] in alone if isinstance(outcome, Statement))
    repetitions = sum(times - 1 for times in stated.values())
    assert said == set(stated)
    assert len(outcomes) + repetitions == len(filled)
