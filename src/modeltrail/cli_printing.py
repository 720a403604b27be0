"""How do answers look on a terminal? Sentences and tables without boxes, at most as wide as it is; plain in a pipe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from modeltrail import phrases
from modeltrail.advance import Advanced
from modeltrail.domain.events import MoveHeldBack
from modeltrail.domain.facts import Fact
from modeltrail.domain.logged import callers
from modeltrail.moment import Moment
from modeltrail.phrases import minute, moment, places, positions, printable
from modeltrail.projections.announcements import Announcement
from modeltrail.projections.models import DefaultAnnounced, ModelAnswer, VersionAnswer
from modeltrail.projections.serving import CourseAnswer, Serving
from modeltrail.status import Status, Waiting
from modeltrail.verification import Verification

FIRST_WIDTH = 32
"""How wide the first column may get: an ARM id is longer than a line."""


def terminal() -> Console:
    """Standard output. What was recorded is never read as mark-up."""
    return Console(markup=False, highlight=False, emoji=False)


def put(shown: RenderableType) -> None:
    """Print something without the blanks that rich leaves at the ends of lines."""
    console = terminal()
    with console.capture() as lines:
        console.print(shown)
    print("\n".join(line.rstrip() for line in lines.get().splitlines()))


def sentence(text: str) -> None:
    """Print a sentence, broken between words where it is too long."""
    put(Text(printable(text)))


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print rows under their headings. What is too long for its column goes on below; nothing is cut off."""
    shown = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for column in shown.columns:
        column.overflow = "fold"
    shown.columns[0].max_width = FIRST_WIDTH
    shown.columns[-1].min_width = len(headings[-1])
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
    put(shown)


def two_lines(first: str, second: str) -> Text:
    """A cell with what matters first, and fainter below it why, where something is said of that."""
    return Text.assemble(printable(first), "\n" if second else "", (printable(second), "dim"))


def fields(pairs: Mapping[str, str]) -> None:
    """Print the fields that say something, one below the other."""
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    shown.add_column(no_wrap=True, style="dim")
    shown.add_column(overflow="fold")
    for name, value in pairs.items():
        if value:
            shown.add_row(f"  {name}", Text(printable(value)))
    if shown.row_count:
        put(shown)


def as_known(asked: Moment, known_at: str | None) -> str:
    """What a sentence adds where somebody asked for an earlier knowledge."""
    return "" if known_at is None else f", as known {phrases.when(asked.known_at, False)}"


def show_serving(answer: Serving, is_now: bool, known: str) -> None:
    """One deployment at one moment."""
    sentence(phrases.sentence(answer, is_now) + known)
    if answer.status == "absent":
        return
    fields(
        {
            "since": moment(answer.since),
            "cause": answer.cause or "",
            "policy": f"{phrases.policy(answer)}, under the rules {answer.rules}" if answer.policy else "",
            "sku": answer.sku or "",
            "api version": answer.api_version or "",
            "run by": answer.run_by or "",
            "incarnation": str(answer.incarnation) if answer.incarnation > 1 else "",
            "stopped because": answer.stopped_because or "",
            "flags": ", ".join(answer.flags),
            "because": f"positions {positions(answer.because)}" if answer.because else "",
            "done by": ", ".join(answer.logged_by),
        }
    )


def show_deployments(answers: Collection[Serving]) -> None:
    """The deployments of a moment."""
    if not answers:
        sentence("no deployments")
        return
    table(
        ("deployment", "serves", "because"),
        (
            (
                phrases.named(answer.deployment),
                two_lines(places(answer.possible), phrases.at_a_glance(answer)),
                positions(answer.because),
            )
            for answer in answers
        ),
    )


