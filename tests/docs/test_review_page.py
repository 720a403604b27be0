"""Does the page on reviewing do what it says? Its commands and its session are run as they stand."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("ijson")

from cli.exports import NEW, OLD, deployment, written
from cli.shell import shell
from modeltrail import Trail

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "review-what-needs-an-eye.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")
STORE = {"MODELTRAIL_STORE": "sqlite:///audit.db"}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Given the exports of two nights in the current folder."""
    monkeypatch.chdir(tmp_path)
    for day, version in (("01", OLD), ("02", NEW)):
        written(tmp_path / f"deployments-2025-03-{day}T0200Z.json", deployment("chat", version))
    return tmp_path


def run(block: str) -> list[str]:
    """What each command of a block prints."""
    commands = [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("modeltrail ")]
    answers = [shell(*words, env=STORE) for words in commands]
    assert [answer.err for answer in answers if answer.code] == []
    return [answer.out for answer in answers]


@pytest.mark.rule("R32", "R41")
@pytest.mark.usefixtures("folder")
def test_the_commands_print_what_the_page_shows_and_so_does_the_session() -> None:
    nights, settled, *_ = blocks("sh")
    listed, nothing = blocks("text")
    assert run(nights)[-1] == listed
    assert "".join(run(settled)) == nothing
    session = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 5
    assert doctest.DocTestRunner().run(session).failed == 0
    assert shell("apply", "-", stdin=retraction(), env=STORE).out == "1 line recorded\n"
    assert shell("review", env=STORE).out == listed


def retraction() -> str:
    """The line of the page that opens the entry again."""
    (line,) = re.findall(r"`(\{\"do\": \"retract\".*?\})`", PAGE.read_text(encoding="utf-8").replace("\n", " "))
    return str(line)


@pytest.mark.rule("R32")
@pytest.mark.usefixtures("folder")
def test_the_change_that_the_page_records_explains_the_move() -> None:
    run(blocks("sh")[0])
    (change,) = blocks("json")
    assert shell("apply", "-", stdin=change, env=STORE).code == 0
    with Trail.open(STORE["MODELTRAIL_STORE"], read_only=True) as trail:
        assert trail.review() == ()


@pytest.mark.usefixtures("folder")
def test_the_question_of_every_night_ends_with_3_while_something_is_open() -> None:
    nights, settled, ask = blocks("sh")
    run(nights)
    question = shlex.split(ask)[2:]
    assert shell(*question, env=STORE).code == 3
    run(settled)
    assert shell(*question, env=STORE).code == 0
