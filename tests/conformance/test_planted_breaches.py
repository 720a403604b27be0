"""Are the breaches that are found of a provider just those that were planted?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.provider import END, PLANTED, Found, Planted, Year, date
from modeltrail import Trail
from modeltrail.projections.breaches import Breach
from modeltrail.projections.conformance import Conformance
from rules.given import day, empty


def years(*planted: Planted) -> st.SearchStrategy[Year]:
    """A year in which one of these words is broken."""
    return st.builds(
        Year,
        number=st.just(0),
        planted=st.sampled_from(planted),
        by=st.integers(5, 10),
        every=st.integers(1, 4),
        moved=st.integers(0, 13),
        is_fixed=st.booleans(),
        is_postponed=st.booleans(),
    )


def numbered(drawn: list[Year]) -> list[Year]:
    return [Year(**{**vars(year), "number": number}) for number, year in enumerate(drawn)]


def played(*some: Year) -> Trail:
    trail = empty()
    for year in some:
        year.play(trail)
    return trail


def conformance(trail: Trail) -> Conformance:
    return trail.at(date(END)).conformance()


def found(one: Breach) -> Found:
    return one.kind, one.deployment or one.model, one.at.isoformat()


@pytest.mark.rule("R11", "R12", "R13", "R19", "R20", "R21", "R23")
@settings(max_examples=10)
@given(st.lists(years("none"), min_size=1, max_size=2))
def test_who_follows_the_rules_and_its_own_word_breaks_nothing(drawn: list[Year]) -> None:
    assert conformance(played(*numbered(drawn))).breaches == ()


@pytest.mark.rule("R11", "R12", "R13", "R19", "R20", "R23", "R24", "R28", "R32")
@pytest.mark.parametrize("planted", PLANTED)
def test_each_broken_word_is_found_and_nothing_else(planted: Planted) -> None:
    year = Year(0, planted)
    answer = conformance(played(year))
    assert {found(one) for one in answer.breaches} == year.broken()
    assert len(answer.breaches) == len(year.broken())


@pytest.mark.rule("R11", "R12", "R13", "R19", "R20", "R23", "R24", "R28", "R32")
@settings(max_examples=15)
@given(st.lists(years(*PLANTED), min_size=1, max_size=3))
def test_of_several_years_the_breaches_are_those_that_were_planted(drawn: list[Year]) -> None:
    some = numbered(drawn)
    trail = played(*some)
    answer = conformance(trail)
    assert sorted(map(found, answer.breaches)) == sorted(one for year in some for one in year.broken())
    known = {fact.position for fact in trail.events()}
    assert all(one.because and known.issuperset(one.because) for one in answer.breaches)
    assert all(one.days is None or one.days >= 0 for one in answer.breaches)


@pytest.mark.rule("R6")
@settings(max_examples=12)
@given(years(*PLANTED), st.integers(0, END))
def test_a_breach_is_known_from_the_day_on_that_shows_it_and_a_period_has_what_lies_in_it(year: Year, n: int) -> None:
    trail = played(year)
    everything = conformance(trail).breaches
    since = trail.at(date(END)).conformance(since=date(n)).breaches
    assert since == tuple(one for one in everything if one.at >= day(date(n)[:10]))
    before = trail.at(date(n), known_at=date(n)).conformance().breaches
    assert {found(one) for one in before} <= {found(one) for one in everything}
