"""What needs a person's eye? What imports and facts leave open, each with an id that stays the same whatever comes.

An id is made of what a thing is, never of its place in the log: the kind, the subject, and what tells it from others of
that subject. So it is the same whoever imports what in which order, and something new has a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from modeltrail.domain.course import Course
from modeltrail.domain.deployment import evolve, is_done, new_deployment
from modeltrail.domain.events import (
    ChangeLogged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentEvent,
    DeploymentObserved,
    DeploymentStopped,
    RowQuarantined,
    VersionChanged,
    VersionEvent,
)
from modeltrail.domain.facts import Fact, content, in_order
from modeltrail.domain.frames import outcome
from modeltrail.domain.history import Histories, ModelHistory
from modeltrail.domain.possible import place_seen
from modeltrail.domain.segments import Outcome, Place
from modeltrail.domain.values import MICROSECOND, Instant, instant_text, named
from modeltrail.projections.models import Answer

Kind = Literal["quarantined-row", "unexplained-move", "missing-version", "contradiction"]
"""Why something needs an eye."""
ADVICE: dict[Kind, str] = {
    "quarantined-row": "correct the row at its source and import it again, or record by hand what it says",
    "unexplained-move": "ask who changed the deployment and record that, or import what its provider logged",
    "missing-version": "find out which version is meant and record that",
    "contradiction": "find out which statement is wrong and retract it, or record what is missing beside it",
}
"""What to do about it. Whatever is left as it is can be settled with the reason."""
_MIDNIGHT = "T00:00:00Z"


class Settlement(Answer):
    """Who settled an entry when, and why, and the position of that fact."""

    by: str
    at: Instant
    why: str
    position: int


class ReviewEntry(Answer):
    """Something that needs an eye, and what to do about it.

    `at`: the moment concerned. `positions`: the facts that show it, none where they were not recorded. `raw` and
    `reason`: of a row that could not be read. `settled`: null as long as it is open.
    """

    id: str
    kind: Kind
    subject: str
    at: Instant
    positions: tuple[int, ...]
    says: str
    advice: str
    raw: str | None = None
    reason: str | None = None
    settled: Settlement | None = None


class Finding(NamedTuple):
    """An entry, and the ids that it had as long as what shows it earlier was not known."""

    entry: ReviewEntry
    formerly: tuple[str, ...] = ()


def entry_id(kind: Kind, subject: str, *what: str) -> str:
    """The id of an entry: its kind, and digests of its subject and of what tells it from others of that subject."""
    return f"{kind}:{subject_digest(subject)}-{_digest(*what)[:12]}"


def subject_digest(subject: str) -> str:
    """What an id has of its subject, so that only that one is looked at."""
    return _digest(subject)[:8]


def _digest(*words: str) -> str:
    return sha256("\n".join(words).encode("utf-8", "backslashreplace")).hexdigest()


def _entry(
    kind: Kind, subject: str, what: Sequence[str], facts: Sequence[Fact], at: datetime, says: str
) -> ReviewEntry:
    return ReviewEntry(
        id=entry_id(kind, subject, *what),
        kind=kind,
        subject=subject,
        at=at,
        positions=tuple(sorted({fact.position for fact in facts})),
        says=says,
        advice=ADVICE[kind],
    )


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings, those with one id as one: what several sources say is one thing."""
    found: dict[str, Finding] = {}
    for one in findings:
        known = found.get(one.entry.id)
        if known is not None:
            positions = tuple(sorted({*known.entry.positions, *one.entry.positions}))
            first = min(known.entry, one.entry, key=lambda entry: entry.at)
            one = Finding(first.model_copy(update={"positions": positions}), known.formerly)
        found[one.entry.id] = one
    return list(found.values())


# Rows that could not be read


def quarantined(facts: Iterable[Fact]) -> list[Finding]:
    """The rows of a catalogue that could not be read, each once, however often it came (R41)."""
    return merged(
        Finding(quarantined_entry(fact.event.catalogue, fact.event.raw, fact.event.reason, fact.effective_at, [fact]))
        for fact in facts
        if isinstance(fact.event, RowQuarantined)
    )


def quarantined_entry(catalogue: str, raw: str, reason: str, at: datetime, facts: Sequence[Fact] = ()) -> ReviewEntry:
    """The entry of a row: what tells it from others is its text."""
    says = f"a row for {catalogue} could not be read: {reason}"
    entry = _entry("quarantined-row", catalogue, [raw], facts, at, says)
    return entry.model_copy(update={"raw": raw, "reason": reason})


