"""How does a course look on a terminal? A line for each version and for stops, in few lines, at any width."""

from __future__ import annotations

import pytest

from cli.shell import shell
from modeltrail import Trail
from modeltrail.cli_timeline import show_timeline
from report.played import day
from rules.given import MIRRORED, deployed, mirrored, on

WINDOW = """\
               2025-03           2025-04          2025-05
v1  ████████████████▒▒▒▒▒▒▒▒
v2                  ▒▒▒▒▒▒▒▒░░░░░███████████████████████████
█ recorded or observed   ░ assumed   ▒ window

"""
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a terminal of 60 columns."""
    monkeypatch.setenv("COLUMNS", "60")


def moved() -> Trail:
    """Given a default change with its window, and a sight after it."""
    trail = deployed(mirrored())
    on(trail, "2025-03-10").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-01").deployment().observe(MIRRORED, version="v2")
    return trail


def draw(trail: Trail, until: str, capsys: Printed) -> str:
    show_timeline(trail.at().course("chat-prod"), day(until))
    return capsys.readouterr().out


@pytest.mark.rule("R29", "R30")
def test_each_version_has_a_line_and_a_window_is_on_several(capsys: Printed) -> None:
    assert draw(moved(), "2025-05-19", capsys) == WINDOW


@pytest.mark.rule("R34")
def test_a_stop_has_a_line_of_its_own(capsys: Printed) -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-10").model(MIRRORED).retire("v1")
    *_, stopped, legend, end = draw(trail, "2025-04-10", capsys).split("\n")[:-1]
    assert stopped.startswith("stopped  ") and stopped.endswith("█") and "░" not in stopped
    assert (legend, end) == ("█ recorded or observed", "")


def test_where_there_are_no_blocks_there_are_signs(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--store", store, "course", "chat-prod", "--at", "2025-05-01")
    monkeypatch.setattr("modeltrail.cli_timeline._encoding", lambda: "ascii")
    found = shell(*words).out.split("\n\n")[0]
    assert found.isascii()
    assert found.endswith("# recorded or observed   . assumed   / window")
    assert {*"#./"} <= {*found}


def test_where_nothing_changed_or_nothing_fits_nothing_is_drawn(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert draw(deployed(mirrored()), "2025-05-01", capsys) == ""
    monkeypatch.setenv("COLUMNS", "12")
    assert draw(moved(), "2025-05-19", capsys) == ""


def test_many_versions_take_no_more_than_eight_lines_with_the_blank_one(capsys: Printed) -> None:
    trail = mirrored()
    names = [f"2025-{number:02}" for number in range(1, 11)]
    for name in names:
        on(trail, "2025-02-01").model(MIRRORED).release(name)
    deployed(trail, policy="manual")
    for number, name in enumerate(names, start=1):
        on(trail, f"2025-03-{number:02}").deployment().change_version(name)
    found = draw(trail, "2025-04-01", capsys).split("\n")[:-1]
    assert len(found) == 9 and found[-1] == ""
    assert [line.partition("  ")[0] for line in found[1:-2]] == ["6 earlier", *names[-5:]]
    assert "█" * 9 in found[1]


@pytest.mark.rule("R28")
def test_the_command_course_draws_it_above_the_table_and_not_as_json(store: str) -> None:
    words = ("--store", store, "course", "legacy-bot", "--at", "2025-07-01")
    lines = shell(*words).out.splitlines()
    assert lines[1].startswith("0301 ") and lines[3].startswith("stopped ")
    assert lines[6].startswith("since ")
    assert "segments" in shell(*words, "--json").json
