"""What would be otherwise under other policies, rules and facts; and nothing, where nothing is otherwise?"""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.domain.refusals import NotChoosable, Unknown
from modeltrail.domain.values import PUBLISHED_RULES, Policy, parse_instant
from modeltrail.projections.suppositions import (
    DefaultSupposed,
    PolicySupposed,
    RetirementSupposed,
    RulesSupposed,
    Supposition,
    TrustSupposed,
)
from modeltrail.projections.what_if import Otherwise
from rules.given import MIRRORED, OWN, PROD, day, deployed, mirrored, on, own


def had(policy: Policy, since: str | None = None) -> PolicySupposed:
    return PolicySupposed(deployment=PROD, policy=policy, since=None if since is None else day(since))


def differs(trail: Trail, *supposed: Supposition, t: str = "2025-06-01") -> list[str]:
    return list(map(told, trail.at(t).what_if(*supposed).differences))


def told(one: Otherwise) -> str:
    """`04-01 to 04-15: v1 (created), not v1 or v2 (default-change)`."""
    until = f"{one.until:%m-%d}" if one.until else "on"
    words = [
        f"{' or '.join(place.version or place.status for place in each.possible)} ({each.cause})"
        for each in (one.supposed, one.actual)
    ]
    return f"{one.since:%m-%d} to {until}: {words[0]}, not {words[1]}"


def moved() -> Trail:
    """v2 is the default since 1 April; each week an export shows what is served, v2 since 8 April."""
    trail = deployed(mirrored())
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    for seen, version in (("2025-03-25", "v1"), ("2025-04-02", "v1"), ("2025-04-08", "v2"), ("2025-04-15", "v2")):
        on(trail, seen).deployment().observe(MIRRORED, version)
    return trail


@pytest.mark.rule("R28")
def test_another_policy_would_not_have_moved_it_whatever_was_seen_since() -> None:
    assert differs(moved(), had("manual")) == [
        "04-02 to 04-08: v1 (created), not v1 or v2 (default-change)",
        "04-08 to on: v1 (created), not v2 (default-change)",
    ]


@pytest.mark.rule("R28")
def test_a_policy_may_be_supposed_since_a_day() -> None:
    assert differs(moved(), had("manual", since="2025-03-01")) == differs(moved(), had("manual"))
    assert differs(moved(), had("manual", since="2025-05-01")) == []


@pytest.mark.rule("R28")
def test_nothing_differs_where_nothing_is_otherwise() -> None:
    default = DefaultSupposed(model=MIRRORED, version="v2", on=day("2025-04-01"))
    rules = RulesSupposed(rules=PUBLISHED_RULES["azure-openai"])
    for supposed in ([], [had("auto-update")], [default], [rules], [TrustSupposed(sources=("a mail",))]):
        assert differs(moved(), *supposed) == []


@pytest.mark.rule("R19")
def test_a_default_that_had_changed_on_another_day_would_have_moved_it_then() -> None:
    earlier = DefaultSupposed(model=MIRRORED, version="v2", on=day("2025-03-10"))
    assert differs(moved(), earlier) == [
        "03-10 to 03-24: v1 or v2 (default-change), not v1 (created)",
        "03-24 to 04-02: v2 (default-change), not v1 (created)",
        "04-02 to 04-08: v2 (default-change), not v1 or v2 (default-change)",
    ]


@pytest.mark.rule("R19")
def test_a_default_of_coming_days_would_move_it_then() -> None:
    trail = deployed(mirrored())
    ahead = DefaultSupposed(model=MIRRORED, version="v2", on=day("2025-04-10"))
    assert differs(trail, ahead, t="2025-04-01") == [
        "04-10 to 04-24: v1 or v2 (default-change), not v1 (created)",
        "04-24 to on: v2 (default-change), not v1 (created)",
    ]
    assert differs(trail, DefaultSupposed(model=MIRRORED, version="v2", on=day("2026-04-10")), t="2025-04-01") == []


@pytest.mark.rule("R20", "R21")
def test_a_retirement_supposed_in_place_of_the_one_announced_hits_as_the_policy_says() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-04-10")
    later = RetirementSupposed(model=MIRRORED, version="v1", on=day("2025-05-10"))
    assert differs(trail, later, t="2025-04-01") == ["04-10 to 05-10: v1 (created), not stopped (retirement)"]
    on(trail, "2025-04-10").model(MIRRORED).retire("v1")
    assert differs(trail, later, t="2025-06-01") == ["04-10 to 05-10: v1 (created), not stopped (retirement)"]


@pytest.mark.rule("R22", "R46")
def test_other_rules_read_a_policy_that_nobody_stated_otherwise() -> None:
    trail = deployed(mirrored(), policy="unspecified")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").model(MIRRORED).retire("v1")
    assert differs(trail, RulesSupposed(rules=PUBLISHED_RULES["azure-foundry"])) == [
        "05-01 to on: stopped (retirement), not v2 (retirement)"
    ]


@pytest.mark.rule("R13")
def test_another_order_of_trust_lets_another_date_count() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01", source="the page").model(MIRRORED).announce_retirement("v1", on="2025-04-10")
    on(trail, "2025-03-02", source="a mail").model(MIRRORED).announce_retirement("v1", on="2025-05-10")
    assert differs(trail, TrustSupposed(sources=("the page",)), t="2025-04-01") == [
        "04-10 to 05-10: stopped (retirement), not v1 (created)"
    ]


