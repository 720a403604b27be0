"""Who did it, by a provider's own log? The caller of a change that it states, or that an export shows (R32, R42)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime

from modeltrail.domain.deployment import is_done
from modeltrail.domain.events import ChangeLogged, PolicyChanged, SkuChanged
from modeltrail.domain.facts import Fact, in_order


def callers(facts: Iterable[Fact]) -> Mapping[int, str]:
    """Who made what the known facts of a deployment state, by their positions; those of whom no log tells are left out.

    A policy or SKU that was seen between two exports was set by whoever changed the deployment last in that time.
    """
    known = list(facts)
    logged = in_order(fact for fact in known if isinstance(fact.event, ChangeLogged))
    if not logged:
        return {}
    found = {fact.position: _caller(fact) for fact in logged}
    writes = [fact for fact in logged if isinstance(fact.event, ChangeLogged) and is_done(fact.event, "write")]
    moments = [fact.effective_at for fact in writes]
    for fact in known:
        since = _since(fact)
        last = bisect_right(moments, fact.effective_at) - 1
        if since is not None and last >= 0 and moments[last] > since:
            found[fact.position] = _caller(writes[last])
    return {position: caller for position, caller in found.items() if caller is not None}


def _since(fact: Fact) -> datetime | None:
    """The moment after which something was changed that an export shows; null for everything else."""
    return fact.event.not_before if isinstance(fact.event, PolicyChanged | SkuChanged) else None


def _caller(fact: Fact) -> str | None:
    return fact.event.caller if isinstance(fact.event, ChangeLogged) else None
