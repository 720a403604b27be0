"""Which projections are refused when they are registered, checked or first built, and how are they mended?"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, create_model

from modeltrail import Projection, Trail
from modeltrail.domain.events import DeploymentCreated, DeploymentEvent, Event, PolicyChanged
from modeltrail.domain.facts import Fact
from modeltrail.folding import Unfit
from modeltrail.projections.policies import policies
from modeltrail.shapes import OWN, TAKEN, check
from rules.given import deployed, mirrored, on


def refused(task: Callable[[], object]) -> str:
    """The sentence with which something is refused."""
    with pytest.raises(ValueError) as caught:
        task()
    return str(caught.value)


def projection(
    row: type[Any] | None = None,
    *,
    name: str = "owners",
    key: str | tuple[str, ...] = "key",
    edition: Any = 1,
    handler: Callable[..., Any] = lambda row, event: None,
) -> Projection[Any]:
    """A projection of the deployments that were created."""
    made: Projection[Any] = Projection(name, row or owned(str), edition=edition, question="Who owns it?", key=key)
    made.on(DeploymentCreated, key=lambda event: event.deployment)(handler)
    return made


def owned(hint: Any, field: str = "owner") -> type[BaseModel]:
    """A row of one field."""
    fields: dict[str, Any] = {field: (hint, ...)}
    return create_model("Owner", __config__={"arbitrary_types_allowed": True}, **fields)


def stored(projection: Projection[Any]) -> Any:
    """The view of a projection of two deployments, created one after the other."""
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment("chat-test").create("azure-openai/chat", policy="manual", run_by="provider")
    view = trail.view(projection)
    view.all()
    return view


# What is registered


def registered(*events: Any, key: Any = lambda event: event.deployment, handler: Any = lambda row, event: row) -> str:
    made: Projection[Any] = Projection("owners", owned(str), edition=1, question="Who owns it?")
    return refused(lambda: made.on(*events, key=key)(handler))


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            DeploymentEvent,
            "owners handles DeploymentEvent, which is never recorded: name the kinds below it, as in "
            ".on(*leaves(DeploymentEvent), ...) with leaves of modeltrail.domain.events",
        ),
        (Event, "name the kinds below it, as in .on(*leaves(Event), ...)"),
        (str, "owners handles str, which is never recorded: take one of modeltrail.domain.events"),
        (
            "deployment.created",
            "owners handles 'deployment.created', which is never recorded: write DeploymentCreated, of "
            "modeltrail.domain.events",
        ),
    ],
)
def test_an_event_that_is_never_recorded_is_refused(event: Any, sentence: str) -> None:
    assert sentence in registered(event)


def test_two_handlers_of_one_event_and_a_handler_of_none_are_refused() -> None:
    assert registered(DeploymentCreated, DeploymentCreated) == (
        "owners has two handlers for DeploymentCreated: keep one"
    )
    assert registered() == ("owners has a handler of no event: name what it takes, as in .on(DeploymentCreated, ...)")


def test_a_handler_that_asks_for_something_unknown_is_refused() -> None:
    assert registered(DeploymentCreated, handler=lambda row, event, clock: row) == (
        "owners has a handler that asks for clock: it is given row and event, and may ask for fact and key by name"
    )
    assert registered(DeploymentCreated, handler=lambda row: row) == (
        "owners has a handler that takes too little: it is given row and event, in this order"
    )
    assert "no function: decorate a function" in registered(DeploymentCreated, handler="created")


def test_a_key_function_that_asks_for_something_unknown_is_refused() -> None:
    assert registered(DeploymentCreated, key=lambda event, key: key) == (
        "owners has a key function that asks for key: it is given event, and may ask for fact by name"
    )
    assert "takes too little: it is given event" in registered(DeploymentCreated, key=lambda: "key")
    assert registered(DeploymentCreated, key="deployment") == (
        "owners has the key 'deployment', which is no function: give one, as in key=lambda event: event.deployment"
    )


# What a table can be made for


@pytest.mark.parametrize(
    "name", ["Owners", "own-ers", "", "1st", "_owners", "o" * 49, "owners_history", "sqlite_owners"]
)
def test_a_name_that_cannot_name_tables_is_refused(name: str) -> None:
    assert f"{name!r} cannot name tables: use small letters, digits and _" in refused(
        lambda: check(projection(name=name))
    )


def test_no_name_of_another_table_or_index_of_the_store_is_taken() -> None:
    trail = deployed(mirrored())
    trail.view(policies).all()
    with trail.log.reading() as cursor:
        found = cursor.execute("SELECT name FROM sqlite_master WHERE type <> 'trigger'").fetchall()
    names = {name for (name,) in found if not name.startswith(("policies", "sqlite_"))}
    assert names <= TAKEN
    for name in names:
        assert "the name of another table of the store" in refused(partial(check, projection(name=name)))


@pytest.mark.parametrize("field", [*OWN, "Owner", "o" * 49])
def test_a_column_that_cannot_be_is_refused(field: str) -> None:
    mended = "choose another one" if field in OWN else "use small letters, digits and _"
    for one in (projection(owned(str, field)), projection(key=field)):
        sentence = refused(partial(check, one))
        assert sentence.startswith(f"owners cannot have a column {field!r}: ") and mended in sentence


def test_a_key_has_parts_with_names_of_their_own() -> None:
    assert refused(lambda: check(projection(key=()))) == (
        'owners has no key: name at least one part of it, as in key="deployment"'
    )
    assert "names two parts of its key alike" in refused(lambda: check(projection(key=("model", "model"))))


@pytest.mark.parametrize("edition", [0, -1, "1"])
def test_editions_count_from_1(edition: Any) -> None:
    assert refused(lambda: check(projection(edition=edition))) == f"owners has the edition {edition!r}: count from 1"


def test_a_projection_without_handlers_or_fields_is_refused() -> None:
    empty: Projection[Any] = Projection("owners", owned(str), edition=1, question="Who owns it?")
    assert refused(lambda: check(empty)) == (
        "owners handles no event: register a handler with @owners.on(Event, key=...)"
    )
    assert refused(lambda: check(projection(str))) == (
        "owners has no columns: give its row a field, in a pydantic model, dataclass or named tuple"
    )


class Grade(Enum):
    """Values of two kinds."""

    LOW = 1
    HIGH = "high"


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (bytes, "bytes has no column"),
        (list[bytes], "bytes has no column"),
        (object, "object has no column"),
        (Any, "Any has no column"),
        (str | int, "str | int has no column"),
        (Literal["a", 1], "Literal['a', 1] has no column"),
        (list, "list does not say of what, as list[str] does"),
        (dict, "dict does not say of what, as dict[str, int] does"),
        (Grade, "Grade has values that are neither all texts nor all whole numbers, so no column"),
    ],
)
def test_a_field_of_a_type_without_a_column_is_refused_with_those_that_have_one(hint: Any, said: str) -> None:
    sentence = refused(lambda: check(projection(owned(hint))))
    assert sentence.startswith(f"owners.owner: {said}: use str, int, bool, float, datetime, date")
    assert "one of these or None" in sentence


def test_a_type_that_is_not_imported_is_refused() -> None:
    class Owner(NamedTuple):
        since: "Missing"  # type: ignore[name-defined]  # noqa: F821, UP037

    assert "a type of its row is not there (name 'Missing' is not defined): import it" in refused(
        lambda: check(projection(Owner))
    )


# What is found out while the tables are made


class Owner(BaseModel):
    """A row that can be changed in place, and whose fields nobody checks."""

    owners: list[str]


def unfit(one: Projection[Any]) -> str:
    """Why no tables were made; none are left behind, and nothing else is wrong with the trail."""
    trail = deployed(mirrored())
    on(trail, "2025-03-01").deployment("chat-prod").change_policy("manual")
    with pytest.raises(Unfit) as caught:
        trail.view(one).all()
    assert [status for status in trail.projections.status() if status.name == one.name and status.position] == []
    assert trail.view(policies).get("chat-prod") is not None
    return str(caught.value)


def test_a_handler_that_does_not_do_the_same_twice_is_refused() -> None:
    numbers = itertools.count()
    row = owned(int)
    assert unfit(projection(row, handler=lambda before, event: row(owner=next(numbers)))) == (
        "owners makes of position 5 once (0,) and once (1,): let its handlers depend on nothing but the row, the event,"
        " the fact and the key"
    )


def test_a_handler_that_changes_the_row_in_place_is_refused() -> None:
    one: Projection[Owner] = Projection("owners", Owner, edition=1, question="Who owned it?")

    @one.on(DeploymentCreated, PolicyChanged, key=lambda event: event.deployment)
    def owned_by(row: Owner | None, event: Event, fact: Fact) -> Owner:
        row = row or Owner(owners=[])
        row.owners.append(fact.by)
        return row

    assert unfit(one).startswith(
        "owners changes the row that it is given at position 6 (deployment.policy-changed): let its handler leave that "
        "as it is and return a new row, as row.model_copy(update=...) makes one"
    )


def test_what_a_handler_cannot_take_after_a_fact_that_was_retracted_is_no_reason_to_refuse_it() -> None:
    row = owned(str)

    def once(before: Any, event: DeploymentCreated) -> Any:
        if before is not None:
            raise RuntimeError("created twice")
        return row(owner=event.owner)

    trail = mirrored()
    (wrong,) = on(trail, "2025-03-01").deployment().create("azure-openai/chat", run_by="provider", owner="risk")
    on(trail, "2025-03-02").retract(wrong.position)
    on(trail, "2025-03-03").deployment().create("azure-openai/chat", run_by="provider", owner="sales")
    view = trail.view(projection(row, handler=once))
    assert view.get("chat-prod") == row(owner="sales")
    assert (view.get("chat-prod", known_at="2025-03-01"), view.dead_letters) == (row(owner="risk"), ())


def test_a_row_that_does_not_read_back_as_it_was_is_refused() -> None:
    row = owned(tuple[str, ...])
    assert unfit(projection(row, handler=lambda before, event: row.model_construct(owner=["risk"]))) == (
        "owners is Owner(owner=['risk']) after position 5, and Owner(owner=('risk',)) when it is read back: let each "
        "field hold what its type says, and a field that is named like a part of the key that part of it"
    )
    row = owned(str, "deployment")
    one = projection(row, key="deployment", handler=lambda before, event: row(deployment="risk"))
    assert "a field that is named like a part of the key that part of it" in unfit(one)


@pytest.mark.parametrize(
    ("hint", "value", "error"),
    [
        (int, 2**70, "ValueError: owner is 1180591620717411303424, too large for a column: let its type be str"),
        (str, "\ud800", "UnicodeEncodeError"),
        (str, 3, "TypeError: owner is 3, which is not of its type"),
        (float, float("nan"), "ValueError: nan cannot be stored: use None"),
        (datetime, datetime(2025, 1, 1), "ValueError: 2025-01-01T00:00:00 has no time zone: add Z for UTC"),
        (Decimal, None, ""),
    ],
)
def test_a_value_that_no_column_takes_is_a_dead_letter_and_other_keys_go_on(hint: Any, value: Any, error: str) -> None:
    row = owned(hint | None)
    made = {"chat-prod": row.model_construct(owner=value), "chat-test": row(owner=None)}
    view = stored(projection(row, handler=lambda before, event: made[event.deployment]))
    assert view.get("chat-test") == row(owner=None)
    assert [letter.key for letter in view.dead_letters] == (["chat-prod"] if error else [])
    assert all(letter.error.startswith(error) for letter in view.dead_letters)


@pytest.mark.parametrize("key", [3, None, b"chat-prod"])
def test_a_key_that_is_no_text_is_a_dead_letter_of_no_key(key: Any) -> None:
    one: Projection[Any] = Projection("owners", owned(str), edition=1, question="Who owns it?")
    one.on(DeploymentCreated, key=lambda event: key)(lambda row, event: row)
    assert [(letter.key, letter.error) for letter in stored(one).dead_letters] == [
        (None, f"ValueError: {key!r} is no key of owners: give a text")
    ] * 2
    assert len(stored(one).all().lost) == 2


# What is stored already under the same edition


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with one deployment."""
    name = f"sqlite:///{tmp_path / 'trail.db'}"
    with Trail.open(name) as trail, trail.record(by="alice") as rec:
        rec.model("acme/chat").release("1")
        rec.deployment("chat-prod").create("acme/chat", policy="manual", run_by="provider")
    return name


def built(url: str, one: Projection[Any]) -> None:
    with Trail.open(url) as trail:
        trail.projections.rebuild(one)


def test_other_columns_under_the_same_edition_are_refused(url: str) -> None:
    built(url, projection(owned(str)))
    for other in (projection(owned(int)), projection(owned(str, "holder")), projection(key="deployment")):
        assert refused(partial(built, url, other)).startswith("owners has other columns than those stored as its editi")
    built(url, projection(owned(int), edition=2))


def test_an_interrupted_build_does_not_go_on_with_other_columns(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(point: str) -> None:
        raise KeyboardInterrupt(point)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("modeltrail.building.reach", interrupted)
        built(url, projection(owned(str)))
    assert refused(partial(built, url, projection(owned(int)))) == (
        "owners has other columns than those stored as its edition 1: raise its edition, and it is built anew beside "
        "them, or run modeltrail projections drop owners"
    )
    built(url, projection(owned(str)))
