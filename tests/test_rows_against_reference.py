"""Are the rows of the built-in projections what a simple reading of all facts says, at every moment, known at any?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, takewhile
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import book
import rows
import strategies
from modeltrail.domain import events as e
from modeltrail.domain.deployment import evolve, new_deployment
from modeltrail.domain.facts import Fact, in_order
from modeltrail.projections.built_in import ALL
from modeltrail.projections.changes import Change, changes
from modeltrail.projections.deployments import deployments
from modeltrail.projections.policies import policies
from modeltrail.projections.projection import Key, Projection
from modeltrail.projections.sightings import sightings
from modeltrail.projections.tests import tests
from strategies import DEPLOYMENTS, History

PLAIN: tuple[Projection[Any], ...] = (policies, sightings, tests, changes)
"""The projections whose rows are made of plain columns."""


HISTORIES = st.one_of(strategies.histories(), strategies.busy())


def knowledges(history: History) -> list[datetime | None]:
    """Everything that can be known when: after each fact was learned, and now."""
    return [None, *sorted({fact.known_at for fact in history.facts})]


def seen_by(history: History, name: str) -> Iterator[tuple[list[Fact], datetime, datetime | None]]:
    """What is known of a deployment, in order: by each moment, as known at each."""
    for known_at in knowledges(history):
        facts = [fact for fact in book.known(history.facts, known_at) if isinstance(fact.event, e.DeploymentEvent)]
        ordered = in_order(fact for fact in facts if fact.stream == f"deployment/{name}")
        for t in sorted({fact.effective_at for fact in facts}):
            yield [fact for fact in ordered if fact.effective_at <= t], t, known_at


def lives(name: str, facts: Sequence[Fact]) -> list[tuple[tuple[int, str] | None, Fact]]:
    """Each incarnation and policy in it, null where there is no such deployment, with the fact that began it."""
    state, found = new_deployment(name), list[tuple[tuple[int, str] | None, Fact]]()
    for fact in facts:
        state = evolve(state, fact)
        life = (state.incarnation, state.policy) if state.exists else None
        if not found or found[-1][0] != life:
            found.append((life, fact))
    return found


def latest_life(facts: Sequence[Fact]) -> list[Fact]:
    """The sights since the last deletion."""
    since = takewhile(lambda fact: not is_deletion(fact.event), reversed(facts))
    return [fact for fact in reversed(list(since)) if isinstance(fact.event, e.DeploymentObserved)]


def is_deletion(event: e.Event) -> bool:
    """Whether it says that a deployment is gone, as a fact of its own or as a provider's log does."""
    if isinstance(event, e.ChangeLogged):
        return (event.operation, event.status) == ("delete", "Succeeded")
    return isinstance(event, e.DeploymentDeleted)


def said_first(facts: Sequence[Fact]) -> list[Fact]:
    """Of facts that follow each other and say the same of the same moment, the first."""
    return [next(same) for _, same in groupby(facts, key=lambda fact: (fact.effective_at, fact.event))]


@pytest.mark.rule("R17")
@given(HISTORIES)
def test_the_policy_is_that_of_the_deployment_and_set_by_the_fact_that_began_it(history: History) -> None:
    for name in DEPLOYMENTS:
        for facts, t, known_at in seen_by(history, name):
            found = rows.row(policies, name, history.facts, t, known_at)
            state = rows.row(deployments, name, history.facts, t, known_at)
            assert (found is not None) == (state is not None and state.exists)
            if found is None or state is None:
                continue
            told = lives(name, facts)
            (_, fact), before = told[-1], told[-2][0] if len(told) > 1 else None
            assert found.policy == state.policy
            assert (found.fact, found.set_at, found.known_at) == (fact.position, fact.effective_at, fact.known_at)
            assert (found.by, found.source, found.event) == (fact.by, fact.source, fact.event.type)
            assert (found.why, found.mode) == (fact.why, fact.mode)
            assert found.before == (before[1] if before is not None and before[0] == state.incarnation else None)


@pytest.mark.rule("R31")
@given(HISTORIES)
def test_the_last_sight_is_the_latest_of_the_incarnation(history: History) -> None:
    for name in DEPLOYMENTS:
        for facts, t, known_at in seen_by(history, name):
            found, sights = rows.row(sightings, name, history.facts, t, known_at), latest_life(facts)
            assert (found is not None) == bool(sights)
            if found is None:
                continue
            runs = [list(run) for _, run in groupby(sights, key=lambda fact: _place(fact))]
            assert found.last_seen == max(fact.effective_at for fact in sights)
            assert found.sights == len({fact.effective_at for fact in sights})
            assert (found.model, found.version) == _place(sights[-1])
            assert found.first_seen == min(fact.effective_at for fact in runs[-1])
            assert found.sights_in_a_row == len({fact.effective_at for fact in runs[-1]})
            last = said_first(sights)[-1]
            assert (found.fact, found.known_at, found.source) == (last.position, last.known_at, last.source)
            assert found.status == getattr(sights[-1].event, "status", None)
            before = (found.before_model, found.before_version, found.before_last_seen)
            assert before == (
                (*_place(runs[-2][-1]), runs[-2][-1].effective_at) if len(runs) > 1 else (None, None, None)
            )


