"""Does the reference model say what the rules say? Small cases, worked out by hand from the rules alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reference import Answer, course
from reference_catalogue import INSTANT, Fact

MODEL, OTHER, DEPLOYMENT = "azure-openai/gpt", "azure-openai/next", "chat"
STATED = {"mode": "statement", "source": "export"}
STOPPED = ("stopped",)


def day(number: float) -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=number)


def text(number: float) -> str:
    return day(number).isoformat()


def on(version: str | None, model: str = MODEL) -> tuple[str, str, str | None]:
    return ("serving", model, version)


def possible_at(facts: Iterable[Fact], deployment: str, t: datetime, known_at: datetime | None = None) -> Answer:
    """The answer as of `t`, known at `known_at` (R6)."""
    so_far = [answer for since, answer in course(facts, deployment, known_at) if since <= t]
    return [Answer("absent", frozenset(), "recorded"), *so_far][-1]


class Story:
    """Facts told one after the other."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []

    def tell(self, number: float, kind: str, known: float | None = None, **data: Any) -> Story:
        times = {"effective_at": day(number), "known_at": day(number if known is None else known)}
        subject = {"deployment": DEPLOYMENT} if kind.startswith("deployment.") else {"model": MODEL}
        given = {key: value for key, value in (subject | data).items() if value is not None}
        self.facts.append({"position": len(self.facts) + 1, "type": kind, "data": given} | times | STATED)
        return self

    def model(self, number: float, kind: str, version: str, known: float | None = None, **data: Any) -> Story:
        return self.tell(number, f"model.{kind}", known, version=version, **data)

    def release(self, number: float, version: str, stage: str = "generally-available") -> Story:
        return self.model(number, "version-released", version, stage=stage)

    def default(self, number: float, version: str, known: float | None = None) -> Story:
        return self.model(number, "default-changed", version, known)

    def retiring(self, number: float, version: str, date: float, qualifier: str = "fixed") -> Story:
        return self.model(number, "retirement-announced", version, on=text(date), qualifier=qualifier)

    def replace(self, number: float, version: str, **data: Any) -> Story:
        named: dict[str, Any] = {"to_model": MODEL} | data
        return self.model(number, "replacement-named", version, **named)

    def create(self, number: float, version: str | None, policy: str = "auto-update", **data: Any) -> Story:
        where = {"model": MODEL, "version": version, "policy": policy, "run_by": "provider"}
        return self.tell(number, "deployment.created", **(where | data))

    def see(self, number: float, version: str, known: float | None = None, **data: Any) -> Story:
        where = {"model": MODEL, "version": version, "status": "serving"}
        return self.tell(number, "deployment.observed", known, **(where | data))

    def log(self, number: float, operation: str = "write", status: str = "Succeeded") -> Story:
        return self.tell(number, "deployment.change-logged", operation=operation, status=status)

    def at(self, number: float, known: float | None = None, later: timedelta = timedelta(0)) -> Answer:
        known_at = None if known is None else day(known)
        return possible_at(self.facts, DEPLOYMENT, day(number) + later, known_at)

    def possible(self, number: float, later: timedelta = timedelta(0)) -> frozenset[tuple[Any, ...]]:
        return self.at(number, later=later).possible


def two_versions(policy: str = "auto-update", **data: Any) -> Story:
    """Version 1 is the default, version 2 is released, and a mirrored deployment is on 1."""
    return Story().release(0, "1").default(0, "1").create(1, "1", policy, **data).release(5, "2")


@pytest.mark.rule("R3")
def test_a_deleted_deployment_that_is_created_again_begins_anew() -> None:
    story = two_versions().tell(6, "deployment.deleted").create(8, "2")
    assert [story.at(n).status for n in (0, 1, 6, 8)] == ["absent", "serving", "deleted", "serving"]
    assert story.possible(6) == frozenset()
    assert story.possible(8) == {on("2")}


