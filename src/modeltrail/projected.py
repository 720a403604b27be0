"""Which projections does a trail keep, and how are they? Their views, their state, building anew, mending, dropping."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Event, RLock
from typing import Any, NamedTuple, TypeVar

from modeltrail import registry
from modeltrail.aside import Aside
from modeltrail.building import Progress
from modeltrail.datastore import StoreLocked
from modeltrail.discovery import checked, named, usable
from modeltrail.follower import Follower, nobody
from modeltrail.ledger import Ledger
from modeltrail.live_fold import fold
from modeltrail.log import Log
from modeltrail.problems import Date, moment_of
from modeltrail.projections.built_in import ALL
from modeltrail.projections.models import Answer
from modeltrail.projections.projection import Projection
from modeltrail.registry import Build, BuildState, DeadLetter
from modeltrail.sql_views import drop_views
from modeltrail.tables import rows_now
from modeltrail.views import Rows, View

Row = TypeVar("Row")
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


class ProjectionStatus(Answer):
    """How a projection is stored. `edition`: that of its code, null where it is not installed; `stored_edition` and the
    rest: of one set of its tables, null where there is none. `lag_facts`: how many facts came after `position`.
    `last_error`: of the latest fact that could not be taken, at `error_position`."""

    name: str
    question: str | None
    edition: int | None
    stored_edition: int | None
    state: BuildState | None
    position: int | None
    lag_facts: int | None
    rows: int | None
    dead_letters: int
    last_error: str | None
    error_position: int | None


class Found(NamedTuple):
    """What a statement of SQL found."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Projected:
    """The projections of a trail. Threads may share it."""

    def __init__(self, log: Log, ledger: Ledger) -> None:
        self._log, self._ledger = log, ledger
        self._lock = RLock()
        self._followers: dict[Projection[Any], Follower] = {}
        self._named: dict[str, Follower] = {}
        self._aside: Aside | None = None

    def close(self) -> None:
        """Forget what was kept in memory."""
        if self._aside is not None:
            self._aside.close()

    def view(self, projection: str | Projection[Row]) -> View[Row]:
        """The view of a projection, given itself or by name, also as `module:name`. Raises ValueError."""
        return View(self.follower(projection))

    def follower(self, projection: str | Projection[Any]) -> Follower:
        """What keeps the tables of a projection."""
        with self._lock:
            if isinstance(projection, str) and projection in self._named:
                return self._named[projection]
            one = named(projection) if isinstance(projection, str) else checked(projection, repr(projection))
            if one not in self._followers:
                self._demand_alone(one)
                aside = self._in_memory if self._log.is_read_only else None
                self._followers[one] = Follower(self._log, self._ledger, one, self._log, aside)
            if isinstance(projection, str):
                self._named[projection] = self._followers[one]
            return self._followers[one]

    def _demand_alone(self, projection: Projection[Any]) -> None:
        def is_other(one: Projection[Any]) -> bool:
            return one.name == projection.name and one is not projection

        if any(map(is_other, self._followers)):
            raise ValueError(
                f"this trail keeps another projection of the name {projection.name}: give one of them another name, or "
                "open the store anew with only the newer one"
            )
        if projection not in ALL and any(map(is_other, usable().values())):
            raise ValueError(
                f"{projection.name} is the name of another projection that is installed: give yours another name, or "
                f'ask for that one by its name, as in view("{projection.name}")'
            )

    def _in_memory(self) -> Aside:
        with self._lock:
            if self._aside is None:
                self._aside = Aside(self._log)
            return self._aside

    def fold(
        self, projection: str | Projection[Row], at: Date | None = None, known_at: Date | None = None
    ) -> Rows[Row]:
        """The rows at a moment as known at another, from one pass over the log: for a question asked once (R6)."""
        one = named(projection) if isinstance(projection, str) else checked(projection, repr(projection))
        t, k = (None if moment is None else moment_of(moment) for moment in (at, known_at))
        return fold(self._log, one, t, k)

    def follow(
        self, *projections: str | Projection[Any], poll_seconds: float = 1.0, stop: Event | None = None
    ) -> Iterator[int]:
        """Keep tables up to date until `stop` is set; yields the position reached whenever there was something new.

        The log is polled, so that what other processes record is seen as well. All that are stored, if none is named.
        A fact that a handler cannot take stops nothing but its key.
        """
        stop, reached = stop or Event(), -1
        while not stop.is_set():
            with suppress(StoreLocked):
                followers = [self.follower(one) for one in projections] or list(self._stored())
                end = self._ledger.catch_up()
                for one in followers:
                    one.bring_up()
                if end > reached:
                    reached = end
                    yield end
            stop.wait(poll_seconds)

    def _stored(self) -> Iterator[Follower]:
        """What keeps the tables that are stored, of the projections that are installed."""
        known = usable()
        for name in dict.fromkeys(build.name for build in self._builds()):
            if name in known:
                yield self.follower(known[name])

    def _builds(self) -> list[Build]:
        with self._log.reading() as cursor:
            return registry.builds(cursor)

    def status(self) -> tuple[ProjectionStatus, ...]:
        """All projections that are installed or stored, by name."""
        known = usable() | {one.name: one for one in self._followers}
        found = []
        with self._log.reading() as cursor:
            end = self._log_end(cursor)
            builds = registry.builds(cursor)
            for name in sorted({*known, *(build.name for build in builds)}):
                of_name: Sequence[Build | None] = [build for build in builds if build.name == name] or [None]
                found += [_status(cursor, name, known.get(name), build, end) for build in of_name]
        return tuple(found)

    def dead_letters(self, name: str) -> tuple[DeadLetter, ...]:
        """The facts that the tables which answer could not take, oldest first; none where none are stored.

        Nothing is built or brought up to date for it.
        """
        with self._log.reading() as cursor:
            current = [build for build in registry.builds(cursor, name) if build.state == "current"]
            return tuple(letter for build in current for letter in registry.dead_letters(cursor, build))

    def _log_end(self, cursor: sqlite3.Cursor) -> int:
        (end,) = cursor.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        return int(end)

    def rebuild(self, projection: str | Projection[Any], progress: Progress = nobody) -> None:
        """Build the tables of a projection anew beside those that answer, which they replace when complete.

        An interrupted build goes on where it was.
        """
        self.follower(projection).rebuild(progress)

    def retry(self, projection: str | Projection[Any]) -> tuple[int, int]:
        """Fold the keys again whose facts could not be taken: how many are mended, and how many are not."""
        return self.follower(projection).retry()

    def drop(self, name: str, *, superseded: bool = False) -> int:
        """Remove the stored tables of a projection, or only those that others have replaced. How many builds that were.

        Nothing that was recorded is lost: asked again, they are built anew. Raises ValueError where there are none.
        """
        builds = [build for build in self._builds() if build.name == name]
        gone = [build for build in builds if build.state == "superseded" or not superseded]
        if not builds:
            raise ValueError(f"no tables of {name!r} are stored: modeltrail projections status names those that are")

        def remove(cursor: sqlite3.Cursor) -> None:
            if not superseded:
                drop_views(cursor, name)
            for build in gone:
                registry.drop_tables(cursor, build)

        if gone:
            self._log.write(remove)
        return len(gone)

    def query(self, sql: str, progress: Progress = nobody) -> Found:
        """What one reading statement of SQL finds in the views of projections, which are brought up to date first.

        Raises ValueError for a statement that is none, or that would write.
        """
        words = set(re.findall(r"[a-z][a-z0-9_]*", sql.lower()))
        known = usable() | {one.name: one for one in self._followers}
        asked = [self.follower(one) for name, one in known.items() if words & {name, f"{name}_history"}]
        for follower in asked:
            follower.bring_up(progress)
        stores = [follower.store for follower in asked]
        store = next((one for one in stores if one is not self._log), self._log)
        for follower in asked:
            follower.keep_in(store)
        with store.reading() as cursor:
            _demand_followed(cursor, words, known)
            return _read(cursor, sql)


