"""Why does a deployment serve what it serves, who caused that, how much notice was there, and what was known then?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modeltrail.domain.course import Course
from modeltrail.domain.events import DeploymentObserved
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.segments import Certainty, Segment
from modeltrail.domain.values import Instant, Mode, Policy, Rules, Sighted
from modeltrail.projections.announcements import Announcement, Kind
from modeltrail.projections.models import Answer
from modeltrail.projections.policies import PolicyInForce
from modeltrail.projections.serving import Callers, Possible, Serving, possible, serving

_DAY = timedelta(days=1)
_OF_WHAT_IT_LEFT: frozenset[Kind] = frozenset({"retirement", "forced-upgrade", "replacement"})


class Ground(Answer):
    """A fact on which an answer rests: its position in the log, its clocks, who, why and from where (R42).

    `event`: its stored name; `data`: its fields. `known_then`: whether it was known at the moment asked about.
    """

    position: int
    event: str
    data: dict[str, object]
    effective_at: Instant
    known_at: Instant
    recorded_at: Instant
    mode: Mode
    by: str
    why: str | None
    source: str | None
    known_then: bool


class Arrival(Answer):
    """How a deployment came to where it is: a move, a stop, or its beginning.

    It took place after `earliest` and by `latest`, the same where the moment is certain; `latest` is null where nobody
    can tell yet. `left`: what was possible before, none where the deployment began. `cause`, `certainty`, `policy` and
    `rules` are those of the course there (R28); `grounds`: the facts that it rests on.
    """

    earliest: Instant
    latest: Instant | None
    left: tuple[Possible, ...]
    to: tuple[Possible, ...]
    cause: str
    certainty: Certainty
    policy: Policy
    rules: str
    grounds: tuple[Ground, ...]


class NoticeGiven(Answer):
    """An announcement of what moved the deployment, and how many whole days of notice it gave.

    `promised_days`: from when it was known to its date (R11). `real_days`: from when it was known to the earliest
    moment of the move; negative where it was learned afterwards. `standing`: whether it stood when the move began.
    """

    position: int
    kind: Kind
    model: str
    version: str
    on: Instant | None
    qualifier: str
    to_model: str | None
    to_version: str | None
    known_at: Instant
    source: str | None
    standing: bool
    promised_days: int | None
    real_days: int


class Sight(Answer):
    """An export showed the deployment like this (R31)."""

    at: Instant
    model: str
    version: str
    status: Sighted
    position: int
    source: str | None


class SightsAround(Answer):
    """The last sight by the moment asked about, the first one after it, and how many there were by then."""

    before: Sight | None
    after: Sight | None
    count: int


class RulesInForce(Answer):
    """The rules of the model at the moment, and the fact that put them in force, null where they are usual (R46)."""

    model: str
    rules: Rules
    since: Instant | None
    position: int | None


class Why(Answer):
    """Why a deployment does what it does at a moment: everything that one would ask next.

    `serving` is the answer itself. `arrival`: how it came there. `policy`: what counts, and who set it when and why.
    `announcements`: those of what moved it. `then`: the answer as known at the moment itself. `learned_later`: the
    facts of this answer that were not known then; `taken_back`: those of the answer of then that were retracted since.
    All but `serving` and `then` are null or empty where the deployment does not exist.
    """

    serving: Serving
    arrival: Arrival | None
    policy: PolicyInForce | None
    rules: RulesInForce | None
    announcements: tuple[NoticeGiven, ...]
    sights: SightsAround | None
    then: Serving
    learned_later: tuple[Ground, ...]
    taken_back: tuple[Ground, ...]
