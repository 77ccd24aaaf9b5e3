"""The records of the world lie under one curve that rises with duration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quality.record_rain import RECORDS, record_mm

OVERSHADOWED = [(5, 63), (20, 206), (42, 305), (72, 440), (150, 550), (180, 600), (360, 840)]
"""Minutes and mm of records that a shorter and a longer one together exceed (WMO-No. 1045)."""


@pytest.mark.parametrize(("minutes", "depth_mm"), RECORDS)
def test_each_record_is_on_the_curve(minutes, depth_mm):
    assert record_mm(minutes * 60) == pytest.approx(depth_mm)


@pytest.mark.parametrize(("minutes", "depth_mm"), OVERSHADOWED)
def test_no_known_record_is_above_the_curve(minutes, depth_mm):
    assert record_mm(minutes * 60) >= depth_mm


@given(st.floats(60, 1e6), st.floats(60, 1e6))
def test_more_time_never_has_a_lower_record(one, other):
    assert record_mm(min(one, other)) <= record_mm(max(one, other))
