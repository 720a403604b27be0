"""Does the page on reports show what its commands print? They are run, in order, on the log that the demo leaves.

As a script it writes what they print into the page.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("jinja2")

from typer.testing import CliRunner

from modeltrail.cli_app import app

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "publish-a-report.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


def printed(command: str) -> str:
    """What a command prints on a page, what it says about an error too."""
    words = shlex.split(command)
    if words[0] == "mkdir":
        Path(words[1]).mkdir()
        return ""
    if words[0] == "touch":
        Path(words[1]).touch()
        return ""
    assert words[0] == "modeltrail"
    found = CliRunner().invoke(app, words[1:], env={"COLUMNS": "100", "MODELTRAIL_STORE": None})
    assert found.exit_code in (0, 1) and isinstance(found.exception, SystemExit | None)
    return "".join(f"{line.rstrip()}\n" for line in found.output.rstrip().splitlines())


def played(page: str) -> str:
    """The page with what its commands print now, in the current folder."""

    def block(found: re.Match[str]) -> str:
        commands = [line.removeprefix("$ ") for line in found[0].splitlines() if line.startswith("$ ")]
        return "".join(f"$ {command}\n{printed(command)}" for command in commands)

    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    return BLOCK.sub(block, page)


def test_the_page_shows_what_its_commands_print_and_so_does_its_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert played(page) == page
    assert "holds something else than a report" in page
    session = doctest.DocTestParser().get_doctest(page.replace("\n```\n", "\n\n"), {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) == 3
    assert doctest.DocTestRunner().run(session).failed == 0
    assert (tmp_path / "site" / "index.html").exists() and (tmp_path / "from-python" / "index.html").exists()
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter-1.tex"]


if __name__ == "__main__":
    import tempfile

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        PAGE.write_text(played(text), encoding="utf-8")
