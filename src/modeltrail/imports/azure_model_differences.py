"""What does it state when two lists of Azure's models show a version otherwise? Pure, from the texts of two rows.

What a row does not say is not taken back: a date, stage, flag, SKU or replacement that is merely missing states
nothing. Retirement for one SKU is not stated either: a SKU that disappears may be sold out, and its date, once it has
passed, is overdue (R12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from modeltrail.domain.events import (
    DefaultChanged,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    StageChanged,
    VersionReinstated,
    VersionReleased,
    VersionRetired,
    VersionUnlisted,
)
from modeltrail.domain.values import Stage
from modeltrail.imports.exports import Change, Shown, Stated

MODEL: Final = "model"
VERSION: Final = "version"
STAGE: Final = "stage"
DEFAULT: Final = "default"
CREATED: Final = "created"
RETIREMENT: Final = "retirement"
"""The field of the general retirement: a date, perhaps with `tentative` before it, or `never`."""
TO_MODEL: Final = "replacement"
TO_VERSION: Final = "replacement version"
UPGRADE_FROM: Final = "upgrade from"
LEAD_DAYS: Final = "lead days"

RETIRED: Final = "retired"
"""What stands for the stage of a version that is retired."""
NEVER: Final = "never"
TENTATIVE: Final = "tentative"
_FIRST: Stage = "generally-available"
_REPLACEMENT = (TO_MODEL, TO_VERSION, UPGRADE_FROM, LEAD_DAYS)


def sku_field(sku: str) -> str:
    """The field of the retirement of one SKU.

    >>> sku_field("Standard")
    'retirement Standard'
    """
    return f"{RETIREMENT} {sku}"


@dataclass(frozen=True, slots=True)
class _Sight:
    """A version as one list shows it, beside what was shown of it last.

    `since`: when it was shown so last; null where it never was. `is_back`: the list before this one lacks it.
    """

    now: Shown
    last: Shown | None
    at: datetime
    since: datetime | None
    is_back: bool

    @property
    def model(self) -> str:
        return self.now[MODEL]

    @property
    def version(self) -> str:
        return self.now[VERSION]

    def was(self, field: str) -> str | None:
        """A field as it was shown last."""
        return None if self.last is None else self.last.get(field)

    def says_other(self, *fields: str) -> bool:
        """Whether one of some fields says something else than it did last; what is missing says nothing."""
        return any(field in self.now and self.now[field] != self.was(field) for field in fields)

    @property
    def stage(self) -> Stage | None:
        """The stage, null where it is not stated or the version is retired."""
        return _stage(self.now.get(STAGE))

    @property
    def created(self) -> datetime | None:
        """When it was created, if that lies not ahead."""
        moment = _moment(self.now.get(CREATED))
        return moment if moment is not None and moment <= self.at else None


def differences(change: Change) -> Iterator[Stated]:
    """What the difference between two sights of a version states."""
    if change.after is None:
        if change.before is not None:
            model, version = change.before[MODEL], change.before[VERSION]
            yield Stated(VersionUnlisted(model=model, version=version))
        return
    is_back = change.before is None and change.last is not None
    last, since = (change.last, change.last_at) if is_back else (change.before, change.before_at)
    sight = _Sight(change.after, last, change.at, since if last is not None else None, is_back)
    yield from _listing(sight)
    yield from _lifecycle(sight)
    if DEFAULT in sight.now and change.was(DEFAULT) is None:
        yield Stated(DefaultChanged(model=sight.model, version=sight.version))
    yield from _retirements(sight)
    yield from _replacement(sight)


def _listing(sight: _Sight) -> Iterator[Stated]:
    """That a version can be deployed (R8), since when, and in which stage.

    It was released when it was created. Its stage is that of the list, seen today: a preview was one from its release
    on (R24), anything else was generally available then, and is what it is now since it was seen so.
    """
    if sight.last is None:
        yield from _released(sight)
    elif sight.is_back:
        stage = sight.stage or _stage(sight.was(STAGE)) or _FIRST
        yield Stated(VersionReleased(model=sight.model, version=sight.version, stage=stage))
    if sight.last is not None and _is_older(sight):
        stage = "preview" if sight.stage == "preview" else _FIRST
        yield Stated(VersionReleased(model=sight.model, version=sight.version, stage=stage), sight.created)


def _released(sight: _Sight) -> Iterator[Stated]:
    released_at = sight.created or sight.at
    is_known = released_at == sight.at or sight.stage == "preview"
    stage = sight.stage if is_known and sight.stage is not None else _FIRST
    yield Stated(VersionReleased(model=sight.model, version=sight.version, stage=stage), released_at)
    if sight.stage not in (None, stage):
        yield Stated(StageChanged(model=sight.model, version=sight.version, stage=sight.stage))


def _is_older(sight: _Sight) -> bool:
    """Whether it was created before the day that was stated so far."""
    stated = [moment for moment in (_moment(sight.was(CREATED)), sight.since) if moment is not None]
    return sight.created is not None and all(sight.created < moment for moment in stated)


def _lifecycle(sight: _Sight) -> Iterator[Stated]:
    """The stage where it is another one (R9), the retirement (R10), and its end (R16)."""
    before = sight.was(STAGE)
    if not sight.says_other(STAGE):
        return
    if sight.now[STAGE] == RETIRED:
        yield from _retired(sight)
        return
    if before == RETIRED:
        yield Stated(VersionReinstated(model=sight.model, version=sight.version))
    if sight.last is not None and not sight.is_back and sight.stage is not None:
        yield Stated(StageChanged(model=sight.model, version=sight.version, stage=sight.stage))


def _retired(sight: _Sight) -> Iterator[Stated]:
    """The retirement, on its date if that has come since the version was seen alive, else when it was seen.

    A SKU whose own date lies ahead is left out of it (R14).
    """
    date = _date(sight.now.get(RETIREMENT))
    is_early = date is not None and date > sight.at
    is_on_date = date is not None and not is_early and (sight.since is None or sight.since < date)
    moment = date if is_on_date else sight.at
    yield Stated(VersionRetired(model=sight.model, version=sight.version), moment)
    for sku, retirement in _skus(sight):
        own = _date(retirement)
        if own is not None and own > sight.at and not is_early:
            yield Stated(VersionReinstated(model=sight.model, version=sight.version, sku=sku), moment)


def _retirements(sight: _Sight) -> Iterator[Stated]:
    """What is said of the retirement in general, and of a SKU where that is something else (R13, R14).

    A general statement that is effective later beats that of a SKU, so a SKU that still differs is stated again with
    it, and one that no longer differs needs a statement of its own only without it.
    """
    general, before = sight.now.get(RETIREMENT), sight.was(RETIREMENT)
    is_stated = sight.says_other(RETIREMENT) and (general != NEVER or sight.last is not None)
    if is_stated and general is not None:
        yield _retirement(sight, None, general)
    stands = before if general is None else general
    for sku, own in _skus(sight):
        was = sight.was(sku_field(sku))
        if own == stands:
            is_news = not is_stated and was not in (None, own)
        else:
            is_news = (is_stated or own != was) and (own != NEVER or was is not None or stands is not None)
        if is_news:
            yield _retirement(sight, sku, own)


def _retirement(sight: _Sight, sku: str | None, text: str) -> Stated:
    """A date announced, or, for never, what was announced withdrawn: for a SKU, the general date too (R14)."""
    if text == NEVER:
        return Stated(RetirementWithdrawn(model=sight.model, version=sight.version, sku=sku))
    qualifier = TENTATIVE if text.startswith(TENTATIVE) else "fixed"
    on = _date(text)
    return Stated(RetirementAnnounced(model=sight.model, version=sight.version, on=on, qualifier=qualifier, sku=sku))


def _replacement(sight: _Sight) -> Iterator[Stated]:
    """What takes the place of the version, and when upgrades to it begin (R15, R20)."""
    if sight.says_other(*_REPLACEMENT):
        days = sight.now.get(LEAD_DAYS)
        yield Stated(
            ReplacementNamed(
                model=sight.model,
                version=sight.version,
                to_model=sight.now[TO_MODEL],
                to_version=sight.now.get(TO_VERSION),
                upgrade_from=_moment(sight.now.get(UPGRADE_FROM)),
                lead_days=None if days is None else int(days),
            )
        )


def _skus(sight: _Sight) -> Iterator[tuple[str, str]]:
    """What is said of the retirement of each SKU."""
    for field, text in sight.now.items():
        if field.startswith(sku_field("")):
            yield field.removeprefix(sku_field("")), text


def _date(text: str | None) -> datetime | None:
    """The date of a retirement, null for never and for none."""
    return None if text in (None, NEVER) else _moment(text.rpartition(" ")[2])


def _stage(text: str | None) -> Stage | None:
    return next((stage for stage in get_args(Stage) if stage == text), None)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
