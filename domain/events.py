"""What can be recorded? The one catalogue of events, each with the name under which it is stored for ever.

Stored names and fields only ever grow: a new field has a default, a name is never used for something else.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modeltrail.domain.exported import ExportObserved as ExportObserved
from modeltrail.domain.exported import ExportRow as ExportRow
from modeltrail.domain.exported import ExportRowsObserved as ExportRowsObserved
from modeltrail.domain.exported import ReviewSettled as ReviewSettled
from modeltrail.domain.kinds import Announcement as Announcement
from modeltrail.domain.kinds import CatalogueEvent as CatalogueEvent
from modeltrail.domain.kinds import DeploymentEvent as DeploymentEvent
from modeltrail.domain.kinds import Event as Event
from modeltrail.domain.kinds import ModelEvent as ModelEvent
from modeltrail.domain.kinds import VersionEvent as VersionEvent
from modeltrail.domain.kinds import leaves as leaves
from modeltrail.domain.values import (
    Days,
    Instant,
    ModelName,
    Name,
    Policy,
    Positions,
    Rules,
    RunBy,
    Sighted,
    Stage,
    Text,
    Version,
)


class ModelRegistered(ModelEvent):
    """A model is followed from now on: who runs it, under which rules, which policies it offers (R7, R18, R46)."""

    type = "model.registered"
    rules: Rules
    offers: tuple[Policy, ...] | None = None
    run_by: RunBy = "provider"


class RulesChanged(ModelEvent):
    """Other rules are in force for a model (R46)."""

    type = "model.rules-changed"
    rules: Rules


class OffersChanged(ModelEvent):
    """A model offers these update policies; `unspecified` is always possible (R18)."""

    type = "model.offers-changed"
    offers: tuple[Policy, ...] | None = None


class VersionReleased(VersionEvent):
    """A version can be deployed (R8). `api_versions` are those it answers, empty where that is not known (R4)."""

    type = "model.version-released"
    stage: Stage = "generally-available"
    api_versions: tuple[Name, ...] = ()


class StageChanged(VersionEvent):
    """A version is in another lifecycle stage (R9)."""

    type = "model.stage-changed"
    stage: Stage


class StageChangeAnnounced(Announcement):
    """A version will be in another lifecycle stage."""

    type = "model.stage-change-announced"
    stage: Stage


class DefaultChangeAnnounced(Announcement):
    """A version will be the default of its model (R11)."""

    type = "model.default-change-announced"


class DefaultChanged(VersionEvent):
    """A version is the default of its model (R10). `emergency` says why it came without notice (R11)."""

    type = "model.default-changed"
    emergency: Text | None = None


class RetirementAnnounced(Announcement):
    """A version will be retired, for one SKU or in general (R13, R14)."""

    type = "model.retirement-announced"
    sku: Name | None = None


class RetirementWithdrawn(VersionEvent):
    """A retirement that was announced will not take place (R13)."""

    type = "model.retirement-withdrawn"
    sku: Name | None = None


class VersionRetired(VersionEvent):
    """A version is no longer served, for one SKU or in general (R10, R34)."""

    type = "model.version-retired"
    sku: Name | None = None
    emergency: Text | None = None


class VersionReinstated(VersionEvent):
    """A retired version can be chosen again; that restores no default (R16)."""

    type = "model.version-reinstated"
    sku: Name | None = None


class ForcedUpgradeAnnounced(Announcement):
    """Deployments of a version will be moved whatever their policy says (R24)."""

    type = "model.forced-upgrade-announced"
    to_model: ModelName | None = None
    to_version: Version | None = None


class ReplacementNamed(VersionEvent):
    """What takes the place of a version: a model and perhaps a version of it (R15), and when upgrades begin (R20)."""

    type = "model.replacement-named"
    to_model: ModelName
    to_version: Version | None = None
    upgrade_from: Instant | None = None
    lead_days: Days | None = None


class VersionUnlisted(VersionEvent):
    """A version is missing from a catalogue's list, which is no retirement (R16)."""

    type = "model.version-unlisted"


class DeploymentCreated(DeploymentEvent):
    """A deployment exists. Without a version it runs the default as of then (R26)."""

    type = "deployment.created"
    model: ModelName
    version: Version | None = None
    policy: Policy = "unspecified"
    sku: Name | None = None
    run_by: RunBy = "engine"
    owner: Name | None = None
    api_version: Name | None = None


class PolicyChanged(DeploymentEvent):
    """A deployment has another update policy (R17).

    `not_before`: when another one was seen last, where all that is known is that it changed between two sights.
    """

    type = "deployment.policy-changed"
    policy: Policy
    not_before: Instant | None = None


