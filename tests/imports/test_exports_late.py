"""R40 and R41: what does an export that is read late make of those read before it, where these say nothing?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from imports.azure import CHAT, MANUAL, NEW, deployment, empty, nights, read
from modeltrail import Trail
from modeltrail.domain.facts import standing
from rules.given import on

FIRST, SECOND, THIRD, FOURTH = "2025-02-01", "2025-02-02", "2025-02-03", "2025-02-04"
NOON = "2025-02-01T12:00:00Z"
MAIL = deployment("mail")
CREATED = deployment(created_at=NOON)
UNREADABLE = deployment(option="Sometimes")
NAMELESS = deployment() | {"id": None}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stated(trail: Trail, at: str) -> list[str]:
    """What stands of what was stated of the deployment that holds from a moment on."""
    facts = standing(trail.history(CHAT))
    return [
        fact.event.type.partition(".")[2]
        for fact in facts
        if fact.effective_at == day(at) and not fact.event.type.startswith("log.")
    ]


@pytest.mark.rule("R3", "R41")
@pytest.mark.parametrize("silent", [UNREADABLE, NAMELESS], ids=["unreadable", "nameless"])
def test_one_that_does_not_say_whether_it_was_there_leaves_its_creation_where_it_was(silent: dict[str, Any]) -> None:
    trail = empty()
    read(trail, [MAIL], FIRST)
    read(trail, [MAIL, CREATED], THIRD)
    read(trail, [MAIL, silent], SECOND)
    assert stated(trail, NOON[:-1]) == ["created"]
    assert trail.at(NOON).serving(CHAT).status == "serving"


@pytest.mark.rule("R3", "R41")
@pytest.mark.parametrize("silent", [UNREADABLE, NAMELESS], ids=["unreadable", "nameless"])
def test_one_that_shows_that_it_was_not_there_is_compared_with_the_next_that_says_something(
    silent: dict[str, Any],
) -> None:
    trail = empty()
    read(trail, [MAIL, silent], SECOND)
    read(trail, [MAIL, CREATED], THIRD)
    assert stated(trail, THIRD) == ["observed", "policy-changed", "sku-changed"]
    read(trail, [MAIL], FIRST)
    assert stated(trail, NOON[:-1]) == ["created"]
    assert stated(trail, THIRD) == ["observed"]


@pytest.mark.rule("R40")
def test_one_that_is_the_first_after_what_others_stated_states_all_and_the_next_nothing_any_more() -> None:
    trail = empty()
    nights(trail, [deployment()], [MAIL, deployment()], [deployment()], first="2025-01-31")
    on(trail, "2025-01-31T12:00Z", by="bob@example.com").deployment(CHAT).change_policy("manual")
    nights(trail, [deployment()], first=THIRD)
    assert [len(stated(trail, at)) for at in (FIRST, SECOND)] == [3, 0]
    read(trail, [deployment()], "2025-01-31T18:00Z")
    assert [len(stated(trail, at)) for at in ("2025-01-31T18:00", FIRST)] == [3, 0]


@pytest.mark.rule("R45")
def test_what_somebody_retracted_is_not_stated_again_by_the_same_export() -> None:
    trail = empty()
    read(trail, [deployment()], FIRST)
    read(trail, [deployment(option=MANUAL)], THIRD)
    (wrong,) = (fact for fact in trail.history(CHAT) if fact.effective_at == day(THIRD))
    on(trail, FOURTH, by="bob@example.com").retract(wrong.position)
    read(trail, [deployment()], SECOND)
    assert trail.at(THIRD).serving(CHAT).policy == "auto-update"
    read(trail, [deployment(option=MANUAL)], "2025-02-05")
    assert trail.at("2025-02-05").serving(CHAT).policy == "manual", "another export says so too"


@pytest.mark.rule("R45")
@pytest.mark.parametrize("is_whole", [True, False])
def test_an_export_whose_reading_is_retracted_with_what_it_stated_was_never_read(is_whole: bool) -> None:
    trail = empty()
    read(trail, [deployment()], FIRST)
    wrong = read(trail, [deployment(option=MANUAL)], SECOND)
    assert wrong.first is not None and wrong.last is not None
    rows, *others = range(wrong.first, wrong.last + 1)
    on(trail, THIRD, by="bob@example.com").retract(*([rows] if is_whole else []), *others)
    again = read(trail, [deployment(version=NEW)], SECOND)
    assert (again.repeated, stated(trail, SECOND)) == (False, ["observed"])
    answer = trail.at(THIRD).serving(CHAT)
    assert (answer.version, answer.policy) == (NEW, "auto-update")
