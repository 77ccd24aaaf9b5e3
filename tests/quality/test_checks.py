"""Laws that every check of one series keeps, and that the documentation names every check."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.checks import ALONE, OF_SERIES, OF_STAMPS, OF_STATIONS, OF_SUMS
from pipeline.quality.rule_needs import NEEDS
from pipeline.site.model import Check
from tests.quality.rules import FIRST_US, HOUR_US, hours, rule
from tests.services import ROOT

EACH = OF_SERIES | OF_STAMPS
AHEAD = ("spike", "interpolated")
"""Checks that look ahead: one reading, and to the end of the line."""
value = st.one_of(st.just(np.nan), st.sampled_from([0.0, 0.5, 99.9]), st.floats(-5, 60))
series = st.lists(value, min_size=1, max_size=24)
steps = st.lists(st.integers(1, 300), min_size=24, max_size=24)
every_check = pytest.mark.parametrize("check", sorted(EACH))


def times(minutes: list[int], n: int) -> np.ndarray:
    return FIRST_US + 60_000_000 * np.cumsum(minutes[:n])


def test_every_check_is_documented_with_its_parameters_and_its_source():
    text = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    for check in [*EACH, *OF_STATIONS, *OF_SUMS]:
        assert f"| `{check}` |" in text


def test_a_check_stands_in_one_table_and_says_what_it_needs():
    tables = [OF_SERIES, OF_STAMPS, OF_STATIONS, OF_SUMS]
    assert sum(map(len, tables)) == len(set().union(*tables))
    assert set(NEEDS) == set().union(*tables) == set(Check)
    assert set(EACH) >= ALONE


@every_check
@given(values=series, minutes=steps)
def test_no_check_changes_a_value_and_none_is_missing(check, values, minutes):
    given_values = np.array(values)
    before = given_values.copy()
    flags = EACH[check](given_values, times(minutes, len(values)), rule(check))
    assert np.array_equal(given_values, before, equal_nan=True)
    assert flags.dtype == np.uint8
    assert ((flags == QcFlag.MISSING) == np.isnan(before)).all()


def with_one_more(check, values, minutes, more) -> tuple[np.ndarray, np.ndarray]:
    """Return the flags of a series as known now, and when one more reading has come."""
    longer, at = np.array([*values, more]), times([*minutes, 7], len(values) + 1)
    return EACH[check](longer[:-1], at[:-1], rule(check)), EACH[check](longer, at, rule(check))[:-1]


@pytest.mark.parametrize("check", sorted(set(EACH) - set(AHEAD)))
@given(values=series, minutes=steps, more=value)
def test_a_later_reading_changes_no_flag_of_a_check_that_does_not_look_ahead(
    check, values, minutes, more
):
    now, then = with_one_more(check, values, minutes, more)
    assert now.tolist() == then.tolist()


@given(values=series, minutes=steps, more=value)
def test_a_later_reading_makes_a_spike_of_the_last_one_only(values, minutes, more):
    now, then = with_one_more("spike", values, minutes, more)
    last = max(np.flatnonzero(~np.isnan(values)), default=0)
    assert np.delete(now, last).tolist() == np.delete(then, last).tolist()


@every_check
@given(columns=st.lists(st.tuples(value, value, value), min_size=1, max_size=16), minutes=steps)
def test_stations_side_by_side_are_judged_as_each_alone_in_any_order(check, columns, minutes):
    block, at, one = np.array(columns), times(minutes, len(columns)), rule(check)
    together = EACH[check](block, at, one)
    for order in ([0, 1, 2], [2, 0, 1]):
        assert np.array_equal(EACH[check](block[:, order], at, one), together[:, order])
    for station in range(3):
        assert np.array_equal(EACH[check](block[:, station], at, one), together[:, station])


@every_check
@given(values=series, minutes=steps, where=st.integers(0, 23))
def test_a_missing_row_is_judged_as_if_it_were_not_there(check, values, minutes, where):
    where = min(where, len(values))
    at = times(minutes, len(values))
    holed = np.insert(np.array(values), where, np.nan)
    hole = (at[where - 1] + 1) if where else at[0] - 1
    with_hole = EACH[check](holed, np.insert(at, where, hole), rule(check))
    assert (
        np.delete(with_hole, where).tolist()
        == EACH[check](np.array(values), at, rule(check)).tolist()
    )


@every_check
def test_a_threshold_that_is_not_stated_is_never_passed(check):
    values = np.array([0.0, 99.9, 99.9, 0.0, 40.0, 30.0, 20.0, 10.0, 0.0])
    kept = {"suspect": None, "fail": None, "suspect_below": None, "fail_below": None}
    flags = EACH[check](values, hours(9) * 1, rule(check, **kept))
    allowed = {QcFlag.GOOD, QcFlag.UNKNOWN}
    if check == "counter_reset":  # a total that fell is no question of a threshold
        allowed.add(QcFlag.SUSPECT)
    assert set(flags.tolist()) <= allowed


def test_hours_are_an_hour_apart():
    assert np.diff(hours(3)).tolist() == [HOUR_US] * 2
