"""Does the page on annotating calls do what it says? Its commands and its session are run as they stand."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("polars")

from cli.shell import FLEET, NOTICES, shell
from modeltrail.annotating import COLUMNS, PREFIX

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "annotate-calls.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")
STORE = {"MODELTRAIL_STORE": "sqlite:///audit.db"}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Given the store and the log of calls of the page in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert shell("import", "notices", NOTICES, env=STORE).code == 0
    assert shell("apply", FLEET, env=STORE).code == 0
    (tmp_path / "calls.csv").write_text(blocks("csv")[0])
    return tmp_path


def typed(block: str) -> list[str]:
    (command,) = [line for line in block.splitlines() if line.startswith("modeltrail ")]
    return shlex.split(command)[1:]


def test_the_command_prints_what_the_page_shows_and_the_positions_can_be_proved(folder: Path) -> None:
    annotate, prove, _ = blocks("sh")
    told = shell(*typed(annotate), env=STORE)
    assert (told.code, told.out) == (0, blocks("text")[0])
    (heading, first, *_) = (folder / "annotated.csv").read_text().splitlines()
    place = heading.split(",").index("modeltrail_because")
    assert f"-f{place + 1})" in prove
    positions = first.split(",")[place].split()
    assert positions
    assert all(shell("prove", position, env=STORE).json["position"] == int(position) for position in positions)


@pytest.mark.usefixtures("folder")
def test_numbers_are_read_in_the_unit_of_the_page() -> None:
    Path("epochs.jsonl").write_text(json.dumps({"ts": 1740823200000, "model": "chat-prod"}))
    assert shell(*typed(blocks("sh")[2]), env=STORE).code == 0
    assert json.loads(Path("annotated.jsonl").read_text())["modeltrail_status"] == "serving"


@pytest.mark.usefixtures("folder")
def test_the_session_is_as_the_page_shows_it() -> None:
    session = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 5
    assert doctest.DocTestRunner().run(session).failed == 0


def test_every_column_that_is_added_has_its_row() -> None:
    named = set(re.findall(rf"`{PREFIX}(\w+)`", PAGE.read_text(encoding="utf-8")))
    assert named == set(COLUMNS)
