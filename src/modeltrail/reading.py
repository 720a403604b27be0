"""What does an export say that was not known? It is read once, compared with the one before it, and the difference is
recorded, with one fact for the reading itself, all or nothing (R40)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

from modeltrail.comparing import Comparison, IsNews, Origin, Read, Recording
from modeltrail.domain.events import ExportObserved
from modeltrail.imports.exports import Export, Unreadable
from modeltrail.log import Log
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
        _spool(export, file, spool, progress)
        with log.appending(keep=keep) as appender:
            Comparison(Recording(appender, read, origin), export, spool, is_news).run()
    finally:
        spool.close()
    return read


def _is_known(recording: Recording, export: Export) -> bool:
    """Whether the same file was read with the same time before: then nothing is recorded (R39)."""
    read = recording.read
    found = recording.exports.with_digest(export.name, read.digest)
    known = next((reading for reading in found if reading.at == read.observed_at), None)
    if known is None:
        return False
    event = recording.fact(known.position).event
    assert isinstance(event, ExportObserved)
    read.repeated, read.scope, read.rows = True, event.scope, event.rows
    return True


def _is_as_before(recording: Recording, export: Export) -> bool:
    """Whether the export before had the same bytes: then only the reading is recorded, and nothing is parsed."""
    read, exports = recording.read, recording.exports
    for reading in exports.with_digest(export.name, read.digest):
        event = recording.fact(reading.position).event
        assert isinstance(event, ExportObserved)
        around = [exports.readings(export.name, scope, read.observed_at) for scope in event.scope or ("",)]
        is_next = all(before == reading and same is None and after is None for before, same, after in around)
        if is_next and set(export.scope) <= set(event.scope) and exports.is_untouched():
            recording.append_reading(event)
            return True
    return False


def _spool(export: Export, file: BinaryIO, spool: Spool, progress: Progress | None) -> None:
    """Read all rows of a file, each key once."""
    told = 0
    for item in export.elements(file):
        spool.rows += 1
        try:
            _take(export, item, spool)
        except RecursionError:
            raise ValueError(f"row {spool.rows} is nested too deeply to be kept: fetch the list again") from None
        if progress is not None and file.tell() > told:
            progress(file.tell() - told)
            told = file.tell()


def _take(export: Export, item: object, spool: Spool) -> None:
    try:
        row = export.read(item)
        same = spool.add(row)
        if same is not None:
            spool.replace(export.merged(same, row))
    except Unreadable as problem:
        spool.put_aside(raw_of(item), problem)
