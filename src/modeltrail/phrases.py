"""How are answers said in words? Moments, places, certainty, positions: plain text for a line or a cell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from modeltrail.domain.events import (
    DefaultChanged,
    DeploymentStopped,
    Event,
    MoveFailed,
    MoveHeldBack,
    MovePostponed,
    VersionChanged,
    VersionEvent,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.trust import speaker_of
from modeltrail.domain.values import instant_text
from modeltrail.domain.values import named as named
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.models import RetirementStanding, VersionAnswer
from modeltrail.projections.serving import Possible, SegmentAnswer, Serving
from modeltrail.projections.upcoming import Target, Upcoming

_MIDNIGHT = "T00:00:00Z"
_TO_THE_MINUTE = len("2025-04-01T14:00")
_DIGEST = re.compile(r"(?<=sha256:)([0-9a-f]{8})[0-9a-f]{56}(?![0-9a-f])")


def printable(text: str) -> str:
    """The text with everything that does not print written as an escape; lines stay lines."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)


def moment(at: datetime | None) -> str:
    """A moment as it can be typed again: the day alone where it is its midnight."""
    return "" if at is None else instant_text(at).removesuffix(_MIDNIGHT)


def minute(at: datetime | None) -> str:
    """A moment for a narrow column: what is below the minute is cut off."""
    text = moment(at)
    return text if len(text) <= _TO_THE_MINUTE else f"{text[:_TO_THE_MINUTE]}Z"


def when(at: datetime, is_now: bool) -> str:
    """A moment within a sentence."""
    text = moment(at)
    if is_now:
        return "now"
    return f"at {text}" if "T" in text else f"on {text}"


def version(model: str, name: str | None) -> str:
    """A version with its model; a model without named versions stands alone (R2)."""
    return f"{model} {'(unknown version)' if name is None else name}".rstrip()


def places(possible: Iterable[Possible]) -> str:
    """What may be served: `A or B`, each model named once."""
    words: list[str] = []
    model = None
    for one in possible:
        if one.status == "stopped" or one.model is None:
            words.append("stopped")
        elif one.model == model:
            words.append("(unknown version)" if one.version is None else one.version or "(no version)")
        else:
            words.append(version(one.model, one.version))
        model = one.model
    return " or ".join(words)


def lanes(possible: Collection[Possible]) -> list[str]:
    """What stands beside the lines of a timeline: versions, with their models where these are several."""
    models = {one.model for one in possible if one.model is not None}
    return [_lane(one, len(models) > 1) for one in possible]


def _lane(one: Possible, with_model: bool) -> str:
    if one.model is None:
        return "stopped"
    model = one.model.partition("/")[2]
    return version(model, one.version) if with_model or not one.version else one.version


def certainty(answer: Serving) -> str:
    """How sure an answer is; a window with its end."""
    if answer.certainty != "window":
        return answer.certainty or ""
    return f"window until {moment(answer.deadline)}" if answer.deadline else "window, no deadline"


def positions(numbers: Sequence[int]) -> str:
    """Positions in the log, runs of them joined."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def sentence(answer: Serving, is_now: bool) -> str:
    """What a deployment served, in one sentence."""
    return f"{named(answer.deployment)} {when(answer.at, is_now)}: {what_served(answer)}"


def what_served(answer: Serving) -> str:
    """What a deployment served, and how sure that is."""
    if answer.status == "absent":
        return "not there yet"
    if answer.status == "deleted":
        return "deleted"
    return f"{places(answer.possible)} ({certainty(answer)})"


def policy(answer: Serving) -> str:
    """The update policy, and what it acts as where that differs (R18, R22)."""
    acts = "" if answer.policy == answer.policy_effective else f", acts as {answer.policy_effective}"
    return f"{answer.policy}{acts}"


def listed(words: Iterable[str | None]) -> str:
    """What there is of some words, with commas."""
    return ", ".join(word for word in words if word)


def at_a_glance(answer: Serving) -> str:
    """How sure an answer is, from when on, under which policy."""
    sure = f"{answer.certainty} since {_day(answer.since)}"
    if answer.certainty == "window":
        sure = f"window {_day(answer.since)} to {_day(answer.deadline) or 'the next sight'}"
    return listed([sure, policy(answer), *answer.flags])


def _day(at: datetime | None) -> str:
    return moment(at)[: len("2025-04-01")]


def reasons(segment: SegmentAnswer) -> str:
    """Why a segment is as it is: how sure that is, its cause, who did it, the policy and the rules in force."""
    return listed(
        [segment.certainty, segment.cause, done_by(segment.logged_by), f"{segment.policy} under {segment.rules}"]
    )


def done_by(people: Iterable[str]) -> str | None:
    """Who did it, as their provider's log says; null where that tells of nobody."""
    names = listed(people)
    return f"done by {names}" if names else None


