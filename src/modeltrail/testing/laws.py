"""Which laws hold for every projection? By them it gives the same answers, whatever happens to log and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modeltrail.testing import fold_laws, store_laws
from modeltrail.testing.cases import Broken, Case


@dataclass(frozen=True)
class Law:
    """A law by its name, and what it says. `holds` raises Broken where it does not hold for a case."""

    name: str
    sentence: str
    holds: Callable[[Case], None]
    is_basic: bool = False
    """Whether it is about the handlers themselves; the others say nothing of a projection that breaks one of these."""

    def __str__(self) -> str:
        return self.name

    def flaw(self, case: Case) -> str | None:
        """How a case breaks the law, null where it does not."""
        if self.name not in case.flaws:
            is_sound = self.is_basic or all(law.flaw(case) is None for law in BASIC)
            case.flaws[self.name] = self._flaw(case) if is_sound else None
        return case.flaws[self.name]

    def _flaw(self, case: Case) -> str | None:
        try:
            self.holds(case)
        except Broken as broken:
            return str(broken)
        except Exception as error:  # what a store says to a projection that it cannot keep
            return f"{type(error).__name__}: {error}"
        return None


BASIC = (
    Law("taken", "Every fact can be taken, whatever came before it.", fold_laws.total, is_basic=True),
    Law("pure", "A handler makes the same of the same, and changes nothing in place.", fold_laws.pure, is_basic=True),
    Law("columns", "Rows are read back from their columns as they were written.", fold_laws.columns, is_basic=True),
)
"""The laws that all others presuppose."""
LAWS = (
    *BASIC,
    Law("as-read", "Stored rows, at any moment, as known at any other, are what R6 says.", store_laws.as_read),
    Law("live", "A fold without tables gives the same rows.", store_laws.live),
    Law("restart", "Going on after a restart, at any position, changes nothing.", store_laws.restarted),
    Law("redelivery", "Facts that come again after they were taken change nothing.", store_laws.redelivered),
    Law("rebuild", "What is built anew is what was followed, also after an interruption.", store_laws.rebuilt),
    Law(
        "strangers",
        "Events that are not handled change no row, and neither its times nor its position.",
        store_laws.strange,
    ),
    Law("arrival", "Statements may arrive in any order: the rows are the same.", fold_laws.unmoved_by_arrival),
)
"""All laws, the basic ones first."""


def law_named(name: str) -> Law:
    """The law of a name. Raises ValueError."""
    for law in LAWS:
        if law.name == name:
            return law
    raise ValueError(f"there is no law {name!r}: use one of {', '.join(law.name for law in LAWS)}")
