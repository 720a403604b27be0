"""How do drawn events become a history? They are learned late, recorded in any order, repeated and retracted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st

from modeltrail.domain import events as e
from modeltrail.domain.facts import Fact, content
from modeltrail.domain.values import Mode, RunBy, instant_text
from modeltrail.testing.drawn_events import DEPLOYMENTS, EPOCH, SOURCES, Draw, instants

LATEST = EPOCH + timedelta(days=120)
"""No fact is effective or known later than this."""
Dated = list[tuple[e.Event, datetime]]
"""Events, and when they take effect."""


@dataclass(frozen=True)
class History:
    """Facts in the order of their positions, and what can be asked about them. As text: one line a fact."""

    facts: tuple[Fact, ...]
    deployments: tuple[str, ...] = DEPLOYMENTS

    def __str__(self) -> str:
        return "\n".join(map(_line, self.facts)) or "nothing is recorded"

    def moments(self) -> list[datetime]:
        """Moments at which answers are worth comparing: all that is named, its neighbours, and the ends of windows."""
        starts = {moment for fact in self.facts for moment in _moments_of(fact)}
        days = (-5, 0, 3, 5, 7, 14, 17, 21, 28)
        near = (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=13))
        return sorted({start + timedelta(days=n) + step for start in starts for n in days for step in near})


def _line(fact: Fact) -> str:
    """A fact on one line: its position, when it holds and was learned, how it came about, and what it says."""
    fields = ", ".join(f"{name}={value!r}" for name, value in fact.event.data().items())
    source = "" if fact.source is None else f" from {fact.source}"
    when = f"{instant_text(fact.effective_at)}, known {instant_text(fact.known_at)}"
    return f"{fact.position:>4}  {when}, {fact.mode}{source}: {fact.event.type}({fields})"


def _moments_of(fact: Fact) -> Iterator[datetime]:
    """The moments that a fact names: when it holds, and the dates that it announces."""
    yield fact.effective_at
    for key in ("on", "upgrade_from", "not_before"):
        announced = getattr(fact.event, key, None)
        if announced is not None:
            yield announced


@st.composite
def learned(draw: Draw, effective_at: datetime) -> datetime:
    """When a fact was learned: mostly at once, sometimes late."""
    late = draw(st.sampled_from((0, 0, 0, 0, 1, 5, 14, 30)))
    return effective_at + timedelta(days=late)


def mode_of(event: e.Event, run_by: dict[str, RunBy]) -> Mode:
    """How the fact came about, by who runs what it is about (R7)."""
    _, _, name = event.stream.partition("/")
    if isinstance(event, e.DeploymentObserved | e.VersionTested | e.ChangeLogged):
        return "statement"
    if isinstance(event, e.TrustChanged):
        return "decision"
    if getattr(event, "cause", None) is not None:
        return "execution"
    return "statement" if run_by.get(name, "provider") == "provider" else "decision"


def numbered(facts: Sequence[Fact]) -> list[Fact]:
    """The same facts, recorded one after the other in this order: positions, `recorded_at` and stream versions."""
    counts: dict[str, int] = {}
    found = []
    for position, fact in enumerate(facts, start=1):
        counts[fact.stream] = counts.get(fact.stream, 0) + 1
        at, version = LATEST + timedelta(seconds=position), counts[fact.stream]
        found.append(fact._replace(recorded_at=at, position=position, stream_version=version))
    return found


def fact_of(event: e.Event, effective_at: datetime, known_at: datetime, mode: Mode, source: str | None) -> Fact:
    """A fact that has no place yet."""
    return Fact(
        position=1,
        stream=event.stream,
        stream_version=1,
        event=event,
        effective_at=effective_at,
        known_at=known_at,
        recorded_at=LATEST,
        mode=mode,
        by="alice@example.com",
        source=source,
    )


def without_repetitions(facts: Sequence[Fact]) -> list[Fact]:
    """The facts, less statements that the same source made with the same content and moments (R39)."""
    seen: set[tuple[object, ...]] = set()
    found = []
    for fact in facts:
        key = (fact.source, content(fact.event), fact.effective_at, fact.known_at)
        if fact.mode != "statement" or key not in seen:
            found.append(fact)
        seen.add(key)
    return found


@st.composite
def with_retractions(draw: Draw, facts: Sequence[Fact], early: bool = False) -> list[Fact]:
    """Facts that retract some of these, or earlier retractions; `early`: also before what they retract is known."""
    found = list(facts)
    for _ in range(draw(st.sampled_from((0, 0, 1, 2, 3)))):
        later = [fact.position for fact in found[len(facts) :]]
        target = found[draw(st.sampled_from([*range(1, len(facts) + 1), *later, *later, *later])) - 1]
        known_at = draw(instants()) if early else max(target.known_at, draw(instants()))
        event = e.FactRetracted(position=target.position, of=target.stream)
        found = numbered([*found, fact_of(event, known_at, known_at, "decision", None)])
    return found


@st.composite
def recorded(draw: Draw, dated: Dated, run_by: dict[str, RunBy]) -> list[Fact]:
    """What has taken effect, as it comes to be known and recorded, in any order."""
    sources = st.sampled_from(SOURCES)
    made = [fact_of(event, at, draw(learned(at)), mode_of(event, run_by), draw(sources)) for event, at in dated]
    return numbered(without_repetitions(draw(st.permutations(made))))


@st.composite
def interleaved(draw: Draw, recorded: Sequence[Fact]) -> list[Fact]:
    """The same facts, with each retraction at any place after what it retracts."""
    order = [fact for fact in recorded if not isinstance(fact.event, e.FactRetracted)]
    for fact in recorded:
        if isinstance(fact.event, e.FactRetracted):
            retracted = fact.event.position
            place = next(index for index, one in enumerate(order, start=1) if one.position == retracted)
            order.insert(draw(st.integers(place, len(order))), fact)
    return in_new_order(order)


@st.composite
def reordered(draw: Draw, recorded: Sequence[Fact]) -> list[Fact]:
    """The same statements imported in another order: positions and `recorded_at` differ, nothing else."""
    return in_new_order(rearranged(recorded, draw(st.permutations(recorded))))


def rearranged(recorded: Sequence[Fact], shuffled: Sequence[Fact]) -> list[Fact]:
    """Facts in an order that is as good as the one in which they were recorded, after one that may not be.

    What was decided or executed keeps its order, which counts (R6), and a retraction comes after what it retracts.
    """
    decided = iter([fact for fact in recorded if fact.mode != "statement"])
    order = [fact if fact.mode == "statement" else next(decided) for fact in shuffled]
    for retraction in [fact for fact in order if isinstance(fact.event, e.FactRetracted)]:
        assert isinstance(retraction.event, e.FactRetracted)
        places = {fact.position: place for place, fact in enumerate(order)}
        place, retracted = places[retraction.position], places[retraction.event.position]
        if retracted > place:
            order.insert(place, order.pop(retracted))
    return order


def in_new_order(order: Sequence[Fact]) -> list[Fact]:
    """The same facts recorded in this order: a retraction names the new position of what it retracts."""
    places = {fact.position: place for place, fact in enumerate(order, start=1)}
    return numbered([fact._replace(event=_renamed(fact.event, places)) for fact in order])


def _renamed(event: e.Event, places: dict[int, int]) -> e.Event:
    """The event, naming the new position of what it retracts."""
    if not isinstance(event, e.FactRetracted):
        return event
    return e.FactRetracted(position=places[event.position], of=event.of)
