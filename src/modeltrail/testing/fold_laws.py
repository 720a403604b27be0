"""Which laws can be seen from the handlers alone? What they take, what they make of it, and on what that may depend."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import datetime
from random import Random
from typing import Any

from pydantic import BaseModel

from modeltrail.domain.events import FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import Key
from modeltrail.registry import Build
from modeltrail.shapes import Values
from modeltrail.tables import OPEN, Changes, KeyValues, Stored, Tables
from modeltrail.testing.cases import Broken, Case, demand, when
from modeltrail.testing.drawn_facts import in_new_order, rearranged
from modeltrail.testing.reading import Reading

_LABEL = 7_000_000_000
"""Positions are counted from here where they are to be told from all other numbers."""
_LABELLED = re.compile(r"(?<!\d)7\d{9}(?!\d)")


def total(case: Case) -> None:
    """Every fact is taken, whatever was recorded or known before it."""
    for fact in case.facts:
        with _tried(fact):
            for key in case.projection.keys(fact):
                case.shape.key_values(key)
    for end in range(1, len(case.facts)):
        _demand_taken(case, case.facts[:end], [None])
    _demand_taken(case, case.facts, case.knowledges)


def _demand_taken(case: Case, facts: Sequence[Fact], knowledges: Sequence[datetime | None]) -> None:
    reading = Reading(case.projection, facts)
    for key in reading.facts_of:
        for k in knowledges:
            row = None
            for fact in reading.counted(key, k):
                with _tried(fact):
                    row = case.projection.apply(row, key, fact)


@contextmanager
def _tried(fact: Fact) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a handler is somebody else's code
        raise Broken(f"position {fact.position} ({fact.event.type}): {type(error).__name__}: {error}") from error


def pure(case: Case) -> None:
    """The same gives the same, and nothing is changed in place."""
    for fact in case.facts:
        demand(f"the keys of position {fact.position}, asked for twice", case.projection.keys(fact), _again(case, fact))
    for key in case.reading.facts_of:
        counted = case.reading.counted(key)
        demand(f"what counts of {key!r}, asked for twice", counted, case.reading.counted(key))
        rows = [after for _, after, _ in _steps(case, key)]
        for fact, row, (before, after, _) in zip(counted, rows, _steps(case, key), strict=True):
            what = f"the row of {key!r} after position {fact.position} ({fact.event.type})"
            demand(f"{what}, folded twice", row, after)
            given = deepcopy(before)
            if given != before:
                raise Broken(f"{before!r} does not equal its copy: let rows with the same fields be equal")
            demand(f"{what}, folded once more", after, case.projection.apply(before, key, fact))
            demand(f"the row of {key!r} that is given with position {fact.position}, afterwards", given, before)


def _again(case: Case, fact: Fact) -> tuple[Key, ...]:
    return case.projection.keys(fact)


def _steps(case: Case, key: Key) -> Iterator[tuple[Any, Any, Fact]]:
    """The row of a key before and after each fact that counts."""
    row = None
    for fact in case.reading.counted(key):
        before, row = row, case.projection.apply(row, key, fact)
        yield before, row, fact


def columns(case: Case) -> None:
    """Rows go in and out of real columns; what is equal is written alike."""
    written: dict[int, tuple[KeyValues, Stored]] = {}
    rows: dict[int, Any] = {}
    for key in case.reading.facts_of:
        for before, after, fact in _steps(case, key):
            values, name = _written(case, after), case.shape.key_values(key)
            if after == before and values != _written(case, before):
                raise Broken(f"{after!r} equals {before!r} and is stored otherwise: let all fields be compared")
            if after is not None:
                at = len(rows) + 1
                rows[at], written[at] = after, (name, Stored(0, OPEN, 0, OPEN, fact.position, 0, values))
    facts = {fact.position: fact for fact in case.facts}
    for at, stored in _stored(case, written).items():
        back = case.shape.decode(written[at][0], stored.values, facts.__getitem__)
        demand(f"the row after position {stored.position}, read back", rows[at], back)


def _written(case: Case, row: Any) -> Values:
    try:
        return case.shape.encode(row)
    except Exception as error:  # a field may hold anything
        raise Broken(f"{row!r} cannot be stored: {type(error).__name__}: {error}") from error


def _stored(case: Case, written: Mapping[int, tuple[KeyValues, Stored]]) -> dict[int, Stored]:
    """Rows as SQLite gives them back."""
    build = Build(1, case.projection.name, case.projection.edition, case.shape.description, "building", 0)
    tables, found = Tables(case.shape, build), dict[int, Stored]()
    with closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.cursor()
        tables.make(cursor)
        try:
            tables.write(cursor, Changes(inserts=dict(written)))
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise Broken(f"a row cannot be stored: {error}") from error
        for key in {key for key, _ in written.values()}:
            found |= tables.known_since(cursor, key, -OPEN)
    return found


def unmoved_by_strangers(case: Case) -> None:
    """Between what is handled, what is not handled leaves no trace but in positions."""
    lot, mixed = case.lot(), list(case.facts)
    for stranger in case.strangers:
        mixed.insert(lot.randint(0, len(mixed)), stranger._replace(position=-len(mixed)))
    placed = [new._replace(recorded_at=old.recorded_at) for new, old in zip(in_new_order(mixed), mixed, strict=True)]
    _demand_same(case, "with events between that are not handled", placed, [fact.position for fact in mixed])


def unmoved_by_arrival(case: Case) -> None:
    """The same statements, recorded in another order."""
    order = _shuffled(case.facts, case.lot())
    _demand_same(case, "recorded in another order", in_new_order(order), [fact.position for fact in order])


def _shuffled(facts: Sequence[Fact], lot: Random) -> list[Fact]:
    shuffled = list(facts)
    lot.shuffle(shuffled)
    return rearranged(facts, shuffled)


def _demand_same(case: Case, what: str, facts: Sequence[Fact], origins: Sequence[int]) -> None:
    """The rows of other facts are the same, where each position is read as that of the fact that it was."""
    ours = {fact.position + _LABEL: fact.position for fact in case.facts}
    theirs = {fact.position + _LABEL: origin for fact, origin in zip(facts, origins, strict=True)}
    here = Reading(case.projection, [_labelled(fact) for fact in case.facts])
    there = Reading(case.projection, [_labelled(fact) for fact in facts])
    for t in case.moments:
        for k in case.knowledges:
            demand(f"the rows {when(t, k)}, {what}", _named(here.rows(t, k), ours), _named(there.rows(t, k), theirs))


def _labelled(fact: Fact) -> Fact:
    event = fact.event
    if isinstance(event, FactRetracted):
        event = FactRetracted(position=event.position + _LABEL, of=event.of)
    return fact._replace(event=event, position=fact.position + _LABEL)


class _Origin(int):
    """The position of a fact in the history that was drawn."""

    def __repr__(self) -> str:
        return f"<position {int(self)}>"


def _named(value: Any, origins: Mapping[int, int]) -> Any:
    """A value in which each position, and each fact, is that of the history that was drawn."""

    def named(value: Any) -> Any:
        if isinstance(value, Fact):
            return ("fact", _Origin(origins[value.position]))
        if isinstance(value, int) and value in origins:
            return _Origin(origins[value])
        if isinstance(value, str):
            return _LABELLED.sub(lambda found: f"<position {origins.get(int(found[0]), found[0])}>", value)
        if isinstance(value, BaseModel):
            return type(value).__name__, {name: named(one) for name, one in value}
        if dataclasses.is_dataclass(value):
            return type(value).__name__, {
                one.name: named(getattr(value, one.name)) for one in dataclasses.fields(value)
            }
        if isinstance(value, Mapping):
            return {named(key): named(one) for key, one in value.items()}
        if isinstance(value, set | frozenset):
            return frozenset(map(named, value))
        return tuple(map(named, value)) if isinstance(value, tuple | list) else value

    return named(value)
