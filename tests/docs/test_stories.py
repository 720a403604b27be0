"""Do the five real stories come out as they stand on their page, asked on the command line of the demo's log?

As a script it writes what the commands print into the page.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consoles import played, printed
from pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "five-stories.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


def begin() -> None:
    """What the page begins with: the demo, which leaves its log, and the store that the commands after it ask."""
    (first,) = blocks(PAGE, "sh")
    for line in first.splitlines():
        words = line.split()
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            os.environ[name] = value
        else:
            printed(line)


@pytest.mark.rule("R11", "R12", "R13", "R24")
def test_the_stories_come_out_as_they_stand_on_their_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELTRAIL_STORE", "memory:")
    begin()
    page = PAGE.read_text(encoding="utf-8")
    assert played(page, "console") == page


if __name__ == "__main__":
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        begin()
        PAGE.write_text(played(text), encoding="utf-8")
