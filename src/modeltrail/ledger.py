"""Which facts concern a key, and who knows them? What belongs to models is kept, deployments are read when asked for.

A log holds few facts of models and may hold very many of deployments. So of these only such are kept as matter to a
model (`projections/mentions.py`), and the streams that were asked for last. The orders of trust of a catalogue belong
to all of its models.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from operator import attrgetter
from threading import RLock
from typing import Any, NamedTuple, get_args

from modeltrail.datastore import StoreError
from modeltrail.domain.deployment import DeploymentState
from modeltrail.domain.events import ExportObserved, FactRetracted, TrustChanged
from modeltrail.domain.facts import Fact, Retractions, is_known
from modeltrail.domain.readings import scopes_of, with_sights
from modeltrail.domain.values import catalogue_of
from modeltrail.kept import load, store
from modeltrail.log import Log
from modeltrail.projections.announcements import announcements
from modeltrail.projections.deployments import deployments
from modeltrail.projections.mentions import Mention, with_mention
from modeltrail.projections.models import models
from modeltrail.projections.projection import Fold, Projection
from modeltrail.proofs import Checkpoint
from modeltrail.rows import streams_between
from modeltrail.streams import STREAMS_KEPT, Streams

BUILT_IN: tuple[Projection[Any], ...] = (models, deployments, announcements)
_DEPLOYMENT = "deployment/"
_STORED_AFTER, _STORED_AT_END = 20_000, 500
"""After how many new facts is stored which are kept: while the store is open, and when it is closed."""
_HANDED_OVER = 1_000
"""How many of the facts that were handed over last are kept."""
_MENTIONS = frozenset(kind.type for kind in get_args(Mention))
_position = attrgetter("position")


class Mark(NamedTuple):
    """The last position that may matter to a key, and how many retractions there are."""

    position: int
    retractions: int


class Ledger:
    """The facts of the log by projection and key, up to a position. Threads may share it."""

    def __init__(
        self, log: Log, projections: Iterable[Projection[Any]] = BUILT_IN, streams_kept: int = STREAMS_KEPT
    ) -> None:
        self._log = log
        self._lock = RLock()
        self._projections = tuple(one for one in projections if one is not deployments)
        kinds = (one.kinds for one in self._projections)
        self._kinds = frozenset({FactRetracted.type, ExportObserved.type, TrustChanged.type}).union(*kinds)
        self._facts: dict[str, dict[Any, list[Fact]]] = {one.name: {} for one in self._projections}
        self._trust: dict[str, list[Fact]] = {}
        """The orders of trust that were declared, by catalogue."""
        self._streams = Streams(log, streams_kept)
        self._readings: defaultdict[str, list[Fact]] = defaultdict(list)
        self._retractions: defaultdict[int, list[Fact]] = defaultdict(list)
        self._retracted = 0
        self._retractions_asked = 0
        self._retractions_until: Retractions = {}
        self._mentions: dict[tuple[str, str | None], list[Fact]] = {}
        self._mentioned_at: dict[int, str] = {}
        self._doubted: set[str] = set()
        self._handed_over: Sequence[Fact] = ()
        self._stored = 0
        """Up to which position the facts that are kept are stored."""
        self.position = 0
        self.recorded_at: datetime | None = None
        """When the last fact was recorded, null in an empty log."""

    def checkpoint(self) -> Checkpoint:
        """Size, root and time of the log that it reads."""
        return self._log.checkpoint()

    def catch_up(self) -> int:
        """Take what was recorded since. Returns the position reached."""
        with self._lock:
            if not self.position:
                self._load()
            end = self._log.end()
            if end.position > self.position:
                for fact in self._log.pick(self.position, end.position, self._is_wanted):
                    self._take(fact)
                self.position, self.recorded_at = end
            if self._doubted:
                self._read_mentions_again()
            if self.position - self._stored > _STORED_AFTER:
                with suppress(StoreError):  # it is a short cut, and no reason to give no answer
                    self.store()
            return self.position

    def _load(self) -> None:
        """Take what was stored of the facts that are kept; retractions first, as they decide which mentions matter."""
        stored = load(self._log)
        for fact in stored.facts:
            if isinstance(fact.event, FactRetracted):
                self._retract(fact.event.position, fact)
        for fact in stored.facts:
            if not isinstance(fact.event, FactRetracted):
                self._take(fact)
        self._stored = self.position = stored.position
        self.recorded_at = None if stored.last is None else stored.last.recorded_at

    def store(self) -> None:
        """Store which facts are kept, where the store can be written, so that nobody looks through the log again."""
        with self._lock:
            if self.position > self._stored and not self._log.is_read_only:
                store(self._log, self.position, {fact.position for facts in self._all() for fact in facts})
            self._stored = self.position

    def _all(self) -> Iterator[Sequence[Fact]]:
        """The facts that are kept; one that concerns several keys is there for each."""
        for rows in self._facts.values():
            yield from rows.values()
        for others in (self._trust, self._retractions, self._readings):
            yield from others.values()

    def close(self) -> None:
        """Store which facts are kept, where that has become worth it."""
        if self.position - self._stored > _STORED_AT_END:
            self.store()

    def take(self, facts: Sequence[Fact]) -> None:
        """Take facts that were just recorded, without reading them.

        Where others came before them, or they retract something, nothing is taken: the next catching up reads them.
        """
        with self._lock:
            follow = bool(facts) and facts[0].position == self.position + 1
            if follow and not any(isinstance(fact.event, FactRetracted) for fact in facts):
                for fact in facts:
                    self._take(fact)
                self._handed_over = facts[:_HANDED_OVER]

    def news(self, after: int) -> Iterable[Fact]:
        """The facts after a position, up to the one that was reached; what was handed over last is not read again."""
        with self._lock:
            latest = self._handed_over
            if latest and latest[0].position <= after + 1 and latest[-1].position == self.position:
                return latest[after + 1 - latest[0].position :]
            return self._log.pick(after, self.position)

    def _is_wanted(self, stream: str, kind: str) -> bool:
        return kind in self._kinds or stream in self._streams

    def _take(self, fact: Fact) -> None:
        event = fact.event
        self.position, self.recorded_at = fact.position, fact.recorded_at
        self._streams.take(fact)
        if isinstance(event, FactRetracted):
            self._retract(event.position, fact)
        elif isinstance(event, TrustChanged):
            self._trust.setdefault(event.catalogue, []).append(fact)
        elif isinstance(event, ExportObserved):
            for scope in event.scope:
                self._readings[scope].append(fact)
        for projection in self._projections:
            for key in projection.keys(fact):
                if projection is models and isinstance(event, Mention):
                    self._take_mention(fact, event)
                else:
                    self._keep(projection, key, fact)

    def _keep(self, projection: Projection[Any], key: Any, fact: Fact) -> None:
        self._facts[projection.name].setdefault(key, []).append(fact)

    def _take_mention(self, fact: Fact, event: Mention) -> None:
        """Keep a mention if it matters. One without a version name may be unclear (R2) and is kept, and so is one that
        was ever retracted: whoever knows nothing of that sees it."""
        if event.version == "" or fact.position in self._retractions:
            self._keep(models, event.model, fact)
            return
        before = self._mentions.get((event.model, event.version), [])
        after = with_mention(before, fact)
        if after is None:
            return
        for one in before:
            if one not in after:
                self._facts[models.name][event.model].remove(one)
                del self._mentioned_at[one.position]
        self._mentions[event.model, event.version] = after
        self._mentioned_at[fact.position] = event.model
        self._keep(models, event.model, fact)

    def _retract(self, position: int, retraction: Fact) -> None:
        self._retractions[position].append(retraction)
        self._retracted += 1
        if position in self._mentioned_at:
            self._doubted.add(self._mentioned_at[position])

    def _read_mentions_again(self) -> None:
        """Of a model, a mention of which was retracted: what did not matter beside it may matter now (R45)."""
        rows = self._facts[models.name]
        for model in self._doubted:
            rows[model] = [fact for fact in rows[model] if not isinstance(fact.event, Mention)]
        self._mentions = {key: kept for key, kept in self._mentions.items() if key[0] not in self._doubted}
        self._mentioned_at = {at: model for at, model in self._mentioned_at.items() if model not in self._doubted}
        for fact in self._log.pick(0, self.position, lambda _, kind: kind in _MENTIONS):
            if isinstance(fact.event, Mention) and fact.event.model in self._doubted:
                self._take_mention(fact, fact.event)
        for model in self._doubted:
            rows[model].sort(key=lambda fact: fact.position)
        self._doubted.clear()

    def known(self, projection: Projection[Any], key: Any, known_at: datetime | None = None) -> list[Fact]:
        """The facts that concern a key and are known, in the order of the log (R6, R45).

        Of the deployments that mention a version of a model only those that matter to it; of a deployment its sights
        too, where an export showed it unchanged; of a model the orders of trust of its catalogue.
        """
        with self._lock:
            told = self._told(projection, key, known_at)
            readings = self.readings(key, known_at) if projection is deployments and self._readings else ()
            return with_sights(key, told, readings) if readings else told

    def told(self, deployment: str, known_at: datetime | None = None) -> list[Fact]:
        """The known facts of a deployment itself, without the sights that readings of exports add."""
        with self._lock:
            return self._told(deployments, deployment, known_at)

    def _told(self, projection: Projection[Any], key: Any, known_at: datetime | None) -> list[Fact]:
        """The facts of a key itself that are known, without the sights that readings add."""
        if projection is deployments and known_at is not None and f"{_DEPLOYMENT}{key}" not in self._streams:
            facts = self._log.stream_as_known(f"{_DEPLOYMENT}{key}", self.position, known_at)
            return self._of(self._without_retractions(facts), known_at)
        return self._of(self._bearing(projection, key), known_at)

    def readings(self, deployment: str, known_at: datetime | None = None) -> list[Fact]:
        """The known readings of exports whose scope a deployment lies in, in the order of the log."""
        with self._lock:
            found = {fact.position: fact for scope in scopes_of(deployment) for fact in self._readings.get(scope, ())}
            return self._of([found[position] for position in sorted(found)], known_at)

    def orders(self, catalogue: str) -> list[Fact]:
        """The orders of trust of a catalogue that are known now, in the order of the log (R13)."""
        with self._lock:
            return self._of(self._trust.get(catalogue, ()), None)

    def facts(self, projection: Projection[Any], key: Any) -> list[Fact]:
        """All facts that concern a key, retracted ones too."""
        with self._lock:
            return list(self._about(projection, key))

    def keeps(self, mention: Fact) -> bool:
        """Whether a mention of a version matters to a model."""
        with self._lock:
            at = mention.position
            is_unclear = isinstance(mention.event, Mention) and mention.event.version == ""
            return is_unclear or at in self._mentioned_at or at in self._retractions

    def retractions(self, until: int) -> Retractions:
        """The retractions of each position, up to a position of the log."""
        with self._lock:
            if self._retractions_asked != until:
                found = {at: [one for one in all_ if one.position <= until] for at, all_ in self._retractions.items()}
                self._retractions_until = {at: retractions for at, retractions in found.items() if retractions}
                self._retractions_asked = until
            return self._retractions_until

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes it meanwhile. Whoever needs it while reading a store holds it first: a log in memory has
        one connection, and two that wait for each other would wait for ever."""
        with self._lock:
            yield

    def _about(self, projection: Projection[Any], key: Any) -> Sequence[Fact]:
        if projection is not deployments:
            return self._facts[projection.name].get(key, ())
        return self._without_retractions(self._streams.of(f"{_DEPLOYMENT}{key}", self.position).facts)

    def _bearing(self, projection: Projection[Any], key: Any) -> Sequence[Fact]:
        """The facts that concern a key, and of a model the orders of trust of its catalogue (R13)."""
        facts, orders = self._about(projection, key), self._orders_for(projection, key)
        return sorted((*facts, *orders), key=_position) if orders else facts

    def _orders_for(self, projection: Projection[Any], key: Any) -> Sequence[Fact]:
        return self._trust.get(catalogue_of(key), ()) if self._trust and projection is models else ()

    def _without_retractions(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        return [fact for fact in facts if not isinstance(fact.event, FactRetracted)] if self._retractions else facts

    def _of(self, facts: Sequence[Fact], known_at: datetime | None) -> list[Fact]:
        if not self._retractions:
            return [fact for fact in facts if known_at is None or fact.known_at <= known_at]
        return [fact for fact in facts if is_known(fact, known_at, self._retractions)]

    def fold(self, name: str) -> Fold[DeploymentState]:
        """A deployment at every moment, from all that is known now; folded once while its stream is in use."""
        with self._lock:
            stream = self._streams.of(f"{_DEPLOYMENT}{name}", self.position)
            if stream.folded < len(stream.facts) or stream.retractions != self._retracted:
                fold = None
                if stream.retractions == self._retracted:
                    fold = deployments.grown(stream.fold, name, stream.facts[stream.folded :])
                stream.fold = deployments.fold(name, self._told(deployments, name, None)) if fold is None else fold
                stream.folded, stream.retractions = len(stream.facts), self._retracted
            return stream.fold

    def version(self, stream: str) -> int:
        """How many facts a stream has."""
        with self._lock:
            return len(self._streams.of(stream, self.position).facts)

    def is_retracted(self, position: int) -> bool:
        """Whether the fact at a position is retracted, as known now (R45)."""
        with self._lock:
            return any(is_known(fact, None, self._retractions) for fact in self._retractions.get(position, ()))

    def mark(self, projection: Projection[Any], key: Any) -> Mark:
        """A mark that changes whenever something new may matter to a key: a fact of it, or a retraction."""
        with self._lock:
            last = [facts[-1] for facts in (self._about(projection, key), self._orders_for(projection, key)) if facts]
            return Mark(max(map(_position, last), default=0), self._retracted)

    def since(self, projection: Projection[Any], key: Any, mark: Mark) -> list[Fact]:
        """The facts that may matter to a key and came after a mark."""
        with self._lock:
            facts = self._bearing(projection, key)
            return list(facts[bisect_right(facts, mark.position, key=_position) :])

    def learned(self, projection: Projection[Any], key: Any) -> list[datetime]:
        """The moments at which something was learned of a key, in order: in between the same is known (R6, R45)."""
        with self._lock:
            return sorted(set(self._learned(self._bearing(projection, key))))

    def _learned(self, facts: Sequence[Fact]) -> Iterator[datetime]:
        for fact in facts:
            yield fact.known_at
            if self._retractions:
                yield from self._learned(self._retractions.get(fact.position, ()))

    def keys(self, projection: Projection[Any]) -> list[Any]:
        """The keys of a projection, oldest first, whoever knows them."""
        with self._lock:
            if projection is deployments:
                names = self._log.streams(self.position, _DEPLOYMENT)
                return [name.removeprefix(_DEPLOYMENT) for name in names]
            return list(self._facts[projection.name])

    def models_of(self, catalogue: str) -> list[str]:
        """The models of a catalogue, whoever knows them."""
        return [model for model in self.keys(models) if catalogue_of(model) == catalogue]

    def has(self, projection: Projection[Any], key: Any) -> bool:
        """Whether any fact concerns a key."""
        with self._lock:
            stream = f"{_DEPLOYMENT}{key}"
            if projection is deployments and stream not in self._streams:
                return self._log.has_stream(stream, self.position)
            return bool(self._about(projection, key))

    def of_stream(self, stream: str, known_at: datetime | None = None) -> list[Fact]:
        """The known facts of a stream, in the order of the log: they are read, and not kept."""
        with self._lock:
            return self._of(self._without_retractions(self._log.stream(stream, self.position)), known_at)

    def stream(self, stream: str) -> list[Fact]:
        """Every fact of a stream, retracted ones and retractions included, in the order of the log."""
        with self._lock:
            return list(self._streams.of(stream, self.position).facts)

    @property
    def kept(self) -> int:
        """How many facts are held in memory: of models, of catalogues, of what was read, and of the streams in use."""
        with self._lock:
            return sum(map(len, self._all())) + self._streams.kept

    def streams(self, prefix: str = "") -> list[str]:
        """The streams that begin with a text and have a fact, oldest first."""
        with self._lock:
            return self._log.streams(self.position, prefix)

    def streams_between(self, first: int, last: int) -> list[str]:
        """The streams that have a fact from one position to another, oldest first."""
        with self._log.reading() as cursor:
            return streams_between(cursor, first, last)
