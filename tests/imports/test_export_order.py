"""Do exports that come late, and in any order, give the answers that they would have given in order? (R40)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.azure import ACCOUNT, AUTO, EXPIRED, MANUAL, NEW, OLD, deployment, empty, key, read
from modeltrail import Trail
from modeltrail.domain.events import FactRetracted, PolicyChanged
from modeltrail.domain.facts import Fact, content, is_known
from modeltrail.domain.refusals import Unknown
from modeltrail.domain.values import Policy
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.rows import Statement

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
        if rows and draw(st.integers(0, 9)) == 0:
            rows.append({"id": None})
        found.append(rows)
    return found


def told(trail: Trail) -> dict[tuple[str, datetime | None], object]:
    """What is known of every deployment at every night, positions aside: its course, and what was stated of it."""
    found: dict[tuple[str, datetime | None], object] = {}
    for name in NAMES:
        try:
            facts = trail.history(key(name))
        except Unknown:
            continue
        for known_at in [*NIGHTS, None]:
            segments = trail.at(known_at=known_at).course(key(name)).segments
            course = [part.model_dump(exclude={"because"}) for part in segments]
            stated = sorted(stands(facts, known_at), key=str)
            if course or stated:
                found[name, known_at] = course, stated
    return found


def stands(facts: Sequence[Fact], known_at: datetime | None) -> Iterator[tuple[str, datetime, datetime]]:
    """What was stated of a deployment and is known and not retracted, apart from where it was read."""
    retractions: dict[int, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact.event, FactRetracted):
            retractions.setdefault(fact.event.position, []).append(fact)
    for fact in facts:
        if not isinstance(fact.event, FactRetracted) and is_known(fact, known_at, retractions):
            yield content(fact.event), fact.effective_at, fact.known_at


class Told(NamedTuple):
    """What somebody else states of a deployment, and when that holds; it is known then."""

    name: str
    policy: Policy
    at: datetime

    def record(self, trail: Trail) -> None:
        event = PolicyChanged(deployment=key(self.name), policy=self.policy)
        trail.take([Statement(1, event, self.at, self.at, "a list")], catalogue="azure-openai", by="bob@example.com")


class Night(NamedTuple):
    """An export, and when it was made."""

    rows: Rows
    at: datetime

    def record(self, trail: Trail) -> None:
        read(trail, self.rows, self.at.isoformat(), AzureDeployments(accounts=[ACCOUNT]))


def after(*steps: Night | Told) -> Trail:
    trail = empty()
    for step in steps:
        step.record(trail)
    return trail


def nights() -> st.SearchStrategy[list[Night]]:
    return exports().map(lambda found: [Night(rows, at) for rows, at in zip(found, NIGHTS, strict=True)])


@pytest.mark.rule("R40")
@given(st.data())
def test_exports_in_any_order_give_the_same_answers(data: st.DataObject) -> None:
    given_nights = data.draw(nights())
    order = data.draw(st.permutations(given_nights))
    with after(*given_nights) as in_order, after(*order) as disordered:
        assert told(disordered) == told(in_order)


def statements() -> st.SearchStrategy[list[Told]]:
    days = st.integers(-1, 10).map(lambda half: FIRST + timedelta(hours=12 * half))
    one = st.builds(Told, st.sampled_from(NAMES), st.sampled_from(["manual", "auto-update"]), days)
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda told: (told.name, told.at))


@pytest.mark.rule("R40")
@given(st.data())
def test_what_others_state_before_between_or_after_them_changes_nothing_of_that(data: st.DataObject) -> None:
    steps: list[Night | Told] = [*data.draw(nights()), *data.draw(statements())]
    steps.sort(key=lambda step: (step.at, isinstance(step, Night)))
    order = data.draw(st.permutations(steps))
    last = Night([], NIGHTS[-1] + timedelta(days=1))
    with after(*steps, last) as in_order, after(*order, last) as disordered:
        assert told(disordered) == told(in_order)
