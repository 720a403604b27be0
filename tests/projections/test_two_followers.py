"""Do two processes that follow the same tables, and record at the same time, keep them right?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from log.examples import START, file_url
from modeltrail import Trail
from modeltrail.domain.events import DeploymentCreated, DeploymentDeleted, Event, PolicyChanged
from modeltrail.drafts import Draft

NAMES = ("a", "b")
PROJECTIONS = ("policies", "deployments")


@st.composite
def news(draw: st.DrawFn) -> Event:
    name = draw(st.sampled_from(NAMES))
    policy = draw(st.sampled_from(("manual", "auto-update")))
    created = DeploymentCreated(deployment=name, model="acme/chat", version="1")
    return draw(
        st.sampled_from((PolicyChanged(deployment=name, policy=policy), created, DeploymentDeleted(deployment=name)))
    )


STEPS = st.lists(st.tuples(news(), st.integers(0, 1), st.sampled_from((0, 0, 0, 3)), st.sampled_from((None, 0, 1))))
"""An event, who records it, by how many hours it is late, and who looks at the tables afterwards."""


@pytest.mark.rule("R6")
@settings(max_examples=40)
@given(STEPS)
def test_what_each_of_them_wrote_is_what_a_build_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Event, int, int, int | None]]
) -> None:
    url = file_url(tmp_path_factory.mktemp("two") / "audit.db")
    now = [START]
    trails = [Trail.open(url, clock=lambda: now[0]) for _ in range(2)]
    for event, recorder, late, reader in steps:
        now[0] += timedelta(hours=1)
        _record(trails[recorder], event, now[0] - timedelta(hours=late))
        if reader is not None:
            for name in PROJECTIONS:
                trails[reader].view(name).all()
    for name in PROJECTIONS:
        followed: list[object] = [trails[0].view(name).history(key) for key in NAMES]
        trails[1].projections.rebuild(name)
        assert [trails[0].view(name).history(key) for key in NAMES] == followed
    for trail in trails:
        trail.close()


def _record(trail: Trail, event: Event, effective_at: datetime) -> None:
    trail.log.append([Draft(event=event, mode="statement", by="alice@example.com", effective_at=effective_at)])


def test_the_tables_of_one_are_seen_by_the_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with Trail.open(file_url(path), clock=lambda: START) as one, Trail.open(file_url(path), clock=lambda: START) as two:
        _record(one, DeploymentCreated(deployment="a", model="acme/chat", version="1"), START)
        assert list(one.view("policies").all()) == ["a"]
        _record(two, DeploymentCreated(deployment="b", model="acme/chat", version="1"), START)
        assert list(one.view("policies").all()) == list(two.view("policies").all()) == ["a", "b"]
        (status,) = [one for one in two.projections.status() if one.name == "policies"]
        assert (status.state, status.position, status.lag_facts, status.rows) == ("current", 2, 0, 2)
