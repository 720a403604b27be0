"""Does the tutorial show what its commands print? Each is run, in order, on the files that it names.

As a script it writes what they print into the page.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from consoles import played

DOCS = Path(__file__).parents[2] / "docs"
PAGE, EXPORTS = DOCS / "tutorial" / "first-answer.md", DOCS / "examples" / "exports"
pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def test_the_tutorial_shows_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in EXPORTS.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELTRAIL_STORE", raising=False)
    page = PAGE.read_text(encoding="utf-8")
    assert played(page, "console") == page
    assert page.count("$ modeltrail") > 10


if __name__ == "__main__":
    import os
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXPORTS, folder, dirs_exist_ok=True)
        os.chdir(folder)
        PAGE.write_text(played(text), encoding="utf-8")
