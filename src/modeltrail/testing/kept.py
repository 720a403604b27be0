"""What do the tables of a projection say, while a log grows? A log in memory, and whoever follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from modeltrail import building, follower
from modeltrail.domain.facts import Fact
from modeltrail.drafts import Draft
from modeltrail.failpoints import watched
from modeltrail.follower import Follower
from modeltrail.ledger import Ledger
from modeltrail.log import Log
from modeltrail.projections.projection import Key, Projection
from modeltrail.testing.cases import Broken, Case, when
from modeltrail.testing.drawn_facts import LATEST
from modeltrail.testing.reading import Reading
from modeltrail.views import Span, View

Told = dict[tuple[Key, str], tuple[Span[Any], ...]]
"""The history of each key, as known at each moment."""
_RECORDED_AT = LATEST + timedelta(days=1)
_SMALL = 3
"""How many facts are a page, so that there is much between pages."""


class Died(BaseException):
    """A process ends here."""


class Kept:
    """A log in memory with the tables of a projection, which were made before anything was recorded."""

    def __init__(self, projection: Projection[Any]) -> None:
        self._projection = projection
        self.log = Log.open("memory:", clock=lambda: _RECORDED_AT)
        self.follower = self.another()
        self.follower.bring_up()

    def close(self) -> None:
        """Forget all of it."""
        self.log.close()

    def another(self) -> Follower:
        """Somebody else who keeps the same tables, as after a restart."""
        return Follower(self.log, Ledger(self.log), self._projection, self.log)

    def restart(self) -> None:
        """Go on with nothing in memory."""
        self.follower = self.another()

    def record(self, facts: Sequence[Fact]) -> None:
        """Record facts as they are told; nobody looks at them."""
        self.log.append([_draft(fact) for fact in facts])

    @property
    def view(self) -> View[Any]:
        """The view of the tables."""
        return View(self.follower)

    def reading(self) -> Reading:
        """All that is recorded, read plainly."""
        return Reading(self._projection, list(self.log.read()))

    def told(self, keys: Sequence[Key], knowledges: Sequence[datetime | None]) -> Told:
        """All that the tables say. Raises Broken where a fact could not be taken."""
        view = self.view
        for letter in view.dead_letters:
            raise Broken(f"position {letter.position} could not be taken: {letter.error}")
        return {(key, when(None, k)): view.history(key, k) for key in keys for k in knowledges}


@contextmanager
def kept(case: Case) -> Iterator[Kept]:
    """The tables of a projection, taken in small pages."""
    before = follower.PAGE, building.PAGE
    follower.PAGE = building.PAGE = _SMALL
    try:
        one = Kept(case.projection)
        try:
            yield one
        finally:
            one.close()
    finally:
        follower.PAGE, building.PAGE = before


def _draft(fact: Fact) -> Draft:
    return Draft(
        event=fact.event,
        mode=fact.mode,
        by=fact.by,
        effective_at=fact.effective_at,
        known_at=fact.known_at,
        why=fact.why,
        source=fact.source,
    )


def happens(task: Callable[[], object], point: str, nth: int, then: Callable[[], object]) -> None:
    """Do something; when it reaches a point for the n-th time, something else happens, which may be its end."""
    left = nth

    def reached(name: str) -> None:
        nonlocal left
        left -= name == point
        if left == 0 and name == point:
            with watched(lambda _: None):
                then()

    try:
        with watched(reached):
            task()
    except Died:
        return


def die() -> None:
    """End a process. Raises Died."""
    raise Died
