"""A host that keeps failing is left alone, but never so long that a flood passes meanwhile."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds.circuit import (
    IN_A_ROW,
    LONGEST_REST,
    REMEMBERED,
    Circuit,
    circuit_of,
)
from tests.feeds.samples import NOW

SECOND = timedelta(seconds=1)
attempts = st.lists(st.tuples(st.integers(0, 100_000), st.booleans()), max_size=30).map(
    lambda pairs: [(NOW + s * SECOND, ok) for s, ok in sorted(pairs)]
)


@given(attempts, st.integers(-100_000, 300_000))
def test_a_host_is_never_left_alone_for_more_than_ten_minutes(tried, later):
    now = NOW + later * SECOND
    until = circuit_of(tried).open_until(now)
    assert until is None or now < until <= now + LONGEST_REST


@given(attempts)
def test_any_answer_closes_the_circuit(tried):
    at = tried[-1][0] if tried else NOW
    assert circuit_of([*tried, (at, True)]) == Circuit()


@given(attempts)
def test_the_last_attempts_alone_decide(tried):
    now = (tried[-1][0] if tried else NOW) + SECOND
    assert circuit_of(tried[-REMEMBERED:]).open_until(now) == circuit_of(tried).open_until(now)


@pytest.mark.parametrize(
    ("failures", "rest_s"),
    [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 60),
        (4, 120),
        (5, 240),
        (6, 480),
        (7, 600),
        (8, 600),
        (9999, 600),
    ],
)
def test_the_rest_doubles_with_each_trial_that_fails(failures, rest_s):
    circuit = Circuit(failures, NOW)
    assert circuit.open_until(NOW + rest_s * SECOND) is None
    if failures >= IN_A_ROW:
        assert circuit.open_until(NOW) == NOW + rest_s * SECOND
