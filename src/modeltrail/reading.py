"""What does an export say that was not known? It is read once, compared with the one before it, and the difference is
recorded, with one fact for the reading itself, all or nothing (R40)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

from modeltrail.comparing import Comparison, IsNews
from modeltrail.datastore import translated
from modeltrail.domain.events import ExportObserved
from modeltrail.domain.values import instant_text
from modeltrail.imports.exports import Export, Row, Unreadable
from modeltrail.log import Log
from modeltrail.read import Origin, Read, Recording
from modeltrail.shown import Reading
from modeltrail.spool import Spool, raw_of

_BLOCK = 1 << 20

Progress = Callable[[int], None]
"""Told how many bytes were read since it was told last."""


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of a file, in hexadecimal digits; it is wound back."""
    found = sha256()
    while block := file.read(_BLOCK):
        found.update(block)
    file.seek(0)
    return found.hexdigest()


def read_export(
    log: Log,
    export: Export,
    file: BinaryIO,
    origin: Origin,
    *,
    is_news: IsNews,
    keep: bool = True,
    progress: Progress | None = None,
) -> Read:
    """Read an export and record what it says, or only find out (`keep` false). Raises ValueError for what is none."""
    digest = digest_of(file)
    read = Read(export.name, export.catalogue, origin.file, digest, origin.observed_at, kept=keep)
    with log.appending(keep=keep) as appender:
        recording = Recording(appender, read, origin)
        if _is_known(recording, export) or _is_as_before(recording, export):
            return read
    spool = Spool()
    try:
        with translated(0):
            _spool(export, file, spool, origin.observed_at, progress)
        with log.appending(keep=keep) as appender:
            recording = Recording(appender, read, origin)
            # Another process may have read the same file meanwhile.
            if not _is_known(recording, export):
                Comparison(recording, export, spool, is_news).run()
    finally:
        spool.close()
    return read


def _is_known(recording: Recording, export: Export) -> bool:
    """Whether the same file was read with the same time before: then nothing is recorded (R39).

    The lists of two empty accounts are the same bytes too, so the scope that was asked for counts. Raises ValueError
    where it was read as of another catalogue.
    """
    read = recording.read
    for known in recording.exports.with_digest(export.name, read.digest):
        event = recording.fact(known.position).event
        assert isinstance(event, ExportObserved)
        if known.at == read.observed_at and set(export.scope) <= set(event.scope):
            if event.catalogue not in (None, export.catalogue):
                raise ValueError(
                    f"it was read already as of {event.catalogue} (position {known.position}): retract what it stated "
                    "then, or name that catalogue"
                )
            read.repeated, read.reading, read.scope, read.rows = True, known.position, event.scope, event.rows
            return True
    return False


def _is_as_before(recording: Recording, export: Export) -> bool:
    """Whether the export before had the same bytes: then only the reading is recorded, and nothing is parsed.

    Not where others have stated something since, or where it has rows that cannot be read: these are listed again.
    """
    read, exports = recording.read, recording.exports
    for reading in exports.with_digest(export.name, read.digest):
        event = recording.fact(reading.position).event
        assert isinstance(event, ExportObserved)
        is_told = exports.is_told_by_others(export.name, reading.at, read.observed_at)
        if (
            not is_told
            and event.catalogue == export.catalogue
            and _is_plain(event)
            and _is_next(recording, event, reading)
            and _is_alike(recording, export, event)
        ):
            recording.append_reading(event)
            return True
    return False


def _is_plain(event: ExportObserved) -> bool:
    """Whether all rows could be read."""
    return not event.unread and not event.unnamed


def _is_next(recording: Recording, event: ExportObserved, reading: Reading) -> bool:
    """Whether no other reading of its scopes lies between one and this one, or after this one."""
    exports, at = recording.exports, recording.read.observed_at
    return all(
        exports.beside(event.export, scope, at, "<") == reading
        and exports.beside(event.export, scope, at, ">=") is None
        for scope in event.scope or ("",)
    )


def _is_alike(recording: Recording, export: Export, event: ExportObserved) -> bool:
    """Whether an export lists the same scopes as one with the same rows: those that it is given, and those of rows."""
    given, at = set(export.scope), recording.read.observed_at
    return given <= set(event.scope) and all(
        scope in given or recording.exports.shows_any(export.name, scope, at) for scope in event.scope
    )


def _spool(export: Export, file: BinaryIO, spool: Spool, at: datetime, progress: Progress | None) -> None:
    """Read all rows of a file that was made at a moment, each key once."""
    told = 0
    for item in export.elements(file):
        spool.rows += 1
        _take(export, item, spool, at)
        if progress is not None and file.tell() > told:
            progress(file.tell() - told)
            told = file.tell()
    _refuse_others(export, spool)


def _refuse_others(export: Export, spool: Spool) -> None:
    """Raise ValueError, with the way out, for a file that says nothing that this kind of export could say."""
    if export.is_complete and not spool.rows and not export.scope:
        raise ValueError("it lists nothing, and so does not say of what: name its accounts (--account)")
    if spool.is_unreadable():
        reason = next(spool.problems()).reason
        raise ValueError(f"none of its rows is one of {export.name} (row 1: {reason}): import it as what it is")


def _take(export: Export, item: object, spool: Spool, at: datetime) -> None:
    """Spool one element as a row, merged with the one of the same key, or put it aside (R41)."""
    try:
        row = export.read(item)
        if row is None:
            return
        if row.since is not None and row.since > at:
            raise _too_early(row, row.since, at)
        same = spool.add(row)
        if same is not None:
            spool.replace(export.merged(same, row))
    except Unreadable as problem:
        spool.put_aside(raw_of(item), problem)


def _too_early(row: Row, since: datetime, at: datetime) -> Unreadable:
    return Unreadable(
        f"it is of {instant_text(since)}, and the export was made at {instant_text(at)}: say when it was made, to the "
        "minute, with --observed-at",
        row.key,
        row.scope,
    )
