"""Is every rule stated by a test, and does the page of the rules say by which?"""

from __future__ import annotations

import pytest

from list_rules import PAGE, SECTION, marked_tests, with_tests

ALL = [f"R{number}" for number in range(1, 47)]

needs_the_page = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


@pytest.mark.parametrize("rule", ALL)
def test_every_rule_that_holds_is_stated_by_a_test(rule: str) -> None:
    assert marked_tests()[rule], f"no test is marked with rule({rule!r}): write the one that fails without it"


def test_no_test_states_a_rule_that_does_not_exist() -> None:
    assert set(marked_tests()) <= set(ALL)


@needs_the_page
def test_the_page_has_every_rule_once_in_order() -> None:
    assert [section["rule"] for section in SECTION.finditer(PAGE.read_text(encoding="utf-8"))] == ALL


@needs_the_page
def test_every_rule_says_what_is_done_and_where_it_comes_from() -> None:
    for section in SECTION.finditer(PAGE.read_text(encoding="utf-8")):
        for part in ("**What modeltrail does**", "**Source**"):
            assert part in section["text"], f"{section['rule']} has no {part} in docs/reference/rules.md"
        assert "not part of this release" not in section["text"], section["rule"]


@needs_the_page
def test_the_page_lists_the_tests_of_every_rule() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tests(page, marked_tests()), "the lists of tests are out of step: run make rule-tests"
