"""Does the command `report` write what the library writes, and say so?"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("jinja2")

from cli.shell import shell
from modeltrail import Trail
from report.played import content

MOMENT = ("--at", "2025-07-01", "--known-at", "2025-06-30")


def test_it_writes_what_the_library_writes_and_says_how_much(store: str, tmp_path: Path) -> None:
    told = shell("--store", store, "report", "-o", tmp_path / "shell", *MOMENT)
    with Trail.open(store, read_only=True) as trail:
        written = trail.at("2025-07-01", known_at="2025-06-30").report(tmp_path / "python")
    assert content(tmp_path / "shell") == content(tmp_path / "python")
    said = " ".join(told.out.split())
    assert f"{written.pages} pages of 10 deployments and {written.models} models" in said
    assert said.endswith("begin with index.html")


def test_the_summary_is_one_json_document(store: str, tmp_path: Path) -> None:
    summary = shell("--store", store, "report", "-o", tmp_path / "site", *MOMENT, "--within", "4w", "--json").json
    assert (summary["at"], summary["known_at"]) == ("2025-07-01T00:00:00Z", "2025-06-30T00:00:00Z")
    assert (summary["within_days"], summary["deployments"]) == (28, 10)
    assert summary["folder"] == str(tmp_path / "site")
    assert summary["pages"] == len([*(tmp_path / "site").rglob("*.html")])


def test_how_far_ahead_is_looked_can_be_said(store: str, tmp_path: Path) -> None:
    words = ("--store", store, "report", "-o", tmp_path / "site", *MOMENT, "--json", "--within")
    near, far = (shell(*words, span).json["upcoming"] for span in ("1d", "52w"))
    assert near < far


def test_a_folder_with_something_else_is_refused_in_one_sentence(store: str, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    told = shell("--store", store, "report", "-o", tmp_path)
    assert (told.code, told.out) == (1, "")
    assert "holds something else than a report, such as thesis.tex" in told.err
    assert told.err.count("\n") == 1


def test_without_a_folder_it_is_wrong_usage(store: str) -> None:
    assert shell("--store", store, "report").code == 2
