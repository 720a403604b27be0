"""Does an explanation name the move, its cause, who set what counts, the notice, and what was known then?"""

from __future__ import annotations

import pytest

from modeltrail import Postpone, Trail
from modeltrail.domain.events import ChangeLogged
from modeltrail.outline import Line, notice, outline
from modeltrail.projections.why import NoticeGiven, Why
from rules.given import MIRRORED, NOW, OWN, PROD, deployed, mirrored, on, own


def why(trail: Trail, t: str, known: str | None = None) -> Why:
    return trail.at(t, known_at=known).why(PROD)


def places(answer: Why) -> tuple[list[str | None], list[str | None]]:
    assert answer.arrival is not None
    return [one.version for one in answer.arrival.left], [one.version for one in answer.arrival.to]


def notices(answer: Why) -> list[tuple[str, int | None, int, bool]]:
    return [(one.kind, one.promised_days, one.real_days, one.standing) for one in answer.announcements]


def moved() -> Trail:
    """v2 is announced three times, and becomes the default on 1 April, which is learned on 3 April."""
    trail = deployed(mirrored())
    on(trail, "2025-02-20").model(MIRRORED).announce_default("v2", on="2025-03-10")
    on(trail, "2025-03-01").model(MIRRORED).announce_default("v2", on="2025-03-25")
    on(trail, "2025-03-22").model(MIRRORED).announce_default("v2", on="2025-04-01")
    on(trail, "2025-04-01", known="2025-04-03", source="a mail").model(MIRRORED).change_default("v2")
    return trail


@pytest.mark.rule("R28")
def test_what_was_derived_in_a_window_and_after_it_is_explained_as_one_move() -> None:
    trail = moved()
    for day in ("2025-04-02", "2025-04-14", "2025-06-01"):
        answer = why(trail, day)
        assert answer.arrival is not None
        assert (answer.arrival.earliest.isoformat()[:10], answer.arrival.cause) == ("2025-04-01", "default-change")
        assert answer.arrival.latest is not None and answer.arrival.latest.isoformat()[:10] == "2025-04-15"
        assert answer.serving == trail.at(day).serving(PROD).model_copy(update={"known_at": answer.serving.known_at})
    assert places(why(trail, "2025-04-02")) == (["v1"], ["v1", "v2"])
    assert places(why(trail, "2025-06-01")) == (["v1"], ["v2"])


@pytest.mark.rule("R11")
def test_each_announcement_of_the_move_says_how_much_notice_it_promised_and_gave() -> None:
    assert notices(why(moved(), "2025-06-01")) == [
        ("default-change", 18, 40, False),
        ("default-change", 24, 31, False),
        ("default-change", 10, 10, True),
    ]


@pytest.mark.rule("R11")
def test_what_was_announced_after_the_move_gave_negative_notice() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    with trail.record(by="alice@example.com", effective_at="2025-03-01", known_at="2025-04-11") as rec:
        rec.model(MIRRORED).announce_default("v2", on="2025-04-01")
    assert notices(why(trail, "2025-06-01")) == [("default-change", -10, -10, True)]


@pytest.mark.rule("R13")
def test_of_a_retirement_what_was_announced_of_the_version_that_it_left_counts() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-02-20").model(MIRRORED).announce_default("v2", on="2025-06-01")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-05-01")
    on(trail, "2025-05-01").model(MIRRORED).retire("v1")
    answer = why(trail, "2025-05-02")
    assert places(answer) == (["v1"], [None])
    assert notices(answer) == [("retirement", 61, 61, True)]


@pytest.mark.rule("R12", "R20")
def test_a_default_that_changed_long_before_hides_no_announcement_of_the_retirement() -> None:
    trail = deployed(mirrored(), policy="upgrade-when-expired")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").model(MIRRORED).announce_retirement("v1", on="2025-05-01")
    assert notices(why(trail, "2025-05-03")) == [("retirement", 57, 57, True)]
    on(trail, "2025-05-10").model(MIRRORED).retire("v1")
    assert notices(why(trail, "2025-05-12")) == [("retirement", 57, 57, True)]


@pytest.mark.rule("R14")
def test_what_was_announced_for_another_sku_gave_no_notice() -> None:
    trail = deployed(mirrored(), policy="manual", sku="Standard")
    on(trail, "2025-03-01").model(MIRRORED).announce_retirement("v1", on="2025-05-01")
    on(trail, "2025-03-10").model(MIRRORED).announce_retirement("v1", on="2025-05-01", sku="Standard")
    on(trail, "2025-04-20").model(MIRRORED).announce_retirement("v1", on="2025-09-01", sku="ProvisionedManaged")
    on(trail, "2025-05-01").model(MIRRORED).retire("v1")
    answer = why(trail, "2025-05-03")
    assert [(one.sku, one.real_days) for one in answer.announcements] == [(None, 61), ("Standard", 52)]


