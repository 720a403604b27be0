"""R37, R38: what is due is carried out once, in the order of dates, and a host can take part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from modeltrail import Fail, Move, Postpone, Trail
from modeltrail.advance import Advanced
from modeltrail.domain.events import DeploymentStopped, MoveFailed, MovePostponed, VersionChanged
from modeltrail.domain.facts import Fact
from rules.given import MIRRORED, NOW, OWN, PROD, ahead, day, mirrored, on, own, segments, served, shown


def running(policy: str = "auto-update", name: str = PROD, trail: Trail | None = None, **more: object) -> Trail:
    """Given an engine-run deployment of the engine's own model, on v1 since 10 February 2025."""
    trail = trail or own()
    on(trail, "2025-02-10").deployment(name).create(OWN, "v1", policy=policy, **more)
    return trail


def promised(trail: Trail, default: str | None = None, retirement: str | None = None) -> Trail:
    """Given that, on 11 February, v2 is announced as the default, or the end of v1."""
    if default is not None:
        on(trail, "2025-02-11").model(OWN).announce_default("v2", on=default)
    if retirement is not None:
        on(trail, "2025-02-11").model(OWN).announce_retirement("v1", on=retirement)
    return trail


def done(advanced: Advanced) -> list[tuple[str, str]]:
    """What was carried out, and when it is effective."""
    return [(fact.event.type.partition(".")[2], fact.effective_at.date().isoformat()) for fact in advanced.facts]


def moves(trail: Trail, name: str = PROD) -> list[Fact]:
    """What the engine carried out for a deployment."""
    kinds = (VersionChanged, DeploymentStopped)
    return [fact for fact in trail.history(name) if fact.mode == "execution" and isinstance(fact.event, kinds)]


# What is announced


@pytest.mark.rule("R37")
def test_an_announced_default_is_carried_out_on_its_day_and_moves_who_follows_it() -> None:
    trail = promised(running(), default="2025-03-01")
    assert done(trail.advance("2025-02-28")) == []
    assert done(trail.advance("2025-03-01")) == [("default-changed", "2025-03-01"), ("version-changed", "2025-03-01")]
    assert (shown(trail, "2025-02-28"), shown(trail, "2025-03-01")) == ("v1", "v2")


@pytest.mark.rule("R37")
def test_all_takes_effect_and_is_known_when_it_is_carried_out() -> None:
    trail = promised(running(), default="2025-03-01", retirement="2025-04-01")
    facts = trail.advance("2025-05-01").facts
    assert {(fact.effective_at, fact.known_at) for fact in facts} == {(day("2025-05-01"), day("2025-05-01"))}
    assert [fact.event.type for fact in facts] == [
        "model.default-changed",
        "model.version-retired",
        "deployment.version-changed",
    ]


@pytest.mark.rule("R37")
def test_on_time_it_takes_effect_when_it_was_due() -> None:
    trail = promised(running("manual"), default="2025-03-01", retirement="2025-04-01")
    running("auto-update", "other", trail)
    assert done(trail.advance("2025-05-01", on_time=True)) == [
        ("default-changed", "2025-03-01"),
        ("version-retired", "2025-04-01"),
        ("version-changed", "2025-03-01"),
        ("stopped", "2025-04-01"),
    ]


@pytest.mark.rule("R37")
def test_on_time_nothing_takes_effect_before_its_cause_was_known() -> None:
    trail = running()
    on(trail, "2025-02-11", known="2025-03-20").model(OWN).announce_retirement("v1", on="2025-03-10")
    assert done(trail.advance("2025-05-01", on_time=True))[0] == ("version-retired", "2025-03-20")


@pytest.mark.rule("R37")
def test_a_deployment_makes_its_net_move_once() -> None:
    trail = running()
    on(trail, "2025-02-11").model(OWN).release("v3")
    for version, date in (("v2", "2025-03-01"), ("v3", "2025-03-05")):
        on(trail, "2025-02-12").model(OWN).announce_default(version, on=date)
    trail.advance("2025-04-01")
    (move,) = moves(trail)
    assert isinstance(move.event, VersionChanged) and move.event.version == "v3"


@pytest.mark.rule("R37", "R13")
@pytest.mark.parametrize("qualifier", ["no-earlier-than", "tentative"])
def test_only_fixed_dates_are_carried_out(qualifier: str) -> None:
    trail = running()
    on(trail, "2025-02-11").model(OWN).announce_retirement("v1", on="2025-03-01", qualifier=qualifier)
    assert done(trail.advance("2025-06-01")) == []


