"""Do the five real stories come out as they stand on their page, asked on the command line of the demo's log?

As a script it writes what the commands print into the page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from consoles import played
from modeltrail import demo
from modeltrail.trail import Trail

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "five-stories.md"
STORE = "sqlite:///demo.db"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


def leave_the_demo() -> None:
    """The log of the demo, in the current folder."""
    with Trail.open("memory:", clock=lambda: demo.TODAY) as trail:
        demo.play(trail)
        demo.keep(trail)


@pytest.mark.rule("R11", "R12", "R13", "R24")
def test_the_stories_come_out_as_they_stand_on_their_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELTRAIL_STORE", STORE)
    leave_the_demo()
    page = PAGE.read_text(encoding="utf-8")
    assert played(page) == page


if __name__ == "__main__":
    import os
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["MODELTRAIL_STORE"] = STORE
        leave_the_demo()
        PAGE.write_text(played(text), encoding="utf-8")
