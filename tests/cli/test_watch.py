"""Is every export that appears in a folder imported once, in time, and moved away, whatever disturbs it?"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.exports import CHAT, NEW, UNREADABLE, deployment, written
from cli.shell import Answer, shell
from modeltrail import Trail
from modeltrail.datastore import StoreError, StoreLocked
from modeltrail.failpoints import watched
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.read import Read
from modeltrail.watching import ATTEMPTS, Handled, export_named, watch

pytest.importorskip("ijson")

NIGHTS = tuple(f"azure-deployments.2025-03-0{day}T0200Z.json" for day in (1, 2, 3))
Between = Callable[[], object]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


@pytest.fixture
def trail() -> Iterator[Trail]:
    with Trail.open("memory:", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as trail:
        yield trail


def there(folder: Path) -> dict[str, list[str]]:
    """The names of the files in a folder and in those below it."""
    return {
        name: sorted(path.name for path in (folder / name).iterdir() if path.is_file())
        for name in (".", "done", "quarantine")
        if (folder / name).is_dir()
    }


def once(trail: Trail, folder: Path, **how: Any) -> list[Handled]:
    return list(watch(trail, folder, by="alice@example.com", pause=lambda seconds: False, once=True, **how))


def looked(trail: Trail, folder: Path, *between: Between) -> list[Handled]:
    """Watch, and let something happen between two looks; after the last of these it ends."""
    left = iter(between)

    def pause(seconds: float) -> bool:
        if not seconds:
            return False
        happens = next(left, None)
        if happens is not None:
            happens()
        return happens is None

    return list(watch(trail, folder, by="alice@example.com", pause=pause))


def nothing() -> None:
    """Nothing happens."""


def facts(handled: Handled) -> int:
    assert handled.read is not None
    return sum(handled.read.facts.values())


# What is taken, in what order, and where it ends


@pytest.mark.rule("R40")
def test_the_oldest_is_imported_first_and_all_are_moved_away(trail: Trail, box: Path) -> None:
    written(box / NIGHTS[1], deployment("chat", NEW))
    written(box / NIGHTS[0], deployment("chat"))
    written(box / "azure-deployments.20250228.json", deployment("chat"))
    told = once(trail, box)
    assert [(one.file, facts(one)) for one in told] == [
        ("azure-deployments.20250228.json", 5),
        (NIGHTS[0], 1),
        (NIGHTS[1], 3),
    ]
    assert there(box) == {".": [], "done": sorted(one.file for one in told)}
    assert [one.moved_to for one in told] == [box / "done" / one.file for one in told]
    assert trail.at().serving(CHAT).version == NEW


def test_nothing_in_done_is_overwritten(trail: Trail, box: Path) -> None:
    for _ in range(3):
        written(box / NIGHTS[0], deployment("chat"))
        once(trail, box)
    assert there(box)["done"] == sorted(NIGHTS[0].replace(".json", end) for end in (".json", ".2.json", ".3.json"))
    assert all(path.stat().st_size for path in (box / "done").iterdir())


def test_files_that_are_still_being_written_are_left_alone(trail: Trail, box: Path) -> None:
    names = (f".{NIGHTS[0]}", f"{NIGHTS[0]}.tmp", f"{NIGHTS[0]}.part", f"{NIGHTS[0]}.PART")
    for name in names:
        written(box / name, deployment("chat"))
    (box / "azure-deployments.2025-03-01.json").mkdir()
    assert once(trail, box) == []
    assert there(box)["."] == sorted(names)


def test_a_file_is_taken_when_it_has_not_changed_between_two_looks(trail: Trail, box: Path) -> None:
    file = box / NIGHTS[0]
    text = written(box / ".whole", deployment("chat")).read_text(encoding="utf-8")
    steps = [lambda end=end: file.write_text(text[:end], encoding="utf-8") for end in (10, 100, len(text))]
    assert looked(trail, box, *steps) == []
    (told,) = looked(trail, box, nothing)
    assert (told.file, facts(told)) == (NIGHTS[0], 5)


def test_a_file_that_is_written_anew_with_the_same_length_is_looked_at_again(trail: Trail, box: Path) -> None:
    file = written(box / NIGHTS[0], deployment("chat", "1"))
    os.utime(file, (1, 1))
    assert looked(trail, box, lambda: os.utime(file, (2, 2))) == []


def test_the_wait_between_looks_is_what_was_asked_for(trail: Trail, box: Path) -> None:
    waited = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 3

    assert list(watch(trail, box, by="alice@example.com", pause=pause, poll_seconds=7)) == []
    assert waited == [7, 7, 7]


def test_whoever_is_told_to_end_ends_between_two_files(trail: Trail, box: Path) -> None:
    for name in NIGHTS:
        written(box / name, deployment("chat"))
    handled: list[Handled] = []
    for one in watch(trail, box, by="alice@example.com", pause=lambda seconds: len(handled) == 2, once=True):
        handled.append(one)
    assert there(box) == {".": [NIGHTS[2]], "done": list(NIGHTS[:2])}


# What cannot be imported


def test_what_cannot_be_imported_is_put_aside_with_the_reason(trail: Trail, box: Path) -> None:
    broken = box / NIGHTS[0]
    broken.write_text("[", encoding="utf-8")
    written(box / NIGHTS[1], deployment("chat"))
    bad, good = once(trail, box)
    assert (bad.read, bad.moved_to) == (None, box / "quarantine" / NIGHTS[0])
    assert bad.problem is not None and bad.problem.startswith("it is no JSON, or not all of it")
    note = (box / "quarantine" / f"{NIGHTS[0]}.reason.txt").read_text(encoding="utf-8")
    assert note.startswith(f"{bad.problem}\n\nNothing of this file was recorded.")
    assert facts(good) == 5
    assert there(box)["quarantine"] == [NIGHTS[0], f"{NIGHTS[0]}.reason.txt"]


def test_nothing_in_quarantine_is_overwritten(trail: Trail, box: Path) -> None:
    """Neither a file whose note somebody has deleted, nor a note whose file somebody has put back."""
    aside = box / "quarantine"
    for text in ("[1", "[2", "[3", "[4"):
        (box / NIGHTS[0]).write_text(text, encoding="utf-8")
        once(trail, box)
        if text == "[1":
            (aside / f"{NIGHTS[0]}.reason.txt").unlink()
    assert {path.read_text(encoding="utf-8") for path in aside.glob("*.json")} == {"[1", "[2", "[3", "[4"}
    (aside / NIGHTS[0].replace(".json", ".2.json")).unlink()
    (box / NIGHTS[0]).write_text("[5", encoding="utf-8")
    (told,) = once(trail, box)
    assert told.moved_to == aside / NIGHTS[0].replace(".json", ".5.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("notes.json", "'notes' is no kind of export (azure-deployments"),
        ("azure-deployments.json", "the name 'azure-deployments.json' does not say when the export was made: name "),
        ("azure-deployments.2025-03-01.csv", "does not say when the export was made"),
        ("azure-deployments.2025-09-31.json", "has a date that does not exist"),
        ("azure-deployments.2025-03-01-02.json", "has no clear time"),
        ("azure-deployments.eu-2025-03-01.json", "'eu-' stands before the time in "),
    ],
)
def test_a_name_that_does_not_say_what_it_is_is_put_aside(trail: Trail, box: Path, name: str, said: str) -> None:
    written(box / name, deployment("chat"))
    (told,) = once(trail, box)
    assert told.problem is not None and said in told.problem
    assert there(box)["quarantine"] == [name, f"{name}.reason.txt"]


def test_an_export_of_the_future_waits_for_nobody(trail: Trail, box: Path) -> None:
    written(box / "azure-deployments.2026-01-02.json", deployment("chat"))
    (told,) = once(trail, box)
    assert told.problem is not None and "cannot have been made at 2026-01-02T00:00:00Z" in told.problem


# What the name says


@pytest.mark.parametrize(
    ("name", "catalogue", "made"),
    [
        ("azure-deployments.2025-03-01T0200Z.json", "azure-openai", "2025-03-01T02:00"),
        ("azure-deployments.azure@eu.west.2025-03-01.json", "azure@eu.west", "2025-03-01T00:00"),
        ("azure-deployments.20250301T020000Z.eastus.2.JSON", "azure-openai", "2025-03-01T02:00"),
    ],
)
def test_a_name_says_kind_catalogue_and_time(name: str, catalogue: str, made: str) -> None:
    export, at = export_named(name)
    assert (type(export), export.catalogue, f"{at:%Y-%m-%dT%H:%M}") == (AzureDeployments, catalogue, made)


def test_deployments_whose_name_has_no_catalogue_are_of_the_one_that_is_given() -> None:
    assert export_named(NIGHTS[0], "azure@uk")[0].catalogue == "azure@uk"
    assert export_named("azure-deployments.azure@eu.2025-03-01.json", "azure@uk")[0].catalogue == "azure@eu"


def test_others_may_bring_their_own_kinds(trail: Trail, box: Path) -> None:
    written(box / "routes.gateway.2025-03-01.json", deployment("chat"))
    (told,) = once(trail, box, kinds={"routes": lambda catalogue: AzureDeployments(catalogue or "")})
    assert told.read is not None and told.read.catalogue == "gateway"


# What disturbs it


@pytest.mark.rule("R39")
def test_two_watchers_of_one_folder_import_a_file_once(trail: Trail, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    other: list[Handled] = []

    def reached(point: str) -> None:
        if point == "watch.imported" and not other:
            other.append(Handled("", None))
            other.extend(once(trail, box))

    with watched(reached):
        (first,) = once(trail, box)
    _, second = other
    assert (facts(first), facts(second)) == (5, 0)
    assert (first.moved_to, second.moved_to) == (None, box / "done" / NIGHTS[0])
    assert there(box) == {".": [], "done": [NIGHTS[0]]}


@pytest.mark.rule("R39")
def test_two_watchers_that_read_a_file_at_the_same_time_record_it_once(trail: Trail, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    second: list[Handled] = []

    class Slow(AzureDeployments):
        def elements(self, file: Any) -> Iterator[object]:
            yield from super().elements(file)
            second.extend(once(trail, box))

    (first,) = once(trail, box, kinds={"azure-deployments": lambda catalogue: Slow()})
    assert (facts(first), facts(second[0])) == (0, 5)
    assert first.read is not None and first.read.repeated
    assert there(box) == {".": [], "done": [NIGHTS[0]]}


def test_two_watchers_of_a_broken_file_put_it_aside_once(trail: Trail, box: Path) -> None:
    (box / NIGHTS[0]).write_text("[", encoding="utf-8")
    other: list[Handled] = []

    def reached(point: str) -> None:
        if point == "watch.reserved" and not other:
            other.append(Handled("", None))
            other.extend(once(trail, box))

    with watched(reached):
        assert once(trail, box) == []
    assert len(other) == 2
    name = NIGHTS[0].replace(".json", ".2.json")
    assert there(box)["quarantine"] == [name, f"{name}.reason.txt"]


def test_a_file_that_is_written_anew_while_it_is_read_is_read_again(trail: Trail, box: Path) -> None:
    file = written(box / NIGHTS[0], deployment("chat"))

    def reached(point: str) -> None:
        if point == "watch.imported":
            written(file, deployment("chat"), deployment("mail"))

    with watched(reached):
        (told,) = once(trail, box)
    assert (told.moved_to, there(box)) == (None, {".": [NIGHTS[0]]})
    (again,) = once(trail, box)
    assert again.problem is not None and "another export of" in again.problem


def raising(error: Exception, times: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the store fail so many times."""
    tried: list[int] = []
    read = Trail.read_export

    def fails(*args: Any, **kwargs: Any) -> Read:
        tried.append(len(tried))
        if len(tried) <= times:
            raise error
        return read(*args, **kwargs)

    monkeypatch.setattr(Trail, "read_export", fails)
    return tried


