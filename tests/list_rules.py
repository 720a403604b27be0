"""Which tests state which rule? Reads the marks, and writes the lists of tests in docs/reference/rules.md.

Run as a script (`make rule-tests`) it rewrites the lists; tests/test_rules_covered.py demands that they are in step.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reference" / "rules.md"
SECTION = re.compile(
    r"^(?P<text>### (?P<rule>R\d+)\b(?:(?!^#).)*?)^\*\*Tests\*\*(?P<tests>(?:(?!^#).)*)", re.MULTILINE | re.DOTALL
)
NO_TESTS = "**Tests**: none."

Places = dict[str, list[tuple[str, str]]]
"""By rule: the file of each test, as the page names it, and the test's name."""


def marks(node: ast.AST) -> Iterator[str]:
    """The rules that are named in marks anywhere below a node. Raises ValueError for one that is no plain text."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("mark.rule"):
            continue
        for argument in call.args:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                raise ValueError(f"line {call.lineno}: write the rule as a plain text, such as rule('R19')")
            yield argument.value


def marked(node: ast.stmt, within: str = "") -> Iterator[tuple[str, str]]:
    """The rule and the name of each test that a statement marks."""
    if isinstance(node, ast.ClassDef):
        for decorator in node.decorator_list:
            yield from ((rule, node.name) for rule in marks(decorator))
        for inner in node.body:
            yield from marked(inner, f"{node.name}.")
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from ((rule, f"{within}{node.name}") for rule in marks(node))
    else:
        yield from ((rule, f"{within}all tests") for rule in marks(node))


def marked_tests() -> Places:
    """Every marked test, in the order of the files."""
    places: Places = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        name = f"tests/{path.relative_to(TESTS).as_posix()}"
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            for rule, test in marked(statement):
                if (name, test) not in places[rule]:
                    places[rule].append((name, test))
    return places


def listing(tests: list[tuple[str, str]]) -> str:
    """The list of tests as the page shows it."""
    if not tests:
        return NO_TESTS
    by_file: dict[str, list[str]] = defaultdict(list)
    for file, test in tests:
        by_file[file].append(f"`{test}`")
    return "\n".join(["**Tests**", "", *(f"- `{file}`: {', '.join(names)}" for file, names in by_file.items())])


def with_tests(page: str, places: Places) -> str:
    """The page with the list of tests of every rule as it is now."""

    def renewed(section: re.Match[str]) -> str:
        return f"{section['text']}{listing(places.get(section['rule'], []))}\n\n"

    return SECTION.sub(renewed, page).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_tests(PAGE.read_text(encoding="utf-8"), marked_tests()), encoding="utf-8")
