"""How are files of calls annotated? CSV and JSON lines row by row, with the standard library alone; Parquet by polars.

A row costs a few microseconds, most of them the parsing itself, and one row is in memory at a time. What a row holds is
written as it was read: the cells of CSV are text throughout, and to a line of JSON something is only added at its end.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, get_args
from uuid import uuid4

from pydantic_core import from_json

from modeltrail.annotating import COLUMNS, Annotator, Columns, possible_json
from modeltrail.call_frames import annotate_parquet
from modeltrail.problems import problem
from modeltrail.projections.calls import Annotation, Served

if TYPE_CHECKING:
    import _csv

Format = Literal["csv", "jsonl", "parquet"]
"""How calls are logged."""
_FORMATS: tuple[Format, ...] = get_args(Format)
_ENDINGS: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 2**16
"""How many bytes are looked at to tell how lines end."""
_LONGEST_CELL = 2**31 - 1
"""In characters: logs of calls hold whole prompts, and Python refuses more than 131,072 unless told otherwise."""
File = Path | BinaryIO
"""A file by its name, or a stream of bytes."""


def annotate_file(
    annotator: Annotator, source: File, target: File, columns: Columns, format: Format | None = None
) -> None:
    """Write the calls of a file, annotated, into another one, which is there when all of it is done, or not at all.

    `format`: where the names of the files do not tell it. Raises ValueError with the way out.
    """
    kind = format_of(source, target, format)
    if kind == "parquet":
        if not isinstance(source, Path) or not isinstance(target, Path):
            raise ValueError("Parquet is read and written as a file: name one in place of -")
        with _beside(target) as part:
            annotate_parquet(annotator, source, part, columns)
        return
    with ExitStack() as opened:
        calls = opened.enter_context(source.open("rb")) if isinstance(source, Path) else source
        if isinstance(target, Path):
            target = opened.enter_context(opened.enter_context(_beside(target)).open("wb"))
        (_annotate_csv if kind == "csv" else _annotate_lines)(annotator, calls, target, columns)


def format_of(source: File, target: File, format: Format | None) -> Format:
    """The format of both files. Raises ValueError where it cannot be told, or is not one."""
    if format is not None and format not in _FORMATS:
        raise ValueError(f"{format!r} is no format of calls: use one of {', '.join(_FORMATS)}")
    endings = [one.suffix.lower() for one in (source, target) if isinstance(one, Path)]
    formats: list[Format] = [_ENDINGS[ending] for ending in endings if ending in _ENDINGS]
    if format is not None:
        formats.append(format)
    if not formats:
        raise ValueError(
            f"nobody can tell how the calls are logged: name a file that ends in {', '.join(_ENDINGS)}, or say it with "
            f"the format, one of {', '.join(_FORMATS)}"
        )
    if len(set(formats)) > 1:
        raise ValueError(
            f"calls stay in their format, and {formats[0]} is not {formats[-1]}: name files that end alike"
        )
    return formats[0]


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A file beside another one, whose place it takes when all went well; else nothing is left of it."""
    target = target.resolve()
    if target.exists() and not target.is_file():
        raise ValueError(f"{target} is no file: name one, or a new one")
    if not target.parent.is_dir():
        raise ValueError(f"there is no folder {target.parent}: make it first, or name another file")
    part = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Bytes as text; such as are no UTF-8 come out as they went in."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()


@contextmanager
def _ahead(stream: Any) -> Iterator[io.BufferedReader[Any]]:
    """A stream whose beginning can be looked at before it is read."""
    buffered: io.BufferedReader[Any] = io.BufferedReader(stream, _LOOKED_AT)
    try:
        yield buffered
    finally:
        buffered.detach()


@contextmanager
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _annotate_csv(annotator: Annotator, source: BinaryIO, target: BinaryIO, columns: Columns) -> None:
    """The heading names the columns. Lines end as the heading does; which cells are quoted may change."""
    with ExitStack() as opened:
        opened.enter_context(_long_cells())
        ahead = opened.enter_context(_ahead(source))
        begin = ahead.peek()
        encoding = "utf-8-sig" if begin.startswith(_BOM) else "utf-8"
        ending = "\r\n" if begin.partition(b"\n")[0].endswith(b"\r") else "\n"
        calls = opened.enter_context(_text(ahead, encoding))
        written = opened.enter_context(_text(target, encoding))
        rows = csv.reader(calls, strict=True)
        try:
            _annotate_rows(annotator, rows, _Lines(written, ending), columns)
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num} is no CSV ({error}): correct it") from None