@pytest.mark.rule("R3")
def test_created_while_it_exists_changes_nothing() -> None:
    assert two_versions().create(6, "2").possible(7) == {on("1")}


@pytest.mark.rule("R2")
def test_an_empty_version_counts_only_until_a_named_one_is_known() -> None:
    story = Story().create(1, "").model(0, "version-released", "1", known=9, stage="preview")
    assert story.at(2, known=5).possible == {on("")}
    assert story.at(2).status == "absent"


@pytest.mark.rule("R6")
def test_what_was_learned_later_is_not_known_before() -> None:
    story = two_versions().default(10, "2", known=30)
    assert story.at(12, known=20).possible == {on("1")}
    assert story.at(12, known=30).possible == {on("1"), on("2")}


@pytest.mark.rule("R8")
def test_a_release_moves_nobody() -> None:
    assert two_versions().at(90) == Answer("serving", frozenset({on("1")}), "recorded", "created")


@pytest.mark.rule("R10")
def test_a_stated_default_that_is_retired_is_none() -> None:
    story = two_versions().model(6, "version-retired", "2").default(10, "2").create(20, None)
    assert story.possible(30) == {on("1")}
    created = Story().release(0, "1").release(0, "2").model(1, "version-retired", "2").default(2, "2").create(3, None)
    assert created.at(4) == Answer("serving", frozenset({on(None)}), "assumed", "created")


@pytest.mark.rule("R10")
def test_the_only_choosable_version_is_the_default_of_a_model_that_never_had_one() -> None:
    assert Story().release(0, "1").create(1, None).possible(1) == {on("1")}


@pytest.mark.rule("R12")
def test_after_a_passed_date_it_is_that_version_or_what_the_policy_requires_until_it_is_withdrawn() -> None:
    story = two_versions("manual").retiring(6, "1", 10).model(20, "retirement-withdrawn", "1")
    assert [story.possible(n) for n in (9, 10, 19, 20)] == [
        {on("1")},
        {on("1"), STOPPED},
        {on("1"), STOPPED},
        {on("1")},
    ]


@pytest.mark.rule("R13")
def test_a_date_that_is_not_fixed_changes_no_answer() -> None:
    assert two_versions("manual").retiring(6, "1", 10, "no-earlier-than").possible(20) == {on("1")}


@pytest.mark.rule("R14")
def test_the_statement_for_the_sku_beats_a_general_one_that_is_not_later() -> None:
    story = two_versions("manual", sku="Standard").model(10, "version-reinstated", "1", sku="Standard")
    assert story.model(10, "version-retired", "1").possible(12) == {on("1")}
    assert story.model(20, "version-retired", "1").possible(22) == {STOPPED}


@pytest.mark.rule("R15")
def test_replacements_are_followed_to_the_first_choosable_version_and_stop_in_a_circle() -> None:
    story = two_versions("upgrade-when-expired").replace(6, "1", to_version="2").replace(6, "2", to_model=OTHER)
    story.tell(6, "model.version-released", model=OTHER, version="n", stage="preview")
    story.model(8, "version-retired", "2").model(9, "version-retired", "1")
    assert story.at(9) == Answer("serving", frozenset({on("n", OTHER)}), "assumed", "retirement")
    circle = two_versions("upgrade-when-expired").replace(6, "1", to_version="1").model(9, "version-retired", "1")
    assert circle.at(9) == Answer("stopped", frozenset({STOPPED}), "assumed", "retirement")


@pytest.mark.rule("R16")
def test_a_reinstatement_resumes_what_the_retirement_stopped() -> None:
    story = two_versions("manual").model(10, "version-retired", "1").model(20, "version-reinstated", "1")
    assert [story.possible(n) for n in (9, 10, 20)] == [{on("1")}, {STOPPED}, {on("1")}]
    assert story.at(20).certainty == "assumed"


