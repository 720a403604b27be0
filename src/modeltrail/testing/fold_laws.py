"""Which laws can be seen from the handlers alone? What they take, what they make of it, and on what that may depend."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

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


class Step(NamedTuple):
    """One fact that a handler is given, with the row before it."""

    key: Key
    before: Any
    fact: Fact


def steps(case: Case) -> Iterator[Step]:
    """Every step by which a row may come about: as each part of the log is known at each moment, each step once.

    Raises Broken where a fact cannot be taken.
    """
    rows: dict[tuple[Key, tuple[int, ...]], Any] = {}
    for key, facts in _orders(case):
        path: tuple[int, ...] = ()
        row = None
        for fact in facts:
            path = (*path, fact.position)
            if (key, path) not in rows:
                yield Step(key, row, fact)
                with _tried(fact):
                    rows[key, path] = case.projection.apply(row, key, fact)
            row = rows[key, path]


def _orders(case: Case) -> Iterator[tuple[Key, Sequence[Fact]]]:
    """The facts of a key that count, whenever they may have become others."""
    for end, last in enumerate(case.facts, start=1):
        with _tried(last):
            reading = Reading(case.projection, case.facts[:end])
        is_retraction = isinstance(last.event, FactRetracted)
        later = {fact.known_at for fact in case.facts[:end] if fact.known_at >= last.known_at}
        for key, facts in reading.facts_of.items():
            if is_retraction or facts[-1] is last:
                yield from ((key, reading.counted(key, k)) for k in (None, *sorted(later)))


def total(case: Case) -> None:
    """Every fact is taken, whatever was recorded or known before it."""
    for step in steps(case):
        with _tried(step.fact):
            case.shape.key_values(step.key)


@contextmanager
def _tried(fact: Fact) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a handler is somebody else's code
        raise Broken(f"position {fact.position} ({fact.event.type}): {type(error).__name__}: {error}") from error


def pure(case: Case) -> None:
    """The same gives the same, and nothing is changed in place."""
    project = case.projection
    for fact in case.facts:
        once, again = project.keys(fact), project.keys(fact)
        demand(f"the keys of position {fact.position}, asked for twice", once, again)
    for key in case.reading.facts_of:
        demand(f"what counts of {key!r}, asked for twice", case.reading.counted(key), case.reading.counted(key))
    for (key, before, fact), (_, given, _) in zip(steps(case), steps(case), strict=True):
        what = f"the row of {key!r} after position {fact.position} ({fact.event.type})"
        if deepcopy(given) != given:
            raise Broken(f"{given!r} does not equal its copy: let rows with the same fields be equal")
        kept = deepcopy(before)
        after = project.apply(before, key, fact)
        demand(f"the row of {key!r} that is given with position {fact.position}, afterwards", kept, before)
        demand(f"{what}, folded twice", after, project.apply(given, key, fact))


def columns(case: Case) -> None:
    """Rows go in and out of real columns."""
    written: dict[int, tuple[KeyValues, Stored]] = {}
    rows: dict[int, Any] = {}
    for key, before, fact in steps(case):
        after = case.projection.apply(before, key, fact)
        if after is not None:
            values, at = _written(case, after), len(rows) + 1
            rows[at] = after
            written[at] = case.shape.key_values(key), Stored(0, OPEN, 0, OPEN, fact.position, 0, values)
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
