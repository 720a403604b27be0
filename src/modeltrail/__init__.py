"""Which version served this deployment that day, why did it change, and what did we know? An event-sourced answer."""

from modeltrail.domain.moves import Move
from modeltrail.domain.refusals import Conflict, Refused, Unknown
from modeltrail.domain.values import Rules
from modeltrail.hosts import Fail, Postpone
from modeltrail.projections.projection import Projection
from modeltrail.trail import Trail
from modeltrail.views import Stale

__all__ = [
    "Conflict",
    "Fail",
    "Move",
    "Postpone",
    "Projection",
    "Refused",
    "Rules",
    "Stale",
    "Trail",
    "Unknown",
]
__version__ = "0.3.0"
