"""What does `az cognitiveservices account deployment list` show? The deployments of an account, each with its version.

One element of the list is one deployment as Azure Resource Manager describes it. It is named by its ARM id, which folds
case (R3), and lies in its account, which the export lists completely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from modeltrail.domain.events import (
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentObserved,
    PolicyChanged,
    SkuChanged,
)
from modeltrail.domain.values import MICROSECOND, Policy, Sighted, instant_text
from modeltrail.imports.exports import Change, Export, Row, Stated, Unreadable
from modeltrail.imports.fields import instant_of, storable, text_in

CATALOGUE = "azure-openai"
"""The catalogue of deployments whose schedule nobody names: the one that Azure's documents describe."""
POLICIES: Mapping[str | None, Policy] = {
    None: "unspecified",
    "OnceNewDefaultVersionAvailable": "auto-update",
    "OnceCurrentVersionExpired": "upgrade-when-expired",
    "NoAutoUpgrade": "manual",
}
"""What `versionUpgradeOption` means (R17); absent or null is `unspecified`."""
_DOWN = frozenset({"Creating", "Accepted", "Deleting", "Disabled"})
"""The states of provisioning in which a deployment answers no calls; after a failed change it runs on as it was."""
_ACCOUNT = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/[^/]+/accounts/[^/]+)/deployments/[^/]+")
_STREAM = "deployment/"


def account_id(text: str) -> str:
    """The ARM id of an account, folded. Raises ValueError, with the way out, for anything else."""
    folded = text.strip().lower().rstrip("/")
    if not _ACCOUNT.fullmatch(f"{folded}/deployments/any"):
        raise ValueError(
            f"{text!r} is no ARM id of an account: give /subscriptions/.../resourceGroups/.../providers/"
            "Microsoft.CognitiveServices/accounts/NAME, as az cognitiveservices account show --query id prints it"
        )
    return folded


def deployment_id(item: object, field: str) -> tuple[str, str]:
    """The ARM ids of a deployment and of its account that a field of an element holds, folded. Raises ValueError."""
    arm_id = text_in(item, field)
    key = storable((arm_id or "").lower(), _STREAM, field)
    found = _ACCOUNT.fullmatch(key)
    if found is None:
        raise ValueError(f"{field}: {arm_id!r} is no ARM id of a deployment: fetch the list again, with all fields")
    return key, found[1]


class AzureDeployments(Export):
    """The deployments of one account or more, under the schedule of a catalogue."""

    name: ClassVar[str] = "azure-deployments"

    def __init__(self, catalogue: str = CATALOGUE, accounts: Iterable[str] = ()) -> None:
        super().__init__(catalogue, map(account_id, accounts))

    def read(self, item: object) -> Row:
        """One deployment. Raises Unreadable."""
        try:
            key, account = deployment_id(item, "id")
        except ValueError as error:
            raise Unreadable(str(error)) from None
        try:
            shown = dict(self._shown(item))
        except ValueError as error:
            raise Unreadable(str(error), key, account) from None
        return Row(key, account, f"{_STREAM}{key}", shown)

    def _shown(self, item: object) -> Iterator[tuple[str, str]]:
        model = text_in(item, "properties", "model", "name")
        if model is None:
            raise ValueError("properties.model.name is missing: ask Azure what this deployment runs")
        yield "model", storable(f"{self.catalogue}/{model}", "", "properties", "model", "name")
        yield "version", text_in(item, "properties", "model", "version") or ""
        option = text_in(item, "properties", "versionUpgradeOption")
        if option not in POLICIES:
            known = ", ".join(word for word in POLICIES if word)
            raise ValueError(f"properties.versionUpgradeOption: {option!r} is unknown: it should be one of {known}")
        yield "policy", POLICIES[option]
        sku = text_in(item, "sku", "name")
        if sku is not None:
            yield "sku", sku
        yield "status", _status(item)
        created_at = instant_of(item, "systemData", "createdAt")
        if created_at is not None:
            yield "created_at", instant_text(created_at)

    def differences(self, change: Change) -> Iterator[Stated]:
        """What the difference between two sights of a deployment states (R3, R16, R31)."""
        if change.after is None:
            yield Stated(DeploymentDeleted(deployment=change.key, not_before=change.before_at))
            return
        begun = self._begun(change)
        if begun is not None and change.before is not None:
            gone = DeploymentDeleted(deployment=change.key, not_before=change.before_at)
            yield Stated(gone, begun - MICROSECOND)
        if begun is not None:
            yield Stated(_created(change), begun)
        if begun is not None or change.differs("model", "version", "status", "created_at"):
            yield Stated(_seen(change, self.name))
        is_told = begun is not None
        not_before = None if change.before is None else change.before_at
        if not is_told and change.differs("policy"):
            yield Stated(PolicyChanged(deployment=change.key, policy=_policy(change), not_before=not_before))
        if not is_told and change.differs("sku"):
            yield Stated(SkuChanged(deployment=change.key, sku=change.shows("sku"), not_before=not_before))

    def _begun(self, change: Change) -> datetime | None:
        """When it was created, where that lies between the export before and this one: it is another one, or new."""
        created_at = _moment(change.shows("created_at"))
        if created_at is None or change.before_at is None or not change.before_at < created_at <= change.at:
            return None
        return created_at if change.was("created_at") != change.shows("created_at") else None


def _status(item: object) -> Sighted:
    """Whether it answers calls, as far as Azure says so."""
    is_paused = text_in(item, "properties", "deploymentState") == "Paused"
    return "stopped" if is_paused or text_in(item, "properties", "provisioningState") in _DOWN else "serving"


def _policy(change: Change) -> Policy:
    return next(policy for policy in POLICIES.values() if policy == change.shows("policy"))


def _created(change: Change) -> DeploymentCreated:
    """What the first export after a creation shows is what it was created with."""
    assert change.after is not None
    return DeploymentCreated(
        deployment=change.key,
        model=change.after["model"],
        version=change.after["version"] or None,
        policy=_policy(change),
        sku=change.shows("sku"),
        run_by="provider",
    )


def _seen(change: Change, export: str) -> DeploymentObserved:
    assert change.after is not None
    return DeploymentObserved(
        deployment=change.key,
        model=change.after["model"],
        version=change.after["version"],
        status="stopped" if change.after["status"] == "stopped" else "serving",
        export=export,
        created_at=_moment(change.shows("created_at")),
        not_before=None if change.before is None else change.before_at,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
