"""A process dies while it keeps the tables of projections, and the next one goes on: the rows are the same."""

from __future__ import annotations

from typing import Any

import pytest

from faults.keeping import KEPT, let_keep, opened
from faults.living import Place
from modeltrail import Trail
from modeltrail.failpoints import KEEPING_POINTS
from modeltrail.views import View
from rules.given import on

NAMES = ("a", "b", "c", "d")


def first_half(trail: Trail) -> None:
    """Given four deployments, and policies that were learned late."""
    for name in NAMES:
        on(trail, "2025-01-02").deployment(name).create("azure-openai/chat", version="v1", run_by="provider")
    for name in NAMES:
        on(trail, "2025-02-02").deployment(name).change_policy("manual")
    on(trail, "2025-02-01", "2025-02-05").deployment("a").change_policy("auto-update")


def second_half(trail: Trail) -> None:
    """Given another policy for each, one of them late, and one that was wrong."""
    for name in NAMES:
        on(trail, "2025-03-01").deployment(name).change_policy("auto-update")
    on(trail, "2025-01-15", "2025-03-05").deployment("b").change_policy("upgrade-when-expired")
    on(trail, "2025-03-06").retract(5)
    on(trail, "2025-03-07").deployment("c").delete()


def told(trail: Trail) -> dict[str, object]:
    """All that the tables say."""
    found: dict[str, object] = {}
    for name in KEPT:
        view: View[Any] = trail.view(name)
        assert dict(view.all()) == dict(trail.fold(name))
        found[name] = {key: view.history(key) for key in sorted(view.all(), key=str)}
        found[f"{name} as known on 1 March"] = dict(view.all(known_at="2025-03-01"))
    return found


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("point", (*KEEPING_POINTS, "append.written"))
def test_whoever_dies_at_a_point_leaves_tables_that_the_next_one_completes(point: str, nth: int, place: Place) -> None:
    died = []
    for record in (first_half, second_half):
        with opened(place.url) as trail:
            record(trail)
        died.append(let_keep(place.url, point, nth))
    assert any(died)
    with opened(place.url) as trail:
        found = told(trail)
        for name in KEPT:
            trail.projections.rebuild(name)
        assert told(trail) == found
        assert {one.state for one in trail.projections.status() if one.name in KEPT} == {"current"}
