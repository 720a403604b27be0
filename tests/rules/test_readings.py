"""R31 and R40: an export that shows a deployment as before is a sight of it, though no fact says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from book import answered, course, known
from modeltrail import Trail
from modeltrail.domain.events import (
    ChangeLogged,
    DeploymentDeleted,
    DeploymentEvent,
    DeploymentObserved,
    Event,
    ExportObserved,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.readings import with_sights
from modeltrail.testing.drawn_events import ALPHA, BETA, EPOCH, VERSIONS
from modeltrail.testing.drawn_facts import fact_of, numbered
from rules.given import MIRRORED, NOW, day, mirrored, on, segments, served, shown

NAME, SCOPE = "acct/chat", "acct"
ARM = "azure-deployments"
OTHER = "inventory"
"""Another kind of export."""


def observed(version: str = "v1", export: str | None = ARM, **more: Any) -> DeploymentObserved:
    return DeploymentObserved(deployment=NAME, model=MIRRORED, version=version, export=export, **more)


def reading(scope: Sequence[str] = (SCOPE,), unread: Sequence[str] = (), export: str = ARM) -> ExportObserved:
    return ExportObserved(export=export, digest="ab" * 32, scope=tuple(scope), rows=1, unread=tuple(unread))


# The facts


class Told(NamedTuple):
    """An event of a day of March 2025, and the day on which it was learned."""

    day: int
    event: Event
    known: int | None = None


def march(number: int) -> datetime:
    return day("2025-03-01") + timedelta(days=number - 1)


def facts_of(*told: Told) -> list[Fact]:
    return numbered(
        [fact_of(event, march(at), march(later or at), "statement", f"file-{at}") for at, event, later in told]
    )


def seen(facts: Sequence[Fact]) -> list[tuple[int, str]]:
    """The days on which sights show the deployment, and as what, after its readings were taken into account."""
    own = [fact for fact in facts if isinstance(fact.event, DeploymentEvent)]
    read = [fact for fact in facts if isinstance(fact.event, ExportObserved)]
    events = [(fact.effective_at, fact.event) for fact in with_sights(NAME, own, read)]
    return sorted((at.day, event.version) for at, event in events if isinstance(event, DeploymentObserved))


@pytest.mark.rule("R40")
def test_each_reading_of_what_did_not_change_is_a_sight() -> None:
    facts = facts_of(Told(1, observed()), Told(1, reading()), Told(5, reading()), Told(9, reading()))
    assert seen(facts) == [(1, "v1"), (5, "v1"), (9, "v1")]


@pytest.mark.rule("R40", "R42")
def test_such_a_sight_has_the_position_the_times_and_the_source_of_its_reading() -> None:
    first, _, read = facts_of(Told(1, observed(status="stopped")), Told(1, reading()), Told(5, reading(), known=8))
    (sight,) = with_sights(NAME, [first], [read])[1:]
    assert (sight.event, sight.stream) == (first.event, f"deployment/{NAME}")
    assert (sight.position, sight.source, sight.by) == (read.position, read.source, read.by)
    assert (sight.effective_at, sight.known_at, sight.recorded_at) == (march(5), march(8), read.recorded_at)


@pytest.mark.rule("R40")
def test_readings_before_the_first_sight_show_nothing() -> None:
    assert seen(facts_of(Told(1, reading()), Told(5, observed()), Told(5, reading()))) == [(5, "v1")]
    assert seen(facts_of(Told(1, reading()))) == []


@pytest.mark.rule("R40")
def test_what_changed_in_a_reading_is_what_it_and_those_after_it_show() -> None:
    facts = facts_of(Told(1, observed()), Told(5, observed("v2")), *(Told(n, reading()) for n in (1, 3, 5, 9)))
    assert seen(facts) == [(1, "v1"), (3, "v1"), (5, "v2"), (9, "v2")]


@pytest.mark.rule("R40")
def test_what_an_export_cannot_read_it_does_not_show() -> None:
    facts = facts_of(Told(1, observed()), Told(5, reading(unread=("acct/other", NAME))), Told(9, reading()))
    assert seen(facts) == [(1, "v1"), (9, "v1")]


@pytest.mark.rule("R40")
def test_only_what_showed_it_before_shows_it_unchanged() -> None:
    facts = facts_of(Told(1, observed()), Told(2, observed("v2", None)), Told(5, reading(export=OTHER)))
    assert seen(facts) == [(1, "v1"), (2, "v2")]


@pytest.mark.rule("R40")
def test_exports_of_two_kinds_show_each_what_it_showed_before() -> None:
    told = (Told(1, observed()), Told(2, observed("v2", OTHER)), Told(5, reading()), Told(6, reading(export=OTHER)))
    assert seen(facts_of(*told)) == [(1, "v1"), (2, "v2"), (5, "v1"), (6, "v2")]


@pytest.mark.rule("R3", "R40")
@pytest.mark.parametrize("last_seen", [None, 1])
def test_what_is_deleted_is_shown_by_nobody_before_it_is_seen_again(last_seen: int | None) -> None:
    deleted = DeploymentDeleted(deployment=NAME, not_before=None if last_seen is None else march(last_seen))
    told = [Told(1, observed()), Told(5, deleted), *(Told(n, reading()) for n in (3, 5, 7, 9, 11))]
    assert seen(facts_of(*told)) == [(1, "v1"), (3, "v1")]
    assert seen(facts_of(*told, Told(9, observed("v2")))) == [(1, "v1"), (3, "v1"), (9, "v2"), (11, "v2")]


@pytest.mark.rule("R3", "R40")
def test_what_an_export_still_shows_after_a_logged_deletion_was_created_again() -> None:
    deleted = ChangeLogged(deployment=NAME, entry="e", operation="delete", status="Succeeded")
    facts = facts_of(Told(1, observed()), Told(5, deleted), Told(9, reading()))
    assert seen(facts) == [(1, "v1"), (9, "v1")]


@pytest.mark.rule("R6", "R40")
def test_in_which_order_they_were_recorded_makes_no_difference() -> None:
    told = [Told(1, observed()), Told(5, observed("v2")), *(Told(n, reading()) for n in (1, 3, 5, 9))]
    assert seen(facts_of(*reversed(told))) == seen(facts_of(*told))


# The answers


def exported(trail: Trail, at: str, *events: Event, known: str | None = None) -> tuple[Fact, ...]:
    """What an export of a day changes, and that it was read: the facts."""
    return on(trail, at, known, by="importer").state(*events, reading(), source=f"{at}.json")


def watched(policy: str = "manual") -> Trail:
    """Given a mirrored deployment that was created with v1 on 10 February and shown by an export of 1 March."""
    trail = mirrored()
    on(trail, "2025-02-10").deployment(NAME).create(MIRRORED, version="v1", policy=policy, run_by="provider")
    exported(trail, "2025-03-01", observed())
    return trail


def asked(trail: Trail, days: str, known: str | None = None) -> list[str]:
    """What was possible on some days of March 2025."""
    return [shown(trail, f"2025-03-{number:0>2}", known, NAME) for number in days.split()]


@pytest.mark.rule("R31", "R40")
def test_a_move_took_place_after_the_last_reading_that_showed_no_change() -> None:
    trail = watched()
    exported(trail, "2025-03-05")
    exported(trail, "2025-03-08", observed())
    exported(trail, "2025-03-09")
    exported(trail, "2025-03-12", observed("v2"))
    assert asked(trail, "5 8 9 10 12") == ["v1", "v1", "v1", "v1 or v2", "v2"]
    assert served(trail, "2025-03-09", name=NAME).certainty == "observed"


@pytest.mark.rule("R31", "R40")
def test_a_reading_without_a_change_inside_a_window_shows_that_the_move_had_not_happened() -> None:
    trail = watched("auto-update")
    on(trail, "2025-03-04").model(MIRRORED).change_default("v2")
    assert asked(trail, "4 10 20") == ["v1 or v2", "v1 or v2", "v2"]
    exported(trail, "2025-03-08")
    assert asked(trail, "4 8 9 20") == ["v1", "v1", "v1 or v2", "v1 or v2"]
    exported(trail, "2025-03-25")
    assert asked(trail, "9 24 25 26") == ["v1", "v1", "v1", "v1 or v2"]


@pytest.mark.rule("R40")
def test_a_stop_that_is_shown_again_goes_on() -> None:
    trail = watched()
    exported(trail, "2025-03-05", observed(status="stopped"))
    exported(trail, "2025-03-09")
    assert asked(trail, "2 5 9 10") == ["v1 or stopped", "stopped", "stopped", "stopped"]


SCOPES = [
    ((SCOPE,), True),
    (("other", SCOPE), True),
    ((SCOPE, SCOPE), True),
    (("other",), False),
    (("acc",), False),
    ((NAME,), False),
    (("acct/chat/eu",), False),
    ((), False),
]


@pytest.mark.rule("R40")
@pytest.mark.parametrize(("scope", "counts"), SCOPES, ids=str)
def test_a_reading_shows_what_lies_in_its_scope(scope: tuple[str, ...], counts: bool) -> None:
    trail = watched()
    on(trail, "2025-03-08").state(reading(scope))
    exported(trail, "2025-03-12", observed("v2"))
    assert asked(trail, "8") == ["v1" if counts else "v1 or v2"]


@pytest.mark.rule("R3", "R40")
def test_scopes_may_lie_in_each_other_and_an_arm_id_in_its_group() -> None:
    group = "/subscriptions/0a/resourcegroups/rg"
    name = f"{group}/providers/accounts/acct/deployments/chat"
    trail = mirrored()
    seen = DeploymentObserved(deployment=name, model=MIRRORED, version="v1", export=ARM)
    on(trail, "2025-03-01").state(seen, reading((group,)))
    on(trail, "2025-03-08").state(reading(("/subscriptions/0a", group)))
    on(trail, "2025-03-12").state(seen.model_copy(update={"version": "v2"}), reading((group,)))
    assert [served(trail, day, name=name).version for day in ("2025-03-08", "2025-03-10", "2025-03-12")] == [
        "v1",
        None,
        "v2",
    ]


@pytest.mark.rule("R40")
def test_what_was_never_shown_by_an_export_is_shown_by_no_reading() -> None:
    trail = mirrored()
    exported(trail, "2025-03-01")
    on(trail, "2025-03-02").deployment(NAME).observe(MIRRORED, "v1")
    exported(trail, "2025-03-08")
    on(trail, "2025-03-12").deployment(NAME).observe(MIRRORED, "v2")
    assert asked(trail, "1 2 8 12") == ["absent", "v1", "v1 or v2", "v2"]


@pytest.mark.rule("R6", "R40")
def test_who_did_not_know_the_reading_or_what_it_repeats_did_not_see_it() -> None:
    trail = watched()
    exported(trail, "2025-03-12", observed("v2"))
    exported(trail, "2025-03-08", known="2025-06-01")
    assert asked(trail, "8 9", known="2025-05-31") == ["v1 or v2", "v1 or v2"]
    assert asked(trail, "8 9", known="2025-06-01") == ["v1", "v1 or v2"]
    late = mirrored()
    exported(late, "2025-03-01", observed(), known="2025-06-01")
    exported(late, "2025-03-08")
    assert asked(late, "1 8", known="2025-05-31") == ["absent", "absent"]
    assert asked(late, "1 8", known="2025-06-01") == ["v1", "v1"]


@pytest.mark.rule("R40", "R45")
def test_a_reading_that_is_retracted_shows_nothing() -> None:
    trail = watched()
    (read,) = exported(trail, "2025-03-08")
    exported(trail, "2025-03-12", observed("v2"))
    on(trail, "2025-05-01").retract(read.position)
    assert asked(trail, "8", known="2025-04-30") == ["v1"]
    assert asked(trail, "8") == ["v1 or v2"]
    assert read.position not in {position for part in segments(trail, NAME) for position in part.because}


@pytest.mark.rule("R40", "R45")
def test_with_the_sight_that_they_repeat_the_later_ones_are_retracted_too() -> None:
    trail = mirrored()
    exported(trail, "2025-03-01", observed("v2"))
    wrong, _ = exported(trail, "2025-03-05", observed("v1"))
    exported(trail, "2025-03-08")
    assert asked(trail, "1 5 8") == ["v2", "v1", "v1"]
    on(trail, "2025-05-01").retract(wrong.position)
    assert asked(trail, "1 5 8") == ["v2", "v2", "v2"]
    assert asked(trail, "1 5 8", known="2025-04-30") == ["v2", "v1", "v1"]


@pytest.mark.rule("R40")
def test_a_reading_counts_for_a_trail_that_is_opened_again(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/audit.db"
    with Trail.open(url, clock=lambda: NOW) as trail:
        on(trail, "2025-03-01").state(observed(), reading())
        on(trail, "2025-03-08").state(reading())
        on(trail, "2025-03-12").state(observed("v2"), reading())
        told = served(trail, "2025-03-09", name=NAME)
    with Trail.open(url, clock=lambda: NOW) as again:
        assert (told.certainty, told.since) == ("window", datetime(2025, 3, 8, 0, 0, 0, 1, tzinfo=UTC))
        assert served(again, "2025-03-09", name=NAME) == told


# Histories


class Shown(NamedTuple):
    """What one export shows of the deployment, where it can be read: a version of a model, or that there is none."""

    at: datetime
    known_at: datetime
    is_read: bool
    place: tuple[str, str] | None


@st.composite
def exports(draw: st.DrawFn) -> list[Shown]:
    """Exports of some days, in the order in which they were imported. No other fact is of their moments."""
    days = draw(st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True))
    places = st.sampled_from(
        [(ALPHA, VERSIONS[ALPHA][0]), (ALPHA, VERSIONS[ALPHA][1]), (BETA, VERSIONS[BETA][0]), None]
    )
    few = st.sampled_from(draw(st.lists(places, min_size=1, max_size=2)))
    late, is_read = st.sampled_from((0, 0, 1, 5, 30)), st.sampled_from((True, True, True, False))
    found = []
    for number in days:
        at = EPOCH + timedelta(days=number, hours=17)
        found.append(Shown(at, at + timedelta(days=draw(late)), draw(is_read), draw(few)))
    return sorted(found, key=lambda one: one.known_at)


def imported(order: Sequence[Shown]) -> list[tuple[Event, datetime, datetime]]:
    """What is recorded of them: what differs from the export before, as far as it is known, and each reading (R40)."""
    found: list[tuple[Event, datetime, datetime]] = []
    said: set[datetime] = set()

    def compare(one: Shown, known: Sequence[Shown], known_at: datetime) -> None:
        before = max((other for other in known if other.at < one.at), default=None)
        was = before.place if before is not None else None
        if not one.is_read or one.place == was or one.at in said:
            return
        said.add(one.at)
        event = _seen(one) if one.place else DeploymentDeleted(deployment=NAME, not_before=before and before.at)
        found.append((event, one.at, known_at))

    for number, one in enumerate(order):
        known = [other for other in order[:number] if other.is_read]
        compare(one, known, one.known_at)
        later = min((other for other in known if other.at > one.at), default=None)
        if later is not None and one.is_read:
            compare(later, [*known, one], one.known_at)
        found.append((reading(unread=() if one.is_read else (NAME,)), one.at, one.known_at))
    return found


def spelled_out(order: Sequence[Shown]) -> list[tuple[Event, datetime, datetime]]:
    """The same, where each export in which the deployment is has a sight of its own."""
    told = [one for one in imported(order) if isinstance(one[0], DeploymentDeleted)]
    return [*told, *((_seen(one), one.at, one.known_at) for one in order if one.is_read and one.place)]


def _seen(one: Shown) -> DeploymentObserved:
    assert one.place is not None
    return DeploymentObserved(deployment=NAME, model=one.place[0], version=one.place[1], export=ARM)


def renamed(fact: Fact) -> Fact:
    """The same of a deployment that lies in the scope."""
    if not isinstance(fact.event, DeploymentEvent):
        return fact
    event = fact.event.model_copy(update={"deployment": NAME})
    return fact._replace(event=event, stream=event.stream)


def lived(past: strategies.History) -> list[Fact]:
    """What others say of the deployment, but for its deletion: what is gone is missing from the exports."""
    kept = [fact for fact in known(past.facts) if getattr(fact.event, "deployment", None) != strategies.DEPLOYMENTS[1]]
    return [renamed(fact) for fact in kept if not isinstance(fact.event, DeploymentDeleted)]


@pytest.mark.rule("R6", "R40")
@given(strategies.histories(retracted=False), exports())
def test_a_history_with_readings_says_the_same_as_one_with_every_sight_spelled_out(
    past: strategies.History, order: list[Shown]
) -> None:
    told, whole = (
        numbered([*lived(past), *(fact_of(*one, "statement", "export") for one in made(order))])
        for made in (imported, spelled_out)
    )
    for known_at in (None, *sorted({fact.known_at for fact in whole})):
        assert answered(course(told, NAME, known_at)) == answered(course(whole, NAME, known_at))
