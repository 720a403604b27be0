"""Where sources state different dates, is it seen at a glance which these are, who says which, and which one counts?"""

from __future__ import annotations

import pytest

from cli.shell import lines, shell

MODEL = "azure-openai/chat"
API, PAGE = "azure-models sweden.json sha256:ab12 row 7", "https://example.com/dates#chat"
COMMON = {"by": "alice@example.com", "model": MODEL, "version": "v1"}
RETIRING = {**COMMON, "do": "model.announce_retirement"}
SAID: tuple[dict[str, object], ...] = (
    {**COMMON, "do": "model.release", "effective_at": "2025-01-01", "known_at": "2025-01-01"},
    {**RETIRING, "on": "2025-06-01", "known_at": "2025-03-01", "source": "a mail"},
    {**RETIRING, "on": "2025-06-01", "known_at": "2025-03-02", "source": API},
    {**RETIRING, "on": "2025-09-01", "known_at": "2025-03-03", "source": PAGE, "qualifier": "no-earlier-than"},
    {**RETIRING, "on": "2025-08-01", "known_at": "2025-03-04", "sku": "Standard"},
    {**COMMON, "do": "model.withdraw_retirement", "known_at": "2025-03-05", "sku": "Standard", "source": PAGE},
)
TRUST = {"do": "catalogue.trust", "catalogue": "azure-openai", "sources": ["azure-models"], "known_at": "2025-03-06"}


@pytest.fixture
def told(fresh: str) -> str:
    assert shell("--store", fresh, "apply", "-", stdin=lines(*SAID)).code == 0
    return fresh


def printed(store: str, columns: int = 130) -> list[str]:
    answer = shell("--store", store, "announcements", env={"COLUMNS": str(columns)})
    assert (answer.code, answer.err) == (0, "")
    return [" ".join(line.split()) for line in answer.out.splitlines()]


@pytest.mark.rule("R13")
def test_who_says_what_and_which_one_counts_is_printed(told: str) -> None:
    assert printed(told) == [
        "known announced stands because",
        "2025-03-01 azure-openai/chat v1: retirement on 2025-06-01, fixed no, disputed 2, again 3",
        "said by a mail and azure-models; otherwise by https://example.com/dates: on 2025-09-01,",
        "no-earlier-than (position 4)",
        "2025-03-03 azure-openai/chat v1: retirement on 2025-09-01, no-earlier-than yes, disputed 4",
        "said by https://example.com/dates; otherwise by a mail: on 2025-06-01, fixed (position 2);",
        "by azure-models: on 2025-06-01, fixed (position 3)",
        "2025-03-04 azure-openai/chat v1: retirement on 2025-08-01, fixed, Standard only no, disputed 5",
        "said by an unnamed source; otherwise withdrawn (position 6)",
    ]


@pytest.mark.rule("R13")
def test_an_order_of_trust_shows_in_what_stands(told: str) -> None:
    shell("--store", told, "apply", "-", stdin=lines(TRUST))
    stands = [line for line in printed(told) if "disputed" in line]
    assert [line.rpartition("disputed")[0][-5:] for line in stands] == ["yes, ", " no, ", " no, "]
    found = shell("--store", told, "announcements", "--json").json["announcements"]
    assert [(one["standing"], one["disagrees_with"]) for one in found] == [
        (True, [4]),
        (False, [2, 3]),
        (False, [6]),
    ]


@pytest.mark.rule("R13")
def test_a_source_that_says_so_no_more_is_not_named(told: str) -> None:
    moved = {**RETIRING, "on": "2025-07-01", "known_at": "2025-03-07", "source": "azure-models norway.json row 1"}
    shell("--store", told, "apply", "-", stdin=lines(moved))
    assert printed(told, 200)[2].startswith("said by a mail; otherwise by ")


def test_what_nobody_disputes_is_printed_as_before(fresh: str) -> None:
    shell("--store", fresh, "apply", "-", stdin=lines(*SAID[:3]))
    assert printed(fresh) == [
        "known announced stands because",
        "2025-03-01 azure-openai/chat v1: retirement on 2025-06-01, fixed yes 2, again 3",
    ]