@pytest.mark.rule("R37")
def test_an_announced_stage_is_carried_out_too() -> None:
    trail = own()
    on(trail, "2025-02-11").model(OWN).announce_stage("v1", "deprecated", on="2025-03-01")
    assert done(trail.advance("2025-03-02")) == [("stage-changed", "2025-03-02")]


@pytest.mark.rule("R37", "R12")
def test_what_cannot_be_carried_out_stays_overdue_with_the_reason() -> None:
    trail = promised(running(), default="2025-03-01")
    on(trail, "2025-02-20").model(OWN).retire("v2", emergency="a leak")
    advanced = trail.advance("2025-03-02")
    ((announcement, reason),) = [(one.announcement.event.type, one.reason) for one in advanced.overdue]
    assert announcement == "model.default-change-announced"
    assert "'v2' of acme/chat cannot be chosen" in reason and "choose one of v1" in reason
    assert [one.kind for one in trail.status().overdue] == ["default-change"]


@pytest.mark.rule("R37", "R14")
def test_a_general_retirement_spares_a_sku_with_a_later_date_of_its_own() -> None:
    trail = running("manual", sku="GlobalProvisionedManaged")
    promised(trail, retirement="2025-03-01")
    on(trail, "2025-02-12").model(OWN).announce_retirement("v1", on="2025-06-01", sku="GlobalProvisionedManaged")
    trail.advance("2025-03-02")
    assert shown(trail, "2025-03-03") == "v1"
    trail.advance("2025-06-02")
    assert shown(trail, "2025-06-02") == "stopped"


@pytest.mark.rule("R37")
def test_nothing_is_carried_out_for_a_mirrored_catalogue() -> None:
    trail = mirrored()
    on(trail, "2025-02-11").model(MIRRORED).announce_retirement("v1", on="2025-03-01")
    assert done(trail.advance("2025-06-01")) == []


@pytest.mark.rule("R37", "R5")
def test_no_day_ahead_can_be_advanced_to() -> None:
    with pytest.raises(ValueError, match="lies ahead"):
        own().advance(NOW + timedelta(days=1))


@pytest.mark.rule("R37", "R39")
def test_advanced_twice_the_second_time_does_nothing() -> None:
    trail = promised(running(), default="2025-03-01", retirement="2025-04-01")
    trail.advance("2025-05-01")
    size = trail.log.size()
    assert (len(trail.advance("2025-05-01").facts), trail.log.size()) == (0, size)


# What follows from a fact


@pytest.mark.rule("R37", "R42")
def test_within_the_call_that_caused_it_a_move_is_made_and_says_why() -> None:
    trail = running()
    (change,) = on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    (move,) = moves(trail)
    assert (move.effective_at, move.known_at, move.mode) == (day("2025-03-01"), day("2025-03-01"), "execution")
    assert isinstance(move.event, VersionChanged)
    assert (move.event.cause, move.event.policy, move.event.rules) == ("default-change", "auto-update", "engine")
    assert change.position in (move.event.because or ())
    assert served(trail, "2025-03-01").certainty == "recorded"


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("policy", "after"), [("auto-update", "v2"), ("upgrade-when-expired", "v2"), ("manual", "stopped")]
)
def test_a_retirement_moves_or_stops_within_the_call(policy: str, after: str) -> None:
    trail = running(policy)
    on(trail, "2025-02-20").model(OWN).name_replacement("v1", to_version="v2")
    on(trail, "2025-03-01").model(OWN).retire("v1", emergency="a leak")
    assert len(moves(trail)) == 1
    assert (shown(trail, "2025-03-01"), served(trail, "2025-03-01").certainty) == (after, "recorded")


@pytest.mark.rule("R37", "R26")
def test_who_becomes_automatic_while_behind_the_default_is_moved_within_the_call() -> None:
    trail = running("manual")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-04-01").deployment().change_policy("auto-update")
    (move,) = moves(trail)
    assert move.effective_at == day("2025-04-01")


@pytest.mark.rule("R37")
def test_what_is_learned_late_is_carried_out_when_it_is_known_and_until_then_had_not_happened() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="auto-update", run_by="engine")
    on(trail, "2025-03-01", known="2025-03-20").model(MIRRORED).change_default("v2")
    (move,) = moves(trail)
    assert (move.effective_at, move.known_at) == (day("2025-03-20"), day("2025-03-20"))
    assert [shown(trail, text) for text in ("2025-03-02", "2025-03-19", "2025-03-20")] == ["v1", "v1", "v2"]


