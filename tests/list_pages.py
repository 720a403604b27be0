"""In which order does the built site show its pages? In that of docs/index.md: writes `nav` of zensical.toml.

Run as a script (`make pages`) it rewrites the list; tests/test_docs.py demands that it is in step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pages import DOCS, ROOT

INDEX, SETTINGS = DOCS / "index.md", ROOT / "zensical.toml"
NAV = re.compile(r"^nav = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^(?:-|\d+\.) \[([^\]]+)\]\(([^)]+)\)", re.MULTILINE)


def sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each heading of the first page, with the titles and files of the pages below it."""
    _, *parts = re.split(r"^## ", INDEX.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for part in parts:
        heading, _, text = part.partition("\n")
        yield heading, [(" ".join(title.split()), file) for title, file in ENTRY.findall(text)]


def nav() -> str:
    """The list as it stands in the settings."""
    lines = ["nav = [", '  { "modeltrail" = "index.md" },']
    for heading, entries in sections():
        pages = [f"    {{ {json.dumps(title)} = {json.dumps(file)} }}," for title, file in entries]
        lines += [f"  {{ {json.dumps(heading)} = [", *pages, "  ] },"]
    return "\n".join([*lines, "]\n"])


def with_nav(settings: str) -> str:
    """The settings with the list as it is now."""
    return NAV.sub(lambda _: nav(), settings)


if __name__ == "__main__":
    SETTINGS.write_text(with_nav(SETTINGS.read_text(encoding="utf-8")), encoding="utf-8")