# What was stated of a model


def of_model(history: ModelHistory, facts: Iterable[Fact], until: datetime) -> list[Finding]:
    """What needs an eye of a model's own statements by a moment: those without a version (R2), contradictions (R10)."""
    known = {fact.position: fact for fact in facts}
    doubts = {doubt.position: doubt.reason for doubt in history.at(until).contradictions}
    found = [_contradiction(history.model, known[at], reason) for at, reason in doubts.items() if at in known]
    unclear = [fact for fact in history.unclear if fact.effective_at <= until]
    return merged([*found, *(_unclear(history.model, fact) for fact in unclear if not _is_of_deployment(fact))])


def _is_of_deployment(fact: Fact) -> bool:
    return isinstance(fact.event, DeploymentEvent)


def _unclear(model: str, fact: Fact) -> Finding:
    says = f"{model}: {_statement(fact)} names no version, and the model has named ones"
    what = ["statement", content(fact.event), instant_text(fact.effective_at)]
    return Finding(_entry("missing-version", model, what, [fact], fact.effective_at, says))


def _contradiction(subject: str, fact: Fact, reason: str) -> Finding:
    what = ["statement", content(fact.event), instant_text(fact.effective_at)]
    says = f"{named(subject)}: {_statement(fact)} is kept and changes nothing: {reason}"
    return Finding(_entry("contradiction", subject, what, [fact], fact.effective_at, says))


def _statement(fact: Fact) -> str:
    """A statement in words: of when, of what kind, about which version."""
    kind = fact.event.type.rpartition(".")[2].replace("-", " ")
    version = f" {fact.event.version}" if isinstance(fact.event, VersionEvent) else ""
    return f"a statement of {_moment(fact.effective_at)} ({kind}{version.rstrip()})"


def _moment(at: datetime) -> str:
    return instant_text(at).removesuffix(_MIDNIGHT)


# Where a deployment was


class Stay(NamedTuple):
    """Facts in a row that put a deployment in one place, or show it there; null: they end it."""

    place: Place | None
    facts: Sequence[Fact]


def stays(facts: Iterable[Fact]) -> list[Stay]:
    """Where the facts of a deployment, in their order, put it, one place after the other."""
    placing = [(place, fact) for fact in facts for place in _places(fact)]
    return [Stay(place, [fact for _, fact in group]) for place, group in groupby(placing, key=lambda placed: placed[0])]


def _places(fact: Fact) -> Iterator[Place | None]:
    match fact.event:
        case DeploymentObserved() as event:
            yield place_seen(event)
        case DeploymentCreated() | VersionChanged() as event:
            yield Place(event.model, event.version)
        case DeploymentStopped():
            yield Place("", None, is_stopped=True)
        case DeploymentDeleted():
            yield None
        case ChangeLogged() as event if is_done(event, "delete"):
            yield None
        case _:
            pass


def may_rest(facts: Sequence[Fact], histories: Histories) -> bool:
    """Whether the facts of a deployment put it in one place only, whose version was never retired: no sight of it there
    needs an eye, so that its course need not be known."""
    found = {place for fact in facts for place in _places(fact)}
    if len(found) != 1:
        return not found
    (place,) = found
    if place is None or place.version is None or place.is_stopped:
        return False
    states = histories(place.model).states
    known = states[-1].versions.get(place.version) if states else None
    return known is None or not known.retired_at


def of_deployment(
    deployment: str, facts: Sequence[Fact], course: Course | None, histories: Histories, until: datetime
) -> list[Finding]:
    """What needs an eye of a deployment by a moment: moves that nothing explains (R32), places without a version (R2),
    statements that cannot be (R3), and sights of retired versions (R34).

    Null in place of its course: nobody needs to know it, as it rests in one place.
    """
    ordered = in_order(facts)
    doubted = list(_doubted(deployment, ordered))
    positions = {fact.position for fact, _ in doubted}
    found = [_contradiction(deployment, fact, reason) for fact, reason in doubted]
    rows = stays(fact for fact in ordered if fact.position not in positions)
    found += [one for stay in rows for one in _without_version(deployment, stay, histories)]
    if course is not None:
        named_places = stays(fact for stay in rows if not _is_ambiguous(stay.place, histories) for fact in stay.facts)
        found += [one for pair in pairwise(named_places) for one in _unexplained(deployment, *pair, course)]
        found += [one for stay in rows for one in _on_retired(deployment, stay, course, histories)]
    return [one for one in merged(found) if one.entry.at <= until]


