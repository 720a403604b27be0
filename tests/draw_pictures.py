"""What do the pictures of the pages show? Answers of the trail that the page itself records, drawn as SVG.

Run as a script (`make pages`) it writes docs/pictures; tests/test_pictures.py demands that they are in step.
"""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from modeltrail import Trail
from modeltrail.domain.events import DefaultChanged, DeploymentObserved, VersionRetired
from pages import DOCS, blocks
from pictures import Bars, Layer, plane, timelines

PICTURES = DOCS / "pictures"
MODEL = "azure-openai/gpt-4o"


class Picture(NamedTuple):
    """A picture by the name of its file: the page that shows it, and how it is drawn from that page's trail."""

    name: str
    page: Path
    draw: Callable[[Trail], str]

    @property
    def file(self) -> Path:
        return PICTURES / f"{self.name}.svg"


@cache
def recorded(page: Path) -> Trail:
    """The trail that the session of a page leaves. Raises AssertionError where the session shows something else."""
    session = doctest.DocTestParser().get_doctest("\n".join(blocks(page, "pycon")), {}, page.name, str(page), 0)
    assert doctest.DocTestRunner().run(session, clear_globs=False).failed == 0, page
    trail: Trail = session.globs["trail"]
    return trail


def date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def course(trail: Trail, deployment: str, label: str | None = None, known_at: str | None = None) -> Bars:
    """The course of a deployment as known on a day, with its sights that were known by then."""
    limit = None if known_at is None else date(known_at)
    seen = [fact for fact in trail.history(deployment) if isinstance(fact.event, DeploymentObserved)]
    sights = [fact.effective_at for fact in seen if limit is None or fact.known_at <= limit]
    return Bars(label or deployment, trail.at(known_at=known_at).course(deployment).segments, sights)


def happened(trail: Trail, since: str) -> Iterator[tuple[datetime, str]]:
    """What happened to the model after a day: other defaults, and retirements."""
    for fact in trail.history(MODEL):
        said = {DefaultChanged: "is the default", VersionRetired: "is retired"}.get(type(fact.event))
        if said is not None and fact.effective_at > date(since):
            yield fact.effective_at, f"{fact.event.data()['version']} {said}"


def clocks(trail: Trail) -> str:
    known = [*dict.fromkeys(fact.known_at for fact in trail.history(MODEL)), trail.now()]
    layers = [Layer(since, until, trail.at(known_at=since).course("chat").segments) for since, until in pairwise(known)]
    facts = [(fact.effective_at, fact.known_at) for fact in trail.history(MODEL)]
    return plane("The answers about one deployment, as a plane of two clocks", layers, facts, known[0])


def certainty(trail: Trail) -> str:
    days = {"2025-03-20": "20 March", "2025-03-30": "30 March", "2025-04-04": "4 April", "2025-04-10": "10 April"}
    lines = [course(trail, "chat", f"known {said}", day) for day, said in days.items()]
    told = list(happened(trail, "2025-03-10"))
    title = "The course of one deployment, as known on four days"
    return timelines(title, lines, told, date("2025-03-10"), date("2025-04-25"))


def policies(trail: Trail) -> str:
    lines = [course(trail, name) for name in ("chat", "search", "batch")]
    told = list(happened(trail, "2025-02-01"))
    title = "The courses of three deployments with three policies"
    return timelines(title, lines, told, date("2025-02-01"), date("2025-07-15"))


def holds(trail: Trail) -> str:
    lines = [course(trail, name) for name in ("trial", "gateway")]
    told = list(happened(trail, "2025-02-01"))
    title = "The courses of a deployment that was put back by hand, and of one that the engine runs"
    return timelines(title, lines, told, date("2025-02-01"), date("2025-07-15"))


EXPLAINED = DOCS / "explanation"
ALL = (
    Picture("clocks", EXPLAINED / "clocks.md", clocks),
    Picture("certainty", EXPLAINED / "certainty.md", certainty),
    Picture("policies", EXPLAINED / "courses.md", policies),
    Picture("holds", EXPLAINED / "courses.md", holds),
)

if __name__ == "__main__":
    for picture in ALL:
        picture.file.write_text(picture.draw(recorded(picture.page)), encoding="utf-8")
