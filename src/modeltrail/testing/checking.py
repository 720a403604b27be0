"""Does a projection keep the laws? Histories are invented until one breaks a law, or there were enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from modeltrail.domain.events import EVENT_TYPES, Event, FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.projections.projection import Projection
from modeltrail.shapes import check
from modeltrail.testing.cases import Case
from modeltrail.testing.drawn_facts import History
from modeltrail.testing.drawn_histories import histories as any_histories
from modeltrail.testing.laws import LAWS, Law, law_named

_SEEDS, _LOTS = 2**20, 3
_UNHEALTHY = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
    HealthCheck.nested_given,
)
"""What does not matter where histories are only drawn."""


@dataclass(frozen=True)
class _Flaw:
    """A law, the smallest case found that breaks it, and how."""

    law: Law
    case: Case
    told: str

    def __str__(self) -> str:
        strangers = History(self.case.strangers)
        beside = f"\n  and what is not handled:\n{strangers}" if self.law.name == "strangers" else ""
        return (
            f"{self.case.projection.name} breaks the law {self.law.name!r}: {self.law.sentence}\n"
            f"  {self.told}\n  The smallest history found:\n{History(self.case.facts)}{beside}"
        )


def check_projection(
    projection: Projection[Any], *, examples: int = 50, histories: st.SearchStrategy[History] | None = None
) -> None:
    """Check all laws over invented histories, the same each time; `histories` gives others.

    Raises AssertionError that names the law, the smallest history found that breaks it, and what differs; ValueError
    for a projection that no table can be made for.
    """
    _check(projection, LAWS, examples, histories)


def check_law(
    projection: Projection[Any],
    law: Law | str,
    *,
    examples: int = 50,
    histories: st.SearchStrategy[History] | None = None,
) -> None:
    """Check one of the laws, given itself or by name. Raises as `check_projection`."""
    _check(projection, (law_named(law) if isinstance(law, str) else law,), examples, histories)


def _check(
    projection: Projection[Any], laws: Sequence[Law], examples: int, histories: st.SearchStrategy[History] | None
) -> None:
    check(projection)
    for told, strangers, seed in _drawn(projection.kinds, examples, histories):
        case = Case(projection, told, strangers, seed)
        for flaw in _flaws(case, laws):
            raise AssertionError(str(_smallest(flaw)))


Told = tuple[tuple[Fact, ...], tuple[Fact, ...], int]
"""A history, facts that are not handled, and a seed."""


@lru_cache(maxsize=8)
def _drawn(kinds: frozenset[str], examples: int, histories: st.SearchStrategy[History] | None) -> list[Told]:
    """Histories for a projection that handles some kinds of event, mostly of these; the same each time."""
    handled = [EVENT_TYPES[kind] for kind in sorted(kinds) if kind != FactRetracted.type]
    others = [kind for name, kind in EVENT_TYPES.items() if name not in kinds and kind is not FactRetracted]
    strangers = any_histories(*others, min_size=3, max_size=6) if others else st.just(History(()))
    drawn: list[Told] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=_UNHEALTHY,
    )
    @given(_of(handled) if histories is None else histories, strangers, st.integers(0, _SEEDS))
    def draw(history: History, beside: History, seed: int) -> None:
        strange = tuple(fact for fact in beside.facts if not isinstance(fact.event, FactRetracted))
        drawn.append((history.facts, strange, seed))

    draw()
    return drawn


def _of(handled: Sequence[type[Event]]) -> st.SearchStrategy[History]:
    much = any_histories(*handled, min_size=4, max_size=14)
    return st.one_of(much, much, any_histories(*handled), any_histories())


def _flaws(case: Case, laws: Sequence[Law]) -> list[_Flaw]:
    """The first of the laws that a case breaks."""
    for law in laws:
        told = law.flaw(case)
        if told is not None:
            return [_Flaw(law, case, told)]
    return []


def _smallest(flaw: _Flaw) -> _Flaw:
    """The same law, broken by a history from which nothing can be taken away."""
    while True:
        smaller = (replace(case, seed=case.seed + n) for case in flaw.case.smaller() for n in range(_LOTS))
        found = next((found for case in smaller for found in _flaws(case, (flaw.law,))), None)
        if found is None:
            return flaw
        flaw = found
