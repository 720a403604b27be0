"""Is there a break for every rule, and does the code still have the line that it breaks? `make rules` tries them."""

from __future__ import annotations

import ast

import pytest

from break_rules import BREAKS, ROOT, broken, rule_of

ALL = [f"R{number}" for number in range(1, 47)]

in_tree = pytest.mark.skipif(not (ROOT / "domain").exists(), reason="the source tree is not here: the wheel is tested")


def test_every_rule_that_holds_has_its_break() -> None:
    assert list(dict.fromkeys(map(rule_of, BREAKS))) == ALL


@in_tree
@pytest.mark.parametrize("name", BREAKS)
def test_a_break_changes_one_place_and_leaves_valid_python(name: str) -> None:
    code, _ = broken(name)
    before = (ROOT / BREAKS[name].path).read_text(encoding="utf-8")
    assert ast.unparse(ast.parse(code)) != ast.unparse(ast.parse(before))
