"""Is there a break for every rule, and does the code still have the line that it breaks? `make rules` tries them."""

from __future__ import annotations

import ast

import pytest

from break_rules import BREAKS, ROOT, broken

LATER = {"R40"}
"""Not part of this release."""
ALL = [f"R{number}" for number in range(1, 47)]

in_tree = pytest.mark.skipif(not (ROOT / "domain").exists(), reason="the source tree is not here: the wheel is tested")


def test_every_rule_that_holds_has_its_break() -> None:
    assert list(BREAKS) == [rule for rule in ALL if rule not in LATER]


@in_tree
@pytest.mark.parametrize("rule", BREAKS)
def test_the_break_of_a_rule_changes_one_place_and_leaves_valid_python(rule: str) -> None:
    code, _ = broken(rule)
    before = (ROOT / BREAKS[rule].path).read_text(encoding="utf-8")
    assert ast.unparse(ast.parse(code)) != ast.unparse(ast.parse(before))
