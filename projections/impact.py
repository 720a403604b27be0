"""Who runs a version, who ran it and when, and who is hit when it is retired? Read from courses (R28)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modeltrail.domain.course import Course
from modeltrail.domain.events import RetirementAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.segments import Certainty, Outcome, Segment
from modeltrail.domain.values import Instant, Policy, Qualifier
from modeltrail.projections.models import Answer
from modeltrail.projections.upcoming import Target


class Runs(Answer):
    """A deployment that runs a version, or may: then `certainty` is `window`, until `deadline` (R29, R30)."""

    deployment: str
    owner: str | None
    version: str
    certainty: Certainty
    since: Instant
    deadline: Instant | None
    policy: Policy
    policy_effective: Policy
    sku: str | None
    because: tuple[int, ...]


class Ran(Answer):
    """A time in which a deployment ran a version, or may have: `certainty` says. `until`: null where it goes on."""

    deployment: str
    owner: str | None
    version: str
    since: Instant
    until: Instant | None
    certainty: Certainty
    because: tuple[int, ...]


class Hit(Answer):
    """What becomes of a deployment that runs a version, or may, when that is retired: a move, or a stop.

    `on` and `until`: when; the same where it comes at one moment. `certainty`: how sure it is that it runs the version
    now. `announced_on` and `qualifier`: the date of the retirement that stands for its SKU, null for none;
    `supposed`: no date lies ahead, so this is what would be if the version were retired at the moment asked about.
    `cause`: what moves it, which may come before the retirement. `tested` and `test_result` as of `Upcoming` (R36).
    """

    deployment: str
    owner: str | None
    version: str
    certainty: Certainty
    policy: Policy
    policy_effective: Policy
    sku: str | None
    kind: Literal["move", "stop"]
    to: Target | None
    on: Instant
    until: Instant
    cause: str
    announced_on: Instant | None
    qualifier: Qualifier | None
    supposed: bool
    tested: bool | None
    test_result: Literal["passed", "failed"] | None
    stopped_because: str | None
    flags: tuple[str, ...]
    because: tuple[int, ...]


class Impact(Answer):
    """Whom a version of a model concerns at `at`, as known at `known_at`; null for `version`: every version of it.

    `runs`: who runs it then; `ran`: who ran it by then, and when; `hit`: what its retirement makes of those who run it,
    as far as what was effective by then tells.
    """

    model: str
    version: str | None
    at: Instant
    known_at: Instant
    runs: tuple[Runs, ...]
    ran: tuple[Ran, ...]
    hit: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Concerned:
    """The version of a model that one asks about; null for all of them."""

    model: str
    version: str | None

    def among(self, possible: Iterable[Outcome]) -> Iterator[str]:
        """The versions of them that are possible."""
        for one in possible:
            if one.model == self.model and one.version is not None and self.version in (None, one.version):
                yield one.version


def runs(course: Course, concerned: Concerned, at: datetime) -> Iterator[Runs]:
    """What a deployment runs of a model at a moment."""
    part = course.at(at)
    for version in concerned.among(part.possible) if part is not None else ():
        assert part is not None
        yield Runs(
            deployment=course.deployment,
            owner=part.owner,
            version=version,
            certainty=part.certainty,
            since=part.since,
            deadline=part.deadline,
            policy=part.policy,
            policy_effective=part.policy_effective,
            sku=part.sku,
            because=part.because,
        )


def ran(course: Course, concerned: Concerned, at: datetime) -> list[Ran]:
    """What a deployment ran of a model by a moment: neighbours that are as sure of the same are one time."""
    found: list[Ran] = []
    for part in course.segments:
        if part.since > at:
            break
        for version in concerned.among(part.possible):
            now = _ran(course.deployment, part, version, at)
            before = next((one for one in reversed(found) if one.version == version), None)
            if before is not None and (before.until, before.certainty) == (now.since, now.certainty):
                found.remove(before)
                because = tuple(sorted({*before.because, *now.because}))
                now = now.model_copy(update={"since": before.since, "because": because})
            found.append(now)
    return found


def _ran(deployment: str, part: Segment, version: str, at: datetime) -> Ran:
    return Ran(
        deployment=deployment,
        owner=part.owner,
        version=version,
        since=part.since,
        until=part.until if part.until is not None and part.until <= at else None,
        certainty=part.certainty,
        because=part.because,
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    """The way in which a deployment leaves a version: the last segment in which it may be there, and the next one.

    `opened`: when what it leads to became possible.
    """

    opened: datetime
    left: datetime
    to: Outcome
    part: Segment


def leaving(ahead: Course, seen: Outcome, present: Sequence[Outcome], at: datetime) -> list[Leaving]:
    """Where a deployment goes that may be on a version at a moment; nothing where it stays for good.

    `present`: what is possible at the moment. Of what is possible afterwards that leads there which was not before, if
    there is any: the rest is where it may be instead.
    """
    coming = [part for part in ahead.segments if part.until is None or part.until > at]
    end = next((number for number, part in enumerate(coming) if seen not in part.possible), None)
    if end is None or not coming[end].possible:
        return []
    gone = coming[end]
    found: list[Leaving] = []
    for outcome in [one for one in gone.possible if one not in present] or gone.possible:
        opened = gone
        for part in reversed(coming[:end]):
            if outcome not in part.possible:
                break
            opened = part
        found.append(Leaving(max(opened.since, at), max(gone.since, at), outcome, opened))
    return found


@dataclass(frozen=True, slots=True)
class Retirement:
    """The retirement of a version for the SKU of a deployment: what stands announced, and whether it is supposed."""

    announced: Fact | None
    is_supposed: bool


def hit(
    one: Runs, way: Leaving, retirement: Retirement, result: Literal["passed", "failed"] | None, *, breaks_api: bool
) -> Hit:
    """What the retirement of a version makes of a deployment that runs it."""
    event = retirement.announced.event if retirement.announced is not None else None
    said = event if isinstance(event, RetirementAnnounced) else None
    is_stop = way.to.status == "stopped"
    flags = {*way.part.flags} - {"api-break"} | ({"api-break"} if breaks_api else set())
    positions = {*one.because, *way.part.because, *((retirement.announced.position,) if retirement.announced else ())}
    return Hit(
        deployment=one.deployment,
        owner=one.owner,
        version=one.version,
        certainty=one.certainty,
        policy=one.policy,
        policy_effective=one.policy_effective,
        sku=one.sku,
        kind="stop" if is_stop else "move",
        to=None if way.to.model is None else Target(model=way.to.model, version=way.to.version),
        on=way.opened,
        until=way.left,
        cause=way.part.cause,
        announced_on=said.on if said is not None else None,
        qualifier=said.qualifier if said is not None else None,
        supposed=retirement.is_supposed,
        tested=None if is_stop else result is not None,
        test_result=result,
        stopped_because=way.part.stopped_because if is_stop else None,
        flags=tuple(sorted(flags)),
        because=tuple(sorted(position for position in positions if position > 0)),
    )