@pytest.mark.rule("R18")
def test_a_policy_that_is_not_offered_acts_as_manual() -> None:
    story = two_versions().tell(6, "model.offers-changed", offers=["manual"]).default(10, "2")
    assert story.possible(30) == {on("1")}


@pytest.mark.rule("R19", "R30")
def test_a_default_change_opens_a_window_of_two_weeks_and_then_the_move_is_assumed() -> None:
    story = two_versions().default(10, "2")
    assert story.possible(10, -INSTANT) == {on("1")}
    assert story.at(10) == Answer("window", frozenset({on("1"), on("2")}), "window", "default-change")
    assert story.possible(24, -INSTANT) == {on("1"), on("2")}
    assert story.at(24) == Answer("serving", frozenset({on("2")}), "assumed", "default-change")


@pytest.mark.rule("R19")
def test_what_the_engine_runs_is_due_at_once() -> None:
    assert two_versions(run_by="engine").default(10, "2").at(10).certainty == "assumed"
    assert two_versions(run_by="engine").default(10, "2").possible(10) == {on("2")}


@pytest.mark.rule("R20")
def test_a_lead_before_a_fixed_date_opens_the_window_and_a_moved_date_leaves_the_set() -> None:
    story = two_versions("upgrade-when-expired").replace(6, "1", to_version="2", lead_days=5).retiring(6, "1", 20)
    assert [len(story.possible(n)) for n in (14, 15, 25)] == [1, 2, 2]
    story.retiring(16, "1", 40)
    assert story.possible(30) == {on("1"), on("2")}
    assert story.see(31, "1").possible(32) == {on("1")}
    assert story.possible(35) == {on("1"), on("2")}
    assert story.model(40, "version-retired", "1").possible(40) == {on("2")}


@pytest.mark.rule("R22")
@pytest.mark.parametrize(("catalogue", "then"), [("azure-openai", ("serving", "2")), ("azure-foundry", ("stopped",))])
def test_no_stated_policy_means_what_the_rules_say(catalogue: str, then: tuple[str, ...]) -> None:
    story = two_versions("unspecified").default(6, "2").model(10, "version-retired", "1")
    for fact in story.facts:
        fact["data"]["model"] = f"{catalogue}/gpt"
    assert {(place[0], *place[2:]) for place in story.possible(12)} == {then}


@pytest.mark.rule("R23")
def test_reserved_capacity_is_never_moved_and_an_auto_update_moves_at_retirement() -> None:
    reserved = two_versions(sku="ProvisionedManaged").default(6, "2").model(30, "version-retired", "1")
    assert [reserved.possible(n) for n in (25, 30)] == [{on("1")}, {STOPPED}]
    assert two_versions().replace(6, "1", to_version="2").model(8, "version-retired", "1").possible(8) == {on("2")}


@pytest.mark.rule("R24")
def test_a_newer_preview_replaces_an_older_one_two_weeks_after_its_release() -> None:
    story = Story().release(0, "p1", "preview").create(1, "p1").release(5, "p2", "preview")
    assert [len(story.possible(n)) for n in (18, 19, 32)] == [1, 2, 2]
    assert story.at(33) == Answer("serving", frozenset({on("p2")}), "assumed", "preview")
    held = Story().release(0, "p1", "preview").release(5, "p2", "preview").create(6, "p1")
    assert held.possible(40) == {on("p1")}


@pytest.mark.rule("R24")
def test_a_forced_upgrade_moves_any_policy_after_a_fixed_date_and_else_only_explains() -> None:
    fixed = two_versions("manual").model(
        6, "forced-upgrade-announced", "1", on=text(10), qualifier="fixed", to_version="2"
    )
    assert [fixed.possible(n) for n in (9, 10, 24)] == [{on("1")}, {on("1"), on("2")}, {on("2")}]
    vague = two_versions("manual").model(6, "forced-upgrade-announced", "1", qualifier="tentative", to_version="2")
    assert vague.possible(30) == {on("1")}
    assert vague.see(31, "2").at(20) == Answer("window", frozenset({on("1"), on("2")}), "window", "forced")
    assert vague.possible(5) == {on("1")}


