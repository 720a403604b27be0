"""R37, R38: what is due is carried out once, in the order of dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from modeltrail import Trail
from modeltrail.advance import Promise, promises
from modeltrail.domain.events import VersionChanged
from modeltrail.domain.model import ModelState
from rules.acts import done, moves, own_catalogue, promised, running
from rules.given import MIRRORED, NOW, OWN, day, mirrored, on, own, served, shown

# What is announced


@pytest.mark.rule("R37")
def test_an_announced_default_is_carried_out_on_its_day_and_moves_who_follows_it() -> None:
    trail = promised(running(), default="2025-03-01")
    assert done(trail.advance("2025-02-28")) == []
    assert done(trail.advance("2025-03-01")) == [("default-changed", "2025-03-01"), ("version-changed", "2025-03-01")]
    assert (shown(trail, "2025-02-28"), shown(trail, "2025-03-01")) == ("v1", "v2")


@pytest.mark.rule("R37")
def test_all_takes_effect_and_is_known_when_it_is_carried_out() -> None:
    trail = promised(running(), default="2025-03-01", retirement="2025-04-01")
    facts = trail.advance("2025-05-01").facts
    assert {(fact.effective_at, fact.known_at) for fact in facts} == {(day("2025-05-01"), day("2025-05-01"))}
    assert [fact.event.type for fact in facts] == [
        "model.default-changed",
        "model.version-retired",
        "deployment.version-changed",
    ]


@pytest.mark.rule("R37")
def test_on_time_it_takes_effect_when_it_was_due() -> None:
    trail = promised(running("manual"), default="2025-03-01", retirement="2025-04-01")
    running("auto-update", "other", trail)
    assert done(trail.advance("2025-05-01", on_time=True)) == [
        ("default-changed", "2025-03-01"),
        ("version-retired", "2025-04-01"),
        ("version-changed", "2025-03-01"),
        ("stopped", "2025-04-01"),
    ]


@pytest.mark.rule("R37")
def test_on_time_nothing_takes_effect_before_its_cause_was_known() -> None:
    trail = running()
    on(trail, "2025-02-11", known="2025-03-20").model(OWN).announce_retirement("v1", on="2025-03-10")
    assert done(trail.advance("2025-05-01", on_time=True))[0] == ("version-retired", "2025-03-20")


@pytest.mark.rule("R37")
def test_a_deployment_makes_its_net_move_once() -> None:
    trail = running()
    on(trail, "2025-02-11").model(OWN).release("v3")
    for version, date in (("v2", "2025-03-01"), ("v3", "2025-03-05")):
        on(trail, "2025-02-12").model(OWN).announce_default(version, on=date)
    trail.advance("2025-04-01")
    (move,) = moves(trail)
    assert isinstance(move.event, VersionChanged) and move.event.version == "v3"


@pytest.mark.rule("R37", "R13")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_only_fixed_dates_are_carried_out(qualifier: str) -> None:
    trail = running()
    on(trail, "2025-02-11").model(OWN).announce_retirement("v1", on="2025-03-01", qualifier=qualifier)
    assert done(trail.advance("2025-06-01")) == []


@pytest.mark.rule("R37")
def test_an_announced_stage_is_carried_out_too() -> None:
    trail = own()
    on(trail, "2025-02-11").model(OWN).announce_stage("v1", "deprecated", on="2025-03-01")
    assert done(trail.advance("2025-03-02")) == [("stage-changed", "2025-03-02")]


@pytest.mark.rule("R37", "R12")
def test_what_cannot_be_carried_out_stays_overdue_with_the_reason() -> None:
    trail = promised(running(), default="2025-03-01")
    on(trail, "2025-02-20").model(OWN).retire("v2", emergency="a leak")
    advanced = trail.advance("2025-03-02")
    ((announcement, reason),) = [(one.announcement.event.type, one.reason) for one in advanced.overdue]
    assert announcement == "model.default-change-announced"
    assert "'v2' of acme/chat cannot be chosen" in reason and "choose one of v1" in reason
    assert [one.kind for one in trail.status().overdue] == ["default-change"]


@pytest.mark.rule("R37", "R14")
def test_a_general_retirement_spares_a_sku_with_a_later_date_of_its_own() -> None:
    trail = running("manual", sku="GlobalProvisionedManaged")
    promised(trail, retirement="2025-03-01")
    on(trail, "2025-02-12").model(OWN).announce_retirement("v1", on="2025-06-01", sku="GlobalProvisionedManaged")
    trail.advance("2025-03-02")
    assert shown(trail, "2025-03-03") == "v1"
    trail.advance("2025-06-02")
    assert shown(trail, "2025-06-02") == "stopped"


@pytest.mark.rule("R37")
def test_nothing_is_carried_out_for_a_mirrored_catalogue() -> None:
    trail = mirrored()
    on(trail, "2025-02-11").model(MIRRORED).announce_retirement("v1", on="2025-03-01")
    assert done(trail.advance("2025-06-01")) == []


@pytest.mark.rule("R37", "R5")
def test_no_day_ahead_can_be_advanced_to() -> None:
    with pytest.raises(ValueError, match="lies ahead"):
        own().advance(NOW + timedelta(days=1))


@pytest.mark.rule("R37", "R39")
def test_advanced_twice_the_second_time_does_nothing() -> None:
    trail = promised(running(), default="2025-03-01", retirement="2025-04-01")
    trail.advance("2025-05-01")
    size = trail.log.size()
    assert (len(trail.advance("2025-05-01").facts), trail.log.size()) == (0, size)


# What follows from a fact


@pytest.mark.rule("R37", "R42")
def test_within_the_call_that_caused_it_a_move_is_made_and_says_why() -> None:
    trail = running()
    (change,) = on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    (move,) = moves(trail)
    assert (move.effective_at, move.known_at, move.mode) == (day("2025-03-01"), day("2025-03-01"), "execution")
    assert isinstance(move.event, VersionChanged)
    assert (move.event.cause, move.event.policy, move.event.rules) == ("default-change", "auto-update", "engine")
    assert change.position in (move.event.because or ())
    assert served(trail, "2025-03-01").certainty == "recorded"


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("policy", "after"), [("auto-update", "v2"), ("upgrade-when-expired", "v2"), ("manual", "stopped")]
)
def test_a_retirement_moves_or_stops_within_the_call(policy: str, after: str) -> None:
    trail = running(policy)
    on(trail, "2025-02-20").model(OWN).name_replacement("v1", to_version="v2")
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    assert len(moves(trail)) == 1
    assert (shown(trail, "2025-03-01"), served(trail, "2025-03-01").certainty) == (after, "recorded")


@pytest.mark.rule("R37", "R26")
def test_who_becomes_automatic_while_behind_the_default_is_moved_within_the_call() -> None:
    trail = running("manual")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-04-01").deployment().change_policy("auto-update")
    (move,) = moves(trail)
    assert move.effective_at == day("2025-04-01")


@pytest.mark.rule("R37")
def test_what_is_learned_late_is_carried_out_when_it_is_known_and_until_then_had_not_happened() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="auto-update", run_by="engine")
    on(trail, "2025-03-01", known="2025-03-20").model(MIRRORED).change_default("v2")
    (move,) = moves(trail)
    assert (move.effective_at, move.known_at) == (day("2025-03-20"), day("2025-03-20"))
    assert [shown(trail, text) for text in ("2025-03-02", "2025-03-19", "2025-03-20")] == ["v1", "v1", "v2"]


@pytest.mark.rule("R37", "R34")
def test_who_was_not_moved_off_a_version_that_was_retired_before_anybody_knew_was_down() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired", run_by="engine")
    on(trail, "2025-02-11").model(MIRRORED).name_replacement("v1", to_version="v2")
    on(trail, "2025-03-01", known="2025-03-20").model(MIRRORED).retire("v1")
    assert [shown(trail, text) for text in ("2025-02-28", "2025-03-02", "2025-03-20")] == ["v1", "stopped", "v2"]
    assert shown(trail, "2025-03-02", known="2025-03-10") == "v1"


@pytest.mark.rule("R37", "R24")
def test_what_falls_due_by_the_clock_is_carried_out_by_the_next_advance() -> None:
    trail = running("upgrade-when-expired")
    on(trail, "2025-02-11").model(OWN).name_replacement("v1", to_version="v2", upgrade_from="2025-03-01")
    assert done(trail.advance("2025-02-28")) == []
    assert done(trail.advance("2025-03-02")) == [("version-changed", "2025-03-02")]


@pytest.mark.rule("R38", "R45")
def test_what_was_executed_stays_when_its_cause_is_retracted() -> None:
    trail = running()
    (change,) = on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-03-05").retract(change.position)
    assert len(moves(trail)) == 1
    assert (shown(trail, "2025-03-04"), shown(trail, "2025-03-06")) == ("v2", "v2")


@pytest.mark.rule("R37", "R45")
def test_a_retraction_may_make_a_move_due() -> None:
    trail = running()
    (change,) = on(trail, "2025-02-20").deployment().change_policy("manual")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert moves(trail) == []
    on(trail, "2025-03-10").retract(change.position)
    (move,) = moves(trail)
    assert move.effective_at == day("2025-03-10")


@pytest.mark.rule("R37", "R15")
def test_a_default_of_another_model_moves_those_whose_replacement_it_is() -> None:
    trail = running("upgrade-when-expired")
    other = on(trail, "2025-02-11").model("acme/next")
    other.register(run_by="engine")
    other.release("n1")
    other.release("n2")
    on(trail, "2025-02-12").model(OWN).name_replacement("v1", to_model="acme/next", upgrade_from="2025-03-01")
    trail.advance("2025-03-02")
    assert moves(trail) == []
    on(trail, "2025-03-05").model("acme/next").change_default("n2")
    (move,) = moves(trail)
    assert isinstance(move.event, VersionChanged) and (move.event.model, move.event.version) == ("acme/next", "n2")


@pytest.mark.rule("R37", "R7")
def test_a_trail_whose_worker_acts_leaves_moves_to_it() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running(trail=own_catalogue(trail))
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert moves(trail) == []
    trail.advance("2025-03-05")
    (move,) = moves(trail)
    assert move.effective_at == day("2025-03-05")
    assert [shown(trail, text) for text in ("2025-03-04", "2025-03-05")] == ["v1", "v2"]


@pytest.mark.rule("R37")
def test_on_time_a_worker_too_moves_when_it_was_due_whatever_else_was_learned_later() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running(trail=own_catalogue(trail))
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-04-01").model(OWN).release("v3")
    trail.advance("2025-05-01", on_time=True)
    (move,) = moves(trail)
    assert move.effective_at == day("2025-03-01")


@pytest.mark.rule("R37")
def test_who_acts_is_inline_or_a_worker_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="use one of inline, worker"):
        Trail.open("memory:", acting="nobody")  # type: ignore[arg-type]


# A crowd


@pytest.mark.rule("R37", "R38")
def test_a_crowd_is_moved_in_batches_and_each_member_as_if_it_were_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modeltrail.moving.BATCH", 3)
    trail = own()
    policies = ("auto-update", "manual", "upgrade-when-expired", "unspecified")
    for number in range(20):
        day_of = f"2025-02-{10 + number % 5}"
        on(trail, day_of).deployment(f"d{number}").create(OWN, "v1", policy=policies[number % 4])
    on(trail, "2025-02-16").deployment("d4").change_version("v2")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-04-01").model(OWN).retire("v1", emergency="a leak")
    moved = {f"d{number}": [fact.event for fact in moves(trail, f"d{number}")] for number in range(20)}
    for number in range(20):
        expected = "v2" if policies[number % 4] in ("auto-update", "upgrade-when-expired") else "stopped"
        assert shown(trail, "2025-04-02", name=f"d{number}") == expected
        assert len(moved[f"d{number}"]) == (0 if number == 4 else 1), number
        assert served(trail, "2025-04-02", name=f"d{number}").certainty == "recorded"
    assert trail.log.verify().ok


# News of the past


@pytest.mark.rule("R26", "R37", "R45")
def test_a_retraction_moves_each_of_a_crowd_by_its_own_history() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment("a").create(MIRRORED, "v1", policy="auto-update", run_by="engine")
    (wrong,) = on(trail, "2025-02-15").model(MIRRORED).retire("v2")
    on(trail, "2025-02-20").model(MIRRORED).change_default("v2")
    on(trail, "2025-02-25").deployment("b").create(MIRRORED, "v1", policy="auto-update", run_by="engine")
    on(trail, "2025-03-10").retract(wrong.position)
    assert [shown(trail, "2025-03-11", name=name) for name in ("a", "b")] == ["v2", "v1"]
    assert (len(moves(trail, "a")), len(moves(trail, "b"))) == (1, 0)


@pytest.mark.rule("R37")
def test_on_time_nothing_is_done_before_its_own_cause_was_known() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running("manual", trail=own_catalogue(trail))
    on(trail, "2025-02-15").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-02-20", known="2025-03-05").deployment().change_policy("auto-update")
    trail.advance("2025-04-01", on_time=True)
    (move,) = moves(trail)
    assert (move.effective_at, move.known_at) == (day("2025-03-05"), day("2025-03-05"))


@pytest.mark.rule("R37")
def test_to_advance_to_a_day_does_nothing_later_and_forgets_nothing() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running(trail=own_catalogue(trail))
    on(trail, "2025-03-10").model(OWN).change_default("v2", emergency="v1 leaks")
    for _ in range(2):
        assert done(trail.advance("2025-03-02")) == []
    assert done(trail.advance("2025-03-20")) == [("version-changed", "2025-03-20")]


@pytest.mark.rule("R37")
def test_what_was_known_only_later_is_not_carried_out_on_an_earlier_day() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running(trail=own_catalogue(trail))
    on(trail, "2025-02-20", known="2025-03-10").model(OWN).change_default("v2", emergency="v1 leaks")
    assert done(trail.advance("2025-03-02")) == []
    assert done(trail.advance("2025-03-12")) == [("version-changed", "2025-03-12")]


@pytest.mark.rule("R37", "R38")
def test_what_another_process_has_carried_out_meanwhile_is_not_overdue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = (Trail.open(f"sqlite:///{tmp_path}/a.db", clock=lambda: NOW) for _ in range(2))
    promised(running(trail=own_catalogue(ours)), default="2025-03-01")

    def overtaken(states: Iterable[ModelState], to: datetime) -> list[Promise]:
        found = promises(states, to)
        monkeypatch.undo()
        other.advance("2025-03-02")
        on(other, "2025-03-02").model(OWN).change_default("v1", emergency="v2 leaks")
        return found

    monkeypatch.setattr("modeltrail.trail.promises", overtaken)
    advanced = ours.advance("2025-03-03")
    assert (advanced.overdue, len(advanced.facts)) == ((), 0)
    for trail in (ours, other):
        trail.close()