@pytest.mark.rule("R34", "R46")
def test_what_began_on_a_retired_version_says_why_it_stopped_and_under_which_rules() -> None:
    trail = mirrored()
    on(trail, "2025-02-05").model(MIRRORED).retire("v1")
    answer = why(deployed(trail, policy="manual"), "2025-03-01")
    assert (answer.serving.status, answer.rules and answer.rules.values.id) == ("stopped", "azure-openai")
    told = [one.text for one in outline(answer).below]
    assert "reason for the stop: azure-openai/chat v1 is retired, and its policy moves it nowhere" in told
    assert "flags: contradiction" in told


@pytest.mark.rule("R34")
def test_what_came_back_after_an_outage_that_nobody_announced_says_so() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-05-01").model(MIRRORED).retire("v1")
    on(trail, "2025-05-03").deployment().change_version("v2")
    assert "nothing was announced before it" in [one.text for one in outline(why(trail, "2025-05-02")).below]
    came = outline(why(trail, "2025-05-04")).below[0]
    assert came.text == "it came back with azure-openai/chat v2 on 2025-05-03: by-hand, recorded"


@pytest.mark.rule("R37", "R42")
def test_what_its_host_puts_off_is_told_with_the_reason() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, version="v1", policy="auto-update")
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    trail.on_move(lambda move: Postpone(NOW, "a busy week"))
    trail.advance("2025-04-01")
    (flags,) = [one for one in outline(why(trail, "2025-04-02")).below if one.text == "flags: postponed"]
    assert "a busy week" in flags.below[0].text and "move-postponed" in flags.below[0].text


@pytest.mark.rule("R6", "R17")
def test_another_policy_that_was_known_then_is_named() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", known="2025-03-15").deployment().change_policy("manual")
    told = outline(why(trail, "2025-03-10")).below[-1]
    assert told.text == "as known on 2025-03-10: the same, under the policy auto-update"


@pytest.mark.rule("R32", "R42")
def test_who_did_it_by_the_log_of_the_provider_is_named() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").deployment().observe(MIRRORED, "v1")
    write = {"deployment": PROD, "operation": "write", "status": "Succeeded", "entry": "4711"}
    on(trail, "2025-03-05").state(ChangeLogged.model_validate({**write, "caller": "bob@example.com"}))
    on(trail, "2025-03-07").deployment().observe(MIRRORED, "v2")
    came = outline(why(trail, "2025-03-06")).below[0].text
    assert came.endswith("v1 on 2025-03-05: by-hand, assumed, done by bob@example.com")


@pytest.mark.rule("R42")
def test_the_policy_says_who_set_it_when_and_why_and_the_rules_since_when() -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-01", why="CHG-4711").deployment().change_policy("manual")
    answer = why(trail, "2025-04-01")
    assert answer.policy is not None and answer.rules is not None
    assert (answer.policy.policy, answer.policy.before, answer.policy.why) == ("manual", "auto-update", "CHG-4711")
    assert (answer.policy.by, answer.policy.set_at.isoformat()[:10]) == ("alice@example.com", "2025-03-01")
    assert (answer.rules.values.id, answer.rules.position) == ("azure-openai", 1)


@pytest.mark.rule("R3", "R17")
def test_nobody_is_said_to_have_set_the_policy_of_what_was_only_seen() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().observe(MIRRORED, "v1")
    policy = outline(why(trail, "2025-03-01")).below[1].text
    assert policy.endswith("since 2025-02-10: nobody has stated one (position 5)")


@pytest.mark.rule("R31")
def test_the_sights_on_both_sides_are_named() -> None:
    trail = moved()
    for day, version in (("2025-03-30", "v1"), ("2025-04-05", "v1"), ("2025-04-08", "v2")):
        on(trail, day).deployment().observe(MIRRORED, version)
    sights = why(trail, "2025-04-06").sights
    assert sights is not None and sights.before is not None and sights.after is not None
    assert (sights.before.version, sights.after.version, sights.count) == ("v1", "v2", 2)
    answer = why(trail, "2025-04-08")
    assert answer.arrival is not None
    assert (answer.arrival.earliest.isoformat()[:10], answer.arrival.latest) == ("2025-04-05", answer.serving.since)


