"""R13, R39: which announcements disagree, and who still says so."""

from __future__ import annotations

import pytest

from modeltrail import Trail
from rules.given import MIRRORED, mirrored, on
from rules.sources import API, MAIL, PAGE, disputed, trust


def shows(trail: Trail, t: str = "2025-05-01") -> list[tuple[int, bool, tuple[int, ...]]]:
    return [(one.position, one.standing, one.disagrees_with) for one in trail.at(t).announcements()]


@pytest.mark.rule("R13", "R39")
def test_announcements_show_all_and_which_of_them_disagree_and_which_counts() -> None:
    trail = disputed()
    assert shows(trail) == [(5, False, (6,)), (6, True, (5,))]
    trust(trail, "2025-03-03", "azure-models")
    assert shows(trail) == [(5, True, (6,)), (6, False, (5,))]
    on(trail, "2025-03-04", source=PAGE).model(MIRRORED).announce_retirement("v1", on="2025-09-01")
    assert shows(trail) == [(5, True, (6, 8)), (6, False, (5,))]


@pytest.mark.rule("R13")
def test_what_a_source_says_no_more_disagrees_with_nobody() -> None:
    trail = disputed()
    on(trail, "2025-03-03", source="azure-models may.json row 1").model(MIRRORED).announce_retirement(
        "v1", on="2025-09-01"
    )
    assert shows(trail) == [(5, False, ()), (6, True, ())]


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("first", "second"),
    [("azure-models a row 1", "azure-models b row 2"), ("https://x.com/a#b", "https://x.com/a"), (None, None)],
)
def test_one_source_that_moves_a_date_disagrees_with_nobody(first: str | None, second: str | None) -> None:
    trail = mirrored()
    for day, source, on_day in (("2025-03-01", first, "2025-06-01"), ("2025-03-02", second, "2025-09-01")):
        on(trail, day, source=source).model(MIRRORED).announce_retirement("v1", on=on_day)
    assert shows(trail) == [(5, False, ()), (6, True, ())]


@pytest.mark.rule("R13")
def test_a_withdrawal_disagrees_too_and_another_sku_does_not() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", source=API).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-02", source=MAIL).model(MIRRORED).announce_retirement("v1", on="2025-09-01", sku="Standard")
    assert shows(trail) == [(5, True, ()), (6, True, ())]
    on(trail, "2025-03-03", source=MAIL).model(MIRRORED).withdraw_retirement("v1")
    assert shows(trail) == [(5, False, (7,)), (6, False, ())]


@pytest.mark.rule("R13")
def test_another_qualifier_disagrees() -> None:
    trail = mirrored()
    for day, source, firmness in (("2025-03-01", API, "fixed"), ("2025-03-02", MAIL, "tentative")):
        on(trail, day, source=source).model(MIRRORED).announce_retirement("v1", on="2025-06-01", qualifier=firmness)
    assert shows(trail) == [(5, False, (6,)), (6, True, (5,))]


@pytest.mark.rule("R13", "R24")
@pytest.mark.parametrize(
    ("first", "second", "is_other"),
    [
        ({"to_version": "v2"}, {"to_version": "v3"}, True),
        ({"to_version": "v2"}, {"to_version": "v2", "to_model": MIRRORED}, False),
        ({"to_version": "v2"}, {}, False),
        ({}, {}, False),
    ],
)
def test_another_target_of_a_forced_upgrade_disagrees(
    first: dict[str, str], second: dict[str, str], is_other: bool
) -> None:
    trail = mirrored()
    for day, source, target in (("2025-03-01", API, first), ("2025-03-02", MAIL, second)):
        on(trail, day, source=source).model(MIRRORED).announce_forced_upgrade("v1", on="2025-06-01", **target)
    disagreeing = {position for *_, positions in shows(trail) for position in positions}
    assert disagreeing == ({5, 6} if is_other else set())


@pytest.mark.rule("R13", "R15")
@pytest.mark.parametrize(
    ("first", "second", "is_other"),
    [
        ({"to_version": "v2"}, {"to_version": "v3"}, True),
        ({"to_version": "v2"}, {"to_version": "v2", "lead_days": 7}, False),
        ({"to_version": "v2", "lead_days": 5}, {"to_version": "v2", "lead_days": 7}, True),
        (
            {"to_version": "v2", "upgrade_from": "2025-04-01"},
            {"to_version": "v2", "upgrade_from": "2025-05-01"},
            True,
        ),
    ],
)
def test_another_replacement_disagrees_and_one_that_says_more_does_not(
    first: dict[str, object], second: dict[str, object], is_other: bool
) -> None:
    trail = mirrored()
    for day, source, named in (("2025-03-01", API, first), ("2025-03-02", MAIL, second)):
        on(trail, day, source=source).model(MIRRORED).name_replacement("v1", MIRRORED, **named)
    disagreeing = {position for *_, positions in shows(trail) for position in positions}
    assert disagreeing == ({5, 6} if is_other else set())


@pytest.mark.rule("R6", "R13")
def test_who_disagrees_is_as_of_the_moment_and_as_known_then() -> None:
    trail = disputed()
    assert shows(trail, "2025-03-01") == [(5, True, ())]
    seen = trail.at("2025-05-01", known_at="2025-03-01").announcements()
    assert [(one.standing, one.disagrees_with) for one in seen] == [(True, ())]
