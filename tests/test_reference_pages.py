"""Do the pages of events and of Python say what the code does, of every event and every public name?"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import list_events
import list_python
import modeltrail
from event_meanings import MEANINGS
from modeltrail.domain.events import EVENT_TYPES, ExportRow
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Rules
from public_names import ATTRIBUTES, INNER, Alias, code_of, members, public

needs_the_pages = pytest.mark.skipif(not list_events.PAGE.exists(), reason="docs/ is not here: the wheel is tested")
OBJECTS = [one for one in public() if not isinstance(one, Alias)]


@needs_the_pages
@pytest.mark.parametrize("script", [list_events, list_python], ids=["events", "python"])
def test_the_page_is_in_step_with_the_code(script: Any) -> None:
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), "out of step: run make pages"


def test_every_event_stands_under_a_heading_once() -> None:
    page = list_events.page()
    assert {name: page.count(f"\n### {name}\n") for name in EVENT_TYPES} == dict.fromkeys(EVENT_TYPES, 1)


def test_every_meaning_is_that_of_a_field() -> None:
    owners: list[Any] = [*EVENT_TYPES.values(), Rules, ExportRow]
    names = {name for owner in owners for name in owner.model_fields} | {*Fact._fields, "type", "data"}
    kinds = {kind.__name__ for owner in [*owners, Fact] for kind in owner.__mro__}
    assert {key.rpartition(".")[2] for key in MEANINGS} == names - {"event"}
    assert {key.partition(".")[0] for key in MEANINGS if "." in key} <= kinds


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one.__name__)
def test_every_public_name_says_what_it_is(one: Any) -> None:
    named = [(one.__name__, one), *(members(one) if inspect.isclass(one) else ())]
    assert [name for name, member in named if not inspect.getdoc(code_of(member))] == []


def test_what_is_offered_at_the_front_is_on_the_page() -> None:
    headings = set(list_python.page().splitlines())
    raised = {one.__name__ for one in OBJECTS if list_python.heading(one) == "What is raised"}
    assert {name for name in modeltrail.__all__ if f"### {name}" not in headings} <= raised


def test_what_is_called_inner_exists() -> None:
    classes: dict[str, Any] = {one.__name__: one for one in OBJECTS if inspect.isclass(one)}
    assert [f"{name}.{one}" for name, inner in INNER.items() for one in inner if not hasattr(classes[name], one)] == []
    assert ATTRIBUTES.keys() <= classes.keys()
