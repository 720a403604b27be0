"""What does a provider's published schedule state, row by row, and which rows can nobody read?

A schedule is a CSV file with the columns of `COLUMNS`, one statement a row. A row is a `Statement`, a repetition of an
earlier one of the same file (left out), or `Quarantined` with its text and a reason (R41). Nothing is guessed, and
nothing is decided here that depends on other rows: whether an empty version is ambiguous is asked later (R2).
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.events import (
    DefaultChangeAnnounced,
    DefaultChanged,
    Event,
    ForcedUpgradeAnnounced,
    ReplacementNamed,
    RetirementAnnounced,
    StageChangeAnnounced,
    VersionReleased,
    VersionRetired,
)
from modeltrail.domain.values import Instant, Qualifier, Stage, Text, Version, instant_text
from modeltrail.imports.rows import Quarantined, Statement

COLUMNS = ("known_at", "model", "version", "statement", "on", "qualifier", "to_model", "to_version", "source")
"""The columns that a schedule needs, in any order; others are ignored."""
LINES_PER_ROW = 20
"""How many lines one row may span. Beyond it, a quotation mark was left open: only its line is lost to the rest."""
RAW_LENGTH = 100_000
"""How many characters of an unreadable row are kept: the most that a stored text may have."""

QUALIFIERS: Mapping[str, Qualifier] = {
    "": "fixed",
    "fixed": "fixed",
    "no_earlier_than": "no-earlier-than",
    "to_be_announced": "tentative",
}
"""How the schedule's words for a date's firmness are read (R13); none means `fixed`."""

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_CELL: TypeAdapter[str] = TypeAdapter(Version)
_SOURCE: TypeAdapter[str] = TypeAdapter(Text)
_LINE_END = re.compile(r"\r\n|\r|\n")
_PREVIEW = re.compile(r"(?<![^\W_])preview(?![^\W_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of one row, null where its quotation marks do not match; `text` is then its first line."""

    row: int
    cells: list[str] | None
    text: str


@dataclass(frozen=True, slots=True)
class _Notice:
    """A row whose cells are read one by one, before anybody asks what it states."""

    known_at: datetime
    model: str
    version: str
    statement: str
    on: datetime | None
    qualifier: Qualifier
    to_model: str | None
    to_version: str | None
    source: str


def read_notices(lines: Iterable[str], *, catalogue: str) -> Iterator[Statement | Quarantined]:
    """The statements of a schedule, in the order of the file, each once; unreadable rows are quarantined (R41).

    `lines` are the lines of the file, with or without their ends. `catalogue` is where the schedule holds (R1).
    Raises ValueError, on the first step, for a file without the columns of `COLUMNS` and for a malformed catalogue.
    """
    if not _is_catalogue(catalogue):
        raise ValueError(f"{catalogue!r} is no catalogue: name the place where the schedule holds, without a slash")
    records = _records(lines)
    header = _header(records)
    seen: set[tuple[Event, datetime, datetime, str]] = set()
    for record in records:
        if _is_blank(record):
            continue
        outcome = _outcome(record, header, catalogue)
        if isinstance(outcome, Statement):
            # The same default change stands on the row of every version that it leaves.
            key = (outcome.event, outcome.effective_at, outcome.known_at, outcome.source)
            if key in seen:
                continue
            seen.add(key)
        yield outcome


def _is_catalogue(text: str) -> bool:
    return bool(text) and text.isprintable() and text == text.strip() and "/" not in text


def _is_blank(record: _Record) -> bool:
    """Whether a row has no text at all, as the last rows of a spreadsheet often have."""
    return record.cells is not None and not any(cell.strip() for cell in record.cells)


