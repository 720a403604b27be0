"""Do the README and the page on upgrading do what they show?"""

from __future__ import annotations

import doctest
import shlex
from pathlib import Path

import pytest

from cli.shell import FLEET, NOTICES, shell
from modeltrail import Trail
from pages import DOCS, ROOT, blocks

README, UPGRADE = ROOT / "README.md", DOCS / "how-to" / "upgrade.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="README.md is not here: the wheel is tested")


def test_the_session_of_the_readme_gives_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = "\n".join(blocks(README, "pycon"))
    parsed = doctest.DocTestParser().get_doctest(session, {}, README.name, str(README), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert parsed.examples
    assert runner.run(parsed).failed == 0


def ran(script: str, env: dict[str, str | None]) -> list[str]:
    """What the commands of a script print, one after the other in the current folder; `pip` installs nothing here."""
    printed = []
    for words in (shlex.split(line, comments=True) for line in script.splitlines()):
        if words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            env[name] = value
        elif words and words[0] != "pip":
            assert words[0] == "modeltrail"
            ends = words.index(">") if ">" in words else len(words)
            answer = shell(*words[1:ends], env=env)
            assert (answer.code, answer.err) == (0, ""), words
            for file in words[ends + 1 :]:
                Path(file).write_text(answer.out, encoding="utf-8")
            printed.append(answer.out)
    return printed


def test_the_commands_of_the_readme_and_those_of_an_upgrade_run_on_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schedule.csv").write_bytes(NOTICES.read_bytes())
    (line,) = blocks(README, "json")
    (tmp_path / "fleet.jsonl").write_text(FLEET.read_text(encoding="utf-8") + line, encoding="utf-8")
    (_, commands), env = blocks(README, "sh"), dict[str, str | None]()
    assert len(ran(commands, env)) == 9
    with Trail.open("sqlite:///audit.db", read_only=True) as trail:
        assert trail.at().serving("chat-prod").policy == "manual"
    _, verified, *_ = [told for block in blocks(UPGRADE, "sh") for told in ran(block, env)]
    assert "the log is intact" in verified
