"""What members agree on reaches a limit exactly where enough of them do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forecast.members import agreed, probability, spread

members = st.lists(st.floats(0, 100), min_size=1, max_size=40).map(np.array)
shares = st.integers(1, 40).map(lambda n: n / 40)


@given(members, shares, st.floats(0, 100))
def test_it_reaches_a_limit_where_the_probability_is_the_share(values, share, limit):
    enough = probability(values, limit) >= share - 1e-9
    assert (agreed(values, share) >= limit) == enough


@given(members, shares, st.integers(0, 39), st.floats(0, 50))
def test_a_wetter_member_never_makes_them_agree_on_less(values, share, number, more):
    wetter = values.copy()
    wetter[number % len(values)] += more
    assert agreed(wetter, share) >= agreed(values, share)


def test_three_of_thirty_are_a_tenth():
    values = np.array([1.0] * 3 + [0.0] * 27)
    assert agreed(values, 0.1) == 1.0


def test_one_run_has_no_spread():
    assert spread(np.array([4.0])) is None
    assert spread(np.arange(11.0)) == pytest.approx((1.0, 9.0))
