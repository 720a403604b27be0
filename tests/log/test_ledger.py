"""What does the ledger keep, and is what it answers the same as if it kept everything? (R2, R6, R10, R45)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import book
import strategies
from log.examples import MODEL, START, draft, opened, policy, release
from modeltrail.domain.events import (
    DeploymentCreated,
    DeploymentEvent,
    DeploymentObserved,
    Event,
    ExportObserved,
    FactRetracted,
    TrustChanged,
    VersionChanged,
)
from modeltrail.domain.model import models_concerned
from modeltrail.drafts import Draft
from modeltrail.ledger import BUILT_IN, Ledger, Mark
from modeltrail.log import Log
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import model_history, models
from modeltrail.streams import STREAMS_KEPT
from strategies import LATEST, History

DAYS = st.integers(0, 4).map(lambda days: START + timedelta(days=days))
VERSIONS = st.sampled_from(("1", "2", "", None))
SOURCES = st.sampled_from(("a", "b"))


@st.composite
def mentions(draw: st.DrawFn) -> list[Draft]:
    """Deployments that mention a few versions, late or not, by statement or decision, and retractions of anything."""
    drafts: list[Draft] = []
    for number in range(draw(st.integers(1, 12))):
        version, name = draw(VERSIONS), f"d{draw(st.integers(0, 3))}"
        effective, known = sorted((draw(DAYS), draw(DAYS)))
        event: Event = DeploymentCreated(deployment=name, model=MODEL, version=version)
        if number and draw(st.integers(0, 3)) == 0:
            position = draw(st.integers(1, number))
            event = FactRetracted(position=position, of=drafts[position - 1].event.stream)
        elif version is not None and draw(st.booleans()):
            event = draw(st.sampled_from((DeploymentObserved, VersionChanged)))(
                deployment=name, model=MODEL, version=version
            )
        mode = draw(st.sampled_from(("statement", "decision")))
        drafts.append(draft(event, mode=mode, effective_at=effective, known_at=known, source=draw(SOURCES)))
    return drafts


def as_drafts(history: History) -> list[Draft]:
    return [
        draft(fact.event, mode=fact.mode, effective_at=fact.effective_at, known_at=fact.known_at, source=fact.source)
        for fact in history.facts
    ]


LONG_AGO = datetime.min.replace(tzinfo=UTC)


def log_of(drafts: Sequence[Draft]) -> Log:
    log = Log.open("memory:", clock=lambda: LATEST + timedelta(days=400))
    log.append(drafts)
    return log


def caught_up(log: Log, streams_kept: int = STREAMS_KEPT) -> Ledger:
    ledger = Ledger(log, streams_kept=streams_kept)
    ledger.catch_up()
    return ledger


def check_answers(ledger: Ledger, log: Log) -> None:
    """What is known of every model and every deployment, whenever, is what reading everything shows."""
    everything = list(log.read())
    named = {model for fact in everything for model in models_concerned(fact.event)}
    names = {fact.event.deployment for fact in everything if isinstance(fact.event, DeploymentEvent)}
    for known_at in (None, *sorted({fact.known_at for fact in everything})):
        facts = book.known(everything, known_at)
        for model in named:
            about = book.about(facts, model)
            kept = ledger.known(models, model, known_at)
            expected, history = model_history(model, about), model_history(model, kept)
            assert (history.moments, history.states) == (expected.moments, expected.states)
            assert (history.leads_to, history.unclear) == (expected.leads_to, expected.unclear)
            learned = [moment for moment in ledger.learned(models, model) if known_at is None or moment <= known_at]
            assert ledger.known(models, model, max(learned, default=LONG_AGO)) == kept
            if any(book.is_order_for(fact, model) for fact in about):
                continue  # where sources are weighed, a history is not what the rows say
            folded = models.history(model, about)
            states = [history.at(moment) for moment, _ in folded]
            assert states == [state for _, state in folded]
            assert [list(state.versions) for state in states] == [list(state.versions) for _, state in folded if state]
        for name in names:
            about = [fact for fact in facts if name in deployments.keys(fact)]
            assert ledger.known(deployments, name, known_at) == about
            if known_at is None:
                assert ledger.fold(name).states == deployments.history(name, about)


@pytest.mark.rule("R6")
@given(mentions())
def test_mentions_that_are_not_kept_change_no_answer(drafts: list[Draft]) -> None:
    with log_of(drafts) as log:
        check_answers(caught_up(log), log)


@pytest.mark.rule("R6")
@given(st.one_of(strategies.histories(empty_versions=True), strategies.disputed()))
def test_no_answer_depends_on_what_is_kept(history: History) -> None:
    with log_of(as_drafts(history)) as log:
        check_answers(caught_up(log, streams_kept=1), log)


@pytest.mark.rule("R45")
@given(mentions(), st.data())
def test_it_is_the_same_however_the_facts_come(drafts: list[Draft], data: st.DataObject) -> None:
    with log_of(()) as log:
        ledger, left = Ledger(log), drafts
        while left:
            count = data.draw(st.integers(1, len(left)))
            facts, left = log.append(left[:count]), left[count:]
            if data.draw(st.booleans()):
                ledger.take(facts)
            if data.draw(st.booleans()):
                ledger.catch_up()
                ledger.fold(f"d{data.draw(st.integers(0, 3))}")
        ledger.catch_up()
        check_answers(ledger, log)


def created(name: str, version: str | None = "1", day: int = 0, known: int | None = None) -> Draft:
    at = START + timedelta(days=day)
    learned = at if known is None else START + timedelta(days=known)
    event = DeploymentCreated(deployment=name, model=MODEL, version=version)
    return draft(event, mode="statement", effective_at=at, known_at=learned)


def retracted(position: int, of: str) -> Draft:
    return draft(FactRetracted(position=position, of=of), why="it was wrong")


def trusted(*sources: str, catalogue: str = "azure-openai", known: int | None = None) -> Draft:
    at = None if known is None else START + timedelta(days=known)
    return draft(TrustChanged(catalogue=catalogue, sources=sources), effective_at=at, known_at=at)


def kept(ledger: Ledger) -> list[int]:
    return [fact.position for fact in ledger.known(models, MODEL)]


def test_of_many_deployments_on_a_version_the_first_is_kept() -> None:
    with log_of([created(f"d{number}", day=number % 7) for number in range(500)]) as log:
        assert kept(caught_up(log)) == [1]


def test_one_learned_late_and_one_known_early_are_both_kept() -> None:
    with log_of([created("d1", day=5), created("d2", day=3, known=9), created("d3", day=4, known=9)]) as log:
        assert kept(caught_up(log)) == [1, 2]


def test_one_that_was_before_and_is_known_as_early_takes_the_place_of_another() -> None:
    with log_of([created("d1", day=5, known=9), created("d2", day=3)]) as log:
        assert kept(caught_up(log)) == [2]


@pytest.mark.rule("R2")
def test_those_without_a_version_name_are_all_kept_and_of_those_without_a_version_the_first() -> None:
    drafts = [created(f"d{number}", version) for number, version in enumerate(("", None, "", None))]
    with log_of(drafts) as log:
        assert kept(caught_up(log)) == [1, 2, 3]


@pytest.mark.rule("R45")
def test_where_a_mention_is_retracted_the_next_one_counts_and_back() -> None:
    with log_of([created("d1"), created("d2", day=1), created("d3", day=2)]) as log:
        ledger = caught_up(log)
        log.append([retracted(1, "deployment/d1")])
        ledger.catch_up()
        assert kept(ledger) == [2]
        log.append([retracted(4, "deployment/d1")])
        ledger.catch_up()
        assert kept(ledger) == [1, 2]
        check_answers(ledger, log)


def test_a_retraction_that_is_handed_over_is_read_when_the_ledger_catches_up() -> None:
    with log_of([created("d1"), created("d2", day=1)]) as log:
        ledger = caught_up(log)
        ledger.take(log.append([retracted(1, "deployment/d1")]))
        assert (ledger.position, kept(ledger)) == (2, [1])
        ledger.catch_up()
        assert (ledger.position, kept(ledger)) == (3, [2])


def test_facts_are_taken_only_where_they_follow() -> None:
    with log_of([release("1")]) as log:
        ledger = caught_up(log)
        mine = log.append([release("2")])
        theirs = log.append([release("3")])
        ledger.take(theirs)
        assert ledger.position == 1
        ledger.take(mine)
        ledger.take(theirs)
        assert (ledger.position, ledger.recorded_at) == (3, theirs[0].recorded_at)
        assert ledger.known(models, MODEL) == list(log.read())
        ledger.take(mine)
        ledger.take(())
        assert ledger.position == 3


def test_a_ledger_shows_nothing_beyond_its_position(path: Path) -> None:
    with opened(path) as log, opened(path) as other:
        log.append([policy("d1")])
        ledger = caught_up(log)
        other.append([policy("d1", "auto-update"), policy("d2")])
        assert ledger.keys(deployments) == ["d1"]
        assert ledger.streams() == ["deployment/d1"]
        assert len(ledger.stream("deployment/d1")) == 1
        assert not ledger.has(deployments, "d2")
        ledger.catch_up()
        assert ledger.keys(deployments) == ["d1", "d2"]
        assert len(ledger.stream("deployment/d1")) == 2
        assert ledger.has(deployments, "d2")


def test_a_stream_that_is_kept_grows_with_the_log(path: Path) -> None:
    with opened(path) as log, opened(path) as other:
        ledger = caught_up(log)
        assert ledger.stream("deployment/d1") == []
        ledger.take(log.append([policy("d1")]))
        other.append([policy("d1", "auto-update"), policy("d2")])
        ledger.catch_up()
        assert ledger.stream("deployment/d1") == [fact for fact in log.read() if fact.stream == "deployment/d1"]


def test_what_is_handed_over_is_what_would_be_read() -> None:
    drafts = [draft(event) for event in (created("d1").event, release("1").event)]
    with log_of(()) as log:
        ledger = Ledger(log)
        ledger.take(log.append(drafts))
        again = caught_up(log)
        assert ledger.stream("deployment/d1") == again.stream("deployment/d1")
        assert ledger.known(models, MODEL) == again.known(models, MODEL)


@pytest.mark.rule("R6")
def test_a_fold_grows_by_what_counts_last_and_is_made_again_for_late_news() -> None:
    with log_of([created("d1", day=1)]) as log:
        ledger = caught_up(log)
        first = ledger.fold("d1")
        assert ledger.fold("d1") is first
        ledger.take(log.append([created("d1", "2", day=1), created("d1", "3", day=5)]))
        assert [moment.day for moment, _ in ledger.fold("d1").states] == [2, 6]
        assert len(first.states) == 1
        ledger.take(log.append([created("d1", "0", day=0)]))
        states = ledger.fold("d1").states
        assert [(moment.day, state.version) for moment, state in states if state] == [(1, "0"), (2, "0"), (6, "0")]


def test_what_was_handed_over_last_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with log_of([release("1")]) as log:
        ledger = caught_up(log)
        facts = log.append([release("2"), release("3")])
        ledger.take(facts)
        assert list(ledger.news(0)) == list(log.read())
        monkeypatch.setattr(log, "pick", None)
        assert [list(ledger.news(after)) for after in (1, 2, 3)] == [list(facts), [facts[1]], []]


def test_a_mark_changes_with_what_matters_and_not_with_what_does_not() -> None:
    with log_of([release("1"), created("d1")]) as log:
        ledger = caught_up(log)
        mark = ledger.mark(models, MODEL)
        log.append([created("d2", day=1), policy("d2")])
        ledger.catch_up()
        assert ledger.mark(models, MODEL) == mark == Mark(2, 0)
        (fact,) = log.append([release("2")])
        ledger.catch_up()
        assert ledger.since(models, MODEL, mark) == [fact]
        assert ledger.mark(models, MODEL) == Mark(5, 0)
        log.append([retracted(5, f"model/{MODEL}")])
        ledger.catch_up()
        assert ledger.mark(models, MODEL) == Mark(5, 1)


@pytest.mark.rule("R13")
def test_an_order_of_trust_matters_to_every_model_of_its_catalogue_and_to_no_other() -> None:
    with log_of([release("1"), release("1", "azure-openai/o3"), release("1", "own/chat")]) as log:
        ledger = caught_up(log)
        before = {name: ledger.mark(models, name) for name in (MODEL, "azure-openai/o3", "own/chat")}
        (order,) = log.append([trusted("api", known=3)])
        ledger.catch_up()
        for name in (MODEL, "azure-openai/o3"):
            assert ledger.mark(models, name) == Mark(4, 0)
            assert ledger.since(models, name, before[name]) == [order]
            assert order.known_at in ledger.learned(models, name)
            assert ledger.known(models, name)[-1] == order
            assert order not in ledger.facts(models, name)
        assert ledger.mark(models, "own/chat") == before["own/chat"]
        assert ledger.models_of("azure-openai") == [MODEL, "azure-openai/o3"]
        assert ledger.orders("azure-openai") == [order]
        assert ledger.kept == 4
        assert not ledger.has(models, "azure-openai/o4") and ledger.keys(models) == [*before]


@pytest.mark.parametrize("fleet", [50, 400])
def test_what_is_kept_does_not_grow_with_the_number_of_deployments(fleet: int) -> None:
    drafts = [release("1")]
    for number in range(fleet):
        drafts += [created(f"d{number}", day=number), policy(f"d{number}")]
    with log_of(drafts) as log:
        ledger = caught_up(log, streams_kept=20)
        assert ledger.kept == 2
        for name in ledger.keys(deployments):
            assert len(ledger.known(deployments, name)) == 2
        assert len(ledger.keys(deployments)) == fleet
        assert ledger.kept == 2 + 20 * 2


@pytest.mark.rule("R40")
def test_a_reading_whose_scopes_lie_in_each_other_is_one_sight() -> None:
    seen = DeploymentObserved(deployment="acct/eu/chat", model=MODEL, version="1", export="inventory")
    scope = ("acct", "acct/eu", "elsewhere")
    read = ExportObserved(export="inventory", digest="ab" * 32, scope=scope, rows=1)
    drafts = [
        draft(event, mode="statement", effective_at=START + timedelta(days=day), known_at=START + timedelta(days=day))
        for day, event in enumerate((seen, read))
    ]
    with log_of(drafts) as log:
        facts = caught_up(log).known(deployments, "acct/eu/chat")
    assert [(fact.position, fact.event) for fact in facts] == [(1, seen), (2, seen)]


def test_a_ledger_of_other_projections_reads_deployments_too() -> None:
    with log_of([created("d1")]) as log:
        ledger = Ledger(log, BUILT_IN[1:])
        ledger.catch_up()
        assert ledger.keys(deployments) == ["d1"]
