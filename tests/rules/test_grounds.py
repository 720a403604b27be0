"""Does an answer name every fact that it rests on, and none that says nothing of it? (R28)"""

from __future__ import annotations

import pytest

from rules.given import MIRRORED, deployed, mirrored, on


@pytest.mark.rule("R28")
def test_a_window_names_the_preview_whose_release_opened_it() -> None:
    trail = mirrored()
    on(trail, "2025-02-02").model(MIRRORED).release("p1", stage="preview")
    deployed(trail, version="p1", policy="auto-update")
    with trail.record(by="release-team", effective_at="2025-04-01", known_at="2025-04-01") as rec:
        rec.model(MIRRORED).release("p2", stage="preview")
    (release,) = rec.facts
    assert release.position in trail.at("2025-04-20").serving("chat-prod").because


@pytest.mark.rule("R46")
def test_an_answer_names_the_fact_that_put_its_rules_in_force() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="auto-update")
    with trail.record(by="platform-team", effective_at="2025-03-01", known_at="2025-03-01") as rec:
        rec.model(MIRRORED).change_rules({"id": "slow", "rollout_days": 30})
    (rules,) = rec.facts
    assert rules.position in trail.at("2025-03-02").serving("chat-prod").because


@pytest.mark.rule("R32")
def test_a_window_before_an_unexplained_sight_names_the_sight() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="manual")
    with trail.record(by="exporter", effective_at="2025-06-01", known_at="2025-06-01") as rec:
        rec.deployment("chat-prod").observe(MIRRORED, "v2")
    (sight,) = rec.facts
    answer = trail.at("2025-05-01").serving("chat-prod")
    assert answer.status == "window"
    assert sight.position in answer.because


@pytest.mark.rule("R3")
def test_a_contradiction_names_its_fact_and_ends_with_the_incarnation() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="manual")
    with trail.record(by="exporter", effective_at="2025-05-01", known_at="2025-05-01") as rec:
        rec.deployment("chat-prod").create(MIRRORED, version="v2", run_by="provider")
    (second,) = rec.facts
    answer = trail.at("2025-05-02").serving("chat-prod")
    assert answer.flags == ("contradiction",)
    assert second.position in answer.because
    on(trail, "2025-06-01").deployment("chat-prod").delete()
    on(trail, "2025-06-02").deployment("chat-prod").create(MIRRORED, version="v2", run_by="provider")
    assert trail.at("2025-06-03").serving("chat-prod").flags == ()


@pytest.mark.rule("R19", "R34")
def test_what_a_retirement_stopped_resumes_when_the_default_steps_back() -> None:
    trail = mirrored()
    deployed(trail, version="v1", policy="auto-update")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-05-05").model(MIRRORED).retire("v2")
    assert trail.at("2025-05-05").serving("chat-prod").status == "stopped"
    on(trail, "2025-05-06").model(MIRRORED).change_default("v1")
    assert trail.at("2025-06-06").serving("chat-prod").version == "v1"
