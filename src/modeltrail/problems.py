"""What does an error say to a person? One sentence that names the field and the way out, never a dump."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.values import Instant

SHOWN_LENGTH = 60
"""How much of a value that cannot be used is shown, in characters."""
Date = datetime | str
"""A moment with its time zone, or its text; a day is its midnight in UTC."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def problem(error: BaseException) -> str:
    """The sentence of an error. Of pydantic's, the first problem, with its field and the value."""
    if isinstance(error, ValidationError):
        return _first_problem(error)
    if isinstance(error, UnicodeDecodeError):
        return f"this is not UTF-8 text (byte {error.start + 1}): save it as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"this is no JSON ({error.msg.lower()}, column {error.colno}): write one JSON object, such as {{...}}"
    if isinstance(error, RecursionError):
        return "this is nested too deeply: write it flat"
    if isinstance(error, OverflowError):
        return "a date lies outside of the years 1 to 9999: name another one"
    if isinstance(error, OSError) and error.strerror is not None:
        reason = error.strerror.lower()
        return reason if error.filename is None else f"{error.filename}: {reason}: name another file"
    return str(error) or type(error).__name__


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{field} is unknown: leave it out"
    if first["type"] == "missing":
        return f"{field} is missing: give it"
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] != "value_error":
        said = f"{shown(first['input'])} cannot be used: {demand(error)}"
    return f"{field}: {said}" if field else said


def demand(error: ValidationError) -> str:
    """What pydantic asks for, said of the value."""
    message = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
    _, should, what = message.partition(" should ")
    return f"it should {what}" if should else message


def instant(field: str, text: str) -> datetime:
    """The moment that a text states (R5). Raises ValueError that names the field and the way out."""
    try:
        return _INSTANT.validate_python(text)
    except ValidationError as error:
        raise ValueError(f"{field}: {problem(error)}") from None


def moment_of(moment: Date) -> datetime:
    """A moment, or what a text states (R5). Raises ValueError with the way out."""
    try:
        return _INSTANT.validate_python(moment)
    except ValidationError as error:
        raise ValueError(problem(error)) from None


def shown(value: object) -> str:
    """A value as it is shown in a message: JSON where that is possible, and not too much of it."""
    try:
        text = json.dumps(value, ensure_ascii=True)
    except RecursionError:
        return "what is nested too deeply to be shown"
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."
