"""R1 to R7: names, clocks, and what a historical answer means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any

import pytest

from modeltrail import Refused, Trail, Unknown
from modeltrail.imports.notices import COLUMNS, read_notices
from rules.given import MIRRORED, NOW, OWN, PROD, day, deployed, empty, mirrored, on, own, served, shown

ARM = "/subscriptions/AB/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a/deployments/Chat"


@pytest.mark.rule("R1")
def test_a_name_without_a_slash_is_in_the_catalogue_default() -> None:
    trail = empty()
    (fact,) = on(trail, "2025-01-01").model("chat").release("v1")
    assert fact.stream == "model/default/chat"


@pytest.mark.rule("R1")
def test_the_name_of_a_model_may_hold_slashes_the_catalogue_may_not() -> None:
    trail = empty()
    on(trail, "2025-01-01").model("bedrock@us-east-1/anthropic/claude").release("v1")
    assert trail.at().model("bedrock@us-east-1/anthropic/claude").model == "bedrock@us-east-1/anthropic/claude"


@pytest.mark.rule("R1")
@pytest.mark.parametrize("name", ["/chat", "azure-openai/", "/", ""])
def test_a_name_with_an_empty_half_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"write catalogue/name|at least 1 character"):
        on(empty(), "2025-01-01").model(name).release("v1")


@pytest.mark.rule("R1")
def test_the_same_name_elsewhere_is_another_model_with_its_own_dates() -> None:
    trail = empty()
    for catalogue in ("azure-openai", "openai"):
        on(trail, "2025-01-01").model(f"{catalogue}/o3").release("1")
    on(trail, "2025-05-01").model("openai/o3").retire("1")
    (azure,), (openai,) = (trail.at().model(f"{name}/o3").versions for name in ("azure-openai", "openai"))
    assert (azure.retired_at, openai.retired_at) == (None, day("2025-05-01"))


@pytest.mark.rule("R1")
def test_a_short_name_that_two_catalogues_have_names_neither() -> None:
    trail = empty()
    for catalogue in ("azure-openai", "openai"):
        on(trail, "2025-01-01").model(f"{catalogue}/o3").release("1")
    with pytest.raises(Unknown, match="short for several models: write more of azure-openai/o3, openai/o3"):
        trail.at().model("o3")


@pytest.mark.rule("R2")
def test_versions_that_differ_in_case_are_two() -> None:
    trail = empty()
    on(trail, "2025-01-01").model(MIRRORED).release("Turbo")
    on(trail, "2025-01-02").model(MIRRORED).release("turbo")
    assert [one.version for one in trail.at().model(MIRRORED).versions] == ["Turbo", "turbo"]


@pytest.mark.rule("R2")
def test_order_comes_from_releases_and_never_from_text() -> None:
    trail = empty()
    for day_of_release, name in (("2023-06-13", "0613"), ("2023-11-06", "1106"), ("2024-01-25", "0125")):
        on(trail, day_of_release).model(MIRRORED).release(name)
    on(trail, "2023-06-13").model(MIRRORED).change_default("0613")
    deployed(trail, version="1106")
    on(trail, "2025-03-01").model(MIRRORED).change_default("0125")
    assert shown(trail, "2025-03-15") == "0125"


@pytest.mark.rule("R2")
def test_an_empty_version_is_real_where_a_model_has_no_named_ones() -> None:
    trail = empty()
    on(trail, "2025-01-01").model(MIRRORED).release("")
    assert trail.at().model(MIRRORED).default == ""
    deployed(trail, version="")
    assert served(trail, "2025-02-11").version == ""


@pytest.mark.rule("R2")
def test_an_empty_version_is_ambiguous_beside_named_ones_and_then_listed() -> None:
    trail = mirrored()
    (fact,) = on(trail, "2025-03-01").model(MIRRORED).retire("")
    answer = trail.at().model(MIRRORED)
    assert [one.version for one in answer.versions] == ["v1", "v2"]
    assert [doubt.position for doubt in answer.contradictions] == [fact.position]


@pytest.mark.rule("R2")
def test_an_empty_version_is_decided_from_what_is_known_at_the_moment_asked_about() -> None:
    trail = empty()
    on(trail, "2025-01-01").model(MIRRORED).release("")
    on(trail, "2025-01-02", known="2025-06-01").model(MIRRORED).release("v1")
    then = trail.at("2025-02-01", known_at="2025-02-01").model(MIRRORED)
    now = trail.at("2025-02-01").model(MIRRORED)
    assert ([one.version for one in then.versions], [one.version for one in now.versions]) == ([""], ["v1"])


@pytest.mark.rule("R3")
def test_an_arm_id_folds_case_and_an_owners_name_does_not() -> None:
    trail = mirrored()
    on(trail, "2025-02-01").deployment(ARM).observe(MIRRORED, "v1")
    on(trail, "2025-02-02").deployment(ARM.upper()).observe(MIRRORED, "v1")
    on(trail, "2025-02-01").deployment("chat").observe(MIRRORED, "v1")
    on(trail, "2025-02-02").deployment("Chat").observe(MIRRORED, "v1")
    assert [one.deployment for one in trail.at().deployments()] == sorted([ARM.lower(), "chat", "Chat"])
    assert served(trail, "2025-03-01", name=ARM).incarnation == 1


@pytest.mark.rule("R3")
def test_an_arm_id_names_its_deployment_in_any_case_where_it_is_changed_too() -> None:
    trail = mirrored()
    on(trail, "2025-02-01").deployment(ARM.lower()).create(MIRRORED, version="v1", run_by="provider")
    (fact,) = on(trail, "2025-02-02").deployment(ARM).change_version("v2")
    assert fact.stream == f"deployment/{ARM.lower()}"
    assert served(trail, "2025-03-01", name=ARM).version == "v2"


@pytest.mark.rule("R3")
def test_deleted_and_created_again_is_a_new_incarnation_and_both_are_in_the_history() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").deployment().delete()
    on(trail, "2025-02-25").deployment().create(MIRRORED, "v2", run_by="provider")
    asked = ("2025-02-15", "2025-02-22", "2025-02-26")
    assert [(shown(trail, t), served(trail, t).incarnation) for t in asked] == [("v1", 1), ("deleted", 1), ("v2", 2)]
    assert [fact.event.type for fact in trail.history(PROD)].count("deployment.created") == 2


@pytest.mark.rule("R3")
@pytest.mark.parametrize("is_deleted", [False, True])
def test_the_first_sight_of_an_unknown_or_deleted_deployment_begins_an_incarnation(is_deleted: bool) -> None:
    trail = mirrored()
    if is_deleted:
        deployed(trail)
        on(trail, "2025-02-20").deployment().delete()
    on(trail, "2025-03-01").deployment().observe(MIRRORED, "v2")
    answer = served(trail, "2025-03-02")
    assert (answer.version, answer.cause, answer.incarnation) == ("v2", "first-sight", 1 + is_deleted)


@pytest.mark.rule("R3")
@pytest.mark.rule("R7")
def test_a_creation_stated_while_it_exists_changes_nothing() -> None:
    trail = deployed(mirrored(), policy="manual")
    assert on(trail, "2025-02-20").deployment().create(MIRRORED, "v2", policy="auto-update", run_by="provider")
    answer = served(trail, "2025-02-21")
    assert (answer.version, answer.policy, answer.incarnation) == ("v1", "manual", 1)


@pytest.mark.rule("R7")
@pytest.mark.rule("R44")
def test_a_creation_stated_while_it_exists_is_shown_as_a_contradiction() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-02-20").deployment().create(MIRRORED, "v2", policy="auto-update", run_by="provider")
    assert "contradiction" in served(trail, "2025-02-21").flags


@pytest.mark.rule("R3")
def test_a_creation_decided_while_it_exists_is_refused_with_the_way_out() -> None:
    trail = deployed(mirrored(), run_by="engine")
    with pytest.raises(Refused, match="exists already: change it, or delete it first"):
        on(trail, "2025-02-20").deployment().create(MIRRORED, "v2")


@pytest.mark.rule("R4")
def test_a_version_answers_several_api_versions_and_a_consumer_pins_one() -> None:
    trail = mirrored()
    on(trail, "2025-02-02").model(MIRRORED).release("v3", api_versions=["2024-06-01", "2024-10-21"])
    deployed(trail, version="v3", api_version="2024-06-01")
    assert trail.at().model(MIRRORED).versions[-1].api_versions == ("2024-06-01", "2024-10-21")
    assert served(trail, "2025-02-11").api_version == "2024-06-01"


@pytest.mark.rule("R4")
def test_to_pin_another_api_version_moves_no_model_version_and_the_other_way_round() -> None:
    trail = deployed(mirrored(), policy="manual", api_version="2024-06-01")
    on(trail, "2025-02-20").deployment().change_api_version("2024-10-21")
    on(trail, "2025-02-25").deployment().change_version("v2")
    asked = (served(trail, t) for t in ("2025-02-15", "2025-02-21", "2025-02-26"))
    assert [(one.version, one.api_version) for one in asked] == [
        ("v1", "2024-06-01"),
        ("v1", "2024-10-21"),
        ("v2", "2024-10-21"),
    ]


@pytest.mark.rule("R5")
@pytest.mark.parametrize("clock", ["effective_at", "known_at"])
def test_a_naive_time_is_refused_with_the_way_out(clock: str) -> None:
    told: dict[str, Any] = {"by": "alice@example.com", clock: datetime(2025, 1, 1)}
    with pytest.raises(ValueError, match="has no time zone: add Z"):
        empty().record(**told)


@pytest.mark.rule("R5")
def test_a_naive_announced_date_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone: add Z"):
        on(mirrored(), "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01T00:00:00")


@pytest.mark.rule("R5")
def test_times_are_kept_in_utc() -> None:
    trail = empty()
    local = datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    with trail.record(by="alice@example.com", effective_at=local) as rec:
        rec.model(OWN).release("v1")
    assert rec.facts[0].effective_at == day("2025-01-01") and rec.facts[0].effective_at.tzinfo == UTC


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("effective", "known", "words"),
    [
        ("2025-03-02", "2025-03-01", "effective_at 2025-03-02T00:00:00Z is after known_at"),
        ("2025-03-02", "2026-03-01", "known_at 2026-03-01T00:00:00Z is after now"),
    ],
)
def test_clocks_out_of_order_are_refused_with_the_way_out(effective: str, known: str, words: str) -> None:
    with pytest.raises(Refused, match=f"{words}.*what lies ahead is announced"):
        on(empty(), effective, known=known).model(OWN).release("v1")


@pytest.mark.rule("R5")
def test_the_time_of_recording_never_decreases_even_when_the_clock_does() -> None:
    ticks = [NOW, NOW]
    trail = Trail.open("memory:", clock=lambda: ticks[0])
    on(trail, "2025-01-01").model(OWN).release("v1")
    ticks[0] = NOW - timedelta(days=1)
    (late,) = on(trail, "2025-01-01").model(OWN).release("v2")
    assert late.recorded_at == NOW


@pytest.mark.rule("R5")
def test_an_announcement_is_effective_when_it_was_made_and_its_date_is_what_it_says() -> None:
    trail = mirrored()
    (fact,) = on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2027-06-01")
    assert fact.effective_at == day("2025-03-01")
    assert trail.at("2025-02-28").announcements() == ()
    assert [one.on for one in trail.at("2025-03-01").announcements()] == [day("2027-06-01")]


@pytest.mark.rule("R5")
def test_two_weeks_are_fourteen_times_24_hours_across_a_change_of_clocks() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-20T09:00:00Z").model(MIRRORED).change_default("v2")
    assert served(trail, "2025-03-21").deadline == datetime(2025, 4, 3, 9, tzinfo=UTC)


@pytest.mark.rule("R6")
def test_what_was_learned_later_does_not_change_what_was_known_then() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", known="2025-05-01").model(MIRRORED).change_default("v2")
    assert (shown(trail, "2025-04-01", known="2025-04-30"), shown(trail, "2025-04-01")) == ("v1", "v2")


@pytest.mark.rule("R6")
def test_a_fact_counts_from_the_very_moment_at_which_it_is_known() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", known="2025-05-01").model(MIRRORED).change_default("v2")
    assert shown(trail, "2025-04-01", known="2025-05-01") == "v2"


@pytest.mark.rule("R6")
def test_a_sight_effective_after_the_day_asked_about_counts_where_a_rule_looks_back() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-10").deployment().observe(MIRRORED, "v1")
    assert (shown(trail, "2025-03-05", known="2025-03-05"), shown(trail, "2025-03-05")) == ("v1 or v2", "v1")


@pytest.mark.rule("R6")
def test_the_order_of_recording_changes_no_answer() -> None:
    def answers(*order: int) -> list[str]:
        trail = mirrored()
        tell = [
            lambda: on(trail, "2025-02-10").deployment().observe(MIRRORED, "v1"),
            lambda: on(trail, "2025-03-01", source="a").model(MIRRORED).change_default("v2"),
            lambda: on(trail, "2025-03-01", source="b").model(MIRRORED).change_default("v1"),
            lambda: on(trail, "2025-02-10").deployment().observe(MIRRORED, "v2"),
        ]
        for index in order:
            tell[index]()
        return [shown(trail, t) for t in ("2025-02-10", "2025-02-11", "2025-03-02", "2025-04-02")]

    assert len({tuple(answers(*order)) for order in permutations(range(4))}) == 1


@pytest.mark.rule("R6")
def test_of_one_moment_what_was_known_later_is_taken_later() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", known="2025-03-05").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-01", known="2025-03-04").model(MIRRORED).change_default("v1")
    assert trail.at().model(MIRRORED).default == "v2"


@pytest.mark.rule("R6")
def test_all_facts_of_a_moment_are_taken_before_anything_is_judged() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-01", known="2025-03-02").deployment().change_policy("manual")
    assert shown(trail, "2025-04-01") == "v1"


@pytest.mark.rule("R6")
def test_the_catalogue_is_taken_before_the_deployment_of_the_same_moment() -> None:
    trail = own()
    on(trail, "2025-03-01", known="2025-03-02").model(OWN).release("v3")
    on(trail, "2025-03-01").deployment().create(OWN, "v3", policy="manual")
    assert shown(trail, "2025-03-01") == "v3"


@pytest.mark.rule("R7")
def test_a_statement_that_breaks_a_rule_is_recorded_with_a_flag() -> None:
    trail = deployed(mirrored())
    (fact,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert fact.mode == "statement"
    assert "short-notice" in served(trail, "2025-03-02").flags


@pytest.mark.rule("R7")
def test_a_decision_that_breaks_a_rule_is_refused_and_nothing_is_recorded() -> None:
    trail = own()
    before = trail.log.size()
    with pytest.raises(Refused, match="without an announcement that is due"):
        on(trail, "2025-03-01").model(OWN).change_default("v2")
    assert trail.log.size() == before


@pytest.mark.rule("R7")
def test_models_are_the_providers_and_deployments_the_engines_unless_said_otherwise() -> None:
    trail = empty()
    (release,) = on(trail, "2025-01-01").model(MIRRORED).release("v1")
    (creation,) = on(trail, "2025-01-02").deployment().create(MIRRORED, "v1")
    assert (release.mode, creation.mode) == ("statement", "decision")


@pytest.mark.rule("R7")
@pytest.mark.parametrize("model_run_by", ["provider", "engine"])
@pytest.mark.parametrize("deployment_run_by", ["provider", "engine"])
def test_who_runs_a_model_and_who_runs_a_deployment_are_chosen_apart(model_run_by: str, deployment_run_by: str) -> None:
    trail = empty()
    on(trail, "2025-01-01").model("x/chat").register(run_by=model_run_by)
    (release,) = on(trail, "2025-01-01").model("x/chat").release("v1")
    create = on(trail, "2025-01-02").deployment().create
    (created,) = create("x/chat", "v1", run_by=deployment_run_by)
    expected = {"provider": "statement", "engine": "decision"}
    assert (release.mode, created.mode) == (expected[model_run_by], expected[deployment_run_by])
    missing = on(trail, "2025-01-03").deployment
    if deployment_run_by == "engine":
        with pytest.raises(Refused, match="cannot be chosen"):
            missing().change_version("v9")
    else:
        assert missing().change_version("v9")[0].mode == "statement"


@pytest.mark.rule("R7")
def test_sights_and_tests_of_what_the_engine_runs_are_statements() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1")
    (sight,) = on(trail, "2025-02-11").deployment().observe(OWN, "v2")
    (test,) = on(trail, "2025-02-12").deployment().tested("v2", result="passed")
    assert (sight.mode, test.mode) == ("statement", "statement")


@pytest.mark.rule("R5")
@pytest.mark.rule("R41")
def test_a_row_known_only_in_days_to_come_is_put_aside_and_the_rest_goes_on() -> None:
    trail = empty()
    rows = ["2026-05-01,chat,v1,released,2026-04-01,,,,page", "2025-05-01,chat,v1,released,2025-04-01,,,,page"]
    taken = trail.take(
        read_notices([",".join(COLUMNS), *rows], catalogue="azure-openai"), catalogue="azure-openai", by="importer"
    )
    assert (len(taken.quarantined), [one.version for one in trail.at().model(MIRRORED).versions]) == (1, ["v1"])
