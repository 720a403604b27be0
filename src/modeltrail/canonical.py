"""Which bytes is a fact, for ever? One canonical JSON object (RFC 8785): sorted keys, compact, UTF-8, no null members.

The keys are ASCII, the numbers are integers below 2^53 and no text holds half of a surrogate pair; a plain sorted
encoder then equals RFC 8785. A type is found by its stored name in `EVENT_TYPES` alone: reading imports nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from modeltrail.domain.events import EVENT_TYPES, Event
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Mode

encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
"""The canonical text of a JSON value."""
_NESTED = frozenset({dict, list})
_READERS = {name: event.__pydantic_validator__.validate_python for name, event in EVENT_TYPES.items()}
"""What makes an event of its fields, by its stored name."""


def is_canonical(body: bytes, members: object) -> bool:
    """Whether bytes that were read as these members are canonical: the text of `encode`, found out more cheaply."""
    return to_json(members) == body and _in_order(members)


def _in_order(value: object) -> bool:
    if isinstance(value, dict):
        if list(value) != sorted(value):
            return False
        value = value.values()
    elif not isinstance(value, list):
        return True
    for member in value:  # noqa: SIM110 (all() and a generator take half as long again)
        if type(member) in _NESTED and not _in_order(member):
            return False
    return True


class Undecodable(ValueError):
    """Stored bytes that are no fact, or one of a type that this version does not know."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The text of a fact before it has a place: what is known beforehand, with a seam for what only the log can say.

    Encoding happens before the write transaction, so that other writers wait only for the sealing.
    """

    stream: str
    before_times: str
    mode: str
    before_version: str
    after_version: str

    def seal(self, *, position: int, stream_version: int, effective_at: str, known_at: str, recorded_at: str) -> bytes:
        """The canonical bytes of the fact in its place."""
        return (
            f'{self.before_times}"effective_at":"{effective_at}","known_at":"{known_at}","mode":"{self.mode}",'
            f'"position":{position},"recorded_at":"{recorded_at}",'
            f'{self.before_version}"stream_version":{stream_version},{self.after_version}'
        ).encode()


def envelope(
    event: Event,
    *,
    mode: Mode,
    by: str,
    why: str | None = None,
    source: str | None = None,
    command_id: str | None = None,
) -> Envelope:
    """The envelope of an event (R42). Raises ValueError for a text that UTF-8 cannot hold."""
    stream = event.stream
    before_times = f'{{"by":{encode(by)},{_member("command_id", command_id)}"data":{encode(event.data())},'
    before_version = f'{_member("source", source)}"stream":{encode(stream)},'
    after_version = f'"type":"{event.type}"{_last_member("why", why)}}}'
    try:
        (before_times + before_version + after_version).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a surrogate pair and cannot be stored: repair its encoding") from None
    return Envelope(stream, before_times, mode, before_version, after_version)


def _member(name: str, value: str | None) -> str:
    return "" if value is None else f'"{name}":{encode(value)},'


def _last_member(name: str, value: str | None) -> str:
    return "" if value is None else f',"{name}":{encode(value)}'


def decode(body: bytes) -> Fact:
    """The fact that these bytes are. Runs no rule of the domain, so that no later rule makes history unreadable (R43).

    Raises Undecodable for broken bytes, missing members and unknown types or fields.
    """
    try:
        members = from_json(body)
        read = _READERS.get(members["type"])
        if read is None:
            raise Undecodable(f"the type {members['type']!r} is unknown: a newer modeltrail may have written it")
        optional = members.get
        return Fact(
            members["position"],
            members["stream"],
            members["stream_version"],
            read(members["data"]),
            datetime.fromisoformat(members["effective_at"]),
            datetime.fromisoformat(members["known_at"]),
            datetime.fromisoformat(members["recorded_at"]),
            members["mode"],
            members["by"],
            optional("why"),
            optional("source"),
            optional("command_id"),
        )
    except Undecodable:
        raise
    except ValidationError as error:
        raise Undecodable(_first_problem(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Undecodable(f"{type(error).__name__}: {error}") from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in problem["loc"])
    return f"{problem['msg']} (data.{place} of {error.title})"
