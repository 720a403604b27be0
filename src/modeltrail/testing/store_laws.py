"""Which laws does a store keep? Whatever happens to those who follow the log, the tables say the same."""

from __future__ import annotations

from modeltrail.live_fold import fold
from modeltrail.testing.cases import Case, demand, when
from modeltrail.testing.fold_laws import unmoved_by_strangers
from modeltrail.testing.kept import Told, die, happens, kept

_ASKED = 2
"""So many moments are asked about after each part of the log."""
_BUILDING = ("build.page", "build.keys", "build.indexed", "follow.before")


def as_read(case: Case) -> None:
    """After each part of the log: one row, all rows, and the history of each key."""
    lot = case.lot()
    with kept(case) as store:
        for part in case.parts(lot):
            store.record(part)
            reading = store.reading()
            for t, k in [(lot.choice(case.moments), lot.choice(case.moments)) for _ in range(_ASKED)]:
                expected = reading.rows(t, k)
                demand(f"all rows {when(t, k)}", expected, dict(store.view.all(t, k)))
                found = {key: store.view.get(key, t, k) for key in reading.facts_of}
                demand(f"each row {when(t, k)}", expected, {key: row for key, row in found.items() if row is not None})
            keys, knowledges = list(reading.facts_of), [None, lot.choice(case.knowledges)]
            histories: Told = {(key, when(None, k)): reading.history(key, k) for key in keys for k in knowledges}
            demand("the history", histories, store.told(keys, knowledges))


def live(case: Case) -> None:
    """After each part of the log."""
    lot = case.lot()
    with kept(case) as store:
        for part in case.parts(lot):
            store.record(part)
            reading = store.reading()
            for t, k in [(lot.choice(case.moments), lot.choice(case.moments)) for _ in range(_ASKED)]:
                demand(f"all rows {when(t, k)}", reading.rows(t, k), dict(fold(store.log, case.projection, t, k)))


def _undisturbed(case: Case) -> Told:
    """What the tables say of whom nothing happens to."""
    lot = case.lot()
    with kept(case) as store:
        for part in case.parts(lot):
            store.record(part)
            store.follower.bring_up()
        return store.told(list(case.reading.facts_of), case.knowledges)


def restarted(case: Case) -> None:
    """Each part of the log is taken by somebody new."""
    expected, lot = _undisturbed(case), case.lot()
    with kept(case) as store:
        for part in case.parts(lot):
            store.record(part)
            store.restart()
            store.follower.bring_up()
        demand("the history", expected, store.told(list(case.reading.facts_of), case.knowledges))


def redelivered(case: Case) -> None:
    """Parts of the log are taken twice: somebody else was quicker, or the first one was interrupted."""
    expected, lot = _undisturbed(case), case.lot()
    with kept(case) as store:
        other = store.another()
        for part in case.parts(lot):
            store.record(part)
            point = lot.choice(("follow.before", "follow.before", "follow.after"))
            then = lot.choice((die, other.bring_up)) if point == "follow.before" else die
            happens(store.follower.bring_up, point, lot.choice((1, 1, 1, 2)), then)
            store.follower.bring_up()
        demand("the history", expected, store.told(list(case.reading.facts_of), case.knowledges))


def rebuilt(case: Case) -> None:
    """Built anew beside what was followed, by somebody who is interrupted, while more is recorded; the next goes on."""
    expected, lot = _undisturbed(case), case.lot()
    keys, begun = list(case.reading.facts_of), lot.randint(0, len(case.facts))
    with kept(case) as store:
        store.record(case.facts[:begun])
        store.follower.bring_up()
        later = [case.facts[begun:]]
        happens(
            lambda: store.another().rebuild(),
            lot.choice(_BUILDING),
            lot.randint(1, 3),
            lambda: store.record(later.pop()),
        )
        while later:
            store.record(later.pop())
        demand("the history, built while more is recorded", expected, store.told(keys, case.knowledges))
        happens(lambda: store.another().rebuild(), lot.choice(_BUILDING), lot.randint(1, 4), die)
        demand("the history while it is built anew", expected, store.told(keys, case.knowledges))
        store.restart()
        store.follower.rebuild()
        demand("the history, built anew", expected, store.told(keys, case.knowledges))


def strange(case: Case) -> None:
    """What is not handled comes between the others, and at the end of the log."""
    unmoved_by_strangers(case)
    keys = list(case.reading.facts_of)
    with kept(case) as store:
        store.record(case.facts)
        before = store.told(keys, case.knowledges)
        store.record(case.strangers)
        demand("the history after events that are not handled", before, store.told(keys, case.knowledges))
