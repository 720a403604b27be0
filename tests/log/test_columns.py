"""The plain look at a row accepts nothing that reading its body would not, and nearly every row that is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from log.examples import EXAMPLES, MODEL, draft, policy
from modeltrail.canonical import encode
from modeltrail.clocks import at_microseconds, text_of_microseconds
from modeltrail.columns import Row, disagreement, kind_problem, plainly_agrees
from modeltrail.domain.events import RowQuarantined
from modeltrail.domain.values import instant_text
from modeltrail.drafts import Draft
from modeltrail.log import Log

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["", "CHG-4711", 'say "no"', "a:", "\n"])
words = st.none() | texts
FIRST, LAST = datetime(1, 1, 1), datetime.max
moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def row_of(given_draft: Draft, command_id: str | None = None) -> Row:
    """The row that the log makes of a draft."""
    with Log.open("memory:", clock=lambda: LAST.replace(tzinfo=UTC)) as log:
        log.append([policy("d0")])
        log.append([given_draft], command_id=command_id)
        return log._some_rows(1, 2)[0]


def looked_at(row: Row) -> bool:
    """Whether the plain look accepts a row, which it may only where reading finds nothing wrong."""
    if kind_problem(row) is not None:
        return False
    plain = plainly_agrees(row)
    assert not plain or disagreement(row) is None
    return plain


def with_body(row: Row, body: bytes) -> Row:
    return (*row[:8], body, row[9])


ROWS = [
    row_of(draft(event, why=why, source=source), command_id)
    for event in EXAMPLES
    for why, source, command_id in [(None, None, None), ("CHG-4711", "notice.eml", "c-1"), ("", 'a "b"', None)]
]
rows = st.sampled_from(ROWS)
PLAIN = row_of(draft(EXAMPLES[0], source="notice.eml", why="CHG-4711"), "c-1")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_row_that_the_log_makes_is_plain(row: Row) -> None:
    assert looked_at(row)


@given(st.sampled_from(EXAMPLES), texts, words, words, words, moments)
def test_a_row_is_plain_whatever_its_texts_and_moments_are(
    event: Any, by: str, why: str | None, source: str | None, command_id: str | None, at: datetime
) -> None:
    assert looked_at(row_of(draft(event, by=by, why=why, source=source, effective_at=at, known_at=at), command_id))


def test_a_row_with_long_texts_that_need_escapes_is_read() -> None:
    row = row_of(draft(RowQuarantined(catalogue="c", raw='"' * 5_000, reason="long")))
    assert not looked_at(row)
    assert disagreement(row) is None


# Rows that were changed

SNIPPETS = [
    *(b'"', b"\\", b",", b":", b"{", b"}", b"[", b"]", b" ", b"\n", b"\t", b"\x00", b"\xff", b"\xed\xa0\x80", b'\\"'),
    *(b"null", b"true", b"1.0", b"1e0", b"-0", b"01", b"NaN", b"\\u0041", b"\\/", b"\xef\xbb\xbf", b'""', b':""'),
    *(b'"a":1,', b',"zone":1', b'"why":"x",', b'{"by":"x"},', b'"source":null,', b'"mode":"statement",', b'"data":{},'),
]


@settings(max_examples=500)
@given(rows, st.data())
def test_changed_bytes_are_accepted_by_both_looks_or_by_none(row: Row, data: st.DataObject) -> None:
    body = row[8]
    for _ in range(data.draw(st.integers(1, 2))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 12)))
        body = body[:start] + data.draw(st.sampled_from([b"", *SNIPPETS]) | st.binary(max_size=2)) + body[end:]
    looked_at(with_body(row, body))


@settings(max_examples=500)
@given(rows, st.data())
def test_parts_of_a_body_said_again_elsewhere_are_accepted_by_both_looks_or_by_none(
    row: Row, data: st.DataObject
) -> None:
    """Cut at quotes and brackets, so that what comes out is often JSON."""
    body = row[8]
    seams = st.sampled_from([at for at, byte in enumerate(body) if chr(byte) in '",:{}'])
    start, end, at = data.draw(seams), data.draw(seams), data.draw(seams)
    looked_at(with_body(row, body[:at] + body[min(start, end) : max(start, end)] + body[at:]))


@settings(max_examples=500)
@given(rows, st.integers(0, 7), st.data())
def test_a_changed_column_is_never_plain(row: Row, column: int, data: st.DataObject) -> None:
    """Text columns become parts of the body too, with their quotes and members."""
    text = row[8].decode()
    ends = st.integers(0, len(text))
    parts = st.tuples(ends, ends).map(lambda at: text[min(at) : max(at)])
    numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3) | st.floats() | st.none()
    value = data.draw(parts | texts | st.just("\udcff") | numbers)
    assume((type(value), value) != (type(row[column]), row[column]))
    other: Any = (*row[:column], value, *row[column + 1 :])
    assert not looked_at(other)


def reordered(members: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    return dict(data.draw(st.permutations(list(members.items()))))


def one_more(members: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    return {**members, data.draw(st.sampled_from([*members, "a", "batch", "zone", "stream_", "m"])): data.draw(VALUES)}


def one_less(members: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    gone = data.draw(st.sampled_from(list(members)))
    return {name: value for name, value in members.items() if name != gone}


def inside_of_data(members: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The members of the fact once more, or only there."""
    moved = one_less(members, data)
    kept = data.draw(st.sampled_from([{}, {"by": members["by"]}, members]))
    return {**kept, "data": {**members["data"], **moved}}


