"""What must hold of random lives? The laws, as invariants; what may happen in them is in lifecycle_commands.py.

Two models are the engine's, one is a provider's. `own` and `twin` are told the same: the engine runs one, the other is
mirrored. In a tidy world nothing is late, retracted or held back, so that both must do the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition

import lifecycle_laws as laws
import reference
from book import course
from lifecycle_world import DAY, EPOCH, Command, World
from modeltrail.domain.events import DefaultChanged
from modeltrail.domain.facts import Fact
from strategies import as_plain
from test_course_against_reference import ABSENT, ours

TWINS = ("own", "twin")
SOURCES = ("export", "notice", None, "export week.json row 7")
"""From where it is said what is said about models, one after the other."""


class Lawful(RuleBasedStateMachine):
    """A world, and the laws that hold after every command."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.is_tidy = False
        self.checked = 0
        self.held_at = (0, EPOCH)
        self.swept: laws.Swept = (0, EPOCH)
        self.ids: dict[tuple[str, int, laws.Target], int] = {}
        self.known: list[tuple[datetime, datetime, int, Any]] = []
        self.commands = 0

    def tell(
        self, kind: str, command: Command, via: int = 0, late: int = 0, source: str | None = None
    ) -> tuple[Fact, ...]:
        """One command, perhaps about days that have passed."""
        self.commands += 1
        self.world.now += timedelta(seconds=self.is_tidy)
        told: dict[str, Any] = {"command_id": f"{kind}-{self.commands}", "source": source}
        if late and not self.is_tidy:
            effective = max(EPOCH, self.world.now - late * DAY)
            told |= {
                "effective_at": effective,
                "known_at": min(self.world.now, effective + self.commands % 3 * 2 * DAY),
            }
        return self.world.record(kind, command, via, **told)

    def say(self, model: str, verb: str, *given: Any, via: int = 0, late: int = 0, **more: Any) -> tuple[Fact, ...]:
        """One command about a model."""
        source = SOURCES[self.commands % len(SOURCES)]
        return self.tell(verb, lambda rec: getattr(rec.model(model), verb)(*given, **more), via, late, source)

    def do(self, name: str, verb: str, *given: Any, via: int = 0, late: int = 0, **more: Any) -> tuple[Fact, ...]:
        """One command about a deployment; what was decided of one twin is stated of the other."""
        facts = self.tell(verb, lambda rec: getattr(rec.deployment(name), verb)(*given, **more), via, late)
        if name == "own" and facts:
            if verb == "create":
                more |= {"run_by": "provider"}
            self.tell(verb, lambda rec: getattr(rec.deployment("twin"), verb)(*given, **more), via, late)
        return facts

    # The laws

    @invariant()
    def the_laws_hold(self) -> None:
        self.world.settle()
        facts = self.world.facts()
        if self.held_at == (len(facts), self.world.now):
            return
        self.held_at = (len(facts), self.world.now)
        for fact in facts[self.checked :]:
            self.check_new(facts, fact)
        self.checked = len(facts)
        self.check_now(facts)
        self.check_what_was_known(facts)

    def check_new(self, facts: tuple[Fact, ...], fact: Fact) -> None:
        """What a fact must be that was recorded since."""
        if isinstance(fact.event, DefaultChanged) and fact.mode != "statement":
            laws.check_default_change(facts, fact)
        if isinstance(fact.event, laws.MOVES) and fact.mode == "execution":
            laws.check_execution(facts, fact)
            name = laws.move_id(facts, fact)
            earlier = self.ids.get(name)
            assert earlier is None or facts[earlier - 1] not in laws.standing(facts[: fact.position - 1]), name
            self.ids[name] = fact.position

    def check_now(self, facts: tuple[Fact, ...]) -> None:
        """What must be so at every moment."""
        moment = max((fact.known_at for fact in facts), default=EPOCH)
        now = self.world.trail.at()
        for answer in now.deployments():
            laws.check_not_served(facts, answer)
            laws.check_nothing_is_due(facts, answer.deployment, moment, self.swept)
        for model in {fact.stream.partition("/")[2] for fact in facts if fact.stream.startswith("model/")}:
            one = now.model(model)
            default = next((version for version in one.versions if version.version == one.default), None)
            assert one.default is None or (default is not None and default.retired_at is None), one
            assert one.default is None or not laws.is_gone(facts, now.t, model, one.default, None), one

    def check_what_was_known(self, facts: tuple[Fact, ...]) -> None:
        """What was known at `k` changes only by facts that were known by then (R6)."""
        kept = []
        for t, k, size, then in self.known:
            if all(fact.known_at > k for fact in facts[size:]):
                assert self.world.trail.at(t, known_at=k).deployments() == then
                kept.append((t, k, size, then))
        k = self.world.now
        answers = self.world.trail.at(k, known_at=k).deployments()
        self.known = [*kept[-2:], (k, k, len(facts), answers)] if len(facts) % 3 == 0 else kept

    @precondition(lambda self: self.is_tidy)
    @invariant()
    def twins_do_the_same(self) -> None:
        """Once what is due has been carried out, who runs a deployment makes no difference (R7)."""
        answers = {answer.deployment: answer for answer in self.world.trail.at().deployments()}
        if not {"own", "twin"} <= set(answers):
            return
        self.world.advance(self.world.now, 0, on_time=False)
        own, twin = (self.world.trail.at().serving(name) for name in TWINS)
        if twin.status != "window":
            assert own.possible == twin.possible, (own, twin)

    def teardown(self) -> None:
        """In the end, every course is what the reference says, and the log can be proven."""
        facts = self.world.facts()
        plain = [as_plain(fact) for fact in facts]
        for name in {answer.deployment for answer in self.world.trail.at().deployments()}:
            whole, told = course(facts, name), dict(reference.course(plain, name))
            expected = ABSENT
            for moment in sorted({*told, *(part.since for part in whole.segments)}):
                answer = told.get(moment)
                expected = (answer.status, answer.possible, answer.certainty) if answer else expected
                assert ours(whole, moment) == expected, f"{name} at {moment}"
        self.world.close()
