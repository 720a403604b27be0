"""R39, R41 to R44: repetitions, quarantine, who and why, total folds, late decisions."""

from __future__ import annotations

from typing import Any

import pytest

from modeltrail import Refused, Trail
from modeltrail.domain.deployment import evolve as evolve_deployment
from modeltrail.domain.deployment import new_deployment
from modeltrail.domain.model import evolve as evolve_model
from modeltrail.domain.model import new_model
from modeltrail.imports.notices import COLUMNS, read_notices
from modeltrail.trail import Taken
from rules.given import (
    MIRRORED,
    OWN,
    PROD,
    day,
    deployed,
    empty,
    mirrored,
    on,
    own,
    served,
    shown,
)

ALICE: dict[str, Any] = {"by": "alice@example.com"}


def running(policy: str = "manual", **more: Any) -> Trail:
    """Given an engine-run deployment of an engine-run model, on v1 since 10 February 2025."""
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, "v1", policy=policy, **more)
    return trail


@pytest.mark.rule("R39")
def test_a_repeated_command_returns_the_first_result_and_records_nothing() -> None:
    trail = running()
    first = on(trail, "2025-03-01", command_id="c-1").deployment().change_version("v2")
    size = trail.log.size()
    with trail.record(**ALICE, command_id="c-1") as rec:
        rec.deployment(PROD).change_version("v1")
        rec.deployment(PROD).delete()
    assert (rec.facts, rec.repeated, trail.log.size()) == (first, True, size)


@pytest.mark.rule("R39")
def test_a_command_that_recorded_nothing_is_repeated_too() -> None:
    trail = running()
    assert on(trail, "2025-03-01", command_id="c-1").deployment().change_policy("manual") == ()
    assert on(trail, "2025-03-01", command_id="c-1").deployment().change_policy("auto-update") == ()
    assert served(trail, "2025-03-02").policy == "manual"


DECISIONS_IN_FORCE = [
    ("change_policy", ("manual",)),
    ("change_version", ("v1",)),
    ("change_sku", (None,)),
    ("change_api_version", (None,)),
    ("create", (OWN, "v1", "manual")),
]


@pytest.mark.rule("R39")
@pytest.mark.parametrize(("verb", "given"), DECISIONS_IN_FORCE, ids=[verb for verb, _ in DECISIONS_IN_FORCE])
def test_a_decision_about_a_deployment_that_is_in_force_records_nothing_and_succeeds(
    verb: str, given: tuple[Any, ...]
) -> None:
    assert getattr(on(running(), "2025-03-01").deployment(), verb)(*given) == ()


@pytest.mark.rule("R39")
@pytest.mark.parametrize(("verb", "given"), [("stop", {"reason": "no budget"}), ("delete", {})])
def test_to_stop_or_delete_twice_records_nothing_the_second_time(verb: str, given: dict[str, str]) -> None:
    trail = running()
    getattr(on(trail, "2025-03-01").deployment(), verb)(**given)
    assert getattr(on(trail, "2025-03-02").deployment(), verb)(**given) == ()


MODEL_IN_FORCE: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("register", (), {"run_by": "engine"}),
    ("change_rules", ("engine",), {}),
    ("change_offers", (None,), {}),
    ("release", ("v1",), {}),
    ("change_stage", ("v1", "generally-available"), {}),
    ("change_default", ("v1",), {}),
    ("withdraw_retirement", ("v1",), {}),
    ("reinstate", ("v1",), {}),
]


@pytest.mark.rule("R39")
@pytest.mark.parametrize(("verb", "given", "named"), MODEL_IN_FORCE, ids=[verb for verb, _, _ in MODEL_IN_FORCE])
def test_a_decision_about_a_model_that_is_in_force_records_nothing_and_succeeds(
    verb: str, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    assert getattr(on(own(), "2025-03-01").model(OWN), verb)(*given, **named) == ()


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("announce_default", {"on": "2025-06-01"}),
        ("announce_retirement", {"on": "2025-06-01"}),
        ("announce_stage", {"stage": "legacy", "on": "2025-06-01"}),
        ("announce_forced_upgrade", {"on": "2025-06-01"}),
        ("name_replacement", {"to_model": OWN, "to_version": "v1"}),
        ("unlist", {}),
        ("retire", {"emergency": "a leak"}),
    ],
)
def test_what_was_decided_once_is_not_recorded_twice(verb: str, given: dict[str, Any]) -> None:
    trail = own()
    assert len(getattr(on(trail, "2025-03-01").model(OWN), verb)("v2", **given)) == 1
    assert getattr(on(trail, "2025-03-02").model(OWN), verb)("v2", **given) == ()


