"""Which browser do the tests use, and what do they read of a page? A Chromium of the system, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where a Chromium is, null where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name)) is not None), None)


@contextmanager
def opened(browser: Browser, path: Path, **context: Any) -> Iterator[Page]:
    """A page of a report. Whatever it asks for beside files, and whatever it complains about, fails the test."""
    wrong: list[str] = []
    with browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **context}) as around:
        page = around.new_page()
        page.on("request", lambda asked: None if asked.url.startswith("file:") else wrong.append(asked.url))
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda asked: wrong.append(f"not found: {asked.url}"))
        page.goto(path.as_uri())
        yield page
    assert wrong == []
