"""Does the page on recalling a version do what it says? Its commands and its session are run as they stand."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from cli.shell import Answer, shell

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "recall-a-version.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")
STORE = {"MODELTRAIL_STORE": "sqlite:///demo.db"}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def last(block: str) -> Answer:
    """What the last command of a block prints."""
    commands = [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("modeltrail ")]
    return [shell(*words, env=STORE) for words in commands][-1]


@pytest.mark.rule("R6", "R28")
def test_the_commands_print_what_the_page_shows_and_so_does_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [last(block) for block in blocks("sh")] == [Answer(0, shown, "") for shown in blocks("text")]
    session = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 5
    assert doctest.DocTestRunner().run(session).failed == 0