def _doubted(deployment: str, ordered: Iterable[Fact]) -> Iterator[tuple[Fact, str]]:
    """The facts of a deployment that cannot be where they stand, with the reason (R3)."""
    state = new_deployment(deployment)
    for fact in ordered:
        before, state = state, evolve(state, fact)
        if state.contradictions and state.contradictions is not before.contradictions:
            yield fact, state.contradictions[-1].reason


def _found(kind: Kind, deployment: str, what: str, stay: Stay, says: str, at: int = 0, *beside: Fact) -> Finding:
    """What a stay shows from the fact `at` on. Its id names the moment of that fact; were that one not known, it would
    be the moment of the next."""
    first, *later = stay.facts[at:]
    names = [(what, instant_text(fact.effective_at)) for fact in (first, *later)]
    entry = _entry(kind, deployment, names[0], [first, *beside], first.effective_at, says)
    return Finding(entry, tuple(entry_id(kind, deployment, *each) for each in names[1:]))


def _unexplained(deployment: str, before: Stay, stay: Stay, course: Course) -> Iterator[Finding]:
    """A move that nothing explains: seen elsewhere than where it was put or seen last (R32)."""
    last, first = before.facts[-1], stay.facts[0]
    if before.place is None or stay.place is None or not isinstance(first.event, DeploymentObserved):
        return
    seen = outcome(stay.place)
    if not is_unexplained(course, seen, first.effective_at):
        return
    left = course.at(last.effective_at)
    was = (outcome(before.place),) if before.place.version is not None or left is None else left.possible
    if was != (seen,):
        says = (
            f"{named(deployment)} was last {_where(was)} ({_moment(last.effective_at)}) and then {_where([seen])} "
            f"({_moment(first.effective_at)}): no rule, announcement or logged change explains it"
        )
        yield _found("unexplained-move", deployment, _key(stay.place), stay, says, 0, last)


def is_unexplained(course: Course, seen: Outcome, moment: datetime) -> bool:
    """Whether the course has nothing that leads to a sight, at its moment or, where another fact has the last word
    there, just before it."""
    parts = (course.at(moment), course.at(moment - MICROSECOND))
    return any(part is not None and part.cause == "unexplained" and seen in part.possible for part in parts)


def _key(place: Place) -> str:
    return "stopped" if place.is_stopped else f"{place.model} {place.version}"


def _without_version(deployment: str, stay: Stay, histories: Histories) -> Iterator[Finding]:
    """A deployment without a version on a model that has named ones (R2)."""
    if stay.place is None or not _is_ambiguous(stay.place, histories):
        return
    model = stay.place.model
    unclear = {fact.position for fact in histories(model).unclear}
    at = next((number for number, fact in enumerate(stay.facts) if fact.position in unclear), None)
    if at is not None:
        moment = _moment(stay.facts[at].effective_at)
        says = f"{named(deployment)} was on {model} without a version ({moment}), and the model has named ones"
        yield _found("missing-version", deployment, model, stay, says, at)


def _is_ambiguous(place: Place | None, histories: Histories) -> bool:
    """Whether nobody knows on which version a deployment was: then it is no move either."""
    return place is not None and place.version == "" and bool(histories(place.model).unclear)


def _on_retired(deployment: str, stay: Stay, course: Course, histories: Histories) -> Iterator[Finding]:
    """A deployment on a version that had been retired by then (R34)."""
    for at, fact in enumerate(stay.facts) if stay.place is not None and not stay.place.is_stopped else ():
        retired = _retired(stay.place, fact.effective_at, course, histories)
        if stay.place is not None and retired is not None:
            says = (
                f"{named(deployment)} was {_where([outcome(stay.place)])} ({_moment(fact.effective_at)}), "
                f"which had been retired by then ({_moment(retired.effective_at)})"
            )
            yield _found("contradiction", deployment, _key(stay.place), stay, says, at, retired)
            return


def _retired(place: Place | None, moment: datetime, course: Course, histories: Histories) -> Fact | None:
    """The fact that had retired the version of a place, where the course says that this is a contradiction."""
    segment = course.at(moment)
    if place is None or segment is None or "contradiction" not in segment.flags:
        return None
    version = histories(place.model).at(moment).versions.get(place.version or "")
    return None if version is None else version.retired_by(segment.sku)


def _where(outcomes: Iterable[Outcome]) -> str:
    """On which versions, or stopped."""
    return " or ".join(
        "stopped" if one.status == "stopped" else f"on {one.model} {one.version or 'without a version'}"
        for one in outcomes
    )
