"""Does the page of the projections name every built-in one, its question, its key and every column of its row?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest

from modeltrail.codecs import fields_of
from modeltrail.projections.built_in import ALL
from modeltrail.projections.projection import Projection

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "projections.md"
COLUMN = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>[^|]+) \| [^|]+ \|$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")
each = pytest.mark.parametrize("projection", ALL, ids=lambda one: one.name)


def sections() -> dict[str, str]:
    """The text of each projection by its name."""
    _, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part for part in parts}


def part(projection: Projection[Any], name: str) -> str:
    """A paragraph that begins with a name in bold, on one line."""
    paragraphs = sections()[projection.name].split("\n\n")
    (found,) = [text for text in paragraphs if text.startswith(f"**{name}**: ")]
    return " ".join(found.removeprefix(f"**{name}**: ").split())


def test_the_page_has_every_built_in_projection_in_order() -> None:
    assert list(sections()) == [projection.name for projection in ALL]


@each
def test_the_page_says_the_question_and_the_key(projection: Projection[Any]) -> None:
    assert part(projection, "Question") == projection.question
    assert part(projection, "Key").startswith(", ".join(f"`{name}`" for name in projection.key_names))
    assert part(projection, "Odd events")


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


@each
def test_the_page_has_every_column_of_the_row_and_says_which_may_be_null(projection: Projection[Any]) -> None:
    types = {found["name"]: found["type"] for found in COLUMN.finditer(sections()[projection.name])}
    columns = {name: type(None) in get_args(_plain(hint)) for name, hint in fields_of(projection.row).items()}
    assert list(types) == list(columns)
    assert {name: said.endswith(" or null") for name, said in types.items()} == columns
