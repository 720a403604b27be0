"""How is what is to come put into a calendar? As iCalendar (RFC 5545), one event an entry, the same id for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from modeltrail.phrases import coming, listed, positions
from modeltrail.projections.upcoming import Upcoming

if TYPE_CHECKING:
    from icalendar import Event

_MIDNIGHT = (0, 0, 0, 0)


def calendar(answers: Iterable[Upcoming], asked_at: datetime) -> bytes:
    """A calendar of what is to come, as asked at a moment.

    The id of an event tells what happens to whom, not when: a calendar that is fetched again moves an event whose date
    was moved. What is not firm is tentative. Raises ValueError where icalendar is not installed.
    """
    try:
        from icalendar import Calendar
    except ImportError as missing:
        raise ValueError("a calendar needs icalendar: pip install 'modeltrail[ical]'") from missing
    whole = Calendar()
    whole.add("prodid", "-//modeltrail//upcoming//EN")
    whole.add("version", "2.0")
    whole.add("name", "Models: what is to come")
    taken: dict[str, int] = {}
    for one in answers:
        same = taken[_id(one)] = taken.get(_id(one), -1) + 1
        whole.add_component(_event(one, asked_at, same))
    return bytes(whole.to_ical())


def _id(one: Upcoming) -> str:
    """What happens to whom, in a digest."""
    to = (one.to.model, one.to.version) if one.to is not None else None
    what = (one.kind, one.deployment, one.model, one.version, one.sku if one.deployment is None else None, to)
    return sha256(repr(what).encode()).hexdigest()[:32]


def _event(one: Upcoming, asked_at: datetime, same: int) -> Event:
    """An event; `same` counts those of which the same is said before it."""
    from icalendar import Event

    event = Event()
    event.add("uid", f"{_id(one)}{f'-{same}' if same else ''}@modeltrail")
    event.add("dtstamp", asked_at)
    is_day = (one.on.hour, one.on.minute, one.on.second, one.on.microsecond) == _MIDNIGHT
    if one.until is not None and one.until > one.on:
        event.add("dtstart", one.on)
        event.add("dtend", one.until)
    elif is_day:
        event.add("dtstart", one.on.date())
        event.add("dtend", one.on.date() + timedelta(days=1))
    else:
        event.add("dtstart", one.on)
    event.add("summary", coming(one))
    event.add("description", "\n".join(filter(None, [one.advice, f"because of positions {positions(one.because)}"])))
    is_firm = one.qualifier in (None, "fixed") and one.certainty != "window"
    event.add("status", "CONFIRMED" if is_firm else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    event.add("categories", [listed(["modeltrail", one.kind]).replace(", ", "-")])
    return event
