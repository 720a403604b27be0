"""How is a valid file broken? Fields are dropped, swapped, retyped and nested; bytes are changed, cut and doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

WORDS = st.sampled_from(
    [
        "",
        " ",
        "x" * 1_001,
        "a/b",
        "/",
        "line\nbreak",
        "\x00",
        "\ud800",
        "\u202e",
        "İ",
        "None",
        "9999-12-31T23:59:59.9999999-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-09-31",
        "2025-03-26T14:00:00",
        "2025-W13-3",
        "20250326",
        "NaN",
    ]
)
"""Texts that have led others astray."""
NUMBERS = st.sampled_from([0, -1, 2**53, 2**64, 10**400, 0.5, 1e308])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=20))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=5
)


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Where the fields of an element are, those within others too."""
    inner: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for name, field in inner:
        yield (*path, name)
        yield from paths(field, (*path, name))


def found(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for name in path:
        value = value[name]
    return value


def put(value: Any, path: Path, field: object) -> None:
    """Let something stand at a path."""
    found(value, path[:-1])[path[-1]] = field


@st.composite
def broken_element(draw: st.DrawFn, valid: object) -> object:
    """An element with up to four of its fields dropped, swapped, retyped or nested."""
    element = deepcopy(valid)
    for _ in range(draw(st.integers(0, 4))):
        there = list(paths(element))
        if not there:
            return draw(VALUES)
        path = draw(st.sampled_from(there))
        match draw(st.sampled_from(["drop", "swap", "retype", "retype", "nest", "unnest", "whole"])):
            case "drop":
                del found(element, path[:-1])[path[-1]]
            case "swap":
                other = draw(st.sampled_from(there))
                ours, theirs = deepcopy(found(element, path)), deepcopy(found(element, other))
                put(element, path, theirs)
                if not (other[: len(path)] == path or path[: len(other)] == other):
                    put(element, other, ours)
            case "retype":
                put(element, path, draw(VALUES))
            case "nest":
                wrapped = found(element, path)
                put(element, path, draw(st.sampled_from([[wrapped], {"value": wrapped}, [wrapped, wrapped]])))
            case "unnest":
                element = deepcopy(found(element, path))
            case _:
                put(element, path, str(found(element, path)))
    return element


@st.composite
def broken_list(draw: st.DrawFn, valid: list[object]) -> bytes:
    """A file of valid elements and broken ones, some of them twice."""
    rows = draw(st.lists(st.sampled_from(valid).flatmap(broken_element), min_size=1, max_size=5))
    rows += draw(st.lists(st.sampled_from(valid), max_size=2))
    form = draw(st.sampled_from([rows, rows, {"value": rows}, {"value": rows, "nextLink": None}]))
    return json.dumps(form).encode()


@st.composite
def broken_bytes(draw: st.DrawFn, valid: bytes) -> bytes:
    """A file with bytes changed, cut out, doubled or put in, once or some times."""
    content = valid
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 1, 2, 7, 60, 400, len(content)])))
        piece = content[start:end]
        match draw(st.sampled_from(["change", "cut", "cut the rest", "double", "put in", "mark"])):
            case "change":
                content = content[:start] + draw(st.binary(min_size=len(piece), max_size=len(piece))) + content[end:]
            case "cut":
                content = content[:start] + content[end:]
            case "cut the rest":
                content = content[:start]
            case "double":
                content = content[:end] + piece + content[end:]
            case "put in":
                content = content[:start] + draw(st.sampled_from(PIECES)) + content[start:]
            case _:
                content = b"\xef\xbb\xbf" + content
    return content


PIECES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\x00",
    b"NaN",
    b"1e999",
    b"// x\n",
    b"null,",
)
"""What is put in between."""
