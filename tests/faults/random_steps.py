"""A longer life, drawn by lot: what people and a calendar do to some models and deployments over a year or two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from faults.scenario import CHAT, MIRRORED, NEXT, Step, Told, created, deployment, model, moment

POLICIES = ("auto-update", "auto-update", "upgrade-when-expired", "manual", "unspecified")
MODELS: tuple[str, ...] = (CHAT, NEXT, MIRRORED)


def random_steps(seed: int, length: int, *, on_time: bool) -> tuple[Step, ...]:
    """So many commands; the same seed gives the same. With `on_time`, some of them advance on time."""
    return tuple(_Life(Random(seed), on_time).steps(length))


class _Life:
    """What has been said so far, whether or not it was refused. `on_time`: nobody's host fails then."""

    def __init__(self, lot: Random, on_time: bool) -> None:
        self.lot, self.on_time = lot, on_time
        self.at = moment("2025-01-01")
        self.names: list[str] = []
        self.versions: dict[str, int] = dict.fromkeys(MODELS, 1)

    def steps(self, length: int) -> Iterator[Step]:
        yield self.step(0, tuple(self.beginning()))
        for number in range(1, length):
            self.at += timedelta(hours=self.lot.choice((0, 1, 24, 24, 100, 400)))
            if number % 6 == 0:
                is_on_time = self.on_time and number % 12 == 0
                yield Step(f"{number}", self.at.isoformat(), kind="advance on time" if is_on_time else "advance")
            else:
                yield self.step(number, tuple(self.deeds()))
        yield Step("the end", (self.at + timedelta(days=400)).isoformat(), kind="advance")
        yield Step("the very end", (self.at + timedelta(days=800)).isoformat(), kind="advance")

    def step(self, number: int, told: tuple[Told, ...]) -> Step:
        late = timedelta(days=self.lot.choice((0, 0, 0, 0, 3)))
        known = (self.at - late).isoformat() if late and number > 20 else None
        return Step(f"{number}", self.at.isoformat(), told, known=known)

    def beginning(self) -> Iterator[Told]:
        for name in MODELS:
            yield model(name, "register", run_by="provider" if name == MIRRORED else "engine")
            yield model(name, "release", version="v1")
            yield model(name, "change_default", version="v1")
        yield from self.arrivals(14)

    def deeds(self) -> Iterator[Told]:
        """One command: an arrival, a word of an owner, or one of a provider."""
        which = self.lot.random()
        if which < 0.2:
            yield from self.arrivals(self.lot.choice((1, 1, 7)))
        elif which < 0.55:
            for name in sorted(self.lot.sample(self.names, self.lot.choice((1, 1, 3)))):
                yield self.of_deployment(name)
        else:
            yield from self.of_model(self.lot.choice(MODELS))

    def arrivals(self, count: int) -> Iterator[Told]:
        name, policy = self.lot.choice(MODELS), self.lot.choice(POLICIES)
        numbers = [n for n in range(len(self.names), len(self.names) + 2 * count) if not (self.on_time and n % 10 == 5)]
        new = [f"d{n:03}" for n in numbers[:count]]
        self.names += new
        yield from created(new, policy, on=name)

    def of_deployment(self, name: str) -> Told:
        deeds = (
            deployment(name, "change_policy", policy=self.lot.choice(POLICIES)),
            deployment(name, "change_version", version=self.version(CHAT), model=CHAT),
            deployment(name, "change_version", version=self.version(NEXT), model=NEXT),
            deployment(name, "change_sku", sku=self.lot.choice(("Standard", "ProvisionedManaged"))),
            deployment(name, "change_api_version", api_version="2025-01"),
            deployment(name, "delete"),
        )
        return self.lot.choice(deeds)

    def version(self, name: str) -> str:
        return f"v{self.lot.randint(1, self.versions[name])}"

    def of_model(self, name: str) -> Iterator[Told]:
        which, on = self.lot.random(), (self.at + timedelta(days=self.lot.choice((15, 30)))).isoformat()
        if which < 0.4:
            self.versions[name] += 1
            yield model(name, "release", version=f"v{self.versions[name]}")
            if which < 0.2:
                yield model(name, "announce_default", version=f"v{self.versions[name]}", on=on)
        elif which < 0.55:
            yield model(name, "announce_default", version=self.version(name), on=on)
        elif which < 0.75:
            yield model(name, "announce_retirement", version=self.version(name), on=on)
        elif which < 0.9:
            yield model(name, "change_default", version=self.version(name), emergency="an incident")
        else:
            yield model(name, "name_replacement", version=self.version(name), to_model=self.lot.choice((CHAT, NEXT)))
