"""The latest minute at which an order still works: every delay brings it forward."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide_by import Delays, arrive_by, decide_by, leave_by
from tests.golden.samples import MINUTE, SLOT

NONE = Delays(data_age=0, cycle=0, approval=0, call=0, gather=0, walk=0, help=0)
NAMES = [field.name for field in fields(Delays)]
MINUTES = st.integers(0, 24 * 60)
DELAYS = st.builds(Delays, **dict.fromkeys(NAMES, MINUTES))
EARLIEST = SLOT + timedelta(hours=3)


def test_every_delay_is_counted_once():
    delays = Delays(data_age=5, cycle=60, approval=3, call=4, gather=10, walk=22, help=8)
    limit = decide_by(EARLIEST, delays, now=SLOT)
    assert limit.at == EARLIEST - 112 * MINUTE
    assert dict(limit.minutes)["walk"] == 22


def test_without_an_onset_there_is_no_decide_by_and_nothing_has_passed():
    limit = decide_by(None, NONE, now=SLOT)
    assert (limit.at, limit.passed, arrive_by(limit), leave_by(limit)) == (None, False, None, None)


def test_it_has_passed_when_an_order_given_now_would_come_too_late():
    delays = replace(NONE, cycle=60, walk=30)
    assert not decide_by(SLOT + 30 * MINUTE, delays, now=SLOT).passed
    assert decide_by(SLOT + 29 * MINUTE, delays, now=SLOT).passed


def test_the_last_person_arrives_at_the_early_edge_less_the_data_s_age():
    limit = decide_by(EARLIEST, replace(NONE, data_age=5, cycle=60, call=4, walk=20), now=SLOT)
    assert arrive_by(limit) == EARLIEST - 5 * MINUTE
    assert leave_by(limit) == EARLIEST - 25 * MINUTE


def test_seconds_are_cut_off_on_the_early_side():
    limit = decide_by(EARLIEST + timedelta(seconds=59), NONE, now=SLOT)
    assert limit.at == EARLIEST


@pytest.mark.parametrize("name", NAMES)
@given(delays=DELAYS, more=MINUTES)
def test_a_longer_delay_never_gives_a_later_order(name, delays, more):
    longer = replace(delays, **{name: getattr(delays, name) + more})
    short, long = (decide_by(EARLIEST, d, now=SLOT) for d in (delays, longer))
    assert long.at == short.at - more * MINUTE
    assert long.passed >= short.passed


@given(delays=DELAYS, earlier=MINUTES)
def test_an_earlier_flood_never_gives_a_later_order(delays, earlier):
    near = decide_by(EARLIEST - earlier * MINUTE, delays, now=SLOT)
    far = decide_by(EARLIEST, delays, now=SLOT)
    assert near.at <= far.at
    assert near.passed >= far.passed
