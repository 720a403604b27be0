"""Does the page on `modeltrail.testing` do what it says? Its tests and its session are run, its laws compared."""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modeltrail import testing

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference" / "testing.md"

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Given the example of the page on adding a projection as a module."""
    monkeypatch.syspath_prepend(str(DOCS / "examples"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = sys.modules.pop("owners", None)
    yield
    sys.modules.pop("owners", None)
    if before is not None:
        sys.modules["owners"] = before


def test_the_session_gives_what_it_shows() -> None:
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(parsed.examples) > 10
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed).failed == 0


@pytest.mark.usefixtures("examples")
def test_the_tests_of_the_page_pass() -> None:
    whole, by_law = blocks("python")
    found: dict[str, Any] = {}
    exec(whole, found)
    found["test_owners"]()
    exec(by_law, found)
    (mark,) = found["test_owners"].pytestmark
    assert mark.args == ("law", testing.LAWS)
    for law in testing.LAWS:
        found["test_owners"](law)


def test_the_table_has_every_law_with_its_sentence() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", page(), re.MULTILINE)
    assert rows == [(law.name, law.sentence) for law in testing.LAWS]


def test_everything_that_is_public_is_named_as_it_is() -> None:
    functions = page().partition("## Functions")[2]
    named = re.findall(r"^`(\w+)(\(.*\))?`$", functions, re.MULTILINE)
    assert {name for name, _ in named} == set(testing.__all__) - {"Law"}
    for name, arguments in named:
        if arguments:
            signature = inspect.signature(getattr(testing, name))
            bare = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
            assert str(inspect.Signature(bare)) == arguments
