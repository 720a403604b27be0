"""Do the laws hold in random lives? The executable specification: every command, in any order, against a real trail.

The random lives are drawn anew in `make explore`, and are the same in every `make test`. Told lives make sure that each
command, each refusal and each death is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lifecycle_commands import FAR, NEXT, OPEN, OWN, Lives
from lifecycle_world import DAY, Intrusion
from modeltrail.domain import refusals
from modeltrail.domain.events import EVENT_TYPES
from modeltrail.failpoints import POINTS
from modeltrail.trail import Acting

STATED_BY_IMPORTS = {
    *("import.row-quarantined", "deployment.change-logged", "export.observed", "export.rows-observed", "review.settled")
}


@dataclass
class Met:
    """What a life has met."""

    commands: set[str] = field(default_factory=set)
    refusals: set[type[refusals.Refused]] = field(default_factory=set)
    events: set[str] = field(default_factory=set)


@contextmanager
def life(met: Met, *, is_tidy: bool = False, on_file: bool = False, acting: Acting = "inline") -> Iterator[Lives]:
    """A life that is told and not drawn; the laws are checked at its end."""
    state = Lives()
    state.begin(is_empty=False, is_tidy=is_tidy, on_file=on_file, acting=acting)
    yield state
    state.the_laws_hold()
    met.commands |= state.world.kinds
    met.refusals |= state.world.refusals
    met.events |= {fact.event.type for fact in state.world.facts()}
    state.teardown()


def a_catalogue(met: Met) -> None:
    """Given a catalogue of the engine's: each of its commands, and what is refused."""
    with life(met) as it:
        it.change_rules(OWN, "azure-foundry")
        it.change_rules(OWN)
        it.release((OWN, "v1"), "preview")
        it.change_stage((OWN, "v2"), "legacy")
        it.announce_stage((OWN, "v2"))
        it.register(OWN, "azure-openai")
        it.change_default((OWN, "v2"))
        it.change_default((OWN, "v4"), "a fault")
        it.announce_default((OWN, "v2"), 3)
        it.announce_default((OWN, "v2"), 14)
        it.trust()
        it.retire((OWN, "v1"))
        it.announce_retirement((OWN, "v1"), 20)
        it.withdraw_retirement((OWN, "v1"))
        it.unlist((OWN, "v1"))
        it.announce_forced_upgrade((OWN, "v1"), 40, to=(NEXT, "n1"))
        it.name_replacement((OWN, "v1"), (OWN, "v2"), 30)
        it.days_pass(15)
        it.advance()
        it.change_default((NEXT, "n1"), "a fault")
        it.days_pass(30)
        it.advance(on_time=True)
        it.retire((OWN, "v1"), None, "a fault")
        it.create("test", (OWN, "v1"))
        it.reinstate((OWN, "v1"))
        it.repeat(3)


def deployments(met: Met) -> None:
    """Given deployments: each of their commands, and what is refused."""
    with life(met) as it:
        it.create("test", (NEXT, "n1"), is_named=False, policy="manual", owner="alice")
        it.create("test", (OWN, "v1"))
        it.create("seen", (FAR, "f1"))
        it.observe("seen", (FAR, "f2"), late=0)
        it.create("other", (OWN, "v1"), policy="upgrade-when-expired", sku="Standard")
        it.name_replacement((OWN, "v1"), (OWN, "v2"))
        it.retire((OWN, "v1"), "Standard", "a fault")
        it.the_laws_hold()
        assert [it.world.trail.at().serving(name).version for name in ("other", "prod")] == ["v2", "v1"]
        it.change_offers(OWN, ("manual",))
        it.change_policy("auto", "upgrade-when-expired")
        it.change_policy("auto", "manual")
        it.change_version("auto", (OWN, "v3"))
        it.change_version("auto")
        it.change_sku("auto", "Standard")
        it.change_api_version("auto")
        it.tested("auto")
        it.stop("auto")
        it.days_pass(1)
        it.observe("prod", (OWN, "v2"))
        it.delete("prod")
        it.delete("prod")
        it.change_policy("prod")
        it.change_policy("nobody")
        it.change_stage((OWN, "v2"), "deprecated")
        it.create("prod", (OWN, "v2"), policy="manual", owner="bob")
        it.retire((FAR, "f1"), None)
        it.retire((FAR, "f2"), None)
        it.create("another", (FAR, "f1"), is_named=False)