@pytest.mark.rule("R38")
def test_what_the_engine_executed_would_not_have_been_executed() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, version="v1", policy="auto-update")
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    trail.advance("2025-04-01", on_time=True)
    assert differs(trail, had("manual")) == ["04-01 to on: v1 (created), not v2 (default-change)"]


@pytest.mark.rule("R3")
def test_what_began_with_a_sight_has_a_policy_from_its_first_sight_on() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().observe(MIRRORED, "v1")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    assert differs(trail, had("auto-update")) == [
        "04-01 to 04-15: v1 or v2 (default-change), not v1 (first-sight)",
        "04-15 to on: v2 (default-change), not v1 (first-sight)",
    ]


@pytest.mark.rule("R5")
def test_what_was_first_seen_in_an_export_that_came_late_has_the_policy_too() -> None:
    trail = mirrored()
    on(trail, "2025-02-10", known="2025-03-01").deployment().observe(MIRRORED, "v1")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    assert differs(trail, had("auto-update"))[-1] == "04-15 to on: v2 (default-change), not v1 (first-sight)"


@pytest.mark.rule("R28", "R31")
def test_once_the_worlds_have_met_again_what_was_seen_counts_in_both() -> None:
    trail = moved()
    on(trail, "2025-04-20").model(MIRRORED).release("v3")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v3")
    for seen, version in (("2025-05-03", "v2"), ("2025-05-05", "v3"), ("2025-05-20", "v1")):
        on(trail, seen).deployment().observe(MIRRORED, version)
    earlier = DefaultSupposed(model=MIRRORED, version="v2", on=day("2025-03-10"))
    assert differs(trail, earlier) == differs(moved(), earlier)


@pytest.mark.rule("R38")
def test_once_the_worlds_have_met_again_an_execution_moves_nothing_back() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, version="v1", policy="auto-update")
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    trail.advance("2025-04-05")
    on(trail, "2025-04-20").model(OWN).release("v3")
    on(trail, "2025-04-20").model(OWN).announce_default("v3", on="2025-05-10")
    trail.advance("2025-05-12")
    on_time = DefaultSupposed(model=OWN, version="v2", on=day("2025-04-01"))
    assert differs(trail, on_time) == ["04-01 to 04-05: v2 (default-change), not v1 (created)"]


@pytest.mark.rule("R12", "R20")
def test_a_retirement_that_came_on_that_day_is_no_supposition_however_it_was_announced() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-02-20").model(MIRRORED).name_replacement("v1", to_version="v2", lead_days=20)
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-05-01")
    on(trail, "2025-04-20").model(MIRRORED).announce_retirement("v1", on="2025-05-05")
    assert differs(trail, RetirementSupposed(model=MIRRORED, version="v1", on=day("2025-05-05")), t="2025-04-25") == []
    on(trail, "2025-05-10").model(MIRRORED).retire("v1")
    came = RetirementSupposed(model=MIRRORED, version="v1", on=day("2025-05-10"))
    assert differs(trail, came) == []
    assert differs(trail, came, t="2025-05-02") != []


@pytest.mark.rule("R12")
def test_a_retirement_that_is_overdue_can_be_supposed_to_have_happened() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-05-01")
    came = RetirementSupposed(model=MIRRORED, version="v1", on=day("2025-05-01"))
    for t in ("2025-05-01", "2025-05-10"):
        assert differs(trail, came, t=t) == ["05-01 to on: stopped (retirement), not v1 or stopped (overdue)"]


def test_nothing_is_recorded() -> None:
    trail = moved()
    size = trail.log.checkpoint().size
    differs(trail, had("manual"))
    assert trail.log.checkpoint().size == size


def test_what_nobody_knows_cannot_be_supposed_of() -> None:
    with pytest.raises(Unknown, match="did you mean 'chat-prod'"):
        differs(moved(), PolicySupposed(deployment="chat-prd", policy="manual"))
    with pytest.raises(Unknown, match="did you mean 'v2'"):
        differs(moved(), DefaultSupposed(model=MIRRORED, version="v22", on=day("2025-04-01")))


@pytest.mark.rule("R10")
def test_what_could_be_no_default_cannot_be_supposed_to_be_one() -> None:
    for trail, model, on_day in ((deployed(mirrored()), MIRRORED, "2025-04-15"), (own(), OWN, "2025-01-15")):
        if model == MIRRORED:
            on(trail, "2025-03-01").model(model).retire("v2")
        for t in ("2025-04-01", "2025-06-01"):
            with pytest.raises(NotChoosable, match="choose one of v1"):
                differs(trail, DefaultSupposed(model=model, version="v2", on=day(on_day)), t=t)


def test_the_answer_says_what_was_supposed_with_full_names() -> None:
    answer = (
        moved().at("2025-06-01").what_if(DefaultSupposed(model="chat", version="v2", on=day("2025-04-02")), days=10)
    )
    assert [one.model_dump(mode="json") for one in answer.supposed] == [
        {"kind": "default", "model": MIRRORED, "version": "v2", "on": "2025-04-02T00:00:00Z"}
    ]
    assert (answer.deployments, answer.until) == (1, parse_instant("2025-06-11"))
    assert {position for one in answer.differences for position in one.supposed.because if position < 0} == {-1}


@pytest.mark.rule("R28")
def test_two_worlds_in_which_the_same_is_possible_have_not_met_yet() -> None:
    earlier = DefaultSupposed(model=MIRRORED, version="v2", on=day("2025-03-29"))
    assert differs(moved(), earlier) == [
        "03-29 to 04-02: v1 or v2 (default-change), not v1 (created)",
        "04-08 to 04-12: v1 or v2 (default-change), not v2 (default-change)",
    ]
