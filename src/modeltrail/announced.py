"""What was announced of a model by a moment, and what of it stood then?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from modeltrail.domain.refusals import Unknown, nearest
from modeltrail.knowledge import Knowledge
from modeltrail.projections.announcements import Announcement, Heard, announcement_answers, announcements, heard


def announced(known: Knowledge, t: datetime, model: str, version: str | None = None) -> list[Announcement]:
    """All that was announced of a model, or of one version of it, by a moment. Raises Unknown for another version."""
    history = known.history(model)
    state = history.at(t)
    if version is not None and version not in state.versions:
        raise Unknown("version", f"{model} {version}", nearest(version, state.versions))
    unclear = {fact.position for fact in history.unclear}
    keys = [key for key in known.keys(announcements) if key[0] == model and version in (None, key[1])]
    return announcement_answers([one for key in keys if (one := _heard(known, t, key, unclear))], state)


def _heard(known: Knowledge, t: datetime, key: Any, unclear: set[int]) -> Heard | None:
    """What was said of one thing by the moment, null for nothing."""
    told = known.facts_of(announcements, key)
    facts = [fact for fact in told if fact.position not in unclear and fact.effective_at <= t]
    rows = announcements.history(key, facts)
    return heard(rows[-1][1], facts) if rows and rows[-1][1] is not None else None
