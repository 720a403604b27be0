"""How does a draft become a fact? Encoded first, then given its place, its times and its leaf in the transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from modeltrail.canonical import Envelope, envelope
from modeltrail.clocks import Moment, moment
from modeltrail.columns import Row
from modeltrail.domain.events import Event
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import ClocksOutOfOrder
from modeltrail.domain.values import Mode, to_utc
from modeltrail.merkle import Frontier, leaf_hash
from modeltrail.rows import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A fact before it has its place. `known_at` null: when recorded; `effective_at` null: when known (R5)."""

    event: Event
    mode: Mode
    by: str
    effective_at: datetime | None = None
    known_at: datetime | None = None
    why: str | None = None
    source: str | None = None


class Prepared(NamedTuple):
    """A draft with everything encoded that can be encoded before the write transaction."""

    draft: Draft
    envelope: Envelope
    effective: Moment | None
    known: Moment | None
    command_id: str | None


def prepare(draft: Draft, command_id: str | None) -> Prepared:
    """Encode a draft that a command records. Raises ValueError for a text or a moment that cannot be stored."""
    sealed = envelope(
        draft.event, mode=draft.mode, by=draft.by, why=draft.why, source=draft.source, command_id=command_id
    )
    effective = None if draft.effective_at is None else moment(draft.effective_at)
    known = None if draft.known_at is None else moment(draft.known_at)
    return Prepared(draft, sealed, effective, known, command_id)


class Tip(NamedTuple):
    """Where the log ends: the moment of its last fact (null: it is empty) and its tree."""

    recorded_at: datetime | None
    frontier: Frontier


def record(
    cursor: sqlite3.Cursor,
    prepared: Sequence[Prepared],
    tip: Tip,
    versions: dict[str, int],
    clock: Callable[[], datetime],
) -> tuple[Fact, ...]:
    """Give each draft its place behind the tip, whose frontier grows with them, and store them."""
    now = to_utc(clock())
    recorded = moment(now if tip.recorded_at is None else max(now, tip.recorded_at))
    rows, facts = [], []
    for item in prepared:
        versions[item.envelope.stream] += 1
        row, fact = _placed(item, tip.frontier, versions[item.envelope.stream], recorded)
        rows.append(row)
        facts.append(fact)
    insert(cursor, rows, tip.frontier)
    return tuple(facts)


def _placed(item: Prepared, frontier: Frontier, stream_version: int, recorded: Moment) -> tuple[Row, Fact]:
    draft, sealed, position = item.draft, item.envelope, frontier.size + 1
    known = item.known or recorded
    effective = item.effective or known
    if not effective.microseconds <= known.microseconds <= recorded.microseconds:
        raise ClocksOutOfOrder(effective.at, known.at, recorded.at)
    body = sealed.seal(
        position=position,
        stream_version=stream_version,
        effective_at=effective.text,
        known_at=known.text,
        recorded_at=recorded.text,
    )
    leaf = leaf_hash(body)
    frontier.push(leaf)
    times = (effective.microseconds, known.microseconds, recorded.microseconds)
    row = (position, sealed.stream, stream_version, draft.event.type, *times, item.command_id, body, leaf)
    fact = Fact(
        position=position,
        stream=sealed.stream,
        stream_version=stream_version,
        event=draft.event,
        effective_at=effective.at,
        known_at=known.at,
        recorded_at=recorded.at,
        mode=draft.mode,
        by=draft.by,
        why=draft.why,
        source=draft.source,
        command_id=item.command_id,
    )
    return row, fact
