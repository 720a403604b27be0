"""What does a projection answer, for a table, JSON and CSV alike? Sheets: rows, one row, a history, counts, SQL."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Literal, NamedTuple

from pydantic_core import to_jsonable_python

from modeltrail.cli_projection_session import shown
from modeltrail.domain.refusals import nearest
from modeltrail.domain.values import instant_text
from modeltrail.phrases import positions, when
from modeltrail.tables import KeyValues
from modeltrail.trail import Trail
from modeltrail.views import Span, View

Role = Literal["key", "field", "moment", "other", "mark"]
"""What a column holds: a part of the key, a field of the row, since or until when, something else, or what is stale."""


class Column(NamedTuple):
    """A column of an answer."""

    name: str
    role: Role = "field"


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer. `none`: what is said where there are no rows; `notes`: what is said beside them."""

    document: Mapping[str, object]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    none: str = "no rows"
    notes: Sequence[str] = ()

    def of(self, role: Role) -> list[int]:
        """The places of the columns that hold something."""
        return [at for at, column in enumerate(self.columns) if column.role == role]


def plain(value: Any) -> Any:
    """A value as JSON has it: moments, days and durations are texts, and so is what is no number in JSON."""
    if isinstance(value, datetime):
        return instant_text(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return to_jsonable_python(value)


def cell(value: object) -> str:
    """A value as CSV has it; nothing for null."""
    told = plain(value)
    if told is None:
        return ""
    return str(told).lower() if isinstance(told, bool) else str(told)


def by_sql(trail: Trail, sql: str) -> Sheet:
    """What a statement finds."""
    with shown("projections") as progress:
        found = trail.projections.query(sql, progress)
    document = {"columns": list(found.columns), "rows": [[plain(value) for value in row] for row in found.rows]}
    return Sheet(document, [Column(name) for name in found.columns], found.rows)


class Asked:
    """A projection that is asked at a moment, as known at another; null for now."""

    def __init__(self, trail: Trail, name: str, at: datetime | None, known_at: datetime | None) -> None:
        follower = trail.projections.follower(name)
        with shown(name) as progress:
            follower.bring_up(progress)
        self._typed, self._at, self._known_at = name, at, known_at
        self._projection, self._shape = follower.projection, follower.shape
        kinds = zip(self._shape.names, self._shape.kinds, strict=True)
        self._nested = frozenset(name for name, kind in kinds if kind == "JSON")
        self.view: View[Any] = trail.view(self._projection)
        letters = self.view.dead_letters
        self._stale = {self._shape.key_values(one.key) for one in letters if one.key is not None}
        self._lost = [one.position for one in letters if one.key is None]

    def all(self) -> Sheet:
        """The rows of the moment."""
        return self._rows(self.view.records(self._at, self._known_at), self._stale)

    def one(self, key: KeyValues) -> Sheet:
        """The row of a key, or none."""
        stale = self._stale & {key}
        records = [
            dict(zip(self._shape.key_names, key, strict=True))
            | dict(zip(self._shape.names, self._values(span.row), strict=True))
            | {"since": span.since, "position": span.position, "is_stale": bool(stale)}
            for span in self._spans(key)
            if self._holds(span) and span.row is not None
        ]
        then = "now" if self._at is None else when(self._at, False)
        return self._rows(records, stale, f"{self._projection.name} has no row of {shlex.join(key)} {then}")

    def _rows(self, records: Iterable[Mapping[str, Any]], stale: Collection[KeyValues], none: str = "no rows") -> Sheet:
        columns = (
            *(Column(name, "key") for name in self._shape.key_names),
            *map(Column, self._shape.names),
            Column("since", "moment"),
            Column("position", "other"),
            Column("is_stale", "mark"),
        )
        names = [column.name for column in columns]
        rows = [[record[name] for name in names] for record in records]
        document = self._document(stale, at=self._at) | {"rows": [self._plain(names, row) for row in rows]}
        return Sheet(document, columns, rows, none, self._notes(stale))

    def history(self, key: KeyValues) -> Sheet:
        """Each row that a key had."""
        names, stale = self._shape.names, self._stale & {key}
        columns = (
            Column("since", "moment"),
            Column("until", "moment"),
            *map(Column, names),
            Column("position", "other"),
        )
        rows: list[Sequence[Any]] = []
        states: list[dict[str, object]] = []
        for span in self._spans(key):
            values = self._values(span.row)
            row = None if span.row is None else self._plain(names, values)
            rows.append([span.since, span.until, *values, span.position])
            states.append(
                {"since": plain(span.since), "until": plain(span.until), "position": span.position, "row": row}
            )
        document = self._document(stale) | {"key": list(key), "states": states}
        none = f"{self._projection.name} had no row of {shlex.join(key)} that was known then"
        return Sheet(document, columns, rows, none, self._notes(stale))

    def counts(self, fields: Sequence[str]) -> Sheet:
        """How many rows have each value of some fields."""
        counts = self.view.count_by(*fields, at=self._at, known_at=self._known_at, stale=True)
        rows = [[*(values if len(fields) > 1 else (values,)), count] for values, count in counts.items()]
        document = [{"values": self._plain(fields, values), "rows": count} for *values, count in rows]
        return Sheet(
            self._document(self._stale, at=self._at) | {"counts": document},
            [*map(Column, fields), Column("rows", "other")],
            rows,
            notes=self._notes(self._stale),
        )

    def _document(self, stale: Collection[KeyValues], **at: datetime | None) -> dict[str, object]:
        return {
            "projection": self._projection.name,
            "edition": self._projection.edition,
            **{name: plain(moment) for name, moment in at.items()},
            "known_at": plain(self._known_at),
            "stale": [list(key) for key in sorted(stale)],
            "lost": self._lost,
        }

    def _notes(self, stale: Collection[KeyValues]) -> list[str]:
        """What an answer lacks, and what to do about it."""
        notes = []
        if stale:
            keys = ", ".join(shlex.join(key) for key in sorted(stale))
            notes.append(f"stale, since a fact of each could not be taken: {keys}")
        if self._lost:
            notes.append(f"in no row, since nobody can tell which: positions {positions(self._lost)}")
        way_out = f"modeltrail projections status {self._typed} says why; after mending the handler, retry it"
        return [*notes, *([way_out] if notes else [])]

    def key(self, words: Sequence[str]) -> KeyValues:
        """The key that some words are. Raises ValueError with the way out."""
        names = self._shape.key_names
        if len(words) != len(names):
            parts = "1 word" if len(names) == 1 else f"{len(names)} words"
            raise ValueError(f"a key of {self._projection.name} is {parts} ({', '.join(names)}), not {len(words)}")
        return tuple(words)

    def _spans(self, key: KeyValues) -> Sequence[Span[Any]]:
        """The history of a key. Raises ValueError for one that never had a row, with the nearest that has one."""
        found = self.view.history(self._shape.key(key), self._known_at, stale=True)
        if found or key in self._stale or self.view.history(self._shape.key(key), stale=True):
            return found
        records = self.view.records()
        known = [shlex.join(record[name] for name in self._shape.key_names) for record in records]
        similar = nearest(shlex.join(key), known)
        hint = f"did you mean {similar}?" if similar else f"modeltrail projections query {self._typed} lists its keys"
        raise ValueError(f"{self._projection.name} never had a row of {shlex.join(key)}: {hint}")

    def _holds(self, span: Span[Any]) -> bool:
        if self._at is None:
            return span.until is None
        return span.since <= self._at and (span.until is None or self._at < span.until)

    def _values(self, row: Any) -> list[Any]:
        """What the columns of a row hold, as values; nulls for none."""
        if row is None:
            return [None] * len(self._shape.names)
        values = zip(self._shape.names, self._shape.encode(row), strict=True)
        return [self._shape.reader(name)(value) for name, value in values]

    def _plain(self, names: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
        """Values as JSON has them; fields that hold several values are not texts there, but these."""
        return {
            name: json.loads(value) if name in self._nested and value is not None else plain(value)
            for name, value in zip(names, values, strict=True)
        }
