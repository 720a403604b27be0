"""Do the pages on questions come out as they stand: why with its proof, what if, what to tell the owners, the README?

As a script it writes what the commands print into the pages.
"""

from __future__ import annotations

import doctest
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from consoles import played, printed
from pages import DOCS, ROOT, blocks

HOW_TO = DOCS / "how-to"
TELL = HOW_TO / "tell-the-owners.md"
PAGES = [HOW_TO / "explain-an-answer.md", HOW_TO / "ask-what-if.md", TELL, ROOT / "README.md"]
STORE = "sqlite:///demo.db"
CURL = """\
#!/bin/sh
for last; do :; done
for word; do case $word in @*) cat "${word#@}" >>"$(basename "$last").json" ;; esac; done
"""

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo's log, which is the store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELTRAIL_STORE", STORE)
    printed("modeltrail demo")
    return tmp_path


def begin(page: Path) -> None:
    """The commands of a page whose answers it does not show; those of the README have a test of their own."""
    for line in "\n".join(blocks(page, "sh")).splitlines():
        if line.startswith("modeltrail ") and page.parent == HOW_TO:
            printed(line)


@pytest.mark.rule("R28")
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_answers_come_out_as_they_stand_on_their_page(page: Path) -> None:
    begin(page)
    text = page.read_text(encoding="utf-8")
    assert played(text, "console") == text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.stem)
def test_the_session_of_a_page_gives_what_it_shows(page: Path) -> None:
    begin(page)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks(page, "pycon")), {}, page.name, str(page), 0)
    assert len(session.examples) > 5
    assert doctest.DocTestRunner().run(session).failed == 0


@pytest.mark.usefixtures("folder")
def test_the_calendar_of_the_page_has_what_is_to_come() -> None:
    begin(TELL)
    assert "report-writer: stop" in Path("finance.ics").read_text(encoding="utf-8")


def told(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The script of tell-the-owners.md, with a `curl` that keeps in a file what it is to post."""
    command = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modeltrail "$@"\n'
    (folder / "bin").mkdir(exist_ok=True)
    for name, script in {"modeltrail": command, "curl": CURL}.items():
        (folder / "bin" / name).write_text(script, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    (folder / "tell.sh").write_text(blocks(TELL, "bash")[0], encoding="utf-8")
    env = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", "tell.sh", *words], env=env, capture_output=True, encoding="utf-8", check=False)


def test_the_script_tells_an_owner_only_if_something_comes(folder: Path) -> None:
    (folder / "owners.csv").write_text(blocks(TELL, "csv")[0], encoding="utf-8")
    night = told(folder, "--at", "2025-09-01")
    assert (night.returncode, night.stderr) == (0, "")
    assert "report-writer" in (folder / "finance.json").read_text(encoding="utf-8")
    assert not (folder / "search.json").exists()


def test_the_script_ends_with_the_code_of_a_question_that_cannot_be_answered(folder: Path) -> None:
    (folder / "owners.csv").write_text(blocks(TELL, "csv")[0], encoding="utf-8")
    (folder / "demo.db").unlink()
    night = told(folder)
    assert night.returncode == 1
    assert "there is no store" in night.stderr
    assert not (folder / "finance.json").exists()


@pytest.mark.rule("R36")
@pytest.mark.usefixtures("folder")
def test_the_line_of_the_page_records_the_test_that_is_asked_for() -> None:
    ask = "modeltrail upcoming --owner search-team --within 180d --at 2025-07-02"
    assert "not tested" in printed(ask)
    (line,) = blocks(TELL, "json")
    Path("test.jsonl").write_text(line.replace("{", '{"effective_at": "2025-07-01", ', 1), encoding="utf-8")
    printed("modeltrail apply test.jsonl")
    assert "passed" in printed(ask)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.environ["MODELTRAIL_STORE"] = STORE
        printed("modeltrail demo")
        for each in PAGES:
            begin(each)
            each.write_text(played(each.read_text(encoding="utf-8")), encoding="utf-8")
