"""What does the difference between two rows of Azure's list of models state? Pure, event by event."""

from __future__ import annotations

from typing import Any

import pytest

from imports.model_lists import CATALOGUE, MODEL, NIGHTS, OLD, listed, moment, row, stated
from modeltrail.domain.events import (
    DefaultChanged,
    Event,
    ReplacementNamed,
    RetirementAnnounced,
    RetirementWithdrawn,
    StageChanged,
    VersionReinstated,
    VersionReleased,
    VersionRetired,
    VersionUnlisted,
)
from modeltrail.domain.values import Stage
from modeltrail.imports.azure_models import STAGES, AzureModels
from modeltrail.imports.exports import Change

FIRST, SECOND, THIRD, _ = NIGHTS
CREATED = "2024-08-06"
JUNE, JULY, NEVER = "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z", "2099-12-31T00:00:00Z"


def of(kind: type[Event], **fields: Any) -> Event:
    """An event of the version that the lists show."""
    return kind.model_validate({"model": MODEL, "version": OLD, **fields})


def released(stage: Stage = "generally-available", day: str = CREATED) -> tuple[Event, str]:
    return of(VersionReleased, stage=stage), day


def announced(on: str, sku: str | None = None, day: str = SECOND, **how: Any) -> tuple[Event, str]:
    return of(RetirementAnnounced, on=on, sku=sku, **how), day


def withdrawn(sku: str | None = None) -> tuple[Event, str]:
    return of(RetirementWithdrawn, sku=sku), SECOND


@pytest.mark.rule("R8", "R9", "R24")
@pytest.mark.parametrize(
    ("status", "created", "events"),
    [
        ("Stable", CREATED, [released()]),
        ("GenerallyAvailable", CREATED, [released()]),
        ("Preview", CREATED, [released("preview")]),
        ("Legacy", CREATED, [released(), (of(StageChanged, stage="legacy"), SECOND)]),
        ("Deprecating", CREATED, [released(), (of(StageChanged, stage="deprecated"), SECOND)]),
        ("Deprecated", CREATED, [released(), (of(VersionRetired), SECOND)]),
        (None, CREATED, [released()]),
        ("Legacy", None, [released("legacy", SECOND)]),
        ("Deprecating", SECOND, [released("deprecated", SECOND)]),
        ("Deprecated", None, [released(day=SECOND), (of(VersionRetired), SECOND)]),
        (None, None, [released(day=SECOND)]),
    ],
)
def test_a_version_that_is_shown_first_is_released_in_a_stage(
    status: str | None, created: str | None, events: list[tuple[Event, str]]
) -> None:
    assert stated(None, listed(status=status, created=created), before_at=None) == events


def test_every_stage_of_the_api_is_known() -> None:
    assert sorted(str(word) for word in STAGES) == [
        "Deprecated",
        "Deprecating",
        "GenerallyAvailable",
        "Legacy",
        "Preview",
        "Stable",
    ]


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    "element", [listed(), listed(status="Deprecated", retires=JUNE, skus={"Batch": JULY}, default=True)]
)
def test_two_lists_that_show_the_same_state_nothing(element: dict[str, Any]) -> None:
    assert stated(element, element) == []


@pytest.mark.rule("R16")
def test_a_row_that_is_gone_unlists_its_version_once() -> None:
    assert stated(listed(), None) == [(of(VersionUnlisted), SECOND)]
    assert stated(None, None) == []


@pytest.mark.rule("R16")
def test_a_row_that_was_missing_is_compared_with_what_it_showed_last() -> None:
    was = listed(status="Preview", retires=JUNE, default=True)
    now = listed(status="Preview", retires=NEVER, default=True)
    assert stated(None, now, at=THIRD, before_at=SECOND, last=was, last_at=FIRST) == [
        released("preview", THIRD),
        (of(DefaultChanged), THIRD),
        (of(RetirementWithdrawn), THIRD),
    ]


@pytest.mark.rule("R16")
@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ("Deprecated", "Deprecated", [released(day=THIRD)]),
        ("Deprecated", "Legacy", [released("legacy", THIRD), (of(VersionReinstated), THIRD)]),
        ("Preview", None, [released("preview", THIRD)]),
        ("Stable", "Deprecated", [released(day=THIRD), (of(VersionRetired), SECOND)]),
    ],
)
def test_a_version_that_is_listed_again_is_released_in_its_stage(
    before: str | None, after: str | None, events: list[tuple[Event, str]]
) -> None:
    was, now = listed(status=before, retires=SECOND), listed(status=after, retires=SECOND)
    assert stated(None, now, at=THIRD, before_at=SECOND, last=was, last_at=FIRST) == events


