"""What do the tests call, and how do they read what was added? Logs of calls in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

from modeltrail import Trail
from modeltrail.annotating import Columns
from modeltrail.call_files import Format, annotate_file
from modeltrail.call_times import CallTimes
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import instant_text
from modeltrail.drafts import Draft
from modeltrail.projections.calls import AnnotatedCalls
from modeltrail.projections.serving import Serving

COLUMNS = Columns("called_at", "deployment")


def replayed(facts: Iterable[Fact], now: datetime) -> Trail:
    """A trail of the same facts."""
    trail = Trail.open("memory:", clock=lambda: now)
    for fact in facts:
        draft = Draft(
            event=fact.event,
            mode=fact.mode,
            by=fact.by,
            source=fact.source,
            effective_at=fact.effective_at,
            known_at=fact.known_at,
        )
        trail.log.append([draft])
    return trail


def annotated(
    trail: Trail,
    text: str | bytes,
    format: Format = "csv",
    columns: Columns = COLUMNS,
    times: CallTimes | None = None,
    known_at: str | datetime | None = None,
) -> tuple[bytes, AnnotatedCalls]:
    """A log of calls with what is added, and how that went."""
    written = BytesIO()
    annotator = trail.annotator(times or CallTimes(), known_at)
    annotate_file(annotator, BytesIO(text.encode() if isinstance(text, str) else text), written, columns, format)
    return written.getvalue(), annotator.summary()


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def from_csv(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(written.decode(), newline="")))


def from_lines(written: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines()]


def expected(answer: Serving) -> dict[str, Any]:
    """What is added to a call that was answered so, as JSON has it."""
    told = answer.model_dump(mode="json")
    possible = told["possible"] if len(told["possible"]) > 1 else None
    names = ("status", "model", "version", "certainty")
    return {
        **{f"modeltrail_{name}": told[name] for name in names},
        "modeltrail_possible": possible,
        "modeltrail_because": told["because"],
        "modeltrail_problem": None,
    }


def in_cells(added: Mapping[str, Any]) -> dict[str, str]:
    """The same as CSV has it."""
    cells = {name: value or "" for name, value in added.items()}
    possible = added["modeltrail_possible"]
    return {
        **cells,
        "modeltrail_because": " ".join(map(str, added["modeltrail_because"] or [])),
        "modeltrail_possible": json.dumps(possible, separators=(",", ":"), ensure_ascii=False) if possible else "",
    }


def in_a_frame(added: Mapping[str, Any]) -> dict[str, Any]:
    """The same as a data frame has it."""
    return {**added, "modeltrail_possible": in_cells(added)["modeltrail_possible"] or None}


def calls_at(moments: Iterable[datetime], deployments: Sequence[str]) -> list[tuple[str, str]]:
    """A call of each deployment at each moment."""
    return [(instant_text(moment), name) for moment in moments for name in deployments]