def _status(
    cursor: sqlite3.Cursor, name: str, projection: Projection[Any] | None, build: Build | None, end: int
) -> ProjectionStatus:
    letters = [] if build is None else registry.dead_letters(cursor, build)
    last = letters[-1] if letters else None
    return ProjectionStatus(
        name=name,
        question=None if projection is None else projection.question,
        edition=None if projection is None else projection.edition,
        stored_edition=None if build is None else build.edition,
        state=None if build is None else build.state,
        position=None if build is None else build.position,
        lag_facts=None if build is None else end - build.position,
        rows=None if build is None else rows_now(cursor, build),
        dead_letters=len(letters),
        last_error=None if last is None else last.error,
        error_position=None if last is None else last.position,
    )


def _demand_followed(cursor: sqlite3.Cursor, words: set[str], known: Mapping[str, Projection[Any]]) -> None:
    """Refuse SQL about tables that nobody here can bring up to date, where they are behind."""
    for build in registry.builds(cursor):
        one = known.get(build.name)
        is_asked = build.state == "current" and words & {build.name, f"{build.name}_history"}
        is_ours = one is not None and one.edition == build.edition
        if is_asked and not is_ours and not registry.is_at_end(cursor, build):
            raise ValueError(
                f"the views of {build.name} show its edition {build.edition} up to position {build.position}, and no "
                "projection of that name and edition is installed: install it, or name it as MODULE:NAME, so that they "
                "are brought up to date"
            )


def _read(cursor: sqlite3.Cursor, sql: str) -> Found:
    def allowed(action: int, *_: object) -> int:
        return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY

    connection = cursor.connection
    connection.set_authorizer(allowed)
    try:
        found = cursor.execute(sql)
        if found.description is None:
            raise sqlite3.ProgrammingError("it asks for nothing")
        return Found(tuple(name for name, *_ in found.description), [tuple(row) for row in found.fetchall()])
    except (sqlite3.Error, sqlite3.Warning) as error:
        way_out = "write one SELECT from the views, whose names modeltrail projections list has"
        raise ValueError(f"this SQL cannot be read ({error}): {way_out}") from None
    finally:
        connection.set_authorizer(None)
