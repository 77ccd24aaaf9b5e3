"""A batch's content says what was written, whatever the values."""

import numpy as np

from pipeline.store import blob, few_points
from pipeline.store.arrow import plain
from tests.store.samples import GEOMETRY, HOUR, NOON, rain

FEW = {
    "series": np.array([0, 2, 1]),
    "valid_time": np.array([-5, 0, 7]),
    "value": np.array([1.5, np.nan, -0.0]),
    "flag": np.array([1, 9, 10]),
}
COLUMNS = {name: np.repeat(column, few_points.MOST) for name, column in FEW.items()}


def test_points_come_back_as_they_were_written() -> None:
    n = few_points.MOST
    ahead = {"reference_time": np.arange(3 * n), "member": np.repeat([-1, 0, 50], n)}
    for columns in (COLUMNS, COLUMNS | ahead, COLUMNS | {"origin": np.arange(3 * n)}):
        back = blob.point_columns(plain(blob.write_points(columns)))
        assert back.keys() == columns.keys()
        for name, column in columns.items():
            assert np.array_equal(back[name], column, equal_nan=name == "value")


def test_points_are_read_without_a_copy_and_cannot_be_changed() -> None:
    back = blob.point_columns(plain(blob.write_points(COLUMNS)))
    assert not any(column.flags.writeable or column.flags.owndata for column in back.values())


def test_a_grid_is_one_array_with_its_place() -> None:
    (row,) = plain(blob.write_grids([rain([0, 1, 2, 3, 4, float("nan")])])).to_pylist()
    assert (row["crs"], tuple(row["transform"])) == (GEOMETRY.crs, GEOMETRY.transform)
    assert (row["rows"], row["cols"]) == GEOMETRY.shape
    assert np.array_equal(row["cells"], [0, 1, 2, 3, 4, np.nan], equal_nan=True)


def test_equal_grids_are_equal_bytes() -> None:
    odd = np.frombuffer(np.array([0x7FC00001], "<u4").tobytes(), "<f4")[0]
    plain_one = blob.write_grids([rain([0, 1, 2, 3, 4, float("nan")])])
    assert blob.write_grids([rain([-0.0, 1, 2, 3, 4, odd])]) == plain_one


def test_grids_come_back_as_they_were_written() -> None:
    grids = [
        blob.grid_row(rain([0, 1, 2, 3, 4, float("nan")])),
        blob.grid_row(rain([1] * 6, reference_time=NOON - HOUR, member=2)),
    ]
    assert blob.read_rows(blob.write_rows(grids)) == grids
    assert blob.read_rows(blob.write_rows([])) == []
