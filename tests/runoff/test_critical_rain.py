import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runoff.critical_rain import STORAGE_RATIO, critical_rain_mm, threshold_runoff_mm

RUNOFF, STORAGE = st.floats(0.0, 200.0), st.floats(1.0, 400.0)


def runoff_mm(rain, storage):
    """Return the runoff of the curve-number equation, as NEH-4 writes it."""
    return max(0.0, rain - 0.2 * storage) ** 2 / (rain + 0.8 * storage)


@given(RUNOFF, STORAGE)
def test_the_critical_rain_runs_off_as_much_as_was_asked(runoff, storage):
    rain = critical_rain_mm(runoff, storage)
    assert runoff_mm(rain, storage) == pytest.approx(runoff, abs=1e-6)
    assert rain >= runoff


@given(RUNOFF, RUNOFF, STORAGE)
def test_more_runoff_needs_more_rain(one, other, storage):
    low, high = sorted((one, other))
    assert critical_rain_mm(low, storage) <= critical_rain_mm(high, storage)


@given(RUNOFF, STORAGE)
def test_a_drier_catchment_needs_more_rain(runoff, storage):
    dry, medium, wet = (critical_rain_mm(runoff, ratio * storage) for ratio in STORAGE_RATIO)
    assert dry >= medium >= wet


def test_the_triangle_holds_the_runoff_of_the_whole_catchment():
    peak, area, duration, concentration = 57.7, 383.0, 6.0, 7.0
    base_h = 2.67 * (duration / 2 + 0.6 * concentration)
    volume_mm = peak * base_h * 3600 / 2 / (area * 1e6) * 1000
    assert threshold_runoff_mm(peak, area, duration, concentration) == pytest.approx(
        volume_mm, rel=0.01
    )
