"""What do the tests of trust begin with? Sources that state different things, an order, and what counts (R13)."""

from __future__ import annotations

from modeltrail import Trail
from modeltrail.domain.facts import Fact
from modeltrail.projections.models import VersionAnswer
from rules.given import MIRRORED, mirrored, on

API, PAGE, MAIL = "azure-models sweden.json sha256:ab12 row 7", "https://learn.microsoft.com/retirements#o3", "a mail"
LATER = "2025-12-01"


def trust(
    trail: Trail, day: str, *sources: str, known: str | None = None, catalogue: str = "azure-openai"
) -> tuple[Fact, ...]:
    with trail.record(by="alice@example.com", effective_at=day, known_at=known or day) as rec:
        rec.catalogue(catalogue).trust(*sources)
    return rec.facts


def disputed(trail: Trail | None = None, model: str = MIRRORED) -> Trail:
    """Given that the API says on 1 March that v1 is retired in June, and a mail on 2 March that it is in September."""
    trail = trail or mirrored()
    on(trail, "2025-03-01", source=API).model(model).announce_retirement("v1", on="2025-06-01")
    on(trail, "2025-03-02", source=MAIL).model(model).announce_retirement("v1", on="2025-09-01")
    return trail


def version(
    trail: Trail, name: str = "v1", t: str = LATER, known: str | None = None, of: str = MIRRORED
) -> VersionAnswer:
    return next(one for one in trail.at(t, known_at=known).model(of).versions if one.version == name)


def dates(trail: Trail, t: str = "2025-05-01", known: str | None = None, of: str = MIRRORED) -> dict[str | None, str]:
    """The months in which v1 is to be retired, by SKU, as of a day."""
    found = version(trail, "v1", t, known, of).retirements
    return {one.sku: "" if one.on is None else one.on.strftime("%B") for one in found}
