"""How does a report behave in a browser? Landmarks, keys, tooltips, colours, paper, narrow screens, and no network.

As a script it writes what assistive technology reads of two pages into the golden files.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("playwright", reason="playwright is not here: pip install playwright")

from playwright.sync_api import Browser, Page, sync_playwright

from browser.chromium import ARGUMENTS, chromium, opened
from modeltrail.report.addresses import deployment_page, model_page
from report.played import EVIL, demo, hostile

GOLDEN = Path(__file__).parent / "golden"
LEGACY = deployment_page("legacy-bot")
CHAT = deployment_page("chat-prod")
PAGES = (
    "index.html",
    "register.html",
    "models.html",
    "upcoming.html",
    "conformance.html",
    LEGACY,
    CHAT,
    model_page("azure-openai/gpt-4o"),
)
READ = {"fleet.yaml": "index.html", "deployment.yaml": LEGACY, "model.yaml": model_page("azure-openai/tts")}

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed: a browser is needed here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the demo."""
    folder = tmp_path_factory.mktemp("report") / "site"
    with demo() as trail:
        trail.at().report(folder)
    return folder


def read(page: Page) -> str:
    """What assistive technology reads of a page, without the reasons, whose words are those of `why`, and the foot."""
    page.evaluate("document.querySelectorAll('.why ul').forEach((one) => one.remove())")
    return "\n".join(page.locator(part).aria_snapshot() for part in ("body > header", "main")) + "\n"


@pytest.mark.parametrize("golden", READ)
def test_what_is_read_aloud_is_what_was_agreed(browser: Browser, site: Path, golden: str) -> None:
    with opened(browser, site / READ[golden]) as page:
        assert read(page) == (GOLDEN / golden).read_text(encoding="utf-8"), "look at it, then run this file as a script"


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_landmarks_one_heading_and_a_language(browser: Browser, site: Path, path: str) -> None:
    with opened(browser, site / path) as page:
        for role in ("banner", "main", "contentinfo"):
            assert page.get_by_role(role).count() == 1
        assert page.get_by_role("navigation", name="Report").count() == 1
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.get_by_role("table").count() == page.locator("caption").count()
        assert page.locator("th:not([scope])").count() == 0
        policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [360, 700, 1600])
def test_no_page_is_wider_than_its_window(browser: Browser, site: Path, path: str, width: int) -> None:
    with opened(browser, site / path, viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# Keys


def focused(page: Page) -> str:
    """What has the focus, in a few words."""
    said = "(one => (one.getAttribute('aria-label') || one.textContent).trim())(document.activeElement)"
    return str(page.evaluate(said))


def test_the_first_key_leads_past_the_header(browser: Browser, site: Path) -> None:
    with opened(browser, site / "index.html") as page:
        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the content"
        assert page.locator(".skip").evaluate("one => one.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_tab_goes_through_a_page_in_the_order_in_which_it_is_read(browser: Browser, site: Path) -> None:
    with opened(browser, site / LEGACY) as page:
        seen = []
        for _ in range(11):
            page.keyboard.press("Tab")
            seen.append(focused(page).partition(",")[0])
    assert seen == [
        "Skip to the content",
        "Fleet",
        "Deployments",
        "Models",
        "Upcoming",
        "Conformance",
        "azure-openai/gpt-35-turbo",
        "azure-openai/gpt-35-turbo 0301",
        "azure-openai/gpt-35-turbo 0125",
        "stopped",
        "Segment 4",
    ]


def test_arrows_go_from_segment_to_segment_and_enter_leads_to_its_row(browser: Browser, site: Path) -> None:
    with opened(browser, site / "index.html") as page:
        page.locator("svg[aria-label='Course of legacy-bot'] a.bar").last.focus()
        assert focused(page).startswith("azure-openai/gpt-35-turbo 0125, ")
        page.keyboard.press("ArrowLeft")
        assert focused(page).startswith("stopped, ")
        page.keyboard.press("Home")
        assert focused(page).startswith("azure-openai/gpt-35-turbo 0301, ")
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"legacy-bot.*#segment-4$"))
        row = page.locator("tr:target")
        assert row.locator("th").text_content() == "4"
        assert "215, 225" in (row.text_content() or "")