@pytest.mark.rule("R25")
def test_nobody_moves_to_an_earlier_release_unless_the_default_steps_back() -> None:
    story = Story().release(0, "1").release(5, "2").default(5, "2").create(6, "2")
    assert story.default(10, "1").possible(24) == {on("1")}
    older = Story().release(0, "1").release(2, "2").release(5, "3").default(5, "2").create(6, "3").default(10, "1")
    assert older.possible(30) == {on("3")}


@pytest.mark.rule("R26")
def test_a_choice_by_hand_holds_until_a_later_default_change() -> None:
    story = two_versions().default(5, "2").tell(10, "deployment.version-changed", model=MODEL, version="1")
    assert story.at(30) == Answer("serving", frozenset({on("1")}), "recorded", "by-hand")
    assert story.release(31, "3").default(32, "3").possible(33) == {on("1"), on("3")}


@pytest.mark.rule("R26")
def test_becoming_auto_update_while_behind_is_due_from_then() -> None:
    story = two_versions("manual").default(6, "2").tell(10, "deployment.policy-changed", policy="auto-update")
    assert [story.possible(n) for n in (9, 10, 24)] == [{on("1")}, {on("1"), on("2")}, {on("2")}]


@pytest.mark.rule("R30")
def test_a_newer_target_joins_and_restarts_the_deadline_and_a_step_back_leaves_it() -> None:
    story = two_versions().default(10, "2").release(11, "3").default(20, "3")
    assert story.possible(33) == {on("1"), on("2"), on("3")}
    assert story.possible(34) == {on("3")}
    back = two_versions().default(10, "2").default(20, "1")
    assert [back.possible(n) for n in (23, 24)] == [{on("1"), on("2")}, {on("1")}]


@pytest.mark.rule("R30")
def test_leaving_the_policy_leaves_the_set_until_the_next_sight() -> None:
    story = two_versions().default(10, "2").tell(12, "deployment.policy-changed", policy="manual")
    assert story.possible(60) == {on("1"), on("2")}
    assert story.see(61, "2").possible(60) == {on("2")}
    assert story.possible(11) == {on("1"), on("2")}


@pytest.mark.rule("R31")
def test_a_sight_of_the_old_version_shows_that_the_move_had_not_happened() -> None:
    story = two_versions().default(10, "2").see(30, "1")
    assert [story.possible(n) for n in (12, 24, 29)] == [{on("1")}] * 3
    assert story.at(30) == Answer("serving", frozenset({on("1")}), "observed", "created")
    assert story.possible(30, INSTANT) == {on("1"), on("2")}
    assert story.possible(90) == {on("1"), on("2")}


@pytest.mark.rule("R31")
def test_a_sight_of_the_new_version_ends_the_window() -> None:
    story = two_versions().default(10, "2").see(12, "2")
    assert [len(story.possible(n)) for n in (9, 10, 11, 12, 20)] == [1, 2, 2, 1, 1]
    assert story.at(20) == Answer("serving", frozenset({on("2")}), "observed", "default-change")


@pytest.mark.rule("R31", "R32")
def test_what_no_rule_explains_took_place_after_the_last_sight_and_the_release() -> None:
    story = two_versions("manual").see(3, "1").see(20, "2")
    assert [story.possible(n) for n in (4, 5, 19)] == [{on("1")}, {on("1"), on("2")}, {on("1"), on("2")}]
    assert story.at(19).cause == "unexplained"
    story.default(10, "2", known=40).tell(10, "deployment.policy-changed", known=40, policy="auto-update")
    assert [story.at(n, known=30).cause for n in (9, 19)] == ["unexplained", "unexplained"]
    assert [story.possible(n) for n in (9, 10)] == [{on("1")}, {on("1"), on("2")}]


