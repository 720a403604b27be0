"""Which examples stand on the pages? Their fenced blocks, with the page, the line and the language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page: its language, the line on which it begins, and its text."""

    page: Path
    line: int
    kind: str
    text: str

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]

    @property
    def name(self) -> str:
        """Where it is, as people write it."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Every fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, found.start()) + 1, found["kind"], found["text"])


def blocks(page: Path, kind: str) -> list[str]:
    """The texts of the blocks of one language."""
    return [block.text for block in blocks_of(page) if block.kind == kind]


def pages() -> list[Path]:
    """The README and all pages of docs/."""
    return sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
