"""How is it told what an import recorded? In words for a person, and as a document whose fields stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat

from modeltrail import phrases
from modeltrail.cli_printing import sentence, story, table
from modeltrail.domain.events import ExportObserved, ExportRowsObserved, RowQuarantined
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import instant_text
from modeltrail.imports.rows import Quarantined
from modeltrail.phrases import moment, positions, printable
from modeltrail.projections.review import ReviewEntry
from modeltrail.read import Read
from modeltrail.trail import Taken

RAW_SHOWN = 100
"""How much of a row that cannot be read is printed, in characters; JSON has all of it."""
SCOPES_SHOWN = 5
READING = "export.observed"
WORDS: Mapping[str, str] = {
    "model.version-released": "versions released",
    "model.stage-changed": "stages of versions",
    "model.stage-change-announced": "changes of stage announced",
    "model.default-changed": "default versions",
    "model.default-change-announced": "changes of default announced",
    "model.replacement-named": "replacements named",
    "model.forced-upgrade-announced": "forced upgrades announced",
    "model.retirement-announced": "retirements announced",
    "model.retirement-withdrawn": "retirements withdrawn",
    "model.version-retired": "versions retired",
    "model.version-unlisted": "versions that are listed no more",
    "model.version-reinstated": "versions that are back",
    "deployment.created": "deployments created",
    "deployment.observed": "sights of deployments",
    "deployment.policy-changed": "policies of deployments",
    "deployment.sku-changed": "SKUs of deployments",
    "deployment.deleted": "deployments gone",
    "deployment.change-logged": "changes from the log of the provider",
    "log.fact-retracted": "facts retracted, as this export shows better",
    "import.row-quarantined": "rows that could not be read",
    "export.rows-observed": "record of the rows that differ",
    READING: "the reading itself",
}
"""What the facts of an import are, in the order in which they are told."""


def needing(count: int) -> str:
    """How much there is to look at."""
    return "nothing in it needs your eye" if not count else f"{count} need{'s' if count == 1 else ''} your eye"


def facts(count: int) -> str:
    """How many facts are new."""
    return f"{count:,} new {'fact' if count == 1 else 'facts'}"


def head(read: Read) -> str:
    """When an export was made, its kind and its catalogue."""
    return f"{moment(read.observed_at)} {read.export} {read.catalogue}"


def document(read: Read, eyes: Sequence[ReviewEntry]) -> dict[str, object]:
    """What reading an export recorded, or would record, as JSON."""
    tried = {} if read.kept else {"would_record": [_tried(fact) for fact in read.tried]}
    return {
        "export": read.export,
        "catalogue": read.catalogue,
        "file": read.file,
        "digest": read.digest,
        "observed_at": instant_text(read.observed_at),
        "scope": list(read.scope),
        "rows": read.rows,
        "facts": {name: count for name, count in sorted(read.facts.items()) if count},
        "first": read.first if read.kept else None,
        "last": read.last if read.kept else None,
        "repeated": read.reading if read.repeated else None,
        "dry_run": not read.kept,
        "needs_your_eye": [{**eye.model_dump(mode="json"), "row": _row(read, eye)} for eye in eyes],
        **tried,
    }


def _tried(fact: Fact) -> dict[str, object]:
    return {
        "type": fact.event.type,
        "effective_at": instant_text(fact.effective_at),
        "known_at": instant_text(fact.known_at),
        "source": fact.source,
        "data": fact.event.data(),
    }


def show_read(read: Read, eyes: Sequence[ReviewEntry], usual: str | None = None) -> None:
    """What reading an export recorded. `usual`: what is said of a catalogue that nobody named."""
    for fact in read.tried:
        print(printable(f"{fact.event.type} {_about(fact)} {moment(fact.effective_at)}: {_says(fact)}"))
    if read.tried:
        sentence("")
    sentence(f"{read.file}: {read.export}, made {moment(read.observed_at)}")
    print(printable(f"  catalogue  {read.catalogue}" + (f" ({usual})" if usual else "")))
    for heading, scope in zip(chain(["scope"], repeat("")), _scopes(read.scope), strict=False):
        print(printable(f"  {heading:9}  {scope}"))
    print(f"  rows       {read.rows:,}")
    sentence("")
    if set(read.facts) > {READING}:
        table(("new" if read.kept else "would be new", "what"), _counts(read.facts))
        sentence("")
    sentence(_sum(read))
    sentence(needing(len(eyes)) + (":" if eyes else ""))
    for eye in eyes:
        print(printable(f"  {_eye(read, eye)}"))


def _row(read: Read, eye: ReviewEntry) -> int | None:
    """Which row of the file it is, null where it is none that could not be read."""
    return next((one.row for one in read.quarantined if one.raw == eye.raw), None)


def _eye(read: Read, eye: ReviewEntry) -> str:
    """What needs an eye, and below it what to do, or what the row is."""
    if eye.raw is None:
        return f"{eye.says}\n    {eye.advice}"
    raw = eye.raw if len(eye.raw) <= RAW_SHOWN else f"{eye.raw[:RAW_SHOWN]}..."
    return f"row {_row(read, eye)}: {eye.reason}\n    {raw}"


def _scopes(scopes: Sequence[str]) -> list[str]:
    more = len(scopes) - SCOPES_SHOWN
    return [*map(phrases.named, scopes[:SCOPES_SHOWN]), *([f"and {more:,} more"] if more > 0 else [])]


def _about(fact: Fact) -> str:
    return phrases.named(fact.stream.partition("/")[2])


def _says(fact: Fact) -> str:
    """The fields of an event that say more than what it is about."""
    event = fact.event
    if isinstance(event, ExportRowsObserved):
        return f"{_rows(len(event.rows))} shown otherwise than before"
    if isinstance(event, ExportObserved):
        return _rows(event.rows) + (f", {len(event.unread):,} keys of which it says nothing" if event.unread else "")
    return phrases.details(fact, without={"export", fact.stream.partition("/")[0]})


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _counts(found: Mapping[str, int]) -> Iterable[tuple[str, str]]:
    """How many facts of each type, in words; a type without words of its own is named."""
    for name in [*WORDS, *sorted(set(found) - set(WORDS))]:
        if found.get(name):
            yield f"{found[name]:,}", WORDS.get(name, name)


def _sum(read: Read) -> str:
    if read.repeated:
        return f"{facts(0)}: this file was read before (position {read.reading})"
    count = sum(read.facts.values())
    is_as_before = set(read.facts) == {READING}
    told = ", the reading: nothing changed" if is_as_before else ""
    if not read.kept:
        return f"{count:,} would be new{told}; a dry run records nothing"
    assert read.first is not None and read.last is not None
    place = f"position {read.last}" if count == 1 else f"positions {positions(range(read.first, read.last + 1))}"
    return f"{facts(count)}{told} ({place})"


def show_taken(taken: Taken) -> None:
    """What an import of notices recorded, and what it could not read or place."""
    new = Counter(fact.event.type for fact in taken.facts if not isinstance(fact.event, RowQuarantined))
    if new:
        table(("new", "type"), ((str(count), name) for name, count in sorted(new.items())))
        sentence("")
    if taken.quarantined:
        show_quarantined(taken.quarantined)
    if taken.unclear:
        sentence("ambiguous, kept out of every answer (R2):")
        table(("position", "what"), ((str(fact.position), story(fact)) for fact in taken.unclear))
        sentence("")
    counts = [
        f"{new.total()} new facts",
        f"{taken.repeated} rows known before",
        f"{len(taken.quarantined)} quarantined",
    ]
    sentence(", ".join([*counts, f"{len(taken.unclear)} ambiguous"]))


def show_quarantined(rows: Iterable[Quarantined]) -> None:
    """Rows that could not be read, with their text."""
    sentence("quarantined, kept as they are (R41):")
    table(("row", "reason and text"), ((str(row.row), f"{row.reason}\n{row.raw}") for row in rows))
    sentence("")


def taken_document(taken: Taken) -> dict[str, object]:
    """What an import of notices recorded, as JSON."""
    return {
        "facts": [{"position": fact.position, "type": fact.event.type} for fact in taken.facts],
        "repeated": taken.repeated,
        "quarantined": [{"row": row.row, "raw": row.raw, "reason": row.reason} for row in taken.quarantined],
        "unclear": [
            {"position": fact.position, "type": fact.event.type, "data": fact.event.data()} for fact in taken.unclear
        ],
    }
