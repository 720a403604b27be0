"""Who runs the model, and who runs the deployment? The table of docs/explanation/who-runs-what.md, cell by cell."""

from __future__ import annotations

from itertools import product

import pytest

from modeltrail import Refused, Trail
from modeltrail.domain.events import VersionChanged
from modeltrail.domain.values import RunBy
from rules.acts import done, moves
from rules.given import OWN, PROD, empty, on, served, shown

RUN_BY: tuple[RunBy, RunBy] = ("provider", "engine")
PAIRS = tuple(product(RUN_BY, RUN_BY))
Pair = tuple[RunBy, RunBy]

four = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"model-of-{pair[0]}-deployment-of-{pair[1]}")


def run_by(pair: Pair, policy: str = "auto-update") -> Trail:
    """Given v1 as the default since January and v2 released, and a deployment on v1 since 10 February 2025.

    What its provider runs has the rules `azure-openai`, with a rollout of two weeks; the engine's own has none.
    """
    model, deployment = pair
    trail = empty()
    rules = "azure-openai" if model == "provider" else "engine"
    on(trail, "2025-01-01").model(OWN).register(run_by=model, rules=rules, offers=["auto-update", "manual"])
    on(trail, "2025-01-01").model(OWN).release("v1")
    on(trail, "2025-01-01").model(OWN).change_default("v1")
    on(trail, "2025-01-01").model(OWN).release("v2")
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy=policy, run_by=deployment)
    return trail


def default_changed(pair: Pair) -> Trail:
    """Given that v2 is the default since 1 March, as announced on 11 February."""
    trail = run_by(pair)
    on(trail, "2025-02-11").model(OWN).announce_default("v2", on="2025-03-01")
    on(trail, "2025-03-01").model(OWN).change_default("v2")
    return trail


def retired(pair: Pair, policy: str) -> Trail:
    """Given that v1 was retired on 1 April in an emergency, while it was the default."""
    trail = run_by(pair, policy)
    on(trail, "2025-04-01").model(OWN).retire("v1", emergency="it leaks")
    return trail


@four
@pytest.mark.rule("R7")
def test_what_is_recorded_is_a_statement_about_what_a_provider_runs_and_a_decision_about_what_the_engine_runs(
    pair: Pair,
) -> None:
    trail = run_by(pair)
    modes = {"provider": "statement", "engine": "decision"}
    assert {fact.mode for fact in trail.history(OWN)} == {modes[pair[0]]}
    assert {fact.mode for fact in trail.history(PROD)} == {modes[pair[1]]}


@four
@pytest.mark.rule("R7", "R11")
def test_a_short_notice_is_flagged_in_a_mirrored_model_and_refused_in_an_engine_run_one(pair: Pair) -> None:
    trail = run_by(pair)
    if pair[0] == "engine":
        with pytest.raises(Refused, match="promises 14 days of notice"):
            on(trail, "2025-02-25").model(OWN).announce_default("v2", on="2025-03-01")
    else:
        on(trail, "2025-02-25").model(OWN).announce_default("v2", on="2025-03-01")
        entry = next(one for one in trail.at("2025-02-26").upcoming(30) if one.deployment is None)
        assert (entry.kind, entry.flags) == ("default-change", ("short-notice",))


@four
@pytest.mark.rule("R7", "R18")
def test_a_policy_that_is_not_offered_is_ineffective_where_it_is_mirrored_and_refused_where_the_engine_runs_it(
    pair: Pair,
) -> None:
    trail = run_by(pair)
    if pair[1] == "engine":
        with pytest.raises(Refused, match="does not offer"):
            on(trail, "2025-03-01").deployment().change_policy("upgrade-when-expired")
    else:
        on(trail, "2025-03-01").deployment().change_policy("upgrade-when-expired")
        assert "ineffective" in served(trail, "2025-03-02").flags


@four
@pytest.mark.rule("R19", "R29")
def test_after_a_default_change_the_answer_is_derived_where_it_is_mirrored_and_recorded_where_the_engine_moved(
    pair: Pair,
) -> None:
    trail = default_changed(pair)
    expected = {
        ("provider", "provider"): [("v1 or v2", "window"), ("v2", "assumed")],
        ("provider", "engine"): [("v2", "recorded"), ("v2", "recorded")],
        ("engine", "provider"): [("v2", "assumed"), ("v2", "assumed")],
        ("engine", "engine"): [("v2", "recorded"), ("v2", "recorded")],
    }
    days = ("2025-03-02", "2025-03-16")
    assert [(shown(trail, day), served(trail, day).certainty) for day in days] == expected[pair]