def test_the_focus_can_be_seen(browser: Browser, site: Path) -> None:
    with opened(browser, site / LEGACY) as page:
        for _ in range(8):
            page.keyboard.press("Tab")
            assert "solid 3px" in page.evaluate("getComputedStyle(document.activeElement).outline")


# Tooltips


@pytest.mark.parametrize("how", ["hover", "focus"])
def test_a_segment_that_is_pointed_at_or_focused_says_its_positions(browser: Browser, site: Path, how: str) -> None:
    with opened(browser, site / "index.html") as page:
        bar = page.locator("svg[aria-label='Course of chat-prod'] a.bar").nth(1)
        tip = page.get_by_role("tooltip")
        assert tip.count() == 0
        bar.hover() if how == "hover" else bar.focus()
        assert tip.is_visible()
        said = tip.text_content() or ""
        assert said.startswith("azure-openai/gpt-4o 2024-05-13 or 2024-08-06, from 2025-03-26 to 2025-04-09: window")
        assert said.endswith("positions 167, 220")
        assert bar.get_attribute("aria-describedby") == "tip"
        box = tip.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 1200
        page.keyboard.press("Escape") if how == "focus" else page.mouse.move(0, 0)
        assert tip.count() == 0


def test_without_scripts_each_segment_says_the_same_and_is_within_reach_of_tab(browser: Browser, site: Path) -> None:
    with opened(browser, site / "index.html", java_script_enabled=False) as page:
        bars = page.locator("svg[aria-label='Course of chat-prod'] a.bar")
        assert bars.count() == 3
        assert "positions 167, 220" in (bars.nth(1).locator("title").text_content() or "")
        assert page.get_by_role("link", name=re.compile("positions 167, 220")).count() == 2


# Colours, paper


def test_the_colours_follow_the_wish_of_the_reader_and_paper_is_light(browser: Browser, site: Path) -> None:
    def colours(page: Page) -> list[str]:
        bar = "getComputedStyle(document.querySelector('a.sure rect')).fill"
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        return [str(page.evaluate(code)) for code in (paper, bar)]

    with opened(browser, site / CHAT, color_scheme="light") as page:
        light = colours(page)
    with opened(browser, site / CHAT, color_scheme="dark") as page:
        dark = colours(page)
        page.emulate_media(media="print")
        assert colours(page) == light
    assert light[0] == "rgb(255, 255, 255)"
    assert all(one != other for one, other in zip(light, dark, strict=True))


@pytest.mark.parametrize("path", PAGES)
def test_all_that_is_said_is_printed_and_the_way_around_is_not(browser: Browser, site: Path, path: str) -> None:
    with opened(browser, site / path, viewport={"width": 700, "height": 1000}) as page:
        words = page.locator("main").inner_text()
        page.emulate_media(media="print")
        assert page.locator("main").inner_text() == words or page.locator("nav.pages").count()
        assert not page.get_by_role("navigation").count()
        cut = "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
        assert page.evaluate(cut) == 0
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_each_look_is_another_and_a_window_is_hatched(browser: Browser, site: Path) -> None:
    with opened(browser, site / "index.html") as page:
        fill = "one => getComputedStyle(one.querySelector('rect')).fill"
        looks = {
            name: page.locator(f"table a.bar.{name}").first.evaluate(fill)
            for name in ("sure", "assumed", "window", "outage")
        }
    assert len(set(looks.values())) == 4
    assert "#hatch" in looks["window"]


def test_stored_text_runs_nowhere(browser: Browser, tmp_path: Path) -> None:
    hostile().at("2025-06-01").report(tmp_path)
    for path in ("index.html", "register.html", deployment_page(EVIL)):
        with opened(browser, tmp_path / path) as page:
            page.on("dialog", lambda asked: pytest.fail(f"a script ran: {asked.message}"))
            assert EVIL in page.locator("main").inner_text()


if __name__ == "__main__":
    import tempfile

    with sync_playwright() as started, tempfile.TemporaryDirectory() as place, demo() as played:
        played.at().report(Path(place) / "site")
        seen = started.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for name, shown in READ.items():
            with opened(seen, Path(place) / "site" / shown) as open_page:
                (GOLDEN / name).write_text(read(open_page), encoding="utf-8")
        seen.close()
        sys.exit()
