"""What does the simulated provider do with its models? Versions, defaults, retirements: what is announced, what is so.

All of it is planned before anybody deploys anything. Each happening has its true moment; what a nightly list shows of
it is another matter (`exports.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2025, 7, 1, tzinfo=UTC)
CATALOGUE = "azure-openai"
SKUS = ("Standard", "GlobalStandard", "ProvisionedManaged")
MODELS = {"chat-large": 5, "chat-small": 4, "reason": 4, "embed": 2, "vision": 3, "draft": 3}
"""The models, each with the number of its versions."""
PREVIEWS = "draft"
"""The model whose versions stay previews."""
STEPS_BACK = "reason"
"""The model whose second default is taken back after some days."""
SUCCESSORS = {"chat-small": "chat-large"}
"""Whose last version is replaced by another model."""


def days(count: float) -> timedelta:
    return timedelta(days=count)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the provider does at a moment. `dated`: a retirement has a date, or for null none any more."""

    at: datetime
    kind: Literal["released", "default", "dated", "replaced", "retired"]
    model: str
    version: str
    sku: str | None = None
    on: datetime | None = None
    to_model: str = ""
    to_version: str = ""
    lead_days: int = 0


@dataclass(slots=True)
class Version:
    """What the list of the provider says of one version, as of the happenings that were taken."""

    model: str
    name: str
    released_at: datetime
    is_preview: bool
    date: datetime | None = None
    """The date of its retirement in general."""
    dates: dict[str, datetime] = field(default_factory=dict)
    """The same by SKU."""
    retired: set[str] = field(default_factory=set)
    """The SKUs for which it is retired."""
    replaced_by: Happening | None = None

    def target(self) -> tuple[str, str] | None:
        """What takes its place."""
        named = self.replaced_by
        return None if named is None else (named.to_model, named.to_version)


class Catalogue:
    """All models at one moment: happenings are taken one by one."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], Version] = {}
        self.defaults: dict[str, str] = {}
        self.previous: dict[str, str] = {}

    def take(self, event: Happening) -> None:
        """Let something happen."""
        key = event.model, event.version
        skus = SKUS if event.sku is None else (event.sku,)
        if event.kind == "released":
            self.versions[key] = Version(*key, event.at, event.model == PREVIEWS)
        elif event.kind == "default":
            self.previous[event.model] = self.defaults.get(event.model, "")
            self.defaults[event.model] = event.version
        elif event.kind == "replaced":
            self.versions[key].replaced_by = event
        elif event.kind == "retired":
            self.versions[key].retired.update(skus)
        else:
            version = self.versions[key]
            version.date = event.on if event.sku is None else version.date
            for sku in skus:
                version.dates.pop(sku, None)
                if event.on is not None:
                    version.dates[sku] = event.on

    def choosable(self, model: str, sku: str) -> list[str]:
        """The versions that somebody may deploy."""
        return [one.name for one in self.versions.values() if one.model == model and sku not in one.retired]

    def is_earlier(self, model: str, version: str, other: str) -> bool:
        """Whether a version was released before another."""
        return self.versions[model, version].released_at < self.versions[model, other].released_at

    def after_retirement(self, model: str, version: str, sku: str) -> tuple[str, str] | None:
        """Where a retirement leads (R15, R20): along the replacements, else to the default; null for nowhere."""
        target = self.versions[model, version].target()
        while target is not None and sku in self.versions[target].retired:
            target = self.versions[target].target()
        if target is not None:
            return target
        default = self.defaults.get(model)
        is_left = default is None or default == version or sku in self.versions[model, default].retired
        return None if is_left or default is None else (model, default)


def plan(rng: Random) -> list[Happening]:
    """All that the provider does in 18 months, in order."""
    names = {model: [f"v{number}" for number in range(1, count + 1)] for model, count in MODELS.items()}
    happenings = [one for model in MODELS for one in _of_model(rng, model, names)]
    return sorted(happenings, key=lambda one: (one.at, one.kind != "released"))


def _of_model(rng: Random, model: str, names: dict[str, list[str]]) -> Iterator[Happening]:
    """One version after the other is released, becomes the default, and the one before it is retired."""
    versions = names[model]
    spacing = (END - START) / (len(versions) + 0.5)
    default_at = released_at = START - days(200)
    yield Happening(released_at, "released", model, versions[0])
    yield Happening(released_at, "default", model, versions[0])
    for number, version in enumerate(versions[1:], start=1):
        released_at = START + spacing * (number - 0.6) + days(rng.uniform(-15, 15))
        yield Happening(released_at, "released", model, version)
        if model == PREVIEWS:
            continue
        default_at = released_at + days(rng.uniform(15, 50))
        yield Happening(default_at, "default", model, version)
        if model == STEPS_BACK and number == 1:
            yield Happening(default_at + days(6), "default", model, versions[0])
            yield Happening(default_at + days(45), "default", model, version)
            default_at += days(45)
        yield from _retirement(rng, default_at, Happening(default_at, "replaced", model, versions[number - 1]), version)
    if model in SUCCESSORS:
        successor = SUCCESSORS[model]
        end = Happening(default_at, "replaced", model, versions[-1], to_model=successor)
        yield from _retirement(rng, END - days(150), end, names[successor][-2])


def _retirement(rng: Random, since: datetime, left: Happening, to_version: str) -> Iterator[Happening]:
    """A replacement is named, a date is announced, moved to and fro, kept, missed, or not awaited."""
    model, version, to_model = left.model, left.version, left.to_model or left.model
    lead_days = rng.choice((0, 0, 7, 15, 30))
    at = since + days(rng.uniform(2, 10))
    yield Happening(at, "replaced", model, version, to_model=to_model, to_version=to_version, lead_days=lead_days)
    on = _midnight(at + days(rng.uniform(60, 110)))
    yield Happening(at, "dated", model, version, on=on)
    for shift in rng.choice(((), (), (20,), (25, -15), (-10, 20))):
        at += days(rng.uniform(4, 14))
        on += days(shift)
        yield Happening(at, "dated", model, version, on=on)
    if rng.random() < 0.12:
        yield Happening(at + days(5), "dated", model, version)
        return
    late = rng.choice((0, 0, 0, 0.4, 3.2, 6.7, -9.3))
    if rng.random() < 0.25:
        later = on + days(30)
        yield Happening(at + days(1), "dated", model, version, sku="ProvisionedManaged", on=later)
        yield Happening(later, "retired", model, version, sku="ProvisionedManaged")
        for sku in SKUS[:2]:
            yield Happening(on + days(late), "retired", model, version, sku=sku)
    else:
        yield Happening(on + days(late), "retired", model, version)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
