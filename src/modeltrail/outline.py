"""How is an explanation told? As an outline: a sentence, and below it what it rests on; for a terminal or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modeltrail.domain.events import ChangeLogged, DeploymentObserved
from modeltrail.domain.values import Rules
from modeltrail.phrases import cited, done_by, listed, minute, moment, places, sentence, target, what_served, when
from modeltrail.projections.serving import Possible
from modeltrail.projections.why import Arrival, Ground, NoticeGiven, Sight, SightsAround, Why

_MIDNIGHT = "T00:00:00Z"
_ANNOUNCED = frozenset({"default-change", "policy-change", "retirement"})
"""The causes before which an owner expects an announcement."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an outline, and what stands below it."""

    text: str
    below: tuple[Line, ...] = ()


def outline(why: Why, is_now: bool = False, known: str = "") -> Line:
    """An explanation in words. `known`: what the first sentence adds, such as as of when it is known."""
    return Line(f"{sentence(why.serving, is_now)}{known}", tuple(_below(why)))


def _below(why: Why) -> Iterator[Line]:
    if why.arrival is not None:
        yield Line(_came(why.arrival), tuple(Line(ground(one)) for one in why.arrival.grounds))
    if why.serving.stopped_because:
        yield Line(f"reason for the stop: {why.serving.stopped_because}")
    if why.serving.flags:
        told = why.arrival.grounds if why.arrival is not None else ()
        yield Line(
            f"flags: {listed(why.serving.flags)}", tuple(Line(ground(one)) for one in why.grounds if one not in told)
        )
    if why.policy is not None:
        policy, answer = why.policy, why.serving
        acts = "" if answer.policy_effective == policy.policy else f", which acts as {answer.policy_effective}"
        instead = f"in place of {policy.before}" if policy.before else None
        is_stated = policy.event != DeploymentObserved.type
        by = f"set by {policy.logged_by or policy.by}" if is_stated else "nobody has stated one"
        said = listed([instead, by, *([policy.why, cited(policy.source)] if is_stated else [])])
        yield Line(f"policy {policy.policy}{acts}, since {minute(policy.set_at)}: {said} (position {policy.fact})")
    if why.rules is not None:
        since = f", since {minute(why.rules.since)} (position {why.rules.position})" if why.rules.since else ""
        yield Line(f"rules {rules(why.rules.values)}{since}")
    if why.announcements:
        yield Line(_counted(why.announcements), tuple(Line(notice(one)) for one in why.announcements))
    elif why.arrival is not None and why.arrival.cause in _ANNOUNCED:
        yield Line("nothing was announced before it")
    if why.sights is not None:
        yield Line(_seen(why.sights))
    yield from _known_then(why)


def _came(arrival: Arrival) -> str:
    """How it came there: what it left, when, and why."""
    logged = [one.data.get("caller") for one in arrival.grounds if one.type == ChangeLogged.type]
    people = dict.fromkeys(caller for caller in logged if isinstance(caller, str))
    reason = listed([arrival.cause, arrival.certainty, done_by(people)])
    if not arrival.to:
        return f"it is gone since {minute(arrival.earliest)}: {reason}"
    if not arrival.left:
        return f"it began with {places(arrival.to)} on {minute(arrival.earliest)}: {reason}"
    if set(arrival.left) < set(arrival.to):
        reached = [one for one in arrival.to if one not in arrival.left]
        return f"it may have {_gone(reached)} since {minute(arrival.earliest)}: {reason}"
    return f"{_moved(arrival)} {_between(arrival.earliest, arrival.latest)}: {reason}"


def _moved(arrival: Arrival) -> str:
    if all(one.status == "stopped" for one in arrival.to):
        return "it stopped"
    if all(one.status == "stopped" for one in arrival.left):
        return f"it came back with {places(arrival.to)}"
    return f"it left {places(arrival.left)}"


def _gone(reached: Sequence[Possible]) -> str:
    stops = [one for one in reached if one.status == "stopped"]
    moved = [one for one in reached if one.status != "stopped"]
    return " or ".join([*([f"moved to {places(moved)}"] if moved else []), *(["stopped"] if stops else [])])


