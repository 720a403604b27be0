"""R39, R41 and R45: what needs an eye is settled by a person with a reason; what one import leaves open."""

from __future__ import annotations

import pytest

from modeltrail import review
from modeltrail.domain.course import Course, course_of
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import Histories
from modeltrail.domain.refusals import NotUnderReview
from modeltrail.review import needs_your_eye
from rules.given import day, mirrored, on
from rules.nights import CHAT, MODEL, ODD, ids, listed, moved, night, settle


@pytest.mark.rule("R41", "R42")
def test_what_is_settled_is_open_no_more_and_shown_with_who_when_and_why() -> None:
    trail = moved()
    (entry,) = trail.review()
    (fact,) = settle(trail, entry.id, why="CHG-7: moved by hand", at="2025-03-10")
    assert (fact.event.type, fact.stream) == ("review.settled", f"review/{CHAT}")
    assert trail.review() == ()
    (shown,) = trail.review(settled=True)
    assert shown.model_copy(update={"settled": None}) == entry
    assert shown.settled is not None
    assert shown.settled.model_dump() == {
        "by": "alice@example.com",
        "at": day("2025-03-10"),
        "why": "CHG-7: moved by hand",
        "position": fact.position,
    }


@pytest.mark.rule("R6")
def test_whoever_asks_as_of_before_or_as_known_before_sees_it_open() -> None:
    trail = moved()
    settle(trail, *ids(trail.review()), at="2025-03-10")
    assert len(trail.review("2025-03-09")) == 1
    assert len(trail.review("2025-03-11", known_at="2025-03-09")) == 1
    assert trail.review("2025-03-10") == ()


@pytest.mark.rule("R39")
def test_to_settle_twice_records_nothing_the_second_time() -> None:
    trail = moved()
    (entry,) = ids(trail.review())
    assert len(settle(trail, entry, entry)) == 1
    assert settle(trail, entry, why="another reason") == ()


@pytest.mark.rule("R41")
def test_what_is_not_listed_is_refused_with_the_nearest_that_is() -> None:
    trail = moved()
    (entry,) = ids(trail.review())
    with pytest.raises(
        NotUnderReview, match=f"nothing needs an eye as '{entry}x', or no longer: did you mean '{entry}'"
    ):
        settle(trail, f"{entry}x")
    with pytest.raises(NotUnderReview, match="no longer: review lists 1, with their ids"):
        settle(trail, "?")
    on(trail, "2025-03-02T12:00:00Z", "2025-04-01").deployment(CHAT).change_version("v2")
    with pytest.raises(NotUnderReview):
        settle(trail, entry)


@pytest.mark.rule("R42")
@pytest.mark.parametrize("why", ["", "  "])
def test_nothing_is_settled_without_a_reason(why: str) -> None:
    trail = moved()
    with pytest.raises(ValueError, match="give why= with what was found"):
        settle(trail, *ids(trail.review()), why=why)
    assert len(trail.review()) == 1


@pytest.mark.rule("R45")
def test_whoever_retracts_the_settlement_opens_the_entry_again() -> None:
    trail = moved()
    (entry,) = ids(trail.review())
    (fact,) = settle(trail, entry, at="2025-03-10")
    on(trail, "2025-03-20").retract(fact.position)
    assert ids(trail.review()) == [entry]
    assert trail.review(known_at="2025-03-15") == ()
    assert len(settle(trail, entry)) == 1, "and it can be settled again"


@pytest.mark.rule("R45")
def test_what_shows_a_contradiction_is_retracted_and_it_is_gone() -> None:
    trail = mirrored()
    on(trail, "2025-02-20").model(MODEL).retire("v2")
    (fact,) = on(trail, "2025-03-01").model(MODEL).change_default("v2")
    on(trail, "2025-03-02").retract(fact.position)
    assert trail.review() == ()