@pytest.mark.rule("R8")
def test_a_day_of_creation_that_turns_out_earlier_is_that_of_the_release() -> None:
    assert stated(listed(), listed(created="2024-08-01")) == [released(day="2024-08-01")]
    assert stated(listed(created=None), listed()) == [released()]
    assert stated(listed(created=None), listed(status="Preview"))[0] == released("preview")
    assert stated(listed(), listed(created="2024-08-07")) == []
    assert stated(listed(), listed(created=None)) == []
    assert stated(listed(created=None), listed(created=SECOND)) == []


@pytest.mark.rule("R9")
def test_another_stage_is_stated_and_a_missing_one_is_not() -> None:
    assert stated(listed(status="Preview"), listed()) == [(of(StageChanged, stage="generally-available"), SECOND)]
    assert stated(listed(status="Preview"), listed(status=None)) == []
    assert stated(listed(status="Stable"), listed()) == []


@pytest.mark.rule("R10")
def test_a_flag_that_goes_away_states_nothing() -> None:
    assert stated(listed(), listed(default=True)) == [(of(DefaultChanged), SECOND)]
    assert stated(listed(default=True), listed()) == []
    assert stated(listed(default=True), listed(default=None)) == []


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (None, JUNE, [announced(JUNE)]),
        (JUNE, JULY, [announced(JULY)]),
        (JULY, JUNE, [announced(JUNE)]),
        (JUNE, NEVER, [withdrawn()]),
        (NEVER, JUNE, [announced(JUNE)]),
        (NEVER, "9999-12-31T23:59:59Z", []),
        (JUNE, None, []),
        (JUNE, "0001-01-01T00:00:00Z", []),
        (None, NEVER, [withdrawn()]),
    ],
)
def test_a_general_date_that_changes_is_stated(
    before: str | None, after: str | None, events: list[tuple[Event, str]]
) -> None:
    assert stated(listed(retires=before), listed(retires=after)) == events


@pytest.mark.rule("R13")
def test_a_date_of_2099_that_is_shown_first_withdraws_nothing() -> None:
    assert stated(None, listed(retires=NEVER, skus={"Batch": NEVER})) == [released()]


@pytest.mark.rule("R13")
def test_a_date_that_becomes_firm_is_stated_again() -> None:
    before, after = listed(retires=JUNE, how="Tentative"), listed(retires=JUNE, how="Planned")
    assert stated(before, after) == [announced(JUNE)]
    assert stated(after, before) == [announced(JUNE, qualifier="tentative")]


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ((JUNE, JUNE), (JUNE, JULY), [announced(JULY, "Batch")]),
        ((JUNE, JULY), (JUNE, JUNE), [announced(JUNE, "Batch")]),
        ((JUNE, JULY), (JULY, JULY), [announced(JULY)]),
        ((JUNE, JUNE), (JULY, JULY), [announced(JULY)]),
        ((JUNE, JUNE), (JULY, JUNE), [announced(JULY), announced(JUNE, "Batch")]),
        ((JUNE, JULY), (SECOND, JULY), [announced(SECOND), announced(JULY, "Batch")]),
        ((JUNE, JUNE), (JUNE, NEVER), [withdrawn("Batch")]),
        ((JUNE, NEVER), (JULY, NEVER), [announced(JULY), withdrawn("Batch")]),
        ((JUNE, NEVER), (NEVER, NEVER), [withdrawn()]),
        ((JUNE, JULY), (NEVER, JULY), [withdrawn(), announced(JULY, "Batch")]),
        ((JUNE, JUNE), (NEVER, JUNE), [withdrawn(), announced(JUNE, "Batch")]),
        ((JUNE, JUNE), (None, JUNE), []),
        ((JUNE, JUNE), (None, JULY), [announced(JULY, "Batch")]),
        ((JUNE, JULY), (None, JUNE), [announced(JUNE, "Batch")]),
        ((JUNE, JULY), (JUNE, None), []),
        ((JUNE, None), (JUNE, JUNE), []),
        ((JUNE, None), (None, JUNE), []),
        ((JUNE, None), (None, NEVER), [withdrawn("Batch")]),
        ((None, None), (None, JUNE), [announced(JUNE, "Batch")]),
        ((None, JUNE), (None, NEVER), [withdrawn("Batch")]),
        ((None, None), (None, NEVER), []),
        ((None, JUNE), (JUNE, JUNE), [announced(JUNE)]),
    ],
)
def test_the_date_of_a_sku_is_stated_where_the_general_one_does_not_say_it(
    before: tuple[str | None, str | None], after: tuple[str | None, str | None], events: list[tuple[Event, str]]
) -> None:
    was, now = (listed(retires=general, skus={"Batch": own}) for general, own in (before, after))
    assert stated(was, now) == events


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("date", "day"),
    [("2025-02-01T06:00:00Z", FIRST), (SECOND, SECOND), (FIRST, SECOND), (THIRD, SECOND), (None, SECOND)],
)
def test_a_retirement_took_place_on_its_date_or_was_seen(date: str | None, day: str) -> None:
    before, after = listed(retires=date), listed(retires=date, status="Deprecated")
    assert stated(before, after) == [(of(VersionRetired), day)]


