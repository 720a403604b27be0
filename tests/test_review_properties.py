"""Whatever happens, is what needs an eye the same from few of the nights as from every one of them, in any order?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeltrail import Trail, review
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import Histories
from modeltrail.domain.readings import with_sights
from modeltrail.projections.review import ReviewEntry
from rules.given import empty, on
from rules.nights import CHAT, MODEL, night

DAYS = 24
NAMES = ("chat", "bot")
VERSIONS = ("v1", "v2", "v3")
Night = dict[str, str | None]


class Told(NamedTuple):
    """What happens to the model or to `chat` on a day, told by its verb and arguments."""

    at: str
    about: str
    verb: str
    arguments: tuple[str, ...]


def at(number: int, hour: int = 12) -> str:
    return (datetime(2025, 3, 1, hour, tzinfo=UTC) + timedelta(days=number)).isoformat()


@st.composite
def events(draw: st.DrawFn) -> Told:
    number, version = draw(st.integers(0, DAYS - 1)), draw(st.sampled_from(VERSIONS))
    verb = draw(
        st.sampled_from(("retire", "reinstate", "change_default", "change_policy", "change_version", "observe"))
    )
    moment = at(number, draw(st.sampled_from((2, 12))))
    if verb == "change_policy":
        policy = draw(st.sampled_from(("auto-update", "upgrade-when-expired", "manual")))
        return Told(moment, "deployment", verb, (policy,))
    if verb == "change_version":
        return Told(moment, "deployment", verb, (version, MODEL))
    if verb == "observe":
        return Told(moment, "deployment", verb, (MODEL, version))
    return Told(moment, "model", verb, (version,))


@st.composite
def nights(draw: st.DrawFn) -> list[tuple[str, Night]]:
    """What each night shows: mostly what the night before did."""
    now: Night = {"chat": "v1", "bot": "v1"}
    found: list[tuple[str, Night]] = []
    for number in range(DAYS):
        if draw(st.integers(0, 5)) == 0:
            name = draw(st.sampled_from(NAMES))
            version = draw(st.sampled_from((*VERSIONS, None, "gone")))
            now = {other: shown for other, shown in now.items() if other != name}
            now = now if version == "gone" else {**now, name: version}
        found.append((at(number, 2), now))
    return found


def told(seen: Sequence[tuple[str, Night]], facts: Sequence[Told]) -> Trail:
    trail = empty()
    on(trail, "2025-01-01").model(MODEL).register()
    for version in VERSIONS:
        on(trail, "2025-01-01").model(MODEL).release(version)
    for moment, shown in seen:
        night(trail, moment, shown)
    for fact in facts:
        then = on(trail, fact.at, "2025-06-01")
        subject = then.model(MODEL) if fact.about == "model" else then.deployment(CHAT)
        getattr(subject, fact.verb)(*fact.arguments)
    return trail


def every_sight(name: str, facts: Sequence[Fact], readings: Sequence[Fact], turns: object) -> list[Fact]:
    return with_sights(name, facts, readings)


def never(facts: Sequence[Fact], histories: Histories) -> bool:
    return False


@given(nights(), st.lists(events(), max_size=5))
@settings(max_examples=60)
def test_few_nights_say_what_every_night_says(seen: list[tuple[str, Night]], facts: list[Told]) -> None:
    trail = told(seen, facts)
    few = trail.review()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(review, "with_few_sights", every_sight)
        patched.setattr(review, "may_rest", never)
        every = trail.review()
    assert few == every


@pytest.mark.rule("R40")
@given(nights(), st.lists(events(), max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_import_changes_no_entry(seen: list[tuple[str, Night]], facts: list[Told], random: Random) -> None:
    shuffled = random.sample(seen, len(seen))
    in_order, in_disorder = told(seen, facts).review(), told(shuffled, facts).review()
    assert [without_positions(one) for one in in_order] == [without_positions(one) for one in in_disorder]


def without_positions(entry: ReviewEntry) -> ReviewEntry:
    """Only the place in the log depends on the order."""
    return entry.model_copy(update={"positions": ()})
