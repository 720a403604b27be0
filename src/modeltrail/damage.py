"""Is a row the fact that was recorded? What is read is checked against its leaf; `verify` also looks beyond the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from modeltrail.canonical import Undecodable, decode
from modeltrail.domain.facts import Fact
from modeltrail.merkle import leaf_hash

Wanted = Callable[[str, str], bool]
"""Whether a fact of this stream and this stored name is asked for."""


class Damaged(Exception):
    """What is stored is not what was recorded. `modeltrail verify` says where it begins; a backup has what was."""


def decoded(rows: Iterable[tuple[int, bytes, bytes]], first: int, last: int) -> Iterator[Fact]:
    """The facts of rows that must be all from `first` to `last`."""
    due = first
    for position, body, leaf in rows:
        if position != due:
            break
        yield checked(position, body, leaf)
        due += 1
    if due <= last:
        raise _missing(due)


def picked(rows: Iterable[tuple[str, str, int, bytes, bytes]], first: int, last: int, wanted: Wanted) -> Iterator[Fact]:
    """The facts that are wanted, of rows that must be all from `first` to `last`. The others are not decoded."""
    due = first
    for stream, kind, position, body, leaf in rows:
        if position != due:
            break
        if wanted(stream, kind):
            yield checked(position, body, leaf)
        elif type(body) is not bytes or leaf_hash(body) != leaf:
            raise _changed(position)
        due += 1
    if due <= last:
        raise _missing(due)


def checked(position: int, body: bytes, leaf: bytes) -> Fact:
    """The fact of a row. Raises Damaged for one that is not what was recorded."""
    if type(body) is not bytes:
        raise Damaged(f"position {position} cannot be read (the body is no bytes): modeltrail verify says more")
    try:
        fact = decode(body)
        fits = fact.position == position and leaf_hash(body) == leaf
    except (Undecodable, TypeError) as error:
        raise Damaged(f"position {position} cannot be read ({error}): modeltrail verify says more") from None
    if not fits:
        raise _changed(position)
    return fact


def _missing(position: int) -> Damaged:
    return Damaged(f"position {position} is missing: modeltrail verify says where it begins")


def _changed(position: int) -> Damaged:
    return Damaged(f"position {position} was changed after it was recorded: modeltrail verify says more")
