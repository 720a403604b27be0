"""What becomes of a fact that a projection cannot take? It stops its key, says so, and is taken once that is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modeltrail import Stale, Trail
from modeltrail.projected import ProjectionStatus
from modeltrail.registry import DeadLetter
from rules.given import on
from told_owners import Handlers, change, create, opened

PROD, TEST = "chat-prod", "chat-test"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def trail(path: Path) -> Iterator[Trail]:
    """Given two deployments, whose policies were changed once."""
    with opened(path) as trail:
        for name in (PROD, TEST):
            create(trail, name)
            change(trail, name, "2025-02-01")
        yield trail


@pytest.fixture
def handlers() -> Handlers:
    """Given a handler that cannot take `auto-update`."""
    handlers = Handlers()
    handlers.refused.add("auto-update")
    return handlers


def changes(trail: Trail, handlers: Handlers, name: str = PROD, *, stale: bool = False) -> int | None:
    row = trail.view(handlers.owners).get(name, stale=stale)
    return None if row is None else row.changes


def status(trail: Trail) -> ProjectionStatus:
    (found,) = [one for one in trail.projections.status() if one.name == "owners"]
    return found


def test_it_ends_nothing_but_its_key(trail: Trail, handlers: Handlers) -> None:
    """Trap 9: one exception ends a runner there."""
    assert changes(trail, handlers) == 1
    position = change(trail, PROD, "2025-02-02", "auto-update")
    change(trail, TEST, "2025-02-03", "upgrade-when-expired")
    assert changes(trail, handlers, TEST) == 2
    with pytest.raises(Stale) as caught:
        changes(trail, handlers)
    assert (caught.value.key, caught.value.position) == (PROD, position)
    assert "Broken: what is auto-update?" in str(caught.value)
    found = status(trail)
    assert (found.position, found.lag_facts, found.dead_letters) == (6, 0, 1)
    assert (found.error_position, found.last_error) == (position, "Broken: what is auto-update?")


def test_what_was_last_known_is_given_to_whoever_asks_for_it(trail: Trail, handlers: Handlers) -> None:
    change(trail, PROD, "2025-02-02", "auto-update")
    change(trail, PROD, "2025-02-03", "manual")
    view = trail.view(handlers.owners)
    view.all()
    change(trail, PROD, "2025-02-04", "upgrade-when-expired")
    rows = view.all()
    assert rows.stale == {PROD}
    assert rows.lost == ()
    with pytest.raises(Stale):
        view.history(PROD)
    assert rows[PROD] == view.get(PROD, stale=True)
    assert view.history(PROD, stale=True)[-1].row == rows[PROD]
    assert {one["deployment"]: one["is_stale"] for one in view.records()}.get(TEST) is False


def test_a_key_that_followed_keeps_the_row_before_it(trail: Trail, handlers: Handlers) -> None:
    assert changes(trail, handlers) == 1
    change(trail, PROD, "2025-02-02", "auto-update")
    change(trail, PROD, "2025-02-03", "manual")
    assert changes(trail, handlers, stale=True) == 1
    found = trail.projections.query("SELECT deployment, changes, is_stale FROM owners ORDER BY deployment")
    assert found.rows == [(PROD, 1, 1), (TEST, 1, 0)]
    assert {one["deployment"]: one["is_stale"] for one in trail.view(handlers.owners).records()} == {
        PROD: True,
        TEST: False,
    }


@pytest.mark.parametrize("is_followed", [True, False])
def test_retry_after_the_handler_is_mended_takes_all_that_came_since(
    trail: Trail, handlers: Handlers, is_followed: bool
) -> None:
    if is_followed:
        assert changes(trail, handlers) == 1
    change(trail, PROD, "2025-02-02", "auto-update")
    change(trail, PROD, "2025-02-03", "manual")
    assert trail.view(handlers.owners).all().stale == {PROD}
    assert trail.projections.retry(handlers.owners) == (0, 1)
    handlers.refused.clear()
    with pytest.raises(Stale):
        changes(trail, handlers)
    assert trail.projections.retry(handlers.owners) == (1, 0)
    assert changes(trail, handlers) == 3
    assert trail.view(handlers.owners).dead_letters == ()
    assert [span.row and span.row.changes for span in trail.view(handlers.owners).history(PROD)] == [0, 1, 2, 3]
    change(trail, PROD, "2025-02-04", "upgrade-when-expired")
    assert changes(trail, handlers) == 4
    assert trail.projections.retry(handlers.owners) == (0, 0)


def test_a_stale_key_is_mended_by_a_retraction_and_a_retry(trail: Trail, handlers: Handlers) -> None:
    position = change(trail, PROD, "2025-02-02", "auto-update")
    assert trail.view(handlers.owners).all().stale == {PROD}
    on(trail, "2025-02-05").retract(position)
    change(trail, PROD, "2025-02-06", "upgrade-when-expired")
    assert trail.projections.retry(handlers.owners) == (1, 0)
    view = trail.view(handlers.owners)
    assert (changes(trail, handlers), view.all().stale) == (2, frozenset())
    before = view.get(PROD, known_at="2025-02-03")
    assert before is not None and before.changes == 1, "what was last known stays known while it cannot be told"


def test_what_one_process_has_mended_the_other_follows(path: Path, trail: Trail, handlers: Handlers) -> None:
    """It remembers which keys are stale, and the ends of keys."""
    with opened(path) as other:
        assert (changes(trail, handlers), changes(other, handlers)) == (1, 1)
        change(trail, PROD, "2025-02-02", "auto-update")
        with pytest.raises(Stale):
            changes(trail, handlers)
        handlers.refused.clear()
        assert other.projections.retry(handlers.owners) == (1, 0)
        change(trail, PROD, "2025-02-03", "manual")
        assert (changes(trail, handlers), changes(other, handlers)) == (3, 3)


def test_a_key_that_cannot_be_told_is_lost_until_a_retry(trail: Trail, handlers: Handlers) -> None:
    handlers.refused.clear()
    handlers.unnamed.add("auto-update")
    assert changes(trail, handlers) == 1
    position = change(trail, PROD, "2025-02-02", "auto-update")
    change(trail, PROD, "2025-02-03", "manual")
    rows = trail.view(handlers.owners).all()
    assert (rows.lost, rows.stale) == ((position,), frozenset())
    assert trail.view(handlers.owners).dead_letters == (DeadLetter(None, position, "Broken: no key for auto-update"),)
    assert trail.fold(handlers.owners).lost == (position,)
    assert changes(trail, handlers) == 2
    assert trail.projections.retry(handlers.owners) == (0, 1)
    handlers.unnamed.clear()
    assert trail.projections.retry(handlers.owners) == (1, 0)
    assert changes(trail, handlers) == 3
    assert trail.view(handlers.owners).all().lost == ()


def test_what_one_process_has_found_again_the_other_follows(path: Path, trail: Trail, handlers: Handlers) -> None:
    handlers.refused.clear()
    handlers.unnamed.add("auto-update")
    with opened(path) as other:
        assert (changes(trail, handlers), changes(other, handlers)) == (1, 1)
        change(trail, PROD, "2025-02-02", "auto-update")
        assert changes(trail, handlers) == 1
        change(trail, PROD, "2025-02-03", "manual")
        assert changes(trail, handlers) == 2
        handlers.unnamed.clear()
        assert other.projections.retry(handlers.owners) == (1, 0)
        change(trail, PROD, "2025-02-04", "upgrade-when-expired")
        assert (changes(trail, handlers), changes(other, handlers)) == (4, 4)


def test_a_fold_without_tables_names_what_it_could_not_take(trail: Trail, handlers: Handlers) -> None:
    change(trail, PROD, "2025-02-02", "auto-update")
    rows = trail.fold(handlers.owners)
    assert rows.stale == {PROD}
    assert TEST in rows


def test_a_rebuild_takes_what_could_not_be_taken_before(trail: Trail, handlers: Handlers) -> None:
    change(trail, PROD, "2025-02-02", "auto-update")
    assert trail.view(handlers.owners).all().stale == {PROD}
    handlers.refused.clear()
    trail.projections.rebuild(handlers.owners)
    assert trail.view(handlers.owners).all().stale == frozenset()
    assert changes(trail, handlers) == 2
