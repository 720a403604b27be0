"""Is the log still what it was? The tree recomputed from the stored bytes, every column compared with them.

No event is built here: what is checked is bytes, so that a log can be verified by a version that knows fewer types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import from_json

from modeltrail.canonical import is_canonical
from modeltrail.clocks import text_of_microseconds
from modeltrail.merkle import Frontier, leaf_hash
from modeltrail.proofs import Checkpoint

Row = tuple[int, str, int, str, int, int, int, str | None, bytes, bytes]
"""A row of the table of facts, in the order of its columns."""
_COLUMNS = ("position", "stream", "stream_version", "type", "effective_at", "known_at", "recorded_at", "command_id")
_NUMBERS = ("position", "stream_version", "effective_at", "known_at", "recorded_at")
_KINDS = {(int, str, int, str, int, int, int, command_id, bytes, bytes) for command_id in (str, type(None))}
_FIRST_MOMENT, _LAST_MOMENT = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in microseconds."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found. `size`: the number of facts that are stored. `root`: of their tree, null where it was not
    reached. `first_bad`: the first position that is wrong, null where none is, or where it cannot be told which."""

    ok: bool
    size: int
    root: str | None
    first_bad: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store says of itself: its last position, the size and the hashes of its frontier (null: it has none).

    `false_command`: a command whose stored result is not the facts that carry it, and the first of its positions.
    `guard_flaw`: which guard of the database is not as it was made.
    """

    last: int
    frontier_size: int | None
    frontier_hashes: bytes
    false_command: tuple[str, int] | None = None
    guard_flaw: str | None = None


def verify(rows: Iterable[Row], stored: Stored, checkpoint: Checkpoint | None = None) -> Verification:
    """Verify all rows, in the order of their positions, and that they extend the checkpoint."""
    audit = Audit(checkpoint)
    for row in rows:
        reason = audit.take(row)
        if reason is not None:
            return Verification(False, stored.last, None, audit.frontier.size + 1, reason)
    first_bad, reason = audit.end(stored)
    if reason is None:
        reason = stored.guard_flaw
    return Verification(reason is None, stored.last, audit.frontier.root().hex(), first_bad, reason)


class Audit:
    """The rows so far: their tree, the version of each stream, the last moment of recording."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.frontier = Frontier()
        self._versions: dict[str, int] = {}
        self._recorded_at = -(2**63)
        self._checkpoint = checkpoint
        self._checked_size = -1 if checkpoint is None else checkpoint.size
        self._root_at_checkpoint = self.frontier.root() if self._checked_size == 0 else b""

    def take(self, row: Row) -> str | None:
        """Why the next row is wrong, null where it is right."""
        reason = _kind_problem(row) or self._problem(row)
        if reason is None:
            self._advance(row)
        return reason

    def _problem(self, row: Row) -> str | None:
        position, stream, version, _, effective_at, known_at, recorded_at, _, body, leaf = row
        if position != self.frontier.size + 1:
            return f"the next row is at position {position}"
        if leaf_hash(body) != leaf:
            return "the leaf is not the hash of the body"
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
        if version != self._versions.get(stream, 0) + 1:
            return f"version {version} of {stream} follows version {self._versions.get(stream, 0)}"
        if recorded_at < self._recorded_at:
            return "recorded_at is before that of the position before"
        if not effective_at <= known_at <= recorded_at:
            return "effective_at, known_at and recorded_at are not in this order"
        return None

    def _advance(self, row: Row) -> None:
        self.frontier.push(row[9])
        self._versions[row[1]] = row[2]
        self._recorded_at = row[6]
        if self.frontier.size == self._checked_size:
            self._root_at_checkpoint = self.frontier.root()

    def end(self, stored: Stored) -> tuple[int | None, str | None]:
        """The first bad position and the reason that only the whole shows, null where there is none."""
        size, covered = self.frontier.size, stored.frontier_size
        if covered is None:
            return None, "the frontier of the tree is missing"
        if type(covered) is not int or type(stored.frontier_hashes) is not bytes:
            return None, "the frontier of the tree is broken (it is no number with bytes)"
        if covered > size:
            return size + 1, f"the frontier covers {covered} facts: those after position {size} were cut off"
        if covered < size:
            return covered + 1, f"the frontier covers only {covered} facts: those after it were put in past the log"
        if stored.frontier_hashes != self.frontier.to_bytes():
            return self._other_than(stored.frontier_hashes)
        if stored.false_command is not None:
            command_id, first = stored.false_command
            bad = first if type(first) is int and 1 <= first <= size else None
            return bad, f"the stored result of command {command_id!r} is not the facts that carry it"
        return self._extends()

    def _other_than(self, hashes: bytes) -> tuple[int | None, str]:
        """The first complete subtree that differs from the frontier says where, as closely as it can be told."""
        try:
            peaks = Frontier.from_bytes(self.frontier.size, hashes).peaks
        except ValueError as error:
            return None, f"the frontier of the tree is broken ({error})"
        first = 1
        remaining = self.frontier.size
        for ours, theirs in zip(self.frontier.peaks, peaks, strict=True):
            width = 1 << (remaining.bit_length() - 1)
            if ours != theirs:
                return first, f"a fact from {first} to {first + width - 1} is not what the frontier was made of"
            first, remaining = first + width, remaining - width
        raise AssertionError("the hashes differ, so one of the subtrees does")

    def _extends(self) -> tuple[int | None, str | None]:
        checkpoint, size = self._checkpoint, self.frontier.size
        if checkpoint is None:
            return None, None
        if size < checkpoint.size:
            return size + 1, f"the checkpoint holds {checkpoint.size} facts: those after position {size} were cut off"
        if self._root_at_checkpoint.hex() != checkpoint.root:
            return None, f"a fact from position 1 to {checkpoint.size} was rewritten after the checkpoint was taken"
        return None, None


def _kind_problem(row: Row) -> str | None:
    """Which column does not hold what it is for: SQLite stores anything anywhere."""
    if tuple(map(type, row)) in _KINDS and min(row[4:7]) >= _FIRST_MOMENT and max(row[4:7]) <= _LAST_MOMENT:
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
    raise AssertionError("one of the columns is what the first look found")


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
