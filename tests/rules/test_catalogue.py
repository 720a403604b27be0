"""R8 to R10: releases, stages, choosable versions, and the one default."""

from __future__ import annotations

import pytest

from modeltrail import Refused, Trail
from modeltrail.projections.models import VersionAnswer
from rules.given import MIRRORED, OWN, deployed, mirrored, on, own, served, shown


def version(trail: Trail, name: str, t: str | None = None, model: str = MIRRORED) -> VersionAnswer:
    return next(one for one in trail.at(t).model(model).versions if one.version == name)


def default(trail: Trail, t: str | None = None, model: str = MIRRORED, known: str | None = None) -> str | None:
    return trail.at(t, known_at=known).model(model).default


@pytest.mark.rule("R8")
def test_a_release_changes_no_default_and_no_deployment() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).release("v3")
    assert (default(trail), shown(trail, "2025-06-01")) == ("v1", "v1")
    assert served(trail, "2025-06-01").certainty == "recorded"


@pytest.mark.rule("R8")
def test_a_released_version_can_be_deployed_at_once() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).release("v3")
    on(trail, "2025-03-01").deployment().create(OWN, "v3")
    assert shown(trail, "2025-03-01") == "v3"


@pytest.mark.rule("R8")
@pytest.mark.rule("R10")
def test_a_version_that_is_not_released_cannot_be_deployed_and_the_refusal_names_those_that_can() -> None:
    trail = own()
    with pytest.raises(Refused, match="'v3' of acme/chat cannot be chosen: choose one of v1, v2"):
        on(trail, "2025-03-01").deployment().create(OWN, "v3")


@pytest.mark.rule("R9")
def test_stages_move_in_any_direction() -> None:
    trail = own()
    for month, stage in enumerate(("deprecated", "preview", "legacy", "generally-available"), start=3):
        on(trail, f"2025-0{month}-01").model(OWN).change_stage("v1", stage)
        assert version(trail, "v1", model=OWN).stage == stage


@pytest.mark.rule("R9")
def test_what_runs_on_a_deprecated_version_keeps_running() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01").model(MIRRORED).change_stage("v1", "deprecated")
    assert shown(trail, "2025-06-01") == "v1"


@pytest.mark.rule("R9")
def test_a_new_deployment_on_a_deprecated_version_needs_an_owner_who_has_run_it() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment("old").create(OWN, "v1", owner="team-a")
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    with pytest.raises(Refused, match="team-b has not run it before: choose a newer version"):
        on(trail, "2025-03-02").deployment("new-b").create(OWN, "v1", owner="team-b")
    assert on(trail, "2025-03-02").deployment("new-a").create(OWN, "v1", owner="team-a")


@pytest.mark.rule("R9")
def test_a_deployment_without_an_owner_is_not_held_to_that() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    assert on(trail, "2025-03-02").deployment().create(OWN, "v1")


@pytest.mark.rule("R9")
def test_an_owner_who_ran_another_version_has_not_run_this_one() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment("old").create(OWN, "v2", owner="team-a")
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    with pytest.raises(Refused, match="has not run it before"):
        on(trail, "2025-03-02").deployment("new").create(OWN, "v1", owner="team-a")


@pytest.mark.rule("R9")
def test_an_owner_who_ran_it_only_afterwards_had_not_run_it_before() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    on(trail, "2025-05-01").model(OWN).change_stage("v1", "legacy")
    on(trail, "2025-05-02").deployment("later").create(OWN, "v1", owner="team-a")
    with pytest.raises(Refused, match="has not run it before"):
        on(trail, "2025-03-02").deployment("new").create(OWN, "v1", owner="team-a")


@pytest.mark.rule("R9")
def test_an_owner_has_run_it_also_in_an_earlier_incarnation_of_a_name_that_another_owner_has_now() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment("old").create(OWN, "v1", owner="team-a")
    on(trail, "2025-02-12").deployment("old").delete()
    on(trail, "2025-02-14").deployment("old").create(OWN, "v2", owner="team-b")
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    assert on(trail, "2025-03-02").deployment("new").create(OWN, "v1", owner="team-a")


@pytest.mark.rule("R9")
def test_an_owner_has_not_run_what_the_same_name_ran_for_another_owner() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment("old").create(OWN, "v1", owner="team-a")
    on(trail, "2025-02-12").deployment("old").delete()
    on(trail, "2025-02-14").deployment("old").create(OWN, "v2", owner="team-b")
    on(trail, "2025-03-01").model(OWN).change_stage("v1", "deprecated")
    with pytest.raises(Refused, match="has not run it before"):
        on(trail, "2025-03-02").deployment("new").create(OWN, "v1", owner="team-b")


@pytest.mark.rule("R9")
def test_a_deployment_in_the_same_batch_counts_as_run_before() -> None:
    trail = own()
    with trail.record(by="alice@example.com", effective_at="2025-03-01") as rec:
        rec.deployment("old").create(OWN, "v1", owner="team-a")
        rec.model(OWN).change_stage("v1", "deprecated")
        rec.deployment("new").create(OWN, "v1", owner="team-a")
    assert len(rec.facts) == 3


