"""What do the lists of Azure's models, read one night after the other, make of the answers?"""

from __future__ import annotations

from itertools import permutations

import pytest

from imports.model_lists import (
    CATALOGUE,
    FIXTURES,
    MODEL,
    NEW,
    NIGHTS,
    NOW,
    OLD,
    answer,
    dates,
    empty,
    found,
    listed,
    moment,
    nights,
    read,
)
from modeltrail import Trail
from modeltrail.imports.azure_models import AzureModels
from modeltrail.projections.models import ReplacementAnswer

FIRST, SECOND, THIRD, _ = NIGHTS
LATER = "2025-12-31"


# The lists of October 2025


def october(name: str = "models_westeurope.json") -> Trail:
    trail = empty()
    told = trail.read_export(AzureModels(CATALOGUE), FIXTURES / name, observed_at="2025-10-28", by="alice@example.com")
    assert told.quarantined == []
    return trail


WESTEUROPE = {
    ("code-cushman-001", "1"): ("2022-01-22", "2024-06-14", None),
    ("gpt-35-turbo", "0301"): ("2023-03-09", "2025-04-30", ("gpt-35-turbo", "0125", "2025-02-13", 30)),
    ("gpt-35-turbo", "0613"): ("2023-06-19", "2025-04-30", ("gpt-35-turbo", "0125", "2025-02-13", 30)),
    ("gpt-35-turbo", "1106"): ("2023-11-15", None, ("gpt-4.1-mini", "2025-04-14", "2025-10-27", 15)),
    ("gpt-35-turbo", "0125"): ("2024-02-15", None, ("gpt-4.1-mini", "2025-04-14", "2025-09-30", 15)),
    ("gpt-35-turbo-deucalion", "1"): ("2023-06-19", "2025-06-13", None),
    ("gpt-4o", "2024-11-20"): ("2024-12-03", None, ("gpt-4.1", "2025-04-14", "2026-02-14", 7)),
    ("whisper", "001"): ("2023-09-14", None, None),
}
STANDING = {
    ("gpt-35-turbo", "1106"): {None: "2025-11-11", "GlobalBatch": "2025-04-30"},
    ("gpt-35-turbo", "0125"): {None: "2025-11-11", "GlobalBatch": "2025-04-30"},
    ("whisper", "001"): {None: "2026-02-01"},
}


@pytest.mark.rule("R40")
@pytest.mark.parametrize("named", WESTEUROPE, ids=" ".join)
def test_a_list_of_october_2025_is_read_as_it_was_written(named: tuple[str, str]) -> None:
    model, version = named
    released, retired, replacement = WESTEUROPE[named]
    with october() as trail:
        told = found(trail, "2025-10-28", version, f"{CATALOGUE}/{model}")
    assert told.released_at == moment(released)
    assert told.retired_at == (None if retired is None else moment(retired))
    assert told.stage == "generally-available"
    if replacement is None:
        assert told.replacement is None
    else:
        name, to_version, upgrade_from, lead_days = replacement
        assert told.replacement == ReplacementAnswer(
            to_model=f"{CATALOGUE}/{name}",
            to_version=to_version,
            upgrade_from=moment(upgrade_from),
            lead_days=lead_days,
        )
    if named in STANDING:
        assert dates(told) == STANDING[named]


def test_the_default_of_october_2025_is_the_version_with_the_flag() -> None:
    with october() as trail:
        assert answer(trail, "2025-10-28", f"{CATALOGUE}/gpt-35-turbo").default == "0125"
        assert answer(trail, "2025-10-27", f"{CATALOGUE}/gpt-35-turbo").default is None


@pytest.mark.rule("R14")
def test_a_date_that_all_skus_share_but_one_is_announced_for_it_and_in_general() -> None:
    with october() as trail:
        told = trail.at("2025-10-28").announcements(f"{CATALOGUE}/gpt-35-turbo", "0301")
    assert [(one.sku, f"{one.on:%Y-%m-%d}", one.standing) for one in told if one.kind == "retirement"] == [
        (None, "2025-04-30", False),
        ("Provisioned", "2025-05-15", False),
        ("Standard", "2025-02-13", False),
    ]


def test_the_list_of_an_account_says_the_same_and_names_fine_tuned_models_as_well() -> None:
    tuned = f"{CATALOGUE}/gpt-35-turbo-0613.ft-5fd1918ee65d4cd38a5dcf6835066ed7"
    with october() as location, october("models_account.json") as account:
        of_location = found(location, "2025-10-28", "0125", f"{CATALOGUE}/gpt-35-turbo")
        of_account = found(account, "2025-10-28", "0125", f"{CATALOGUE}/gpt-35-turbo")
        told = found(account, "2025-10-28", "1", tuned)
    assert of_account.replacement == of_location.replacement
    assert dates(of_account) == dates(of_location)
    assert (told.released_at, dates(told)) == (moment("2024-02-20"), {None: "2025-11-11"})


