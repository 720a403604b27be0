"""What does a provider do with one model and who runs it? A year that keeps every word, and one way to break each.

A model of its own for each year, so that years do not meet: v1 is the default, v2 is announced and becomes it, and
everybody who follows is moved within the rollout; then v1 is announced for retirement, and retired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NamedTuple, get_args

from modeltrail import Trail
from modeltrail.projections.breaches import BreachKind
from rules.given import day, on

START = "2025-01-01"
RELEASED, ANNOUNCED, CHANGED = 10, 20, 50
"""The days on which v2 is released, is announced as default, and becomes it."""
WARNED, RETIRED, END = 100, 160, 200
"""The days on which the retirement of v1 is announced, and takes place; the last day."""
ROLLOUT = 14
SEEN = 70
"""From when on a deployment is seen elsewhere than it should be."""
POLICIES = ("auto-update", "upgrade-when-expired", "manual", "reserved")
"""Who runs the model: one under each policy, and one with reserved capacity, which nobody moves."""

Planted = Literal[
    "none",
    "short-notice",
    "late-word",
    "silent-default",
    "silent-retirement",
    "early-default",
    "early-retirement",
    "brought-forward",
    "overdue-default",
    "overdue-retirement",
    "early-move",
    "late-move",
    "elsewhere",
    "manual",
    "reserved",
    "early-force",
]
"""How a year breaks its word."""
PLANTED: tuple[Planted, ...] = get_args(Planted)
Found = tuple[BreachKind, str, str]
"""A breach: its kind, the model or deployment, and the day."""


def date(number: int, hour: int = 0) -> str:
    """A day of the year."""
    return (day(START) + timedelta(days=number, hours=hour)).isoformat()


class Happening(NamedTuple):
    """Something that the provider states on a day."""

    on: int
    verb: str
    arguments: tuple[Any, ...]
    known: int | None = None


@dataclass(frozen=True)
class Year:
    """One year of one model. `planted`: the word that is broken; `by`: by how many days, where that matters.

    `every`: how many nights lie between two exports; `moved`: on which day of the rollout the provider moves who
    follows. `is_fixed`: whether the retirement is announced for a day, or for no earlier than it; `is_postponed`:
    whether it was to come earlier at first.
    """

    number: int
    planted: Planted = "none"
    by: int = 5
    every: int = 1
    moved: int = 5
    is_fixed: bool = True
    is_postponed: bool = False

    @property
    def model(self) -> str:
        """The model."""
        return f"azure-openai/m{self.number}"

    @property
    def changed(self) -> int:
        """The day on which v2 becomes the default."""
        return CHANGED + {"early-default": -self.by, "overdue-default": self.by}.get(self.planted, 0)

    @property
    def retired(self) -> int:
        """The day on which v1 is retired."""
        return RETIRED + {"early-retirement": -self.by, "overdue-retirement": self.by}.get(self.planted, 0)

    def name(self, policy: str) -> str:
        """The deployment under a policy."""
        return f"{policy}-{self.number}"

    def night(self, number: int) -> int:
        """The first night from a day on of which there is an export."""
        return number + -(number - 2) % self.every

    def play(self, trail: Trail) -> None:
        """Record the year, with the exports of its nights."""
        for one in self._happenings():
            known = None if one.known is None else date(one.known)
            getattr(on(trail, date(one.on), known).model(self.model), one.verb)(*one.arguments)
        for policy in POLICIES:
            told = (
                {"policy": "auto-update", "sku": "ProvisionedManaged"} if policy == "reserved" else {"policy": policy}
            )
            created = on(trail, date(1)).deployment(self.name(policy))
            created.create(self.model, version="v1", run_by="provider", **told)
        for number in range(2, END, self.every):
            for policy in POLICIES:
                seen = on(trail, date(number, 2)).deployment(self.name(policy))
                seen.observe(self.model, *self.serves(policy, number))

    def _happenings(self) -> Iterator[Happening]:
        yield Happening(0, "register", ("azure-openai",))
        for version, released in (("v1", 0), ("v3", 5), ("v2", RELEASED)):
            yield Happening(released, "release", (version,))
        yield Happening(0, "change_default", ("v1",))
        if self.planted != "silent-default":
            said = CHANGED - self.by if self.planted == "short-notice" else ANNOUNCED
            known = CHANGED - self.by if self.planted == "late-word" else None
            yield Happening(said, "announce_default", ("v2", date(CHANGED)), known)
        yield Happening(self.changed, "change_default", ("v2",))
        if self.planted == "early-force":
            yield Happening(60, "announce_forced_upgrade", ("v1", date(90), "no-earlier-than", self.model, "v3"))
        yield Happening(self.retired, "retire", ("v1",))
        yield from self._warnings()

    def _warnings(self) -> Iterator[Happening]:
        """What is announced of the retirement."""
        is_fixed = self.is_fixed or self.planted == "overdue-retirement"
        firm = "fixed" if is_fixed else "no-earlier-than"
        if self.planted == "silent-retirement":
            return
        if self.planted == "brought-forward":
            yield Happening(WARNED - 20, "announce_retirement", ("v1", date(RETIRED + 30), "no-earlier-than"))
        elif self.is_postponed:
            yield Happening(WARNED - 10, "announce_retirement", ("v1", date(RETIRED - 20), firm))
        yield Happening(WARNED, "announce_retirement", ("v1", date(RETIRED), firm))

    def serves(self, policy: str, number: int) -> tuple[str, str]:
        """Which version a deployment is on in a night, and whether it serves it."""
        elsewhere = self._elsewhere(policy, number)
        if elsewhere is not None:
            return elsewhere, "serving"
        if policy == "auto-update":
            return ("v2" if number >= self._moved else "v1"), "serving"
        is_retired = number >= self.retired
        if policy == "upgrade-when-expired":
            return ("v2" if is_retired else "v1"), "serving"
        return "v1", "stopped" if is_retired else "serving"

    @property
    def _moved(self) -> int:
        """The day on which who follows is moved."""
        match self.planted:
            case "early-move":
                return CHANGED - self.by
            case "late-move":
                return CHANGED + ROLLOUT + self.by
            case _:
                return self.changed + self.moved

    def _elsewhere(self, policy: str, number: int) -> str | None:
        """The version that a deployment is on against every word."""
        moved = {
            "elsewhere": ("upgrade-when-expired", "v3"),
            "manual": ("manual", "v2"),
            "reserved": ("reserved", "v2"),
            "early-force": ("manual", "v3"),
        }.get(self.planted)
        return moved[1] if moved is not None and moved[0] == policy and number >= SEEN else None

    def broken(self) -> set[Found]:
        """The breaches of the year."""
        seen, model = date(self.night(SEEN), 2), self.model
        found: dict[Planted, Found] = {
            "short-notice": ("short-notice", model, date(CHANGED - self.by)),
            "late-word": ("short-notice", model, date(ANNOUNCED)),
            "silent-default": ("unannounced", model, date(CHANGED)),
            "silent-retirement": ("unannounced", model, date(RETIRED)),
            "early-default": ("earlier-than-promised", model, date(self.changed)),
            "early-retirement": ("earlier-than-promised", model, date(self.retired)),
            "brought-forward": ("earlier-than-promised", model, date(WARNED)),
            "overdue-default": ("overdue", model, date(CHANGED)),
            "overdue-retirement": ("overdue", model, date(RETIRED)),
            "early-move": ("moved-early", self.name("auto-update"), date(self.night(self._moved), 2)),
            "late-move": ("moved-late", self.name("auto-update"), date(CHANGED + ROLLOUT)),
            "elsewhere": ("unexplained-move", self.name("upgrade-when-expired"), seen),
            "manual": ("policy-breach", self.name("manual"), seen),
            "reserved": ("policy-breach", self.name("reserved"), seen),
            "early-force": ("earlier-than-promised", self.name("manual"), seen),
        }
        return {found[self.planted]} if self.planted in found else set()