@four
@pytest.mark.rule("R37", "R38", "R42")
def test_the_engine_moves_what_it_runs_within_the_call_and_nothing_else(pair: Pair) -> None:
    trail = default_changed(pair)
    moved = moves(trail)
    assert len(moved) == (pair[1] == "engine")
    change = [fact.position for fact in trail.history(OWN) if fact.event.type == "model.default-changed"][-1]
    for fact in moved:
        assert (fact.by, fact.effective_at.date().isoformat()) == ("modeltrail engine", "2025-03-01")
        event = fact.event
        assert isinstance(event, VersionChanged) and event.because is not None
        assert (event.cause, event.policy) == ("default-change", "auto-update")
        assert event.rules == ("azure-openai" if pair[0] == "provider" else "engine")
        assert change in event.because


@four
@pytest.mark.rule("R37", "R12")
def test_advance_carries_out_what_was_announced_only_of_an_engine_run_model(pair: Pair) -> None:
    trail = run_by(pair)
    on(trail, "2025-02-11").model(OWN).announce_default("v2", on="2025-03-01")
    changed, moved = ("default-changed", "2025-03-02"), ("version-changed", "2025-03-02")
    expected = {
        ("provider", "provider"): [],
        ("provider", "engine"): [],
        ("engine", "provider"): [changed],
        ("engine", "engine"): [changed, moved],
    }
    assert done(trail.advance("2025-03-02")) == expected[pair]
    assert done(trail.advance("2025-03-03")) == []
    assert shown(trail, "2025-03-02") == ("v1" if pair[0] == "provider" else "v2")


@four
@pytest.mark.rule("R37", "R12")
def test_a_passed_retirement_is_either_in_a_mirrored_model_and_carried_out_by_advance_in_an_engine_run_one(
    pair: Pair,
) -> None:
    trail = run_by(pair, policy="manual")
    on(trail, "2025-02-11").model(OWN).announce_retirement("v1", on="2025-04-01")
    trail.advance("2025-04-01")
    expected = {
        ("provider", "provider"): ("v1 or stopped", "window"),
        ("provider", "engine"): ("v1 or stopped", "window"),
        ("engine", "provider"): ("stopped", "assumed"),
        ("engine", "engine"): ("stopped", "recorded"),
    }
    assert (shown(trail, "2025-04-02"), served(trail, "2025-04-02").certainty) == expected[pair]


@four
@pytest.mark.rule("R21", "R34", "R37")
def test_a_retirement_stops_a_manual_deployment_as_an_assumption_or_as_what_the_engine_recorded(pair: Pair) -> None:
    trail = retired(pair, "manual")
    certainty = "recorded" if pair[1] == "engine" else "assumed"
    assert (shown(trail, "2025-04-02"), served(trail, "2025-04-02").certainty) == ("stopped", certainty)
    assert [fact.event.type for fact in moves(trail)] == ["deployment.stopped"] * (pair[1] == "engine")


@four
@pytest.mark.rule("R16", "R37")
def test_after_a_reinstatement_a_mirrored_deployment_is_assumed_back_and_an_engine_run_one_waits_for_a_person(
    pair: Pair,
) -> None:
    trail = retired(pair, "manual")
    on(trail, "2025-04-10").model(OWN).reinstate("v1")
    assert done(trail.advance("2025-04-11")) == []
    if pair[1] == "engine":
        assert shown(trail, "2025-04-11") == "stopped"
        on(trail, "2025-04-12").deployment().change_version("v1")
        assert served(trail, "2025-04-12").certainty == "recorded"
    else:
        assert served(trail, "2025-04-11").certainty == "assumed"
    assert shown(trail, "2025-04-12") == "v1"


@four
@pytest.mark.rule("R38", "R45")
def test_a_retracted_cause_undoes_what_was_derived_and_leaves_what_was_executed(pair: Pair) -> None:
    trail = default_changed(pair)
    change = [one for one in trail.history(OWN) if one.event.type == "model.default-changed"][-1]
    on(trail, "2025-05-01").retract(change.position)
    assert shown(trail, "2025-05-02") == ("v2" if pair[1] == "engine" else "v1")
    assert served(trail, "2025-05-02").certainty == "recorded"
