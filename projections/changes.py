"""What changed, day by day, and by whom?

One row a recorded fact, named by its position: a retracted fact is not known and has no row (R45), and the retraction
is a change itself. What happened on a day, or through somebody, is a question over the rows.
"""

from __future__ import annotations

from pydantic import BaseModel

from modeltrail.domain.events import EVENT_TYPES, DeploymentDeleted, Event, FactRetracted
from modeltrail.domain.facts import Fact
from modeltrail.domain.values import Instant, Mode, instant_text
from modeltrail.projections.projection import Projection

_MIDNIGHT = "T00:00:00Z"
_BOUND = "not_before"
"""The field that says only since when something may be so."""
_LONGEST = 80
"""How many characters of one field are said; the fact has the rest."""


class Change(BaseModel, frozen=True):
    """One recorded fact: when it holds, what it is about, what it says in a few words, who recorded it and why (R42).

    `day`: that of `effective_at` in UTC. `kind` and `subject`: what it is about, such as `deployment` and `chat-prod`.
    `event`: the stored name of its kind of event. `fact`: its position.
    """

    day: str
    effective_at: Instant
    known_at: Instant
    kind: str
    subject: str
    event: str
    what: str
    by: str
    why: str | None
    source: str | None
    mode: Mode
    fact: int


changes = Projection("changes", Change, edition=1, question="What changed on each day, and who did it?", key="change")


@changes.on(*EVENT_TYPES.values(), key=lambda event, fact: str(fact.position))
def changed(row: Change | None, event: Event, fact: Fact) -> Change:
    """Every fact is a change, whatever it says."""
    kind, _, subject = fact.stream.partition("/")
    return Change(
        day=instant_text(fact.effective_at)[: len("2025-03-26")],
        effective_at=fact.effective_at,
        known_at=fact.known_at,
        kind=kind,
        subject=subject,
        event=event.type,
        what=_what(event, kind),
        by=fact.by,
        why=fact.why,
        source=fact.source,
        mode=fact.mode,
        fact=fact.position,
    )


def _what(event: Event, kind: str) -> str:
    """What an event says beside its subject: the fields that it was given, or else its name."""
    named_by = "of" if isinstance(event, FactRetracted) else kind
    fields = {name: field.default for name, field in type(event).model_fields.items() if name != named_by}
    given = [(name, value) for name, value in event.data().items() if name in fields]
    said = [f"{_words(name)} {_value(value)}" for name, value in given if value or fields[name] != ()]
    if not any(name != _BOUND for name, _ in given) and not isinstance(event, DeploymentDeleted):
        said = [*(f"{_words(name)} not given" for name in fields if name != _BOUND), *said]
    return ", ".join(said) or _words(event.type.rpartition(".")[2])


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def _value(value: object) -> str:
    """One field on one line; what is itself made of fields is named by its id or key."""
    if isinstance(value, dict):
        value = value.get("id") or value.get("key") or value
    if isinstance(value, list):
        value = " ".join(map(_value, value)) or "none"
    text = " ".join(str(value).split()).removesuffix(_MIDNIGHT) or '""'
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