Change = Callable[[dict[str, Any], st.DataObject], dict[str, Any]]
CHANGES: list[Change] = [reordered, one_more, one_less, inside_of_data]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.0, 1e30, 2**60]) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("bca"), inner, max_size=3),
)


@settings(max_examples=500)
@given(rows, st.sampled_from(CHANGES), st.booleans(), st.sampled_from([(",", ":"), (", ", ":")]), st.data())
def test_changed_members_are_accepted_by_both_looks_or_by_none(
    row: Row, change: Change, in_order: bool, separators: tuple[str, str], data: st.DataObject
) -> None:
    members = change(json.loads(row[8]), data)
    body = json.dumps(members, ensure_ascii=False, sort_keys=in_order, separators=separators).encode()
    looked_at(with_body(row, body))


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"by":"', '"by":{"a":1,"data":{},"mode":"x"},"by":"'),
        ('"data":{', '"data":{"a":1},"data":{'),
        ('"mode":"decision"', '"mode":"decision","mode":"decision"'),
        ('"mode":"decision"', '"mode":"decision","a":1'),
        ('"mode":"decision"', '"mode":{"z":1,"a":2}'),
        ('"source":"notice.eml",', '"source":"notice.eml",,'),
        ('"source":"notice.eml",', '"source":12'),
        (',"why":', ' "why":'),
        ('"source":"notice.eml",', '"stream":1,"source":"notice.eml",'),
        ('"why":"CHG-4711"}', '"why":"CHG-4711"}}'),
        ('"why":"CHG-4711"}', '"why":"CHG-4711"} '),
        ('"why":"CHG-4711"}', '"why":"CHG-4711"'),
        (',"why":"CHG-4711"}', ",}"),
        ('"why":"CHG-4711"', '"why":"CHG\\u002d4711"'),
        ('"why":"CHG-4711"', '"why":"CHG\n4711"'),
        ('"why":"CHG-4711"', '"why":["a:" 1 "b"]'),
        ('"data":{', '"data":' + '{"a":' * 250 + "{"),
    ],
)
def test_a_body_of_the_right_parts_that_is_not_one_canonical_object_is_not_plain(found: str, instead: str) -> None:
    text = PLAIN[8].decode()
    assert found in text
    row = with_body(PLAIN, text.replace(found, instead, 1).encode())
    assert not looked_at(row)
    assert disagreement(row) is not None


@pytest.mark.parametrize("column", [1, 3, 7])
def test_quotes_in_a_column_do_not_pass_for_those_of_the_body(column: int) -> None:
    """The text of such a body is what the columns would make if their texts were not escaped."""
    assert PLAIN[7] is not None
    text = {1: PLAIN[1], 3: PLAIN[3], 7: PLAIN[7]}[column]
    smuggled = f'{text}","x":"'
    row: Any = (*PLAIN[:column], smuggled, *PLAIN[column + 1 : 8])
    body = PLAIN[8].decode().replace(f'"{text}"', f'"{smuggled}"')
    assert not looked_at((*row, body.encode(), PLAIN[9]))


@pytest.mark.parametrize("added", ["a", "campaign", "e", "n", "sql", "stream_", "uuid", "zone"])
def test_members_that_a_newer_version_might_add_are_read(added: str) -> None:
    row = with_body(PLAIN, encode({**json.loads(PLAIN[8]), added: "eu"}).encode())
    assert not looked_at(row)
    assert disagreement(row) is None


def test_members_that_only_look_like_those_of_the_fact_are_read() -> None:
    """A text that holds the members of the fact, as somebody may have pasted them."""
    row = row_of(draft(RowQuarantined(catalogue=MODEL, raw=PLAIN[8].decode(), reason='":"')), "c-1")
    assert looked_at(row)


@given(moments)
@example(FIRST.replace(tzinfo=UTC))
@example(LAST.replace(tzinfo=UTC))
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
def test_the_text_of_a_column_is_that_of_its_moment(at: datetime) -> None:
    microseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert at_microseconds(microseconds) == at
    assert text_of_microseconds(microseconds) == instant_text(at)
