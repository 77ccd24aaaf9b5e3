"""Held rain knows what fell, and nothing of what will."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forecast.held_rain import held_rain

hours = st.lists(st.floats(0, 60), min_size=30, max_size=30).map(
    lambda v: np.array(v, np.float64).reshape(-1, 1)
)
how = st.fixed_dictionaries({"mean_of": st.integers(1, 4), "held": st.integers(0, 8)})


@given(hours, hours, st.integers(1, 29), how)
def test_what_falls_later_changes_nothing_of_what_was_foreseen(rain, other, hour, how):
    later = np.concatenate([rain[:hour], other[hour:]])
    before, after = (held_rain(r, ahead=8, **how)[:hour] for r in (rain, later))
    assert before.tobytes() == after.tobytes()


@given(hours, how)
def test_it_goes_on_for_as_long_as_it_is_held_and_then_stops(rain, how):
    future = held_rain(rain, ahead=8, **how)
    assert future.shape == (30, 8, 1)
    assert (future >= 0).all()
    assert not future[:, how["held"] :].any()
    if how["held"]:
        want = [rain[max(0, t + 1 - how["mean_of"]) : t + 1].sum() for t in range(30)]
        assert np.allclose(future[:, 0, 0], np.array(want) / how["mean_of"])
