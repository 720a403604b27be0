"""The tree against the definition of RFC 9162, section 2.1, written down once more as plainly as it stands there."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeltrail.merkle import EMPTY_ROOT, Frontier, frontier_of, inclusion_path, leaf_hash, root_from_path

RECORDS = [f"record {number}".encode() for number in range(70)]
LEAVES = [leaf_hash(record) for record in RECORDS]


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(records: list[bytes]) -> bytes:
    if not records:
        return sha256(b"").digest()
    if len(records) == 1:
        return sha256(b"\x00" + records[0]).digest()
    k = split(len(records))
    return sha256(b"\x01" + mth(records[:k]) + mth(records[k:])).digest()


def audit_path(index: int, records: list[bytes]) -> list[bytes]:
    if len(records) == 1:
        return []
    k = split(len(records))
    if index < k:
        return [*audit_path(index, records[:k]), mth(records[k:])]
    return [*audit_path(index - k, records[k:]), mth(records[:k])]


@pytest.mark.parametrize("size", range(len(RECORDS) + 1))
def test_the_root_of_a_frontier_is_the_tree_hash_of_the_rfc(size: int) -> None:
    assert frontier_of(LEAVES[:size]).root() == mth(RECORDS[:size])


@pytest.mark.parametrize("size", range(1, 35))
def test_every_position_of_a_small_tree_is_proven_by_the_path_of_the_rfc(size: int) -> None:
    for index in range(size):
        path = inclusion_path(LEAVES[:size], index)
        assert path == audit_path(index, RECORDS[:size])
        assert root_from_path(LEAVES[index], index, size, path) == mth(RECORDS[:size])


@pytest.mark.parametrize("size", range(1, 20))
def test_a_path_proves_no_other_index_size_or_leaf(size: int) -> None:
    root = mth(RECORDS[:size])
    for index in range(size):
        path = inclusion_path(LEAVES[:size], index)
        assert root_from_path(LEAVES[index + 1], index, size, path) != root
        assert root_from_path(LEAVES[index], index, size, [*path, root]) is None
        assert not path or root_from_path(LEAVES[index], index, size, path[:-1]) != root
        others = [other for other in range(-1, size + 1) if other != index]
        assert all(root_from_path(LEAVES[index], other, size, path) != root for other in others)


def test_the_published_values_of_the_empty_tree_and_its_first_leaf() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == EMPTY_ROOT
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(st.integers(0, 200), st.integers(0, 40))
def test_a_frontier_kept_as_bytes_goes_on_growing_the_same_tree(size: int, more: int) -> None:
    leaves = [leaf_hash(bytes([number % 251])) for number in range(size + more)]
    kept = Frontier.from_bytes(size, frontier_of(leaves[:size]).to_bytes())
    for leaf in leaves[size:]:
        kept.push(leaf)
    assert (kept.size, kept.root()) == (size + more, frontier_of(leaves).root())


@pytest.mark.parametrize("size", range(20))
def test_leaves_taken_together_make_the_tree_of_leaves_taken_one_by_one(size: int) -> None:
    for more in range(len(LEAVES) - size):
        together, one_by_one = frontier_of(LEAVES[:size]), frontier_of(LEAVES[:size])
        together.extend(LEAVES[size : size + more])
        for leaf in LEAVES[size : size + more]:
            one_by_one.push(leaf)
        assert (together.size, together.peaks) == (one_by_one.size, one_by_one.peaks)


@pytest.mark.parametrize(
    ("size", "joined"), [(1, b""), (3, b"x" * 32), (0, b"x" * 32), (1, b"x" * 31), (-1, b"x" * 32)]
)
def test_bytes_that_are_no_frontier_of_this_size_are_refused(size: int, joined: bytes) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier.from_bytes(size, joined)


def test_there_is_no_path_to_a_leaf_outside_of_the_tree() -> None:
    with pytest.raises(IndexError):
        inclusion_path(LEAVES[:3], 3)
    with pytest.raises(ValueError, match="complete subtrees"):
        Frontier(3, [b"x" * 32])
