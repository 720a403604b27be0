"""How do the tests of the rules tell their stories? A fixed clock, one verb a day, and answers in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from modeltrail import Rules, Trail
from modeltrail.domain.events import Event
from modeltrail.domain.facts import Fact
from modeltrail.projections.serving import SegmentAnswer, Serving
from modeltrail.projections.upcoming import Upcoming

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIRRORED = "azure-openai/chat"
"""A model that its provider runs, under the rules `azure-openai`."""
OWN = "acme/chat"
"""A model that the engine runs, under the rules `engine`."""
PROD = "chat-prod"
Verb = Callable[..., tuple[Fact, ...]]


class Once:
    """One verb of a model or a deployment, recorded at once: the facts that it recorded are its result."""

    def __init__(self, trail: Trail, kind: str, name: str, told: dict[str, Any]) -> None:
        self._trail, self._kind, self._name, self._told = trail, kind, name, told

    def __getattr__(self, verb: str) -> Verb:
        def recorded(*args: Any, **kwargs: Any) -> tuple[Fact, ...]:
            with self._trail.record(**self._told) as rec:
                subject = rec.model(self._name) if self._kind == "model" else rec.deployment(self._name)
                getattr(subject, verb)(*args, **kwargs)
            return rec.facts

        return recorded


class Day:
    """A moment at which things are recorded, and when they became known: the same day, unless told otherwise."""

    def __init__(self, trail: Trail, day: str, known: str | None, **told: Any) -> None:
        self._trail = trail
        self._told = {"by": "alice@example.com", "effective_at": day, "known_at": known or day, **told}

    def model(self, name: str) -> Once:
        return Once(self._trail, "model", name, self._told)

    def deployment(self, name: str = PROD) -> Once:
        return Once(self._trail, "deployment", name, self._told)

    def state(self, *events: Event, source: str | None = None) -> tuple[Fact, ...]:
        """What is read from an export or a log, and has no verb."""
        effective_at, known_at = day(self._told["effective_at"]), day(self._told["known_at"])
        with self._trail.record(**self._told) as rec:
            for event in events:
                rec.state(event, source=source, effective_at=effective_at, known_at=known_at)
        return rec.facts

    def retract(self, *positions: int, why: str = "it was wrong") -> tuple[Fact, ...]:
        with self._trail.record(**self._told) as rec:
            for position in positions:
                rec.retract(position, why=why)
        return rec.facts


def on(trail: Trail, day: str, known: str | None = None, **told: Any) -> Day:
    """What follows is effective on a day; `known` is when it was learned, `told` who says so, why, from where."""
    return Day(trail, day, known, **told)


def empty() -> Trail:
    """A trail without facts, whose clock stands still at `NOW`."""
    return Trail.open("memory:", clock=lambda: NOW)


def mirrored(rules: str | Rules | Mapping[str, object] = "azure-openai", **registration: Any) -> Trail:
    """Given a model of a provider: v1 is the default since 1 January 2025, v2 is released on 1 February."""
    trail = empty()
    on(trail, "2025-01-01").model(MIRRORED).register(rules=rules, **registration)
    on(trail, "2025-01-01").model(MIRRORED).release("v1")
    on(trail, "2025-01-01").model(MIRRORED).change_default("v1")
    on(trail, "2025-02-01").model(MIRRORED).release("v2")
    return trail


def own(**registration: Any) -> Trail:
    """Given a model that the engine runs: v1 is the default since 1 January 2025, v2 is released on 1 February."""
    trail = empty()
    on(trail, "2025-01-01").model(OWN).register(run_by="engine", **registration)
    on(trail, "2025-01-01").model(OWN).release("v1")
    on(trail, "2025-01-01").model(OWN).change_default("v1")
    on(trail, "2025-02-01").model(OWN).release("v2")
    return trail


def deployed(trail: Trail, policy: str = "auto-update", version: str | None = "v1", **more: Any) -> Trail:
    """Given a deployment of the provider's model, mirrored, created on 10 February 2025."""
    more = {"model": MIRRORED, "run_by": "provider", **more}
    on(trail, "2025-02-10").deployment().create(version=version, policy=policy, **more)
    return trail


def served(trail: Trail, t: str, known: str | None = None, name: str = PROD) -> Serving:
    """The answer as of a day, as known on another."""
    return trail.at(t, known_at=known).serving(name)


def shown(trail: Trail, t: str, known: str | None = None, name: str = PROD) -> str:
    """What is possible, in a few words: `v1`, `v1 or v2`, `v1 or stopped`, `absent`, or `openai/chat v3` elsewhere."""
    answer = served(trail, t, known, name)
    if not answer.possible:
        return answer.status
    homes = (MIRRORED, OWN)
    words = [
        "stopped" if one.status == "stopped" else f"{'' if one.model in homes else one.model} {one.version}".strip()
        for one in answer.possible
    ]
    return " or ".join(words)


def segments(trail: Trail, name: str = PROD) -> tuple[SegmentAnswer, ...]:
    """The whole course of a deployment, as known now."""
    return trail.at().course(name).segments


def ahead(trail: Trail, t: str, days: int = 60, known: str | None = None) -> list[Upcoming]:
    """What is upcoming for the deployment, seen from a day."""
    return [one for one in trail.at(t, known_at=known).upcoming(days) if one.deployment is not None]


def day(text: str) -> datetime:
    """A day as a moment, its midnight in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
