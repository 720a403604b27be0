"""Does the page on whose word counts do what it shows? Its session and its line are run as they stand."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from modeltrail import Trail
from modeltrail.apply import apply_lines
from modeltrail.domain.events import TrustChanged

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "declare-trust.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.rule("R13")
def test_the_session_gives_what_it_shows() -> None:
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(parsed.examples) > 10
    assert doctest.DocTestRunner().run(parsed).failed == 0


@pytest.mark.rule("R13")
def test_the_line_declares_the_order_of_the_session() -> None:
    (line,) = blocks("json")
    with Trail.open("memory:") as trail:
        (outcome,) = apply_lines(trail, [line.encode()], by="alice@example.com")
        (fact,) = trail.events()
    sources = ("azure-models", "https://learn.microsoft.com")
    assert outcome.problem is None
    assert fact.event == TrustChanged(catalogue="azure-openai", sources=sources)
    assert f"trust{sources}".replace("'", '"') in "".join(blocks("pycon"))
