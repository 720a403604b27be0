"""Is every example on the pages run or looked through, or is it said why not?"""

from __future__ import annotations

from pathlib import Path

import pytest

from examples_of_pages import BY_KIND, NOT_RUN, RUN_BY, commands, document, own_test, page_of, reason_not_to_run
from pages import DOCS, Block, blocks_of, pages

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")

ALL = [block for page in pages() for block in blocks_of(page)] if DOCS.exists() else []
each = pytest.mark.parametrize("block", ALL, ids=lambda block: block.name)


@each
def test_an_example_is_run_or_looked_through_or_it_is_said_why_not(block: Block) -> None:
    if own_test(block) is not None:
        return
    if reason_not_to_run(block) is not None:
        pytest.skip(str(reason_not_to_run(block)))
    assert block.kind in BY_KIND, f"{block.name}: run it in a test of its page (RUN_BY), or say in NOT_RUN why not"
    BY_KIND[block.kind](block)


@pytest.mark.parametrize(
    ("page", "kind", "test"),
    [(page, kind, test) for page, found in RUN_BY.items() for kinds, test in found.items() for kind in kinds.split()],
)
def test_the_test_of_a_page_takes_its_examples_from_it(page: str, kind: str, test: str) -> None:
    assert any(page_of(block) == page and block.kind == kind for block in ALL), "there is no such example"
    code = (Path(__file__).parent / test).read_text(encoding="utf-8")
    assert Path(page).name in code
    assert f'"{kind}"' in code or f"```{kind}" in code or kind == "pycon"


def test_what_is_not_run_is_there() -> None:
    reasons = {reason_not_to_run(block) for block in ALL if own_test(block) is None}
    assert set(NOT_RUN.values()) == reasons - {None}
    found = [
        (page, start)
        for page, start in NOT_RUN
        if not any(page_of(block) == page and block.first.startswith(start) for block in ALL)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["modeltrail servin chat", "modeltrail serving chat --on 2025-04-01", "maked test"])
def test_a_command_that_is_none_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|nobody knows"):
        commands(Block(DOCS / "page.md", 1, "sh", line))


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "deployment.deleted", "data": {"deployment": "chat", "when": "now"}}',
        '{"type": "deployment.moved", "data": {}}',
        '{"do": "deployment.change_policy", "deploymint": "chat", "policy": "manual"}',
        '{"do": ',
    ],
)
def test_a_document_that_is_none_is_noticed(text: str) -> None:
    with pytest.raises((AssertionError, KeyError, ValueError)):
        document(Block(DOCS / "page.md", 1, "json", text))