@pytest.mark.rule("R32")
def test_what_no_rule_explains_was_done_at_the_changes_that_are_logged() -> None:
    story = two_versions("manual").see(3, "1").log(4).log(8, status="Failed").log(10).see(20, "2")
    assert [story.possible(n) for n in (5, 9, 10)] == [{on("1")}, {on("1")}, {on("2")}]
    assert story.at(10) == Answer("serving", frozenset({on("2")}), "assumed", "by-hand")
    assert story.at(20) == Answer("serving", frozenset({on("2")}), "observed", "by-hand")
    story.log(15)
    assert [story.possible(n) for n in (9, 10, 14, 15)] == [{on("1")}, *[{on("1"), on("2")}] * 2, {on("2")}]


@pytest.mark.rule("R26", "R32")
def test_a_logged_change_holds_until_the_next_default_change() -> None:
    story = two_versions().release(6, "3").default(7, "3").see(8, "1").log(10).see(20, "2")
    assert [story.possible(n) for n in (10, 40)] == [{on("2")}, {on("2")}]
    story.release(11, "4").default(12, "4")
    assert [story.possible(n) for n in (10, 12, 20, 40)] == [{on("2")}, {on("2")}, {on("2")}, {on("2"), on("4")}]


@pytest.mark.rule("R3", "R16")
def test_a_logged_deletion_ends_it_and_a_missing_row_leaves_a_doubt() -> None:
    story = two_versions("manual").see(3, "1").tell(20, "deployment.deleted", not_before=text(3))
    assert [story.at(n).certainty for n in (1, 3, 4, 19)] == ["recorded", "observed", "assumed", "assumed"]
    assert [story.at(n).status for n in (19, 20)] == ["serving", "deleted"]
    story.log(10, "delete")
    assert [story.at(n).status for n in (9, 10, 20)] == ["serving", "deleted", "deleted"]
    assert story.at(9).certainty == "observed"


@pytest.mark.rule("R34")
def test_a_change_to_a_choosable_version_ends_the_outage() -> None:
    story = two_versions("manual").model(10, "version-retired", "1")
    assert story.at(10) == Answer("stopped", frozenset({STOPPED}), "assumed", "retirement")
    story.tell(12, "deployment.version-changed", model=MODEL, version="2")
    assert story.at(12) == Answer("serving", frozenset({on("2")}), "recorded", "by-hand")
    assert story.see(20, "1").at(20).status == "stopped"


@pytest.mark.rule("R34")
def test_a_retirement_between_two_sights_means_stopped_or_the_version_seen() -> None:
    story = two_versions("manual").model(10, "version-retired", "1").see(20, "2")
    assert [story.possible(n) for n in (9, 10, 20)] == [{on("1"), on("2")}, {STOPPED, on("2")}, {on("2")}]


@pytest.mark.rule("R45")
def test_a_retracted_fact_does_not_count_and_a_retraction_can_be_retracted() -> None:
    story = two_versions().default(10, "2")
    story.tell(20, "log.fact-retracted", position=len(story.facts))
    story.tell(30, "log.fact-retracted", position=len(story.facts))
    assert [story.at(12, known=k).possible for k in (15, 20, 30)] == [
        {on("1"), on("2")},
        {on("1")},
        {on("1"), on("2")},
    ]


@pytest.mark.rule("R46")
def test_ones_own_rules_count_from_the_moment_that_they_hold() -> None:
    own = {"rollout_days": 7, "lead_days": 0, "unspecified": "manual", "provisioned": "as-others"}
    story = two_versions().tell(6, "model.rules-changed", rules=own).default(10, "2")
    assert [len(story.possible(n)) for n in (16, 17)] == [2, 1]


@pytest.mark.rule("R28")
def test_the_course_begins_absent_and_never_repeats_a_moment() -> None:
    since = [moment for moment, _ in course(two_versions().default(10, "2").see(12, "1").facts, DEPLOYMENT)]
    assert since == sorted(set(since))
