"""Does the page on writing an importer do what it says? Its importer and its session are run as they stand."""

from __future__ import annotations

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("ijson")

DOCS = Path(__file__).parents[2] / "docs"
PAGE, EXAMPLE = DOCS / "how-to" / "write-an-importer.md", DOCS / "examples" / "gateway_routes.py"

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Given the example as a module that can be imported."""
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    sys.modules.pop(EXAMPLE.stem, None)


def test_the_page_shows_the_importer_as_it_is() -> None:
    assert blocks("python") == [EXAMPLE.read_text(encoding="utf-8")], f"{PAGE.name}: put the file in again"


@pytest.mark.usefixtures("example")
def test_the_session_gives_what_it_shows() -> None:
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(parsed.examples) > 10
    assert doctest.DocTestRunner().run(parsed).failed == 0
