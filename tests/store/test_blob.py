"""A batch's content says what was written, whatever the values."""

import numpy as np
import pytest

from pipeline.observation import QcFlag
from pipeline.store import blob
from tests.store.samples import GEOMETRY, HOUR, NOON, rain, stage


def test_points_are_one_row_each_with_their_times_and_flags() -> None:
    rows = [stage(1.5), stage(None, station_id="站二"), stage(0.0, NOON + HOUR, member=3)]
    back = blob.read(blob.write_points(rows)).to_pylist()
    assert [row["station_id"] for row in back] == ["s1", "站二", "s1"]
    assert [row["value"] for row in back] == [1.5, None, 0.0]
    assert [row["valid_time"] for row in back] == [NOON, NOON, NOON + HOUR]
    assert [row["flag"] for row in back] == [QcFlag.GOOD, QcFlag.MISSING, QcFlag.GOOD]
    assert [row["member"] for row in back] == [None, None, 3]


@pytest.mark.parametrize(
    "reading",
    [stage(None, flag=QcFlag.GOOD), stage(float("nan")), stage(7.0, flag=QcFlag.MISSING)],
    ids=["no value", "not a number", "flagged missing"],
)
def test_what_is_missing_has_neither_value_nor_another_flag(reading: object) -> None:
    (row,) = blob.read(blob.write_points([reading])).to_pylist()
    assert (row["value"], row["flag"]) == (None, QcFlag.MISSING)


def test_a_grid_is_one_array_with_its_place() -> None:
    (row,) = blob.read(blob.write_grids([rain([0, 1, 2, 3, 4, float("nan")])])).to_pylist()
    assert (row["crs"], tuple(row["transform"])) == (GEOMETRY.crs, GEOMETRY.transform)
    assert (row["rows"], row["cols"]) == GEOMETRY.shape
    assert np.array_equal(row["cells"], [0, 1, 2, 3, 4, np.nan], equal_nan=True)


def test_equal_grids_are_equal_bytes() -> None:
    odd = np.frombuffer(np.array([0x7FC00001], "<u4").tobytes(), "<f4")[0]
    plain = blob.write_grids([rain([0, 1, 2, 3, 4, float("nan")])])
    assert blob.write_grids([rain([-0.0, 1, 2, 3, 4, odd])]) == plain


def test_rows_come_back_as_they_were_written() -> None:
    readings = [blob.point_row(r) for r in (stage(1.5, member=2), stage(None, reference_time=NOON))]
    assert blob.rows(blob.Kind.POINTS, blob.write(blob.Kind.POINTS, readings)) == readings
    grids = [blob.grid_row(rain([0, 1, 2, 3, 4, float("nan")]))]
    assert blob.rows(blob.Kind.GRIDS, blob.write(blob.Kind.GRIDS, grids)) == grids
    assert blob.rows(blob.Kind.POINTS, blob.write(blob.Kind.POINTS, [])) == []
