"""Do all built-in projections keep the laws, and does each law notice what breaks it?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import strategies as st

from modeltrail import Projection, building, follower, live_fold, registry, views
from modeltrail.domain.events import DeploymentCreated, PolicyChanged
from modeltrail.folding import Folding
from modeltrail.growth import Tail
from modeltrail.projections.built_in import ALL
from modeltrail.tables import KeyValues, Stored, Tables
from modeltrail.testing import LAWS, History, check_law, check_projection, histories
from modeltrail.work import Work
from testing import wrong

EXAMPLES = 20
Wrong = Callable[[], Projection[Any]]

WRONG: list[tuple[Wrong, set[str]]] = [
    (wrong.takes_for_granted_that_there_is_a_row, {"taken"}),
    (wrong.has_a_key_that_is_no_text, {"taken"}),
    (wrong.counts_its_calls, {"pure"}),
    (wrong.remembers_beside_the_row, {"pure"}),
    (wrong.has_a_key_from_elsewhere, {"pure"}),
    (wrong.changes_its_row_in_place, {"pure"}),
    (wrong.holds_texts_as_numbers, {"columns"}),
    (wrong.has_another_key_in_its_row, {"columns"}),
    (wrong.does_not_tell_what_it_handles, {"as-read", "live", "strangers"}),
    (wrong.counts_facts_in_another_order, {"as-read", "live", "arrival"}),
    (wrong.counts_by_the_versions_of_the_stream, {"strangers", "arrival"}),
    (wrong.counts_by_positions, {"strangers", "arrival"}),
    (wrong.shows_when_it_was_recorded, {"arrival"}),
    (wrong.lets_the_last_that_was_recorded_win, {"arrival"}),
]


DRAWN: dict[Wrong, st.SearchStrategy[History]] = {
    wrong.does_not_tell_what_it_handles: histories(DeploymentCreated, min_size=4)
}
"""What is drawn where that cannot be known from what a projection says that it handles."""


def flaw(
    projection: Projection[Any], law: str, examples: int = EXAMPLES, drawn: st.SearchStrategy[History] | None = None
) -> str | None:
    """What is said of a law that is broken, null where it is kept."""
    try:
        check_law(projection, law, examples=examples, histories=drawn)
    except AssertionError as broken:
        return str(broken)
    return None


@pytest.mark.rule("R6")
@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)
def test_the_built_in_projections_keep_all_laws(projection: Projection[Any]) -> None:
    check_projection(projection, examples=8)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_right_projection_keeps_each_law(law: Any) -> None:
    check_law(wrong.right(), law, examples=EXAMPLES)


@pytest.mark.parametrize(("made", "laws"), WRONG, ids=lambda one: getattr(one, "__name__", ""))
def test_a_wrong_projection_breaks_its_law_and_no_other(made: Wrong, laws: set[str]) -> None:
    projection = made()
    drawn = DRAWN.get(made)
    tried = {law.name: flaw(projection, law.name, 60 if law.name in laws else 8, drawn) for law in LAWS}
    assert {law for law, told in tried.items() if told is not None} == laws


@pytest.mark.parametrize(("made", "laws"), WRONG[::4], ids=lambda one: getattr(one, "__name__", ""))
def test_the_first_law_that_is_broken_is_named(made: Wrong, laws: set[str]) -> None:
    first = next(law for law in LAWS if law.name in laws)
    with pytest.raises(AssertionError, match=f"owners breaks the law '{first.name}': {re.escape(first.sentence)}"):
        check_projection(made(), examples=EXAMPLES, histories=DRAWN.get(made))


# An engine that is wrong: what no projection can break


def _knows_all(cursor: sqlite3.Cursor, tables: Tables, key: KeyValues, t: int | None, k: int | None) -> Stored | None:
    """One row, asked for as known at a moment, and given as known now."""
    return HELD(cursor, tables, key, t, None)


HELD = views.held


def _nothing_is_stored(folding: Folding, cursor: sqlite3.Cursor, key: KeyValues) -> Tail:
    """Whoever has just begun believes that no key has a row."""
    return LOADED(folding, cursor, key) if folding.tails else Tail()


LOADED = Folding._loaded


@contextmanager
def _remembers(work: Work) -> Iterator[None]:
    """What was folded is remembered though it was not written."""
    yield


def _reaches_anyway(cursor: sqlite3.Cursor, build: registry.Build, before: int, after: int) -> None:
    """Nobody looks whether another process was quicker."""
    cursor.execute("UPDATE projections SET position = ? WHERE id = ?", (after, build.id))


def _forgets_the_rest(
    tables: Tables, cursor: sqlite3.Cursor, key: KeyValues | None, limit: int
) -> dict[KeyValues, list[int]]:
    """A key is folded from so many of its facts as are a page."""
    return {key: positions[:limit] for key, positions in CONCERNED(tables, cursor, key, limit).items()}


CONCERNED = Tables.concerned_after


def _sees_everything(self: follower.Follower, after: int, until: int) -> list[Any]:
    return list(self._log.pick(after, until))


BROKEN: dict[str, list[tuple[object, str, object]]] = {
    "as-read": [(views, "held", _knows_all)],
    "live": [(live_fold, "precedes", lambda fact, other: True)],
    "restart": [(Folding, "_loaded", _nothing_is_stored)],
    "redelivery": [(Work, "_or_forgotten", _remembers)],
    "rebuild": [(Tables, "concerned_after", _forgets_the_rest)],
}


@pytest.mark.parametrize("law", BROKEN)
def test_an_engine_that_is_wrong_breaks_its_law(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    projection = wrong.right()
    for place, name, broken in BROKEN[law]:
        monkeypatch.setattr(place, name, broken)
    assert flaw(projection, law, examples=60) is not None


def test_whoever_does_not_look_whether_another_was_quicker_breaks_redelivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "reach_position", _reaches_anyway)
    assert flaw(wrong.right(), "redelivery", examples=60) is not None


def test_an_engine_that_takes_what_is_not_handled_breaks_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever concerns a deployment is handed to the projection, which knows no key of it."""
    keys = Projection.keys

    def any_key(projection: Projection[Any], fact: Any) -> tuple[Any, ...]:
        return keys(projection, fact) or (getattr(fact.event, "deployment", "none"),)

    monkeypatch.setattr(follower.Follower, "_facts", _sees_everything)
    monkeypatch.setattr("modeltrail.sources.Indexed.matters", lambda source, fact: True)
    projection = wrong.right()
    monkeypatch.setattr(Folding, "keys", lambda folding, fact: [any_key(projection, fact)])
    assert flaw(projection, "strangers", examples=60) is not None


