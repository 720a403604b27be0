"""How is a list of records summed up in one hash, and one record shown to be in it? The Merkle tree of RFC 9162.

A leaf is hashed as SHA-256(0x00 || record), a node as SHA-256(0x01 || left || right): neither passes for the other.
Indexes count from 0, as in the RFC; a position in the log is an index plus 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
"""The length of a hash."""
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(record: bytes) -> bytes:
    """The leaf of a record."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two hashes."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """What has to be kept of a tree to let it grow: the roots of its complete subtrees, the largest first."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    @classmethod
    def from_bytes(cls, size: int, joined: bytes) -> Frontier:
        """The frontier of `size` leaves from its joined hashes. Raises ValueError where they do not fit."""
        if size < 0 or len(joined) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(joined)} bytes are no frontier of {size} leaves")
        return cls(size, [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """Its hashes, one after the other."""
        return b"".join(self.peaks)

    def push(self, leaf: bytes) -> None:
        """Take the next leaf; as many subtrees close as the size has ones at its end."""
        peaks, carry, bits = self.peaks, leaf, self.size
        while bits & 1:
            carry = sha256(b"\x01" + peaks.pop() + carry).digest()
            bits >>= 1
        peaks.append(carry)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Take the next leaves, level by level: what pushing one after the other makes, with less ado."""
        level, bits, closed = list(leaves), self.size, list[bytes]()
        self.size += len(level)
        while level:
            if bits & 1:
                level.insert(0, self.peaks.pop())
            if len(level) & 1:
                closed.append(level.pop())
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            bits >>= 1
        self.peaks += reversed(closed)

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def frontier_of(leaves: Sequence[bytes]) -> Frontier:
    """The frontier of these leaves."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root, from below. Raises IndexError outside of the tree."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    path, level = [], list(leaves)
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        level = _level_above(level)
        index //= 2
    return path


def _level_above(level: list[bytes]) -> list[bytes]:
    above = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to (RFC 9162, 2.1.3.2), null where the path does not fit index and size."""
    if not 0 <= index < size:
        return None
    root, node, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None
