"""What does a field of a JSON element hold? Read one by one, each with a sentence for what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.values import Version, to_utc
from modeltrail.problems import problem, shown

_TEXT: TypeAdapter[str] = TypeAdapter(Version)


def member(item: object, *path: str) -> object:
    """What stands at the end of a path of names, null where it does not go on. Raises ValueError with the field."""
    for depth, name in enumerate(path):
        if item is None:
            return None
        if not isinstance(item, Mapping):
            field = ".".join(path[:depth]) or "the row"
            raise ValueError(f"{field}: {shown(item)} is no JSON object: fetch the list again, with all fields")
        item = item.get(name)
    return item


def text_in(item: object, *path: str) -> str | None:
    """A text, null where it is missing or empty. Raises ValueError that names the field."""
    value = member(item, *path)
    if value is None or value == "":
        return None
    field = ".".join(path)
    if not isinstance(value, str):
        raise ValueError(f"{field}: {shown(value)} is no text: fetch the list again, with all fields")
    try:
        return _TEXT.validate_python(value)
    except ValidationError as error:
        raise ValueError(f"{field}: {problem(error)}") from None


def instant_of(item: object, *path: str) -> datetime | None:
    """A moment, null where it is missing; finer parts of a second than microseconds are cut off. Raises ValueError."""
    text = text_in(item, *path)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return to_utc(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except ValueError:
        raise ValueError(f"{'.'.join(path)}: {shown(text)} is no date: it should be as 2025-03-26T14:00:00Z") from None