def end_of(answer: VersionAnswer) -> str:
    """When a version retired, or will, and what takes its place."""
    retired = f"retired {moment(answer.retired_at)}" if answer.retired_at is not None else None
    ends = [retired] if retired else [_retirement(one) for one in answer.retirements]
    return "\n".join(filter(None, [*ends, _replaced_by(answer)]))


def _retirement(standing: RetirementStanding) -> str:
    sku = f" for {standing.sku}" if standing.sku else ""
    return f"{moment(standing.on) or 'no date'} {standing.qualifier}{sku}"


def _replaced_by(answer: VersionAnswer) -> str | None:
    named = answer.replacement
    if named is None:
        return None
    start = f"from {moment(named.upgrade_from)}" if named.upgrade_from else None
    lead = f"{named.lead_days} days ahead" if named.lead_days is not None else None
    return listed([f"then {named.to_model} {named.to_version or ''}".rstrip(), start, lead])


def stage(answer: VersionAnswer) -> str:
    """The stage of a version, and whether its catalogue lists it."""
    return listed([answer.stage, None if answer.listed else "unlisted"])


def target(model: str, to_model: str | None, to_version: str | None) -> str:
    """Where something leads, seen from a model: its own name is not repeated."""
    place = listed([None if to_model == model else to_model]) + f" {to_version or ''}"
    return f" to {place.strip()}" if place.strip() else ""


def announced(answer: Announcement) -> str:
    """What was announced of which version: kind, target, date, how firm, for which SKU."""
    sku = f"{answer.sku} only" if answer.sku else None
    return listed([f"{version(answer.model, answer.version)}: {answer.kind}{stated(answer)}", sku])


def stated(answer: Announcement) -> str:
    """What is stated of what was announced: target, date, and how firm that is."""
    to = target(answer.model, answer.to_model, answer.to_version)
    if answer.kind == "replacement":
        return to + (f" from {moment(answer.on)}" if answer.on else "")
    date = f" on {moment(answer.on)}" if answer.on else " without a date"
    return listed([to + date, answer.qualifier])


def disputed(answer: Announcement, said: Mapping[int, Announcement]) -> str:
    """Who still says so, and who something else. `said`: what was announced at each position, not where withdrawn."""
    others = [(said.get(position), position) for position in answer.disagrees_with]
    moved = {speaker_of(_source_at(other, position)) for other, position in others if other is not None}
    speakers = {speaker_of(source): source for source in (answer.source, *(one.source for one in answer.confirmations))}
    still = [_named(source) for speaker, source in speakers.items() if speaker not in moved]
    return f"said by {' and '.join(still)}; otherwise {'; '.join(_instead(*other) for other in others)}"


def _source_at(answer: Announcement, position: int) -> str | None:
    """The source of a statement, or of the one at a position that confirmed it."""
    return next((one.source for one in answer.confirmations if one.position == position), answer.source)


def _instead(other: Announcement | None, position: int) -> str:
    what = "withdrawn" if other is None else f"by {_named(_source_at(other, position))}:{stated(other)}"
    return f"{what} (position {position})"


