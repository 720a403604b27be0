"""Which laws hold for every projection? By them it gives the same answers, whatever happens to log and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modeltrail.testing import fold_laws, store_laws
from modeltrail.testing.cases import Broken, Case


@dataclass(frozen=True)
class Law:
    """A law by its name, and what it says. `holds` raises Broken where it does not hold for a case.

    It says nothing of a case that breaks one of the laws that it presupposes.
    """

    name: str
    sentence: str
    holds: Callable[[Case], None]
    presupposes: tuple[Law, ...] = ()

    def __str__(self) -> str:
        return self.name

    def flaw(self, case: Case) -> str | None:
        """How a case breaks the law, null where it does not."""
        if self.name not in case.flaws:
            is_sound = all(law.flaw(case) is None for law in self.presupposes)
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


TAKEN = Law("taken", "Every fact can be taken, whatever came before it.", fold_laws.total)
PURE = Law("pure", "A handler makes the same of the same, and changes nothing in place.", fold_laws.pure, (TAKEN,))
COLUMNS = Law(
    "columns", "Rows are read back from their columns as they were written.", fold_laws.columns, (TAKEN, PURE)
)
BASIC = (TAKEN, PURE, COLUMNS)
"""The laws about handlers alone, which all others presuppose."""


def _law(name: str, sentence: str, holds: Callable[[Case], None]) -> Law:
    return Law(name, sentence, holds, BASIC)


LAWS = (
    *BASIC,
    _law("as-read", "Stored rows, at any moment, as known at any other, are what R6 says.", store_laws.as_read),
    _law("live", "A fold without tables gives the same rows.", store_laws.live),
    _law("restart", "Going on after a restart, at any position, changes nothing.", store_laws.restarted),
    _law("redelivery", "Facts that come again after they were taken change nothing.", store_laws.redelivered),
    _law("rebuild", "What is built anew is what was followed, also after an interruption.", store_laws.rebuilt),
    _law("strangers", "Events that are not handled change no row, nor its times and position.", store_laws.strange),
    _law("arrival", "Statements may arrive in any order: the rows are the same.", fold_laws.unmoved_by_arrival),
)
"""All laws, the basic ones first."""


def law_named(name: str) -> Law:
    """The law of a name. Raises ValueError."""
    for law in LAWS:
        if law.name == name:
            return law
    raise ValueError(f"there is no law {name!r}: use one of {', '.join(law.name for law in LAWS)}")
