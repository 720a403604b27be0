"""What differs between an export and those before and after it, and what becomes of that? Facts, page by page.

An export that lies between two that were read already has the later one compared again: what that one stated as news
and is news no longer is retracted, as known when it was stated, so that every answer is what it would be if they had
come in their order (R40).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from modeltrail.domain.events import Event, ExportObserved, ExportRow, ExportRowsObserved, FactRetracted, RowQuarantined
from modeltrail.domain.values import MICROSECOND, instant_text
from modeltrail.drafts import Draft
from modeltrail.imports.exports import Change, Export
from modeltrail.neighbours import Neighbour, Side
from modeltrail.read import AGAIN, Recording
from modeltrail.shown import Entry, Reading
from modeltrail.spool import Spool, SpooledRow, shown_in

PAGE = 500
"""How many rows are compared, and at most recorded in one fact, at a time: so memory is bounded."""
Statement = tuple[Event, datetime]
"""What is stated, and from when on that holds."""
Last = tuple[str, datetime]
"""What was shown last of what is gone since, and when."""
IsNews = Callable[[Event, datetime], bool]
"""Whether an event says something of a model that is not so already at a moment."""


class Later(NamedTuple):
    """The reading after this one that says something of a key, and its entry; null where that shows it as before."""

    reading: Reading
    entry: Entry | None


class Comparison:
    """One export beside those before it and those after it."""

    def __init__(self, recording: Recording, export: Export, spool: Spool, is_news: IsNews) -> None:
        self._recording, self._exports, self._read = recording, recording.exports, recording.read
        self._export, self._spool, self._is_news = export, spool, is_news
        self._at = recording.read.observed_at
        self._scopes = tuple(sorted({*export.scope, *spool.scopes})) if export.is_complete else ()
        self._unread = frozenset(spool.unread())
        self._before: dict[str, Side] = {}
        self._after: dict[str, Side] = {}
        self._following: Mapping[str, Entry] = {}
        """What was shown of the keys of this page later, where an export does not list all."""
        self._others: Mapping[str, Sequence[datetime]] = {}
        """When others have stated something of the streams of this page."""
        self._is_late = False
        """Whether an export of something in it was read already that was made after it."""
        self._sources: dict[int, str] = {}
        self._compared: set[str] = set()
        self._hushed: dict[int, tuple[Reading, set[str]]] = {}
        """Readings that say nothing of keys which nobody knew of when they were read."""
        self._rows: list[ExportRow] = []
        self._drafts: list[Draft] = []
        self._new: set[str] = set()

    def run(self) -> None:
        """Compare all rows, then what is missing, and record it."""
        for scope in self._scopes or ("",):
            self._look_around(scope)
        for page in self._spool.pages(PAGE):
            self._take_page(page)
        unread = {*self._unread, *self._take_missing()}
        self._take_problems()
        self._take_news_of_the_next()
        self._flush()
        for reading, keys in self._hushed.values():
            self._recording.append_unread(reading, keys)
        event = ExportObserved(
            export=self._export.name,
            digest=self._read.digest,
            scope=self._scopes,
            rows=self._spool.rows,
            unread=tuple(sorted(unread)),
            unnamed=True if self._spool.has_unnamed() else None,
            catalogue=self._export.catalogue,
        )
        self._exports.add_reading(event, self._at, 0)
        if self._export.is_complete:
            self._take_late_statements()
        else:
            self._exports.learn_news()
        self._recording.append_reading(event)

    def _look_around(self, scope: str) -> None:
        same = self._exports.beside(self._export.name, scope, self._at, "=")
        if same is not None and scope:
            raise ValueError(
                f"another export of {scope} made at {instant_text(self._at)} was read already (position "
                f"{same.position}): say when this one was made, to the minute, with --observed-at"
            )
        self._before[scope] = Side(self._exports, self._export.name, scope, self._at, "<")
        self._after[scope] = Side(self._exports, self._export.name, scope, self._at, ">")
        self._is_late |= any(True for _ in self._after[scope])

    def _take_page(self, page: Sequence[SpooledRow]) -> None:
        keys = [row.key for row in page]
        before = self._exports.latest(self._export.name, keys, self._at)
        self._others = self._exports.others({row.stream for row in page})
        if not self._export.is_complete:
            self._following = self._exports.following(self._export.name, keys, self._at)
        for row in page:
            self._compare(row, row.text, before.get(row.key))
        self._flush(PAGE)

    def _take_missing(self) -> Iterator[str]:
        """What lay in the scope and is not in the file: gone (R16), unless nobody can tell; then its key is yielded."""
        unnamed = self._spool.has_unnamed()
        for scope in self._scopes:
            for page in self._exports.in_scope(self._export.name, scope, self._at, PAGE):
                there = self._spool.has([entry.key for entry in page]) | self._unread
                listed = (entry for entry in page if entry.text is not None and not entry.is_problem)
                missing = [entry for entry in listed if entry.key not in there]
                if unnamed:
                    yield from (entry.key for entry in missing)
                    continue
                self._others = self._exports.others({entry.stream for entry in missing})
                for entry in missing:
                    self._compare(SpooledRow(entry.key, scope, entry.stream, 0, ""), None, entry)
                self._flush(PAGE)

    def _take_problems(self) -> None:
        """Each row that cannot be read is kept once, on whatever nights it comes again (R41)."""
        for problem in self._spool.problems():
            self._read.quarantined.append(problem)
            key = f"{self._export.catalogue}/unreadable {problem.digest}"
            if not self._exports.latest(self._export.name, [key], self._at):
                event = RowQuarantined(catalogue=self._export.catalogue, raw=problem.raw, reason=problem.reason)
                row = SpooledRow(key, self._export.catalogue, event.stream, problem.row, "[]")
                self._add(row, row.text, {(event, self._at): False})
                later = self._exports.following(self._export.name, [key], self._at).get(key)
                if later is not None:
                    self._restate(row, {}, Later(self._exports.reading_of(self._export.name, later), later))
            self._flush(PAGE)

    def _take_news_of_the_next(self) -> None:
        """What is neither here nor in the exports before, and in one after: it was not there at this moment."""
        if self._spool.has_unnamed():
            return
        for scope in self._scopes:
            for neighbour in self._after[scope]:
                shown = (entry for entry in neighbour.entries.values() if not entry.is_problem)
                ahead = [entry for entry in shown if entry.key not in self._compared]
                for start in range(0, len(ahead), PAGE):
                    self._take_absent(ahead[start : start + PAGE])
                if neighbour.tells_all:
                    break

    def _take_absent(self, ahead: Sequence[Entry]) -> None:
        before = self._exports.latest(self._export.name, [entry.key for entry in ahead], self._at)
        self._others = self._exports.others({entry.stream for entry in ahead})
        for entry in ahead:
            known = before.get(entry.key)
            if entry.key not in self._unread and (known is None or known.text is None):
                self._compare(SpooledRow(entry.key, entry.scope, entry.stream, 0, ""), None, known)
        self._flush(PAGE)

    def _take_late_statements(self) -> None:
        """What others have stated late, of a time that exports had shown before: the next of these states all anew."""
        late = [told for told in self._exports.late(self._export.name, self._scopes) if not told[0].is_problem]
        self._others = self._exports.others({entry.stream for entry, _ in late})
        for entry, moment in late:
            for at in self._next_two(entry, moment):
                self._state_anew(entry, at)
            self._flush()
        self._exports.looked_at({entry.stream for entry, _ in late})

    def _next_two(self, entry: Entry, moment: datetime) -> Iterator[Neighbour]:
        """The reading that says something of a key at a moment or next after it; if at it, the one after it as well."""
        start = moment - MICROSECOND
        for _ in range(2):
            before = self._exports.latest(self._export.name, [entry.key], start).get(entry.key)
            side = Side(self._exports, self._export.name, entry.scope, start, ">")
            found = side.telling(entry.key, None if before is None else before.text)
            if found is None:
                return
            yield found
            start = found.reading.at
            if start > moment:
                return

    def _state_anew(self, entry: Entry, reading: Neighbour) -> None:
        at = reading.reading.at
        if at == self._at:
            return
        key, entries = entry.key, self._exports.latest(self._export.name, [entry.key], at - MICROSECOND)
        before = entries[key].text if key in entries else None
        known = reading.entries.get(key)
        after = before if known is None else known.text
        earlier = Side(self._exports, self._export.name, entry.scope, at, "<").telling(key, before)
        since = None if earlier is None else earlier.reading.at
        row = SpooledRow(key, entry.scope, entry.stream, 0, "")
        last = self._last(row, at) if before is None else None
        self._restate(row, self._stated(row, before, after, since, at, last), Later(reading.reading, known))

    def _beside(self, row: SpooledRow, before: Entry | None) -> tuple[datetime | None, Later | None]:
        """When a key was compared before, null for never, and who shows it next."""
        if not self._export.is_complete:
            entry = self._following.get(row.key)
            later = None if entry is None else Later(self._exports.reading_of(self._export.name, entry), entry)
            return None if before is None else before.at, later
        shown = None if before is None else before.text
        earlier = self._before[row.scope].telling(row.key, shown)
        found = self._after[row.scope].telling(row.key, shown)
        later = None if found is None else Later(found.reading, found.entries.get(row.key))
        return None if earlier is None else earlier.reading.at, later

    def _compare(self, row: SpooledRow, text: str | None, before: Entry | None) -> None:
        """What is shown under one key now, and was shown before it, and what that makes of what was shown after it."""
        shown_before = None if before is None else before.text
        if text == shown_before and not self._is_late and row.stream not in self._others:
            return
        since, later = self._beside(row, before)
        is_anew = self._is_anew(row, shown_before, text, since, self._at)
        if is_anew or text != shown_before:
            last = self._last(row, self._at) if before is not None and shown_before is None else None
            self._add(row, text, self._stated(row, shown_before, text, since, self._at, last), is_anew=is_anew)
            if before is None:
                self._new.add(row.stream)
            if shown_before is not None:
                self._read.altered.append(row.stream)
        if text is not None and shown_before is None and self._export.is_complete:
            for one in self._after[row.scope].hushed(row.key):
                self._hushed.setdefault(one.reading.position, (one.reading, set()))[1].add(row.key)
        if later is not None:
            self._compared.add(row.key)
            self._compare_again(row, text, shown_before, since, later)

    def _compare_again(
        self, row: SpooledRow, text: str | None, shown_before: str | None, since: datetime | None, later: Later
    ) -> None:
        """The export after this one was compared with the one before it: what it states is compared again (R40)."""
        shown_later, at = shown_before if later.entry is None else later.entry.text, later.reading.at
        was_anew = self._is_anew(row, shown_before, shown_later, since, at)
        if later.entry is None and text == shown_before and not was_anew:
            return
        showed = shown_before if text is None else text
        showed_at = since if text is None else self._at
        last = self._last(row, self._at) if showed is None or showed_at is None else (showed, showed_at)
        self._restate(row, self._stated(row, text, shown_later, self._at, at, last if text is None else None), later)
        if shown_later is None and showed is not None:
            self._compare_back(row, last, at)
        if later.entry is None and text != shown_before:
            restored = _export_row(replace(row, row=0), shown_later)
            event = ExportRowsObserved(export=self._export.name, digest=later.reading.digest, rows=(restored,))
            self._drafts.append(self._recording.draft(event, self._source_at(row, later), at))
            self._exports.add_rows(event, at)

    def _compare_back(self, row: SpooledRow, last: Last | None, gone_at: datetime) -> None:
        """Where something is shown again that was gone meanwhile, it is compared with what was shown of it last."""
        name, key, start = self._export.name, row.key, gone_at
        while (entry := self._exports.following(name, [key], start).get(key)) is not None and entry.text is None:
            start = entry.at
        if entry is not None:
            earlier = Side(self._exports, name, row.scope, entry.at, "<").telling(key, None)
            since = None if earlier is None else earlier.reading.at
            later = Later(self._exports.reading_of(name, entry), entry)
            self._restate(row, self._stated(row, None, entry.text, since, entry.at, last), later)

    def _last(self, row: SpooledRow, at: datetime) -> Last | None:
        """What was shown last of something that was gone before a moment, null where it was never shown."""
        name, key = self._export.name, row.key
        entry = self._exports.shown_last(name, key, at) if self._export.is_complete else None
        gone = None if entry is None else self._exports.following(name, [key], entry.at).get(key)
        if entry is None or entry.text is None or gone is None:
            return None
        showed = Side(self._exports, name, row.scope, gone.at, "<").telling(key, entry.text)
        return entry.text, entry.at if showed is None else showed.reading.at

    def _is_anew(
        self, row: SpooledRow, before: str | None, after: str | None, since: datetime | None, at: datetime
    ) -> bool:
        """Whether others have stated something of it between two exports, so that the second states all it shows."""
        if before is None or after is None or since is None or not self._export.is_complete:
            return False
        return any(since <= moment <= at for moment in self._others.get(row.stream, ()))

    def _stated(
        self,
        row: SpooledRow,
        before: str | None,
        after: str | None,
        since: datetime | None,
        at: datetime,
        last: Last | None = None,
    ) -> dict[Statement, bool]:
        """What an export states under a key, as it was shown before and then; with each, whether it has to be news."""
        found: dict[Statement, bool] = {}
        showed, showed_at = last or (None, None)
        if before != after:
            change = Change(row.key, _shown(before), _shown(after), at, since, _shown(showed), showed_at)
            for one in self._export.differences(change):
                found[one.event, one.effective_at or at] = False
        if self._is_anew(row, before, after, since, at):
            for one in self._export.differences(Change(row.key, None, _shown(after), at, None)):
                statement = one.event, one.effective_at or at
                if not any(_says(other, statement) for other in found):
                    found[statement] = True
        return found

    def _add(
        self, row: SpooledRow, text: str | None, stated: Mapping[Statement, bool], *, is_anew: bool = False
    ) -> None:
        """Remember what this export shows otherwise under a key, and what that states."""
        self._rows.append(_export_row(row, text, is_anew=is_anew))
        source = _source(self._recording.source, row.key, row.row or None)
        self._drafts += self._news(stated, source, self._at)

    def _news(self, stated: Mapping[Statement, bool], source: str, known_at: datetime) -> list[Draft]:
        drafts = []
        for (event, at), has_to_be_news in stated.items():
            if not has_to_be_news or self._is_news(event, at):
                drafts.append(self._recording.draft(event, source, known_at, at))
        return drafts

    def _restate(self, row: SpooledRow, due: Mapping[Statement, bool], later: Later) -> None:
        """Let an export that was read already state what is due, and nothing else; what somebody has retracted of that
        stays so."""
        at, source = later.reading.at, self._source_at(row, later)
        stands, gone = self._recording.told(row.stream, source, at)
        wrong = {(type(fact.event), fact.effective_at) for fact in gone}
        missing = {told: is_news for told, is_news in due.items() if (type(told[0]), told[1]) not in wrong}
        for fact in stands:
            statement = fact.event, fact.effective_at
            if statement in missing:
                del missing[statement]
            elif statement not in due:
                event = FactRetracted(position=fact.position, of=fact.stream)
                self._drafts.append(self._recording.draft(event, self._recording.source, at, why=AGAIN))
        self._drafts += self._news(missing, source, at)

    def _source_at(self, row: SpooledRow, later: Later) -> str:
        """From where it is what a later export states under a key."""
        position = later.reading.position
        if position not in self._sources:
            self._sources[position] = self._recording.fact(position).source or ""
        return _source(self._sources[position], row.key, None if later.entry is None else later.entry.row)

    def _flush(self, least: int = 0) -> None:
        """Record what was found since, where it is so much."""
        if max(len(self._rows), len(self._drafts)) < least:
            return
        if self._rows:
            event = ExportRowsObserved(export=self._export.name, digest=self._read.digest, rows=tuple(self._rows))
            self._recording.append([self._recording.draft(event, self._recording.source, self._at)])
            self._exports.add_rows(event, self._at)
        if self._new:
            self._exports.learn_others(self._new)
        self._recording.append(self._drafts)
        self._rows, self._drafts, self._new = [], [], set()


def _export_row(row: SpooledRow, text: str | None, *, is_anew: bool = False) -> ExportRow:
    return ExportRow(
        key=row.key,
        scope=row.scope,
        stream=row.stream,
        row=row.row or None,
        shown=None if text is None else tuple(shown_in(text).items()),
        restated=True if is_anew else None,
    )


def _shown(text: str | None) -> Mapping[str, str] | None:
    return None if text is None else shown_in(text)


def _says(statement: Statement, other: Statement) -> bool:
    """Whether a statement says all that another one says, of the same moment."""
    (event, at), (less, moment) = statement, other
    if type(event) is not type(less) or at != moment:
        return False
    said = event.data()
    return all(name in said and said[name] == value for name, value in less.data().items())


def _source(source: str, key: str, row: int | None) -> str:
    """From where a fact is: the row of the file, or the file that lacks a key or shows it as before."""
    return f"{source} row {row}" if row else f"{source} {key}"