def corrections(met: Met) -> None:
    """Given what was recorded: late facts, retractions and clocks that cannot be."""
    with life(met) as it:
        it.days_pass(14)
        it.change_version("auto")
        it.days_pass(5)
        it.release((OWN, "v3"))
        it.tell("late", lambda rec: rec.deployment("auto").delete(), late=10)
        it.change_default((OWN, "v3"), "a fault", late=5)
        it.retract(9)
        it.retract()
        it.tell("retract", lambda rec: rec.retract(1_000, why="it was wrong"))
        ahead = it.world.now + DAY
        it.world.record("late", lambda rec: rec.model(OWN).unlist("v1"), effective_at=ahead)
        it.repeat()


def a_busy_host(met: Met) -> None:
    """Given a host that holds moves back: it is asked again."""
    with life(met) as it:
        it.days_pass(1)
        it.world.host.plan = ["postpone", "fail", "raise"]
        it.change_default((OWN, "v2"), "a fault")
        it.the_laws_hold()
        it.days_pass(5)
        it.advance()
        assert [move.attempt for move in it.world.host.asked] == [1, 1, 1, 2, 2, 2]


@pytest.mark.rule("R7", "R37", "R39", "R44")
def test_every_command_and_every_refusal_is_met_in_told_lives() -> None:
    met = Met()
    for told in (a_catalogue, deployments, corrections, a_busy_host):
        told(met)
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type)}
    refused = {kind for kind in kinds if issubclass(kind, refusals.Refused) and kind is not refusals.Refused}
    of_questions = {refusals.Ambiguous, refusals.NotUnderReview}
    assert refused - met.refusals == of_questions
    assert set(EVENT_TYPES) - met.events - STATED_BY_IMPORTS == set()


@pytest.mark.rule("R38")
@pytest.mark.parametrize("acting", get_args(Acting))
@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_anywhere_loses_no_move_and_makes_none_twice(point: str, acting: Acting) -> None:
    with life(Met(), on_file=True) as it:
        it.another_process(acting)
        it.days_pass(1)
        it.a_default_changes_at_once((OWN, "v2"), point=point)
        it.the_laws_hold()
        it.days_pass(1)
        it.a_version_goes_at_once((OWN, "v2"), (OWN, "v3"), via=1, point=point)
        it.the_laws_hold()
        it.change_policy("prod")
        it.a_default_is_promised_and_kept((OWN, "v4"), 14, point=point)
        it.the_laws_hold()
        it.tested("auto")
        it.dies(point)
        it.advance()
        assert it.world.deaths == {point}
        assert len(it.ids) == 8


@pytest.mark.rule("R37")
def test_a_worker_makes_the_net_move_and_none_where_all_came_back() -> None:
    with life(Met(), acting="worker") as it:
        for version in ("v2", "v1"):
            it.days_pass(1)
            with it.world.trail.record(by="alice@example.com") as batch:
                batch.model(OWN).change_default(version, emergency="a fault")
        it.days_pass(1)
        it.advance()
    assert it.ids == {}


@pytest.mark.rule("R38")
@pytest.mark.parametrize("point", OPEN)
def test_a_process_that_is_overtaken_looks_again(point: str) -> None:
    with life(Met(), on_file=True) as it:
        it.another_process("inline")
        for version in ("v2", "v3", "v4"):
            it.days_pass(1)
            it.release((OWN, version))
            it.is_interrupted(point)
            it.change_default((OWN, version), "a fault")
            assert isinstance(it.world.doom, Intrusion) and it.world.doom.is_over
            it.the_laws_hold()


@pytest.mark.rule("R7", "R37")
def test_who_runs_a_deployment_makes_no_difference_where_nothing_is_late() -> None:
    with life(Met(), is_tidy=True) as it:
        it.release((OWN, "v3"))
        it.a_default_is_promised_and_kept((OWN, "v3"), 14)
        it.twins_do_the_same()
        it.do("own", "change_policy", "upgrade-when-expired")
        it.a_version_goes_at_once((OWN, "v3"), (NEXT, "n1"))
        it.twins_do_the_same()
        assert it.world.trail.at().serving("twin").version == "n1"


@pytest.mark.rule("R6", "R7", "R10", "R11", "R21", "R34", "R37", "R38", "R39")
@pytest.mark.hypothesis
def test_the_laws_hold_in_random_lives() -> None:
    is_explored = settings().max_examples > settings.get_profile("ci").max_examples
    several = settings(
        max_examples=2_000 if is_explored else 40,
        stateful_step_count=30,
        phases=[Phase.explicit, Phase.generate],  # to shrink one life takes longer than to read it
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(Lives, settings=several)
