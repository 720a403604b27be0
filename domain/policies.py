"""What does an update policy make of a model? Which policy acts, where a version leads, when an upgrade begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from modeltrail.domain.events import ForcedUpgradeAnnounced, RetirementAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.model import ModelState
from modeltrail.domain.values import Policy, is_provisioned
from modeltrail.domain.version import Sku

ModelsAt = Callable[[str], ModelState]
"""The state of any model at the moment concerned, by its full name."""

UPGRADING: tuple[Policy, ...] = ("auto-update", "upgrade-when-expired")
"""The policies under which a deployment leaves a version that is retired (R20, R23)."""


class Acting(NamedTuple):
    """The policy that acts for a deployment. `is_ineffective`: another one is stated, which cannot act (R18, R23)."""

    policy: Policy
    is_ineffective: bool = False


def acting_policy(stated: Policy, sku: Sku, model: ModelState) -> Acting:
    """Which policy acts: reserved capacity never moves (R23), nor under a policy not offered (R18); R22 for none."""
    if is_provisioned(sku) and model.rules.provisioned == "never-moved":
        return Acting("manual", stated in UPGRADING)
    if stated == "unspecified":
        return Acting(model.rules.unspecified)
    if model.offers is not None and stated not in model.offers:
        return Acting("manual", True)
    return Acting(stated)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a version leads: a version of a model, or nowhere, then with the reason. `because`: the positions."""

    model: str
    version: str | None
    reason: str | None = None
    because: frozenset[int] = frozenset()


def successor(models: ModelsAt, model: str, version: str, sku: Sku) -> Target:
    """Where a retired version leads: its replacement, else the default, else nothing (R15, R20)."""
    known = models(model).versions.get(version)
    if known is None or known.replacement is None:
        return _default_target(models(model), version, sku)
    named = known.replacement
    return _follow(models, (model, version), (named.to_model, named.to_version), sku, known.grounds(named.fact))


def _follow(
    models: ModelsAt, start: tuple[str, str], target: tuple[str, str | None], sku: Sku, because: frozenset[int]
) -> Target:
    """The first choosable version along the replacements, from one that was named (R15)."""
    passed = [start]
    while True:
        model, named = target
        version = models(model).default_for(sku) if named is None else named
        if version is None:
            return Target(model, None, f"its replacement {model} has no default", because)
        if (model, version) in passed:
            return Target(model, None, f"its replacements lead in a circle by {model} {version}", because)
        if models(model).is_choosable(version, sku):
            return Target(model, version, None, because)
        known = models(model).versions.get(version)
        if known is None or known.replacement is None:
            return Target(model, None, f"its replacement {model} {version} cannot be chosen", because)
        passed.append((model, version))
        because |= known.grounds(known.replacement.fact)
        target = (known.replacement.to_model, known.replacement.to_version)


def _default_target(state: ModelState, retired: str, sku: Sku) -> Target:
    """The default as of then; the version that is retired is none, even where its retirement lies ahead (R10, R20)."""
    stated = state.stated_default
    if stated is None:
        others = [version for version in state.choosable(sku) if version != retired]
        default = others[0] if len(others) == 1 else None
    else:
        default = state.default_for(sku)
    if default is None or default == retired:
        return Target(state.model, None, f"{state.model} names no replacement for {retired} and has no default")
    return Target(state.model, default, None, frozenset({stated.position} if stated else ()))


def forced_target(models: ModelsAt, announcement: Fact, sku: Sku) -> Target:
    """Where a forced upgrade leads: to what it names, followed like a replacement, else as a retirement would (R24)."""
    event = announcement.event
    assert isinstance(event, ForcedUpgradeAnnounced)
    grounds = models(event.model).versions[event.version].grounds(announcement)
    if event.to_model is None and event.to_version is None:
        target = successor(models, event.model, event.version, sku)
        return replace(target, because=target.because | grounds)
    named = (event.to_model or event.model, event.to_version)
    return _follow(models, (event.model, event.version), named, sku, grounds)


@dataclass(frozen=True, slots=True)
class Opening:
    """When the upgrades away from a version begin before its retirement, and when they end (R20)."""

    begins: datetime
    ends: datetime | None
    because: frozenset[int]


def fixed_date(retirement: Fact | None) -> datetime | None:
    """The date of a standing retirement if it is fixed (R13)."""
    if retirement is None:
        return None
    event = retirement.event
    assert isinstance(event, RetirementAnnounced)
    return event.on if event.qualifier == "fixed" else None


def upgrade_opening(model: ModelState, version: str, sku: Sku) -> Opening | None:
    """The window before a retirement: from a published start date, else a lead time before a fixed date (R20)."""
    state = model.versions.get(version)
    if state is None or state.retired_by(sku) is not None:
        return None
    retirement = state.retirement_for(sku)
    date = fixed_date(retirement)
    replacement = state.replacement
    counting = (retirement, replacement.fact if replacement else None)
    because = frozenset[int]().union(*(state.grounds(fact) for fact in counting if fact is not None))
    if replacement is not None and replacement.upgrade_from is not None:
        return Opening(replacement.upgrade_from, date, because)
    lead = model.rules.lead_days
    if replacement is not None and replacement.lead_days is not None:
        lead = replacement.lead_days
    if date is None or lead == 0:
        return None
    return Opening(date - timedelta(days=lead), date, because)
