"""R26 and R31: what becomes due at the moment of a sight, as exports tell it: they show version and policy at once."""

from __future__ import annotations

import pytest

from modeltrail import Trail
from modeltrail.domain.events import DeploymentObserved, PolicyChanged, SkuChanged
from modeltrail.domain.values import Policy
from rules.given import MIRRORED, PROD, deployed, mirrored, on, segments, served
from rules.watching import asked, logged, watched

EXPORT = "deployments.json"


def behind(policy: str = "manual", **more: str) -> Trail:
    """Given a deployment on v1, seen on 1 March, while v2 is the default since 20 February."""
    trail = deployed(mirrored(), policy=policy, **more)
    on(trail, "2025-02-20").model(MIRRORED).change_default("v2")
    return shown_on(trail, "2025-03-01", "v1")


def shown_on(trail: Trail, at: str, version: str, policy: Policy | None = None, sku: str | None = None) -> Trail:
    """What an export shows: the version, and what is new of policy and SKU."""
    sight = DeploymentObserved(deployment=PROD, model=MIRRORED, version=version)
    changes = [] if policy is None else [PolicyChanged(deployment=PROD, policy=policy)]
    skus = [] if sku is None else [SkuChanged(deployment=PROD, sku=sku)]
    on(trail, at, by="importer").state(sight, *changes, *skus, source=EXPORT)
    return trail


@pytest.mark.rule("R26", "R31")
def test_who_is_seen_with_auto_update_for_the_first_time_while_behind_is_due_from_then_on() -> None:
    trail = shown_on(behind(), "2025-03-05", "v1", policy="auto-update")
    assert asked(trail, "1 2 5 6 20") == ["v1", "v1", "v1", "v1 or v2", "v1 or v2"]
    shown_on(trail, "2025-03-12", "v2")
    assert (asked(trail, "5 6 12"), served(trail, "2025-03-12").cause) == (["v1", "v1 or v2", "v2"], "policy-change")


@pytest.mark.rule("R26", "R23")
def test_who_is_seen_with_another_sku_than_a_provisioned_one_while_behind_is_due_from_then_on() -> None:
    trail = shown_on(behind("auto-update", sku="ProvisionedManaged"), "2025-03-05", "v1", sku="Standard")
    shown_on(trail, "2025-03-12", "v2")
    assert (asked(trail, "5 6 12"), served(trail, "2025-03-12").cause) == (["v1", "v1 or v2", "v2"], "policy-change")


@pytest.mark.rule("R26")
def test_the_policy_that_the_first_sight_tells_makes_nothing_due() -> None:
    trail = mirrored()
    on(trail, "2025-02-20").model(MIRRORED).change_default("v2")
    shown_on(trail, "2025-03-05", "v1", policy="auto-update")
    assert asked(trail, "5 6 20") == ["v1", "v1", "v1"]


@pytest.mark.rule("R26", "R32")
def test_a_version_that_is_seen_together_with_its_policy_was_chosen_by_hand_and_holds() -> None:
    trail = deployed(mirrored(), policy="manual", version="v2")
    on(trail, "2025-02-20").model(MIRRORED).change_default("v2")
    shown_on(trail, "2025-03-01", "v2")
    shown_on(trail, "2025-03-05", "v1", policy="auto-update")
    assert asked(trail, "1 2 5 6 20") == ["v2", "v2 or v1", "v1", "v1", "v1"]
    assert segments(trail)[-1].cause == "unexplained"


@pytest.mark.rule("R32", "R34")
def test_a_stop_after_a_retirement_is_not_laid_to_a_logged_change() -> None:
    trail = watched("upgrade-when-expired")
    on(trail, "2025-02-20").model(MIRRORED).change_default("v2")
    logged(trail, "2025-03-02")
    on(trail, "2025-03-04").model(MIRRORED).retire("v1")
    on(trail, "2025-03-06", by="importer").deployment().observe(MIRRORED, "v1", status="stopped")
    assert asked(trail, "1 2 3 4 6") == ["v1", "v1 or stopped", "v1 or stopped", "v2 or stopped", "stopped"]
    assert served(trail, "2025-03-06").cause == "unexplained"
