"""What does a field of a JSON element hold? Read one by one, each with a sentence for what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.values import Version, to_utc
from modeltrail.problems import problem, shown

_text = TypeAdapter[str](Version).validator.validate_python
"""A text that can be stored; called for each field of each row."""
NAME_LENGTH = 1_000
"""How many characters a name may have."""


def member(item: object, *path: str) -> object:
    """What stands at the end of a path of names, null where it does not go on. Raises ValueError with the field."""
    for name in path:
        if type(item) is dict:
            item = item.get(name)
        elif item is None:
            return None
        else:
            field = ".".join(path[: path.index(name)]) or "the row"
            raise ValueError(f"{field}: {shown(item)} is no JSON object: fetch the list again, with all fields")
    return item


def text_in(item: object, *path: str) -> str | None:
    """A text, null where it is missing or empty. Raises ValueError that names the field."""
    value = member(item, *path)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{'.'.join(path)}: {shown(value)} is no text: fetch the list again, with all fields")
    try:
        found: str = _text(value)
    except ValidationError as error:
        raise ValueError(f"{'.'.join(path)}: {problem(error)}") from None
    return found


def storable(name: str, prefix: str, *path: str) -> str:
    """A name that is short enough to be stored behind a prefix, such as that of its stream. Raises ValueError."""
    if len(prefix) + len(name) > NAME_LENGTH:
        raise ValueError(f"{'.'.join(path)}: {shown(name)} is too long to be a name: ask the source what it is")
    return name


def instant_of(item: object, *path: str) -> datetime | None:
    """A moment, null where it is missing; finer parts of a second than microseconds are cut off. Raises ValueError."""
    text = text_in(item, *path)
    if text is None:
        return None
    try:
        return _moment(text)
    except ValueError:
        raise ValueError(f"{'.'.join(path)}: {shown(text)} is no date: it should be as 2025-03-26T14:00:00Z") from None


@lru_cache(maxsize=4_096)
def _moment(text: str) -> datetime:
    """The moment that a text states; few dates stand in very many rows."""
    moment = datetime.fromisoformat(text)
    return to_utc(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
