"""What was promised of a model and not kept? Notice, dates and announcements against what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from modeltrail.domain.events import DefaultChanged, VersionRetired
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.values import Instant, instant_text
from modeltrail.projections.models import Answer
from modeltrail.projections.promised import DAY, Promise, Topic, promised, standing_at

BreachKind = Literal[
    "short-notice",
    "unannounced",
    "earlier-than-promised",
    "overdue",
    "moved-early",
    "moved-late",
    "policy-breach",
    "unexplained-move",
]
"""How a word was not kept."""
_FIRM = ("fixed", "no-earlier-than")
_MIDNIGHT = "T00:00:00Z"


class Breach(Answer):
    """Something that a provider did, or left undone, against what the rules require or what it had announced.

    `at`: the moment of the breach. `promised`: the moment that was left to the provider by the rules or its own word;
    `happened`: when it was done, seen or announced for instead, null where it was not. `days`: the whole days between
    the two, or to the moment asked about. `version`: of a deployment the one that it was seen on, null where it was
    stopped. `says`: all of it in a sentence.
    """

    kind: BreachKind
    model: str
    version: str | None
    sku: str | None
    deployment: str | None
    at: Instant
    promised: Instant | None
    happened: Instant | None
    days: int | None
    says: str
    because: tuple[int, ...]


def day(moment: datetime) -> str:
    """A moment in a sentence: its midnight as the day alone."""
    return instant_text(moment).removesuffix(_MIDNIGHT)


def whole_days(span: timedelta) -> int:
    """Whole days, rounded towards zero."""
    return int(span / DAY)


def in_words(days: int) -> str:
    """A number of days."""
    return "1 day" if days == 1 else f"{days} days"


def model_breaches(history: ModelHistory, until: datetime) -> Iterator[Breach]:
    """What its provider promised of a model and did not keep, by a moment (R11 to R13). One that the engine runs has no
    provider."""
    if history.at(until).run_by == "engine":
        return
    said = promised(history, until)
    for topic, promises in said.items():
        for promise in promises:
            if topic.kind == "default-change":
                yield from _short_notice(history, topic, promise)
            yield from _overdue(history.model, topic, promise, until)
        for before, after in pairwise(promises):
            yield from _brought_forward(history.model, topic, before, after)
    for topic, deed in _deeds(history, until):
        yield from _undue(history, topic, deed, said)


def _breach(
    kind: BreachKind, model: str, topic: Topic, at: datetime, says: str, because: Sequence[int], **more: object
) -> Breach:
    told = {"promised": None, "happened": None, "days": None, "deployment": None, **more}
    return Breach.model_validate(
        {
            "kind": kind,
            "model": model,
            "version": topic.version,
            "sku": topic.sku,
            "at": at,
            "says": says,
            "because": tuple(sorted(set(because))),
            **told,
        }
    )


def thing(model: str, topic: Topic) -> str:
    """What is announced, in a sentence."""
    subject = f"{model} {topic.version}".rstrip()
    match topic.kind:
        case "default-change":
            return f"{subject} as default"
        case "stage-change":
            return f"the change of {subject} to {topic.stage}"
        case "forced-upgrade":
            return f"the forced upgrade of {subject}"
        case _:
            return f"the retirement of {subject}" + (f" for {topic.sku}" if topic.sku else "")


def _short_notice(history: ModelHistory, topic: Topic, promise: Promise) -> Iterator[Breach]:
    """A new default announced for a date that is nearer than the rules allow; the first default needs none (R11)."""
    rules, on = history.at(promise.since).rules, promise.on
    is_first = history.at(promise.since).stated_default is None
    if on is None or is_first or not promise.known_at < on < promise.known_at + rules.notice:
        return
    left = whole_days(on - promise.known_at)
    yield _breach(
        "short-notice",
        history.model,
        topic,
        promise.since,
        f"{thing(history.model, topic)} was announced for {day(on)}, known on {day(promise.known_at)}: "
        f"{in_words(left)} of notice, and {rules.id} promises {rules.notice_days}",
        promise.positions,
        promised=promise.known_at + rules.notice,
        happened=on,
        days=rules.notice_days - left,
    )


def _overdue(model: str, topic: Topic, promise: Promise, until: datetime) -> Iterator[Breach]:
    """A fixed date that passed, with its day, without what was announced (R12). A forced upgrade has no fact."""
    on, end = promise.on, promise.until or until
    if on is None or promise.qualifier != "fixed" or topic.kind == "forced-upgrade" or end < on + DAY:
        return
    if promise.since >= on + DAY:
        return  # said of a day that had passed: a report, not a promise
    late = whole_days(end - on)
    how = f"happened on {day(end)}" if promise.is_kept else _undone(promise)
    yield _breach(
        "overdue",
        model,
        topic,
        on,
        f"{thing(model, topic)} was announced for {day(on)}, and {how}",
        (*promise.positions, *(() if promise.ended_by is None else (promise.ended_by,))),
        promised=on,
        happened=end if promise.is_kept else None,
        days=late,
    )


def _undone(promise: Promise) -> str:
    if promise.until is None:
        return "is not known to have happened"
    return f"was {'moved' if promise.is_moved else 'withdrawn'} only on {day(promise.until)}"


def _brought_forward(model: str, topic: Topic, before: Promise, after: Promise) -> Iterator[Breach]:
    """A date before the one that was announced as the earliest (R13). A fixed date may be moved."""
    floor, on = before.on, after.on
    if floor is None or on is None or before.qualifier != "no-earlier-than" or not before.is_moved or on >= floor:
        return
    yield _breach(
        "earlier-than-promised",
        model,
        topic,
        after.since,
        f"{thing(model, topic)} was announced for no earlier than {day(floor)}, and on {day(after.since)} it was "
        f"announced for {day(on)}",
        (*before.positions, *after.positions),
        promised=floor,
        happened=on,
        days=whole_days(floor - on),
    )


def _deeds(history: ModelHistory, until: datetime) -> Iterator[tuple[Topic, Fact]]:
    """What was carried out, each once: the changes of the default but for the first, and the retirements."""
    for moment, state in zip(history.moments, history.states, strict=True):
        if moment > until:
            return
        before, stated = history.before(moment), state.stated_default
        is_other = before.stated_default is not None and before.default_for() != state.default_for()
        if stated is not None and stated is not before.stated_default and is_other:
            assert isinstance(stated.event, DefaultChanged)
            yield Topic("default-change", stated.event.version), stated
        for name, version in state.versions.items():
            known = before.versions.get(name)
            for sku, fact in version.retirements.items():
                was = known.retired_by(sku) if known is not None else None
                if isinstance(fact.event, VersionRetired) and fact.effective_at == moment and was is None:
                    yield Topic("retirement", name, sku), fact


def _undue(history: ModelHistory, topic: Topic, deed: Fact, said: dict[Topic, list[Promise]]) -> Iterator[Breach]:
    """What was carried out without an announcement, after too short a notice, or before its date (R11, R13)."""
    at, rules = deed.effective_at, history.before(deed.effective_at).rules
    promise = _announced(topic, at, said)
    is_default, done = topic.kind == "default-change", f"{thing(history.model, topic)} happened on {day(at)}"
    if promise is None or promise.known_at >= at:
        if is_default and rules.notice_days == 0:
            return
        learned = "" if promise is None else f": of its announcement nobody could know before {day(promise.known_at)}"
        because = (deed.position, *(() if promise is None else promise.positions))
        says = f"{done} and had not been announced{learned}"
        yield _breach("unannounced", history.model, topic, at, says, because, happened=at)
        return
    because = (deed.position, *promise.positions)
    given, on = whole_days(at - promise.known_at), promise.on
    is_told = on is not None and promise.known_at < on < promise.known_at + rules.notice
    if is_default and at - promise.known_at < rules.notice and not is_told:
        yield _breach(
            "short-notice",
            history.model,
            topic,
            at,
            f"{done}, known since {day(promise.known_at)}: {in_words(given)} of notice, and {rules.id} promises "
            f"{rules.notice_days}",
            because,
            promised=promise.known_at + rules.notice,
            happened=at,
            days=rules.notice_days - given,
        )
    if on is not None and promise.qualifier in _FIRM and at < on:
        firm = "" if promise.qualifier == "fixed" else "no earlier than "
        yield _breach(
            "earlier-than-promised",
            history.model,
            topic,
            at,
            f"{done}, and was announced for {firm}{day(on)}",
            because,
            promised=on,
            happened=at,
            days=whole_days(on - at),
        )


def _announced(topic: Topic, at: datetime, said: dict[Topic, list[Promise]]) -> Promise | None:
    """What stood announced of a deed just before it; of a retirement for a SKU, what stood in general counts too."""
    topics = dict.fromkeys((topic, topic._replace(sku=None)))
    standing = [standing_at(said.get(one, []), at) for one in topics]
    return next((one for one in standing if one is not None), None)