@pytest.mark.parametrize("how", [once, lambda trail, box: looked(trail, box, nothing, nothing, nothing)])
def test_a_locked_store_is_tried_again(
    trail: Trail, box: Path, how: Callable[[Trail, Path], list[Handled]], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    tried = raising(StoreLocked("another writer held the store"), 2, monkeypatch)
    (told,) = how(trail, box)
    assert (facts(told), len(tried), there(box)) == (5, 3, {".": [], "done": [NIGHTS[0]]})


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(StoreLocked("another writer held the store"), ATTEMPTS), (StoreError("the disk is full"), 1)],
)
def test_what_is_no_fault_of_a_file_leaves_it_where_it_is(
    trail: Trail, box: Path, error: Exception, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    tried = raising(error, 9, monkeypatch)
    with pytest.raises(type(error)):
        once(trail, box)
    assert (len(tried), there(box)) == (attempts, {".": [NIGHTS[0]]})


def test_what_is_not_installed_puts_no_file_aside(trail: Trail, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    monkeypatch.setitem(__import__("sys").modules, "ijson", None)
    with pytest.raises(ValueError, match="reading exports needs one more package"):
        once(trail, box)
    assert there(box) == {".": [NIGHTS[0]]}


def test_a_folder_that_is_not_there_is_no_empty_one(trail: Trail, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no folder .*: make it first"):
        once(trail, tmp_path / "nowhere")


# On the command line


def watched_once(store: str, box: Path, *words: object) -> Answer:
    return shell("--store", store, "watch", box, "--once", *words)


def test_each_import_is_a_line(fresh: str, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"), UNREADABLE)
    written(box / NIGHTS[1], deployment("chat"), UNREADABLE)
    written(box / "azure-deployments.azure@uk.2025-03-03.json", deployment("chat", NEW))
    assert watched_once(fresh, box, "--by", "alice@example.com") == Answer(
        0,
        "2025-03-01T02:00:00Z azure-deployments azure-openai: 6 new facts, 1 needs your eye\n"
        "2025-03-02T02:00:00Z azure-deployments azure-openai: 1 new fact, nothing needs your eye\n"
        "2025-03-03 azure-deployments azure@uk: 3 new facts, nothing needs your eye\n",
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

    monkeypatch.setattr("time.sleep", sleep)
    assert shell("--store", fresh, "watch", box, "--poll-seconds", "9") == Answer(130, "", "interrupted\n")
    assert waited == [9]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
