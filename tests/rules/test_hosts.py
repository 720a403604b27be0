"""R37: a host is asked before a move is recorded, and carries it out, postpones it or fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from modeltrail import Fail, Move, Postpone, Trail
from modeltrail.domain.events import MoveFailed, MovePostponed
from rules.acts import done, moves, own_catalogue, running
from rules.given import NOW, OWN, PROD, ahead, day, on, segments, served, shown


class Host:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: Postpone | Fail | Exception | None) -> None:
        self.answers = list(answers)
        self.asked: list[Move] = []

    def __call__(self, move: Move) -> Postpone | Fail | None:
        self.asked.append(move)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def hosted(host: Host, policy: str = "auto-update") -> Trail:
    """Given a deployment whose host is asked before v2 becomes the default on 1 March."""
    trail = running(policy)
    trail.on_move(host)
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    return trail


@pytest.mark.rule("R37")
def test_a_host_is_asked_before_a_move_is_recorded() -> None:
    host = Host()
    trail = hosted(host)
    (move,) = host.asked
    assert (move.deployment, move.leaves.version, move.to.version, move.cause) == (PROD, "v1", "v2", "default-change")
    assert len(moves(trail)) == 1


@pytest.mark.rule("R37")
def test_a_postponed_move_is_recorded_shown_and_made_when_it_is_time() -> None:
    host = Host(Postpone(datetime(2025, 3, 10, tzinfo=UTC), "a freeze"))
    trail = hosted(host)
    (fact,) = [fact for fact in trail.history(PROD) if isinstance(fact.event, MovePostponed)]
    assert (fact.why, fact.effective_at) == ("a freeze", day("2025-03-01"))
    assert (shown(trail, "2025-03-05"), served(trail, "2025-03-05").flags) == ("v1", ("postponed",))
    (waits,) = ahead(trail, "2025-03-05", days=10)
    assert (waits.on, waits.kind, waits.flags) == (day("2025-03-10"), "move", ("postponed",))
    assert done(trail.advance("2025-03-09")) == []
    assert done(trail.advance("2025-03-10")) == [("version-changed", "2025-03-10")]
    assert (shown(trail, "2025-03-09"), shown(trail, "2025-03-10")) == ("v1", "v2")


@pytest.mark.rule("R37")
def test_a_postponed_move_is_not_made_before_its_time_even_on_time() -> None:
    trail = hosted(Host(Postpone(datetime(2025, 3, 10, tzinfo=UTC), "a freeze")))
    assert done(trail.advance("2025-04-01", on_time=True)) == [("version-changed", "2025-03-10")]
    assert (shown(trail, "2025-03-09"), shown(trail, "2025-03-10")) == ("v1", "v2")


@pytest.mark.rule("R37", "R38")
def test_a_host_is_asked_again_under_the_same_id() -> None:
    host = Host(Postpone(datetime(2025, 3, 10, tzinfo=UTC), "a freeze"), Fail("no gateway"))
    trail = hosted(host)
    trail.advance("2025-03-10")
    trail.advance("2025-03-11")
    assert [move.attempt for move in host.asked] == [1, 2, 3]
    assert len({move.id for move in host.asked}) == 1
    on(trail, "2025-04-01").model(OWN).change_default("v1", emergency="v2 leaks")
    assert host.asked[-1].id != host.asked[0].id


@pytest.mark.rule("R37")
@pytest.mark.parametrize("answer", [Fail("no gateway"), RuntimeError("no gateway")])
def test_a_failed_move_is_recorded_and_tried_again_after_a_time_that_doubles(answer: Fail | Exception) -> None:
    trail = hosted(Host(answer, answer, answer))
    found: list[timedelta] = []
    for _ in range(3):
        (*_, fact) = [fact for fact in trail.history(PROD) if isinstance(fact.event, MoveFailed)]
        assert isinstance(fact.event, MoveFailed) and "no gateway" in fact.event.error
        found.append(fact.event.retry_at - fact.effective_at)
        trail.advance(fact.event.retry_at)
    assert found == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert len(moves(trail)) == 1


@pytest.mark.rule("R37")
def test_what_waits_is_in_the_status_until_it_is_made() -> None:
    trail = hosted(Host(Fail("no gateway")))
    (waits,) = trail.status().waiting
    assert (waits.deployment, waits.to_version, waits.attempt, waits.error) == (PROD, "v2", 1, "no gateway")
    trail.advance("2025-03-02")
    assert trail.status().waiting == ()


@pytest.mark.rule("R37")
def test_a_move_that_is_no_longer_due_is_not_asked_for_again() -> None:
    host = Host(Postpone(datetime(2025, 3, 10, tzinfo=UTC), "a freeze"))
    trail = hosted(host)
    on(trail, "2025-03-05").deployment().change_policy("manual")
    trail.advance("2025-03-20")
    assert (len(host.asked), shown(trail, "2025-03-20")) == (1, "v1")


@pytest.mark.rule("R37")
def test_what_no_longer_waits_has_no_flag() -> None:
    trail = hosted(Host(Fail("no gateway")))
    assert served(trail, "2025-03-02").flags == ("failed",)
    on(trail, "2025-03-05").deployment().change_policy("manual")
    assert (served(trail, "2025-03-06").flags, trail.status().waiting) == ((), ())


@pytest.mark.rule("R37")
def test_every_attempt_knows_since_when_the_move_is_due() -> None:
    host = Host(*[Fail("no gateway")] * 3)
    trail = hosted(host)
    for day_of in ("2025-03-02", "2025-03-03", "2025-03-04"):
        trail.advance(day_of)
    assert {move.due_at for move in host.asked} == {day("2025-03-01")}


@pytest.mark.rule("R37", "R29", "R34")
def test_who_is_down_because_its_move_failed_is_assumed_to_be() -> None:
    trail = running("manual")
    trail.on_move(Host(Fail("no gateway")))
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    assert (shown(trail, "2025-03-01"), served(trail, "2025-03-01").certainty) == ("stopped", "assumed")
    trail.advance("2025-03-02")
    assert served(trail, "2025-03-02").certainty == "recorded"


@pytest.mark.rule("R37", "R34")
def test_who_waits_on_a_retired_version_is_down() -> None:
    trail = running("upgrade-when-expired")
    trail.on_move(Host(Fail("no gateway")))
    on(trail, "2025-02-20").model(OWN).name_replacement("v1", to_version="v2")
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    assert shown(trail, "2025-03-01") == "stopped"
    trail.advance("2025-03-02")
    assert [shown(trail, text) for text in ("2025-02-28", "2025-03-01", "2025-03-02")] == ["v1", "stopped", "v2"]


@pytest.mark.rule("R37")
def test_to_postpone_until_a_time_that_is_over_is_a_failure() -> None:
    trail = hosted(Host(Postpone(datetime(2025, 2, 1, tzinfo=UTC), "a freeze")))
    (waits,) = trail.status().waiting
    assert waits.error is not None and "give a later moment" in waits.error


@pytest.mark.rule("R37", "R28")
def test_the_course_of_a_hosted_deployment_shows_each_step() -> None:
    trail = hosted(Host(Postpone(datetime(2025, 3, 10, tzinfo=UTC), "a freeze")))
    trail.advance("2025-03-10")
    parts = [(part.since.date().isoformat(), part.possible[0].version, part.certainty) for part in segments(trail)]
    assert parts == [
        ("2025-02-10", "v1", "recorded"),
        ("2025-03-01", "v1", "recorded"),
        ("2025-03-10", "v2", "recorded"),
    ]


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    "answer",
    [
        True,
        "ok",
        Fail(None),  # type: ignore[arg-type]
        Fail("caf\udce9"),
        RuntimeError("caf\udce9"),
        Postpone("2025-04-01", "a text is no moment"),  # type: ignore[arg-type]
        Postpone(datetime(2025, 4, 1), "without a time zone"),
    ],
)
def test_whatever_a_host_answers_nothing_breaks_and_what_cannot_be_used_is_a_failure(answer: object) -> None:
    trail = hosted(Host(answer))  # type: ignore[arg-type]
    (waits,) = trail.status().waiting
    assert waits.error is not None
    on(trail, "2025-03-02").model(OWN).release("v3")
    trail.advance("2025-03-03")
    assert len(moves(trail)) == 1


@pytest.mark.rule("R37")
def test_only_failures_make_the_next_attempt_wait_longer() -> None:
    later = [Postpone(datetime(2025, 3, 1 + number, tzinfo=UTC), "a freeze") for number in range(1, 5)]
    trail = hosted(Host(*later, Fail("no gateway")))
    for number in range(2, 6):
        trail.advance(f"2025-03-0{number}")
    (waits,) = trail.status().waiting
    assert (waits.attempt, waits.again_at - day("2025-03-05")) == (5, timedelta(minutes=1))


@pytest.mark.rule("R37")
def test_what_waits_is_the_move_that_is_due_and_no_earlier_one() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    running(trail=own_catalogue(trail))
    trail.on_move(Host(Postpone(datetime(2025, 6, 1, tzinfo=UTC), "a freeze")))
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    trail.advance("2025-03-02")
    on(trail, "2025-03-05").model(OWN).release("v3")
    on(trail, "2025-03-05").model(OWN).change_default("v3", emergency="v2 leaks")
    assert trail.status().waiting == ()
