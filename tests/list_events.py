"""What can be recorded, and with which fields? Writes docs/reference/events.md from the code.

Run as a script (`make pages`) it rewrites the page; tests/test_event_page.py demands that it is in step. What a field
means stands in `event_meanings`; a field without a meaning is an error.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from event_meanings import MEANINGS
from list_commands import table
from log.examples import EXAMPLES
from modeltrail.domain import events, values
from modeltrail.domain.events import EVENT_TYPES, Event
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Rules

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reference" / "events.md"
GOLDEN = TESTS / "golden" / "events.jsonl"

KINDS: tuple[tuple[str, Any, str], ...] = (
    ("moment", values.Instant, "text such as `2025-03-26T14:00:00Z`, always UTC (R5)"),
    ("model name", values.ModelName, "`catalogue/name` (R1)"),
    ("deployment name", values.DeploymentName, "the name that its owner gave, or an ARM id in lower case (R3)"),
    ("version", values.Version, "opaque text; empty only where a model has no named versions (R2)"),
    ("name", values.Name, "printable text of 1 to 1,000 characters"),
    ("text", values.Text, "free text of at most 100,000 characters"),
    ("digest", values.Digest, "a SHA-256 in 64 hexadecimal digits"),
    ("days", values.Days, "a whole number of days of 24 hours (R5)"),
    ("positions", values.Positions, "a list of places in the log"),
)
"""What fields consist of: the word of the page, the type, and how it is stored."""
SECTIONS: tuple[tuple[str, str], ...] = (
    ("model.", "Models and their versions"),
    ("deployment.", "Deployments"),
    ("catalogue.", "Catalogues"),
    ("export.", "Readings of exports"),
    ("import.", "What could not be read"),
    ("review.", "Review"),
    ("log.", "Corrections"),
)
"""The beginnings of stored names, and under which heading they stand."""
INTRODUCTION = """# Events

What can be recorded, as it is stored. A stored name and its fields mean the same for ever; new fields may be left out.
A field that was left out is not stored, unless the page says what it is then: that is stored. This page is made from
the code by `tests/list_events.py`; the examples are those whose bytes the tests hold fast.

In Python an event is a class of `modeltrail.domain.events`, such as `VersionReleased`. The verbs that record it are in
[Python](python.md), and as lines of JSON in [the command line](command-line.md#the-verbs-of-apply)."""


def type_in_words(kind: Any) -> str:
    """The type of a field as the page says it."""
    for word, known, _ in KINDS:
        if kind == known:
            return word
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value) if value is True else value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return ", ".join(type_in_words(one) for one in inner if one is not type(None))
    if hasattr(kind, "__metadata__"):
        return type_in_words(inner[0])
    if origin is tuple:
        if len(inner) == 2 and inner[1] is not Ellipsis:
            return f"pair of {type_in_words(inner[0])} and {type_in_words(inner[1])}"
        return f"list of {type_in_words(inner[0])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.__name__
    return {int: "number", bool: "true or false", str: "text", dict: "object"}[kind]


def meaning(owner: type, name: str) -> str:
    """What a field of an event means. Raises LookupError for one that nobody has explained."""
    for kind in owner.__mro__:
        if f"{kind.__name__}.{name}" in MEANINGS:
            return MEANINGS[f"{kind.__name__}.{name}"]
    if name not in MEANINGS:
        raise LookupError(f"nobody says what {owner.__name__}.{name} means: write it into tests/event_meanings.py")
    return MEANINGS[name]


def default_in_words(field: Any) -> str:
    """Whether a field may be left out, and what it is then."""
    if field.is_required():
        return "no"
    if field.default is None or field.default == ():
        return "yes"
    return f"yes: `{field.default}`"


def field_rows(owner: type[BaseModel]) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, whether it may be left out, and meaning of each field."""
    hints = get_type_hints(owner, include_extras=True)
    for name, field in owner.model_fields.items():
        yield f"`{name}`", type_in_words(hints[name]), default_in_words(field), meaning(owner, name)


def fields(owner: type[BaseModel]) -> str:
    return table(("field", "type", "may be left out", "meaning"), field_rows(owner))


def example(kind: type[Event]) -> str:
    """The example of an event that has the most fields, as it is stored."""
    fullest = max((one for one in EXAMPLES if type(one) is kind), key=lambda one: len(one.data()))
    return as_json({"type": kind.type, "data": fullest.data()})


def as_json(document: object) -> str:
    return f"```json\n{json.dumps(document, indent=2, sort_keys=True)}\n```"


def said(owner: type) -> str:
    """What the docstring of a class says, as a paragraph each."""
    return inspect.getdoc(owner) or ""


def stream_of(kind: type[Event]) -> str:
    """In which stream an event is: that of its example."""
    return next(one for one in EXAMPLES if type(one) is kind).stream.partition("/")[0]


def event_section(kind: type[Event]) -> str:
    where = f"`{kind.__name__}`, in the stream `{stream_of(kind)}/...`."
    if kind is events.FactRetracted:
        where = f"`{kind.__name__}`, in the stream of the fact that it retracts."
    return "\n\n".join([f"### {kind.type}", said(kind), where, fields(kind), example(kind)])


def fact_rows() -> Iterator[tuple[str, str, str, str]]:
    """The members of a stored fact: the fields of `Fact`, with its event as `type` and `data`."""
    hints = get_type_hints(Fact, include_extras=True)
    optional = Fact._field_defaults
    for name in Fact._fields:
        if name == "event":
            yield "`type`", "name", "no", meaning(Fact, "type")
            yield "`data`", "object", "no", meaning(Fact, "data")
        else:
            kind = "moment" if name.endswith("_at") else type_in_words(hints[name])
            yield f"`{name}`", kind, "yes" if name in optional else "no", meaning(Fact, name)


def page() -> str:
    """The whole page."""
    stored = json.loads(GOLDEN.read_text(encoding="utf-8").splitlines()[0])
    parts = [
        INTRODUCTION,
        "## A fact as it is stored",
        "One JSON object with sorted keys, without spaces (RFC 8785). What was not given is left out; nothing is null "
        "but\n`preview_delay_days`.",
        table(("member", "type", "may be left out", "meaning"), fact_rows()),
        as_json(stored),
        "## Kinds of values",
        table(("kind", "what it is"), ((word, about) for word, _, about in KINDS)),
    ]
    kinds = [one for one in vars(events).values() if one in EVENT_TYPES.values()]
    for beginning, heading in SECTIONS:
        parts += [f"## {heading}", *(event_section(kind) for kind in kinds if kind.type.startswith(beginning))]
    parts += [
        "## Objects within events",
        *(f"### {owner.__name__}\n\n{said(owner)}\n\n{fields(owner)}" for owner in (Rules, events.ExportRow)),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