class VersionChanged(DeploymentEvent):
    """A deployment serves another version: by hand, or executed, then with cause, policy and rules (R38, R42).

    `because`: the positions of the facts, beside its own, for which policy and rules made the engine execute it.
    """

    type = "deployment.version-changed"
    model: ModelName
    version: Version
    cause: Name | None = None
    policy: Policy | None = None
    rules: Name | None = None
    because: Positions | None = None


class DeploymentStopped(DeploymentEvent):
    """A deployment no longer answers calls (R21, R34)."""

    type = "deployment.stopped"
    reason: Text
    cause: Name | None = None
    policy: Policy | None = None
    rules: Name | None = None
    because: Positions | None = None


class SkuChanged(DeploymentEvent):
    """A deployment has another SKU (R14, R23). `not_before` as of `PolicyChanged`."""

    type = "deployment.sku-changed"
    sku: Name | None = None
    not_before: Instant | None = None


class ApiVersionChanged(DeploymentEvent):
    """A deployment's consumer pins another API version, or none (R4)."""

    type = "deployment.api-version-changed"
    api_version: Name | None = None


class DeploymentObserved(DeploymentEvent):
    """A deployment was seen with this version, serving or stopped (R31).

    `export`: the kind of export that showed it; later exports of that kind may show it again without a fact of their
    own (R40). `created_at`: when it was created, as that export says; a later one is another incarnation (R3).
    `not_before`: when that export showed something else last.
    """

    type = "deployment.observed"
    model: ModelName
    version: Version
    status: Sighted = "serving"
    export: Name | None = None
    created_at: Instant | None = None
    not_before: Instant | None = None


class VersionTested(DeploymentEvent):
    """A version was tested for a deployment (R36). Without a model it is the one that the deployment is on."""

    type = "deployment.version-tested"
    version: Version
    result: Literal["passed", "failed"]
    evidence: Text | None = None
    model: ModelName | None = None


class MoveHeldBack(DeploymentEvent):
    """A move that is due was not carried out; the deployment stays where it is (R37).

    `move`: the stable id under which the host was asked. `to_version` null: it was to stop. `attempt` counts from 1;
    `failures`: how many of them failed. `because` as of `VersionChanged`.
    """

    move: Text
    to_model: ModelName
    to_version: Version | None = None
    cause: Name
    policy: Policy
    rules: Name
    attempt: int = Field(ge=1, lt=2**53)
    failures: int = Field(default=0, ge=0, lt=2**53)
    because: Positions | None = None


class MovePostponed(MoveHeldBack):
    """The host of a deployment wants a move that is due to wait until a moment; then it is asked again."""

    type = "deployment.move-postponed"
    until: Instant


class MoveFailed(MoveHeldBack):
    """The host of a deployment could not carry a move out; it is asked again at `retry_at`."""

    type = "deployment.move-failed"
    error: Text
    retry_at: Instant


class DeploymentDeleted(DeploymentEvent):
    """A deployment no longer exists; created again it is a new incarnation (R3).

    `not_before`: when it was last seen, where all that is known is that it was deleted between two sights (R16).
    """

    type = "deployment.deleted"
    not_before: Instant | None = None


class ChangeLogged(DeploymentEvent):
    """A provider's log says that somebody changed or deleted a deployment; what they changed is seen elsewhere (R32).

    `entry`: the id of the record in that log. `status`: how far the operation had come, such as `Started`, `Succeeded`
    or `Failed`; only what succeeded explains anything. `correlation`: the operation, whose start and end are records of
    their own. `submitted_at`: when the log could show it.
    """

    type = "deployment.change-logged"
    operation: Literal["write", "delete"]
    status: Name
    caller: Name | None = None
    entry: Name
    correlation: Name | None = None
    submitted_at: Instant | None = None


class FactRetracted(Event):
    """A recorded fact was wrong; whoever knows of this does not see it (R45)."""

    type = "log.fact-retracted"
    position: int = Field(ge=1, lt=2**53)
    of: Name
    """The stream of the fact that is retracted."""

    @property
    def stream(self) -> str:
        """The stream of the fact that is retracted."""
        return self.of


class RowQuarantined(CatalogueEvent):
    """A row of a source could not be read as a fact; it is kept as it was, with the reason (R41)."""

    type = "import.row-quarantined"
    raw: Text
    reason: Text


class TrustChanged(CatalogueEvent):
    """Which sources are trusted more where they state different things of the models of a catalogue (R13).

    `sources`: the most trusted first; each stands for all sources that begin with it. None: all are trusted alike.
    """

    type = "catalogue.trust-changed"
    sources: tuple[Name, ...]


EVENT_TYPES: dict[str, type[Event]] = {event.type: event for event in leaves(Event)}
"""Every event by its stored name."""
