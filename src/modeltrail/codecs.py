"""How is a value of a row stored in a column? By its type: plainly where SQL has one for it, else as JSON.

A fact is stored as its position, a moment as microseconds UTC since 1970, whatever holds several values as JSON text.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from modeltrail.clocks import at_microseconds, micros
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import MICROSECOND

Facts = Callable[[int], Fact]
"""The fact at a position."""
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


Kind = Literal["TEXT", "INTEGER", "REAL", "BOOLEAN", "MOMENT", "DURATION", "DATE", "DECIMAL", "FACT", "JSON"]
"""What a column holds. Moments, durations, truth values and facts are whole numbers in SQL."""


class Codec(NamedTuple):
    """How values of a type are stored. `encode` and `decode` null: as they are. `kind`: that of a column for them.

    `decode` is given the facts of the log as well, since a stored fact is its position.
    """

    kind: Kind
    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any, Facts], Any] | None = None


def _finite(number: float) -> float:
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"{number} cannot be stored: use None")
    return number


_PLAIN: dict[Any, Codec] = {
    str: Codec("TEXT"),
    int: Codec("INTEGER"),
    bool: Codec("BOOLEAN", int, lambda value, _: bool(value)),
    float: Codec("REAL", _finite),
    datetime: Codec("MOMENT", micros, lambda value, _: at_microseconds(value)),
    timedelta: Codec("DURATION", lambda value: value // MICROSECOND, lambda value, _: timedelta(microseconds=value)),
    date: Codec("DATE", date.isoformat, lambda value, _: date.fromisoformat(value)),
    Decimal: Codec("DECIMAL", str, lambda value, _: Decimal(value)),
    Fact: Codec("FACT", lambda fact: fact.position, lambda position, facts: facts(position)),
}


def column_codec(hint: Any) -> Codec:
    """The codec of a column of this type: what holds several values becomes JSON text. Raises TypeError."""
    inner, is_optional = _required(hint)
    codec = codec_of(inner)
    if codec.kind == "JSON":
        encode, decode = codec.encode, codec.decode
        assert encode is not None and decode is not None
        codec = Codec(
            "JSON",
            lambda value: "[]" if value == () else _to_json(encode(value)),
            lambda text, facts: decode(json.loads(text), facts),
        )
    return _optional(codec) if is_optional else codec


@cache
def codec_of(hint: Any) -> Codec:
    """The codec of a type within a row. Raises TypeError for a type that has none."""
    inner, is_optional = _required(hint)
    if is_optional:
        return _optional(codec_of(inner))
    if inner in _PLAIN:
        return _PLAIN[inner]
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is Literal and len(kinds := {type(value) for value in arguments}) == 1 and kinds <= {str, int}:
        return _PLAIN[kinds.pop()]
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _enum(inner)
    if origin in (tuple, list, set, frozenset) and arguments:
        return _several(origin, arguments)
    if _is_mapping(origin) and len(arguments) == 2:
        return _mapping(*map(codec_of, arguments))
    if isinstance(inner, type) and fields_of(inner):
        return _record(inner)
    raise TypeError(_without_column(inner))


def _without_column(hint: Any) -> str:
    """Why a type has no column."""
    name = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
    if hint in (list, tuple, set, frozenset):
        return f"{name} does not say of what, as {name}[str] does"
    if hint in (dict, Mapping):
        return f"{name} does not say of what, as {name}[str, int] does"
    return f"{name} has no column"


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _required(hint: Any) -> tuple[Any, bool]:
    """A type without what pydantic is told beside it, and without null; whether it allows null."""
    while get_origin(hint) is Annotated or hasattr(hint, "__supertype__") or type(hint).__name__ == "TypeAliasType":
        hint = get_args(hint)[0] if get_origin(hint) is Annotated else _aliased(hint)
    if get_origin(hint) in (Union, UnionType):
        others = [one for one in get_args(hint) if one is not NoneType]
        if len(others) == 1 and len(get_args(hint)) == 2:
            return _required(others[0])[0], True
    return hint, False


def _aliased(hint: Any) -> Any:
    return hint.__supertype__ if hasattr(hint, "__supertype__") else hint.__value__


def _optional(codec: Codec) -> Codec:
    encode, decode = codec.encode, codec.decode
    return Codec(
        codec.kind,
        None if encode is None else lambda value: None if value is None else encode(value),
        None if decode is None else lambda value, facts: None if value is None else decode(value, facts),
    )


def _enum(kind: type[Enum]) -> Codec:
    values = {type(member.value) for member in kind}
    if len(values) != 1 or not values <= {str, int}:
        raise TypeError(f"{kind.__name__} has values that are neither all texts nor all whole numbers, so no column")
    return Codec(_PLAIN[values.pop()].kind, lambda member: member.value, lambda value, _: kind(value))


def _encoder(codec: Codec) -> Callable[[Any], Any]:
    return codec.encode or (lambda value: value)


def _decoder(codec: Codec) -> Callable[[Any, Facts], Any]:
    return codec.decode or (lambda value, _: value)


def _several(origin: Any, arguments: tuple[Any, ...]) -> Codec:
    """A tuple of so many kinds, or any number of one kind; a set is stored in order."""
    if origin is tuple and arguments[-1] is not Ellipsis:
        codecs = [codec_of(argument) for argument in arguments]
        encoders, decoders = [_encoder(codec) for codec in codecs], [_decoder(codec) for codec in codecs]
        return Codec(
            "JSON",
            lambda values: [encode(value) for encode, value in zip(encoders, values, strict=True)],
            lambda values, facts: tuple(decode(value, facts) for decode, value in zip(decoders, values, strict=True)),
        )
    encode, decode = _encoder(codec_of(arguments[0])), _decoder(codec_of(arguments[0]))
    arrange: Callable[[Iterable[Any]], list[Any]] = sorted if origin in (set, frozenset) else list
    return Codec(
        "JSON",
        lambda values: arrange(encode(value) for value in values),
        lambda values, facts: origin(decode(value, facts) for value in values),
    )


def _mapping(keys: Codec, values: Codec) -> Codec:
    """Pairs, since a key need not be a text; in their order."""
    encode_key, encode_value = _encoder(keys), _encoder(values)
    decode_key, decode_value = _decoder(keys), _decoder(values)
    return Codec(
        "JSON",
        lambda mapping: [[encode_key(key), encode_value(value)] for key, value in mapping.items()],
        lambda pairs, facts: {decode_key(key, facts): decode_value(value, facts) for key, value in pairs},
    )


def _record(kind: type) -> Codec:
    codecs = {name: codec_of(hint) for name, hint in fields_of(kind).items()}
    encoders = {name: _encoder(codec) for name, codec in codecs.items()}
    decoders = {name: _decoder(codec) for name, codec in codecs.items()}
    build = builder_of(kind)
    return Codec(
        "JSON",
        lambda record: {name: encode(getattr(record, name)) for name, encode in encoders.items()},
        lambda members, facts: build({name: decode(members[name], facts) for name, decode in decoders.items()}),
    )


def fields_of(kind: type) -> dict[str, Any]:
    """The fields of a pydantic model, a dataclass or a named tuple, with their types; none for anything else.

    Fields of a dataclass that are not compared, such as what it remembers, are no part of a row.
    """
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        names: Iterable[str] = kind.model_fields
    elif dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind) if field.compare]
    elif isinstance(kind, type) and issubclass(kind, tuple):
        names = getattr(kind, "_fields", ())
    else:
        return {}
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in names}


def builder_of(kind: type) -> Callable[[dict[str, Any]], Any]:
    """What makes a record of its fields, as it was stored.

    A plain pydantic model validates them again, which takes less time than not to; one with validators or aliases of
    its own does not, since these need not take what they have made.
    """
    if issubclass(kind, BaseModel) and not _is_plain(kind):
        return lambda members: kind.model_construct(**members)
    return lambda members: kind(**members)


def _is_plain(kind: type[BaseModel]) -> bool:
    decorators = kind.__pydantic_decorators__
    has_decorators = any(getattr(decorators, field.name) for field in dataclasses.fields(decorators))
    return not has_decorators and not any(field.validation_alias for field in kind.model_fields.values())
