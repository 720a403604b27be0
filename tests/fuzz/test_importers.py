"""Does an importer withstand whatever it is given? A file is read, or refused as a whole with a sentence (R40, R41).

`make test` tries a few broken files, the same ones each time; `make fuzz` tries new ones for as long as one lets it.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from datetime import UTC, datetime, timedelta
from inspect import isabstract
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modeltrail.imports
from fuzz.breaking import broken_bytes, broken_list
from fuzz.targets import TARGETS, Target
from modeltrail import Trail
from modeltrail.domain.model import models_concerned
from modeltrail.imports.exports import Export
from modeltrail.read import Read

NIGHT = datetime(2025, 3, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEW = settings(max_examples=40) if settings().derandomize else settings()
"""How many: in `make test` few, else as many as the profile says."""

names = pytest.mark.parametrize("name", sorted(TARGETS))


def importers() -> set[str]:
    """The names of all importers of exports that the library has."""
    for module in pkgutil.iter_modules(modeltrail.imports.__path__, "modeltrail.imports."):
        importlib.import_module(module.name)
    found, ahead = set(), [Export]
    while ahead:
        kind = ahead.pop()
        ahead += kind.__subclasses__()
        if not isabstract(kind) and kind.__module__.startswith("modeltrail.imports."):
            found.add(kind.name)
    return found


def read(trail: Trail, target: Target, content: bytes, nights: int) -> Read:
    """Import the export of a night."""
    at = NIGHT + timedelta(days=nights)
    return trail.read_export(target.make(), BytesIO(content), observed_at=at, by="alice@example.com")


def survives(target: Target, content: bytes) -> None:
    """What holds of any file, between two valid ones."""
    valid = json.dumps(target.valid).encode()
    with Trail.open("memory:", clock=lambda: NOW) as trail:
        read(trail, target, json.dumps(target.valid[:2]).encode(), 0)
        before = trail.log.end().position
        try:
            taken = read(trail, target, content, 1)
        except ValueError as error:
            is_sentence(str(error))
            assert trail.log.end().position == before, "it was refused, and something of it is recorded"
        else:
            each_row_is_read_or_put_aside(target, content, taken)
        following = read(trail, target, valid, 2)
        assert (following.rows, following.quarantined) == (len(target.valid), [])
        found = trail.log.verify()
        assert found.ok, found.reason
        trail.at().deployments()
        for model in {model for fact in trail.events() for model in models_concerned(fact.event)}:
            trail.at().model(model)


def is_sentence(text: str) -> None:
    """It says in one line what is wrong."""
    assert len(text.split()) >= 4 and text.isprintable(), f"no sentence: {text!r}"


def each_row_is_read_or_put_aside(target: Target, content: bytes, taken: Read) -> None:
    """No element of a file goes missing. A word that is not finished after the list is none, to one parser or other."""
    given, _ = json.JSONDecoder().raw_decode(content.removeprefix(b"\xef\xbb\xbf").decode().lstrip())
    rows = list(target.make().elements(BytesIO(content)))
    assert taken.rows == len(rows) == len(given if isinstance(given, list) else given["value"])
    aside = {problem.row for problem in taken.quarantined}
    for problem in taken.quarantined:
        is_sentence(problem.reason)
    for number, row in enumerate(rows, start=1):
        if number not in aside:
            target.make().read(row)


def test_every_importer_is_fuzzed() -> None:
    assert importers() == set(TARGETS)


@names
@FEW
@given(data=st.data())
def test_elements_that_are_broken_are_read_or_put_aside_and_the_next_export_is_read(
    name: str, data: st.DataObject
) -> None:
    survives(TARGETS[name], data.draw(broken_list(list(TARGETS[name].valid))))


@names
@FEW
@given(data=st.data())
def test_bytes_that_are_broken_are_read_or_refused_and_the_next_export_is_read(name: str, data: st.DataObject) -> None:
    survives(TARGETS[name], data.draw(broken_bytes(json.dumps(TARGETS[name].valid, indent=1).encode())))
