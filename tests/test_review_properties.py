"""Whatever happens, is what needs an eye the same from few of the nights as from every one of them, in any order?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeltrail import Trail, review
from modeltrail.domain.events import ChangeLogged, DeploymentEvent
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import Histories
from modeltrail.domain.readings import with_sights
from modeltrail.projections.review import ReviewEntry
from rules.given import empty, on, segments
from rules.nights import CHAT, MODEL, night

DAYS = 24
NAMES = ("chat", "bot")
VERSIONS = ("v1", "v2", "v3")
Night = dict[str, str | None]


VERBS = ("retire", "reinstate", "change_default", "change_policy", "change_version", "observe", "write", "delete")


class Told(NamedTuple):
    """What happens to the model or to `chat` at a moment, and is learned months later."""

    at: str
    verb: str
    argument: str

    def record(self, trail: Trail) -> None:
        """Record it."""
        then = on(trail, self.at, "2025-06-01")
        if self.verb in ("write", "delete"):
            logged = {"deployment": CHAT, "entry": self.at, "operation": self.verb, "status": "Succeeded"}
            then.state(ChangeLogged.model_validate(logged), source="activity.json")
        elif self.verb == "change_policy":
            then.deployment(CHAT).change_policy(self.argument)
        elif self.verb == "change_version":
            then.deployment(CHAT).change_version(self.argument, MODEL)
        elif self.verb == "observe":
            then.deployment(CHAT).observe(MODEL, self.argument)
        else:
            getattr(then.model(MODEL), self.verb)(self.argument)


def at(number: int, hour: int = 2) -> str:
    """A moment of March: the exports are made at two o'clock."""
    return (datetime(2025, 3, 1, hour, tzinfo=UTC) + timedelta(days=number)).isoformat()


@st.composite
def events(draw: st.DrawFn) -> Told:
    verb = draw(st.sampled_from(VERBS))
    policies = ("auto-update", "upgrade-when-expired", "manual")
    moment = at(draw(st.integers(0, DAYS - 1)), draw(st.sampled_from((2, 12))))
    return Told(moment, verb, draw(st.sampled_from(policies if verb == "change_policy" else VERSIONS)))


@st.composite
def nights(draw: st.DrawFn, versions: Sequence[str | None] = (*VERSIONS, None)) -> list[tuple[str, Night]]:
    """What each night shows: at first both deployments, then mostly what the night before did."""
    now: Night = {"chat": "v1", "bot": "v1"}
    found: list[tuple[str, Night]] = []
    for number in range(DAYS):
        if number and draw(st.integers(0, 5)) == 0:
            name = draw(st.sampled_from(NAMES))
            version = draw(st.sampled_from((*versions, "gone")))
            now = {other: shown for other, shown in now.items() if other != name}
            now = now if version == "gone" else {**now, name: version}
        found.append((at(number), now))
    return found


def told(seen: Sequence[tuple[str, Night]], facts: Sequence[Told]) -> Trail:
    trail = empty()
    on(trail, "2025-01-01").model(MODEL).register()
    for version in VERSIONS:
        on(trail, "2025-01-01").model(MODEL).release(version)
    for moment, shown in seen:
        night(trail, moment, shown)
    for fact in facts:
        fact.record(trail)
    return trail


def every_sight(name: str, facts: Sequence[Fact], readings: Sequence[Fact], turns: object) -> list[Fact]:
    return with_sights(name, facts, readings)


def never(facts: Sequence[Fact], histories: Histories) -> bool:
    return False


@given(nights(), st.lists(events(), max_size=5))
@settings(max_examples=60)
def test_few_nights_say_what_every_night_says_also_of_what_is_settled(
    seen: list[tuple[str, Night]], facts: list[Told]
) -> None:
    trail = told(seen, facts)
    few = trail.review()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(review, "with_few_sights", every_sight)
        patched.setattr(review, "may_rest", never)
        every = trail.review()
    assert few == every
    with trail.record(by="alice@example.com") as rec:
        for one in few:
            rec.settle(one.id, why="looked at")
    assert trail.review() == ()
    assert [one.model_copy(update={"settled": None}) for one in trail.review(settled=True)] == [*few]


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


@pytest.mark.rule("R32")
@given(nights(VERSIONS), st.lists(events(), max_size=5))
@settings(max_examples=60)
def test_each_window_that_nothing_explains_ends_in_an_entry(seen: list[tuple[str, Night]], facts: list[Told]) -> None:
    trail = told(seen, facts)
    listed = {(one.subject, one.at) for one in trail.review(kind="unexplained-move")}
    names = {fact.event.deployment for fact in trail.events() if isinstance(fact.event, DeploymentEvent)}
    assert {(name, moment) for name in names for moment in ends_unexplained(trail, name)} <= listed


def ends_unexplained(trail: Trail, name: str) -> Iterator[datetime]:
    """The ends of the windows in the course of a deployment that nothing explains."""
    parts = segments(trail, name)
    for number, part in enumerate(parts):
        if len(part.possible) > 1 and part.cause == "unexplained":
            yield next(later.since for later in parts[number:] if len(later.possible) < 2)
