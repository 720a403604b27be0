"""What differs between two moments, or between what was known of one at two? Deployments, models, and the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modeltrail.domain.events import (
    Announcement,
    DefaultChanged,
    DeploymentEvent,
    ForcedUpgradeAnnounced,
    ModelRegistered,
    OffersChanged,
    ReplacementNamed,
    RulesChanged,
    TrustChanged,
    VersionEvent,
)
from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.domain.model import ModelState
from modeltrail.domain.values import Instant, Policy, Qualifier, Stage
from modeltrail.projections.announcements import Kind
from modeltrail.projections.models import Answer, ModelAnswer, VersionAnswer, model_answer
from modeltrail.projections.promised import Topic, standing_topics
from modeltrail.projections.serving import Serving
from modeltrail.projections.why import Ground

Change = Literal["appeared", "gone", "changed"]
"""Whether something is there that was not, is no more, or is otherwise."""
_ASKED = frozenset({"at", "known_at", "because", "logged_by"})
"""What an answer says of the question and of its grounds: that makes no difference."""
_DATES = frozenset({"retirements"})
"""What is compared date by date."""


class Asked(Answer):
    """A moment, and the one whose knowledge is used."""

    at: Instant
    known_at: Instant


class DeploymentDifference(Answer):
    """A deployment that is answered otherwise. `before` and `after`: what `serving` answers of it at both moments.

    `differs`: the fields of that which are not the same. `because`: the positions on which only one of the two answers
    rests; where time alone made the difference, as at the end of a window, those of the later one.
    """

    deployment: str
    owner: str | None
    change: Change
    differs: tuple[str, ...]
    before: Serving
    after: Serving
    because: tuple[int, ...]


class VersionDifference(Answer):
    """A version that is otherwise, as `model` answers it; null where it was not known. `differs`: in which fields."""

    version: str
    differs: tuple[str, ...]
    before: VersionAnswer | None
    after: VersionAnswer | None


class DateThen(Answer):
    """What stood announced: on which date, how firm that was, and who said so."""

    on: Instant | None
    qualifier: Qualifier
    known_at: Instant
    source: str | None
    position: int


class DateDifference(Answer):
    """Something announced for another date, or no longer, or newly: null where nothing stood (R13)."""

    kind: Kind
    version: str
    sku: str | None
    stage: Stage | None
    before: DateThen | None
    after: DateThen | None


class ModelDifference(Answer):
    """A model that is otherwise: its default, the id of its rules, what it offers, its versions, and what is announced.

    What is null in `rules_before` or `rules_after` was not known then. `because`: the positions of the facts of what
    differs that count for only one of the two answers.
    """

    model: str
    change: Change
    default_before: str | None
    default_after: str | None
    rules_before: str | None
    rules_after: str | None
    offers_before: tuple[Policy, ...] | None
    offers_after: tuple[Policy, ...] | None
    versions: tuple[VersionDifference, ...]
    dates: tuple[DateDifference, ...]
    because: tuple[int, ...]


class Difference(Answer):
    """All that differs from one moment to another, or from one knowledge to another (R6).

    `facts`: those on which that rests, in the order of the log, with who, why and from where; `known_then` is said of
    the later moment.
    """

    before: Asked
    after: Asked
    deployments: tuple[DeploymentDifference, ...]
    models: tuple[ModelDifference, ...]
    facts: tuple[Ground, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing differs."""
        return not (self.deployments or self.models)


def deployment_difference(before: Serving, after: Serving, owner: str | None) -> DeploymentDifference | None:
    """What differs of a deployment, null for nothing."""
    names = [name for name in Serving.model_fields if name not in _ASKED]
    differs = tuple(name for name in names if getattr(before, name) != getattr(after, name))
    if not differs:
        return None
    return DeploymentDifference(
        deployment=after.deployment,
        owner=owner,
        change=_change(_exists(before), _exists(after)),
        differs=differs,
        before=before,
        after=after,
        because=tuple(sorted({*before.because} ^ {*after.because})) or after.because,
    )


def _exists(answer: Serving) -> bool:
    return answer.status not in ("absent", "deleted")


