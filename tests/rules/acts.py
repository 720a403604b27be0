"""What do the tests of the engine begin with, and how do they read what it did?"""

from __future__ import annotations

from modeltrail import Trail
from modeltrail.advance import Advanced
from modeltrail.domain.events import DeploymentStopped, VersionChanged
from modeltrail.domain.facts import Fact
from rules.given import OWN, PROD, on, own


def running(policy: str = "auto-update", name: str = PROD, trail: Trail | None = None, **more: object) -> Trail:
    """Given an engine-run deployment of the engine's own model, on v1 since 10 February 2025."""
    trail = trail or own()
    on(trail, "2025-02-10").deployment(name).create(OWN, "v1", policy=policy, **more)
    return trail


def own_catalogue(trail: Trail) -> Trail:
    """Given, in a trail of one's own, the engine's model: v1 is the default, v2 is released."""
    model = on(trail, "2025-01-01").model(OWN)
    model.register(run_by="engine")
    model.release("v1")
    model.change_default("v1")
    model.release("v2")
    return trail


def promised(trail: Trail, default: str | None = None, retirement: str | None = None) -> Trail:
    """Given that, on 11 February, v2 is announced as the default, or the end of v1."""
    if default is not None:
        on(trail, "2025-02-11").model(OWN).announce_default("v2", on=default)
    if retirement is not None:
        on(trail, "2025-02-11").model(OWN).announce_retirement("v1", on=retirement)
    return trail


def done(advanced: Advanced) -> list[tuple[str, str]]:
    """What was carried out, and when it is effective."""
    return [(fact.event.type.partition(".")[2], fact.effective_at.date().isoformat()) for fact in advanced.facts]


def moves(trail: Trail, name: str = PROD) -> list[Fact]:
    """What the engine carried out for a deployment."""
    kinds = (VersionChanged, DeploymentStopped)
    return [fact for fact in trail.history(name) if fact.mode == "execution" and isinstance(fact.event, kinds)]
