"""Is every element of a list of Azure's models read, or put aside with a reason?"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imports.model_lists import CATALOGUE, MODEL, NIGHTS, NOW, OLD, Element, empty, listed, moment, read, row
from modeltrail.imports.azure_models import NEVER_FROM, STAGES, AzureModels
from modeltrail.imports.exports import Unreadable
from modeltrail.imports.json_items import items
from modeltrail.projections.models import ReplacementAnswer, VersionAnswer

AT = NIGHTS[0]
EXPORT = AzureModels(CATALOGUE)


def unreadable(*elements: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        row(*elements)
    return caught.value


def saying(**fields: object) -> Element:
    """An element with some fields as they are given, whatever they hold."""
    return {"model": listed()["model"] | fields}


# Names


@pytest.mark.rule("R1")
def test_a_version_is_named_by_its_catalogue_its_model_and_itself() -> None:
    read = row(listed())
    assert (read.key, read.scope, read.stream) == (f"{MODEL}@{OLD}", CATALOGUE, f"model/{MODEL}")


@given(*[st.tuples(st.text("a@%/", min_size=1), st.text("a@%/"))] * 2)
@example(("a@", "b"), ("a%40", "b"))
def test_no_two_versions_have_the_same_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = [row(listed(version, model=model)).key for model, version in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@pytest.mark.rule("R1")
@pytest.mark.parametrize("catalogue", ["", "azure/westeurope", " azure", "azure\n"])
def test_a_catalogue_has_a_name_without_a_slash(catalogue: str) -> None:
    with pytest.raises(ValueError, match="name the place where the schedule holds"):
        AzureModels(catalogue)


def test_the_fields_of_an_account_are_those_of_a_location() -> None:
    element = listed(retires="2025-06-01", skus={"Batch": "2025-05-01"}, default=True)
    assert row(element["model"] | {"baseModel": {"name": "gpt-4"}}) == row(element)


# What cannot be read


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lifecycleStatus": "Sunset"}, "model.lifecycleStatus: .*Sunset.* is unknown, .* Deprecated: record by hand"),
        ({"lifecycleStatus": "preview"}, "model.lifecycleStatus"),
        ({"lifecycleStatus": 3}, "model.lifecycleStatus: 3 is no text"),
        ({"isDefaultVersion": "true"}, 'model.isDefaultVersion: "true" should be true or false'),
        ({"isDefaultVersion": 1}, "model.isDefaultVersion"),
        ({"deprecation": "soon"}, "model.deprecation: .* is no JSON object"),
        ({"deprecation": {"inference": "2024-02-31"}}, "model.deprecation.inference: .* is no date"),
        ({"deprecation": {"inference": 1735689600}}, "model.deprecation.inference: 1735689600 is no text"),
        ({"deprecation": {"deprecationStatus": "Perhaps"}}, "deprecationStatus: .* one of Planned, Tentative: record"),
        ({"skus": {"name": "Batch"}}, "model.skus: .* is no JSON list"),
        ({"skus": ["Batch"]}, r"model.skus\[0\]: .* is no JSON object"),
        ({"skus": [{"name": "Batch"}, {}]}, r"model.skus\[1\].name is missing"),
        ({"skus": [{"name": "Batch", "deprecationDate": "never"}]}, r"model.skus\[0\].deprecationDate: .* is no date"),
        ({"skus": [{"name": "x" * 1000}]}, r"model.skus\[0\].name: .* is too long"),
        ({"systemData": {"createdAt": "0001-01-01T00:00:00+05:00"}}, "model.systemData.createdAt: .* is no date"),
        ({"replacementConfig": []}, "model.replacementConfig: .* is no JSON object"),
        ({"replacementConfig": {"targetModelName": "x" * 980}}, "targetModelName: .* is too long"),
        ({"replacementConfig": {"upgradeOnExpiryLeadTimeDays": -1}}, "LeadTimeDays: -1 should be a whole number"),
        ({"replacementConfig": {"upgradeOnExpiryLeadTimeDays": 7.5}}, "LeadTimeDays: 7.5 should be"),
        ({"replacementConfig": {"upgradeOnExpiryLeadTimeDays": True}}, "LeadTimeDays: true should be"),
        ({"replacementConfig": {"upgradeOnExpiryLeadTimeDays": 36_501}}, "LeadTimeDays: 36501 should be"),
    ],
)
def test_a_field_that_makes_no_sense_puts_its_row_aside(fields: Element, reason: str) -> None:
    problem = unreadable(saying(**fields))
    assert (problem.key, problem.scope) == (f"{MODEL}@{OLD}", CATALOGUE)
    with pytest.raises(ValueError, match=reason):
        raise problem


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (None, "name is missing: fetch the list again"),
        ("gpt-4o", "the row: .* is no JSON object"),
        ({"model": None, "name": "OpenAI.gpt-4o.2024-08-06"}, "model.name is missing"),
        ({"model": ["gpt-4o"]}, "model: .* is no JSON object"),
        ({"name": 4}, "name: 4 is no text"),
        ({"name": " gpt-4o"}, "name: .* outer spaces"),
        ({"name": "gpt\ud800"}, "name: "),
        ({"name": "gpt-4o", "version": 1106}, "version: 1106 is no text"),
        ({"name": "x" * 980}, "name: .* is too long"),
        ({"name": "@" * 400, "version": ""}, "name and version: .* is too long"),
        ({"name": "gpt-4o", "version": "x" * 980}, "name and version: .* is too long"),
    ],
)
def test_a_row_without_a_name_is_put_aside(element: object, reason: str) -> None:
    problem = unreadable(element)
    assert problem.key is None
    with pytest.raises(ValueError, match=reason):
        raise problem


def test_a_date_of_fine_tuning_is_not_read() -> None:
    assert row(saying(deprecation={"fineTune": "2024-02-31"})) == row(listed())


# One version under several kinds of account


@pytest.mark.rule("R14")
def test_what_only_one_kind_says_counts() -> None:
    one = listed(status=None, retires="2025-06-01", skus={"Standard": "2025-05-01", "Batch": None}, created=None)
    other = listed(default=True, skus={"Batch": "2025-04-01"}, replacementConfig={"targetModelName": "o3"})
    skus = {"Standard": "2025-05-01", "Batch": "2025-04-01"}
    both = listed(default=True, retires="2025-06-01", skus=skus, replacementConfig={"targetModelName": "o3"})
    assert row(one, other) == row(other, one) == row(both)


def test_a_version_was_created_when_it_was_for_the_first_kind() -> None:
    early, late = listed(created="2024-08-06T00:00:00Z"), listed(created="2024-08-06T00:00:00.5Z")
    latest = listed(created="2024-08-07T00:00:00Z")
    assert row(early, late) == row(late, early) == row(latest, early, late) == row(early)


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        (listed(status="Preview"), listed(), "stage"),
        (listed(retires="2025-06-01"), listed(retires="2025-06-02"), "retirement"),
        (listed(retires="2025-06-01"), listed(retires="2099-06-01"), "retirement"),
        (listed(retires="2025-06-01"), listed(retires="2025-06-01", how="Tentative"), "retirement"),
        (listed(skus={"Batch": "2025-06-01"}), listed(skus={"Batch": "2025-06-02"}), "retirement Batch"),
    ],
)
def test_kinds_that_contradict_each_other_put_their_version_aside(one: Element, other: Element, field: str) -> None:
    problem = unreadable(one, other)
    assert str(problem) == f"two rows of {MODEL}@{OLD} differ in {field}: ask the source which one is right"


@pytest.mark.rule("R41")
def test_a_sku_with_two_dates_puts_its_version_aside() -> None:
    skus = [{"name": "Batch", "deprecationDate": date} for date in ("2025-06-01", "2025-06-01", "2025-06-02")]
    assert 'model.skus: it states two dates for "Batch"' in str(unreadable(saying(skus=skus)))
    assert row(saying(skus=skus[:2])) == row(listed(skus={"Batch": "2025-06-01"}))


# Anything


WORDS = st.text(st.sampled_from("ab0@%/ .-\n\ud800é"), max_size=4) | st.just("x" * 1100)
ODD_DATES = [
    "2024-02-31",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "2099-01-01",
    "0001-01-01T00:00:00+05:00",
]
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
DATE = st.sampled_from(["2025-01-15T00:00:00Z", "2024-06-01T08:30:00.1234567Z", "2025-06-01", *ODD_DATES]) | ODD


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields) | ODD


SKU = some(name=st.sampled_from(["Standard", "Batch"]) | WORDS, deprecationDate=DATE)
VERSION = some(
    name=st.sampled_from(["gpt-4o", "o3"]) | WORDS,
    version=st.sampled_from([OLD, "1"]) | WORDS,
    isDefaultVersion=st.booleans() | ODD,
    lifecycleStatus=st.sampled_from([*STAGES, "Sunset"]) | ODD,
    deprecation=some(
        inference=DATE, fineTune=DATE, deprecationStatus=st.sampled_from(["Planned", "Tentative"]) | WORDS
    ),
    skus=st.lists(SKU, max_size=3) | ODD,
    replacementConfig=some(
        targetModelName=st.sampled_from(["gpt-4o", "o3"]) | WORDS,
        targetModelVersion=WORDS,
        autoUpgradeStartDate=DATE,
        upgradeOnExpiryLeadTimeDays=st.integers(-1, 40) | ODD,
    ),
    systemData=some(createdAt=DATE),
    baseModel=ODD,
)
ANYTHING = st.lists(VERSION | some(kind=st.just("OpenAI"), model=VERSION), max_size=5)


@pytest.mark.rule("R41")
@given(ANYTHING)
def test_every_row_is_in_the_answers_or_put_aside_with_a_reason(odd: list[object]) -> None:
    elements = [*odd, listed(model="o3-mini")]
    with empty() as trail:
        told = read(trail, AT, *elements)
        assert told.rows == len(elements)
        reasons = {problem.row: problem.reason for problem in told.quarantined}
        contradicted = {problem.key for problem in told.quarantined}
        for number, element in enumerate(items(BytesIO(json.dumps(elements).encode())), start=1):
            if number in reasons:
                assert reasons[number].isprintable()
                continue
            shown = EXPORT.read(element)
            if shown.key not in contradicted:
                model, version = shown.shown["model"], shown.shown["version"]
                answers = trail.at(AT).model(model)
                assert version in {one.version for one in answers.versions} or answers.contradictions


@pytest.mark.rule("R41")
@pytest.mark.parametrize("element", ['{"name": 1, "x": %s}', '{"name": "a", "version": %s}', '{"name": "a", "x": %s}'])
def test_what_is_nested_deeply_is_read_or_put_aside(element: str) -> None:
    deep = "[" * 2000 + "]" * 2000
    with empty() as trail:
        file = BytesIO(f'[{element % deep}, {{"name": "b"}}]'.encode())
        told = trail.read_export(EXPORT, file, observed_at=AT, by="alice@example.com")
        assert len(told.quarantined) + told.facts["model.version-released"] == told.rows == 2
        assert all(problem.raw and problem.reason for problem in told.quarantined)


# All of a row that can be read


MOMENTS = st.datetimes(moment("2023-01-01").replace(tzinfo=None), moment("2030-01-01").replace(tzinfo=None)).map(
    lambda found: f"{found.isoformat()}Z"
)
OR_NEVER = MOMENTS | st.just("2099-12-31T00:00:00Z")
READABLE = st.builds(
    listed,
    st.sampled_from([OLD, "1"]),
    status=st.none() | st.sampled_from([word for word in STAGES if word]),
    default=st.none() | st.booleans(),
    created=st.none() | OR_NEVER,
    retires=st.none() | OR_NEVER,
    how=st.none() | st.sampled_from(["Planned", "Tentative"]),
    skus=st.dictionaries(st.sampled_from(["Standard", "Batch", "Provisioned"]), st.none() | OR_NEVER),
    replacementConfig=st.none()
    | st.fixed_dictionaries(
        {"targetModelName": st.sampled_from(["gpt-4o", "o3"])},
        optional={
            "targetModelVersion": st.sampled_from(["", "2"]),
            "autoUpgradeStartDate": OR_NEVER,
            "upgradeOnExpiryLeadTimeDays": st.integers(0, 90),
        },
    ),
)


def day(text: str | None) -> Any:
    """A date as an answer shows it, null for never."""
    return None if text is None or int(text[:4]) >= NEVER_FROM else moment(text.removesuffix("Z"))


@given(READABLE)
def test_all_of_a_row_is_in_the_answers(element: Element) -> None:
    with empty() as trail:
        assert read(trail, AT, element).quarantined == []
        [version] = [one for one in trail.at(AT).model(MODEL).versions if one.version == element["model"]["version"]]
        model = element["model"]
        now, status = moment(AT), STAGES.get(model.get("lifecycleStatus"))
        created = day(model["systemData"].get("createdAt"))
        assert version.released_at == (created if created is not None and created <= now else now)
        assert version.stage == (status if status not in (None, "retired") else "generally-available")
        assert (version.retired_at is not None) == (status == "retired")
        assert trail.at(AT).model(MODEL).default is not None or not model.get("isDefaultVersion") or status == "retired"
        if status != "retired":
            assert_retirements(version, model)
        assert_replacement(version, model.get("replacementConfig"))


def assert_retirements(version: VersionAnswer, model: Element) -> None:
    """The general date, and that of each SKU which has another one."""
    general = day(model["deprecation"].get("inference"))
    own = {sku["name"]: day(sku["deprecationDate"]) for sku in model["skus"] if "deprecationDate" in sku}
    wanted = {None: general} | {sku: date for sku, date in own.items() if date != general}
    assert {one.sku: one.on for one in version.retirements} == {sku: on for sku, on in wanted.items() if on is not None}
    tentative = model["deprecation"].get("deprecationStatus") == "Tentative"
    assert {one.qualifier for one in version.retirements} <= {"tentative" if tentative else "fixed"}


def assert_replacement(version: VersionAnswer, config: Element | None) -> None:
    if config is None:
        assert version.replacement is None
        return
    assert version.replacement == ReplacementAnswer(
        to_model=f"{CATALOGUE}/{config['targetModelName']}",
        to_version=config.get("targetModelVersion") or None,
        upgrade_from=day(config.get("autoUpgradeStartDate")),
        lead_days=config.get("upgradeOnExpiryLeadTimeDays"),
    )


def test_the_clock_of_these_tests_stands_behind_the_lists() -> None:
    assert moment(AT) < NOW
