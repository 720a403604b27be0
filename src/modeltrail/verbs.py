"""What can be recorded about a model, a deployment and a catalogue? One method a kind of event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import ValidationError

from modeltrail.domain.events import (
    ApiVersionChanged,
    DefaultChangeAnnounced,
    DefaultChanged,
    DeploymentCreated,
    DeploymentDeleted,
    DeploymentEvent,
    DeploymentObserved,
    DeploymentStopped,
    Event,
    ForcedUpgradeAnnounced,
    ModelEvent,
    ModelRegistered,
    OffersChanged,
    PolicyChanged,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    RulesChanged,
    SkuChanged,
    StageChangeAnnounced,
    StageChanged,
    TrustChanged,
    VersionChanged,
    VersionReinstated,
    VersionReleased,
    VersionRetired,
    VersionTested,
    VersionUnlisted,
)
from modeltrail.domain.values import Policy, Qualifier, Rules, RunBy, Sighted, Stage, rules_named, usual_rules
from modeltrail.judging import current_model, judge_deployment, judge_model, judge_trust
from modeltrail.problems import Date, problem

if TYPE_CHECKING:
    from modeltrail.recording import Recording


class ModelVerbs:
    """What can be recorded about one model. Each verb raises ValueError for malformed arguments.

    About a model that its provider runs they record statements, whatever these say; about one that the engine runs they
    record decisions, and raise Refused where a rule forbids them (R7).
    """

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording = recording
        self._name = name

    def _record(self, event: ModelEvent) -> None:
        if not self._recording.repeated:
            judge_model(self._recording, event)

    def register(
        self,
        rules: str | Rules | Mapping[str, object] | None = None,
        offers: Sequence[Policy] | None = None,
        run_by: RunBy = "provider",
    ) -> None:
        """Follow a model: who runs it, under which rules, which policies it offers; null offers all (R7, R18, R46)."""
        usual = "engine" if run_by == "engine" else usual_rules(self._name)
        in_force = _rules(usual if rules is None else rules)
        self._record(
            _made(
                ModelRegistered, {"model": self._name, "rules": in_force, "offers": _offers(offers), "run_by": run_by}
            )
        )

    def change_rules(self, rules: str | Rules | Mapping[str, object]) -> None:
        """Put other rules in force (R46)."""
        self._record(_made(RulesChanged, {"model": self._name, "rules": _rules(rules)}))

    def change_offers(self, offers: Sequence[Policy] | None) -> None:
        """Offer other update policies, null for all (R18)."""
        self._record(_made(OffersChanged, {"model": self._name, "offers": _offers(offers)}))

    def release(self, version: str, stage: Stage = "generally-available", api_versions: Sequence[str] = ()) -> None:
        """A version can be deployed (R8)."""
        self._record(
            _made(
                VersionReleased,
                {"model": self._name, "version": version, "stage": stage, "api_versions": tuple(api_versions)},
            )
        )

    def change_stage(self, version: str, stage: Stage) -> None:
        """A version is in another lifecycle stage (R9)."""
        self._record(_made(StageChanged, {"model": self._name, "version": version, "stage": stage}))

    def announce_stage(
        self, version: str, stage: Stage, on: Date | None = None, qualifier: Qualifier = "fixed"
    ) -> None:
        """A version will be in another lifecycle stage (R9)."""
        _demand_date(on, qualifier)
        fields = {"model": self._name, "version": version, "stage": stage, "on": on, "qualifier": qualifier}
        self._record(_made(StageChangeAnnounced, fields))

    def announce_default(self, version: str, on: Date | None = None, qualifier: Qualifier = "fixed") -> None:
        """A version will be the default (R11)."""
        _demand_date(on, qualifier)
        fields = {"model": self._name, "version": version, "on": on, "qualifier": qualifier}
        self._record(_made(DefaultChangeAnnounced, fields))

    def change_default(self, version: str, emergency: str | None = None) -> None:
        """A version is the default (R10); `emergency` gives the reason for a change without notice (R11)."""
        self._record(_made(DefaultChanged, {"model": self._name, "version": version, "emergency": emergency}))

    def announce_retirement(
        self, version: str, on: Date | None = None, qualifier: Qualifier = "fixed", sku: str | None = None
    ) -> None:
        """A version will be retired, for one SKU or in general (R13, R14)."""
        _demand_date(on, qualifier)
        fields = {"model": self._name, "version": version, "on": on, "qualifier": qualifier, "sku": sku}
        self._record(_made(RetirementAnnounced, fields))

    def withdraw_retirement(self, version: str, sku: str | None = None) -> None:
        """The retirement that was announced will not take place (R13)."""
        self._record(_made(RetirementWithdrawn, {"model": self._name, "version": version, "sku": sku}))

    def retire(self, version: str, sku: str | None = None, emergency: str | None = None) -> None:
        """A version is no longer served (R10); `emergency` gives the reason for one without notice (R27)."""
        self._record(
            _made(VersionRetired, {"model": self._name, "version": version, "sku": sku, "emergency": emergency})
        )

    def reinstate(self, version: str, sku: str | None = None) -> None:
        """A retired version can be chosen again (R16)."""
        self._record(_made(VersionReinstated, {"model": self._name, "version": version, "sku": sku}))

    def announce_forced_upgrade(
        self,
        version: str,
        on: Date | None = None,
        qualifier: Qualifier = "fixed",
        to_model: str | None = None,
        to_version: str | None = None,
    ) -> None:
        """Deployments of a version will be moved whatever their policy (R24)."""
        _demand_date(on, qualifier)
        fields = {"model": self._name, "version": version, "on": on, "qualifier": qualifier}
        self._record(_made(ForcedUpgradeAnnounced, {**fields, "to_model": to_model, "to_version": to_version}))

    def name_replacement(
        self,
        version: str,
        to_model: str | None = None,
        to_version: str | None = None,
        upgrade_from: Date | None = None,
        lead_days: int | None = None,
    ) -> None:
        """What takes the place of a version (R15), and when upgrades to it begin (R20). Without a model: its own."""
        if to_model is None and to_version is None:
            raise ValueError("a replacement names what takes the place: give to_model=, to_version= or both")
        fields = {"model": self._name, "version": version, "to_model": to_model or self._name}
        dates = {"to_version": to_version, "upgrade_from": upgrade_from, "lead_days": lead_days}
        self._record(_made(ReplacementNamed, {**fields, **dates}))

    def unlist(self, version: str) -> None:
        """A version is missing from the catalogue's list, which is no retirement (R16)."""
        self._record(_made(VersionUnlisted, {"model": self._name, "version": version}))


