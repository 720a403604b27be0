"""What is a deployment due to, at one moment, in one of the places where it may be? (R19 to R25)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import ForcedUpgradeAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.frames import Due, Member
from modeltrail.domain.model import ModelState
from modeltrail.domain.policies import (
    UPGRADING,
    Acting,
    ModelsAt,
    Target,
    acting_policy,
    fixed_date,
    forced_target,
    successor,
    upgrade_opening,
)
from modeltrail.domain.segments import Place
from modeltrail.domain.values import MICROSECOND, is_provisioned


@dataclass(frozen=True, slots=True)
class Now:
    """A moment: the models at it and just before it, the deployment at it and just before it."""

    moment: datetime
    models: ModelsAt
    models_before: ModelsAt
    state: DeploymentState
    state_before: DeploymentState

    def just_before(self) -> Now:
        """The last moment before this one, as it was then."""
        before = self.moment - MICROSECOND
        return Now(before, self.models_before, self.models_before, self.state_before, self.state_before)

    def acting(self, model: str) -> Acting:
        """The policy that acts while the deployment is on a model."""
        return acting_policy(self.state.policy, self.state.sku, self.models(model))

    def rollout(self, model: str) -> timedelta:
        """How long a move of the deployment takes: what the engine runs moves at once (R19)."""
        return timedelta(0) if self.state.run_by == "engine" else self.models(model).rules.rollout

    def is_fixed_in_place(self, model: str) -> bool:
        """Whether it is reserved capacity that nobody moves (R23)."""
        return is_provisioned(self.state.sku) and self.models(model).rules.provisioned == "never-moved"

    def successor(self, place: Place) -> Target:
        """What the retirement of a place's version would require under the acting policy (R20, R21, R23)."""
        assert place.version is not None
        acting = self.acting(place.model)
        if acting.policy not in UPGRADING:
            return Target(
                place.model, None, f"{place.model} {place.version} is retired, and its policy moves it nowhere"
            )
        return successor(self.models, place.model, place.version, self.state.sku)


def is_version_retired(place: Place, now: Now) -> bool:
    """Whether the version of a place is retired for the SKU (R10, R14)."""
    known = None if place.version is None else now.models(place.model).versions.get(place.version)
    return known is not None and known.retired_by(now.state.sku) is not None


def is_retired(place: Place, now: Now) -> bool:
    """Whether a place serves a version that is retired for the SKU."""
    return not place.is_stopped and is_version_retired(place, now)


def breaks_api(place: Place, now: Now) -> bool:
    """Whether the version that a place serves does not answer the API version that is pinned (R35)."""
    known = now.models(place.model).versions.get(place.version or "")
    if known is None or place.is_stopped or now.state.api_version is None or not known.api_versions:
        return False
    return now.state.api_version not in known.api_versions


def default_due(member: Member, now: Now) -> Due | None:
    """The move to a default that changed at this moment, or that is missed since the policy acts (R19, R25, R26).

    Null where none is due: whatever was due to an earlier default then no longer is.
    """
    model, before = now.models(member.place.model), now.models_before(member.place.model)
    version, default = member.place.version, model.default_for(now.state.sku)
    left = before.default_for(now.state.sku)
    if default is None or default == version:
        return None
    is_change = is_default_changed(member, now)
    steps_back = is_change and version == left
    serves_later = not member.place.is_stopped and version is not None and model.is_earlier(default, version)
    if serves_later and not steps_back:
        return None
    stated = model.stated_default
    return Due(
        Place(member.place.model, default),
        now.moment,
        now.moment + now.rollout(member.place.model),
        "default-change" if is_change else "policy-change",
        frozenset({stated.position} if stated is not None else ()),
        flags=frozenset({"short-notice"} if is_change and _is_short(before, default, now.moment) else ()),
    )


def _is_short(before: ModelState, default: str, moment: datetime) -> bool:
    """Whether the change came with less notice than the rules promise; the first default needs none (R11)."""
    announced = before.default_changes.get(default)
    notice = moment - announced.known_at if announced is not None else timedelta(0)
    return before.stated_default is not None and notice < before.rules.notice


def is_default_changed(member: Member, now: Now) -> bool:
    """Whether a stated default became another at this moment, for the SKU concerned (R19); a release is none (R8)."""
    after, before = now.models(member.place.model), now.models_before(member.place.model)
    default = after.default_for(now.state.sku)
    is_stated_now = after.stated_default is not None and after.stated_default != before.stated_default
    return is_stated_now and default is not None and default != before.default_for(now.state.sku)


def becomes_automatic(member: Member, now: Now) -> bool:
    """Whether the deployment is under `auto-update` from this moment on, by policy, SKU, offers or rules (R26)."""
    before = now.models_before(member.place.model)
    acted = acting_policy(now.state_before.policy, now.state_before.sku, before)
    return acted.policy != "auto-update" and now.acting(member.place.model).policy == "auto-update"


