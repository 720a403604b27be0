"""Is the log still what it was? The tree recomputed from the stored bytes, every column compared with them.

No event is built here: what is checked is bytes, so that a log can be verified by a version that knows fewer types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modeltrail.columns import Row, disagreement, kind_problem, plainly_agrees
from modeltrail.merkle import Frontier, leaf_hash
from modeltrail.proofs import Checkpoint, InclusionProof, flaw


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


def verify(pages: Iterable[Sequence[Row]], stored: Stored, checkpoint: Checkpoint | None = None) -> Verification:
    """Verify all rows, page by page in the order of their positions, and that they extend the checkpoint."""
    audit = Audit(checkpoint)
    for page in pages:
        reason = audit.take(page)
        if reason is not None:
            return Verification(False, stored.last, None, audit.size + 1, reason)
    first_bad, reason = audit.end(stored)
    if reason is None:
        reason = stored.guard_flaw
    return Verification(reason is None, stored.last, audit.frontier.root().hex(), first_bad, reason)


def proved(proof: InclusionProof, checkpoint: Checkpoint | None = None) -> Verification:
    """Whether a proof holds, without the log that it is of: in itself, and for the log of the checkpoint."""
    reason = flaw(proof, checkpoint)
    return Verification(reason is None, proof.size, proof.root, None, reason)


class Audit:
    """The rows so far: their tree, the version of each stream, the last moment of recording."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.size = 0
        self.frontier = Frontier()
        self._versions: dict[str, int] = {}
        self._recorded_at = -(2**63)
        self._checkpoint = checkpoint
        self._checked_size = -1 if checkpoint is None else checkpoint.size
        self._root_at_checkpoint = self.frontier.root() if self._checked_size == 0 else b""

    def take(self, page: Sequence[Row]) -> str | None:
        """Why the first wrong one of the next rows is wrong; null where none is, and the tree has grown by them."""
        for row in page:
            reason = self._take(row)
            if reason is not None:
                return reason
        self._grow([row[9] for row in page])
        return None

    def _take(self, row: Row) -> str | None:
        reason = kind_problem(row)
        if reason is not None:
            return reason
        position, stream, version, _, effective_at, known_at, recorded_at, _, body, leaf = row
        if position != self.size + 1:
            return f"the next row is at position {position}"
        if leaf_hash(body) != leaf:
            return "the leaf is not the hash of the body"
        if not plainly_agrees(row):
            reason = disagreement(row)
            if reason is not None:
                return reason
        before = self._versions.get(stream, 0)
        if version != before + 1:
            return f"version {version} of {stream} follows version {before}"
        if recorded_at < self._recorded_at:
            return "recorded_at is before that of the position before"
        if not effective_at <= known_at <= recorded_at:
            return "effective_at, known_at and recorded_at are not in this order"
        self.size, self._versions[stream], self._recorded_at = position, version, recorded_at
        return None

    def _grow(self, leaves: list[bytes]) -> None:
        until_checked = self._checked_size - self.frontier.size
        if 0 < until_checked <= len(leaves):
            self.frontier.extend(leaves[:until_checked])
            self._root_at_checkpoint = self.frontier.root()
            leaves = leaves[until_checked:]
        self.frontier.extend(leaves)

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
