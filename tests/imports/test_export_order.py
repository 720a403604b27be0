"""Do exports that come late, and in any order, give the answers that they would have given in order? (R40)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.azure import ACCOUNT, AUTO, EXPIRED, MANUAL, NEW, OLD, deployment, empty, key, read
from modeltrail import Trail
from modeltrail.domain.refusals import Unknown
from modeltrail.imports.azure_deployments import AzureDeployments

NAMES = ("chat", "bot", "scan")
FIRST = datetime(2025, 2, 1, tzinfo=UTC)
NIGHTS = [FIRST + timedelta(days=number) for number in range(5)]
Rows = list[dict[str, Any]]


class Life(NamedTuple):
    """What an export shows of one deployment; `created` names a moment before it was made, or null."""

    version: str
    option: str | None
    sku: str
    state: str
    created: int | None


def lives() -> st.SearchStrategy[Life]:
    return st.builds(
        Life,
        version=st.sampled_from([OLD, NEW, ""]),
        option=st.sampled_from([AUTO, MANUAL, EXPIRED, None]),
        sku=st.sampled_from(["Standard", "GlobalProvisionedManaged"]),
        state=st.sampled_from(["Succeeded", "Succeeded", "Disabled"]),
        created=st.sampled_from([None, None, 0, 1, 2, 3, 4]),
    )


def row(name: str, life: Life) -> dict[str, Any]:
    created = None if life.created is None else FIRST + timedelta(days=life.created, hours=-6)
    return deployment(
        name,
        life.version,
        option=life.option,
        sku=life.sku,
        state=life.state,
        created_at=None if created is None else created.isoformat(),
    )


@st.composite
def exports(draw: st.DrawFn) -> list[Rows]:
    """Five nights of three deployments: mostly as the night before, else changed, missing, or not readable."""
    now: dict[str, Life | None] = dict.fromkeys(NAMES)
    found = []
    for _ in NIGHTS:
        rows: Rows = []
        for name in NAMES:
            what = draw(st.sampled_from(["same", "same", "new", "gone", "unreadable"]))
            if what in ("new", "gone"):
                now[name] = draw(lives()) if what == "new" else None
            life = now[name]
            if life is not None:
                rows.append(row(name, life) | ({"sku": "Standard"} if what == "unreadable" else {}))
        if draw(st.integers(0, 19)) == 0:
            rows.append({"id": None})
        found.append(rows)
    return found


def told(trail: Trail) -> dict[tuple[str, datetime | None], object]:
    """The course of every deployment as known at every night, positions aside."""
    found: dict[tuple[str, datetime | None], object] = {}
    for name in NAMES:
        for known_at in [*NIGHTS, None]:
            try:
                course = trail.at(known_at=known_at).course(key(name))
            except Unknown:
                continue
            found[name, known_at] = [
                part.model_dump(exclude={"because"}) | {"because": len(part.because)} for part in course.segments
            ]
    return {asked: course for asked, course in found.items() if course}


def taken(nights: Sequence[Rows], order: Sequence[int]) -> Trail:
    trail = empty()
    for number in order:
        export = AzureDeployments(accounts=[ACCOUNT])
        read(trail, nights[number], NIGHTS[number].isoformat(), export, name=f"{number}.json")
    return trail


@pytest.mark.rule("R40")
@given(exports(), st.permutations(range(len(NIGHTS))))
def test_exports_in_any_order_give_the_same_answers(nights: list[Rows], order: list[int]) -> None:
    with taken(nights, range(len(NIGHTS))) as in_order, taken(nights, order) as disordered:
        assert told(disordered) == told(in_order)