def _between(earliest: datetime, latest: datetime | None) -> str:
    if latest == earliest:
        return f"on {minute(earliest)}"
    end = "" if latest is None else f" and {minute(latest)}"
    return f"between {minute(earliest)}{end}" if end else f"at some time since {minute(earliest)}"


def ground(one: Ground) -> str:
    """A fact on which an answer rests: where it is in the log, what it says, since when, who said so and from where."""
    what = ", ".join(f"{name} {_value(value)}" for name, value in one.data.items() if name != "deployment")
    known = f"known {minute(one.known_at)}" if one.known_at != one.effective_at else None
    said = listed([minute(one.effective_at), known, f"by {one.by}", one.why, cited(one.source)])
    return f"position {one.position}, {one.type}: {what}; {said}".replace(": ;", ";")


def _value(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("id", value))
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return (str(value) or '""').removesuffix(_MIDNIGHT)


def rules(one: Rules) -> str:
    """Rules in one line."""
    days = [f"{one.notice_days} days of notice", f"{one.rollout_days} days of rollout"]
    days += [f"upgrades {one.lead_days} days ahead of a retirement"] if one.lead_days else []
    return f"{one.id}: {listed([*days, f'no stated policy acts as {one.unspecified}'])}"


def _counted(notices: Sequence[NoticeGiven]) -> str:
    """How much was announced, and how much notice that was in the end."""
    count = "1 announcement" if len(notices) == 1 else f"{len(notices)} announcements"
    last = min((one.real_days for one in notices if one.standing and one.kind != "replacement"), default=None)
    return f"{count} before it" + (f"; the one that stood was known {_days(last)} ahead" if last is not None else "")


def notice(one: NoticeGiven) -> str:
    """An announcement, and the notice that it gave."""
    on = f" on {moment(one.on)}" if one.on else ""
    firm = one.qualifier if one.qualifier != "fixed" else None
    stood = "stood" if one.standing else "moved or withdrawn"
    promised = None if one.promised_days is None else f"{_days(one.promised_days)} promised"
    if one.promised_days is not None and one.promised_days < 0:
        promised = f"announced {_days(-one.promised_days)} too late"
    to = target(one.model, one.to_model, one.to_version) if one.to_model else ""
    real = f"known {_days(one.real_days)} before" if one.real_days >= 0 else f"known {_days(-one.real_days)} after"
    what = f"position {one.position}, {minute(one.known_at)}: {one.kind} of {one.version or '(no version)'}{to}{on}"
    sku = f"{one.sku} only" if one.sku else None
    return listed([what, sku, firm, promised, real, stood, cited(one.source)])


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _seen(sights: SightsAround) -> str:
    if sights.before is None:
        words = ["never seen by then"]
    else:
        count = "once" if sights.count == 1 else f"{sights.count} times"
        words = [f"seen {count} by then, last {_sight(sights.before)}"]
    return listed([*words, f"next {_sight(sights.after)}" if sights.after else None])


def _sight(one: Sight) -> str:
    what = "stopped" if one.status == "stopped" else f"with {one.version or '(no version)'}"
    return f"{minute(one.at)} {what} (position {one.position})"


def _known_then(why: Why) -> Iterator[Line]:
    """What one would have been told on the day itself, and what made the difference."""
    same = (why.then.possible, why.then.certainty) == (why.serving.possible, why.serving.certainty)
    news = [*_facts("learned later", why.learned_later), *_facts("taken back since", why.taken_back)]
    if same and not news:
        return
    then = "the same" if same else what_served(why.then)
    then += f", under the policy {why.then.policy}" if why.then.policy not in (None, why.serving.policy) else ""
    yield Line(f"as known {when(why.then.known_at, False)}: {then}", tuple(news))


def _facts(heading: str, facts: Iterable[Ground]) -> Iterator[Line]:
    yield from (Line(f"{heading}: position {one.position}, {one.type}, {minute(one.known_at)}") for one in facts)