@pytest.mark.rule("R37", "R34")
def test_who_was_not_moved_off_a_version_that_was_retired_before_anybody_knew_was_down() -> None:
    trail = mirrored()
    on(trail, "2025-02-10").deployment().create(MIRRORED, "v1", policy="upgrade-when-expired", run_by="engine")
    on(trail, "2025-02-11").model(MIRRORED).name_replacement("v1", to_version="v2")
    on(trail, "2025-03-01", known="2025-03-20").model(MIRRORED).retire("v1")
    assert [shown(trail, text) for text in ("2025-02-28", "2025-03-02", "2025-03-20")] == ["v1", "stopped", "v2"]
    assert shown(trail, "2025-03-02", known="2025-03-10") == "v1"


@pytest.mark.rule("R37", "R24")
def test_what_falls_due_by_the_clock_is_carried_out_by_the_next_advance() -> None:
    trail = running("upgrade-when-expired")
    on(trail, "2025-02-11").model(OWN).name_replacement("v1", to_version="v2", upgrade_from="2025-03-01")
    assert done(trail.advance("2025-02-28")) == []
    assert done(trail.advance("2025-03-02")) == [("version-changed", "2025-03-02")]


@pytest.mark.rule("R38", "R45")
def test_what_was_executed_stays_when_its_cause_is_retracted() -> None:
    trail = running()
    (change,) = on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-03-05").retract(change.position)
    assert len(moves(trail)) == 1
    assert (shown(trail, "2025-03-04"), shown(trail, "2025-03-06")) == ("v2", "v2")


@pytest.mark.rule("R37", "R45")
def test_a_retraction_may_make_a_move_due() -> None:
    trail = running()
    (change,) = on(trail, "2025-02-20").deployment().change_policy("manual")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert moves(trail) == []
    on(trail, "2025-03-10").retract(change.position)
    (move,) = moves(trail)
    assert move.effective_at == day("2025-03-10")


@pytest.mark.rule("R37", "R15")
def test_a_default_of_another_model_moves_those_whose_replacement_it_is() -> None:
    trail = running("upgrade-when-expired")
    other = on(trail, "2025-02-11").model("acme/next")
    other.register(run_by="engine")
    other.release("n1")
    other.release("n2")
    on(trail, "2025-02-12").model(OWN).name_replacement("v1", to_model="acme/next", upgrade_from="2025-03-01")
    trail.advance("2025-03-02")
    assert moves(trail) == []
    on(trail, "2025-03-05").model("acme/next").change_default("n2")
    (move,) = moves(trail)
    assert isinstance(move.event, VersionChanged) and (move.event.model, move.event.version) == ("acme/next", "n2")


@pytest.mark.rule("R37", "R7")
def test_a_trail_whose_worker_acts_leaves_moves_to_it() -> None:
    trail = Trail.open("memory:", clock=lambda: NOW, acting="worker")
    model = on(trail, "2025-01-01").model(OWN)
    model.register(run_by="engine")
    model.release("v1")
    model.change_default("v1")
    model.release("v2")
    running(trail=trail)
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    assert moves(trail) == []
    assert next(trail.work()).facts[0].event.type == "deployment.version-changed"
    assert len(moves(trail)) == 1


@pytest.mark.rule("R37")
def test_who_acts_is_inline_or_a_worker_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="use one of inline, worker"):
        Trail.open("memory:", acting="nobody")  # type: ignore[arg-type]


# A host that takes part


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


# A crowd


@pytest.mark.rule("R37", "R38")
def test_a_crowd_is_moved_in_batches_and_each_member_as_if_it_were_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modeltrail.moving.BATCH", 3)
    trail = own()
    policies = ("auto-update", "manual", "upgrade-when-expired", "unspecified")
    for number in range(20):
        day_of = f"2025-02-{10 + number % 5}"
        on(trail, day_of).deployment(f"d{number}").create(OWN, "v1", policy=policies[number % 4])
    on(trail, "2025-02-16").deployment("d4").change_version("v2")
    on(trail, "2025-03-01").model(OWN).change_default("v2", emergency="v1 leaks")
    on(trail, "2025-04-01").model(OWN).retire("v1", emergency="a leak")
    moved = {f"d{number}": [fact.event for fact in moves(trail, f"d{number}")] for number in range(20)}
    for number in range(20):
        expected = "v2" if policies[number % 4] in ("auto-update", "upgrade-when-expired") else "stopped"
        assert shown(trail, "2025-04-02", name=f"d{number}") == expected
        assert len(moved[f"d{number}"]) == (0 if number == 4 else 1), number
        assert served(trail, "2025-04-02", name=f"d{number}").certainty == "recorded"
    assert trail.log.verify().ok
