"""Does what is to come say what to do about it?"""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.domain.refusals import Unknown
from modeltrail.projections.upcoming import Upcoming
from rules.given import MIRRORED, OWN, PROD, deployed, mirrored, on, own


def announced(policy: str = "auto-update", **more: str) -> Trail:
    """On 1 March v2 is announced as the default of 1 April, and the retirement of v1 for 1 June."""
    trail = deployed(mirrored(), policy=policy, **more)
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-04-01")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-06-01")
    return trail


def advised(trail: Trail, t: str = "2025-03-10", kind: str = "move") -> list[str | None]:
    return [one.advice for one in trail.at(t).upcoming(120) if one.deployment == PROD and one.kind == kind]


@pytest.mark.rule("R36")
def test_a_move_to_what_was_not_tested_asks_for_a_test() -> None:
    trail = announced()
    test = (
        "test azure-openai/chat v2 for it and record the result, "
        "or choose another version, or another policy where its version stays"
    )
    assert advised(trail) == [f"by 2025-04-01, {test}"]
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    assert advised(trail, "2025-04-02") == [f"now: it may have moved; {test}"]


@pytest.mark.rule("R36")
def test_a_move_to_what_passed_its_test_asks_for_nothing_and_one_that_failed_for_a_mend() -> None:
    trail = announced()
    on(trail, "2025-03-05").deployment().tested("v2", "failed")
    (failed,) = advised(trail)
    assert failed is not None and failed.startswith("by 2025-04-01, mend what failed with azure-openai/chat v2")
    on(trail, "2025-03-06").deployment().tested("v2", "passed")
    assert advised(trail) == ["nothing: azure-openai/chat v2 was tested for it and passed"]


@pytest.mark.rule("R30")
def test_all_that_may_have_happened_in_an_open_window_is_told_whatever_changed_since_it_opened() -> None:
    trail = deployed(mirrored(), api_version="2024-01-01")
    on(trail, "2025-02-20").model(MIRRORED).release("v3")
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-05").deployment().change_api_version("2024-02-01")

    def told(t: str) -> list[tuple[str, str | None, str]]:
        entries = trail.at(t).upcoming(60)
        return [
            (f"{one.on:%m-%d}", one.to.version if one.to else None, f"{one.until:%m-%d}")
            for one in entries
            if one.deployment == PROD and one.until is not None
        ]

    assert told("2025-04-06") == [("04-01", "v2", "04-15")]
    on(trail, "2025-04-07").model(MIRRORED).change_default("v3")
    assert told("2025-04-08") == [("04-01", "v2", "04-21"), ("04-07", "v3", "04-21")]
    on(trail, "2025-04-10").model(MIRRORED).retire("v1")
    assert told("2025-04-11") == [("04-07", "v3", "04-21")]


@pytest.mark.rule("R21")
def test_a_stop_asks_for_another_version() -> None:
    trail = announced(policy="manual")
    assert advised(trail, kind="stop") == [
        "by 2025-06-01, change it to a version that stays: nothing else will move it"
    ]
    assert advised(trail, "2025-06-02", kind="stop") == [
        "now, look whether it still answers, and change it to a version that stays: nothing else will move it"
    ]


@pytest.mark.rule("R35")
def test_a_break_of_the_api_asks_for_another_api_version() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).release("v3", api_versions=["2025-01-01"])
    deployed(trail, api_version="2024-06-01")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v3", on="2025-04-01")
    assert advised(trail, kind="api-break") == [
        "by 2025-04-01, let its consumer use an API version that azure-openai/chat v3 answers, and pin that"
    ]


@pytest.mark.rule("R12")
def test_of_the_catalogue_only_what_is_overdue_asks_for_something() -> None:
    trail = announced()
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v2", on="2025-05-01", qualifier="no-earlier-than")

    def said(t: str) -> dict[tuple[str, str | None], str | None]:
        entries = trail.at(t).upcoming(120, catalogue_only=True)
        return {(one.kind, one.version): one.advice for one in entries}

    assert set(said("2025-03-10").values()) == {None}
    assert said("2025-06-02")["default-change", "v2"] == (
        "its date has passed: find out whether it happened, and record that or the new date"
    )
    assert said("2025-06-02")["retirement", "v2"] == "it may happen any day now: look for its date"


@pytest.mark.rule("R12", "R37")
def test_what_the_engine_has_not_carried_out_yet_asks_to_advance() -> None:
    trail = own()
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    on(trail, "2025-03-01").model(OWN).announce_retirement("v1", on="2025-04-02", qualifier="tentative")
    assert [one.advice for one in trail.at("2025-04-05").upcoming()] == [
        "advance: that carries it out, or says why not",
        "announce a fixed date: no other one is carried out",
    ]


def test_what_concerns_a_model_or_an_owner_can_be_asked_for_alone() -> None:
    trail = announced(owner="chat-team")
    on(trail, "2025-02-10").deployment("other").create(MIRRORED, version="v1", policy="auto-update", run_by="provider")
    on(trail, "2025-02-10").model("azure-openai/bot").release("v1")
    on(trail, "2025-03-01").model("azure-openai/bot").announce_retirement("v1", on="2025-04-01")

    def whom(entries: tuple[Upcoming, ...]) -> set[str]:
        return {one.deployment or one.model for one in entries}

    moment = trail.at("2025-03-10")
    assert whom(moment.upcoming(120)) == {PROD, "other", MIRRORED, "azure-openai/bot"}
    assert whom(moment.upcoming(120, owner="chat-team")) == {PROD}
    assert whom(moment.upcoming(120, model="bot")) == {"azure-openai/bot"}
    assert {one.owner for one in moment.upcoming(120, owner="chat-team")} == {"chat-team"}
    with pytest.raises(Unknown, match="azure-openai/bot"):
        moment.upcoming(model="boot")
    with pytest.raises(Unknown, match="did you mean 'chat-team'"):
        moment.upcoming(owner="chat-taem")
    assert moment.upcoming(1, owner="chat-team") == ()
