"""Which columns has a projection? One for each part of its key and each field of its row, named as these.

A field with the name of a part of the key is that part: it has no column of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

from modeltrail.codecs import Facts, builder_of, column_codec, fields_of
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import Key, Projection

Row = TypeVar("Row")
Values = tuple[Any, ...]
"""What the columns of a row hold."""
OWN = ("valid_from", "valid_to", "known_from", "known_to", "position", "is_gone", "is_stale", "since", "rowid")
"""Columns that every projection has."""
TAKEN = frozenset(
    {
        "events",
        "commands",
        "frontier",
        "tracking",
        "standings",
        "standings_by_cohort",
        "kept_facts",
        "kept_facts_2",
        "projections",
        "dead_letters",
    }
)
"""Names of other tables of the store, and of their indexes."""
_Places = tuple[tuple[int, ...], tuple[int, ...]]
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "INTEGER": int,
    "BOOLEAN": int,
    "MOMENT": int,
    "DURATION": int,
    "FACT": int,
    "REAL": (float, int),
}
"""What a column of a kind holds; all others hold texts."""
_READ = ("BOOLEAN", "MOMENT", "DURATION", "DATE", "DECIMAL")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_OF_A_BUILD = re.compile(r"_(rows|keys)_[0-9]")
_ENDINGS = ("_history", "_rows", "_keys")


class Shape(Generic[Row]):
    """The columns of a projection, and how rows go in and out of them."""

    def __init__(self, projection: Projection[Row]) -> None:
        check(projection)
        self._name = projection.name
        self.key_names = projection.key_names
        hints = fields_of(projection.row)
        self._from_key = tuple((name, at) for at, name in enumerate(self.key_names) if name in hints)
        hints = {name: hint for name, hint in hints.items() if name not in self.key_names}
        self.names = tuple(hints)
        codecs = [column_codec(hint) for hint in hints.values()]
        self.kinds = tuple(codec.kind for codec in codecs)
        self._kind_of = dict(zip(self.names, self.kinds, strict=True))
        self.moments = frozenset(name for name, kind in self._kind_of.items() if kind == "MOMENT")
        self._values = attrgetter(*self.names, self.names[0]) if self.names else (lambda row: (None,))
        self._encoders = tuple((at, codec.encode) for at, codec in enumerate(codecs) if codec.encode is not None)
        self._decoders: tuple[tuple[str, Callable[[Any, Facts], Any] | None], ...] = tuple(
            (name, codec.decode) for name, codec in zip(hints, codecs, strict=True)
        )
        self._build = builder_of(projection.row)
        self._nothing: Values = (None,) * len(self.names)
        self._places: dict[tuple[type, ...], _Places] = {}

    @property
    def description(self) -> str:
        """The columns and their types, to tell whether a stored table has the same."""
        fields = ", ".join(f"{name} {kind}" for name, kind in self._kind_of.items())
        return f"{', '.join(self.key_names)}: {fields}"

    def key_values(self, key: Key) -> tuple[str, ...]:
        """What the key columns hold. Raises ValueError for a key that is none."""
        values: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
        if len(values) != len(self.key_names) or not all(isinstance(value, str) for value in values):
            texts = "a text" if len(self.key_names) == 1 else f"a tuple of texts, ({', '.join(self.key_names)})"
            raise ValueError(f"{key!r} is no key of {self._name}: give {texts}")
        try:
            "".join(values).encode()
        except UnicodeEncodeError:
            raise ValueError(f"{key!r} holds half of a surrogate pair and is no key: repair its encoding") from None
        return values

    def key(self, values: Sequence[str]) -> Key:
        """The key that columns hold."""
        return tuple(values) if len(self.key_names) > 1 else values[0]

    def reader(self, name: str) -> Callable[[Any], Any]:
        """What makes plain values of a column. Enums are their values, facts their positions, several values JSON."""
        decode = dict(self._decoders)[name] if self._kind_of.get(name) in _READ else None
        return (lambda value: value) if decode is None else (lambda value: decode(value, _no_facts))

    def encode(self, row: Row | None) -> Values:
        """What the columns of a row hold; nulls for none."""
        if row is None:
            return self._nothing
        held = list(self._values(row)[:-1])
        for at, encode in self._encoders:
            held[at] = encode(held[at])
        values = tuple(held)
        self._demand_storable(values)
        return values

    def _demand_storable(self, values: Values) -> None:
        """Raise TypeError or ValueError for values that SQLite would not take, or make something else of."""
        types = tuple(map(type, values))
        places = self._places.get(types)
        if places is None:
            places = self._places[types] = self._fitting(values)
        texts, numbers = places
        "".join([values[at] for at in texts]).encode()
        for at in numbers:
            if not -(2**63) <= values[at] < 2**63:
                raise ValueError(f"{self.names[at]} is {values[at]}, too large for a column: let its type be str")

    def _fitting(self, values: Values) -> _Places:
        """Where texts and whole numbers are. Raises TypeError where a value is not of the kind of its column."""
        texts, numbers = [], []
        for at, (name, kind, value) in enumerate(zip(self.names, self.kinds, values, strict=True)):
            expected = _PYTHON_TYPES.get(kind, str)
            if value is not None and not isinstance(value, expected):
                raise TypeError(
                    f"{name} is {value!r}, which is not of its type: let the handler make what the row says"
                )
            if isinstance(value, str):
                texts.append(at)
            elif isinstance(value, int):
                numbers.append(at)
        return tuple(texts), tuple(numbers)

    def decode(self, key: Sequence[str], values: Sequence[Any], facts: Facts) -> Row:
        """The row that columns hold. A field that is named like a part of the key is that part."""
        members = {
            name: value if decode is None else decode(value, facts)
            for (name, decode), value in zip(self._decoders, values, strict=True)
        }
        for name, at in self._from_key:
            members[name] = key[at]
        row: Row = self._build(members)
        return row


def _no_facts(position: int) -> Fact:
    raise AssertionError(f"a plain value holds no fact, so position {position} is not read")


def check(projection: Projection[Any]) -> None:
    """Raise ValueError, saying how to mend it, for a projection that no table can be made for."""
    name = projection.name
    if not _NAME.fullmatch(name) or name.endswith(_ENDINGS) or name.startswith("sqlite"):
        raise ValueError(
            f"{name!r} cannot name tables: use small letters, digits and _, at most 48, beginning with a letter but "
            f"not with sqlite, and not ending with {' or '.join(_ENDINGS)}"
        )
    if name in TAKEN or _OF_A_BUILD.search(name):
        raise ValueError(f"{name!r} is the name of another table of the store: choose another one")
    if not isinstance(projection.edition, int) or projection.edition < 1:
        raise ValueError(f"{name} has the edition {projection.edition!r}: count from 1")
    if not projection.kinds:
        raise ValueError(f"{name} handles no event: register a handler with @{name}.on(Event, key=...)")
    if not projection.key_names:
        raise ValueError(f'{name} has no key: name at least one part of it, as in key="deployment"')
    hints = _hints(projection)
    if not hints:
        raise ValueError(f"{name} has no columns: give its row a field, in a pydantic model, dataclass or named tuple")
    for column in (*projection.key_names, *hints):
        if not _NAME.fullmatch(column) or column in OWN:
            raise ValueError(f"{name} cannot have a column {column!r}: {_mended(column)}")
    if len(set(projection.key_names)) < len(projection.key_names):
        raise ValueError(f"{name} names two parts of its key alike: give each a name of its own")
    for field, hint in hints.items():
        try:
            column_codec(hint)
        except TypeError as error:
            raise ValueError(
                f"{name}.{field}: {error}: use str, int, bool, float, datetime, date, timedelta, Decimal, an Enum, a "
                "Literal of one kind or Fact, one of these or None, or tuples, lists, sets, mappings and models of them"
            ) from None


def _mended(column: str) -> str:
    if column in OWN:
        return "every projection has one of that name; choose another one"
    return "use small letters, digits and _, beginning with a letter"


def _hints(projection: Projection[Any]) -> dict[str, Any]:
    try:
        return fields_of(projection.row)
    except NameError as error:
        raise ValueError(
            f"{projection.name}: a type of its row is not there ({error}): import it where the row is defined"
        ) from None