def _change(was: bool, exists: bool) -> Change:
    if not exists:
        return "gone"
    return "changed" if was else "appeared"


@dataclass(frozen=True, slots=True)
class ModelThen:
    """A model as known at one moment: its history, the facts that concern it, and the moment asked about."""

    history: ModelHistory
    facts: Iterable[Fact]
    at: datetime

    @property
    def exists(self) -> bool:
        """Whether anything was stated of it by then."""
        return bool(self.history.moments) and self.history.moments[0] <= self.at

    @property
    def state(self) -> ModelState:
        """The model at the moment."""
        return self.history.at(self.at)

    @property
    def answer(self) -> ModelAnswer:
        """What is answered of it."""
        return model_answer(self.history, self.at)

    def counting(self) -> dict[int, Fact]:
        """The facts of the model that count at the moment, by position; sights of deployments are none of it."""
        return {
            fact.position: fact
            for fact in self.facts
            if fact.effective_at <= self.at and not isinstance(fact.event, DeploymentEvent)
        }


def model_difference(before: ModelThen, after: ModelThen) -> ModelDifference | None:
    """What differs of a model, null for nothing."""
    was, now = before.answer, after.answer
    rules = (was.rules if before.exists else None, now.rules if after.exists else None)
    versions = tuple(_versions(was, now))
    dates = tuple(_dates(before.state, after.state))
    plain = (was.default, was.offers), (now.default, now.offers)
    if not (versions or dates or plain[0] != plain[1] or rules[0] != rules[1]):
        return None
    concerned = {*(one.version for one in versions), *(one.version for one in dates)}
    then, later = before.counting(), after.counting()
    news = {position: {**then, **later}[position] for position in then.keys() ^ later.keys()}
    return ModelDifference(
        model=now.model,
        change=_change(before.exists, after.exists),
        default_before=was.default,
        default_after=now.default,
        rules_before=rules[0],
        rules_after=rules[1],
        offers_before=was.offers,
        offers_after=now.offers,
        versions=versions,
        dates=dates,
        because=tuple(sorted(position for position, fact in news.items() if _counts(fact, now.model, concerned))),
    )


def _counts(fact: Fact, model: str, versions: set[str]) -> bool:
    """Whether a fact may have made what differs: it is about one of the versions concerned, or about all of them."""
    match fact.event:
        case ReplacementNamed() | ForcedUpgradeAnnounced() as event if event.model != model:
            return event.to_version in versions
        case DefaultChanged() | ModelRegistered() | RulesChanged() | OffersChanged() | TrustChanged():
            return True
        case VersionEvent() as event:
            return event.version in versions
        case _:
            return False


def _versions(before: ModelAnswer, after: ModelAnswer) -> Iterator[VersionDifference]:
    was, now = ({one.version: one for one in answer.versions} for answer in (before, after))
    names = [name for name in VersionAnswer.model_fields if name not in _DATES]
    for version in dict.fromkeys((*was, *now)):
        then, later = was.get(version), now.get(version)
        differs = tuple(name for name in names if getattr(then, name, None) != getattr(later, name, None))
        if differs:
            yield VersionDifference(version=version, differs=differs, before=then, after=later)


def _dates(before: ModelState, after: ModelState) -> Iterator[DateDifference]:
    was, now = dict(standing_topics(before)), dict(standing_topics(after))
    for topic in dict.fromkeys((*was, *now)):
        then, later = _then(was.get(topic)), _then(now.get(topic))
        if _said(then) != _said(later):
            yield _date(topic, then, later)


def _date(topic: Topic, before: DateThen | None, after: DateThen | None) -> DateDifference:
    return DateDifference(
        kind=topic.kind, version=topic.version, sku=topic.sku, stage=topic.stage, before=before, after=after
    )


def _then(fact: Fact | None) -> DateThen | None:
    event = fact.event if fact is not None else None
    if fact is None or not isinstance(event, Announcement):
        return None
    return DateThen(
        on=event.on, qualifier=event.qualifier, known_at=fact.known_at, source=fact.source, position=fact.position
    )


def _said(then: DateThen | None) -> tuple[object, ...] | None:
    return None if then is None else (then.on, then.qualifier)
