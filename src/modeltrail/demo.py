"""What is this good for? A real schedule played against ten invented deployments: the questions, and their answers.

Everything is computed from the log when the demo runs. Its clock stands still, so the page is always the same, and the
log it leaves behind has the same root each time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from shlex import quote
from shutil import which
from textwrap import fill

from modeltrail.apply import apply_lines
from modeltrail.domain.events import (
    DefaultChanged,
    DeploymentCreated,
    DeploymentObserved,
    Event,
    VersionEvent,
    VersionTested,
)
from modeltrail.domain.facts import Fact
from modeltrail.imports.notices import read_notices
from modeltrail.phrases import minute, moment, places
from modeltrail.projections.serving import SegmentAnswer, Serving
from modeltrail.projections.upcoming import Upcoming
from modeltrail.trail import Trail

BY = "modeltrail demo"
"""Who records the schedule; a store whose first fact says so is the demo's own."""
CATALOGUE = "azure-openai"
STORE = Path("demo.db")
"""Where the log stays, in the current folder."""
TODAY = datetime(2025, 7, 1, tzinfo=UTC)
DAY, KNOWN = "2025-04-01", "2025-04-10"
WIDTH = 80
TRY_NEXT = (
    "why legacy-bot --at 2025-02-15",
    "report -o site --at 2025-07-01",
    "verify",
)


def main() -> None:
    """Print the questions and answers, and leave the log in a file for more. Raises ValueError for another's file."""
    with Trail.open("memory:", clock=_today) as trail:
        play(trail)
        try:
            for line in page(trail):
                print(line)
        finally:  # also for who reads only the beginning of the page
            keep(trail)
    print(f"All of it is in {STORE} now, in this folder. Try next:")
    for command in TRY_NEXT:
        print(f"  {program()} --store sqlite:///{STORE} {command}")


def _today() -> datetime:
    return TODAY


def play(trail: Trail) -> None:
    """Record the schedule and the fleet."""
    data = files("modeltrail") / "data"
    with (data / "notices.csv").open(encoding="utf-8") as rows:
        trail.take(read_notices(rows, catalogue=CATALOGUE), catalogue=CATALOGUE, by=BY, source="notices.csv")
    with (data / "fleet.jsonl").open("rb") as lines:
        problems = [outcome for outcome in apply_lines(trail, lines, by=BY) if outcome.problem is not None]
    assert not problems, problems


