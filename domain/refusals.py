"""Why was a command refused, and what is the way out? One class a rule, each with its data and its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches

from modeltrail.domain.values import instant_text


class Conflict(Exception):
    """Another writer recorded something first; nothing of this batch was recorded. Read again and repeat it."""


class Refused(Exception):
    """A command that the present state forbids. Nothing of it was recorded; the message names the way out."""

    rule: str = ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles a mistyped one most, or null."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.5)), None)


class Unknown(Refused):
    """Something that was named does not exist."""

    def __init__(self, kind: str, name: str, nearest: str | None = None) -> None:
        self.kind, self.name, self.nearest = kind, name, nearest
        hint = f"did you mean {nearest!r}?" if nearest else f"record the {kind} first"
        super().__init__(f"no {kind} is known as {name!r}: {hint}")


class NotUnderReview(Unknown):
    """An entry that is not listed for review: there never was one, or it is explained by now (R32, R41)."""

    rule = "R41"

    def __init__(self, entry: str, nearest: str | None, listed: int) -> None:
        super().__init__("entry for review", entry, nearest)
        hint = f"did you mean {nearest!r}?" if nearest else f"review lists {listed}, with their ids"
        self.args = (f"nothing needs an eye as {entry!r}, or no longer: {hint}",)


_CANDIDATES = 5


class Ambiguous(Unknown):
    """A short name that several things have."""

    def __init__(self, kind: str, name: str, candidates: Sequence[str]) -> None:
        self.kind, self.name, self.nearest = kind, name, None
        self.candidates = tuple(candidates)
        named = ", ".join(candidates[:_CANDIDATES])
        more = len(candidates) - _CANDIDATES
        others = f" and {more} more" if more > 0 else ""
        Refused.__init__(self, f"{name!r} is short for several {kind}s: write more of {named}{others}")


class NotChoosable(Refused):
    """The version is not released, or retired (R10)."""

    rule = "R10"

    def __init__(self, model: str, version: str, sku: str | None, choosable: tuple[str, ...]) -> None:
        self.model, self.version, self.sku, self.choosable = model, version, sku, choosable
        where = f" for SKU {sku}" if sku else ""
        others = ", ".join(choosable) or "none; release one first"
        super().__init__(f"version {version!r} of {model} cannot be chosen{where}: choose one of {others}")


class NoticeMissing(Refused):
    """A default change without an announcement in time (R11)."""

    rule = "R11"

    def __init__(self, model: str, version: str, days: int) -> None:
        self.model, self.version, self.days = model, version, days
        super().__init__(
            f"the default of {model} cannot become {version!r} without an announcement that is due: announce it "
            f"{days} days ahead and wait for its date, or give emergency= with the reason"
        )


class NoticeTooShort(Refused):
    """An announcement of a default change that leaves too little time (R11)."""

    rule = "R11"

    def __init__(self, model: str, version: str, days: int, earliest: datetime) -> None:
        self.model, self.version, self.days, self.earliest = model, version, days, earliest
        super().__init__(
            f"{model} promises {days} days of notice before {version!r} becomes the default: "
            f"the earliest date is {instant_text(earliest)}"
        )


class RetirementNotDue(Refused):
    """A retirement without a fixed announcement that is due (R27)."""

    rule = "R27"

    def __init__(self, model: str, version: str) -> None:
        self.model, self.version = model, version
        super().__init__(
            f"version {version!r} of {model} has no fixed retirement that is due: announce one and wait for its date, "
            "or give emergency= with the reason"
        )


class PolicyNotOffered(Refused):
    """An update policy that the model does not offer (R18)."""

    rule = "R18"

    def __init__(self, model: str, policy: str, offers: tuple[str, ...]) -> None:
        self.model, self.policy, self.offers = model, policy, offers
        super().__init__(f"{model} does not offer the policy {policy!r}: it offers {', '.join(offers)} and unspecified")


class DeprecatedForNew(Refused):
    """A new deployment on a deprecated version by an owner who has not run it (R9)."""

    rule = "R9"

    def __init__(self, model: str, version: str, owner: str) -> None:
        self.model, self.version, self.owner = model, version, owner
        super().__init__(
            f"version {version!r} of {model} is deprecated and {owner} has not run it before: choose a newer version"
        )


class AlreadyExists(Refused):
    """A second registration or creation with other values (R3)."""

    rule = "R3"

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(f"{what} exists already: {way_out}")


class NotThere(Refused):
    """A deployment that does not exist at the moment concerned (R3)."""

    rule = "R3"

    def __init__(self, deployment: str, existence: str) -> None:
        self.deployment, self.existence = deployment, existence
        reason = "was deleted before" if existence == "deleted" else "began later"
        super().__init__(
            f"the deployment {deployment} does not exist at that moment, it {reason}: choose another moment"
        )


class NoSuchPosition(Unknown):
    """A position at which nothing is recorded (R45)."""

    rule = "R45"

    def __init__(self, position: int, size: int) -> None:
        super().__init__("fact", str(position))
        self.args = (f"nothing is recorded at position {position}: the log holds the positions 1 to {size}",)


class NoDefault(Refused):
    """A deployment without a version on a model without a default (R26)."""

    rule = "R26"

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(f"{model} has no default version: name the version of the deployment")


class WouldUndo(Refused):
    """A late decision that a later one does not allow (R44)."""

    rule = "R44"

    def __init__(self, position: int, later: str, reason: str) -> None:
        self.position, self.later = position, later
        super().__init__(
            f"position {position} ({later}) was decided later and would then have been refused ({reason}): "
            "choose a moment after it, or retract it first"
        )


class ClocksOutOfOrder(Refused):
    """A fact that is effective after it was known, or known after it was recorded (R5)."""

    rule = "R5"

    def __init__(self, effective_at: datetime, known_at: datetime, recorded_at: datetime) -> None:
        self.effective_at, self.known_at, self.recorded_at = effective_at, known_at, recorded_at
        if effective_at > known_at:
            problem = f"effective_at {instant_text(effective_at)} is after known_at {instant_text(known_at)}"
        else:
            problem = f"known_at {instant_text(known_at)} is after now, {instant_text(recorded_at)}"
        super().__init__(f"{problem}: what lies ahead is announced (on=), not recorded as a fact")
