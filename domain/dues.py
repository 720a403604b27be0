"""What is a deployment due to, at one moment, in one of the places where it may be? (R19 to R25)"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import ForcedUpgradeAnnounced
from modeltrail.domain.facts import Fact
from modeltrail.domain.frames import Due, Member
from modeltrail.domain.model import ModelState
from modeltrail.domain.policies import (
    UPGRADING,
    Acting,
    ModelsAt,
    Opening,
    Target,
    acting_policy,
    fixed_date,
    forced_target,
    successor,
    upgrade_opening,
)
from modeltrail.domain.segments import Place
from modeltrail.domain.values import MICROSECOND, is_provisioned
from modeltrail.domain.version import Sku, VersionState


class Now(NamedTuple):
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


class Outlook(NamedTuple):
    """What one state of a model says of a version for a SKU, whatever the policy.

    `retirement`: the announcement that stands. `begins`: when something of this counts without another fact.
    """

    known: VersionState | None
    retired: Fact | None = None
    retirement: Fact | None = None
    opening: Opening | None = None
    previews: tuple[tuple[datetime, str, datetime], ...] = ()
    begins: tuple[datetime, ...] = ()

    def is_quiet(self, moment: datetime) -> bool:
        """Whether by a moment nothing of it counts for who is on the version."""
        return self.retired is None and (not self.begins or min(self.begins) > moment)


def outlook(place: Place, now: Now) -> Outlook:
    """What the model says of the version of a place for the deployment's SKU."""
    model, asked = now.models(place.model), (place.version, now.state.sku)
    found: Outlook | None = model.outlooks.get(asked)
    if found is None:
        found = model.outlooks[asked] = _outlook(model, *asked)
    return found


def _outlook(model: ModelState, version: str | None, sku: Sku) -> Outlook:
    known = None if version is None else model.versions.get(version)
    if version is None or known is None:
        return Outlook(None)
    opening = upgrade_opening(model, version, sku)
    retirement = known.retirement_for(sku)
    previews = tuple(preview_openings(model, known, sku))
    forced = known.forced.event if known.forced is not None else None
    begins = (
        None if opening is None else opening.begins,
        fixed_date(retirement),
        forced.on if isinstance(forced, ForcedUpgradeAnnounced) else None,
        *(opens for opens, _, _ in previews),
    )
    dated = tuple(moment for moment in begins if moment is not None)
    return Outlook(known, known.retired_by(sku), retirement, opening, previews, dated)


def is_version_retired(place: Place, now: Now) -> bool:
    """Whether the version of a place is retired for the SKU (R10, R14)."""
    return outlook(place, now).retired is not None


def is_retired(place: Place, now: Now) -> bool:
    """Whether a place serves a version that is retired for the SKU."""
    return not place.is_stopped and is_version_retired(place, now)


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
    if now.models is now.models_before:
        return False
    after, before = now.models(member.place.model), now.models_before(member.place.model)
    default = after.default_for(now.state.sku)
    is_stated_now = after.stated_default is not None and after.stated_default != before.stated_default
    return is_stated_now and default is not None and default != before.default_for(now.state.sku)


def becomes_automatic(member: Member, now: Now) -> bool:
    """Whether the deployment is under `auto-update` from this moment on, by policy, SKU, offers or rules (R26)."""
    if now.acting(member.place.model).policy != "auto-update":
        return False
    before = now.models_before(member.place.model)
    acted = acting_policy(now.state_before.policy, now.state_before.sku, before)
    return acted.policy != "auto-update"


def preview_openings(model: ModelState, here: VersionState, sku: Sku) -> Iterator[tuple[datetime, str, datetime]]:
    """Each preview that is newer than one: when its window opens, its version, its release (R24)."""
    delay = model.rules.preview_delay_days
    if here.stage != "preview" or delay is None:
        return
    for other in model.versions.values():
        released = other.released_at
        is_newer = released is not None and (here.released_at is None or released > here.released_at)
        is_other = other is not here and other.stage == "preview" and model.is_choosable(other.version, sku)
        if released is not None and is_newer and is_other:
            yield released + timedelta(days=delay), other.version, released


def preview_due(member: Member, now: Now) -> Due | None:
    """The move to a newer preview whose window opens now (R24); a hold ends with a preview released after it began."""
    previews = outlook(member.place, now).previews
    if not previews or member.place.is_stopped or now.acting(member.place.model).policy != "auto-update":
        return None
    model = now.models(member.place.model)
    opening = [
        version
        for opens, version, released in previews
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
    known = outlook(place, now).known
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
    place, opening = member.place, outlook(member.place, now).opening
    if opening is None or opening.begins > now.moment or place.is_stopped or place.version is None:
        return None
    if now.acting(place.model).policy not in UPGRADING:
        return None
    target = successor(now.models, place.model, place.version, now.state.sku)
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
    retirement = outlook(member.place, now).retirement
    date = fixed_date(retirement)
    if date is None or date > now.moment or member.place.is_stopped:
        return None
    return None if now.models(member.place.model).run_by == "engine" else retirement


def alarms(member: Member, now: Now) -> list[datetime | None]:
    """The moments at which, without any fact, something begins or ends for a member; some may have passed."""
    begins = () if member.place.is_stopped else outlook(member.place, now).begins
    return [*begins, *[due.deadline for due in member.dues.values()]]


def is_at_rest(members: Collection[Member], now: Now) -> bool:
    """Whether nothing can begin, end or fall due at a moment, as at most moments: then nothing is to be judged.

    Nobody is due to anything, nothing announced counts, no default or retirement changed, and no policy begins to act
    that would move anybody.
    """
    is_same = now.models is now.models_before
    for member in members:
        if member.dues or not outlook(member.place, now).is_quiet(now.moment):
            return False
        if not is_same and (is_default_changed(member, now) or was_retired(member.place, now)):
            return False
    state, before = now.state, now.state_before
    is_same = is_same and state.policy == before.policy and state.sku == before.sku
    return is_same or not any(becomes_automatic(member, now) and default_due(member, now) for member in members)


def was_retired(place: Place, now: Now) -> bool:
    """Whether the version of a place was retired just before this moment, for the SKU of now (R16)."""
    before = None if place.version is None else now.models_before(place.model).versions.get(place.version)
    return before is not None and before.retired_by(now.state.sku) is not None
