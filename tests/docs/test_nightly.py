"""Does the script of the page on nightly runs do what the page says? It is taken from the page and run by bash."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from cli.shell import lines
from modeltrail import Trail

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-nightly.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")

MODEL = "acme/chat"
THEN = {"by": "alice@example.com", "known_at": "2025-01-01"}
Line = dict[str, object]
DECISIONS: tuple[Line, ...] = (
    {"do": "model.register", "model": MODEL, "run_by": "engine"},
    {"do": "model.release", "model": MODEL, "version": "v1"},
    {"do": "model.release", "model": MODEL, "version": "v2"},
    {"do": "model.change_default", "model": MODEL, "version": "v1"},
    {"do": "deployment.create", "deployment": "chat", "model": MODEL, "version": "v1", "policy": "auto-update"},
    {"do": "model.announce_default", "model": MODEL, "version": "v2", "on": "2025-03-01"},
)
SCHEDULE = """\
known_at,model,version,statement,on,qualifier,to_model,to_version,source
2024-05-13,gpt-4o,2024-05-13,released,2024-05-13,,,,a mail
2024-05-13,gpt-4o,2024-05-13,default,2024-05-13,,,,a mail
"""
HOST = """
def carry_out(move):
    print(f"asked for {move.id}", flush=True)
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Folder:
    """The folder in which the script runs, with the `modeltrail` of these tests on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.elsewhere = folder, folder / "elsewhere"

    def furnished(self) -> Folder:
        """The script, its inputs and the command."""
        self.elsewhere.mkdir()
        (self.folder / "bin").mkdir()
        command = self.folder / "bin" / "modeltrail"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modeltrail "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        (self.folder / "nightly.sh").write_text(blocks("bash")[0], encoding="utf-8")
        (self.folder / "schedule.csv").write_text(SCHEDULE, encoding="utf-8")
        self.decide(*DECISIONS)
        return self

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "ELSEWHERE": str(self.elsewhere), "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}

    def decide(self, *decisions: Line) -> None:
        numbered = ({**THEN, "command_id": f"CHG-{number}", **line} for number, line in enumerate(decisions))
        (self.folder / "decisions.jsonl").write_text(lines(*numbered), encoding="utf-8")

    def run(self, *told: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(told, cwd=self.folder, env=self.env, capture_output=True, encoding="utf-8", check=False)

    def night(self) -> subprocess.CompletedProcess[str]:
        return self.run("bash", "nightly.sh")

    def checkpoints(self) -> list[Path]:
        return sorted(self.elsewhere.iterdir())

    def trail(self) -> Trail:
        return Trail.open(f"sqlite:///{self.folder / 'audit.db'}", read_only=True)

    def size(self) -> int:
        with self.trail() as trail:
            return trail.status().size


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).furnished()


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, subprocess.CompletedProcess[str]]:
    """The first night, which other tests only read or copy."""
    folder = Folder(tmp_path_factory.mktemp("first")).furnished()
    return folder, folder.night()


@pytest.fixture
def after(tmp_path: Path, first_night: tuple[Folder, object]) -> Folder:
    """The morning after the first night, with a checkpoint that is older than any to come."""
    folder = Folder(Path(shutil.copytree(first_night[0].folder, tmp_path / "after")))
    folder.checkpoints()[0].rename(folder.elsewhere / "checkpoint-20250101T000000Z.json")
    return folder


def test_a_night_imports_decides_advances_and_keeps_a_checkpoint(
    first_night: tuple[Folder, subprocess.CompletedProcess[str]],
) -> None:
    folder, night = first_night
    assert (night.returncode, night.stderr) == (0, "")
    with folder.trail() as trail:
        answer = trail.at().serving("chat")
        assert (answer.version, answer.certainty) == ("v2", "recorded")
        assert trail.at().model("azure-openai/gpt-4o").default == "2024-05-13"
    (kept,) = folder.checkpoints()
    assert json.loads(kept.read_text(encoding="utf-8"))["size"] == folder.size()


def test_a_second_night_verifies_and_records_only_what_is_new(after: Folder) -> None:
    size, (line,) = after.size(), blocks("json")
    after.decide(*DECISIONS, {**DECISIONS[4], "deployment": "chat-prod"}, json.loads(line))
    night = after.night()
    assert (night.returncode, night.stderr) == (0, "")
    assert "the log is intact" in night.stdout
    assert len(after.checkpoints()) == 2
    with after.trail() as trail:
        assert trail.status().size == size + 3  # created, moved to the default, another policy
        assert trail.at().serving("chat-prod").policy == "manual"


def test_a_night_on_which_something_stays_overdue_ends_with_3(folder: Folder) -> None:
    folder.decide(*DECISIONS, {"do": "model.retire", "model": MODEL, "version": "v2", "emergency": "it leaks"})
    night = folder.night()
    assert (night.returncode, night.stderr) == (3, "")
    assert "cannot be chosen" in night.stdout
    assert len(folder.checkpoints()) == 1


def test_after_a_line_that_failed_the_mended_file_is_applied_as_a_whole(folder: Folder) -> None:
    folder.decide(*DECISIONS[:3], {**DECISIONS[3], "version": "v9"}, *DECISIONS[4:])
    night = folder.night()
    assert night.returncode == 1
    assert "line 4" in night.stderr
    assert folder.checkpoints() == []
    folder.decide(*DECISIONS)
    assert folder.night().returncode == 0
    with folder.trail() as trail:
        assert trail.at().serving("chat").version == "v2"


def test_a_log_that_is_not_what_it_was_ends_the_night_before_anything_is_recorded(after: Folder) -> None:
    size, (kept,) = after.size(), after.checkpoints()
    checkpoint = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps({**checkpoint, "root": checkpoint["root"][::-1]}), encoding="utf-8")
    after.decide(*DECISIONS, {**DECISIONS[4], "deployment": "chat-prod"})
    assert after.night().returncode == 1
    assert after.size() == size


def test_the_worker_of_the_page_asks_its_host_and_ends_when_it_is_interrupted(after: Folder) -> None:
    worker = units()[2]["Service"]
    (after.folder / "gateway.py").write_text(HOST, encoding="utf-8")
    change = {"do": "model.change_default", "model": MODEL, "version": "v1", "emergency": "v2 leaks", "by": "alice"}
    (after.folder / "late.jsonl").write_text(lines(change), encoding="utf-8")
    left = after.run("modeltrail", "--store", "sqlite:///audit.db", "apply", "--acting", "worker", "late.jsonl")
    assert left.returncode == 0
    told = shlex.split(worker["ExecStart"])
    with subprocess.Popen(
        told,
        cwd=after.folder,
        env=after.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=listen,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("asked for chat@")
        assert "v1" in process.stdout.readline()
        process.send_signal(signal.Signals[worker["KillSignal"]])
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (int(worker["SuccessExitStatus"]), "interrupted\n")


def listen() -> None:
    """Hear of an interruption, also where the tests themselves were started in the background and do not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_units_of_the_page_run_the_script_and_make_up_for_a_missed_night() -> None:
    nightly, timer, _ = units()
    assert nightly["Service"]["ExecStart"].endswith("/nightly.sh")
    assert timer["Timer"]["Persistent"] == "true"


def units() -> list[ConfigParser]:
    """The units of the page: the nightly service, its timer, the worker."""
    parsed = []
    for block in blocks("ini"):
        unit = ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
        unit.read_string(block)
        parsed.append(unit)
    return parsed