def preview_openings(model: ModelState, place: Place, sku: str | None) -> Iterator[tuple[datetime, str, datetime]]:
    """Each newer preview of the preview at a place: when its window opens, its version, its release (R24)."""
    here = model.versions.get(place.version) if place.version is not None else None
    delay = model.rules.preview_delay_days
    if here is None or here.stage != "preview" or delay is None or place.is_stopped:
        return
    for other in model.versions.values():
        released = other.released_at
        is_newer = released is not None and (here.released_at is None or released > here.released_at)
        is_other = other is not here and other.stage == "preview" and model.is_choosable(other.version, sku)
        if released is not None and is_newer and is_other:
            yield released + timedelta(days=delay), other.version, released


def preview_due(member: Member, now: Now) -> Due | None:
    """The move to a newer preview whose window opens now (R24); a hold ends with a preview released after it began."""
    model = now.models(member.place.model)
    if now.acting(member.place.model).policy != "auto-update":
        return None
    opening = [
        version
        for opens, version, released in preview_openings(model, member.place, now.state.sku)
        if opens == now.moment and (member.held_since is None or released > member.held_since)
    ]
    if not opening:
        return None
    deadline = now.moment + now.rollout(model.model)
    return Due(Place(model.model, opening[-1]), now.moment, deadline, "preview", _released_by(model, opening[-1]))


def _released_by(model: ModelState, version: str) -> frozenset[int]:
    release = model.versions[version].release
    return frozenset({release.position} if release is not None else ())


ForcedTerms = tuple[datetime, str | None, str | None, Target]


def forced_terms(place: Place, now: Now) -> ForcedTerms | None:
    """The forced upgrade that has begun for a place: its date, its target (R24); reserved capacity has none (R23)."""
    announcement = forced_announcement(place, now)
    if announcement is None or now.is_fixed_in_place(place.model):
        return None
    event = announcement.event
    assert isinstance(event, ForcedUpgradeAnnounced)
    if event.qualifier != "fixed" or event.on is None or event.on > now.moment:
        return None
    target = forced_target(now.models, announcement, now.state.sku)
    return (event.on, event.to_model, event.to_version, target) if target.version is not None else None


def forced_announcement(place: Place, now: Now) -> Fact | None:
    """The standing forced upgrade of the version at a place."""
    known = now.models(place.model).versions.get(place.version) if place.version is not None else None
    return None if known is None or place.is_stopped else known.forced


def forced_due(member: Member, now: Now) -> Due | None:
    """The move that a forced upgrade requires from the moment on at which it begins, under any policy (R24)."""
    terms, before = forced_terms(member.place, now), forced_terms(member.place, now.just_before())
    if terms is None or (before is not None and before[:3] == terms[:3]):
        return None
    target = terms[3]
    deadline = now.moment + now.rollout(member.place.model)
    return Due(Place(target.model, target.version), now.moment, deadline, "forced", target.because)


def upgrade_due(member: Member, now: Now) -> Due | None:
    """The move in the window before a retirement (R20). It has no deadline of its own but the retirement."""
    place, sku = member.place, now.state.sku
    if place.is_stopped or place.version is None or now.acting(place.model).policy not in UPGRADING:
        return None
    opening = upgrade_opening(now.models(place.model), place.version, sku)
    if opening is None or opening.begins > now.moment:
        return None
    target = successor(now.models, place.model, place.version, sku)
    if target.version is None:
        return None
    ends = opening.ends if opening.ends is not None and opening.ends > now.moment else None
    because = opening.because | target.because
    return Due(Place(target.model, target.version), opening.begins, ends, "upgrade-window", because, is_binding=False)


def is_upgrade_new(member: Member, now: Now, due: Due) -> bool:
    """Whether the window before a retirement opens at this moment, or leads elsewhere from now on."""
    before = upgrade_due(member, now.just_before())
    return before is None or before.target != due.target


def overdue_since(member: Member, now: Now) -> Fact | None:
    """The fixed retirement of a place's version that has passed without its fact, in a mirrored catalogue (R12)."""
    model = now.models(member.place.model)
    known = model.versions.get(member.place.version or "")
    if known is None or member.place.version is None or member.place.is_stopped or model.run_by == "engine":
        return None
    retirement = known.retirement_for(now.state.sku)
    date = fixed_date(retirement)
    return retirement if date is not None and date <= now.moment else None


def alarms(member: Member, now: Now) -> Iterator[datetime]:
    """The moments ahead at which, without any fact, something begins or ends for a member."""
    place, sku = member.place, now.state.sku
    yield from (due.deadline for due in member.dues.values() if due.deadline is not None)
    if place.version is None or place.is_stopped:
        return
    model = now.models(place.model)
    opening = upgrade_opening(model, place.version, sku)
    if opening is not None:
        yield opening.begins
    known = model.versions.get(place.version)
    if known is not None:
        date = fixed_date(known.retirement_for(sku))
        forced = known.forced.event if known.forced is not None else None
        begins = forced.on if isinstance(forced, ForcedUpgradeAnnounced) else None
        yield from (moment for moment in (date, begins) if moment is not None)
    for opens, _, _ in preview_openings(model, place, sku):
        yield opens