def show_model(answer: ModelAnswer, when: str, at: datetime) -> None:
    """A model, its versions, and what was kept as a contradiction."""
    default = "no default" if answer.default is None else f"the default is {answer.default or '(no version)'}"
    sentence(f"{answer.model} {when}: {default}")
    fields(
        {
            "next default": "; ".join(_next_default(one, at) for one in answer.default_announced),
            "rules": f"{answer.rules}, run by {answer.run_by}",
            "offers": "" if answer.offers is None else ", ".join(answer.offers) or "unspecified only",
            "because": f"positions {positions(answer.because)}" if answer.because else "",
        }
    )
    if answer.versions:
        _show_versions(answer.versions)
    if answer.contradictions:
        sentence("\nkept, and changing nothing:")
        table(("position", "reason"), ((str(one.position), one.reason) for one in answer.contradictions))


def _next_default(announced: DefaultAnnounced, at: datetime) -> str:
    date = "without a date yet" if announced.on is None else f"on {moment(announced.on)}"
    return f"{announced.version} {date}" + (", overdue" if announced.on is not None and announced.on <= at else "")


def _show_versions(versions: Iterable[VersionAnswer]) -> None:
    table(
        ("version", "stage", "released", "retirement"),
        (
            (
                one.version or "(no version)",
                phrases.stage(one),
                moment(one.released_at),
                phrases.end_of(one),
            )
            for one in versions
        ),
    )


def show_history(facts: Collection[Fact], retracted: Mapping[int, int]) -> None:
    """What was recorded of a model or a deployment, in the order of the log."""
    if not facts:
        sentence("nothing was recorded by then")
        return
    rows, did = [], callers(fact for fact in facts if fact.position not in retracted)
    for fact in facts:
        mark = f"retracted by position {retracted[fact.position]}; " if fact.position in retracted else ""
        rows.append((str(fact.position), minute(fact.effective_at), story(fact, mark, did.get(fact.position))))
    table(("position", "effective", "what"), rows)


def story(fact: Fact, mark: str = "", did: str | None = None) -> Text:
    """What a fact says, and below it who did it, where that is known, and who said so."""
    return two_lines(f"{fact.event.type}: {phrases.details(fact)}", f"{mark}{phrases.who(fact, did)}")


def show_announcements(answers: Collection[Announcement]) -> None:
    """What was announced, oldest knowledge first."""
    if not answers:
        sentence("no announcements")
        return
    said = {
        at: answer for answer in answers for at in (answer.position, *(one.position for one in answer.confirmations))
    }
    table(
        ("known", "announced", "stands", "because"),
        (
            (minute(answer.known_at), _announced(answer, said), _stands(answer), phrases.confirmed(answer))
            for answer in answers
        ),
    )


def _announced(answer: Announcement, said: Mapping[int, Announcement]) -> str | Text:
    """What was announced, and below it who says something else, and who this."""
    what = phrases.announced(answer)
    return two_lines(what, phrases.disputed(answer, said)) if answer.disagrees_with else what


def _stands(answer: Announcement) -> str:
    """Whether an announcement counts; of what is disputed, also that it does not."""
    if not answer.disagrees_with:
        return "yes" if answer.standing else ""
    return "yes, disputed" if answer.standing else "no, disputed"


def show_course(deployment: str, answer: CourseAnswer) -> None:
    """All segments of a course."""
    if not answer.segments:
        sentence(f"{deployment}: not there by then")
        return
    table(
        ("since", "serves", "because"),
        (
            (
                minute(part.since),
                two_lines(places(part.possible) or "(deleted)", phrases.reasons(part)),
                positions(part.because),
            )
            for part in answer.segments
        ),
    )


def show_verification(found: Verification) -> None:
    """Whether the log is what it was."""
    if found.ok:
        sentence(f"the log is intact: {_facts(found.size)}")
    else:
        where = f"from position {found.first_bad} on" if found.first_bad is not None else "at no position in particular"
        sentence(f"the log is NOT what was recorded, {where}: {found.reason}")
    fields({"root": found.root or ""})


def show_proof(found: Verification, position: int, is_of_checkpoint: bool) -> None:
    """Whether a proof holds, and for which log."""
    if not found.ok:
        sentence(f"the proof does NOT hold: {found.reason}")
    elif is_of_checkpoint:
        sentence(f"the fact at position {position} is in the log of the checkpoint: {_facts(found.size)}")
    else:
        sentence(f"the fact at position {position} is in a log of {_facts(found.size)} with this root;")
        sentence("whether that is the log, a checkpoint from elsewhere says: --checkpoint FILE")
    fields({"root": found.root or ""})