@pytest.mark.rule("R39")
def test_a_statement_with_the_same_source_content_and_times_is_a_repetition() -> None:
    trail = mirrored()
    assert on(trail, "2025-03-01", source="page").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    assert on(trail, "2025-03-01", source="page").model(MIRRORED).announce_retirement("v1", on="2025-06-01") == ()


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    ("at", "known", "source"),
    [
        ("2025-03-01", "2025-03-01", "survey"),
        ("2025-03-02", "2025-03-02", "page"),
        ("2025-03-01", "2025-03-02", "page"),
    ],
    ids=["another source", "another day", "known on another day"],
)
def test_any_other_statement_is_kept_as_a_confirmation_where_it_adds_nothing(at: str, known: str, source: str) -> None:
    trail = mirrored()
    on(trail, "2025-03-01", source="page").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    (fact,) = on(trail, at, known=known, source=source).model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    (one,) = trail.at().announcements()
    assert [again.position for again in one.confirmations] == [fact.position]


def taken(trail: Trail, *rows: str) -> Taken:
    lines = [",".join(COLUMNS), *rows]
    return trail.take(read_notices(lines, catalogue="azure-openai"), catalogue="azure-openai", by="importer")


IMPOSSIBLE = "2025-05-01,chat,v1,retirement,2026-09-31,fixed,,,page"
READABLE = "2025-05-01,chat,v1,retirement,2026-09-30,fixed,,,page"


@pytest.mark.rule("R41")
def test_an_impossible_date_is_quarantined_with_raw_text_and_reason_and_the_rest_goes_on() -> None:
    trail = empty()
    result = taken(trail, IMPOSSIBLE, READABLE)
    (row,) = result.quarantined
    assert "2026-09-31" in row.raw and "2026-09-31" in row.reason
    assert [one.on for one in trail.at().announcements()] == [day("2026-09-30")]


@pytest.mark.rule("R41")
def test_a_quarantined_row_is_never_lost_and_not_recorded_twice() -> None:
    trail = empty()
    taken(trail, IMPOSSIBLE)
    again = taken(trail, IMPOSSIBLE)
    assert [fact.event.type for fact in trail.events()] == ["import.row-quarantined"]
    assert (again.facts, again.repeated, len(again.quarantined)) == ((), 1, 1)


@pytest.mark.rule("R41")
@pytest.mark.rule("R2")
def test_an_ambiguous_version_is_listed_in_the_result_and_recorded() -> None:
    trail = empty()
    rows = ("2025-05-01,chat,v1,released,2025-04-01,,,,page", "2025-05-02,chat,,retired,2025-05-01,,,,page")
    result = taken(trail, *rows)
    assert [fact.event.type for fact in result.unclear] == ["model.version-retired"]
    assert trail.at().model(MIRRORED).contradictions[0].position == result.unclear[0].position


@pytest.mark.rule("R42")
def test_every_fact_says_who_why_and_from_where() -> None:
    trail = mirrored()
    (fact,) = on(trail, "2025-03-01", why="mail of March", source="sha256:ab").model(MIRRORED).change_default("v2")
    assert (fact.by, fact.why, fact.source) == ("alice@example.com", "mail of March", "sha256:ab")


@pytest.mark.rule("R42")
@pytest.mark.parametrize("by", ["", "  "])
def test_a_fact_that_nobody_made_is_refused(by: str) -> None:
    with pytest.raises(ValueError, match="give by="):
        empty().record(by=by)


@pytest.mark.rule("R42")
def test_what_was_executed_says_for_which_cause_and_under_which_policy_and_rules() -> None:
    trail = running(policy="auto-update")
    why = {"cause": "default-change", "policy": "auto-update", "rules": "engine"}
    (fact,) = on(trail, "2025-03-01").deployment().change_version("v2", **why)
    assert fact.mode == "execution"
    assert why.items() <= fact.event.data().items()


