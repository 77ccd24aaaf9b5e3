"""From sensor to sent: no second is lost, none counted twice, and what was never taken counts."""

from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.made_night.parts import PARTS, Marks, Sent, from_sensor, parts, spread, spreads

OFFERED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
AFTER = st.integers(-30, 300).map(lambda seconds: OFFERED + timedelta(seconds=seconds))
MARKS = st.builds(Marks, observe=AFTER, observed=AFTER, assessed=AFTER, warned=AFTER)


def at(seconds: float) -> datetime:
    return OFFERED + timedelta(seconds=seconds)


@given(MARKS, st.integers(0, 300))
def test_the_parts_of_a_delivery_are_its_whole_time(marks, seconds):
    found = parts(OFFERED, marks, at(seconds))
    assert sum(found) == pytest.approx(seconds)
    assert min(found) >= 0


def test_each_part_ends_with_its_step():
    marks = Marks(observe=at(2), observed=at(5), assessed=at(9), warned=at(14))
    assert parts(OFFERED, marks, at(20)) == (2, 3, 4, 5, 6)


def test_a_text_that_left_before_its_step_was_over_has_no_part_after_it():
    marks = Marks(observe=at(2), observed=at(5), assessed=at(9), warned=at(14))
    assert parts(OFFERED, marks, at(10)) == (2, 3, 4, 1, 0)


def test_what_was_never_taken_is_slower_than_all_else():
    sent = [Sent(OFFERED, 4, at(n)) for n in range(9)] + [Sent(OFFERED, 4, None)]
    seconds = [from_sensor(one, OFFERED) for one in sent]
    assert spread(seconds).p95 == inf


@given(st.lists(st.floats(0, 1000), min_size=1))
def test_of_a_hundred_ninety_five_are_no_slower_than_the_p95(seconds):
    found = spread(seconds)
    assert sum(each <= found.p95 for each in seconds) >= 0.95 * len(seconds)
    assert found.p95 in seconds
    assert found.median <= found.p95 <= found.worst == max(seconds)


def test_of_nothing_that_was_taken_no_part_is_told():
    assert spreads([Sent(OFFERED, 4, None)], {OFFERED: OFFERED}, {}) == {}


def test_every_part_is_told_of_what_was_taken():
    marks = Marks(observe=at(2), observed=at(5), assessed=at(9), warned=at(14))
    found = spreads([Sent(OFFERED, 4, at(20))], {OFFERED: OFFERED}, {OFFERED: marks})
    assert [found[name].worst for name in PARTS] == [2, 3, 4, 5, 6]
