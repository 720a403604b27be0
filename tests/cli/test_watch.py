"""Does the drop-box tell what it imported, and end when and how it should?"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.exports import CHAT, NEW, UNREADABLE, deployment, logged, written
from cli.shell import Answer, shell
from imports.dropping import NIGHTS, there
from modeltrail import Trail
from modeltrail.read import Read

pytest.importorskip("ijson")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def watched_once(store: str, box: Path, *words: object) -> Answer:
    return shell("--store", store, "watch", box, "--once", *words)


def test_each_import_is_a_line(fresh: str, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"), UNREADABLE)
    written(box / NIGHTS[1], deployment("chat"), UNREADABLE)
    written(box / "azure-deployments.azure@uk.2025-03-03.json", deployment("chat", NEW))
    assert watched_once(fresh, box, "--by", "alice@example.com") == Answer(
        0,
        "2025-03-01T02:00:00Z azure-deployments azure-openai: 6 new facts, 1 needs your eye\n"
        "2025-03-02T02:00:00Z azure-deployments azure-openai: 1 new fact, 1 needs your eye\n"
        "2025-03-03 azure-deployments azure@uk: 3 new facts, 1 needs your eye\n",
        "",
    )
    (first, *_) = shell("--store", fresh, "history", CHAT, "--json").json["events"]
    assert first["by"] == "alice@example.com"
    assert watched_once(fresh, box) == Answer(0, "", "")


def test_the_catalogue_of_deployments_can_be_given(fresh: str, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    assert "azure-deployments azure@uk: 5 new facts" in watched_once(fresh, box, "--catalogue", "azure@uk").out


def test_the_exit_code_tells_of_what_needs_an_eye_and_of_files_that_were_put_aside(fresh: str, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    assert watched_once(fresh, box, "--exit-code").code == 0
    written(box / NIGHTS[1], UNREADABLE)
    assert watched_once(fresh, box, "--exit-code").code == 3
    written(box / NIGHTS[2], UNREADABLE, deployment("chat"))
    (box / "notes.json").touch()
    told = watched_once(fresh, box, "--exit-code")
    assert (told.code, len(told.out.splitlines()), len(told.err.splitlines())) == (1, 1, 1)
    assert told.err.startswith("notes.json: 'notes' is no kind of export") and told.err.endswith(
        "(moved to quarantine)\n"
    )


@pytest.mark.rule("R32")
def test_what_a_later_file_explains_is_no_reason_to_look(fresh: str, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    written(box / NIGHTS[1], deployment("chat", NEW))
    written(box / "azure-activity-log.2025-03-03.json", logged(CHAT, "2025-03-01T12:00:00Z"))
    told = watched_once(fresh, box, "--exit-code")
    assert told.out.splitlines()[1].endswith("1 needs your eye")
    assert told.code == 0


def test_a_folder_that_cannot_be_watched_is_one_sentence(fresh: str, tmp_path: Path) -> None:
    told = watched_once(fresh, tmp_path / "nowhere")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("there is no folder ") and len(told.err.splitlines()) == 1


def interrupting(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """Somebody presses Ctrl-C while the first file is read."""
    read = Trail.read_export

    def interrupted(*args: Any, **kwargs: Any) -> Read:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        return read(*args, **kwargs)

    monkeypatch.setattr(Trail, "read_export", interrupted)


def test_an_interruption_ends_it_after_the_file_that_is_being_read(
    fresh: str, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NIGHTS:
        written(box / name, deployment("chat"))
    interrupting(monkeypatch)
    told = shell("--store", fresh, "watch", box, "--once")
    assert (told.code, len(told.out.splitlines()), told.err) == (130, 1, "interrupted\n")
    assert there(box) == {".": list(NIGHTS[1:]), "done": [NIGHTS[0]]}


def test_a_second_interruption_ends_it_at_once(fresh: str, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    interrupting(monkeypatch, times=2)
    assert shell("--store", fresh, "watch", box, "--once") == Answer(130, "", "interrupted\n")
    assert there(box) == {".": [NIGHTS[0]]}


def test_an_interruption_ends_a_wait(fresh: str, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        os.kill(os.getpid(), signal.SIGINT)
        waited.append(0)

    monkeypatch.setattr("time.sleep", sleep)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background hears of none
    try:
        assert shell("--store", fresh, "watch", box, "--poll-seconds", "9") == Answer(130, "", "interrupted\n")
        assert waited == [9]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
