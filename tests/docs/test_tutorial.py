"""Does the tutorial show what its commands print? Each is run, in order, on the files that it names.

As a script it writes what they print into the page.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modeltrail.cli_app import app

DOCS = Path(__file__).parents[2] / "docs"
PAGE, EXPORTS = DOCS / "tutorial" / "first-answer.md", DOCS / "examples" / "exports"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def printed(command: str) -> str:
    """What a command prints on a page."""
    words = shlex.split(command)
    assert words[0] == "modeltrail"
    found = CliRunner().invoke(app, words[1:], env={"COLUMNS": "100"})
    assert found.exit_code == 0, f"{command}\n{found.output}"
    return "\n".join(line.rstrip() for line in found.output.rstrip().splitlines())


def played(page: str) -> str:
    """The page with what its commands print now, in the current folder."""

    def block(found: re.Match[str]) -> str:
        commands = [line.removeprefix("$ ") for line in found[0].splitlines() if line.startswith("$ ")]
        return "".join(f"$ {command}\n{printed(command)}\n" for command in commands)

    return BLOCK.sub(block, page)


def test_the_tutorial_shows_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in EXPORTS.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELTRAIL_STORE", raising=False)
    page = PAGE.read_text(encoding="utf-8")
    assert played(page) == page
    assert page.count("$ modeltrail") > 10


if __name__ == "__main__":
    import os
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXPORTS, folder, dirs_exist_ok=True)
        os.chdir(folder)
        PAGE.write_text(played(text), encoding="utf-8")
