"""Is a file imported once and never lost, whoever else is at it, and whatever fails meanwhile?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.exports import deployment, written
from imports.dropping import NIGHTS, empty, facts, looked, nothing, once, there
from modeltrail import Trail
from modeltrail.datastore import StoreError, StoreLocked
from modeltrail.failpoints import watched
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.read import Read
from modeltrail.watching import ATTEMPTS, Handled

pytest.importorskip("ijson")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


@pytest.fixture
def trail() -> Iterator[Trail]:
    with empty() as trail:
        yield trail


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


def test_a_file_that_another_watcher_takes_first_is_nobody_s_problem(trail: Trail, box: Path) -> None:
    written(box / NIGHTS[0], deployment("chat"))
    other: list[Handled] = []

    def slow(catalogue: str | None) -> AzureDeployments:
        other.extend(once(trail, box))
        return AzureDeployments()

    assert once(trail, box, kinds={"azure-deployments": slow}) == []
    assert (facts(other[0]), there(box)) == (5, {".": [], "done": [NIGHTS[0]]})


def test_a_place_that_was_kept_for_a_file_that_another_watcher_moves_is_given_up(trail: Trail, box: Path) -> None:
    file = written(box / NIGHTS[0], deployment("chat"))

    def reached(point: str) -> None:
        if point == "watch.reserved":
            file.rename(box / "done" / "moved.json")

    with watched(reached):
        (told,) = once(trail, box)
    assert (facts(told), told.moved_to, there(box)) == (5, None, {".": [], "done": ["moved.json"]})


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
    monkeypatch.setitem(sys.modules, "ijson", None)
    with pytest.raises(ValueError, match="reading exports needs one more package"):
        once(trail, box)
    assert there(box) == {".": [NIGHTS[0]]}


def test_a_folder_that_is_not_there_is_no_empty_one(trail: Trail, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no folder .*: make it first"):
        once(trail, tmp_path / "nowhere")
