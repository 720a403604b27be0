"""What does one write in Python? Writes docs/reference/python.md from the code: every public name, with its sentence.

Which names are public is found by `public_names`.

Run as a script (`make pages`) it rewrites the page; tests/test_python_page.py demands that it is in step.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import modeltrail
from list_commands import ANSWERS, table
from modeltrail.projections.models import Answer
from public_names import ATTRIBUTES, BUILT, Alias, code_of, members, public

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "python.md"

INTRODUCTION = """# Python

Every public class and function, with its signature and what it does. This page is made from the code by
`tests/list_python.py`; what is not on it may change in any version. In answers and signatures `null` is `None`, and a
tuple of names such as `tuple[Fact, ...]` has any length. Values that are recorded are in [Events](events.md), the laws
for projections in [modeltrail.testing](testing.md)."""
HEADINGS = {
    "The trail": ("Trail", "Status", "Taken"),
    "Recording": ("Recording", "ModelVerbs", "DeploymentVerbs", "CatalogueVerbs", "Rules", "Fact"),
    "Asking": ("Moment",),
    "Answers": (),
    "The engine and its hosts": ("Move", "Postpone", "Fail", "Advanced", "Overdue", "Recorded", "Place"),
    "Projections": (
        "Projection",
        "View",
        "Rows",
        "Span",
        "Difference",
        "Projected",
        "Found",
        "DeadLetter",
        "ProjectionStatus",
    ),
    "The log and its proofs": ("Log", "Checkpoint", "Verification", "InclusionProof", "flaw"),
    "Importing": ("read_notices", "needs_your_eye", "Read", "Problem"),
    "What is raised": (),
    "Other classes": (),
    "Names for types": (),
}
"""What stands under which heading; for the rest `heading` says it."""


def heading(one: Any) -> str:
    """Under which heading a public name stands."""
    for name, listed in HEADINGS.items():
        if one.__name__ in listed:
            return name
    if inspect.isclass(one) and issubclass(one, BaseException):
        return "What is raised"
    if inspect.isclass(one) and issubclass(one, Answer):
        return "Answers"
    return "Importing" if one.__module__.startswith("modeltrail.imports") else "Other classes"


def place(one: Any) -> int:
    """Where a public name stands under its heading."""
    listed = HEADINGS[heading(one)]
    return listed.index(one.__name__) if one.__name__ in listed else len(listed)


def signature(function: Any, name: str, *, gives: bool = True) -> str:
    """A signature as one writes the call, with the types of the code."""
    found = inspect.signature(function)
    shown = found.replace(parameters=[one for one in found.parameters.values() if one.name not in ("self", "cls")])
    if not gives:
        shown = shown.replace(return_annotation=inspect.Signature.empty)
    text = re.sub(r"<function (\w+) at \w+>", r"\1", str(shown).replace("'", '"'))
    return name + re.sub(r"(?<=: )\"([^\"]+)\"|(?<=-> )\"([^\"]+)\"", lambda found: found[1] or found[2], text)


def sentence(one: Any) -> str:
    """What a docstring says; its examples become a session that the tests run."""
    paragraphs = (inspect.getdoc(one) or "").split("\n\n")
    return "\n\n".join(f"```pycon\n{text}\n\n```" if text.startswith(">>>") else text for text in paragraphs)


def field_table(owner: type) -> list[str]:
    """The fields of a class that is a list of fields; of an answer, where its JSON is explained."""
    for command, _, owners in ANSWERS:
        if owner in owners:
            return [f"Its fields are those of the [JSON](command-line.md#json-of-{command.replace(' ', '-')})."]
    rows = [(f"`{name}`", f"`{kind}`") for name, kind in fields(owner)]
    return [table(("field", "type"), rows)] if rows else []


def fields(owner: type) -> Iterator[tuple[str, str]]:
    """Name and type, as written, of each field."""
    names: Sequence[str] = ()
    if issubclass(owner, BaseModel):
        names = list(owner.model_fields)
    elif dataclasses.is_dataclass(owner):
        names = [one.name for one in dataclasses.fields(owner)]
    elif issubclass(owner, tuple):
        names = vars(owner).get("_fields", ())
    written = {name: kind for base in owner.__mro__ for name, kind in inspect.get_annotations(base).items()}
    for name in names:
        yield name, str(getattr(written[name], "__forward_arg__", written[name]))


def member(name: str, one: Any) -> str:
    """A method or property of a class."""
    function = code_of(one)
    if isinstance(one, property):
        gives = inspect.signature(function).return_annotation
        return f"**`{name}: {gives}`**\n\n{sentence(function)}"
    return f"**`{signature(function, name)}`**\n\n{sentence(function)}"


def section(one: Any) -> str:
    """A class or a function."""
    name = one.__name__
    where = "modeltrail" if vars(modeltrail).get(name) is one else one.__module__
    parts = [f"### {name}", f"`from {where} import {name}`"]
    if not inspect.isclass(one):
        return "\n\n".join([*parts, f"**`{signature(one, name)}`**", sentence(one)])
    parts.append(sentence(one).replace("```pycon\n", f"```pycon\n>>> from {where} import {name}\n"))
    if one in BUILT:
        parts.append(f"**`{signature(vars(one)['__init__'], name, gives=False)}`**")
    if issubclass(one, BaseException):
        return "\n\n".join(parts)
    read = [f"**`{name}: {kind}`**\n\n{meaning}" for name, kind, meaning in ATTRIBUTES.get(name, ())]
    return "\n\n".join([*parts, *field_table(one), *read, *(member(*found) for found in members(one))])


def in_a_line(one: Any) -> str:
    return " ".join(sentence(one).split())


def raised() -> str:
    """Every exception in a line."""
    found = [one for one in public() if not isinstance(one, Alias) and heading(one) == "What is raised"]
    rows = [(f"`{one.__name__}`", f"`{one.__base__.__name__}`", f"`{one.__module__}`", in_a_line(one)) for one in found]
    return table(("name", "is a", "in", "meaning"), sorted(rows))


def aliases() -> str:
    """Every name for a type in a line."""
    rows = [(f"`{one.name}`", f"`{_plain(one.written)}`", one.meaning) for one in public() if isinstance(one, Alias)]
    return table(("name", "stands for", "meaning"), sorted(rows))


def _plain(written: str) -> str:
    """A type without what checks its values."""
    found = re.match(r"Annotated\[(\w+), ", written)
    return written if found is None else found[1].replace("_Filled", "str")


def page() -> str:
    """The whole page."""
    objects = [one for one in public() if not isinstance(one, Alias)]
    parts = [INTRODUCTION]
    for name in HEADINGS:
        listed = sorted((one for one in objects if heading(one) == name), key=place)
        own = {"What is raised": raised, "Names for types": aliases}.get(name)
        if own is not None:
            parts += [f"## {name}", own()]
        elif listed:
            parts += [f"## {name}", *map(section, listed)]
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