def _place(fact: Fact) -> tuple[str, str]:
    assert isinstance(fact.event, e.DeploymentObserved)
    return fact.event.model, fact.event.version


@pytest.mark.rule("R36")
@given(HISTORIES)
def test_the_last_test_is_the_latest_of_that_version_for_that_deployment(history: History) -> None:
    for name in DEPLOYMENTS:
        for facts, t, known_at in seen_by(history, name):
            tested = [fact for fact in facts if isinstance(fact.event, e.VersionTested)]
            for key in rows.keys(tests, tested):
                mine = said_first([fact for fact in tested if key in tests.keys(fact)])
                found = rows.row(tests, key, history.facts, t, known_at)
                assert found is not None
                assert (found.fact, found.tested_at) == (mine[-1].position, mine[-1].effective_at)
                assert (found.tests, found.passed) == (len(mine), sum(map(_has_passed, mine)))


def _has_passed(fact: Fact) -> bool:
    return isinstance(fact.event, e.VersionTested) and fact.event.result == "passed"


@pytest.mark.rule("R42")
@given(HISTORIES)
def test_what_is_known_are_the_changes_one_a_fact(history: History) -> None:
    for known_at in knowledges(history):
        found: list[Change] = []
        for key in rows.keys(changes, history.facts):
            found += [row for _, row in rows.history(changes, key, history.facts, known_at) if row is not None]
        known = book.known(history.facts, known_at)
        assert [row.fact for row in found] == [fact.position for fact in known]
        for row, fact in zip(found, known, strict=True):
            assert row.day == fact.effective_at.date().isoformat()
            assert (row.effective_at, row.known_at, row.event) == (fact.effective_at, fact.known_at, fact.event.type)
            assert (f"{row.kind}/{row.subject}", row.by, row.mode) == (fact.stream, fact.by, fact.mode)
            assert row.what and len(row.what.splitlines()) == 1


@pytest.mark.rule("R6")
@given(strategies.histories(retracted=False), st.data())
def test_the_order_of_import_changes_no_row(history: History, data: st.DataObject) -> None:
    others = data.draw(strategies.reordered(history.facts))
    for projection in PLAIN[:-1]:
        for key in rows.keys(projection, history.facts):
            told = rows.history(projection, key, history.facts)
            again = rows.history(projection, key, others)
            assert [(t, _placeless(row)) for t, row in told] == [(t, _placeless(row)) for t, row in again]


def _placeless(row: BaseModel | None) -> dict[str, Any] | None:
    return None if row is None else row.model_dump(exclude={"fact"})


# All of them


@pytest.mark.rule("R42")
def test_every_kind_of_event_is_a_change() -> None:
    assert changes.kinds == set(e.EVENT_TYPES)


def test_the_names_and_questions_of_projections_are_their_own() -> None:
    assert len({one.name for one in ALL}) == len({one.question for one in ALL}) == len(ALL) == 7
    assert all(one.question.endswith("?") for one in ALL)


@given(HISTORIES)
def test_a_key_has_a_text_for_each_of_its_columns(history: History) -> None:
    for projection in ALL:
        for key in rows.keys(projection, history.facts):
            texts: tuple[Key, ...] = key if isinstance(key, tuple) else (key,)
            assert len(texts) == len(projection.key_names)
            assert all(isinstance(text, str) for text in texts)


def is_plain(hint: Any) -> bool:
    """Whether SQL has a type for it: a text, a number, a moment, or null."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return is_plain(parts[0])
    if origin in (Union, UnionType):
        return all(map(is_plain, parts))
    return origin is Literal or hint in (str, int, bool, datetime, type(None))


@pytest.mark.parametrize("projection", PLAIN, ids=lambda one: one.name)
def test_every_column_is_plain_and_rows_are_frozen(projection: Projection[Any]) -> None:
    hints = get_type_hints(projection.row, include_extras=True)
    columns = {name: hints[name] for name in projection.row.model_fields}
    assert [name for name, hint in columns.items() if not is_plain(hint)] == []
    assert projection.row.model_config.get("frozen")
    assert not set(columns) & {*projection.key_names, "position", "since"}, "every table has these of its own"
