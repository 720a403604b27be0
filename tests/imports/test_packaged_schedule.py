"""Is the schedule that the package carries read without a rest, and in the order that its answers need? (R6, R41)"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from modeltrail.domain.events import DefaultChangeAnnounced
from modeltrail.imports.notices import read_notices
from modeltrail.imports.rows import Quarantined, Statement


def packaged() -> list[str]:
    return (files("modeltrail") / "data" / "notices.csv").read_text(encoding="utf-8").splitlines()


def test_the_packaged_schedule_is_read_without_a_rest() -> None:
    outcomes = list(read_notices(packaged(), catalogue="azure-openai"))
    assert [outcome for outcome in outcomes if isinstance(outcome, Quarantined)] == []
    types = Counter(outcome.event.type for outcome in outcomes if isinstance(outcome, Statement))
    assert types == {
        "model.version-released": 19,
        "model.default-changed": 6,
        "model.version-retired": 3,
        "model.retirement-announced": 114,
        "model.stage-change-announced": 8,
        "model.default-change-announced": 12,
        "model.forced-upgrade-announced": 24,
        "model.replacement-named": 28,
    }
    assert len(outcomes) == 214
    assert len(packaged()) - 1 == 227


@pytest.mark.rule("R6")
def test_where_two_sources_speak_on_one_day_the_change_of_the_page_counts_last() -> None:
    on_one_day = [
        outcome
        for outcome in read_notices(packaged(), catalogue="azure-openai")
        if isinstance(outcome, Statement)
        and outcome.known_at == datetime(2024, 9, 12, tzinfo=UTC)
        and isinstance(outcome.event, DefaultChangeAnnounced)
    ]
    last = max(on_one_day, key=lambda outcome: outcome.source)
    assert len(on_one_day) == 2
    assert isinstance(last.event, DefaultChangeAnnounced)
    assert last.event.on == datetime(2024, 11, 15, tzinfo=UTC)
