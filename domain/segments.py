"""Of what does a course consist? Segments: what is possible from when to when, how sure that is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from modeltrail.domain.values import Policy, RunBy

Certainty = Literal["recorded", "observed", "assumed", "window"]
"""How sure an answer is (R29)."""
Status = Literal["serving", "stopped", "window", "deleted", "absent"]
"""What a deployment does at a moment; `window`: more than one thing is possible (R30)."""
Cause = str
"""Why a deployment is where it is: `created`, `by-hand`, `executed`, `first-sight`, `default-change`, `policy-change`,
`preview`, `forced`, `retirement`, `upgrade-window`, `overdue`, `reinstatement`, `unexplained` or `deleted`."""


class Place(NamedTuple):
    """What a deployment may be doing: serving a version of a model, or stopped on it.

    A null version is one that nobody has named: created with a default that is not known (R26).
    """

    model: str
    version: str | None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A place as it is answered: a stopped deployment serves nothing."""

    status: Literal["serving", "stopped"]
    model: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A move or stop that is due and that a host holds back since a moment: where to, why, on which positions (R37)."""

    to: Place
    cause: Cause
    since: datetime
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a course, half-open: from `since` up to `until`, which is null where it goes on.

    `possible`: one outcome where it is certain, more in a window, none once deleted. `deadline`: when a window closes.
    `because`: the positions that it rests on.
    """

    since: datetime
    until: datetime | None
    status: Status
    possible: tuple[Outcome, ...]
    certainty: Certainty
    cause: Cause
    policy: Policy
    policy_effective: Policy
    rules: str
    because: tuple[int, ...]
    deadline: datetime | None
    sku: str | None
    api_version: str | None
    owner: str | None
    run_by: RunBy
    incarnation: int
    flags: tuple[str, ...]
    stopped_because: str | None
    waits_for: Waiting | None = None
