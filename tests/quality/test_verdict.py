"""The flag of a reading is the gravest verdict on it, and no value is lost by it."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag, Reading
from pipeline.quality.gross_range import gross_range, limits
from pipeline.quality.verdict import judged, worst
from pipeline.units import Variable

AT = datetime(2024, 7, 15, 9, tzinfo=UTC)


def reading(value: float | None, variable: Variable = Variable.RAIN, flag=QcFlag.UNKNOWN):
    interval_s = 3600 if variable.is_sum else 0
    return Reading("R01", variable, interval_s, AT, value, flag)


def flags(*readings: Reading) -> list[QcFlag]:
    return [each.flag for each in judged(readings)]


def test_a_missing_value_is_missing_and_zero_is_a_value():
    assert flags(reading(None), reading(0.0)) == [QcFlag.MISSING, QcFlag.GOOD]


@pytest.mark.parametrize("variable", list(Variable))
def test_limits_are_themselves_possible_and_beyond_them_nothing_is(variable):
    low, high = limits(variable, 3600)
    values = np.array([low, high, np.nextafter(low, -np.inf), np.nextafter(high, np.inf), np.nan])
    assert gross_range(values, variable, 3600).tolist() == [1, 1, 4, 4, 9]


def test_an_hour_cannot_rain_what_a_day_can():
    day = np.array([900.0])
    assert gross_range(day, Variable.RAIN, 3600)[0] == QcFlag.FAIL
    assert gross_range(day, Variable.RAIN, 86400)[0] == QcFlag.GOOD


def test_variables_are_judged_each_by_its_own_limits():
    mixed = (reading(-1.0), reading(-1.0, Variable.STAGE), reading(-1.0, Variable.DISCHARGE))
    assert flags(*mixed) == [QcFlag.FAIL, QcFlag.GOOD, QcFlag.FAIL]


def test_a_doubt_of_the_feed_is_not_removed_by_a_good_check():
    assert flags(reading(3.0, flag=QcFlag.SUSPECT)) == [QcFlag.SUSPECT]


@given(st.sampled_from(QcFlag), st.sampled_from(QcFlag))
def test_the_worst_of_two_flags_is_one_of_them_in_either_order(one, other):
    assert worst(one, other) is worst(other, one)
    assert worst(one, other) in {one, other}


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=20))
def test_judging_keeps_every_value_and_its_order(values):
    assert [each.value for each in judged([reading(value) for value in values])] == values
