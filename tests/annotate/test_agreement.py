"""Is each call of a log answered as it would be alone? Whatever was recorded, and whoever knows it (R6, R28)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from annotate.calls import annotated, as_csv, calls_at, expected, from_csv, from_lines, in_a_frame, in_cells, replayed
from modeltrail import Trail
from modeltrail.domain.values import parse_instant
from modeltrail.testing.drawn_lives import busy
from strategies import DEPLOYMENTS, LATEST, History

polars = pytest.importorskip("polars")

NEAR = (timedelta(0), timedelta(microseconds=-1), timedelta(hours=7))
NOW = LATEST + timedelta(days=1)
Calls = list[tuple[str, str]]


def calls(past: History, draw: Any) -> Calls:
    """Calls at the moments at which something happened, and close to them, in any order."""
    moments = {fact.effective_at + step for fact in past.facts for step in NEAR} | {LATEST + timedelta(days=400)}
    chosen = draw(st.lists(st.sampled_from(sorted(moments)), min_size=1, max_size=12))
    return calls_at(chosen, DEPLOYMENTS)


def answers(trail: Trail, asked: Calls, known_at: datetime | None) -> list[dict[str, Any]]:
    """What each call is answered alone; deployments that nobody has recorded are left out."""
    return [expected(trail.at(at, known_at).serving(name)) for at, name in asked]


@pytest.mark.rule("R6", "R28")
@given(st.one_of(strategies.histories(), strategies.often_seen(), busy()), st.data())
def test_each_call_is_answered_as_serving_answers_it_alone(past: History, data: st.DataObject) -> None:
    known_at = data.draw(st.sampled_from([None, *sorted({fact.known_at for fact in past.facts})]))
    asked = calls(past, data.draw)
    with replayed(past.facts, NOW) as trail:
        recorded = {stream.removeprefix("deployment/") for stream in (fact.stream for fact in trail.events())}
        asked = [call for call in asked if call[1] in recorded]
        told = answers(trail, asked, known_at)
        written, summary = annotated(trail, as_csv([("called_at", "deployment"), *asked]), known_at=known_at)
        assert [added(row) for row in from_csv(written)] == list(map(in_cells, told))
        assert (summary.rows, summary.problems) == (len(asked), 0)
        assert summary.known_at == (known_at or NOW)
        lines = "".join(f'{{"called_at": "{at}", "deployment": "{name}"}}\n' for at, name in asked)
        assert [added(row) for row in from_lines(annotated(trail, lines, "jsonl", known_at=known_at)[0])] == told
        frame = polars.DataFrame(
            {"called_at": [parse_instant(at) for at, _ in asked], "deployment": [name for _, name in asked]},
            schema={"called_at": polars.Datetime("us", "UTC"), "deployment": polars.String},
        )
        found = trail.annotate(frame, time="called_at", deployment="deployment", known_at=known_at)
        assert [added(row) for row in found.to_dicts()] == list(map(in_a_frame, told))


def added(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.startswith("modeltrail_")}
