"""What should an owner do about something that is to come?"""

from __future__ import annotations

from datetime import datetime

from modeltrail.domain.values import RunBy, instant_text
from modeltrail.projections.upcoming import Target, Upcoming

_INSTEAD = "or choose another version, or another policy where its version stays"


def advice(entry: Upcoming, at: datetime, run_by: RunBy = "provider") -> str | None:
    """What to do at a moment about an entry, in a sentence; null where there is nothing to do but to know.

    Of the catalogue only what is overdue asks for something: to find out what happened, or where the engine runs the
    model, to have it carried out (R12). `run_by`: who runs the model.
    """
    if entry.deployment is None:
        return _about_the_catalogue(entry, run_by)
    if "failed" in entry.flags:
        return "mend what its host could not do: it is asked again then"
    if "postponed" in entry.flags:
        return "its host has put it off: settle what it waits for, or move it by hand"
    is_there = entry.on <= at
    by = "now" if is_there else f"by {_day(entry.on)}"
    match entry.kind:
        case "api-break":
            return f"{by}, let its consumer use an API version that {_named(entry.to)} answers, and pin that"
        case "stop":
            looked = "look whether it still answers, and " if is_there else ""
            return f"{by}, {looked}change it to a version that stays: nothing else will move it"
        case _:
            return _before_a_move(entry, f"{by}: it may have moved;" if is_there else f"{by},")


def _about_the_catalogue(entry: Upcoming, run_by: RunBy) -> str | None:
    if "overdue" not in entry.flags:
        return None
    if run_by == "engine" and entry.kind != "replacement":
        if entry.qualifier != "fixed":
            return "announce a fixed date: no other one is carried out"
        return "advance: that carries it out, or says why not"
    if entry.qualifier != "fixed":
        return "it may happen any day now: look for its date"
    return "its date has passed: find out whether it happened, and record that or the new date"


def _before_a_move(entry: Upcoming, by: str) -> str:
    """A move: its target has to be tested before (R36). No policy keeps a version that is retired (R20, R21)."""
    target = _named(entry.to)
    match entry.test_result:
        case "passed":
            return f"nothing: {target} was tested for it and passed"
        case "failed":
            return f"{by} mend what failed with {target} and test it again, {_INSTEAD}"
        case _:
            return f"{by} test {target} for it and record the result, {_INSTEAD}"


def _named(to: Target | None) -> str:
    return "what it is moved to" if to is None or to.version is None else f"{to.model} {to.version}".rstrip()


def _day(at: datetime) -> str:
    return instant_text(at)[: len("2025-03-26")]