def test_what_the_kinds_of_accounts_say_of_one_version_is_one_answer() -> None:
    trail = empty()
    told = trail.read_export(
        AzureModels(CATALOGUE), FIXTURES / "models_kinds.json", observed_at="2025-10-28", by="alice@example.com"
    )
    with trail:
        o3 = f"{CATALOGUE}/o3-mini"
        version = found(trail, "2025-10-28", "2025-01-31", o3)
        assert answer(trail, "2025-10-28", o3).default == "2025-01-31"
        assert dates(version) == {None: "2026-08-02", "GlobalStandard": "2026-10-01"}
        assert version.replacement is not None and version.replacement.to_model == f"{CATALOGUE}/o4-mini"
    [problem] = told.quarantined
    assert (problem.key, problem.row) == (f"{CATALOGUE}/tts@001", 5)
    assert problem.reason.endswith("differ in stage: ask the source which one is right")


# Releases and stages


@pytest.mark.rule("R8")
def test_a_version_is_released_when_it_was_created_and_that_is_known_when_the_list_was_made() -> None:
    with nights([listed()]) as trail:
        assert found(trail, "2024-08-06").released_at == moment("2024-08-06")
        assert answer(trail, "2024-08-05").versions == ()
        assert answer(trail, LATER, known_at="2025-01-31").versions == ()


