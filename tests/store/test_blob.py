"""A batch's content says what was written, whatever the values."""

import numpy as np
import pyarrow as pa

from pipeline.store import blob, few_points
from pipeline.store.arrow import compressed, expanded, number_columns, plain, stream
from tests.store.samples import GEOMETRY, HOUR, NOON, rain

FEW = {
    "series": np.array([0, 2, 1]),
    "valid_time": np.array([-5, 0, 7]),
    "value": np.array([1.5, np.nan, -0.0]),
    "flag": np.array([1, 9, 10]),
}
COLUMNS = {name: np.repeat(column, few_points.MOST) for name, column in FEW.items()}


def assert_same(back: few_points.Columns | None, columns: few_points.Columns) -> None:
    assert back is not None
    assert back.keys() == columns.keys()
    for name, values in columns.items():
        assert np.array_equal(back[name], values, equal_nan=name == "value")


def test_points_come_back_as_they_were_written() -> None:
    n = few_points.MOST
    ahead = {"reference_time": np.arange(3 * n), "member": np.repeat([-1, 0, 50], n)}
    for columns in (COLUMNS, COLUMNS | ahead, COLUMNS | {"origin": np.arange(3 * n)}):
        for write in (blob.write_points, blob.write_segment):
            assert_same(number_columns(write(columns)), columns)


def test_points_are_read_without_a_copy_and_cannot_be_changed() -> None:
    back = number_columns(blob.write_points(COLUMNS))
    assert back is not None
    assert not any(column.flags.writeable or column.flags.owndata for column in back.values())


def test_points_come_back_whatever_their_number() -> None:
    # Frames of up to 255 bytes, of up to 65,791 and of more tell their size each in its own way.
    for n in (0, 1, 2, 200, 500, 2_000, 20_000):
        columns = {name: np.resize(values, n) for name, values in COLUMNS.items()}
        assert_same(number_columns(blob.write_segment(columns)), columns)


def test_a_frame_tells_its_size_whatever_it_is() -> None:
    for n in (1, 255, 256, 257, 65_791, 65_792, 100_000):
        assert len(expanded(compressed(bytes(n)))) == n


def test_a_stream_with_words_is_not_one_of_numbers() -> None:
    words = pa.RecordBatch.from_pydict({"valid_time": [1, 2], "station_id": ["a", "b"]})
    assert number_columns(compressed(stream(words))) is None


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
