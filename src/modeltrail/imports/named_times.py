"""When was an export made, by the name of its file? Nothing is guessed: what may mean two moments is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DAY = re.compile(
    r"""(?<![0-9])(?P<year>20[0-9]{2})(?:
    (?P<dash>[-_])(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})(?![0-9])
    |(?P<mm>[0-9]{2})(?P<dd>[0-9]{2})(?=$|[^A-Z0-9]|T[0-9]|Z|UTC|[0-9]{4}(?:[0-9]{2})?(?![0-9]))
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""A day; eight digits within a longer number, or a word of letters and digits, are none."""
_TIME = re.compile(
    r"""(?P<between>[T_ -]?)(?P<hour>[0-9]{2})
    (?:(?P<colon>[:._-]?)(?P<minute>[0-9]{2})
        (?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,6})(?=Z|UTC|[+-]))?)?)?
    (?P<zone>Z|UTC|(?P<sign>[+-])(?P<hours>0[0-9]|1[0-4]):?(?P<minutes>00|15|30|45))?
    (?![A-Z0-9])""",
    re.VERBOSE | re.IGNORECASE,
)
_LIKE_A_TIME = re.compile(r"[T_ -]?[0-9]{2}|T[0-9]", re.IGNORECASE)
"""What is no time behind a day but may be meant as one; a single digit is the number of a copy."""
_MORE_OF_A_TIME = re.compile(r"[-+_: ]?[0-9]")
"""What may be the seconds or the zone of a time that seems to have none."""
_GIVE = "say when the export was made (--observed-at)"


def named_time(name: str) -> datetime | None:
    """The moment in the name of a file, null where there is none. A day is its 00:00Z, a time without zone is UTC.

    >>> named_time("deployments-2026-11-23.json").isoformat()
    '2026-11-23T00:00:00+00:00'
    >>> named_time("20261123T020000+0100.json").isoformat()
    '2026-11-23T01:00:00+00:00'
    >>> named_time("deployments.json") is None
    True

    Raises ValueError, with the way out, for two dates, an impossible one, and a time that may mean several.
    """
    found = list(_DAY.finditer(name))
    ends = [*(day.start() for day in found[1:]), len(name)]
    times = [_time(name, name[day.end() : end]) for day, end in zip(found, ends, strict=False)]
    days = {_moment(name, day, None) for day in found}
    moments = {_moment(name, day, time) for day, time in zip(found, times, strict=True) if time is not None}
    if len(days) > 1 or len(moments) > 1:
        raise ValueError(f"the name {name!r} has two dates: leave one of them, or {_GIVE}")
    return next(iter(moments or days), None)


def before_time(name: str) -> str:
    """What stands before the first day in the name of a file.

    >>> before_time("azure@swedencentral.2026-11-23.json")
    'azure@swedencentral.'
    """
    found = _DAY.search(name)
    return name if found is None else name[: found.start()]


def _time(name: str, rest: str) -> re.Match[str] | None:
    """The time that stands behind a day, null where none does."""
    time = _TIME.match(rest)
    is_one = time is not None and (time["minute"] is not None or time["between"] in ("T", "t"))
    if time is not None and is_one and (time["zone"] or not _MORE_OF_A_TIME.match(rest[time.end() :])):
        return time
    if is_one or _LIKE_A_TIME.match(rest):
        raise ValueError(f"the name {name!r} has no clear time: write it as 2026-11-23T0200Z, or {_GIVE}")
    return None


def _moment(name: str, day: re.Match[str], time: re.Match[str] | None) -> datetime:
    """A day and perhaps its time. Raises ValueError for one that does not exist."""
    clock = {} if time is None else time.groupdict(default="0")
    hour, minute, second, hours, minutes = (
        int(clock.get(part, "0")) for part in ("hour", "minute", "second", "hours", "minutes")
    )
    fraction = int(clock.get("fraction", "0").ljust(6, "0"))
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if clock.get("sign") == "-" else 1)
    month, number = day["month"] or day["mm"], day["day"] or day["dd"]
    try:
        moment = datetime(int(day["year"]), int(month), int(number), hour, minute, second, fraction, timezone(offset))
    except ValueError:
        raise ValueError(f"the name {name!r} has a date that does not exist: correct it, or {_GIVE}") from None
    return moment.astimezone(UTC)