def test_pages_are_as_large_as_before_afterwards() -> None:
    before = follower.PAGE, building.PAGE
    check_law(wrong.right(), "rebuild", examples=1)
    assert before == (follower.PAGE, building.PAGE)


# What is said


def test_a_broken_law_is_told_with_the_smallest_history_found() -> None:
    told = flaw(wrong.takes_for_granted_that_there_is_a_row(), "taken")
    assert told is not None
    first, what, head, *facts = told.splitlines()
    assert first == "owners breaks the law 'taken': Every fact can be taken, whatever came before it."
    assert "position 1 (deployment.policy-changed): AttributeError: 'NoneType'" in what
    assert head == "  The smallest history found:"
    assert len(facts) == 1
    assert re.fullmatch(
        r"   1  2025-\S+Z, known 2025-\S+Z, \w+: deployment.policy-changed\(deployment='.*', policy='.*'\)", facts[0]
    )


def test_what_differs_is_told_by_key_and_moment() -> None:
    told = flaw(wrong.lets_the_last_that_was_recorded_win(), "arrival")
    assert told is not None
    assert re.search(r"the rows (now|at 2025-\S+Z)( as known at 2025-\S+)?, recorded in another order, of 'chat-", told)
    assert "    expected " in told
    assert "    found    " in told
    assert len(told.partition("The smallest history found:\n")[2].splitlines()) <= 3


def test_what_is_not_handled_is_told_too() -> None:
    told = flaw(wrong.counts_by_the_versions_of_the_stream(), "strangers", 60)
    assert told is not None
    assert "and what is not handled:" in told


def test_the_same_is_found_each_time() -> None:
    assert flaw(wrong.counts_by_positions(), "arrival") == flaw(wrong.counts_by_positions(), "arrival")


def test_histories_may_be_given() -> None:
    nothing: st.SearchStrategy[History] = st.just(History(()))
    check_projection(wrong.takes_for_granted_that_there_is_a_row(), examples=5, histories=nothing)
    with pytest.raises(AssertionError, match="breaks the law 'taken'"):
        check_projection(wrong.takes_for_granted_that_there_is_a_row(), examples=5, histories=histories(PolicyChanged))


def test_a_law_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no law 'resart': use one of taken, pure, columns, as-read"):
        check_law(wrong.right(), "resart")


def test_a_projection_that_no_table_can_be_made_for_is_refused() -> None:
    bare: Projection[Any] = Projection("owners", wrong.Owner, edition=1, question="Who?")
    with pytest.raises(ValueError, match="handles no event"):
        check_projection(bare)
