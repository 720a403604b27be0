"""Where does a retirement lead, and when does it lead nowhere? (R10, R20, R34, R39)"""

from __future__ import annotations

import pytest

from modeltrail import Refused
from rules.given import MIRRORED, OWN, day, deployed, mirrored, on, own, shown


@pytest.mark.rule("R10", "R20")
def test_where_no_default_was_ever_stated_an_overdue_retirement_leads_to_the_only_other_version() -> None:
    trail = mirrored()
    on(trail, "2025-01-01").model("azure-openai/quiet").release("q1")
    on(trail, "2025-01-02").model("azure-openai/quiet").release("q2")
    on(trail, "2025-01-03").deployment("quiet").create(
        "azure-openai/quiet", version="q1", policy="upgrade-when-expired", run_by="provider"
    )
    on(trail, "2025-02-01").model("azure-openai/quiet").announce_retirement("q1", on="2025-03-01")
    places = trail.at("2025-03-02").serving("quiet").possible
    assert [place.version for place in places] == ["q1", "q2"]
    on(trail, "2025-02-02").model("azure-openai/quiet").release("q3")
    places = trail.at("2025-03-02").serving("quiet").possible
    assert [place.version or place.status for place in places] == ["q1", "stopped"]


@pytest.mark.rule("R20", "R34")
def test_what_a_person_stopped_does_not_move_in_the_window_before_a_retirement() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="upgrade-when-expired")
    on(trail, "2025-03-02").deployment().stop(reason="no budget")
    on(trail, "2025-04-01").model(MIRRORED).name_replacement("v1", to_version="v2", upgrade_from="2025-05-01")
    assert shown(trail, "2025-05-02") == shown(trail, "2025-04-01")
    assert trail.at("2025-05-02").serving("chat-prod").status == "stopped"


@pytest.mark.rule("R31")
def test_what_the_engine_runs_and_was_seen_in_an_open_window_stays_a_possibility() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="upgrade-when-expired", run_by="engine")
    on(trail, "2025-04-01").model(MIRRORED).name_replacement("v1", to_version="v2", upgrade_from="2025-05-01")
    assert trail.at("2025-05-02").serving("chat-prod").version == "v2"
    on(trail, "2025-05-10").deployment().observe(MIRRORED, "v1")
    on(trail, "2025-05-20").model(MIRRORED).release("v9")
    for later in ("2025-05-11", "2025-05-21"):
        assert [place.version for place in trail.at(later).serving("chat-prod").possible] == ["v1", "v2"]


@pytest.mark.rule("R39")
def test_an_announcement_in_force_records_nothing_and_another_date_is_another_announcement() -> None:
    trail = own()
    first = on(trail, "2025-04-01").model(OWN).announce_retirement("v1", on="2025-09-01")
    again = on(trail, "2025-04-02").model(OWN).announce_retirement("v1", on="2025-09-01")
    moved = on(trail, "2025-04-03").model(OWN).announce_retirement("v1", on="2025-10-01")
    assert (len(first), len(again), len(moved)) == (1, 0, 1)


@pytest.mark.rule("R24")
def test_a_forced_window_stays_open_whatever_else_happens_in_the_catalogue() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).announce_forced_upgrade("v1", on="2025-04-01", to_version="v2")
    on(trail, "2025-04-03").model(MIRRORED).release("v9")
    answer = trail.at("2025-04-05").serving("chat-prod")
    assert [place.version for place in answer.possible] == ["v1", "v2"]
    assert answer.deadline == day("2025-04-15")
    assert trail.at("2025-04-15").serving("chat-prod").version == "v2"


@pytest.mark.rule("R24")
def test_a_forced_upgrade_announced_before_the_deployment_existed_explains_a_sight_of_its_target() -> None:
    trail = mirrored()
    announced = (
        on(trail, "2025-02-02")
        .model(MIRRORED)
        .announce_forced_upgrade("v1", on="2025-06-01", qualifier="no-earlier-than", to_version="v2")
    )
    deployed(trail, version="v1", policy="manual")
    on(trail, "2025-07-01").deployment().observe(MIRRORED, "v2")
    answer = trail.at("2025-07-01").serving("chat-prod")
    assert answer.cause == "forced"
    assert announced[0].position in answer.because


@pytest.mark.rule("R12", "R34")
def test_what_a_person_stopped_is_stopped_also_while_a_retirement_is_overdue() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="upgrade-when-expired")
    on(trail, "2025-03-02").deployment().stop(reason="no budget")
    on(trail, "2025-03-03").model(MIRRORED).announce_retirement("v1", on="2025-04-01")
    assert trail.at("2025-04-02").serving("chat-prod").status == "stopped"


@pytest.mark.rule("R28")
def test_an_answer_names_the_fact_that_set_its_policy() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="manual")
    (policy,) = on(trail, "2025-03-02").deployment().change_policy("upgrade-when-expired")
    assert policy.position in trail.at("2025-03-03").serving("chat-prod").because


@pytest.mark.rule("R39")
def test_a_model_is_registered_once_and_otherwise_only_in_the_same_words() -> None:
    trail = own()
    assert on(trail, "2025-04-01").model(OWN).register(run_by="engine") == ()
    with pytest.raises(Refused, match="use change_rules or change_offers"):
        on(trail, "2025-04-01").model(OWN).register(run_by="engine", offers=["manual"])


@pytest.mark.rule("R11", "R39")
def test_a_default_announced_again_records_nothing_and_another_date_is_another_announcement() -> None:
    trail = own()
    first = on(trail, "2025-04-01").model(OWN).announce_default("v2", on="2025-09-01")
    again = on(trail, "2025-04-02").model(OWN).announce_default("v2", on="2025-09-01")
    moved = on(trail, "2025-04-03").model(OWN).announce_default("v2", on="2025-10-01")
    assert (len(first), len(again), len(moved)) == (1, 0, 1)
