"""Which alarm was for which flood: hit, late, missed or false, and how early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.verification.floods import Flood, Rules, floods, matched, storms

RULES = Rules()
HOURS = 240
EVERYTHING = np.ones(HOURS, np.bool_)

flows = st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=HOURS, max_size=HOURS).map(np.array)
runs = st.lists(st.tuples(st.integers(0, HOURS - 1), st.integers(1, 40)), max_size=6)


def alarm(*spans: tuple[int, int]) -> np.ndarray:
    """Return an alarm that stands in [first, end) of each span."""
    on = np.zeros(HOURS, np.bool_)
    for first, end in spans:
        on[first:end] = True
    return on


def flow(*spans: tuple[int, int]) -> np.ndarray:
    """Return a river that is over level 2 in [first, end) of each span, highest at its end."""
    values = np.ones(HOURS)
    for first, end in spans:
        values[first:end] = np.linspace(2.0, 4.0, end - first)
    return values


def found(on, river=None, within=EVERYTHING):
    river = flow((100, 110)) if river is None else river
    return matched(on, floods(river, 2.0, RULES), RULES, within)


@pytest.mark.parametrize(
    ("on", "counts", "leads"),
    [
        (alarm((97, 105)), (1, 0, 0, 0), (3,)),
        (alarm((88, 89)), (1, 0, 0, 0), (12,)),
        (alarm((70, 105)), (1, 0, 0, 0), (12,)),
        (alarm((87, 88)), (0, 0, 1, 1), ()),
        (alarm((100, 130)), (0, 1, 0, 0), ()),
        (alarm((110, 111)), (0, 0, 1, 1), ()),
        (alarm((40, 41), (97, 98)), (1, 0, 0, 1), (3,)),
        (alarm((40, 41), (45, 46), (97, 98)), (1, 0, 0, 1), (3,)),
        (alarm((40, 41), (47, 48), (97, 98)), (1, 0, 0, 2), (3,)),
        (alarm((90, 91), (97, 98)), (1, 0, 0, 0), (3,)),
        (alarm(), (0, 0, 1, 0), ()),
    ],
)  # fmt: skip
def test_an_alarm_counts_as_the_table_says(on, counts, leads):
    got = found(on)
    assert (got.hits, got.late, got.missed, got.false) == counts
    assert got.leads == leads


def test_the_lead_to_the_peak_is_from_the_same_alarm():
    assert found(alarm((97, 105))).leads_to_peak == (12,)


def test_an_alarm_that_is_always_on_meets_the_flood_and_pays_for_each_day():
    got = found(alarm((0, HOURS)))
    assert got.hits == 1
    assert got.outside == HOURS - 12 - 10
    assert got.false == got.outside // 24


@given(flows, runs)
def test_every_flood_is_a_hit_late_or_missed(river, spans):
    of = floods(river, 2.0, RULES)
    got = found(alarm(*((a, a + n) for a, n in spans)), river)
    assert got.hits + got.late + got.missed == len(of) == len(got.starts)
    assert all(1 <= lead <= RULES.credit for lead in got.leads)


@given(flows)
def test_whoever_warns_an_hour_before_each_flood_and_never_else_has_no_fault(river):
    of = floods(river, 2.0, RULES)
    got = found(alarm(*((flood.start - 1, flood.start) for flood in of)), river)
    assert (got.late, got.missed, got.false, got.outside) == (0, 0, 0, 0)


@given(flows, runs, st.integers(0, HOURS - 1))
def test_one_more_hour_of_alarm_never_loses_a_flood(river, spans, hour):
    on = alarm(*((a, a + n) for a, n in spans))
    more = on | alarm((hour, hour + 1))
    assert found(more, river).hits >= found(on, river).hits


@given(flows, runs, st.integers(1, HOURS - 1))
def test_two_parts_have_the_floods_of_the_whole_once(river, spans, cut):
    on = alarm(*((a, a + n) for a, n in spans))
    first = np.arange(HOURS) < cut
    parts = [found(on, river, within) for within in (first, ~first)]
    whole = found(on, river)
    assert sorted(s for part in parts for s in part.starts) == list(whole.starts)
    assert sum(part.outside for part in parts) == whole.outside


@given(flows, st.integers(0, HOURS - 1), st.integers(1, 20))
def test_what_was_not_recorded_begins_no_flood(river, first, n):
    gap = river.copy()
    gap[first : first + n] = np.nan
    before = {flood.start for flood in floods(river, 2.0, RULES)}
    after = {flood.start for flood in floods(gap, 2.0, RULES)}
    assert all(np.isfinite(gap[start]) for start in after)
    assert {s for s in before if s + RULES.merge < first} <= after


def test_a_river_that_is_high_from_the_beginning_passed_no_level_that_was_seen():
    assert floods(flow((0, 5), (100, 110)), 2.0, RULES) == (Flood(100, 110, 109),)


def test_floods_of_one_night_at_three_stations_are_one_storm():
    assert storms([100, 103, 112, 130], RULES) == 2
    assert storms([], RULES) == 0


def test_rules_are_stated_in_hours_whatever_the_step():
    assert Rules.of_step(300) == Rules(credit=144, merge=72, day=288)
