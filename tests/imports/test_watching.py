"""Is every export that appears in a folder imported once, in time, and moved away? And what cannot be imported?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exports import CHAT, NEW, deployment, written
from imports.dropping import NIGHTS, empty, facts, looked, nothing, once, there
from modeltrail import Trail
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.watching import Handled, export_named, watch

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
        ("notes.json", "'notes' is no kind of export (azure-"),
        ("azure-deployments.json", "the name 'azure-deployments.json' does not say when the export was made: name "),
        ("azure-deployments.2025-03-01.csv", "does not say when the export was made"),
        ("azure-deployments.2025-09-31.json", "has a date that does not exist"),
        ("azure-deployments.2025-03-01-02.json", "has no clear time"),
        (
            "azure-models.2025-03-01.json",
            "does not say where it holds: name its catalogue, such as azure@swedencentral",
        ),
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
        ("azure-models.azure@eu.2025-03-01.json", "azure@eu", "2025-03-01T00:00"),
        ("azure-deployments.azure@eu.west.2025-03-01.json", "azure@eu.west", "2025-03-01T00:00"),
        ("azure-deployments.20250301T020000Z.eastus.2.JSON", "azure-openai", "2025-03-01T02:00"),
    ],
)
def test_a_name_says_kind_catalogue_and_time(name: str, catalogue: str, made: str) -> None:
    export, at = export_named(name)
    assert (export.name, export.catalogue, f"{at:%Y-%m-%dT%H:%M}") == (name.partition(".")[0], catalogue, made)


def test_deployments_whose_name_has_no_catalogue_are_of_the_one_that_is_given() -> None:
    assert export_named(NIGHTS[0], "azure@uk")[0].catalogue == "azure@uk"
    assert export_named("azure-deployments.azure@eu.2025-03-01.json", "azure@uk")[0].catalogue == "azure@eu"


def test_other_kinds_are_not_of_the_catalogue_of_deployments() -> None:
    told: list[str | None] = []

    def routes(catalogue: str | None) -> AzureDeployments:
        told.append(catalogue)
        return AzureDeployments()

    for name in ("routes.2025-03-01.json", "routes.eu.2025-03-01.json"):
        export_named(name, "azure@uk", {"routes": routes})
    assert told == [None, "eu"]


def test_others_may_bring_their_own_kinds(trail: Trail, box: Path) -> None:
    written(box / "routes.gateway.2025-03-01.json", deployment("chat"))
    (told,) = once(trail, box, kinds={"routes": lambda catalogue: AzureDeployments(catalogue or "")})
    assert told.read is not None and told.read.catalogue == "gateway"