class DeploymentVerbs:
    """What can be recorded about one deployment. Each verb raises ValueError for malformed arguments.

    About one that its provider runs they record statements; about one that the engine runs they record decisions, and
    raise Refused where a rule forbids them (R7). Unknown is raised for a deployment that was never created or seen.
    """

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording = recording
        self._name = name

    def _record(self, event: DeploymentEvent) -> None:
        if not self._recording.repeated:
            judge_deployment(self._recording, event)

    def create(
        self,
        model: str,
        version: str | None = None,
        policy: Policy = "unspecified",
        sku: str | None = None,
        run_by: RunBy = "engine",
        owner: str | None = None,
        api_version: str | None = None,
    ) -> None:
        """A deployment exists. Without a version it runs the default as of then (R26)."""
        self._record(
            _made(
                DeploymentCreated,
                {
                    "deployment": self._name,
                    "model": model,
                    "version": version,
                    "policy": policy,
                    "sku": sku,
                    "run_by": run_by,
                    "owner": owner,
                    "api_version": api_version,
                },
            )
        )

    def change_policy(self, policy: Policy) -> None:
        """Another update policy is in force (R17)."""
        self._record(_made(PolicyChanged, {"deployment": self._name, "policy": policy}))

    def change_version(
        self,
        version: str,
        model: str | None = None,
        cause: str | None = None,
        policy: Policy | None = None,
        rules: str | None = None,
    ) -> None:
        """It serves another version: by hand, or executed, which is named by its cause (R27, R38)."""
        on = model or self._current_model()
        fields = {"deployment": self._name, "model": on, "version": version}
        self._record(_made(VersionChanged, {**fields, "cause": cause, "policy": policy, "rules": rules}))

    def _current_model(self) -> str:
        return current_model(self._recording, self._name)

    def stop(
        self, reason: str, cause: str | None = None, policy: Policy | None = None, rules: str | None = None
    ) -> None:
        """It no longer answers calls: by hand, or executed, which is named by its cause (R21, R34)."""
        self._record(
            _made(
                DeploymentStopped,
                {"deployment": self._name, "reason": reason, "cause": cause, "policy": policy, "rules": rules},
            )
        )

    def change_sku(self, sku: str | None) -> None:
        """It has another SKU (R14)."""
        self._record(_made(SkuChanged, {"deployment": self._name, "sku": sku}))

    def change_api_version(self, api_version: str | None) -> None:
        """Its consumer pins another API version, or none (R4)."""
        self._record(_made(ApiVersionChanged, {"deployment": self._name, "api_version": api_version}))

    def observe(self, model: str, version: str, status: Sighted = "serving") -> None:
        """It was seen on this version at `effective_at` (R31)."""
        self._record(
            _made(DeploymentObserved, {"deployment": self._name, "model": model, "version": version, "status": status})
        )

    def tested(
        self, version: str, result: Literal["passed", "failed"], evidence: str | None = None, model: str | None = None
    ) -> None:
        """A version was tested for it (R36); without a model, of the one that it is on."""
        fields = {"deployment": self._name, "version": version, "result": result}
        self._record(_made(VersionTested, {**fields, "evidence": evidence, "model": model}))

    def delete(self) -> None:
        """It no longer exists (R3)."""
        self._record(_made(DeploymentDeleted, {"deployment": self._name}))