@pytest.mark.rule("R8")
@pytest.mark.parametrize("created", [None, "2025-02-01T00:00:01Z", "2099-12-31T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_version_that_was_created_nobody_knows_when_is_released_when_it_was_seen(created: str | None) -> None:
    with nights([listed(created=created)]) as trail:
        assert found(trail, LATER).released_at == moment(FIRST)


@pytest.mark.rule("R9")
@pytest.mark.parametrize(("status", "stage"), [("Legacy", "legacy"), ("Deprecating", "deprecated")])
def test_a_version_is_in_a_late_stage_since_it_was_seen_so(status: str, stage: str) -> None:
    with nights([listed(status=status)]) as trail:
        assert found(trail, LATER).stage == stage
        assert found(trail, "2025-01-31").stage == "generally-available"


@pytest.mark.rule("R24")
def test_a_version_that_is_a_preview_was_one_from_its_release_on() -> None:
    with nights([listed(status="Preview")], [listed(status="Stable")]) as trail:
        assert found(trail, "2024-08-06").stage == "preview"
        assert found(trail, FIRST).stage == "preview"
        assert found(trail, SECOND).stage == "generally-available"


@pytest.mark.rule("R24")
def test_a_newer_preview_opens_a_window_two_weeks_after_it_was_created() -> None:
    with empty() as trail:
        with trail.record(by="alice@example.com", effective_at="2024-09-01", known_at="2025-01-01") as rec:
            rec.deployment("chat").create(MODEL, version=OLD, policy="auto-update", run_by="provider")
        read(trail, FIRST, listed(status="Preview"), listed(NEW, status="Preview", created="2024-11-20T00:00:00Z"))
        assert trail.at("2024-12-03T23:59:59Z").serving("chat").status == "serving"
        assert trail.at("2024-12-04").serving("chat").status == "window"


# Defaults


@pytest.mark.rule("R10")
def test_the_version_that_gets_the_flag_is_the_default_from_then_on() -> None:
    before, after = [listed(default=True), listed(NEW)], [listed(), listed(NEW, default=True)]
    with nights(before, after) as trail:
        assert [answer(trail, night).default for night in (FIRST, SECOND)] == [OLD, NEW]


@pytest.mark.rule("R10")
def test_a_flag_that_goes_away_alone_leaves_the_default() -> None:
    with nights([listed(default=True), listed(NEW)], [listed(), listed(NEW)]) as trail:
        assert answer(trail, SECOND).default == OLD


@pytest.mark.rule("R10")
def test_a_default_that_is_retired_is_a_contradiction_and_none() -> None:
    retired = listed(status="Deprecated", default=True, retires="2025-01-01T00:00:00Z")
    with nights([retired, listed(NEW)]) as trail:
        told = answer(trail, FIRST)
    assert told.default is None
    assert len(told.contradictions) == 1


# Replacements


@pytest.mark.rule("R15", "R20")
def test_a_replacement_is_of_the_same_catalogue_and_its_version_may_be_left_open() -> None:
    config = {"targetModelName": "gpt-4.1", "upgradeOnExpiryLeadTimeDays": 7}
    with nights([listed(replacementConfig=config)]) as trail:
        told = found(trail, FIRST).replacement
    assert told == ReplacementAnswer(to_model=f"{CATALOGUE}/gpt-4.1", to_version=None, upgrade_from=None, lead_days=7)


@pytest.mark.rule("R20")
def test_upgrades_begin_on_the_day_that_the_list_says() -> None:
    config = {"targetModelName": "gpt-4o", "targetModelVersion": NEW, "autoUpgradeStartDate": "2025-05-01T00:00:00Z"}
    old = listed(retires="2025-06-01T00:00:00Z", replacementConfig=config)
    with nights([old, listed(NEW)]) as trail:
        with trail.record(by="alice@example.com", effective_at=FIRST, known_at=FIRST) as rec:
            rec.deployment("chat").create(MODEL, version=OLD, policy="upgrade-when-expired", run_by="provider")
        assert [trail.at(day).serving("chat").status for day in ("2025-04-30", "2025-05-01")] == ["serving", "window"]


# Listed, and listed again


@pytest.mark.rule("R16")
def test_a_version_that_is_gone_from_the_list_is_unlisted_and_not_retired() -> None:
    with nights([listed(), listed(NEW)], [listed(NEW)]) as trail:
        told = found(trail, SECOND)
        assert found(trail, FIRST).listed
    assert (told.listed, told.retired_at) == (False, None)


@pytest.mark.rule("R16")
def test_an_empty_list_unlists_every_version_of_its_place_and_of_no_other() -> None:
    with nights([listed()]) as trail:
        elsewhere = AzureModels("azure@swedencentral")
        trail.read_export(elsewhere, FIXTURES / "models_account.json", observed_at=FIRST, by="alice@example.com")
        read(trail, SECOND)
        assert not found(trail, SECOND).listed
        assert found(trail, SECOND, "0125", "azure@swedencentral/gpt-35-turbo").listed


@pytest.mark.rule("R16")
def test_a_version_that_is_listed_again_is_what_it_was_and_what_changed_meanwhile() -> None:
    was = [listed(status="Preview", retires="2025-06-01T00:00:00Z"), listed(NEW, status="Deprecated", retires=FIRST)]
    now = [listed(retires="2099-01-01T00:00:00Z"), listed(NEW, status="Deprecated", retires=FIRST)]
    with nights(was, [], now) as trail:
        told = found(trail, THIRD)
        assert [found(trail, night).listed for night in (FIRST, SECOND, THIRD)] == [True, False, True]
        assert [found(trail, night).stage for night in (FIRST, THIRD)] == ["preview", "generally-available"]
        assert found(trail, THIRD, NEW).retired_at == moment(FIRST)
    assert (told.released_at, dates(told)) == (moment("2024-08-06"), {})


@pytest.mark.rule("R16")
def test_a_retired_version_that_is_listed_again_as_alive_is_reinstated() -> None:
    with nights([listed(status="Deprecated")], [], [], [listed()]) as trail:
        assert found(trail, NIGHTS[2]).retired_at == moment(FIRST)
        assert found(trail, NIGHTS[3]).retired_at is None


@pytest.mark.rule("R16", "R40")
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_version_is_listed_again_in_whatever_order_that_is_read(order: tuple[int, ...]) -> None:
    lists = [[listed(status="Deprecated", retires="2025-06-01T00:00:00Z")], [], [], [listed(retires="2099-01-01")]]
    with empty() as trail:
        for number in order:
            read(trail, NIGHTS[number], *lists[number])
        told = found(trail, NIGHTS[3])
        assert (told.listed, told.retired_at, dates(told)) == (True, None, {})
        assert found(trail, NIGHTS[2]).retired_at == moment(FIRST)
        assert not found(trail, NIGHTS[2]).listed


@pytest.mark.rule("R2")
def test_a_model_without_versions_has_the_empty_one() -> None:
    with nights([listed(None, model="tts"), listed("", model="stt")]) as trail:
        for model in ("tts", "stt"):
            assert [one.version for one in answer(trail, FIRST, f"{CATALOGUE}/{model}").versions] == [""]


@pytest.mark.rule("R40")
def test_a_list_that_says_nothing_new_is_one_fact() -> None:
    with nights([listed(retires="2025-06-01T00:00:00Z")]) as trail:
        told = read(trail, SECOND, listed(retires="2025-06-01T00:00:00Z", capabilities={"chat": "true"}))
        assert dict(told.facts) == {"export.observed": 1}


@pytest.mark.rule("R40")
def test_what_changes_in_a_list_is_news_whoever_else_stated_something_of_the_model() -> None:
    with nights([listed(retires="2025-06-01T00:00:00Z", default=True)]) as trail:
        with trail.record(by="alice@example.com", effective_at=SECOND, known_at=SECOND, source="a mail") as rec:
            rec.model(MODEL).change_default(NEW)
            rec.model(MODEL).announce_retirement(OLD, on="2025-08-01")
        read(trail, THIRD, listed(retires="2025-09-01T00:00:00Z", default=True), listed(NEW, retires="2026-01-01"))
        assert answer(trail, SECOND).default == NEW
        assert answer(trail, THIRD).default == OLD
        assert dates(found(trail, THIRD)) == {None: "2025-09-01"}
        assert dates(found(trail, THIRD, NEW)) == {None: "2026-01-01"}


@pytest.mark.rule("R41")
def test_a_version_whose_row_cannot_be_read_is_neither_gone_nor_changed() -> None:
    with nights([listed(retires="2025-06-01T00:00:00Z")], [listed(status="Sunset")], [listed()]) as trail:
        for night in (SECOND, THIRD):
            told = found(trail, night)
            assert (told.listed, dates(told)) == (True, {None: "2025-06-01"})
        assert trail.now() == NOW
