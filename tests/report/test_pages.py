"""What stands in a report? Every deployment and model with its reasons, and nothing that leads elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("jinja2")

from modeltrail import Trail
from modeltrail.report.addresses import deployment_page, file_name, model_page, offered
from report.played import ARM, EVIL, OTHER, content, crowd, demo, hostile, pages
from rules.given import MIRRORED, deployed, mirrored, on


def text_of(folder: Path, page: str) -> str:
    return " ".join(pages(folder)[page].text.split())


def test_every_link_leads_to_a_page_of_the_report_and_a_place_on_it(tmp_path: Path) -> None:
    with demo() as trail:
        trail.at().report(tmp_path / "site")
    found = pages(tmp_path / "site")
    for path, page in found.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            file = ((tmp_path / "site" / path).parent / target).resolve() if target else page.path
            assert file.is_file(), f"{path}: {link}"
            name = file.relative_to(tmp_path / "site").as_posix()
            assert not anchor or anchor in found[name].ids, f"{path}: {link}"
        assert len(page.ids) == len(set(page.ids)), path


def test_every_deployment_and_every_model_has_a_page(tmp_path: Path) -> None:
    with demo() as trail:
        written = trail.at().report(tmp_path / "site")
        names = [answer.deployment for answer in trail.at().deployments()]
    found = pages(tmp_path / "site")
    assert {deployment_page(name) for name in names} <= set(found)
    assert model_page("azure-openai/gpt-4o") in found
    assert (written.deployments, written.pages) == (len(names), len(found))
    files = content(tmp_path / "site")
    assert written.bytes == sum(map(len, files.values())) - len(files["modeltrail-report.json"])


@pytest.mark.rule("R28", "R42")
def test_the_page_of_a_deployment_says_why_for_every_move(tmp_path: Path) -> None:
    with demo() as trail:
        trail.at().report(tmp_path)
        stop = trail.at("2025-02-13").why("legacy-bot")
    text = text_of(tmp_path, deployment_page("legacy-bot"))
    assert "it stopped on 2025-02-13: retirement, assumed" in text
    assert "by-hand, recorded" in text
    assert stop.announcements
    for said in stop.announcements:
        assert f"position {said.position}, " in text


@pytest.mark.rule("R13")
def test_the_page_of_a_model_has_every_announcement_with_its_revisions(tmp_path: Path) -> None:
    with demo() as trail:
        trail.at().report(tmp_path)
        said = trail.at().announcements("azure-openai/gpt-35-turbo")
    text = text_of(tmp_path, model_page("azure-openai/gpt-35-turbo"))
    assert text.count(" of ") >= len(said)
    for one in said:
        assert one.on is None or f"{one.on:%Y-%m-%d}" in text
    assert "6 of 6 2024-11-11 retirement on 2025-02-13, fixed" in text


@pytest.mark.rule("R11", "R12", "R13")
def test_what_a_provider_did_not_keep_stands_on_its_page_and_on_that_of_the_model_or_deployment(tmp_path: Path) -> None:
    with demo() as trail:
        trail.at().report(tmp_path)
        found = trail.at().conformance()
    listed = text_of(tmp_path, "conformance.html")
    assert found.breaches and found.moved_dates and found.notice
    for breach in found.breaches:
        page = model_page(breach.model) if breach.deployment is None else deployment_page(breach.deployment)
        assert breach.says in listed and breach.says in text_of(tmp_path, page)
    for notice in found.notice:
        assert f"{notice.kind} from {notice.left_model}" in text_of(tmp_path, deployment_page(notice.deployment))
    for moved in found.moved_dates:
        assert f"{moved.days:+d} days in all" in text_of(tmp_path, model_page(moved.model))


@pytest.mark.rule("R6")
def test_a_report_is_as_of_a_day_and_as_known_on_another(tmp_path: Path) -> None:
    trail = deployed(mirrored())
    on(trail, "2025-03-10", known="2025-04-20").model(MIRRORED).change_default("v2")
    page = deployment_page("chat-prod")
    trail.at("2025-04-01", known_at="2025-04-10").report(tmp_path / "then")
    trail.at("2025-04-01", known_at="2025-05-01").report(tmp_path / "later")
    trail.at("2025-01-05").report(tmp_path / "before")
    assert "azure-openai/chat v1 (recorded)" in text_of(tmp_path / "then", page)
    assert "azure-openai/chat v2 (assumed)" in text_of(tmp_path / "later", page)
    assert page not in pages(tmp_path / "before")


@pytest.mark.rule("R28")
def test_a_deployment_that_was_deleted_is_still_shown(tmp_path: Path) -> None:
    trail = deployed(mirrored())
    on(trail, "2025-05-01").deployment().delete()
    written = trail.at("2025-06-01").report(tmp_path)
    assert written.deployments == 1
    assert "chat-prod on 2025-06-01: deleted" in text_of(tmp_path, deployment_page("chat-prod"))


def test_the_same_log_moment_and_knowledge_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        with demo() as trail:
            trail.at().report(tmp_path / folder)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_an_empty_log_gives_a_report_that_says_so(tmp_path: Path) -> None:
    with Trail.open("memory:") as trail:
        written = trail.at("2025-01-01").report(tmp_path)
    assert (written.deployments, written.models) == (0, 0)
    assert "No deployment existed by then." in text_of(tmp_path, "index.html")


# Text is never mark-up, and names are never paths


def test_stored_text_is_never_markup(tmp_path: Path) -> None:
    hostile().at("2025-06-01").report(tmp_path)
    for path, page in pages(tmp_path).items():
        assert page.tags.count("script") == 1, path
        assert EVIL not in page.path.read_text(encoding="utf-8")
        assert "\u202e" not in page.text
    text = pages(tmp_path)[deployment_page(EVIL)].text
    assert f"{EVIL} on 2025-06-01" in text
    assert f"{EVIL} \\u202egpj" in text


def test_names_that_differ_in_case_or_account_alone_have_pages_of_their_own(tmp_path: Path) -> None:
    hostile().at("2025-06-01").report(tmp_path / "site")
    names = ["Chat", "chat", ARM.format(account="one"), ARM.format(account="two"), "../../up"]
    found = {deployment_page(name).lower() for name in names}
    assert len(found) == len(names)
    assert found <= set(pages(tmp_path / "site"))
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@given(st.integers(1, 300), st.data())
def test_a_page_of_a_long_list_leads_to_its_neighbours_and_to_few_others(count: int, data: st.DataObject) -> None:
    current = data.draw(st.integers(1, count))
    found = offered(current, count)
    assert {1, max(current - 1, 1), min(current + 1, count), count} <= {*found} <= {*range(1, count + 1)}
    assert len(found) <= 27


@given(st.text())
def test_a_file_name_is_safe_whatever_the_name(name: str) -> None:
    found = file_name(name)
    assert found.isascii() and len(found) < 80
    assert found.removesuffix(".html").replace("-", "").isalnum() and found == found.lower()


@given(st.sets(st.text(), min_size=2, max_size=20))
def test_other_names_have_other_files(names: set[str]) -> None:
    assert len({file_name(name) for name in names}) == len(names)


# Many deployments


def test_many_deployments_are_paged_and_each_is_found_by_model_and_by_name(tmp_path: Path) -> None:
    trail = crowd(510)
    written = trail.at("2025-06-01").report(tmp_path)
    found = pages(tmp_path)
    fleet = sorted(path for path in found if path.startswith("fleet-"))
    assert fleet == [f"fleet-{number}.html" for number in range(2, 7)]
    assert {"register.html", "register-2.html"} <= set(found)
    linked = {link for path in ("index.html", *fleet) for link in found[path].links if "#" not in link}
    listed = {link for path in ("register.html", "register-2.html") for link in found[path].links}
    assert {deployment_page(f"app-{number:04}") for number in range(509)} <= linked & listed
    reached, ahead = set(), {"index.html"}
    while ahead:
        path = ahead.pop()
        reached.add(path)
        folder = (tmp_path / path).parent
        links = {link.partition("#")[0] for link in found[path].links} - {""}
        targets = {(folder / link).resolve().relative_to(tmp_path.resolve()).as_posix() for link in links}
        ahead |= (targets & set(found)) - reached
    assert reached == set(found)
    (place,) = (link for link in found["models.html"].links if "#" in link and file_name(OTHER)[:-5] in link)
    assert place.partition("#")[0] == fleet[-1] and place.partition("#")[2] in found[fleet[-1]].ids
    assert max(len(page.path.read_bytes()) for page in found.values()) < 300_000
    assert written.deployments == 510


# What is missing


def test_without_jinja_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with demo() as trail, pytest.raises(ValueError, match=r"pip install 'modeltrail\[report\]'"):
        trail.at().report(tmp_path / "site")
    assert list(tmp_path.iterdir()) == []
