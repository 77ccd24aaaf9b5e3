"""Each place is told to leave once an episode, and the river says afterwards whether in time."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.ordered import against_rivers, first_orders
from alerts.rehearsal import rehearse
from alerts.storms import APART, BEFORE, crossings
from alerts.tier import Action
from pipeline.bulletin import RiskLevel
from pipeline.world import Mode, World
from tests.golden.samples import HOUR, SLOT, bulletin, quick_valley, risk

PACK = replace(quick_valley(), villages=(quick_valley().village("hekou"),))
WORLD = World("valley", Mode.REPLAY, "r1")
MINUTE = timedelta(minutes=1)


def told(levels, lead_min=None, pack=PACK):
    slots = [SLOT + n * HOUR for n in range(len(levels))]
    bulletins = [
        bulletin(risk(level, lead_min=lead_min, slot=slot), slot=slot)
        for level, slot in zip(levels, slots, strict=True)
    ]
    return first_orders(rehearse(bulletins, pack, world=WORLD).changes, pack)


@given(st.lists(st.sampled_from(RiskLevel), min_size=1, max_size=16))
def test_a_place_is_told_to_leave_once_until_its_village_is_calm_again(levels):
    calm, seen = 0, {}
    for one in told(levels):
        assert one.order.action in {Action.MOVE, Action.REFUGE}
        assert seen.get(one.order.place_id, SLOT - HOUR) < one.at
        seen[one.order.place_id] = one.at
    calm = sum(level is RiskLevel.NONE for level in levels)
    assert len(told(levels)) <= len(seen) * (calm + 1)


def test_special_sites_and_who_needs_help_are_told_at_orange_and_zones_at_red():
    ordered = told([3, 4], lead_min=600)
    first = {o.order.place_id: o.at for o in ordered}
    assert len(first) == len(ordered)
    early = {first.pop("care-home"), first.pop("riverside:help")}
    assert early == {SLOT + 5 * MINUTE}
    assert set(first.values()) == {SLOT + 65 * MINUTE}


def test_who_goes_to_a_refuge_is_there_when_called_and_who_walks_when_the_walk_is_over():
    (by_road, *_) = told([4], lead_min=600)
    (to_refuge, *_) = told([4], lead_min=1)
    assert by_road.order.action is Action.MOVE
    assert by_road.there_by == by_road.on_foot
    assert to_refuge.order.action is Action.REFUGE
    assert to_refuge.there_by < to_refuge.on_foot


def test_an_order_by_its_decide_by_is_so_by_the_plans_clock():
    assert all(one.by_plan for one in told([4], lead_min=600))
    assert not any(one.by_plan for one in told([4], lead_min=1))


def test_no_river_no_verdict_and_without_a_plan_no_arrival():
    (one, *_) = against_rivers(told([4]), {})
    assert (one.crossed, one.margin) == (None, None)
    bare = replace(PACK, plans={})
    (whole,) = against_rivers(told([4], pack=bare), {"hekou": [SLOT + HOUR]})
    assert (whole.there_by, whole.margin) == (None, None)


@given(st.integers(-30, 30))
def test_an_order_is_held_against_the_storm_it_was_of(hours):
    water = SLOT + hours * HOUR
    (one, *_) = against_rivers(told([4]), {"hekou": [water]})
    assert (one.crossed is None) is (water < one.at - BEFORE)


@given(st.lists(st.sampled_from([0.0, 9.0, 11.0, None]), max_size=90))
def test_a_storm_crosses_a_mark_once_however_the_river_swings(values):
    series = [(SLOT + n * HOUR, value) for n, value in enumerate(values)]
    found = crossings(series, 10.0)
    over = [at for at, value in series if value is not None and value >= 10.0]
    assert set(found) <= set(over)
    assert (found[:1] == tuple(over[:1])) if over else not found
    for at in over:
        assert any(first <= at for first in found)
    for at in found[1:]:
        assert not any(at - APART <= other < at for other in over)
