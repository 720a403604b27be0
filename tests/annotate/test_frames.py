"""How are calls in data frames and in Parquet annotated? As in any other file; with types."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from annotate.calls import COLUMNS
from modeltrail import Trail
from modeltrail.call_files import annotate_file
from modeltrail.call_times import CallTimes
from rules.given import PROD, deployed, mirrored

polars = pytest.importorskip("polars")

MOMENT = datetime(2025, 3, 1, 10, tzinfo=UTC)
NAMES: dict[str, Any] = {"time": "called_at", "deployment": "deployment"}


@pytest.fixture
def trail() -> Iterator[Trail]:
    """Given a deployment of 10 February 2025 on v1."""
    with deployed(mirrored(), "manual") as trail:
        yield trail


def calls(times: Any, **more: Any) -> Any:
    return polars.DataFrame({"id": [1], "called_at": times, "deployment": [PROD], "cost": [[0.5]], **more})


def versions(frame: Any) -> list[str | None]:
    return frame["modeltrail_version"].to_list()  # type: ignore[no-any-return]


def test_what_is_added_has_types_and_the_rest_stays(trail: Trail) -> None:
    frame = calls([MOMENT])
    found = trail.annotate(frame, **NAMES)
    assert found.drop([name for name in found.columns if name.startswith("modeltrail_")]).equals(frame)
    assert found.row(0, named=True)["modeltrail_because"] == [1, 5]
    types = {name: kind for name, kind in found.schema.items() if name.startswith("modeltrail_")}
    assert types.pop("modeltrail_because") == polars.List(polars.Int64)
    assert set(types.values()) == {polars.String}


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("times", "more"),
    [
        ([MOMENT], {}),
        ([date(2025, 3, 1)], {}),
        (["2025-03-01T10:00:00Z"], {}),
        ([MOMENT.replace(tzinfo=None)], {"utc": True}),
        (["2025-03-01 10:00"], {"utc": True}),
        ([int(MOMENT.timestamp())], {"time_unit": "s"}),
        ([MOMENT.timestamp() + 0.5], {"time_unit": "s"}),
        ([str(int(MOMENT.timestamp() * 1000))], {"time_unit": "ms"}),
    ],
)
def test_times_may_be_moments_dates_texts_or_numbers(trail: Trail, times: list[object], more: dict[str, Any]) -> None:
    assert versions(trail.annotate(calls(times), **NAMES, **more)) == ["v1"]


@pytest.mark.rule("R5")
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_moment_is_the_same_in_every_zone_and_to_the_microsecond(trail: Trail, unit: str, zone: str) -> None:
    created = datetime(2025, 2, 10, tzinfo=UTC)
    frame = polars.DataFrame(
        {"called_at": [created, created - timedelta(milliseconds=1), None], "deployment": [PROD] * 3},
        schema_overrides={"called_at": polars.Datetime(unit, "UTC")},
    ).with_columns(polars.col("called_at").dt.convert_time_zone(zone))
    found = trail.annotate(frame, **NAMES)
    assert found["modeltrail_status"].to_list() == ["serving", "absent", None]
    assert found["modeltrail_because"].to_list() == [[1, 5], [], None]
    assert found["modeltrail_problem"].to_list() == [None, None, "there is no time"]


@pytest.mark.parametrize(
    ("times", "more", "problem"),
    [
        (
            [MOMENT.replace(tzinfo=None)],
            {},
            r"'called_at' has no time zone: replace it \(dt.replace_time_zone\), or say",
        ),
        ([MOMENT], {"time_unit": "s"}, "'called_at' holds moments, and no numbers of s: leave the unit out"),
        ([5], {}, "'called_at' holds Int64, and no dates: if it counts from 1970, say in what unit"),
        ([MOMENT], {"deployment": "id"}, "'id' holds Int64, and no names of deployments"),
        ([MOMENT], {"time": "when"}, "the calls have no column 'when'"),
        ([MOMENT], {"prefix": ""}, None),
    ],
)
def test_columns_that_cannot_be_looked_up_are_refused_before_a_row_is(
    trail: Trail, times: list[object], more: dict[str, Any], problem: str | None
) -> None:
    for frame in (calls(times), calls(times).lazy()):
        if problem is None:
            assert trail.annotate(frame, **{**NAMES, **more}).lazy().collect_schema().names()[4] == "status"
            continue
        with pytest.raises(ValueError, match=problem):
            trail.annotate(frame, **{**NAMES, **more})


def test_a_lazy_frame_stays_lazy_and_says_the_same(trail: Trail) -> None:
    frame = polars.concat([calls([MOMENT]), calls([MOMENT - timedelta(days=60)]), calls([MOMENT])])
    lazy = trail.annotate(frame.lazy(), **NAMES)
    assert lazy.collect().equals(trail.annotate(frame, **NAMES))
    assert lazy.filter(polars.col("modeltrail_version") == "v1").select("id").collect().height == 2
    assert trail.annotate(frame.clear(), **NAMES).columns == lazy.collect_schema().names()


def test_names_may_be_categories(trail: Trail) -> None:
    frame = calls([MOMENT]).with_columns(polars.col("deployment").cast(polars.Categorical))
    found = trail.annotate(frame, **NAMES)
    assert (versions(found), found.schema["deployment"]) == (["v1"], frame.schema["deployment"])


# Parquet


def test_parquet_keeps_the_order_and_the_types_of_its_calls(trail: Trail, tmp_path: Path) -> None:
    frame = calls([MOMENT]).select(polars.all().repeat_by(3_000).explode()).with_row_index("number")
    frame.write_parquet(tmp_path / "calls.parquet", row_group_size=100)
    annotator = trail.annotator(CallTimes())
    annotate_file(annotator, tmp_path / "calls.parquet", tmp_path / "out.parquet", COLUMNS)
    found = polars.read_parquet(tmp_path / "out.parquet")
    assert found.equals(trail.annotate(frame, **NAMES))
    assert (annotator.summary().rows, annotator.summary().by_status) == (3_000, {"serving": 3_000})


def test_parquet_is_annotated_in_batches(trail: Trail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    from modeltrail import call_frames

    annotate = call_frames._annotated

    def counted(annotator: Any, batch: Any, columns: Any) -> Any:
        sizes.append(batch.height)
        return annotate(annotator, batch, columns)

    monkeypatch.setattr(call_frames, "_annotated", counted)
    one = calls([MOMENT])
    polars.concat([one] * 500_000).write_parquet(tmp_path / "calls.parquet", row_group_size=10_000)
    annotate_file(trail.annotator(CallTimes()), tmp_path / "calls.parquet", tmp_path / "out.parquet", COLUMNS)
    assert sum(sizes) == 500_000
    assert max(sizes) < 200_000


def test_what_is_no_parquet_is_one_sentence_and_leaves_nothing(trail: Trail, tmp_path: Path) -> None:
    (tmp_path / "calls.parquet").write_text("a,b\n")
    with pytest.raises(ValueError, match=r"calls.parquet cannot be annotated as Parquet \(.*\): correct it"):
        annotate_file(trail.annotator(CallTimes()), tmp_path / "calls.parquet", tmp_path / "out.parquet", COLUMNS)
    assert [path.name for path in tmp_path.iterdir()] == ["calls.parquet"]
    with pytest.raises(FileNotFoundError):
        annotate_file(trail.annotator(CallTimes()), tmp_path / "none.parquet", tmp_path / "out.parquet", COLUMNS)


def test_without_polars_the_way_out_is_told(trail: Trail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calls.parquet").touch()
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ValueError, match=r"calls in Parquet need polars: pip install 'modeltrail\[polars\]'"):
        annotate_file(trail.annotator(CallTimes()), tmp_path / "calls.parquet", tmp_path / "out.parquet", COLUMNS)