class CatalogueVerbs:
    """What can be recorded about one catalogue. Each verb raises ValueError for malformed arguments.

    A person decides it, whoever runs the models of the catalogue.
    """

    def __init__(self, recording: Recording, name: str) -> None:
        if "/" in name:
            raise ValueError(f"{name!r} names a model: name its catalogue, {name.partition('/')[0]!r}")
        self._recording = recording
        self._name = name

    def trust(self, *sources: str) -> None:
        """Whose word counts where sources disagree, the most trusted first; without any, the latest word (R13).

        A source stands for all that begin with it: the name of an import, or the beginning of an address.
        """
        event = _made(TrustChanged, {"catalogue": self._name, "sources": sources})
        for place, source in enumerate(event.sources):
            if source in event.sources[:place]:
                raise ValueError(f"sources: {source!r} is named twice: name each source once")
            if source.endswith("/"):
                raise ValueError(f"sources: {source!r} covers nothing below it: leave out the slash at its end")
        if not self._recording.repeated:
            judge_trust(self._recording, event)


def _rules(rules: str | Rules | Mapping[str, object]) -> Rules:
    if not isinstance(rules, Mapping):
        return rules_named(rules)
    try:
        return Rules.model_validate(dict(rules))
    except ValidationError as error:
        raise ValueError(f"rules: {problem(error)}") from None


def _offers(offers: Sequence[Policy] | None) -> tuple[Policy, ...] | None:
    return None if offers is None else tuple(offers)


def _demand_date(on: Date | None, qualifier: Qualifier) -> None:
    """Only what is tentative may lack a date (R13)."""
    if on is None and qualifier != "tentative":
        raise ValueError(f"an announcement that is {qualifier} has a date: give on=, or qualifier='tentative'")


Made = TypeVar("Made", bound=Event)


def _made(kind: type[Made], fields: Mapping[str, object]) -> Made:
    """The event of these fields. Raises ValueError with one sentence that says what to mend."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise ValueError(problem(error)) from None
