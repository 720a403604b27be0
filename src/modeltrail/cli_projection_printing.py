"""How do projections and their rows look on a terminal? Columns where they fit into it, else all fields in one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from modeltrail.cli_printing import FIRST_WIDTH, sentence, table, terminal, two_lines
from modeltrail.cli_projection_laws import Tried
from modeltrail.cli_projection_sheets import Role, Sheet, cell
from modeltrail.phrases import listed, minute, moment, printable
from modeltrail.projected import ProjectionStatus
from modeltrail.projections.projection import Key, Projection
from modeltrail.registry import DeadLetter
from modeltrail.shapes import Shape

_GAP = 2
"""How far columns are apart."""


def counted(count: int, noun: str) -> str:
    """So many of something."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def parts(key: Key | None) -> list[str] | None:
    """The texts of a key; null where it could not be told."""
    if key is None:
        return None
    return list(map(str, key)) if isinstance(key, tuple) else [str(key)]


def show_list(found: Iterable[Projection[Any]]) -> None:
    """Projections with their questions, keys and columns."""
    table(
        ("projection", "edition", "key", "question and columns"),
        (
            (one.name, str(one.edition), "\n".join(one.key_names), two_lines(one.question, listed(Shape(one).names)))
            for one in found
        ),
    )


def show_status(found: Sequence[ProjectionStatus], letters: Collection[DeadLetter]) -> None:
    """How projections are stored, and which facts one of them could not take."""
    if all(one.stored_edition is None for one in found):
        of = f" of {found[0].name}" if len(found) == 1 else ""
        sentence(
            f"nothing is stored{of}: a question builds the tables that it needs, modeltrail projections rebuild NAME "
            "builds them ahead of it"
        )
        return
    table(
        ("projection", "edition", "position", "behind", "rows", "state"),
        (
            (one.name, *map(_number, (one.stored_edition, one.position, one.lag_facts, one.rows)), _state(one))
            for one in found
        ),
    )
    if letters:
        sentence("\nfacts that could not be taken; their keys are as before:")
        table(
            ("position", "key", "error"),
            ((str(one.position), "\n".join(parts(one.key) or ["(not told)"]), one.error) for one in letters),
        )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _state(one: ProjectionStatus) -> Text:
    if one.stored_edition is None:
        return Text("not stored")
    other = None if one.edition in (None, one.stored_edition) else f"its code is edition {one.edition}"
    state = listed([one.state, "not installed" if one.edition is None else other])
    return two_lines(state, _unable(one)) if one.dead_letters else Text(state)


def _unable(one: ProjectionStatus) -> str:
    facts = counted(one.dead_letters, "dead letter")
    return f"{facts}; position {one.error_position}: {one.last_error}"


def show_built(found: Iterable[ProjectionStatus]) -> None:
    """What was built."""
    for one in found:
        done = f"{one.name}: edition {one.stored_edition} is built up to position {one.position:,}"
        sentence(f"{done}, {counted(one.rows or 0, 'row')}{f'; {_unable(one)}' if one.dead_letters else ''}")


def show_retried(mended: int, stale: int) -> None:
    """What a new attempt has mended."""
    if not mended and not stale:
        sentence("nothing was stale")
        return
    still = f"{stale:,} {'is' if stale == 1 else 'are'} still stale"
    sentence(f"{counted(mended, 'key')} mended, {still if stale else 'none is stale'}")


def show_law(tried: Tried) -> None:
    """A law that was tried, and what breaks it."""
    sentence(f"{'ok' if tried.flaw is None else 'BROKEN'}  {tried.law}: {tried.sentence}")
    if tried.flaw is not None:
        sentence(tried.flaw)


def show_kept(name: str, examples: int) -> None:
    """That no law was broken."""
    sentence(f"{name} keeps all laws, on {counted(examples, 'example')} of each")


def show_dropped(name: str, builds: int) -> None:
    """What was dropped."""
    gone = f"{counted(builds, 'set')} of tables dropped; nothing that was recorded is lost"
    sentence(f"{name}: {gone if builds else 'nothing of it is superseded'}")


def show_written(rows: int, file: str) -> None:
    """What was exported."""
    sentence(f"{counted(rows, 'row')} written to {file}")


def show_sheet(sheet: Sheet) -> None:
    """An answer with its notes."""
    if sheet.rows:
        _show_rows(sheet)
    else:
        sentence(sheet.none)
    for note in sheet.notes:
        sentence(note)


def _show_rows(sheet: Sheet) -> None:
    marks = sheet.of("mark")
    seen = [at for at in range(len(sheet.columns)) if at not in marks or any(row[at] for row in sheet.rows)]
    columns = ["" if at in marks else sheet.columns[at].name for at in seen]
    cells = [[_word(row[at], is_mark=at in marks) for at in seen] for row in sheet.rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    if widths[0] <= FIRST_WIDTH and sum(widths) + _GAP * (len(widths) - 1) <= terminal().width:
        table(columns, cells)
    else:
        _show_joined(sheet)


def _word(value: object, *, is_mark: bool = False) -> str:
    """A value as a word: a moment to the minute where that is all, nothing for null, `stale` for the mark of it."""
    if isinstance(value, datetime):
        return minute(value) if value == value.replace(second=0, microsecond=0) else moment(value)
    return ("stale" if value else "") if is_mark else cell(value)


def _show_joined(sheet: Sheet) -> None:
    """What names a row and since when it holds, then its fields that say something, then what else there is."""
    keys, others = sheet.of("key"), sheet.of("other")
    when = "when" if sheet.of("moment") else ""
    first = "\n".join(sheet.columns[at].name for at in keys) or when
    table(
        (first, "row", *(sheet.columns[at].name for at in others)),
        (
            (_first(sheet, row, number), _fields(sheet, row), *(_word(row[at]) for at in others))
            for number, row in enumerate(sheet.rows, start=1)
        ),
    )


def _first(sheet: Sheet, row: Sequence[Any], number: int) -> Text:
    """The key of a row and its times, or else its number."""
    names = [Text(printable(_word(row[at])) or '""') for at in sheet.of("key")]
    said = _named(sheet, row, "moment") + ["stale" for at in sheet.of("mark") if row[at]]
    lines = [*names, *(Text(line, "dim" if names else "") for line in said)]
    return Text("\n").join(lines or [Text(str(number))])


def _fields(sheet: Sheet, row: Sequence[Any]) -> str:
    return listed(_named(sheet, row, "field")) or "(none)"


def _named(sheet: Sheet, row: Sequence[Any], role: Role) -> list[str]:
    """The values that say something, behind the names of their columns."""
    return [f"{sheet.columns[at].name} {word}" for at in sheet.of(role) if (word := _word(row[at]))]