@pytest.mark.rule("R10")
def test_a_retired_version_cannot_be_chosen() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    with pytest.raises(Refused, match="'v1' of acme/chat cannot be chosen: choose one of v2"):
        on(trail, "2025-03-02").deployment().create(OWN, "v1")


@pytest.mark.rule("R10")
@pytest.mark.parametrize(("sku", "is_allowed"), [("Standard", False), ("GlobalStandard", True), (None, True)])
def test_a_version_retired_for_one_sku_can_be_chosen_for_another(sku: str | None, is_allowed: bool) -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).retire("v1", sku="Standard", emergency="capacity")
    create = on(trail, "2025-03-02").deployment().create
    if is_allowed:
        assert create(OWN, "v1", sku=sku)
    else:
        with pytest.raises(Refused, match="cannot be chosen for SKU Standard"):
            create(OWN, "v1", sku=sku)


@pytest.mark.rule("R10")
@pytest.mark.parametrize("how", ["default", "replacement", "seen"])
def test_in_a_mirrored_catalogue_a_mention_is_a_release_on_an_unknown_day(how: str) -> None:
    trail = mirrored()
    if how == "default":
        on(trail, "2025-03-01").model(MIRRORED).change_default("v3")
    elif how == "replacement":
        on(trail, "2025-03-01").model(MIRRORED).name_replacement("v1", to_model=MIRRORED, to_version="v3")
    else:
        on(trail, "2025-03-01").deployment("other").observe(MIRRORED, "v3")
    assert version(trail, "v3").released_at is None
    assert on(trail, "2025-03-02").deployment().create(MIRRORED, "v3")
    with pytest.raises(Refused, match="cannot be chosen"):
        on(trail, "2025-02-28").deployment("early").create(MIRRORED, "v3")


@pytest.mark.rule("R10")
def test_in_a_catalogue_of_ones_own_a_mention_is_no_release() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).name_replacement("v1", to_model=OWN, to_version="v3")
    with pytest.raises(Refused, match="cannot be chosen"):
        on(trail, "2025-03-02").deployment().create(OWN, "v3")


@pytest.mark.rule("R10")
def test_a_default_that_cannot_be_chosen_is_a_contradiction_and_there_is_none_until_the_next_change() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).retire("v2")
    (wrong,) = on(trail, "2025-03-02").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-01").model(MIRRORED).change_default("v1")
    assert (default(trail, "2025-03-01"), default(trail, "2025-04-01"), default(trail, "2025-05-01")) == (
        "v1",
        None,
        "v1",
    )
    assert [one.position for one in trail.at().model(MIRRORED).contradictions] == [wrong.position]


@pytest.mark.rule("R10")
def test_when_the_default_is_retired_there_is_none_until_the_next_change() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    assert (default(trail, "2025-03-31"), default(trail, "2025-04-01")) == (None, "v2")


@pytest.mark.rule("R10")
def test_the_only_choosable_version_is_the_default_of_a_model_whose_default_was_never_stated() -> None:
    trail = own()
    on(trail, "2025-01-01").model("acme/new").register(run_by="engine")
    on(trail, "2025-01-01").model("acme/new").release("a")
    on(trail, "2025-02-01").model("acme/new").release("b")
    on(trail, "2025-03-01").model("acme/new").retire("a", emergency="broken")
    days = ("2025-01-15", "2025-02-15", "2025-03-15")
    assert [default(trail, t, "acme/new") for t in days] == ["a", None, "b"]


@pytest.mark.rule("R10")
def test_a_default_stated_later_for_an_earlier_day_counts_from_that_day() -> None:
    trail = mirrored()
    on(trail, "2025-03-01", known="2025-06-01").model(MIRRORED).change_default("v2")
    assert (default(trail, "2025-04-01", known="2025-05-01"), default(trail, "2025-04-01")) == ("v1", "v2")


@pytest.mark.rule("R10")
@pytest.mark.rule("R43")
def test_the_only_version_seen_of_a_model_that_nobody_registered_is_its_default() -> None:
    trail = mirrored()
    on(trail, "2025-03-01").deployment().observe("openai/o3", "1")
    assert default(trail, model="openai/o3") == "1"


@pytest.mark.rule("R11", "R39", "R43")
@pytest.mark.parametrize("trusted", [(), ("the page", "a mail")])
def test_notice_counts_from_when_a_default_was_announced_first_whoever_says_it_again(trusted: tuple[str, ...]) -> None:
    trail = deployed(mirrored())
    if trusted:
        with trail.record(by="alice@example.com", effective_at="2025-02-01", known_at="2025-02-01") as rec:
            rec.catalogue("azure-openai").trust(*trusted)
    for day, source in (("2025-03-01", "the page"), ("2025-03-28", "the page"), ("2025-03-29", "a mail")):
        on(trail, day, source=source).model(MIRRORED).announce_default("v2", on="2025-04-01")
    assert {one.flags for one in trail.at("2025-03-30").upcoming(30)} == {()}
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    assert served(trail, "2025-04-02").flags == ()