def keep(played: Trail) -> None:
    """Leave the log in a file. One that holds it already stays, with whatever was recorded there since.

    Raises ValueError where the file is there and is not the demo's: nothing is overwritten.
    """
    if STORE.exists():
        if _holds(played):
            return
        for path in (STORE, *(STORE.with_name(f"{STORE}{end}") for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
    with Trail.open(f"sqlite:///{STORE}", clock=_today) as trail:
        play(trail)


def _holds(played: Trail) -> bool:
    """Whether the file holds the whole demo; false for one of an older demo, or of one that was interrupted."""
    try:
        with Trail.open(f"sqlite:///{STORE}", clock=_today, read_only=True) as found:
            if not found.log.size() or found.log.fact(1).by == BY:
                return found.log.verify(played.log.checkpoint()).ok
    except ValueError:
        pass
    raise ValueError(f"{STORE} is here and is not the demo's: run the demo in another folder, or rename that file")


def program() -> str:
    """The command line as it was called, so that what is printed can be copied."""
    called = sys.argv[0]
    if Path(called).stem != "modeltrail":
        return "python -m modeltrail"
    return "modeltrail" if which("modeltrail") == called else quote(called)


def page(trail: Trail) -> Iterator[str]:
    """All questions with their answers, line by line."""
    yield from _paragraph(
        "Which version of a hosted model served an application on some day, why, and what did we know of it then? Here "
        f"with the real schedule of one provider, 2023 to 2025, and ten invented deployments: {trail.log.size()} facts "
        f"in a log. Today is {moment(TODAY)}."
    )
    questions = (_fleet, _what_was_known, _window, _outage, _reason, _ahead)
    for question in questions:
        yield ""
        yield from question(trail)
    yield ""


def _fleet(trail: Trail) -> Iterator[str]:
    yield f"Which version served each deployment on {DAY}?"
    for answer in trail.at(DAY).deployments():
        policy = f"({answer.policy})" if "ineffective" in answer.flags else answer.policy
        yield f"  {answer.deployment:15} {policy:20} {_places(answer):31} {answer.certainty}"
    yield from _answer(
        "recorded: stated or decided; observed: seen; assumed: derived, not seen; window: either is possible; "
        "(policy): without effect on reserved capacity."
    )


def _what_was_known(trail: Trail) -> Iterator[str]:
    yield f"What would we have answered on {KNOWN}, about the same day? Where it differs:"
    pairs = zip(trail.at(DAY, known_at=KNOWN).deployments(), trail.at(DAY).deployments(), strict=True)
    differing = [(then, now) for then, now in pairs if (then.possible, then.cause) != (now.possible, now.cause)]
    for then, now in differing:
        yield f"  {then.deployment:15} {KNOWN}  {_places(then)} ({then.cause})"
        yield f"  {'':15} {'today':10}  {_places(now)} ({now.cause})"
    learned = {position for then, now in differing for position in {*now.because} - {*then.because}}
    for fact in _facts(trail, learned, DefaultChanged):
        yield from _answer(f"{_told(fact)} on {_day(fact.effective_at)}: learned {_day(fact.known_at)}.")


def _window(trail: Trail) -> Iterator[str]:
    name = "chat-prod"
    asked = trail.at(DAY).serving(name)
    assert asked.since is not None and asked.deadline is not None
    after = trail.at(asked.deadline).serving(name)
    tests = _facts(trail, (fact.position for fact in trail.history(name)), VersionTested)
    yield f"Nobody looked at {name}. Which version was it on {DAY}?"
    yield from _answer(
        f"{_places(asked)}: the provider moved it between {moment(asked.since)} and "
        f"{moment(asked.deadline)}. From then on {_places(after)}, {after.certainty} until somebody looks."
    )
    for fact in tests:
        event = fact.event
        assert isinstance(event, VersionTested)
        yield from _answer(f"Its owner had tested {event.version} on {_day(fact.effective_at)}: {event.result}.")


def _outage(trail: Trail) -> Iterator[str]:
    name = "legacy-bot"
    parts = trail.at().course(name).segments
    down = [part for part in parts if part.possible[0].status == "stopped"]
    back = parts[parts.index(down[-1]) + 1]
    stop = trail.at(down[0].since).serving(name)
    yield f"When was {name} down, why, and who brought it back?"
    reason = _short(stop.stopped_because or "")
    yield from _answer(f"From {minute(down[0].since)} to {minute(back.since)}: {reason} ({stop.policy}).")
    known_before = {*parts[0].because}
    yield from _list(trail, {position for part in down for position in part.because} - known_before)
    for fact in _facts(trail, {*back.because} - known_before, Event):
        yield from _answer(f"Back on {_places(back)}, by {fact.by}: {fact.why}.")


def _reason(trail: Trail) -> Iterator[str]:
    name = "search-answers"
    answer = trail.at().serving(name)
    window, arrived = trail.at().course(name).segments[-2:]
    yield f"Why does {name} run on another version than it was created with?"
    yield from _answer(
        f"It moved from {window.possible[0].version} to {answer.version} between {minute(window.since)} and "
        f"{minute(arrived.since)}: policy {answer.policy}, cause {answer.cause}. The answer rests on these positions "
        "of the log:"
    )
    yield from _list(trail, answer.because)


def _ahead(trail: Trail) -> Iterator[str]:
    name, days = "search-answers", 120
    yield f"And what comes next for it, within {days} days of today?"
    for entry in trail.at().upcoming(days):
        if entry.deployment == name:
            yield from _answer(_coming(entry))


def _coming(entry: Upcoming) -> str:
    target = f"a {entry.kind}" if entry.to is None else f"a {entry.kind} to {_short(entry.to.model)} {entry.to.version}"
    test = "" if entry.tested is None else f" Its owner has {'' if entry.tested else 'not '}tested that version."
    return f"{minute(entry.on)} ({entry.qualifier}): {target}.{test}"


def _facts(trail: Trail, numbers: Iterable[int], kind: type[Event]) -> list[Fact]:
    """The facts at these positions that are of a kind, in the order in which they were effective."""
    found = [trail.log.fact(position) for position in numbers]
    return sorted((fact for fact in found if isinstance(fact.event, kind)), key=lambda fact: fact.effective_at)


def _list(trail: Trail, numbers: Iterable[int]) -> Iterator[str]:
    """Facts with their positions, days and sources, and when they were learned, if that was later."""
    for fact in _facts(trail, numbers, Event):
        source = fact.source if fact.known_at == fact.effective_at else f"{fact.source}; learned {_day(fact.known_at)}"
        begin = f"  {fact.position:3}  {_day(fact.effective_at)}  "
        yield from _paragraph(f"{_told(fact)} ({source})", begin, len(begin))


def _told(fact: Fact) -> str:
    """A fact in some words, without its day."""
    match fact.event:
        case DefaultChanged() as event:
            return f"The default of {_short(event.model)} became {event.version}"
        case DeploymentCreated() as event:
            return f"Created on {_short(event.model)} {event.version}"
        case DeploymentObserved() as event:
            return f"Seen {event.status} on {_short(event.model)} {event.version}"
        case VersionEvent() as event:
            return f"{_short(event.model)} {event.version} {event.type.rpartition('-')[2]}"
        case event:
            return event.type


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _places(answer: Serving | SegmentAnswer) -> str:
    return _short(places(answer.possible))


def _short(text: str) -> str:
    """The catalogue left out: all models of the demo are of one."""
    return text.replace(f"{CATALOGUE}/", "")


def _answer(text: str) -> Iterator[str]:
    return _paragraph(text, "  ", 2)


def _paragraph(text: str, begin: str = "", indent: int = 0) -> Iterator[str]:
    yield from fill(text, WIDTH, initial_indent=begin, subsequent_indent=" " * indent).splitlines()
