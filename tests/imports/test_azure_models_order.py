"""Do Azure's lists of models that come late, and in any order, give the answers that they would have given in order?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.model_lists import CATALOGUE, NEW, NIGHTS, OLD, Element, empty, listed, read
from modeltrail import Trail
from modeltrail.domain.refusals import Unknown

MODELS = ("gpt-4o", "o3")
VERSIONS = (OLD, NEW)
DATES = (None, "2025-01-15T00:00:00Z", "2025-02-02T12:00:00Z", "2025-06-01T00:00:00Z", "2099-12-31T00:00:00Z")
SKUS = ("Standard", "Provisioned")
MOMENTS = ("2024-09-01", "2025-01-20", "2025-02-01T18:00Z", "2025-02-02T18:00Z", *NIGHTS, "2025-12-31")


class Life(NamedTuple):
    """What a list shows of one version."""

    status: str | None
    created: str | None
    retires: str | None
    skus: tuple[str | None, ...]
    how: str | None
    to: tuple[str, str | None, int | None] | None


LIVES = st.builds(
    Life,
    status=st.sampled_from(["Preview", "Stable", "GenerallyAvailable", "Legacy", "Deprecating", "Deprecated", None]),
    created=st.sampled_from(["2024-08-06T00:00:00Z", "2024-08-06T00:00:00Z", "2025-02-02T06:00:00Z", None]),
    retires=st.sampled_from(DATES),
    skus=st.tuples(*[st.sampled_from(DATES)] * len(SKUS)),
    how=st.sampled_from([None, "Tentative"]),
    to=st.sampled_from([None, ("gpt-4o", NEW, 7), ("o3", None, None), ("o3", OLD, 30)]),
)


def element(model: str, version: str, life: Life, *, is_default: bool) -> Element:
    config = (
        None
        if life.to is None
        else dict(zip(("targetModelName", "targetModelVersion", "upgradeOnExpiryLeadTimeDays"), life.to, strict=True))
    )
    return listed(
        version,
        model=model,
        status=life.status,
        default=is_default,
        created=life.created,
        retires=life.retires,
        how=life.how,
        skus=dict(zip(SKUS, life.skus, strict=True)),
        replacementConfig=config,
    )


@st.composite
def lists(draw: st.DrawFn, nights: int) -> list[list[Element]]:
    """Lists of two models: a version is mostly as the night before, else changed, missing, or not readable."""
    lives: dict[tuple[str, str], Life | None] = {}
    found = []
    for _ in range(nights):
        elements: list[Element] = []
        for model in MODELS:
            flagged = draw(st.sampled_from([OLD, NEW, None]))
            for version in VERSIONS:
                what = draw(st.sampled_from(["same", "same", "new", "new", "gone", "unreadable"]))
                if what in ("new", "gone"):
                    lives[model, version] = draw(LIVES) if what == "new" else None
                life = lives.get((model, version))
                if life is not None:
                    made = element(model, version, life, is_default=version == flagged)
                    elements.append(
                        made if what != "unreadable" else {"model": made["model"] | {"lifecycleStatus": "x"}}
                    )
        found.append(elements)
    return found


def told(trail: Trail) -> dict[tuple[str, str, str | None], Any]:
    """All that is known of every model, for every moment as known at every night, but for positions and rows."""
    found: dict[tuple[str, str, str | None], Any] = {}
    for model in MODELS:
        for at in MOMENTS:
            for known_at in (*NIGHTS, None):
                try:
                    moment = trail.at(at, known_at=known_at)
                    answers = (moment.model(f"{CATALOGUE}/{model}"), *moment.announcements(f"{CATALOGUE}/{model}"))
                except Unknown:
                    continue
                found[model, at, known_at] = [plain(one.model_dump()) for one in answers]
    return {asked: answers for asked, answers in found.items() if answers[0]["versions"]}


def plain(value: Any) -> Any:
    """An answer without what depends on the order of the log, in the order of its texts."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name not in ("position", "because", "source")}
    if isinstance(value, tuple | list):
        return sorted((plain(item) for item in value), key=str)
    return value


def taken(lists: Sequence[list[Element]], order: Sequence[int]) -> Trail:
    trail = empty()
    for number in order:
        read(trail, NIGHTS[number], *lists[number])
    return trail


@pytest.mark.rule("R40")
@pytest.mark.parametrize("nights", [3, 4])
@given(st.data())
def test_lists_in_any_order_give_the_same_answers(nights: int, data: st.DataObject) -> None:
    shown, order = data.draw(lists(nights)), data.draw(st.permutations(range(nights)))
    with taken(shown, range(nights)) as in_order, taken(shown, order) as disordered:
        assert told(disordered) == told(in_order)
