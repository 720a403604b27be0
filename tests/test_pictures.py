"""Do the pictures of the pages show what the library answers?"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from draw_pictures import ALL, PICTURES, Picture, recorded
from pages import DOCS

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")
each = pytest.mark.parametrize("picture", ALL, ids=lambda one: one.name)
SVG = "{http://www.w3.org/2000/svg}"


@each
def test_a_picture_shows_what_the_library_answers(picture: Picture) -> None:
    drawn = picture.draw(recorded(picture.page))
    assert picture.file.read_text(encoding="utf-8") == drawn, "out of step: run make pages"


@each
def test_a_picture_stands_on_its_page_under_its_own_title(picture: Picture) -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(\.\./pictures/([\w-]+)\.svg\)", picture.page.read_text(encoding="utf-8"))
    title = ElementTree.parse(picture.file).findtext(f"{SVG}title")
    assert (title, picture.name) in shown


@each
def test_a_picture_is_read_aloud_and_fetches_nothing(picture: Picture) -> None:
    root = ElementTree.parse(picture.file).getroot()
    assert root.findtext(f"{SVG}desc")
    assert len(root.findall(f".//{SVG}text")) > 5
    assert not re.search(
        r"https?://(?!www\.w3\.org/2000/svg\")|@import|@font-face|<script", picture.file.read_text("utf-8")
    )


def test_every_file_among_the_pictures_is_drawn() -> None:
    assert sorted(PICTURES.iterdir()) == sorted(picture.file for picture in ALL)
