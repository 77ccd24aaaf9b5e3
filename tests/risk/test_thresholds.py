"""Thresholds: what fills a hole, and what wetness may not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import RiskLevel
from pipeline.risk.thresholds import highest_level, rain_table
from pipeline.site.model import Threshold
from pipeline.site.risk_settings import Wetness

DRY, MEDIUM, WET = Wetness.DRY, Wetness.MEDIUM, Wetness.WET


def row(wetness: Wetness, level: int, value: float, village: str = "v") -> Threshold:
    return Threshold(
        village_id=village, indicator="rain", duration_h=1, wetness=wetness,
        level=RiskLevel(level), value=value, unit="mm", basis="computed", source="by hand",
    )  # fmt: skip


def table(*rows: Threshold) -> dict[Wetness, float]:
    """Return level 3 of village v at each wetness."""
    found = rain_table(rows, ["v"], [1])
    return dict(zip(Wetness, found[0, 0, :, 2].tolist(), strict=True))


def test_a_hole_takes_the_drier_class():
    assert table(row(DRY, 3, 30.0)) == {DRY: 30.0, MEDIUM: 30.0, WET: 30.0}


def test_without_a_drier_class_a_hole_takes_the_wetter_one():
    assert table(row(WET, 3, 20.0)) == {DRY: 20.0, MEDIUM: 20.0, WET: 20.0}


def test_a_wetter_class_never_needs_more_rain():
    assert table(row(DRY, 3, 30.0), row(WET, 3, 40.0))[WET] == 30.0


def test_where_nothing_is_given_nothing_is_compared():
    assert np.isnan(rain_table([row(DRY, 3, 30.0)], ["other"], [1])).all()
    assert highest_level(np.array([1e9]), np.full((1, 4), np.nan)).tolist() == [0]


def test_a_village_or_duration_that_the_site_does_not_have_is_passed_over():
    assert np.isnan(rain_table([row(DRY, 3, 30.0, village="elsewhere")], ["v"], [1])).all()
    assert np.isnan(rain_table([row(DRY, 3, 30.0)], ["v"], [3])).all()


@pytest.mark.parametrize(("value", "level"), [(9.999, 0), (10.0, 1), (20.0, 2), (1e6, 4)])
def test_a_threshold_is_reached_at_its_value(value, level):
    assert highest_level(np.array([value]), np.array([[10.0, 20.0, 30.0, 40.0]])) == [level]


def test_a_level_without_a_threshold_is_stepped_over():
    limits = np.array([[10.0, np.nan, np.nan, 40.0]])
    assert highest_level(np.array([35.0]), limits).tolist() == [1]
    assert highest_level(np.array([40.0]), limits).tolist() == [4]


def test_what_was_not_seen_reaches_nothing():
    assert highest_level(np.array([np.nan]), np.array([[0.1, 0.2, 0.3, 0.4]])).tolist() == [0]


@given(
    st.lists(
        st.tuples(st.sampled_from(Wetness), st.integers(1, 4), st.floats(0.1, 500)), max_size=12
    )
)
def test_whatever_is_given_more_wetness_never_needs_more_rain(rows):
    found = rain_table([row(*r) for r in rows], ["v"], [1])
    steps = np.diff(found, axis=2)
    assert (np.isnan(steps) | (steps <= 0)).all()
