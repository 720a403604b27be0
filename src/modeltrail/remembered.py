"""What was a model at every moment, without folding it for each question? Histories, remembered while they hold."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from datetime import UTC, datetime
from threading import RLock

from modeltrail.domain.history import ModelHistory
from modeltrail.ledger import Ledger, Mark
from modeltrail.projections.models import model_history, models

_HISTORIES_KEPT = 1024
_NOTHING_KNOWN = datetime.min.replace(tzinfo=UTC)


class Remembered:
    """The histories of models as known at some moments: those that were asked for last. Threads may share them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = RLock()
        self._histories: OrderedDict[tuple[str, datetime | None], tuple[Mark, ModelHistory]] = OrderedDict()
        self._learned: dict[str, tuple[Mark, list[datetime]]] = {}

    def history(self, model: str, known_at: datetime | None) -> ModelHistory:
        """The history of a model as known at a moment, remembered until something new concerns it."""
        with self._lock:
            mark = self._ledger.mark(models, model)
            known_at = self._last_learned(model, mark, known_at)
            mark_then, history = self._histories.get((model, known_at), (None, None))
            if history is None or mark_then is None or not self._still_holds(history, mark_then, mark):
                history = model_history(model, self._ledger.known(models, model, known_at))
            self._histories[model, known_at] = (mark, history)
            self._histories.move_to_end((model, known_at))
            if len(self._histories) > _HISTORIES_KEPT:
                self._histories.popitem(last=False)
            return history

    def _last_learned(self, model: str, mark: Mark, known_at: datetime | None) -> datetime | None:
        """The last moment by `known_at` at which something was learned of a model, so that few histories are folded.

        Null where all of it was known by then.
        """
        if known_at is None:
            return None
        then, moments = self._learned.get(model, (None, []))
        if then != mark:
            moments = self._ledger.learned(models, model)
            self._learned[model] = (mark, moments)
        after = bisect_right(moments, known_at)
        if after == len(moments):
            return None
        return moments[after - 1] if after else _NOTHING_KNOWN

    def _still_holds(self, history: ModelHistory, then: Mark, now: Mark) -> bool:
        """Whether a history that was folded at one mark is the same at another."""
        if then == now:
            return True
        return then.retractions == now.retractions and all(
            history.is_unchanged_by(fact) for fact in self._ledger.since(models, history.model, then)
        )
