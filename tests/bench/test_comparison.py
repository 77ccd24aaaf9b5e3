"""A comparison compares equal answers, by turns, and what it says of a reach is what it timed."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from pipeline.bench import made
from pipeline.bench.ratio import Differs, Ratio, by_turns
from pipeline.bench.shapes import SHAPES, Sides, Sizes, Timed, expect_alike

FIVE = timedelta(minutes=5)
WINDOW = (made.START - FIVE, made.START + 11 * FIVE, made.START + 12 * FIVE)
TINY = Sizes(
    national=20, stations=5, retold=1, two_hours=3, three_days=146, reads=1, floods=1, fetches=1
)  # fmt: skip
seconds = st.floats(1e-6, 1e3)


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=9), st.tuples(seconds, seconds))
def test_a_ratio_lies_between_its_extremes_whatever_the_warm_up_took(pairs, first) -> None:
    found, other = Ratio.of(first, pairs), Ratio.of((1.0, 1.0), pairs)
    assert found.least <= found.median <= found.most
    assert found.pairs == len(pairs)
    assert (found.median, found.ours_ms) == (other.median, other.ours_ms)
    assert found.first_ours_ms == pytest.approx(first[0] * 1000)


def test_each_side_goes_first_in_every_other_pair() -> None:
    order: list[str] = []
    by_turns([(lambda: order.append("ours"), lambda: order.append("peer"))] * 3)
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]


def test_what_can_be_repeated_is_done_once_before_it_is_timed() -> None:
    order: list[str] = []
    pair = lambda: order.append("ours"), lambda: order.append("peer")
    by_turns([pair] * 2, repeatable=True)
    assert order == ["ours"] * 2 + ["peer"] * 4 + ["ours"] * 2


@pytest.mark.parametrize(
    ("reach", "reached"), [(None, True), (1.0, True), (2.0, True), (2.1, False)]
)
def test_a_reach_is_met_by_the_median(reach: float | None, reached: bool) -> None:
    ratio = Ratio.of((1.0, 1.0), [(1.0, 1.0), (1.0, 2.0), (1.0, 9.0)])
    assert Timed("window", 1, reach, ratio).reached is reached


def sides_of_an_hour(engine: Engine) -> Sides:
    sides = Sides.of(engine, made.stations(60), FIVE)
    for ours, peer in sides.appends(made.steps(made.stations(60), 12, FIVE)):
        ours()
        peer()
    return sides


def test_both_sides_read_the_same_rows_also_before_a_correction_came(engine: Engine) -> None:
    sides, (start, end, late) = sides_of_an_hour(engine), WINDOW
    early = end - FIVE
    for cutoff in (early, late):
        expect_alike(sides.log.read(start, end, cutoff), sides.table.read(start, end, cutoff))
    before, after = (sides.log.read(start, end - FIVE, at).value for at in (early, late))
    assert not np.array_equal(before, after), "nothing was corrected: the test proved nothing"


@pytest.mark.parametrize("column", ["value", "flag", "known_us", "valid_us"])
def test_sides_that_differ_in_one_row_are_not_timed(engine: Engine, column: str) -> None:
    points = sides_of_an_hour(engine).log.read(*WINDOW)
    other = np.array(getattr(points, column))
    other[7] += 1
    with pytest.raises(Differs, match=column):
        expect_alike(points, replace(points, **{column: other}))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_rows_and_takes_time_on_both_sides(engine: Engine, shape: str) -> None:
    for one in SHAPES[shape](engine, TINY):
        assert one.rows > 0
        assert min(one.ratio.least, one.ratio.ours_ms, one.ratio.peer_ms) > 0
