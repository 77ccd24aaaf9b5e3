"""A few points are kept as records, many as an Arrow stream: what is read is the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.instants import MICROSECOND, to_us
from pipeline.store import blob, few_points
from pipeline.store.blob import Kind
from pipeline.store.columns import StoredBatch
from pipeline.store.known import Revisions
from pipeline.store.series_list import SeriesList
from tests.store.samples import HOUR, MINUTE, NOON

SERIES = SeriesList.of([("R1", ("rain_mm", 300)), ("R2", ("rain_mm", 300))])
row = st.tuples(
    st.integers(0, 1),
    st.integers(-80, 0),
    st.one_of(st.just(np.nan), st.floats(0, 99)),
    st.sampled_from([1, 3, 10]),
)
batch = st.tuples(st.integers(0, 30), st.lists(row, min_size=1, max_size=6))
batches = st.lists(batch, max_size=12)


def columns(rows):
    rows = sorted(rows, key=lambda one: (one[1], one[0]))
    series, minute, value, flag = (np.array(column) for column in zip(*rows, strict=True))
    flag = np.where(np.isnan(value) & (flag != 10), 9, flag)
    return {
        "series": series,
        "valid_time": to_us(NOON) + minute.astype(np.int64) * (MINUTE // MICROSECOND),
        "value": np.where(flag == 10, np.nan, value),
        "flag": flag,
    }


def stored(said, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few_points, "MOST", most)
        return [
            StoredBatch(
                "rain",
                to_us(NOON + known * MINUTE),
                f"{number:064x}",
                Kind.POINTS,
                blob.write_points(columns(rows)),
                series=SERIES,
            )
            for number, (known, rows) in enumerate(said)
        ]


def read(held, cutoff=None):
    window_us = to_us(NOON - 2 * HOUR), to_us(NOON)
    revisions = Revisions.of(held, window_us=window_us)
    return revisions.at(cutoff, NOON - HOUR, NOON)


@given(batches, st.integers(0, 30))
def test_batches_of_a_few_points_read_as_streams_do(said, minute):
    few, streams = stored(said, 64), stored(said, 0)
    assert all(few_points.are_in(one.content) for one in few)
    assert not any(few_points.are_in(one.content) for one in streams)
    for cutoff in (None, NOON + minute * MINUTE):
        assert read(few, cutoff).sha256 == read(streams, cutoff).sha256


@given(batches)
def test_some_of_a_few_points_beside_streams_read_as_either_alone(said):
    pairs = zip(stored(said, 64), stored(said, 0), strict=True)
    mixed = [pair[number % 2] for number, pair in enumerate(pairs)]
    assert read(mixed).sha256 == read(stored(said, 64)).sha256


def test_a_frame_of_one_reading_takes_22_bytes():
    (one,) = stored([(0, [(0, 0, 1.0, 1)])], 64)
    assert len(one.content) == 22
