"""Do the columns of a row say what its body says, and is that body canonical?

`disagreement` reads the body and names the reason. `plainly_agrees` only looks at its text, in half of the time, and
accepts nearly every row that is right. What it does not accept is no error yet: `disagreement` has the last word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from json.encoder import encode_basestring as quoted

from pydantic_core import from_json

from modeltrail.canonical import is_canonical
from modeltrail.clocks import text_of_microseconds

Row = tuple[int, str, int, str, int, int, int, str | None, bytes, bytes]
"""A row of the table of facts, in the order of its columns."""
_COLUMNS = ("position", "stream", "stream_version", "type", "effective_at", "known_at", "recorded_at", "command_id")
_NUMBERS = ("position", "stream_version", "effective_at", "known_at", "recorded_at")
_FIRST_MOMENT, _LAST_MOMENT = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in microseconds."""
_PLAIN_TEXT = re.compile(r':"[^"\\\x00-\x1f]*"')
"""A colon and a text without escapes, which is written in one way only."""
_LONG = 4_096
"""A shape of so many characters is not plain: it holds long texts with escapes, not worth being remembered."""


def kind_problem(row: Row) -> str | None:
    """Which column does not hold what it is for: SQLite stores anything anywhere."""
    position, stream, version, type_name, effective_at, known_at, recorded_at, command_id, body, leaf = row
    if (
        (int is type(position) is type(version) is type(effective_at) is type(known_at) is type(recorded_at))
        and (str is type(stream) is type(type_name) and (command_id is None or type(command_id) is str))
        and (bytes is type(body) is type(leaf))
        and _FIRST_MOMENT <= effective_at <= known_at <= recorded_at <= _LAST_MOMENT
    ):
        return None
    for name, value in zip(_NUMBERS, (row[0], row[2], row[4], row[5], row[6]), strict=True):
        if type(value) is not int:
            return f"the column {name} is no whole number"
    for name, text in zip(("stream", "type"), (row[1], row[3]), strict=True):
        if type(text) is not str:
            return f"the column {name} is no text"
    if row[7] is not None and type(row[7]) is not str:
        return "the column command_id is no text"
    if type(row[8]) is not bytes or type(row[9]) is not bytes:
        return f"the {'leaf' if type(row[8]) is bytes else 'body'} is no bytes"
    for name, moment in zip(_NUMBERS[2:], row[4:7], strict=True):
        if not _FIRST_MOMENT <= moment <= _LAST_MOMENT:
            return f"the column {name} lies outside of the years 1 to 9999"
    return None


def plainly_agrees(row: Row) -> bool:
    """Whether a row with columns of the right kinds agrees with its body. False: it is not plain, but may agree.

    The body is cut at the texts that the columns make of it, whole members with all their quotes. What is left must be
    whole members too, each piece by itself: then the body is one object with the keys of a fact in their order, and
    nothing else has its text. Where a text was found does not matter: one inside of another member, or said twice,
    leaves a piece that is not whole, and one that was not found leaves `why` empty.
    """
    position, stream, version, type_name, effective_at, known_at, recorded_at, command_id, body, _ = row
    try:
        rest = body.decode()
    except UnicodeDecodeError:
        return False
    moment = text_of_microseconds
    command = "" if command_id is None else f'"command_id":{quoted(command_id)},'
    by, _, rest = rest.partition(f',{command}"data":')
    data, _, rest = rest.partition(f',"effective_at":"{moment(effective_at)}","known_at":"{moment(known_at)}","mode"')
    mode, _, rest = rest.partition(f',"position":{position},"recorded_at":"{moment(recorded_at)}",')
    source, _, why = rest.partition(f'"stream":{quoted(stream)},"stream_version":{version},"type":{quoted(type_name)}')
    shape = _PLAIN_TEXT.sub(':""', f"{by}\n{data}\n{mode}\n{source}\n{why}")
    return len(shape) < _LONG and _is_whole(shape)


@lru_cache(maxsize=1_024)
def _is_whole(shape: str) -> bool:
    """Whether each line of a shape is whole members; there are few shapes, as few as kinds of facts.

    A shape is canonical just where its pieces are. Each `:""` in it stands outside of a text, because within one it
    would close the text and open the next at once, which is no JSON; so it is a colon and a value, never a key, and a
    plain text put back is its own canonical form. No text reaches over a line break, which canonical JSON never holds.
    """
    pieces = shape.split("\n")
    if len(pieces) != 5:
        return False
    by, data, mode, source, why = pieces
    return (
        _is_object(by + "}", "by")
        and _is_object(f'{{"data":{data}}}', "data")
        and _is_object(f'{{"mode"{mode}}}', "mode")
        and (not source or (source.endswith(",") and _is_object("{" + source[:-1] + "}", "source")))
        and (why == "}" or (why.startswith(",") and _is_object("{" + why[1:], "why")))
    )


def _is_object(text: str, key: str) -> bool:
    """Whether a text is a canonical object with just this key."""
    body = text.encode()
    try:
        members = from_json(body, allow_inf_nan=False)
    except ValueError:
        return False
    return isinstance(members, dict) and list(members) == [key] and is_canonical(body, members)


def disagreement(row: Row) -> str | None:
    """Why a row whose columns are of the right kinds does not agree with its body, null where it does."""
    body = row[8]
    try:
        members = from_json(body, allow_inf_nan=False)
    except ValueError:
        return "the body is no JSON"
    if not isinstance(members, dict):
        return "the body is no JSON object"
    if not is_canonical(body, members):
        return "the body is not canonical JSON"
    if _differs(row, members):
        return _difference(row, members)
    return None


def _stated(members: dict[str, object]) -> tuple[object, ...]:
    stated = members.get
    return (
        stated("position"),
        stated("stream"),
        stated("stream_version"),
        stated("type"),
        stated("effective_at"),
        stated("known_at"),
        stated("recorded_at"),
        stated("command_id"),
    )


def _shown(row: Row) -> tuple[object, ...]:
    position, stream, version, type_name, effective_at, known_at, recorded_at, command_id, _, _ = row
    text = text_of_microseconds
    return position, stream, version, type_name, text(effective_at), text(known_at), text(recorded_at), command_id


def _differs(row: Row, members: dict[str, object]) -> bool:
    stated = _stated(members)
    return stated != _shown(row) or type(stated[0]) is not int or type(stated[2]) is not int


def _difference(row: Row, members: dict[str, object]) -> str:
    pairs = zip(_COLUMNS, _stated(members), _shown(row), strict=True)
    name, stated, shown = next(pair for pair in pairs if pair[1] != pair[2] or type(pair[1]) is not type(pair[2]))
    return f"the column {name} says {shown!r}, the body {stated!r}"
