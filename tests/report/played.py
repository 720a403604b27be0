"""Of what do the tests make reports? The demo's fleet, and a hostile one whose every text would be mark-up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from modeltrail import Trail
from modeltrail.demo import TODAY, play
from rules.given import MIRRORED, deployed, mirrored, on

OTHER = "azure-openai/other"
EVIL = '<script>alert("x")</script>'
ARM = "/subscriptions/s/resourcegroups/rg/providers/microsoft.cognitiveservices/accounts/{account}/deployments/chat"


@contextmanager
def demo() -> Iterator[Trail]:
    """The real schedule and the fleet of the demo, on the demo's day."""
    with Trail.open("memory:", clock=lambda: TODAY) as trail:
        play(trail)
        yield trail


def hostile() -> Trail:
    """Names, reasons and sources that would be mark-up, and names that differ in case or account alone."""
    trail = mirrored()
    told = {"why": f"{EVIL} \u202egpj", "source": f"https://example.com/{EVIL}"}
    for name in (EVIL, "../../up", "Chat", "chat", ARM.format(account="one"), ARM.format(account="two")):
        on(trail, "2025-02-10", **told).deployment(name).create(
            MIRRORED, version="v1", policy="auto-update", run_by="provider", owner=EVIL
        )
    on(trail, "2025-02-20", **told).model(MIRRORED).announce_default("v2", on="2025-03-10")
    on(trail, "2025-03-10", **told).model(MIRRORED).change_default("v2")
    return trail


def crowd(size: int) -> Trail:
    """Many deployments, all but the last ten on one model."""
    trail = deployed(mirrored())
    on(trail, "2025-01-01").model(OTHER).release("z1")
    with trail.record(by="alice@example.com", effective_at="2025-02-10", known_at="2025-02-10") as rec:
        for number in range(size - 1):
            model, version = (MIRRORED, "v1") if number < size - 11 else (OTHER, "z1")
            rec.deployment(f"app-{number:04}").create(model, version=version, policy="manual", run_by="provider")
    return trail


class Page(HTMLParser):
    """A page: its elements, where its links lead, what can be led to, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(folder: Path) -> dict[str, Page]:
    """All pages of a report, by their paths."""
    return {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))}


def content(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by their paths."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
