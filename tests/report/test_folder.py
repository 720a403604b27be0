"""How does a report get into its place? Whole or not at all, and never in the place of anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from modeltrail.report.folder import MARK, put_in_place
from report.played import content


def put(folder: Path, text: str = "new") -> None:
    with put_in_place(folder) as pages:
        pages.write("index.html", text)
        pages.write(MARK, "{}")


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_is_not_there_or_empty_becomes_the_report(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "deep" / "site"
    if there:
        folder.mkdir(parents=True)
    put(folder)
    assert content(folder) == {"index.html": b"new", MARK: b"{}"}
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_an_older_report_is_replaced_with_all_its_pages(tmp_path: Path) -> None:
    put(tmp_path / "site")
    (tmp_path / "site" / "fleet-2.html").write_text("old", encoding="utf-8")
    put(tmp_path / "site", "newer")
    assert content(tmp_path) == {"site/index.html": b"newer", f"site/{MARK}": b"{}"}


def test_an_error_half_way_leaves_the_older_report_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "site", "old")
    with pytest.raises(RuntimeError), put_in_place(tmp_path / "site") as pages:
        pages.write("index.html", "half")
        assert (tmp_path / "site" / "index.html").read_text(encoding="utf-8") == "old"
        raise RuntimeError
    assert content(tmp_path) == {"site/index.html": b"old", f"site/{MARK}": b"{}"}


def test_the_older_report_stays_where_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "site", "old")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise PermissionError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        put(tmp_path / "site")
    assert content(tmp_path) == {"site/index.html": b"old", f"site/{MARK}": b"{}"}


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds something else than a report, such as thesis\.tex: name a folder"):
        put(tmp_path)
    assert content(tmp_path) == {"thesis.tex": b"years of work"}


@pytest.mark.parametrize("name", ["notes.html", "fleet.css", ".git"])
def test_a_report_to_which_somebody_added_a_file_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path / "site")
    (tmp_path / "site" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match=f"holds {name}, which is no part of a report and would be lost"):
        put(tmp_path / "site")
    assert (tmp_path / "site" / name).read_text(encoding="utf-8") == "mine"


def test_a_file_added_while_the_report_was_written_is_not_lost(tmp_path: Path) -> None:
    put(tmp_path / "site")
    with pytest.raises(ValueError, match="holds mine"), put_in_place(tmp_path / "site"):
        (tmp_path / "site" / "mine").touch()
    assert (tmp_path / "site" / "mine").exists()


def test_a_file_is_no_place_for_a_report(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file", encoding="utf-8")
    with pytest.raises(ValueError, match="is a file, and a report is a folder"):
        put(tmp_path / "site")


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "www")
    put(tmp_path / "site")
    assert (tmp_path / "site").is_symlink()
    assert (tmp_path / "www" / "index.html").exists()