def _physical_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines without their ends and without a byte order mark."""
    for index, text in enumerate(lines):
        parts = _LINE_END.split(text.removeprefix("\ufeff") if index == 0 else text)
        yield from parts[:-1] if len(parts) > 1 and not parts[-1] else parts


def _records(lines: Iterable[str]) -> Iterator[_Record]:
    """The rows, blank ones too. A quotation mark that is never closed costs its own line, not the rest of the file."""
    numbered = enumerate(_physical_lines(lines), start=1)
    ahead = deque(islice(numbered, LINES_PER_ROW))
    while ahead:
        row, text = ahead[0]
        cells, span = _first_row([line for _, line in ahead])
        yield _Record(row, cells, text)
        for _ in range(span):
            ahead.popleft()
        ahead.extend(islice(numbered, span))


def _first_row(lines: Sequence[str]) -> tuple[list[str] | None, int]:
    """The cells of the first row and how many lines it spans; null and 1 where its quotation marks never match."""
    for span in range(1, len(lines) + 1):
        try:
            return next(csv.reader([f"{line}\n" for line in lines[:span]], strict=True)), span
        except csv.Error:
            continue
    return None, 1


def _header(records: Iterator[_Record]) -> list[str]:
    """The column names: the first row that is not blank. Raises ValueError where it cannot head a schedule."""
    needed = ", ".join(COLUMNS)
    header = next((record.cells for record in records if not _is_blank(record)), None)
    if not header:
        raise ValueError(f"the schedule is empty, or its first line unreadable: begin it with the columns {needed}")
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise ValueError(f"the schedule lacks the columns {', '.join(missing)}: its first line must name {needed}")
    twice = [column for column in COLUMNS if header.count(column) > 1]
    if twice:
        raise ValueError(f"the schedule has the columns {', '.join(twice)} twice: keep one of each")
    return header


def _outcome(record: _Record, header: Sequence[str], catalogue: str) -> Statement | Quarantined:
    """What a row that is not blank states, or why that cannot be read."""
    if record.cells is None:
        reason = f"its quotation marks do not match within {LINES_PER_ROW} lines: close or double them"
        return Quarantined(record.row, _storable(record.text), reason, None)
    raw = _storable(_csv_text(record.cells))
    if len(record.cells) != len(header):
        reason = f"it has {len(record.cells)} columns and the first line {len(header)}: put commas inside of quotes"
        return Quarantined(record.row, raw, reason, None)
    cells = dict(zip(header, record.cells, strict=True))
    try:
        known_at = _known_at(cells)
    except ValueError as error:
        return Quarantined(record.row, raw, _reason(error), None)
    try:
        return _stated(record.row, _notice(cells, known_at, catalogue))
    except ValueError as error:
        return Quarantined(record.row, raw, _reason(error), known_at)


def _storable(text: str) -> str:
    """The text with what UTF-8 cannot hold written as escapes, cut where it is longer than can be stored."""
    return text[:RAW_LENGTH].encode("utf-8", "backslashreplace").decode("utf-8")[:RAW_LENGTH]


def _csv_text(cells: Sequence[str]) -> str:
    """The cells as one row of CSV without a line end: the same however the file had quoted and ended it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def _reason(error: ValueError) -> str:
    """An error as a sentence for people, with the field that pydantic found it in."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "string_unicode":
        return "it holds characters that UTF-8 does not have: repair the encoding of the file"
    field = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def _instant(column: str, value: str) -> datetime:
    """The moment that a cell states; a day is its 00:00Z (R5). Raises ValueError that names the column."""
    try:
        return _INSTANT.validate_python(value)
    except ValidationError as error:
        raise ValueError(f"{column}: {_reason(error)}") from None
    except OverflowError:
        raise ValueError(f"{column}: {value!r} lies outside of the years 1 to 9999: correct it") from None


def _checked(kind: TypeAdapter[str], column: str, cells: Mapping[str, str]) -> str:
    """The text of a cell. Raises ValueError, with the column, for text that cannot be stored or is suspect."""
    try:
        return kind.validate_python(cells[column])
    except ValidationError as error:
        raise ValueError(f"{column}: {_reason(error)}") from None


def _known_at(cells: Mapping[str, str]) -> datetime:
    """When the row became known."""
    value = _checked(_CELL, "known_at", cells)
    if not value:
        raise ValueError("known_at: it is empty: say on which day this became known")
    return _instant("known_at", value)


def _notice(cells: Mapping[str, str], known_at: datetime, catalogue: str) -> _Notice:
    """The cells of a row as values. Raises ValueError with the reason where one cannot be read."""
    for column in COLUMNS[:-1]:
        _checked(_CELL, column, cells)
    if not cells["model"]:
        raise ValueError("model: it is empty: say which model this is about")
    if cells["qualifier"] not in QUALIFIERS:
        known = ", ".join(word for word in QUALIFIERS if word)
        raise ValueError(f"qualifier: {cells['qualifier']!r} is unknown: write one of {known}, or leave it empty")
    return _Notice(
        known_at=known_at,
        model=f"{catalogue}/{cells['model']}",
        version=cells["version"],
        statement=cells["statement"],
        on=_instant("on", cells["on"]) if cells["on"] else None,
        qualifier=QUALIFIERS[cells["qualifier"]],
        to_model=f"{catalogue}/{cells['to_model']}" if cells["to_model"] else None,
        to_version=cells["to_version"] or None,
        source=_checked(_SOURCE, "source", cells),
    )


def _stated(row: int, notice: _Notice) -> Statement:
    """The statement of a row. Raises ValueError where it contradicts itself or leaves out what it needs."""
    if notice.statement in _DONE:
        on = _day_done(notice)
        return Statement(row, _DONE[notice.statement](notice), on, notice.known_at, notice.source)
    if notice.statement not in _ANNOUNCED:
        known = ", ".join([*_DONE, *_ANNOUNCED])
        raise ValueError(f"statement: {notice.statement!r} is unknown: write one of {known}")
    if notice.qualifier == "tentative" and notice.on is not None:
        raise ValueError("on: a date is stated that is to be announced: leave out the date, or the qualifier")
    event = _ANNOUNCED[notice.statement](notice)
    return Statement(row, event, notice.known_at, notice.known_at, notice.source)


def _day_done(notice: _Notice) -> datetime:
    """The day of something done, which lies not after the day on which it became known (R5)."""
    if notice.on is None:
        raise ValueError(f"on: it is empty: say on which day it was {notice.statement}")
    if notice.qualifier != "fixed":
        raise ValueError(f"qualifier: {notice.statement} states what is done: leave the qualifier empty")
    if notice.on > notice.known_at:
        raise ValueError(
            f"on: {notice.statement} states as done on {instant_text(notice.on)} what lies ahead of "
            f"{instant_text(notice.known_at)}, when it became known: announce it instead, or correct one of the two"
        )
    return notice.on


def _announced_day(notice: _Notice) -> datetime | None:
    """The day announced, null only where it is still to be announced (R13)."""
    if notice.on is None and notice.qualifier != "tentative":
        raise ValueError("on: it is empty: state the date, or to_be_announced as the qualifier")
    return notice.on


def _stage(notice: _Notice) -> Stage:
    """The stage at release. The schedule has no column for it; providers put the word `preview` into the name of the
    version, or of a model that is a preview as a whole, and that stage has rules of its own (R24)."""
    name = f"{notice.model.partition('/')[2]} {notice.version}"
    return "preview" if _PREVIEW.search(name) else "generally-available"


def _released(notice: _Notice) -> Event:
    return VersionReleased(model=notice.model, version=notice.version, stage=_stage(notice))


def _default(notice: _Notice) -> Event:
    return DefaultChanged(model=notice.model, version=notice.version)


def _retired(notice: _Notice) -> Event:
    return VersionRetired(model=notice.model, version=notice.version)


def _retirement(notice: _Notice) -> Event:
    on = _announced_day(notice)
    return RetirementAnnounced(model=notice.model, version=notice.version, on=on, qualifier=notice.qualifier)


def _deprecation(notice: _Notice) -> Event:
    return StageChangeAnnounced(
        model=notice.model,
        version=notice.version,
        stage="deprecated",
        on=_announced_day(notice),
        qualifier=notice.qualifier,
    )


def _default_switch(notice: _Notice) -> Event:
    """A new default of the model; one that names another model is a replacement of the version (R15)."""
    on = _announced_day(notice)
    if notice.to_model not in (None, notice.model):
        return _replacement(notice)
    if notice.to_version is None:
        raise ValueError("to_version: it is empty: say which version becomes the default")
    return DefaultChangeAnnounced(model=notice.model, version=notice.to_version, on=on, qualifier=notice.qualifier)


def _forced_upgrade(notice: _Notice) -> Event:
    return ForcedUpgradeAnnounced(
        model=notice.model,
        version=notice.version,
        on=_announced_day(notice),
        qualifier=notice.qualifier,
        to_model=notice.to_model,
        to_version=notice.to_version,
    )


def _replacement(notice: _Notice) -> Event:
    """A replacement, whose version may be left open (R15); a date with it is the day when upgrades begin (R20)."""
    if notice.to_model is None:
        raise ValueError("to_model: it is empty: say which model takes the place of this version")
    return ReplacementNamed(
        model=notice.model,
        version=notice.version,
        to_model=notice.to_model,
        to_version=notice.to_version,
        upgrade_from=notice.on,
    )


_DONE: Mapping[str, Callable[[_Notice], Event]] = {
    "released": _released,
    "default": _default,
    "retired": _retired,
}
_ANNOUNCED: Mapping[str, Callable[[_Notice], Event]] = {
    "default_switch": _default_switch,
    "deprecation": _deprecation,
    "retirement": _retirement,
    "forced_upgrade": _forced_upgrade,
    "replacement": _replacement,
}