@pytest.mark.rule("R10")
def test_a_version_that_is_first_listed_as_retired_was_retired_on_its_date_whatever_was_listed_before() -> None:
    now = listed(status="Deprecated", retires="2025-01-15")
    assert stated(None, now)[1] == (of(VersionRetired), "2025-01-15")


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("general", "own", "is_spared"),
    [
        (SECOND, JUNE, True),
        (None, JUNE, True),
        (NEVER, JUNE, True),
        (SECOND, FIRST, False),
        (SECOND, SECOND, False),
        (SECOND, NEVER, False),
        (SECOND, None, False),
        (JUNE, JULY, False),
    ],
)
def test_a_sku_is_left_out_of_a_retirement_only_while_its_own_date_lies_ahead(
    general: str | None, own: str | None, is_spared: bool
) -> None:
    before = listed(retires=general, skus={"Batch": own})
    after = listed(retires=general, skus={"Batch": own}, status="Deprecated")
    spared = [(of(VersionReinstated, sku="Batch"), SECOND)] if is_spared else []
    assert stated(before, after) == [(of(VersionRetired), SECOND), *spared]


@pytest.mark.rule("R16")
def test_a_version_that_is_retired_no_longer_is_reinstated_in_its_stage() -> None:
    assert stated(listed(status="Deprecated"), listed()) == [
        (of(VersionReinstated), SECOND),
        (of(StageChanged, stage="generally-available"), SECOND),
    ]
    assert stated(listed(status="Deprecated"), listed(status=None)) == []


def config(
    model: str | None = "gpt-4.1", version: str | None = None, start: str | None = None, lead: Any = None
) -> Any:
    return {
        "targetModelName": model,
        "targetModelVersion": version,
        "autoUpgradeStartDate": start,
        "upgradeOnExpiryLeadTimeDays": lead,
    }


def named(**fields: Any) -> list[tuple[Event, str]]:
    return [(of(ReplacementNamed, to_model=f"{CATALOGUE}/gpt-4.1", **fields), SECOND)]


@pytest.mark.rule("R15", "R20")
@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (None, config(), named()),
        (None, config(version="v2", start=JUNE, lead=7), named(to_version="v2", upgrade_from=JUNE, lead_days=7)),
        (config(), config(version="v2"), named(to_version="v2")),
        (config(start=JUNE), config(start=JULY), named(upgrade_from=JULY)),
        (config(lead=7), config(lead=0), named(lead_days=0)),
        (config(), config(start=NEVER), []),
        (config(start=JUNE, version="v2", lead=7), config(), []),
        (config(), None, []),
        (None, config(None, version="v2"), []),
        (config("o3"), config(), named()),
    ],
)
def test_a_replacement_is_stated_where_something_of_it_is_said_anew(
    before: Any, after: Any, events: list[tuple[Event, str]]
) -> None:
    assert stated(listed(replacementConfig=before), listed(replacementConfig=after)) == events


def test_a_difference_is_stated_of_the_version_whatever_its_key() -> None:
    shown = row(listed()).shown
    change = Change("anything", shown, None, moment(SECOND), moment(FIRST))
    assert [one.event for one in AzureModels(CATALOGUE).differences(change)] == [of(VersionUnlisted)]
