"""What is recorded of an export beside the facts that it brings: that it was read, and what it showed (R40)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modeltrail.domain.kinds import Event
from modeltrail.domain.values import Digest, Name, Text


class ExportRow(BaseModel):
    """What one row of an export showed: its key, its place in the file, its fields as texts, sorted by name.

    `scope`: what it lies in; `stream`: that of the facts which it brings.

    `row` counts from 1; null: the file has no such row any more, and `shown` is null as well. `restated`: it was not
    compared with the export before, as others had stated something of the same thing meanwhile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Name
    scope: Name
    stream: Name
    row: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    shown: tuple[tuple[Name, Text], ...] | None = None
    restated: Literal[True] | None = None


class ExportRowsObserved(Event):
    """Rows of an export that showed something else than the export before it; all others showed the same (R40)."""

    type = "export.rows-observed"
    export: Name
    digest: Digest
    rows: tuple[ExportRow, ...]

    @property
    def stream(self) -> str:
        """`export/KIND`."""
        return f"export/{self.export}"


class ExportObserved(Event):
    """An export was read: so it showed everything in its scope, changed or not, at that moment (R31, R40).

    `export`: its kind. `digest`: the SHA-256 of the file. `scope`: what it lists completely; what begins with one of
    these and a slash, and is not in it, is gone (R16). `rows`: how many it has. `unread`: keys that are in it but could
    not be read, and those of which nobody knows whether they are: it shows nothing of them. `unnamed`: it has a row of
    which nobody can tell what it is about, so whatever it does not show may be that. `catalogue`: of which it was read.
    """

    type = "export.observed"
    export: Name
    digest: Digest
    scope: tuple[Name, ...]
    rows: int = Field(ge=0, lt=2**53)
    unread: tuple[Name, ...] = ()
    unnamed: Literal[True] | None = None
    catalogue: Name | None = None

    @property
    def stream(self) -> str:
        """`export/KIND`."""
        return f"export/{self.export}"


class ReviewSettled(Event):
    """A person looked at what needed an eye, and says why it is settled (R41)."""

    type = "review.settled"
    entry: Name
    """What is settled: the id under which it was listed."""
    subject: Name
    """The deployment, model or catalogue concerned."""

    @property
    def stream(self) -> str:
        """`review/SUBJECT`."""
        return f"review/{self.subject}"