@pytest.mark.rule("R6")
def test_what_was_learned_later_is_named_with_the_answer_of_that_day() -> None:
    answer = why(moved(), "2025-04-02")
    assert [one.version for one in answer.then.possible] == ["v1"]
    assert [(one.type, one.known_at.isoformat()[:10]) for one in answer.learned_later] == [
        ("model.default-changed", "2025-04-03")
    ]
    same = why(moved(), "2025-04-02", known="2025-04-02")
    assert (same.serving.possible, same.learned_later) == (same.then.possible, ())


@pytest.mark.rule("R45")
def test_what_was_taken_back_since_is_named() -> None:
    trail = deployed(mirrored())
    (wrong,) = on(trail, "2025-04-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-04-10").retract(wrong.position)
    answer = why(trail, "2025-04-02")
    assert ([one.version for one in answer.then.possible], answer.serving.version) == (["v1", "v2"], "v1")
    assert [one.position for one in answer.taken_back] == [wrong.position]


@pytest.mark.rule("R3")
def test_before_it_exists_there_is_nothing_to_explain_and_a_deletion_is_explained() -> None:
    trail = deployed(mirrored())
    (gone,) = on(trail, "2025-04-01").deployment().delete()
    before, after = why(trail, "2025-01-15"), why(trail, "2025-04-02")
    assert (before.arrival, before.policy, before.sights) == (None, None, None)
    assert after.arrival is not None and after.policy is None
    assert [one.position for one in after.arrival.grounds] == [5, gone.position]


@pytest.mark.rule("R38", "R42")
def test_an_executed_move_rests_on_what_made_the_engine_execute_it() -> None:
    trail = own()
    on(trail, "2025-02-10").deployment().create(OWN, version="v1", policy="auto-update")
    on(trail, "2025-03-01").model(OWN).announce_default("v2", on="2025-04-01")
    trail.advance("2025-04-01", on_time=True)
    answer = why(trail, "2025-04-02")
    assert answer.arrival is not None
    assert (answer.arrival.certainty, answer.arrival.cause) == ("recorded", "default-change")
    assert "model.default-changed" in [one.type for one in answer.arrival.grounds]


def test_the_outline_says_it_in_words() -> None:
    told = outline(why(moved(), "2025-04-02"))
    assert told.text == ("chat-prod on 2025-04-02: azure-openai/chat v1 or v2 (window until 2025-04-15)")
    assert [one.text.partition(":")[0] for one in told.below] == [
        "it may have moved to azure-openai/chat v2 since 2025-04-01",
        "flags",
        "policy auto-update, since 2025-02-10",
        "rules azure-openai",
        "3 announcements before it; the one that stood was known 10 days ahead",
        "never seen by then",
        "as known on 2025-04-02",
    ]
    assert told.below[-1] == Line(
        "as known on 2025-04-02: azure-openai/chat v1 (recorded)",
        (Line("learned later: position 9, model.default-changed, 2025-04-03"),),
    )


def test_a_notice_that_came_too_late_says_so() -> None:
    late = NoticeGiven.model_validate(
        {
            "position": 3, "kind": "retirement", "model": MIRRORED, "version": "v1", "on": "2025-04-01",
            "qualifier": "fixed", "to_model": None, "to_version": None, "known_at": "2025-04-03", "source": None,
            "standing": True, "promised_days": -2, "real_days": -2,
        }
    )  # fmt: skip
    assert notice(late) == (
        "position 3, 2025-04-03: retirement of v1 on 2025-04-01, announced 2 days too late, known 2 days after, stood"
    )


@pytest.mark.rule("R34")
def test_who_resumes_is_said_to_resume() -> None:
    trail = deployed(mirrored(), policy="manual")
    on(trail, "2025-03-01").model(MIRRORED).retire("v1")
    on(trail, "2025-03-10").deployment().change_version("v2")
    said = [outline(why(trail, day)).below[0].text for day in ("2025-03-05", "2025-03-12")]
    assert said == [
        "it stopped on 2025-03-01: retirement, assumed",
        "it came back with azure-openai/chat v2 on 2025-03-10: by-hand, recorded",
    ]


@pytest.mark.rule("R3", "R30")
def test_what_was_deleted_in_a_window_is_gone_since_its_deletion() -> None:
    trail = moved()
    on(trail, "2025-04-05").deployment().delete()
    arrival = why(trail, "2025-04-06").arrival
    assert arrival is not None
    assert (arrival.earliest.isoformat()[:10], arrival.cause, arrival.to) == ("2025-04-05", "deleted", ())
