"""What is an export? The one contract of all importers of snapshots: how a row is read, and what a difference states.

An importer is a class below `Export`. It only reads: each row becomes a `Row`, its fields as texts, and two rows of the
same key, of two exports one after the other, become events. What was shown before, which export came when, and what is
recorded, is the same for all of them (`modeltrail.reading`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, ClassVar

from modeltrail.domain.events import Event
from modeltrail.imports.json_items import items

Shown = Mapping[str, str]
"""What a row shows: its fields by their names, as texts; a field that it does not have is left out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, read. `key` names what it is about for ever, in its `scope`: the key begins with the scope and a slash.

    `stream`: the stream of the events that it brings, such as `deployment/NAME`. `since`: when what it shows took
    place, where it says so; an export that was made before cannot show it.
    """

    key: str
    scope: str
    stream: str
    shown: Shown
    since: datetime | None = field(default=None, compare=False)


class Unreadable(ValueError):
    """A row that cannot be read, with the reason and what to do. It is kept as it is (R41).

    `key` and `scope` say what it is about, where that can be told: it is there, but nobody knows what it shows.
    """

    def __init__(self, reason: str, key: str | None = None, scope: str | None = None) -> None:
        super().__init__(reason)
        self.key, self.scope = key, scope


@dataclass(frozen=True, slots=True)
class Change:
    """What two exports, one after the other, show under the same key.

    `before` null: the export before this one had no such row, or there was none; `after` null: this one has none.
    `at`: when this one was made; `before_at`: when the one before it was, null where there was none. The one before is
    the last that says something of the key: in it, its row could be read, or was missing. `last`: what was shown last
    of what the export before has no more, and `last_at`: when the last export was made that showed it.
    """

    key: str
    before: Shown | None
    after: Shown | None
    at: datetime
    before_at: datetime | None
    last: Shown | None = None
    last_at: datetime | None = None

    def was(self, field: str) -> str | None:
        """A field before, null where it was not shown."""
        return None if self.before is None else self.before.get(field)

    def shows(self, field: str) -> str | None:
        """A field now, null where it is not shown."""
        return None if self.after is None else self.after.get(field)

    def differs(self, *fields: str) -> bool:
        """Whether one of some fields is not what it was."""
        return any(self.was(field) != self.shows(field) for field in fields)


@dataclass(frozen=True, slots=True)
class Stated:
    """An event that a difference states, effective when the export was made, or before."""

    event: Event
    effective_at: datetime | None = None


class Export(ABC):
    """One kind of export, of one catalogue. A subclass says how its rows are read and what differences state."""

    name: ClassVar[str]
    """Under which its readings are recorded for ever, such as `azure-models`."""
    is_complete: ClassVar[bool] = True
    """Whether an export lists all that is in its scope: what is missing is then gone, what is unchanged was seen.

    Else it lists events: each is shown once, and what is missing says nothing.
    """

    def __init__(self, catalogue: str, scope: Iterable[str] = ()) -> None:
        if not catalogue or "/" in catalogue or catalogue != catalogue.strip() or not catalogue.isprintable():
            raise ValueError(f"{catalogue!r} is no catalogue: name the place where the schedule holds, without a slash")
        self.catalogue = catalogue
        self.scope = tuple(scope)
        """What every export lists completely, beside the scopes of its rows: needed where it may be empty."""

    def elements(self, file: BinaryIO) -> Iterator[object]:
        """The elements of a file, one after the other: those of its JSON list, unless a subclass reads another format.

        Raises ValueError, with the way out, for a file that is none. It is never held in memory as a whole.
        """
        return items(file, is_complete=self.is_complete)

    @abstractmethod
    def read(self, item: object) -> Row | None:
        """A row of what one element of the export's list shows; null for one that this kind of export is not read for.

        Raises Unreadable.
        """

    @abstractmethod
    def differences(self, change: Change) -> Iterable[Stated]:
        """What the difference between two rows of a key states; pure, and nothing where they show the same."""

    def merged(self, first: Row, second: Row) -> Row:
        """One row of two with the same key in one export. Raises Unreadable where they contradict each other."""
        if first == second:
            return first
        differing = sorted(
            name for name in {*first.shown, *second.shown} if first.shown.get(name) != second.shown.get(name)
        )
        raise Unreadable(
            f"two rows of {first.key} differ in {', '.join(differing)}: ask the source which one is right",
            first.key,
            first.scope,
        )