@pytest.mark.rule("R43")
def test_a_statement_about_what_does_not_exist_then_is_recorded_and_changes_nothing() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-02-20").deployment().delete()
    assert on(trail, "2025-03-01").deployment().change_policy("manual")
    assert on(trail, "2025-03-01").deployment().change_version("v2", model=MIRRORED)
    assert shown(trail, "2025-03-02") == "deleted"


@pytest.mark.rule("R43")
def test_a_fact_taken_twice_changes_nothing() -> None:
    trail = deployed(mirrored())
    model, deployment = new_model(MIRRORED), new_deployment(PROD)
    for fact in trail.history(MIRRORED):
        model = evolve_model(model, fact)
        assert evolve_model(model, fact).default_for() == model.default_for()
        assert evolve_model(model, fact).choosable() == model.choosable()
    for fact in trail.history(PROD):
        deployment = evolve_deployment(deployment, fact)
        assert evolve_deployment(deployment, fact).incarnation == deployment.incarnation


@pytest.mark.rule("R43")
def test_a_fold_takes_any_fact_in_any_order() -> None:
    trail = running()
    on(trail, "2025-03-01").deployment().delete()
    for facts in (list(trail.events()), list(trail.events())[::-1]):
        model, deployment = new_model(OWN), new_deployment(PROD)
        for fact in facts:
            model, deployment = evolve_model(model, fact), evolve_deployment(deployment, fact)


@pytest.mark.rule("R44")
def test_a_late_decision_is_judged_at_its_own_moment() -> None:
    trail = running()
    on(trail, "2025-05-01").model(OWN).release("v3")
    with pytest.raises(Refused, match="'v3' of acme/chat cannot be chosen"):
        on(trail, "2025-04-01", known="2025-06-01").deployment().change_version("v3")
    on(trail, "2025-07-01").model(OWN).retire("v3", emergency="a leak")
    assert on(trail, "2025-06-01", known="2025-08-01").deployment().change_version("v3")
    assert shown(trail, "2025-06-02") == "v3"


@pytest.mark.rule("R44")
def test_a_late_decision_is_judged_with_everything_recorded_also_what_was_known_only_later() -> None:
    trail = running()
    on(trail, "2025-03-01", known="2025-06-01").model(OWN).retire("v2", emergency="a leak")
    with pytest.raises(Refused, match="'v2' of acme/chat cannot be chosen"):
        on(trail, "2025-04-01").deployment().change_version("v2")


@pytest.mark.rule("R44")
def test_a_late_decision_is_refused_where_a_later_one_would_then_have_been_and_names_it() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    (later,) = on(trail, "2025-04-01").model(OWN).change_default("v2")
    with pytest.raises(Refused, match=rf"position {later.position} .*would then have been refused.*cannot be chosen"):
        on(trail, "2025-03-15").model(OWN).retire("v2", emergency="a leak")


@pytest.mark.rule("R44")
def test_a_late_end_of_a_deployment_is_refused_where_it_was_changed_later() -> None:
    trail = running()
    (later,) = on(trail, "2025-05-01").deployment().change_policy("auto-update")
    with pytest.raises(Refused, match=f"position {later.position} .*choose a moment after it, or retract it first"):
        on(trail, "2025-04-01").deployment().delete()
    on(trail, "2025-06-01").retract(later.position)
    assert on(trail, "2025-04-01").deployment().delete()


@pytest.mark.rule("R44")
def test_a_late_decision_is_refused_where_it_forbids_what_was_executed() -> None:
    trail = running(policy="auto-update")
    (executed,) = on(trail, "2025-05-01").deployment().change_version("v2", cause="default-change")
    with pytest.raises(Refused, match=f"position {executed.position} "):
        on(trail, "2025-04-01").deployment().delete()


@pytest.mark.rule("R44")
def test_only_later_decisions_of_the_same_aggregate_count() -> None:
    trail = running()
    on(trail, "2025-05-01").deployment().change_version("v2")
    assert on(trail, "2025-04-01").model(OWN).retire("v2", emergency="a leak")


@pytest.mark.rule("R44")
def test_a_late_statement_is_recorded_and_a_contradiction_listed() -> None:
    trail = mirrored()
    (default,) = on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    assert on(trail, "2025-02-20", known="2025-06-01").model(MIRRORED).retire("v2")
    assert [one.position for one in trail.at().model(MIRRORED).contradictions] == [default.position]
    assert trail.at(known_at="2025-05-01").model(MIRRORED).contradictions == ()
