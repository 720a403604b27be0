"""Does an import say what is new, what it could not read, and what nobody can tell?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.shell import NOTICES, shell

HEADER = "known_at,model,version,statement,on,qualifier,to_model,to_version,source\n"
GOOD = "2024-05-13,gpt-4o,2024-05-13,released,2024-05-13,,,,a page\n"
IMPOSSIBLE = "2025-01-01,gpt-4o,2024-05-13,retirement,2026-09-31,,,,a page\n"
EMPTY = "2025-01-02,gpt-4o,,retirement,2026-09-30,,,,a page\n"


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    file = tmp_path / "schedule.csv"
    file.write_text(f"\ufeff{HEADER}{GOOD}{IMPOSSIBLE}{EMPTY}", encoding="utf-8")
    return file


def test_the_same_schedule_again_is_no_news(fresh: str) -> None:
    first = shell("--store", fresh, "import", "notices", NOTICES)
    assert first.code == 0
    assert first.out.splitlines()[0].split() == ["new", "type"]
    assert "114  model.retirement-announced" in first.out
    again = shell("--store", fresh, "import", "notices", NOTICES)
    assert again.out.splitlines()[-1].startswith("0 new facts, ")


@pytest.mark.rule("R41")
def test_what_cannot_be_read_is_listed_with_its_row_and_reason(fresh: str, schedule: Path) -> None:
    words = shell("--store", fresh, "import", "notices", schedule).out
    assert "2026-09-31" in words
    assert words.splitlines()[-1] == "2 new facts, 0 rows known before, 1 quarantined, 1 ambiguous"
    assert all(len(line) <= 80 for line in words.splitlines())


@pytest.mark.rule("R2", "R41")
def test_an_import_as_json(fresh: str, schedule: Path) -> None:
    answer = shell("--store", fresh, "import", "notices", schedule, "--json").json
    assert set(answer) == {"facts", "repeated", "quarantined", "unclear"}
    assert sorted(one["type"] for one in answer["facts"]) == [
        "import.row-quarantined",
        "model.retirement-announced",
        "model.version-released",
    ]
    (row,) = answer["quarantined"]
    assert (set(row), row["row"], row["raw"]) == ({"row", "raw", "reason"}, 3, IMPOSSIBLE.strip())
    (unclear,) = answer["unclear"]
    assert (unclear["type"], unclear["data"]["version"]) == ("model.retirement-announced", "")


def test_what_was_put_aside_can_be_asked_for_as_an_exit_code(fresh: str, schedule: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    clean.write_text(HEADER + GOOD, encoding="utf-8")
    assert shell("--store", fresh, "import", "notices", clean, "--exit-code").code == 0
    assert shell("--store", fresh, "import", "notices", schedule).code == 0
    assert shell("--store", fresh, "import", "notices", schedule, "--exit-code").code == 3


@pytest.mark.rule("R1")
def test_a_schedule_holds_for_its_catalogue(fresh: str) -> None:
    text = HEADER + GOOD
    assert shell("--store", fresh, "import", "notices", "-", "--catalogue", "azure@uk", stdin=text).code == 0
    assert shell("--store", fresh, "model", "gpt-4o", "--json").json["model"] == "azure@uk/gpt-4o"


@pytest.mark.rule("R42")
def test_a_fact_names_the_row_s_source_else_the_file(fresh: str, tmp_path: Path) -> None:
    file = tmp_path / "schedule.csv"
    file.write_text(HEADER + GOOD + "2024-08-06,gpt-4o,2024-08-06,released,2024-08-06,,,,\n", encoding="utf-8")
    shell("--store", fresh, "import", "notices", file, "--by", "alice@example.com")
    events = shell("--store", fresh, "history", "gpt-4o", "--json").json["events"]
    assert [(one["by"], one["source"]) for one in events] == [
        ("alice@example.com", "a page"),
        ("alice@example.com", "schedule.csv"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the schedule is empty"),
        (b"a,b\n1,2\n", "the schedule lacks the columns known_at"),
        (b"\xff\xfek\x00", "bad.csv: this is not UTF-8 text (byte 1): save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_schedule_makes_no_store(fresh: str, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    answer = shell("--store", fresh, "import", "notices", "bad.csv")
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err and len(answer.err.splitlines()) == 1
    assert not (tmp_path / "fresh.db").exists()
