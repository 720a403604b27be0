"""R2, R32, R41 and R44: what imports and facts leave open is listed, and settled by a person with a reason."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from modeltrail import Trail
from modeltrail.domain.events import ChangeLogged
from modeltrail.imports.rows import Quarantined
from modeltrail.projections.review import Kind
from rules.given import MIRRORED, PROD, day, deployed, empty, mirrored, on
from rules.nights import CHAT, MODEL, ODD, ids, listed, moved, night

# What is listed


@pytest.mark.rule("R32")
def test_a_move_that_nothing_explains_is_listed_with_both_sights() -> None:
    (entry,) = moved().review()
    assert (entry.kind, entry.subject, entry.at) == ("unexplained-move", CHAT, day("2025-03-03"))
    assert entry.says == (
        "acme/deployments/chat was last on azure-openai/chat v1 (2025-03-02) and then on azure-openai/chat v2 "
        "(2025-03-03): no rule, announcement or logged change explains it"
    )
    assert "ask who changed the deployment" in entry.advice
    facts = [fact for fact in moved().events() if fact.position in entry.positions]
    assert [(fact.event.type, fact.effective_at) for fact in facts] == [
        ("export.observed", day("2025-03-02")),
        ("deployment.observed", day("2025-03-03")),
    ]


@pytest.mark.rule("R32")
def test_what_is_seen_again_where_it_went_is_no_second_move() -> None:
    trail = moved()
    night(trail, "2025-03-04", {"chat": "v2"})
    assert len(trail.review()) == 1
    night(trail, "2025-03-05", {"chat": "v1"})
    assert [one.at for one in trail.review()] == [day("2025-03-03"), day("2025-03-05")]


@pytest.mark.rule("R32")
def test_a_deployment_that_is_seen_stopped_without_a_reason_is_listed() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"})
    night(trail, "2025-03-02", {}, listed("chat", "v1", deploymentState="Paused"))
    (entry,) = trail.review()
    assert "was last on azure-openai/chat v1 (2025-03-01) and then stopped (2025-03-02)" in entry.says


@pytest.mark.rule("R32")
def test_what_the_engine_did_not_do_and_is_seen_nevertheless_is_listed_too() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, version="v1", policy="manual")
    on(trail, "2025-03-01").deployment().observe(MIRRORED, "v2")
    assert [one.subject for one in trail.review()] == [PROD]


@pytest.mark.rule("R19", "R32")
def test_a_move_that_a_rule_explains_needs_no_eye() -> None:
    trail = deployed(mirrored(), policy="auto-update")
    on(trail, "2025-03-01").model(MIRRORED).change_default("v2")
    on(trail, "2025-03-05").deployment().observe(MIRRORED, "v2")
    assert trail.review() == ()


def by_hand(trail: Trail) -> None:
    on(trail, "2025-03-02T12:00:00Z", "2025-04-01").deployment(CHAT).change_version("v2")


def by_log(trail: Trail) -> None:
    change = ChangeLogged(deployment=CHAT, entry="event 1", operation="write", status="Succeeded")
    on(trail, "2025-03-02T12:00:00Z", "2025-04-01").state(change, source="activity.json")


def by_announcement(trail: Trail) -> None:
    announced = on(trail, "2025-02-15", "2025-04-01").model(MODEL)
    announced.announce_forced_upgrade("v1", on="2025-02-20", to_version="v2")


@pytest.mark.rule("R32")
@pytest.mark.parametrize("explain", [by_hand, by_log, by_announcement])
def test_what_a_fact_that_is_learned_later_explains_is_listed_no_more(explain: Callable[[Trail], None]) -> None:
    trail = moved()
    explain(trail)
    assert trail.review() == ()
    assert len(trail.review(known_at="2025-03-31")) == 1, "until then nobody knew"


@pytest.mark.rule("R2")
def test_a_deployment_that_is_shown_without_a_version_on_a_model_with_named_ones_is_listed_once() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": None})
    night(trail, "2025-03-02", {"chat": None, "mail": "v1"})
    (entry,) = trail.review()
    assert (entry.kind, entry.subject, entry.at) == ("missing-version", CHAT, day("2025-03-01"))
    assert entry.says == (
        "acme/deployments/chat was on azure-openai/chat without a version (2025-03-01), and the model has named ones"
    )


@pytest.mark.rule("R2", "R32")
def test_a_night_without_a_version_is_no_move_and_hides_none() -> None:
    trail = mirrored()
    for at, version in (("2025-03-01", "v1"), ("2025-03-02", None), ("2025-03-03", "v1"), ("2025-03-04", None)):
        night(trail, at, {"chat": version})
    assert [(one.kind, one.at.day) for one in trail.review()] == [("missing-version", 2), ("missing-version", 4)]
    night(trail, "2025-03-05", {"chat": "v2"})
    (entry,) = trail.review(kind="unexplained-move")
    assert "on azure-openai/chat v1 (2025-03-03) and then on azure-openai/chat v2 (2025-03-05)" in entry.says


@pytest.mark.rule("R2")
def test_no_version_is_missing_on_a_model_without_named_ones() -> None:
    trail = empty()
    night(trail, "2025-03-01", {"chat": None})
    assert trail.review() == ()
    on(trail, "2025-04-01").model(MODEL).release("v1")
    assert [one.kind for one in trail.review()] == ["missing-version"]
    assert trail.review(known_at="2025-03-31") == ()


@pytest.mark.rule("R2")
def test_a_statement_without_a_version_about_a_model_with_named_ones_is_listed() -> None:
    trail = mirrored()
    (fact,) = on(trail, "2025-03-01").model(MODEL).announce_retirement("", on="2026-01-01")
    (entry,) = trail.review()
    assert (entry.kind, entry.subject, entry.positions) == ("missing-version", MODEL, (fact.position,))
    assert entry.says == (
        "azure-openai/chat: a statement of 2025-03-01 (retirement announced) names no version, and the model has named "
        "ones"
    )


@pytest.mark.rule("R10")
def test_a_default_that_cannot_be_is_listed() -> None:
    trail = mirrored()
    on(trail, "2025-02-20").model(MODEL).retire("v2")
    (fact,) = on(trail, "2025-03-01").model(MODEL).change_default("v2")
    (entry,) = trail.review()
    assert (entry.kind, entry.subject, entry.positions) == ("contradiction", MODEL, (fact.position,))
    assert entry.says == (
        "azure-openai/chat: a statement of 2025-03-01 (default changed v2) is kept and changes nothing: v2 cannot be "
        "chosen, so it is no default"
    )


@pytest.mark.rule("R3", "R44")
def test_a_creation_of_what_exists_is_listed_also_when_the_deployment_is_gone() -> None:
    trail = deployed(mirrored())
    (fact,) = on(trail, "2025-02-20").deployment().create(MIRRORED, version="v2", run_by="provider")
    on(trail, "2025-03-01").deployment().delete()
    on(trail, "2025-04-01").deployment().create(MIRRORED, version="v1", run_by="provider")
    (entry,) = trail.review()
    assert (entry.kind, entry.positions) == ("contradiction", (fact.position,))
    assert "chat-prod: a statement of 2025-02-20 (created) is kept and changes nothing: it exists already" in entry.says


@pytest.mark.rule("R34")
def test_a_deployment_that_is_seen_on_a_retired_version_is_listed_once_however_often_it_is_seen() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"})
    on(trail, "2025-03-02").model(MODEL).retire("v1")
    assert trail.review() == ()
    night(trail, "2025-03-03", {"chat": "v1"})
    night(trail, "2025-03-04", {"chat": "v1"})
    (entry,) = trail.review()
    assert (entry.kind, entry.subject, entry.at) == ("contradiction", CHAT, day("2025-03-03"))
    assert entry.says == (
        "acme/deployments/chat was on azure-openai/chat v1 (2025-03-03), which had been retired by then (2025-03-02)"
    )


@pytest.mark.rule("R41")
def test_a_row_that_could_not_be_read_is_listed_once_with_its_text_and_the_reason() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"}, ODD)
    night(trail, "2025-03-02", {"chat": "v1", "mail": "v1"}, ODD)
    (entry,) = trail.review()
    assert (entry.kind, entry.subject, entry.at) == ("quarantined-row", "azure-openai", day("2025-03-01"))
    assert entry.raw is not None and '"Sometimes"' in entry.raw
    assert entry.reason is not None and entry.says == f"a row for azure-openai could not be read: {entry.reason}"


@pytest.mark.rule("R41")
def test_one_row_in_two_files_of_a_schedule_is_one_entry_with_both_facts() -> None:
    trail = empty()
    for source in ("a.csv", "b.csv"):
        trail.take([Quarantined(3, "a,b", "no date", None)], catalogue="openai", by="alice", source=source)
    (entry,) = trail.review()
    assert (entry.positions, entry.raw, entry.reason) == ((1, 2), "a,b", "no date")


def test_one_kind_is_listed_alone_and_an_unknown_one_is_refused() -> None:
    trail = moved()
    night(trail, "2025-03-04", {"chat": "v2", "mail": None}, ODD)
    kinds: tuple[Kind, ...] = ("quarantined-row", "unexplained-move", "missing-version", "contradiction")
    assert [[one.kind for one in trail.review(kind=kind)] for kind in kinds] == [
        ["quarantined-row"],
        ["unexplained-move"],
        ["missing-version"],
        [],
    ]
    with pytest.raises(ValueError, match="use one of quarantined-row, unexplained-move"):
        trail.review(kind="odd")  # type: ignore[arg-type]


@pytest.mark.rule("R6")
def test_what_is_listed_is_as_of_a_moment_and_as_known_at_another() -> None:
    trail = moved()
    assert len(trail.at("2025-03-03").review()) == 1
    assert trail.at("2025-03-02T23:00:00Z").review() == (), "as of then it had not been seen"
    assert trail.review(known_at="2025-03-02") == ()
    on(trail, "2025-02-01", "2025-05-01").deployment("mail").observe(MIRRORED, "v1")
    on(trail, "2025-02-02", "2025-05-02").deployment("mail").observe(MIRRORED, "v2")
    assert [one.subject for one in trail.review("2025-02-05")] == ["mail"]
    assert trail.review("2025-02-05", known_at="2025-05-01") == ()


# Ids


@pytest.mark.rule("R40")
def test_ids_are_the_same_in_whatever_order_exports_are_imported() -> None:
    nights: list[tuple[str, dict[str, str | None], list[object]]] = [
        ("2025-03-01", {"chat": "v1", "mail": "v1"}, [ODD]),
        ("2025-03-02", {"chat": "v2", "mail": "v1"}, []),
        ("2025-03-03", {"chat": "v2", "mail": None}, [ODD]),
        ("2025-03-04", {"chat": "v1", "mail": None}, []),
    ]
    found = set()
    for order in permutations(nights):
        trail = mirrored()
        for at, versions, others in order:
            night(trail, at, versions, *others)
        found.add(tuple(ids(trail.review())))
    (only,) = found
    assert len(set(only)) == 4


def test_an_id_stays_the_same_whatever_is_recorded_meanwhile_and_something_new_has_a_new_one() -> None:
    trail = moved()
    before = ids(trail.review())
    on(trail, "2025-03-04").model("azure-openai/other").release("v1")
    night(trail, "2025-03-04", {"chat": "v2", "mail": "v1"})
    assert ids(trail.review()) == before
    night(trail, "2025-03-05", {"chat": "v1", "mail": "v1"})
    night(trail, "2025-03-06", {"chat": "v2", "mail": "v1"})
    after = ids(trail.review())
    assert after[: len(before)] == before
    assert len(set(after)) == 3


def test_the_same_happening_to_two_deployments_is_two_things() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1", "mail": "v1"})
    night(trail, "2025-03-02", {"chat": "v2", "mail": "v2"})
    assert len(set(ids(trail.review()))) == 2
