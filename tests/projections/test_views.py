"""What do the views of a projection answer? A story whose rows were worked out by hand."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from modeltrail import Projection, Trail
from modeltrail.domain.events import DeploymentCreated
from modeltrail.views import Difference, Rows, Span, View
from rules.given import day, on
from told_owners import Handlers, Owner, change, create, opened

PROD, TEST, LATE = "chat-prod", "chat-test", "chat-late"


def row(owner: str, since: str, changes: int = 0) -> Owner:
    return Owner(owner=owner, since_day=day(since), changes=changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def trail(path: Path) -> Iterator[Trail]:
    """Given a deployment of 1 January, changed on 1 February and 1 March; one of 10 January that is deleted on
    20 February; and one of 15 January that is learned of on 10 March. The change of 1 February is retracted on 5 April.
    """
    with opened(path) as trail:
        create(trail, PROD, "2025-01-01", owner="risk")
        create(trail, TEST, "2025-01-10", owner="sales")
        change(trail, PROD, "2025-02-01", "manual")
        on(trail, "2025-02-20").deployment(TEST).delete()
        change(trail, PROD, "2025-03-01", "auto-update")
        told = {"version": "v1", "run_by": "provider", "owner": "risk"}
        on(trail, "2025-01-15", "2025-03-10").deployment(LATE).create("azure-openai/chat", **told)
        on(trail, "2025-04-05").retract(3)
        yield trail


@pytest.fixture
def view(trail: Trail) -> View[Owner]:
    return trail.view(Handlers().owners)


# Rows


@pytest.mark.parametrize(
    ("at", "known_at", "expected"),
    [
        (None, None, {PROD: row("risk", "2025-01-01", 1), LATE: row("risk", "2025-01-15")}),
        ("2024-12-31", None, {}),
        ("2025-01-12", None, {PROD: row("risk", "2025-01-01"), TEST: row("sales", "2025-01-10")}),
        ("2025-02-10", "2025-03-05", {PROD: row("risk", "2025-01-01", 1), TEST: row("sales", "2025-01-10")}),
        (
            "2025-02-10",
            None,
            {PROD: row("risk", "2025-01-01"), TEST: row("sales", "2025-01-10"), LATE: row("risk", "2025-01-15")},
        ),
        (None, "2025-04-04", {PROD: row("risk", "2025-01-01", 2), LATE: row("risk", "2025-01-15")}),
        (None, "2025-02-15", {PROD: row("risk", "2025-01-01", 1), TEST: row("sales", "2025-01-10")}),
        (None, "2024-12-31", {}),
        ("2025-02-20", None, {PROD: row("risk", "2025-01-01"), LATE: row("risk", "2025-01-15")}),
        (
            "2025-02-19T23:59:59.999999Z",
            "2025-03-09T23:59:59Z",
            {PROD: row("risk", "2025-01-01", 1), TEST: row("sales", "2025-01-10")},
        ),
    ],
)
def test_the_rows_of_a_moment_as_known_at_another(
    trail: Trail, view: View[Owner], at: str | None, known_at: str | None, expected: dict[str, Owner]
) -> None:
    assert dict(view.all(at, known_at)) == expected
    for key in (PROD, TEST, LATE, "unheard-of"):
        assert view.get(key, at, known_at) == expected.get(key)
    assert dict(trail.fold(Handlers().owners, at, known_at)) == expected


def test_rows_are_a_mapping_by_key(view: View[Owner]) -> None:
    rows = view.all()
    assert (sorted(rows, key=str), len(rows), PROD in rows, "unheard-of" in rows) == ([LATE, PROD], 2, True, False)
    assert repr(rows).startswith("Rows({'chat-late': Owner(owner='risk'")
    assert "stale=['chat-prod']" in repr(Rows({}, frozenset({PROD})))


def test_the_history_of_a_key_says_from_when_until_when_and_by_what(view: View[Owner]) -> None:
    assert view.history(PROD) == (
        Span(day("2025-01-01"), day("2025-03-01"), row("risk", "2025-01-01"), 1),
        Span(day("2025-03-01"), None, row("risk", "2025-01-01", 1), 5),
    )
    assert view.history(PROD, known_at="2025-04-04") == (
        Span(day("2025-01-01"), day("2025-02-01"), row("risk", "2025-01-01"), 1),
        Span(day("2025-02-01"), day("2025-03-01"), row("risk", "2025-01-01", 1), 3),
        Span(day("2025-03-01"), None, row("risk", "2025-01-01", 2), 5),
    )
    assert view.history(TEST) == (
        Span(day("2025-01-10"), day("2025-02-20"), row("sales", "2025-01-10"), 2),
        Span(day("2025-02-20"), None, None, 4),
    )
    assert view.history(LATE, known_at="2025-03-09") == view.history("unheard-of") == ()


def test_differences_between_days_and_between_what_was_known(view: View[Owner]) -> None:
    assert view.diff("2025-02-15", "2025-03-15") == (
        Difference(PROD, row("risk", "2025-01-01"), row("risk", "2025-01-01", 1)),
        Difference(TEST, row("sales", "2025-01-10"), None),
    )
    assert view.diff("2025-02-15", "2025-02-15", known_before="2025-03-01") == (
        Difference(LATE, None, row("risk", "2025-01-15")),
        Difference(PROD, row("risk", "2025-01-01", 1), row("risk", "2025-01-01")),
    )
    assert view.diff() == ()


def test_counts_by_fields_and_parts_of_the_key(view: View[Owner]) -> None:
    assert view.count_by("owner") == {"risk": 2}
    assert view.count_by("owner", at="2025-02-10") == {"risk": 2, "sales": 1}
    assert view.count_by("owner", at="2025-02-10", known_at="2025-02-10") == {"risk": 1, "sales": 1}
    assert view.count_by("owner", "changes") == {("risk", 0): 1, ("risk", 1): 1}
    assert view.count_by("since_day") == {day("2025-01-01"): 1, day("2025-01-15"): 1}
    assert view.count_by("deployment") == {LATE: 1, PROD: 1}


def test_records_are_plain_values_by_column(view: View[Owner]) -> None:
    assert view.records(at="2025-02-10", known_at="2025-02-10") == [
        {
            "deployment": PROD,
            "owner": "risk",
            "since_day": day("2025-01-01"),
            "changes": 1,
            "since": day("2025-02-01"),
            "position": 3,
            "is_stale": False,
        },
        {
            "deployment": TEST,
            "owner": "sales",
            "since_day": day("2025-01-10"),
            "changes": 0,
            "since": day("2025-01-10"),
            "position": 2,
            "is_stale": False,
        },
    ]


@pytest.mark.skipif(importlib.util.find_spec("polars") is None, reason="polars is not here")
def test_a_frame_has_typed_columns_and_the_same_values(view: View[Owner]) -> None:
    frame = view.frame(at="2025-02-10", known_at="2025-02-10")
    assert [str(kind) for kind in frame.schema.values()] == [
        "String",
        "String",
        "Datetime(time_unit='us', time_zone='UTC')",
        "Int64",
        "Datetime(time_unit='us', time_zone='UTC')",
        "Int64",
        "Boolean",
    ]
    assert frame.to_dicts() == view.records(at="2025-02-10", known_at="2025-02-10")
    assert view.frame(at="2020-01-01").schema == frame.schema


# What is no question


def test_what_is_no_key_field_or_name_is_refused_with_the_way_out(trail: Trail, view: View[Owner]) -> None:
    with pytest.raises(ValueError, match=r"\('chat', 'prod'\) is no key of owners: give a text"):
        view.get(("chat", "prod"))
    with pytest.raises(ValueError, match=r"7 is no key of owners"):
        view.history(7)
    with pytest.raises(ValueError, match=r"owners has no field 'ownr': count by deployment, owner, since_day, changes"):
        view.count_by("ownr")
    with pytest.raises(ValueError, match=r"name the field to count by"):
        view.count_by()
    with pytest.raises(ValueError, match=r"there is no projection 'polices': did you mean policies\?"):
        trail.view("polices")
    with pytest.raises(ValueError, match=r"'in March' is no date: write 2025-03-26"):
        view.all("in March")
    with pytest.raises(ValueError, match=r"no tables of 'nothing' are stored"):
        trail.projections.drop("nothing")


# Editions, and tables that are gone


def test_other_columns_in_the_same_edition_are_refused(path: Path, trail: Trail, view: View[Owner]) -> None:
    class Ownership(BaseModel, frozen=True):
        owner: str | None

    view.all()
    other: Projection[Ownership] = Projection(
        "owners", Ownership, edition=1, question="Who owns each deployment?", key="deployment"
    )
    other.on(DeploymentCreated, key=lambda event: event.deployment)(lambda row, event: Ownership(owner=event.owner))
    with opened(path) as beside, pytest.raises(ValueError, match=r"owners has other columns .* raise its edition"):
        beside.view(other).all()
    assert view.get(PROD) == row("risk", "2025-01-01", 1)


def test_dropped_tables_are_built_again_when_they_are_asked_for(trail: Trail, view: View[Owner]) -> None:
    expected = dict(view.all())
    assert trail.projections.drop("owners") == 1
    assert [one.state for one in trail.projections.status() if one.name == "owners"] == [None]
    assert dict(view.all()) == expected


def test_only_what_was_superseded_can_be_dropped(path: Path, trail: Trail, view: View[Owner]) -> None:
    view.all()
    with opened(path) as newer:
        newer.view(Handlers(edition=2).owners).all()
        assert newer.projections.drop("owners", superseded=True) == 1
        assert newer.projections.drop("owners", superseded=True) == 0
        stored = [one.stored_edition for one in newer.projections.status() if one.name == "owners"]
        assert stored == [2]


# A store that is only read


def test_a_store_that_is_only_read_is_answered_from_memory(path: Path, trail: Trail, view: View[Owner]) -> None:
    expected = dict(view.all())
    for name in (None, "2025-04-04"):
        with opened(path, read_only=True) as reading:
            assert dict(reading.view(Handlers().owners).all(known_at=name)) == dict(view.all(known_at=name))
    change(trail, PROD, "2025-05-01", "manual")
    with opened(path, read_only=True) as reading:
        aside = reading.view(Handlers().owners)
        assert aside.get(PROD) == row("risk", "2025-01-01", 2)
        assert aside.get(LATE) == expected[LATE]
        found = reading.projections.query("SELECT count(*) FROM owners")
        assert found.rows == [(2,)]
    behind = [one.lag_facts for one in trail.projections.status() if one.name == "owners"]
    assert behind == [1], "who only reads has written nothing"


def test_a_store_that_is_only_read_and_was_never_asked_is_answered_too(path: Path, trail: Trail) -> None:
    with opened(path, read_only=True) as reading:
        assert reading.view(Handlers().owners).get(PROD) == row("risk", "2025-01-01", 1)
        change(trail, PROD, "2025-05-01", "manual")
        assert reading.view("policies").all()[PROD].policy == "manual"


# SQL


def test_the_views_have_moments_as_text_and_null_for_what_is_open(path: Path, view: View[Owner]) -> None:
    view.all()
    connection = sqlite3.connect(path)
    now = connection.execute("SELECT * FROM owners ORDER BY deployment")
    assert [name for name, *_ in now.description] == [
        *("deployment", "owner", "since_day", "changes", "since", "position", "is_stale"),
    ]
    assert now.fetchall() == [
        (LATE, "risk", "2025-01-15T00:00:00Z", 0, "2025-01-15T00:00:00Z", 6, 0),
        (PROD, "risk", "2025-01-01T00:00:00Z", 1, "2025-03-01T00:00:00Z", 5, 0),
    ]
    columns = "changes, valid_from, valid_to, known_from, known_to, position, is_stale"
    ever = connection.execute(f"SELECT {columns} FROM owners_history WHERE deployment = ? ORDER BY 4, 2", (PROD,))
    assert ever.fetchall() == [
        (0, "2025-01-01T00:00:00Z", None, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", 1, 0),
        (0, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", "2025-02-01T00:00:00Z", "2025-04-05T00:00:00Z", 1, 0),
        (1, "2025-02-01T00:00:00Z", None, "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z", 3, 0),
        (1, "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z", "2025-04-05T00:00:00Z", 3, 0),
        (2, "2025-03-01T00:00:00Z", None, "2025-03-01T00:00:00Z", "2025-04-05T00:00:00Z", 5, 0),
        (0, "2025-01-01T00:00:00Z", "2025-03-01T00:00:00Z", "2025-04-05T00:00:00Z", None, 1, 0),
        (1, "2025-03-01T00:00:00Z", None, "2025-04-05T00:00:00Z", None, 5, 0),
    ]
    connection.close()


def test_fractions_and_moments_before_1970_are_told_too(path: Path) -> None:
    with opened(path) as trail:
        for name, at in (("a", "1969-12-31T23:59:59.999999Z"), ("b", "2025-01-01T00:00:00.25Z")):
            create(trail, name, at)
        trail.view(Handlers().owners).all()
        found = trail.projections.query("SELECT since FROM owners ORDER BY deployment")
    assert found.rows == [("1969-12-31T23:59:59.999999Z",), ("2025-01-01T00:00:00.250000Z",)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM owners_rows_1",
        "UPDATE projections SET position = 0",
        "DROP VIEW owners",
        "CREATE TABLE mine (a)",
        "INSERT INTO dead_letters VALUES (1, '', 1, '')",
        "PRAGMA user_version = 7",
        "ATTACH DATABASE ':memory:' AS other",
        "SELECT 1; DELETE FROM owners_rows_1",
        "VACUUM",
        "SELECT nothing FROM owners",
        "how many?",
        "",
    ],
)
def test_sql_that_writes_or_asks_for_nothing_is_refused(trail: Trail, view: View[Owner], sql: str) -> None:
    expected = dict(view.all())
    with pytest.raises(ValueError, match=r"this SQL cannot be read \(.*\): write one SELECT"):
        trail.projections.query(sql)
    assert dict(view.all()) == expected


def test_sql_sees_what_was_just_recorded(trail: Trail, view: View[Owner]) -> None:
    view.all()
    change(trail, LATE, "2025-05-01")
    found = trail.projections.query("SELECT deployment, changes FROM owners ORDER BY deployment")
    assert (found.columns, found.rows) == (("deployment", "changes"), [(LATE, 1), (PROD, 1)])
