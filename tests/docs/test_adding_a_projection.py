"""Does the page on adding a projection do what it says? Its files, its session and its SQL are run as they stand."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modeltrail import Projection, Trail
from modeltrail.codecs import column_codec
from modeltrail.domain.facts import Fact
from modeltrail.projections.built_in import ALL
from modeltrail.shapes import check
from modeltrail.views import Rows
from rules.given import deployed, mirrored, on

DOCS = Path(__file__).parents[2] / "docs"
PAGE, EXAMPLES = DOCS / "how-to" / "add-a-projection.md", DOCS / "examples"
FILES = ("owners.py", "activity.py", "test_owners.py")

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def columns_said(page: str, view: str) -> set[str]:
    """The columns that the table of the page says a view has."""
    rows = re.findall(r"^\| (`.*?`) \| (both|`\w+`) \|", page, re.MULTILINE)
    return {name for names, where in rows if where in ("both", f"`{view}`") for name in re.findall(r"`(\w+)`", names)}


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Given the examples as modules of the current folder."""
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    for file in FILES:
        sys.modules.pop(file.removesuffix(".py"), None)


def test_the_page_shows_the_examples_as_they_are() -> None:
    files = [(EXAMPLES / file).read_text(encoding="utf-8") for file in FILES]
    assert blocks("python") == files, f"{PAGE.name}: put the files in again"


def test_a_projection_takes_ten_lines() -> None:
    lines = (EXAMPLES / "owners.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith(("from", "import"))]) <= 10


@pytest.mark.usefixtures("examples")
def test_the_session_gives_what_it_shows() -> None:
    session = "\n".join(blocks("pycon"))
    parsed = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, str(PAGE), 0)
    assert len(parsed.examples) > 30
    if importlib.util.find_spec("polars") is None:
        parsed.examples = [one for one in parsed.examples if ".frame(" not in one.source]
    assert doctest.DocTestRunner().run(parsed).failed == 0


@pytest.mark.usefixtures("examples")
def test_the_views_have_the_columns_that_the_page_names(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    with Trail.open(f"sqlite:///{tmp_path / 'audit.db'}") as trail:
        trail.view("owners:owners").all()
    reading = sqlite3.connect(tmp_path / "audit.db")
    for view in ("owners", "owners_history"):
        found = {name for name, *_ in reading.execute(f"SELECT * FROM {view}").description}
        assert columns_said(page, view) == found
    reading.close()


@pytest.mark.usefixtures("examples")
def test_the_sql_of_the_page_finds_what_the_view_says(tmp_path: Path) -> None:
    (sql,) = blocks("sql")
    trail = deployed(mirrored(), owner="risk")
    on(trail, "2025-03-15", "2025-04-20").deployment("late").create("acme/bot", run_by="provider", owner="sales")
    rows: Rows[Any] = trail.view("owners:owners").all(at="2025-04-01", known_at="2025-04-10")
    found = trail.projections.query(sql).rows
    assert found == [(name, row.owner) for name, row in rows.items()] == [("chat-prod", "risk")]


@pytest.mark.usefixtures("examples")
def test_the_examples_keep_the_laws() -> None:
    pytest.importorskip("modeltrail.testing")
    importlib.import_module("test_owners").test_owners()


def test_every_type_that_the_page_names_has_a_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("| type of the field |") : page.index("A field that is named like")]
    named = set(re.findall(r"`(\w+)`", table)) - {"None", "Literal", "Enum"}
    kinds = {kind.__name__: kind for kind in (str, int, bool, float, datetime, date, timedelta, Decimal, Fact)}
    assert named == kinds.keys()
    assert all(column_codec(kind).kind for kind in kinds.values())


@pytest.mark.usefixtures("examples")
def test_the_examples_can_be_stored() -> None:
    for name in ("owners", "activity"):
        projection = vars(importlib.import_module(name))[name]
        assert isinstance(projection, Projection)
        check(projection)


def test_every_projection_that_comes_with_the_library_is_named() -> None:
    page = PAGE.read_text(encoding="utf-8")
    last = page[page.index("## The ones that come with the library") :]
    assert re.findall(r"`(\w+)`", last) == [projection.name for projection in ALL]


def test_every_command_that_the_page_names_exists() -> None:
    cli: Any = pytest.importorskip("modeltrail.cli_projections")
    said = set(re.findall(r"`modeltrail projections (\w+)", PAGE.read_text(encoding="utf-8")))
    registered = {one.name or one.callback.__name__ for one in cli.projections.registered_commands}
    assert said <= registered