@pytest.mark.rule("R40", "R41")
def test_a_settled_move_stays_settled_when_an_export_of_the_time_between_is_imported_late() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"})
    night(trail, "2025-03-05", {"chat": "v2"})
    (entry,) = ids(trail.review())
    settle(trail, entry)
    night(trail, "2025-03-03", {"chat": "v2"})
    assert trail.review() == ()
    (known,) = trail.review(settled=True)
    assert (known.at, known.id != entry) == (day("2025-03-03"), True)
    assert settle(trail, entry) == settle(trail, known.id) == ()


@pytest.mark.rule("R40", "R41")
def test_another_move_that_an_export_imported_late_shows_is_open() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"})
    night(trail, "2025-03-05", {"chat": "v2"})
    settle(trail, *ids(trail.review()))
    night(trail, "2025-03-03", {"chat": "v3"})
    assert [one.at for one in trail.review()] == [day("2025-03-03")]


@pytest.mark.rule("R39")
def test_a_repeated_command_settles_nothing_again() -> None:
    trail = moved()
    (entry,) = ids(trail.review())
    with trail.record(by="alice@example.com", command_id="c-1") as first:
        first.settle(entry, why="CHG-7")
    with trail.record(by="alice@example.com", command_id="c-1") as again:
        again.settle(entry, why="CHG-7")
    assert again.repeated and len(list(trail.events())) == again.facts[-1].position


# What one import leaves open


def refuse(*told: object) -> None:
    raise AssertionError("nothing has to be derived")


def test_an_unchanged_night_needs_no_eye_and_derives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = moved()
    monkeypatch.setattr(review, "course_of", refuse)
    assert needs_your_eye(trail, night(trail, "2025-03-04", {"chat": "v2"})) == ()
    assert needs_your_eye(trail, night(trail, "2025-03-04", {"chat": "v2"})) == (), "the same again"


def test_of_a_changed_night_only_what_changed_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = moved()
    night(trail, "2025-03-04", {"chat": "v2", "mail": "v1", "bot": "v1"})
    read = night(trail, "2025-03-05", {"chat": "v2", "mail": "v2", "bot": "v1"}, ODD)
    asked: list[str] = []

    def watched(name: str, facts: list[Fact], histories: Histories) -> Course:
        asked.append(name)
        return course_of(name, facts, histories)

    monkeypatch.setattr(review, "course_of", watched)
    entries = needs_your_eye(trail, read)
    assert [one.kind for one in entries] == ["unexplained-move", "quarantined-row"]
    assert [name.rpartition("/")[2] for name in asked] == ["mail"]


def test_a_row_that_was_put_aside_before_is_told_again_until_it_is_settled() -> None:
    trail = mirrored()
    night(trail, "2025-03-01", {"chat": "v1"}, ODD)
    (entry,) = needs_your_eye(trail, night(trail, "2025-03-02", {"chat": "v1", "mail": "v1"}, ODD))
    assert (entry.kind, entry.at) == ("quarantined-row", day("2025-03-01"))
    settle(trail, entry.id)
    assert needs_your_eye(trail, night(trail, "2025-03-03", {"chat": "v1"}, ODD)) == ()


def test_an_old_move_is_no_news_when_something_else_changes() -> None:
    trail = moved()
    read = night(trail, "2025-03-04", {}, listed("chat", "v2", versionUpgradeOption="OnceCurrentVersionExpired"))
    assert read.facts["deployment.policy-changed"] == 1
    assert needs_your_eye(trail, read) == ()
    assert len(trail.review()) == 1


def test_of_an_import_that_is_only_tried_the_rows_are_told() -> None:
    trail = mirrored()
    read = night(trail, "2025-03-01", {"chat": "v1"}, ODD, dry_run=True)
    (entry,) = needs_your_eye(trail, read)
    assert (entry.kind, entry.positions) == ("quarantined-row", ())
    night(trail, "2025-03-01", {"chat": "v1"}, ODD)
    assert ids(trail.review()) == [entry.id]


def test_no_course_is_derived_of_what_rests_where_it_was_put(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = mirrored()
    for number in range(1, 6):
        night(trail, f"2025-03-0{number}", {"chat": "v1", "mail": "v2"})
    monkeypatch.setattr(review, "course_of", refuse)
    assert trail.review() == ()
