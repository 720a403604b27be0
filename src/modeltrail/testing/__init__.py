"""Do the laws of projections hold for yours? Histories to try it on, and the laws, for tests of your own.

Needs the extra `modeltrail[testing]`.
"""

try:
    import hypothesis as _needed
except ImportError as missing:
    raise ImportError("modeltrail.testing needs hypothesis: pip install 'modeltrail[testing]'") from missing

from modeltrail.testing.checking import check_law, check_projection
from modeltrail.testing.drawn_facts import History
from modeltrail.testing.drawn_histories import histories
from modeltrail.testing.drawn_kinds import events
from modeltrail.testing.laws import LAWS, Law

__all__ = ["LAWS", "History", "Law", "check_law", "check_projection", "events", "histories"]
del _needed