def _facts(number: int) -> str:
    return f"{number} fact{'' if number == 1 else 's'}"


class Crowd(NamedTuple):
    """Facts in a row that say the same: the first, the last, and how many they are."""

    first: Fact
    last: Fact
    size: int


def show_advanced(done: Advanced) -> None:
    """What was carried out, and what could not be."""
    crowds = list(_crowds(done.facts))
    if crowds:
        table(("positions", "effective", "what"), map(_row, crowds))
        sentence("")
    if done.overdue:
        sentence("overdue, and could not be carried out:")
        table(
            ("position", "what", "because"),
            ((str(one.announcement.position), _told(one.announcement), one.reason) for one in done.overdue),
        )
        sentence("")
    held_back = sum(crowd.size for crowd in crowds if isinstance(crowd.first.event, MoveHeldBack))
    carried_out = len(done.facts) - held_back
    counts = f"{carried_out:,} carried out, {held_back:,} held back, {len(done.overdue)} overdue"
    sentence(f"by {moment(done.to)}: {counts}" if crowds or done.overdue else "nothing was due")


def _crowds(facts: Iterable[Fact]) -> Iterator[Crowd]:
    """Facts that follow each other and say the same of several deployments as one entry."""
    crowd: Crowd | None = None
    said: tuple[object, ...] = ()
    for fact in facts:
        said, before = _says(fact), said
        if crowd is not None and said == before:
            crowd = Crowd(crowd.first, fact, crowd.size + 1)
            continue
        if crowd is not None:
            yield crowd
        crowd = Crowd(fact, fact, 1)
    if crowd is not None:
        yield crowd


def _says(fact: Fact) -> tuple[object, ...]:
    return phrases.deed(fact.event), phrases.grounds(fact), fact.effective_at


def _row(crowd: Crowd) -> tuple[str, str, Text]:
    first, last, size = crowd
    name = _name(first)
    who = name if size == 1 else f"{size:,} deployments, {name} to {_name(last)}"
    text = two_lines(f"{who}: {phrases.deed(first.event)}", phrases.grounds(first))
    return positions(range(first.position, last.position + 1)), minute(first.effective_at), text


def _name(fact: Fact) -> str:
    return phrases.named(fact.stream.partition("/")[2])


def _told(fact: Fact) -> str:
    return f"{_name(fact)}: {phrases.deed(fact.event)}"


def show_work(done: Advanced) -> None:
    """A line for each fact, for a log."""
    for fact in done.facts:
        sentence(f"{minute(fact.effective_at)} position {fact.position} {_told(fact)}; {phrases.grounds(fact)}")


def show_status(store: str, found: Status) -> None:
    """The state of a store."""
    lag = f", {found.engine_lag_facts} facts behind" if found.engine_lag_facts else ""
    last = f"; the last was recorded {moment(found.last_recorded_at)}" if found.last_recorded_at is not None else ""
    sentence(f"{store}: {found.size} facts{last}")
    fields(
        {
            "engine": f"has looked up to position {found.engine_position}{lag}",
            "waiting": str(len(found.waiting)) if found.waiting else "nothing",
            "overdue": str(len(found.overdue)) if found.overdue else "nothing",
            "version": found.version,
        }
    )
    if found.waiting:
        sentence("")
        table(
            ("deployment", "waits for", "again"),
            ((phrases.named(one.deployment), _wait(one), minute(one.again_at)) for one in found.waiting),
        )
    if found.overdue:
        sentence("")
        table(
            ("position", "overdue", "on"),
            ((str(one.position), f"{one.model} {one.version}: {one.kind}", minute(one.on)) for one in found.overdue),
        )


def _wait(one: Waiting) -> Text:
    to = "stop" if one.to_version is None else f"{one.to_model} {one.to_version}"
    why = f"attempt {one.attempt} failed: {one.error}" if one.error is not None else f"postponed: {one.why}"
    return two_lines(f"{to} ({one.cause})", why)
