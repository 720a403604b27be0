"""What did reading an export record? Its facts as they are appended, in one transaction with the tables beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modeltrail.appending import Appender
from modeltrail.damage import checked
from modeltrail.domain.events import Event, ExportObserved, FactRetracted
from modeltrail.domain.facts import Fact, standing
from modeltrail.domain.refusals import ClocksOutOfOrder
from modeltrail.domain.values import Mode, instant_text
from modeltrail.drafts import Draft
from modeltrail.rows import bodies_at, bodies_of
from modeltrail.shown import Exports, Reading
from modeltrail.spool import Problem

AGAIN = "an export made before it was read later and shows this already"
"""Why something is retracted that an export stated as news."""


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

    def append_unread(self, reading: Reading, keys: Collection[str]) -> None:
        """Record a reading anew that says nothing of some keys, which were not known to be there."""
        fact = self.fact(reading.position)
        assert isinstance(fact.event, ExportObserved)
        event = fact.event.model_copy(update={"unread": tuple(sorted({*fact.event.unread, *keys}))})
        retraction = FactRetracted(position=fact.position, of=fact.stream)
        drafts = [self.draft(retraction, self.source, reading.at, why=AGAIN)]
        *_, anew = self.append([*drafts, self.draft(event, fact.source or "", reading.at)])
        self.exports.add_reading(event, anew.effective_at, anew.position)

    def fact(self, position: int) -> Fact:
        """The fact at a position."""
        ((place, body, leaf),) = bodies_at(self.appender.cursor, [position])
        return checked(place, body, leaf)

    def told(self, stream: str, source: str, known_at: datetime) -> tuple[list[Fact], list[Fact]]:
        """What a source stated in a stream at a moment: what stands of it, and what somebody has retracted."""
        facts = [checked(*row) for row in bodies_of(self.appender.cursor, stream, self.appender.size)]
        mine = [fact for fact in facts if fact.source == source and fact.known_at == known_at]
        stands = {fact.position for fact in standing(facts)}
        again = {fact.event.position for fact in facts if isinstance(fact.event, FactRetracted) and fact.why == AGAIN}
        gone = [fact for fact in mine if fact.position not in stands and fact.position not in again]
        return [fact for fact in mine if fact.position in stands], gone
