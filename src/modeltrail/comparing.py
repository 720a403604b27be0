"""What differs between an export and those before and after it, and what becomes of that? Facts, page by page.

An export that lies between two that were read already has the later one compared again: what that one stated as news
and is news no longer is retracted, as known when it was stated, so that every answer is what it would be if they had
come in their order (R40).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modeltrail.appending import Appender
from modeltrail.damage import checked
from modeltrail.domain.events import Event, ExportObserved, ExportRow, ExportRowsObserved, FactRetracted, RowQuarantined
from modeltrail.domain.facts import Fact
from modeltrail.domain.refusals import ClocksOutOfOrder
from modeltrail.domain.values import Mode, instant_text
from modeltrail.drafts import Draft
from modeltrail.imports.exports import Change, Export
from modeltrail.rows import bodies_at, bodies_of
from modeltrail.shown import Entry, Exports, Reading
from modeltrail.spool import Problem, Spool, SpooledRow, shown_in

PAGE = 500
"""How many rows are compared, and at most recorded in one fact, at a time: so memory is bounded."""
_AGAIN = "an export made before it was read later and shows this already"

IsNews = Callable[[Event, datetime], bool]
"""Whether an event says something of a model that is not so already at a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who reads which file, and when what it shows was so."""

    file: str
    observed_at: datetime
    by: str
    why: str | None = None


@dataclass(slots=True)
class Read:
    """What reading an export recorded. `facts`: how many of each type. `repeated`: it was read before, nothing is new.

    `first` and `last`: the positions of what was recorded, null where nothing was. `reading`: the position of the
    reading, where it is repeated of the one before. `altered`: the streams of what an export before had shown
    otherwise. `kept`: whether it was recorded, or only tried; then `tried` holds the facts.
    """

    export: str
    catalogue: str
    file: str
    digest: str
    observed_at: datetime
    scope: tuple[str, ...] = ()
    rows: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    reading: int | None = None
    repeated: bool = False
    kept: bool = True
    altered: list[str] = field(default_factory=list)
    quarantined: list[Problem] = field(default_factory=list)
    tried: list[Fact] = field(default_factory=list)


class Recording:
    """The facts of one reading as they are appended, and the tables that go with them."""

    def __init__(self, appender: Appender, read: Read, origin: Origin) -> None:
        self.appender, self.read, self.origin = appender, read, origin
        self.exports = Exports(appender.cursor)
        self.exports.catch_up()
        self.source = f"{read.export} {origin.file} sha256:{read.digest}"

    def draft(
        self, event: Event, source: str, at: datetime, effective_at: datetime | None = None, why: str | None = None
    ) -> Draft:
        """A fact to be: known when its export was made."""
        mode: Mode = "decision" if isinstance(event, FactRetracted) else "statement"
        return Draft(
            event=event,
            mode=mode,
            by=self.origin.by,
            effective_at=effective_at or at,
            known_at=at,
            why=why or self.origin.why,
            source=source,
        )

    def append(self, drafts: Sequence[Draft]) -> tuple[Fact, ...]:
        """Record some facts, and count them."""
        try:
            facts = self.appender.append(drafts)
        except ClocksOutOfOrder as error:
            at = instant_text(self.origin.observed_at)
            if error.effective_at > error.known_at:
                raise ValueError(f"the export was made at {at}: {error}") from None
            raise ValueError(
                f"it cannot have been made at {at}, which lies ahead: say when it was (--observed-at)"
            ) from None
        self.read.facts.update(fact.event.type for fact in facts)
        if facts:
            self.read.first = self.read.first or facts[0].position
            self.read.last = facts[-1].position
        if not self.read.kept:
            self.read.tried += facts
        return facts

    def append_reading(self, event: ExportObserved) -> None:
        """Record the reading itself; the tables then hold all that the log says."""
        (fact,) = self.append([self.draft(event, self.source, self.read.observed_at)])
        self.exports.add_reading(event, fact.effective_at, fact.position)
        self.exports.reach(fact.position)
        self.read.scope, self.read.rows, self.read.reading = event.scope, event.rows, fact.position

    def fact(self, position: int) -> Fact:
        """The fact at a position."""
        ((place, body, leaf),) = bodies_at(self.appender.cursor, [position])
        return checked(place, body, leaf)

    def stream(self, stream: str) -> list[Fact]:
        """The facts of a stream that are not retracted."""
        facts = [checked(*row) for row in bodies_of(self.appender.cursor, stream, self.appender.size)]
        retracted = {fact.event.position for fact in facts if isinstance(fact.event, FactRetracted)}
        return [fact for fact in facts if fact.position not in retracted]


class Comparison:
    """One export beside the one before it and the one after it."""

    def __init__(self, recording: Recording, export: Export, spool: Spool, is_news: IsNews) -> None:
        self._recording, self._exports, self._read = recording, recording.exports, recording.read
        self._export, self._spool, self._is_news = export, spool, is_news
        self._at = recording.read.observed_at
        self._scopes = tuple(sorted({*export.scope, *spool.scopes})) if export.is_complete else ()
        self._around: dict[str, tuple[Reading | None, Reading | None]] = {}
        self._next: dict[str, dict[str, Entry]] = {}
        self._compared: set[str] = set()
        """The keys that the next export shows otherwise, and that were compared with it."""
        self._touched: set[str] = set()
        self._rows: list[ExportRow] = []
        self._drafts: list[Draft] = []

    def run(self) -> None:
        """Compare all rows, then what is missing, and record it."""
        for scope in self._scopes or ("",):
            self._look_around(scope)
        for page in self._spool.pages(PAGE):
            self._take_page(page)
        unread = [*self._spool.unread(), *self._take_missing()]
        self._take_problems()
        self._take_news_of_the_next()
        self._flush()
        self._exports.restated(self._touched)
        self._recording.append_reading(
            ExportObserved(
                export=self._export.name,
                digest=self._read.digest,
                scope=self._scopes,
                rows=self._spool.rows,
                unread=tuple(sorted(set(unread))),
            )
        )

    def _look_around(self, scope: str) -> None:
        before, same, after = self._exports.readings(self._export.name, scope, self._at)
        if same is not None and self._export.is_complete:
            raise ValueError(
                f"another export of {scope} made at {instant_text(self._at)} was read already (position "
                f"{same.position}): say when this one was made, to the minute, with --observed-at"
            )
        self._around[scope] = before, after
        if after is not None:
            self._next[scope] = self._exports.at(self._export.name, scope, after.at)

    def _take_page(self, page: Sequence[SpooledRow]) -> None:
        before = self._exports.latest(self._export.name, [row.key for row in page], self._at)
        touched = self._exports.touched({row.stream for row in page}, self._at)
        for row in page:
            is_touched = row.stream in touched and self._neighbours(row.scope)[1] is None
            self._compare(row, row.text, before.get(row.key), is_touched=is_touched)
        self._touched |= touched
        self._flush(PAGE)

    def _neighbours(self, scope: str) -> tuple[Reading | None, Reading | None]:
        return self._around[scope if self._export.is_complete else ""]

    def _take_missing(self) -> Iterator[str]:
        """What lay in the scope and is not in the file: gone (R16), unless nobody can tell; then its key is yielded."""
        unnamed, unread = self._spool.has_unnamed(), set(self._spool.unread())
        for scope in self._scopes:
            for page in self._exports.in_scope(self._export.name, scope, self._at, PAGE):
                there = self._spool.has([entry.key for entry in page])
                listed = [entry for entry in page if entry.text is not None and not entry.is_problem]
                missing = [entry for entry in listed if entry.key not in there]
                for entry in missing:
                    if unnamed and entry.key not in unread:
                        yield entry.key
                    elif entry.key not in unread:
                        row = SpooledRow(entry.key, scope, entry.stream, 0, "")
                        self._compare(row, None, entry, is_touched=False)
                self._flush(PAGE)

    def _take_problems(self) -> None:
        """Each row that cannot be read is kept once, on whatever nights it comes again (R41)."""
        for problem in self._spool.problems():
            self._read.quarantined.append(problem)
            key = f"{self._export.catalogue}/unreadable {problem.digest}"
            if not self._exports.latest(self._export.name, [key], self._at):
                event = RowQuarantined(catalogue=self._export.catalogue, raw=problem.raw, reason=problem.reason)
                row = SpooledRow(key, self._export.catalogue, event.stream, problem.row, "[]")
                self._rows.append(_export_row(row, row.text))
                self._drafts.append(self._draft(event, row))
            self._flush(PAGE)

    def _take_news_of_the_next(self) -> None:
        """What the export after this one shows otherwise, and this one shows as the one before it, or not readably."""
        for scope, entries in self._next.items():
            for entry in entries.values():
                if entry.key in self._compared or entry.is_problem:
                    continue
                before = self._exports.latest(self._export.name, [entry.key], self._at).get(entry.key)
                row = SpooledRow(entry.key, scope, entry.stream, 0, "")
                self._compare(row, None if before is None else before.text, before, is_touched=False)

    def _compare(self, row: SpooledRow, text: str | None, before: Entry | None, *, is_touched: bool) -> None:
        """What is shown under one key now, and was shown before it, and what that makes of what was shown after it."""
        shown_before = None if before is None else before.text
        earlier, later = self._neighbours(row.scope)
        if is_touched or text != shown_before:
            start = None if is_touched else _shown(shown_before)
            since = None if is_touched or earlier is None else earlier.at
            change = Change(row.key, start, _shown(text), self._at, since)
            stated = [(one.event, one.effective_at or self._at) for one in self._export.differences(change)]
            if is_touched:
                stated = [(event, at) for event, at in stated if self._is_news(event, self._at)]
            self._rows.append(_export_row(row, text, is_touched=is_touched))
            self._drafts += [self._draft(event, row, at) for event, at in stated]
            if shown_before is not None:
                self._read.altered.append(row.stream)
        if later is not None:
            self._compare_again(row, text, shown_before, later)

    def _compare_again(self, row: SpooledRow, text: str | None, shown_before: str | None, later: Reading) -> None:
        """The export after this one was compared with the one before it: what it states is compared again (R40)."""
        known = self._next[row.scope if self._export.is_complete else ""].get(row.key)
        self._compared.add(row.key)
        if text == shown_before if known is None else known.restated:
            return
        shown_later = known.text if known is not None else shown_before
        change = Change(row.key, _shown(text), _shown(shown_later), later.at, self._at)
        due = {(one.event, one.effective_at or later.at): None for one in self._export.differences(change)}
        reading = self._recording.fact(later.position)
        source = _source(reading.source or "", row.key, None if known is None else known.row)
        stands = [fact for fact in self._recording.stream(row.stream) if fact.source == source]
        for fact in stands:
            if (fact.event, fact.effective_at) in due:
                del due[fact.event, fact.effective_at]
            else:
                event = FactRetracted(position=fact.position, of=fact.stream)
                self._drafts.append(self._recording.draft(event, self._recording.source, later.at, why=_AGAIN))
        self._drafts += [self._recording.draft(event, source, later.at, at) for event, at in due]
        if known is None:
            self._restore(row, shown_before, later, source)

    def _restore(self, row: SpooledRow, shown: str | None, later: Reading, source: str) -> None:
        """The export after this one showed otherwise than this one: so that is said of it now."""
        restored = _export_row(SpooledRow(row.key, row.scope, row.stream, 0, ""), shown)
        event = ExportRowsObserved(export=self._export.name, digest=later.digest, rows=(restored,))
        self._drafts.append(self._recording.draft(event, source, later.at))
        self._exports.add_rows(self._export.name, later.at, [restored])

    def _draft(self, event: Event, row: SpooledRow, effective_at: datetime | None = None) -> Draft:
        source = _source(self._recording.source, row.key, row.row or None)
        return self._recording.draft(event, source, self._at, effective_at)

    def _flush(self, least: int = 0) -> None:
        """Record what was found since, where it is so many rows."""
        if len(self._rows) < least:
            return
        if self._rows:
            event = ExportRowsObserved(export=self._export.name, digest=self._read.digest, rows=tuple(self._rows))
            self._recording.append([self._recording.draft(event, self._recording.source, self._at)])
            self._exports.add_rows(self._export.name, self._at, self._rows)
        self._recording.append(self._drafts)
        self._rows, self._drafts = [], []


def _export_row(row: SpooledRow, text: str | None, *, is_touched: bool = False) -> ExportRow:
    return ExportRow(
        key=row.key,
        scope=row.scope,
        stream=row.stream,
        row=row.row or None,
        shown=None if text is None else tuple(shown_in(text).items()),
        restated=True if is_touched else None,
    )


def _shown(text: str | None) -> Mapping[str, str] | None:
    return None if text is None else shown_in(text)


def _source(source: str, key: str, row: int | None) -> str:
    """From where a fact is: the row of the file, or the file that lacks a key or shows it as before."""
    return f"{source} row {row}" if row else f"{source} {key}"
