"""Do the links of the pages lead somewhere, and is every page within reach of the first?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from list_pages import SETTINGS, with_nav

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def text_of(page: Path) -> str:
    """The text of a page without its examples of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link can name behind `#`: headings in lower case, words joined by hyphens."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text_of(page)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor of every link within the repository."""
    for link in LINK.findall(text_of(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield ((page.parent / path).resolve() if path else page, anchor)


def pages() -> list[Path]:
    return sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target.name}#{anchor}"
        for page in pages()
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert broken == []


def test_every_page_is_within_reach_of_the_first() -> None:
    reached: set[Path] = set()
    ahead = {(DOCS / "index.md").resolve()}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        ahead |= {target for target, _ in links(page) if target.suffix == ".md"} - reached
    assert {page for page in pages() if DOCS in page.parents} - reached == set()


def test_the_built_site_has_the_order_of_the_first_page() -> None:
    settings = SETTINGS.read_text(encoding="utf-8")
    assert settings == with_nav(settings), "out of step: run make pages"
    (first, *sections) = tomllib.loads(settings)["project"]["nav"]
    assert first == {"modeltrail": "index.md"}
    assert [*map(list, sections)] == [["Tutorial"], ["How-to"], ["Reference"], ["Explanation"], ["Decisions"]]


def test_pages_link_to_pages_only() -> None:
    outside = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in DOCS.rglob("*.md")
        for target, _ in links(page)
        if DOCS not in target.parents
    ]
    assert outside == [], "the built site has no other files: name them as code instead"
