"""Which histories can there be? Of any kinds of event, with all the disorder that a log may have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import strategies as st

from modeltrail.domain.events import DeploymentCreated, Event, FactRetracted, ModelRegistered, VersionReleased
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import RunBy
from modeltrail.testing.drawn_events import DEPLOYMENTS, EPOCH, VERSIONS, Draw, instants
from modeltrail.testing.drawn_facts import History, interleaved, numbered, recorded, with_retractions
from modeltrail.testing.drawn_kinds import events, recorded_kinds
from modeltrail.testing.drawn_lives import facts_of_lives

_BEGINNINGS = (ModelRegistered, VersionReleased, DeploymentCreated)
"""Much of the rest means little before these."""


@st.composite
def _facts_of(draw: Draw, kinds: Sequence[type[Event]], min_size: int, max_size: int) -> list[Fact]:
    """Facts of some kinds, whatever they mean together."""
    who: st.SearchStrategy[RunBy] = st.sampled_from(("provider", "provider", "engine"))
    run_by: dict[str, RunBy] = {name: draw(who) for name in (*VERSIONS, *DEPLOYMENTS)}
    dated = draw(st.lists(st.tuples(events(*kinds), instants()), min_size=min_size, max_size=max_size))
    first = [kind for kind in _BEGINNINGS if kind in kinds]
    if first:
        early = st.sampled_from((EPOCH, EPOCH + timedelta(days=1)))
        dated += draw(st.lists(st.tuples(events(*first), early), max_size=3))
    found = draw(recorded(dated, run_by))
    if draw(st.booleans()):  # as most logs are: recorded when it became known
        found = numbered(sorted(found, key=lambda fact: fact.known_at))
    return draw(with_retractions(found, known_before=True))


def histories(*kinds: type[Event], min_size: int = 1, max_size: int = 12) -> st.SearchStrategy[History]:
    """Facts in the order of the log, as `Log.append` takes them: of some kinds of event, or of all that are recorded.

    They come late, at the same moments, contradict each other, are retracted, and so are retractions; deployments are
    deleted and created again. The sizes bound what is drawn beside a beginning and the retractions.
    """
    chosen = [kind for kind in recorded_kinds(kinds) if kind is not FactRetracted]
    drawn = _facts_of(chosen, min_size, max_size)
    if not kinds:
        drawn = st.one_of(facts_of_lives(max_size, empty_versions=True), drawn)
    return drawn.flatmap(interleaved).map(lambda found: History(tuple(found)))
