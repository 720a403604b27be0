"""Does the course say what the plainest reading of the rules says? (R28, against reference.py)"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
import strategies
from book import course
from modeltrail.domain.course import Course

Place = tuple[str | None, ...]
Said = tuple[str, frozenset[Place], str]
ABSENT: Said = ("absent", frozenset(), "recorded")


def ours(whole: Course, moment: datetime) -> Said:
    segment = whole.at(moment)
    if segment is None:
        return ABSENT
    places: set[Place] = {
        ("stopped",) if one.status == "stopped" else ("serving", one.model, one.version) for one in segment.possible
    }
    return (segment.status, frozenset(places), segment.certainty)


@pytest.mark.rule("R6", "R28", "R29", "R30", "R31", "R32", "R33", "R34")
@given(st.one_of(strategies.histories(), strategies.disputed()))
def test_the_course_is_what_the_reference_says_at_every_moment(history: strategies.History) -> None:
    plain = [strategies.as_plain(fact) for fact in history.facts]
    for deployment in strategies.DEPLOYMENTS:
        for known_at in (None, *sorted({fact.known_at for fact in history.facts})[-3:-1]):
            whole = course(history.facts, deployment, known_at)
            said = dict(reference.course(plain, deployment, known_at))
            moments = sorted({*said, *(part.since for part in whole.segments)})
            expected = ABSENT
            for moment in moments:
                if moment in said:
                    answer = said[moment]
                    expected = (answer.status, answer.possible, answer.certainty)
                assert ours(whole, moment) == expected, f"{deployment} at {moment} known at {known_at}"