def _named(source: str | None) -> str:
    """A source in a sentence: an import by its name, without file, digest and row; a page without its section."""
    is_import = source is not None and " sha256:" in source
    return (speaker_of(source) if is_import else (source or "").partition("#")[0]) or "an unnamed source"


def cited(source: str | None) -> str | None:
    """A source among other words: of a digest its beginning; `history` and `--json` have all of it (R42)."""
    return None if source is None else _DIGEST.sub(r"\1..", source)


def confirmed(answer: Announcement) -> str:
    """The positions of a statement and of those that said the same again."""
    again = positions([one.position for one in answer.confirmations])
    return f"{answer.position}, again {again}" if again else str(answer.position)


def coming(answer: Upcoming) -> str:
    """What is to come for whom."""
    about = version(answer.model, answer.version) if answer.deployment is None else named(answer.deployment)
    return f"{about}: {what_comes(answer)}"


def what_comes(answer: Upcoming) -> str:
    """What is to come: kind, target, how firm or how sure, until when, tested or not (R36), flags."""
    to = "" if answer.to is None or answer.kind == "default-change" else _target_of(answer, answer.to)
    is_tested = None if answer.tested is None else answer.test_result or "not tested"
    firmness = answer.qualifier if answer.deployment is None else _sureness(answer)
    until = f"until {minute(answer.until)}" if answer.until else None
    return listed([f"{answer.kind}{to}", firmness, until, is_tested, *answer.flags])


def _sureness(answer: Upcoming) -> str:
    """How sure a move or stop is, and how firm its date, where that is not fixed."""
    return listed([answer.certainty, None if answer.qualifier == "fixed" else answer.qualifier])


def _target_of(answer: Upcoming, to: Target) -> str:
    return target(answer.model if answer.deployment is None else "", to.model, to.version)


def details(fact: Fact, without: Collection[str] = ()) -> str:
    """The fields of an event; what is itself made of fields is named by its id."""
    return ", ".join(f"{name} {_value(value)}" for name, value in fact.event.data().items() if name not in without)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("id", value))
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return (str(value) or '""').removesuffix(_MIDNIGHT)


def deed(event: Event) -> str:
    """What the engine did, or what its host said, in a few words."""
    match event:
        case VersionChanged(model=model, version=name):
            return f"moved to {version(model, name)}"
        case DeploymentStopped(reason=reason):
            return f"stopped: {reason}"
        case MovePostponed(until=until):
            return f"move{_led(event)} postponed until {moment(until)}"
        case MoveFailed(error=error, retry_at=retry_at):
            return f"move{_led(event)} failed, again {moment(retry_at)}: {error}"
        case DefaultChanged(version=name):
            return f"the default is {name}"
        case VersionEvent(version=name):
            kind = event.type.rpartition(".")[2].removeprefix("version-").replace("-", " ")
            return listed([f"{name} {kind}", getattr(event, "sku", None)])
        case _:
            return event.type


def _led(event: MoveHeldBack) -> str:
    return " to a stop" if event.to_version is None else f" to {version(event.to_model, event.to_version)}"


def grounds(fact: Fact) -> str:
    """Why the engine did something: cause, policy and rules, and the positions on which that rests."""
    event = fact.event
    if not isinstance(event, VersionChanged | DeploymentStopped | MoveHeldBack):
        return fact.why or ""
    because = event.because or ()
    why = f"{event.cause}, {event.policy} under {event.rules}" if event.cause else None
    return listed([why, f"because of {positions(because)}" if because else None, fact.why])


def who(fact: Fact, did: str | None = None) -> str:
    """Who did what a fact states, who recorded it, why and from where, and when it was known, where that is another
    moment (R42)."""
    known = f"known {minute(fact.known_at)}" if fact.known_at != fact.effective_at else None
    return listed([None if did is None else f"done by {did}", known, f"by {fact.by}", fact.why, fact.source])