def _annotate_rows(annotator: Annotator, rows: _csv.Reader, lines: _Lines, columns: Columns) -> None:
    heading = next(rows, None)
    if not heading:
        raise ValueError("there is no heading: the first line of CSV has to name the columns")
    columns.check(heading)
    time, deployment, width = _place(heading, columns.time), _place(heading, columns.deployment), len(heading)
    # A writer that ends its lines with both signs quotes both of them in cells, whichever ends the line.
    put = csv.writer(lines, lineterminator="\r\n").writerow
    put([*heading, *columns.added])
    for row in rows:
        if row:
            if len(row) != width:
                _fill(row, width, rows.line_num)
            put(row + _cells(annotator.annotation(row[deployment], row[time])))


def _place(heading: list[str], name: str) -> int:
    if heading.count(name) > 1:
        raise ValueError(f"the calls have {heading.count(name)} columns {name!r}: give them different names")
    return heading.index(name)


def _fill(row: list[str], width: int, line: int) -> None:
    """Let a row have a cell for each column. Raises ValueError where it has more."""
    if len(row) > width:
        raise ValueError(f"line {line} has {len(row)} cells under {width} columns: quote those that hold a comma")
    row += [""] * (width - len(row))


class _Lines:
    """Ends lines as those of the calls end."""

    def __init__(self, stream: io.TextIOWrapper, ending: str) -> None:
        self._write, self._ending = stream.write, ending

    def write(self, line: str) -> None:
        """Write a line that ends in `\\r\\n`."""
        self._write(line[:-2] + self._ending)


@lru_cache
def _served_cells(served: Served) -> list[str]:
    possible = possible_json(served) if served.possible else ""
    return [served.status, served.model or "", served.version or "", served.certainty or "", possible]


_NO_CELLS = [""] * 5


def _cells(found: Annotation) -> list[str]:
    served = _NO_CELLS if found.served is None else _served_cells(found.served)
    return [*served, found.because, found.problem or ""]


def _annotate_lines(annotator: Annotator, source: BinaryIO, target: BinaryIO, columns: Columns) -> None:
    """Each line is a JSON object, to the end of which the fields are added; what is in it is not written anew."""
    for number, line in enumerate(source, 1):
        text = line.strip()
        if not text:
            continue
        call = _call(text, number)
        columns.check_new(call)
        found = annotator.annotation(call.get(columns.deployment), call.get(columns.time))
        before = text[:-1].rstrip() + (b", " if call else b"")
        target.write(before + _fields(found, columns.prefix).encode() + b"}\n")


def _call(text: bytes, number: int) -> dict[str, object]:
    try:
        call = _parsed(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number}: {problem(error)}") from None
    if not isinstance(call, dict):
        raise ValueError(f"line {number} is no JSON object: write one for each call, such as {{...}}")
    return call


def _parsed(text: bytes) -> object:
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:
        return json.loads(text)  # it is slower, and takes halves of surrogate pairs too


def _fields(found: Annotation, prefix: str) -> str:
    because = f"[{found.because.replace(' ', ', ')}]" if found.served is not None else "null"
    why = "null" if found.problem is None else json.dumps(found.problem)
    last = f"{_key(prefix, 'because')}: {because}, {_key(prefix, 'problem')}: {why}"
    return f"{_served_fields(found.served, prefix)}, {last}"


@lru_cache
def _key(prefix: str, name: str) -> str:
    return json.dumps(prefix + name)


@lru_cache
def _served_fields(served: Served | None, prefix: str) -> str:
    """All fields but the last two, as JSON without the braces."""
    values = [None] * 4 if served is None else [served.status, served.model, served.version, served.certainty]
    possible = possible_json(served) if served is not None and served.possible else "null"
    fields = [*map(json.dumps, values), possible]
    return ", ".join(f"{_key(prefix, name)}: {field}" for name, field in zip(COLUMNS, fields, strict=False))
