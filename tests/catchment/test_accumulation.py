import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.catchment.accumulation import (
    TILE,
    accumulate,
    accumulate_steps,
    time_of_concentration_h,
)  # fmt: skip
from pipeline.errors import SchemaError

DURATIONS = (1, 2, 3, 6, 12)


@st.composite
def windows(draw):
    """Return mean [time, village] with NaN, and its coverage (0 exactly where NaN)."""
    shape = draw(st.tuples(st.integers(1, 20), st.integers(1, 3)))
    mean = draw(hnp.arrays(float, shape, elements=st.floats(0, 99) | st.just(float("nan"))))
    share = draw(hnp.arrays(float, shape, elements=st.floats(0.01, 1.0)))
    return mean, np.where(np.isnan(mean), 0.0, share)


@given(windows())
def test_a_sum_is_of_what_was_seen_and_nan_never_becomes_zero(window):
    mean, coverage = window
    rain, seen = accumulate(mean, coverage, DURATIONS)
    for i, duration in enumerate(DURATIONS):
        last = mean[-duration:]
        nothing = np.isnan(last).all(axis=0)
        assert np.array_equal(np.isnan(rain[i]), nothing)
        assert np.array_equal(seen[i] == 0, nothing)
        assert rain[i][~nothing] == pytest.approx(np.nansum(last, 0)[~nothing], abs=6e-4)
        assert seen[i] == pytest.approx(coverage[-duration:].sum(0) / duration, abs=1e-6)


def test_a_village_among_thousands_has_the_bytes_that_it_has_alone():
    chance = np.random.default_rng(7)
    mean = chance.gamma(0.3, 2.0, (30, 2 * TILE + 5))
    mean[chance.random(mean.shape) < 0.1] = np.nan
    coverage = np.where(np.isnan(mean), 0.0, 1.0)
    together = accumulate_steps(mean, coverage, DURATIONS, steps=9)
    for village in (0, TILE - 1, TILE, 2 * TILE, 2 * TILE + 4):
        own = slice(village, village + 1)
        alone = accumulate_steps(mean[:, own], coverage[:, own], DURATIONS, steps=9)
        for whole, one in zip(together, alone, strict=True):
            assert np.ascontiguousarray(whole[..., own]).tobytes() == one.tobytes()


@given(windows())
def test_a_block_of_steps_is_the_steps_one_by_one_to_the_last_bit(window):
    mean, coverage = window
    block = accumulate_steps(mean, coverage, DURATIONS, steps=len(mean))
    for step in range(len(mean)):
        alone = accumulate(mean[: step + 1], coverage[: step + 1], DURATIONS)
        assert block[0][step].tobytes() == alone[0].tobytes()
        assert block[1][step].tobytes() == alone[1].tobytes()


@given(windows())
def test_a_longer_history_changes_nothing(window):
    mean, coverage = window
    early = np.full((30, mean.shape[1]), 7.0)
    late = max(DURATIONS)
    if len(mean) >= late:
        longer = accumulate(np.concatenate([early, mean]),
                            np.concatenate([np.ones_like(early), coverage]), DURATIONS)  # fmt: skip
        assert longer[0].tobytes() == accumulate(mean, coverage, DURATIONS)[0].tobytes()


@given(windows(), st.data())
def test_more_rain_never_lowers_a_sum(window, data):
    mean, coverage = window
    more = data.draw(hnp.arrays(float, mean.shape, elements=st.floats(0, 50)))
    before, _ = accumulate(mean, coverage, DURATIONS)
    after, _ = accumulate(mean + more, coverage, DURATIONS)
    assert (after[~np.isnan(before)] >= before[~np.isnan(before)]).all()


@given(windows())
def test_a_longer_duration_never_has_less_rain(window):
    rain, _ = accumulate(*window, DURATIONS)
    for village in rain.T:
        seen = village[~np.isnan(village)]
        assert (np.diff(seen) >= 0).all()


def test_sums_are_whole_thousandths():
    rain, _ = accumulate(np.full((10, 1), 0.1), np.ones((10, 1)), (1, 3, 10))
    assert rain[:, 0].tolist() == [0.1, 0.3, 1.0]


def test_steps_before_the_window_count_as_not_seen():
    rain, seen = accumulate(np.full((2, 1), 4.0), np.ones((2, 1)), (1, 2, 8))
    assert rain[:, 0].tolist() == [4.0, 8.0, 8.0]
    assert seen[:, 0].tolist() == [1.0, 1.0, 0.25]


@pytest.mark.parametrize(
    ("shape", "durations", "steps"),
    [((3, 2), (0, 1), 1), ((3, 2), (1,), 4), ((3, 2), (1,), 0), ((2, 2), (1,), 1)],
)
def test_what_cannot_be_summed_is_refused(shape, durations, steps):
    with pytest.raises(SchemaError):
        accumulate_steps(np.ones((3, 2)), np.ones(shape), durations, steps=steps)


def test_time_of_concentration_grows_with_the_catchment():
    hours = [time_of_concentration_h(area) for area in (1.0, 28.0, 108.0, 383.0)]
    assert hours == pytest.approx([0.76, 2.70, 4.50, 7.28], abs=0.01)


@pytest.mark.parametrize("area_km2", [0.0, -1.0, float("nan")])
def test_no_area_has_no_time_of_concentration(area_km2):
    with pytest.raises(ValueError, match="time of concentration"):
        time_of_concentration_h(area_km2)
