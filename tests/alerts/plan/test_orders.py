"""An order belongs to a place, and comes from the village's own plan."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.orders import (
    data_age_min,
    is_night,
    let_home,
    moment_of,
    orders,
    pressing,
    stand_down,
)
from alerts.plan.helped import helped_in, is_helped
from alerts.plan.model import Offline
from alerts.plan.people import NeedsHelp
from alerts.tier import Action, Tier
from pipeline.bulletin import Indicator
from pipeline.site.model import VillageKind
from tests.golden.samples import CUTOFF, HOUR, MINUTE, SLOT, risk, valley

PACK = valley()
PLAN = PACK.plans["hekou"]
HEKOU = PACK.village("hekou")


def placed(tier, *, plan=PLAN, village=HEKOU, lead_min=200, at=CUTOFF, age_s=300):
    seen = risk(4, lead_min=lead_min, age_s=age_s)
    return orders(plan, moment_of(village, tier, seen, at=at, config=PACK.config))


def actions(*args, **kwargs):
    return {order.place_id: order.action for order in placed(*args, **kwargs)}


@pytest.mark.parametrize("tier", [Tier.NONE, Tier.BLUE])
def test_blue_orders_nothing(tier):
    assert placed(tier) == ()


def test_yellow_calls_the_responsible_persons_to_their_post():
    (order,) = placed(Tier.YELLOW)
    assert (order.action, order.recipients) == (Action.STAND_BY, PLAN.people.responsible)


def test_at_orange_zones_prepare_and_those_who_need_help_move():
    told = actions(Tier.ORANGE)
    assert told.pop("care-home") is Action.MOVE
    assert told.pop("riverside:help") is Action.MOVE
    assert set(told.values()) == {Action.PREPARE}


PLACES = [place.id for _, place in PLAN.places()]
WEAK = st.builds(
    lambda number, place, helper, deputy: NeedsHelp(
        ref=f"weak-{number}",
        place=place,
        how="carry",
        helper=f"helper-{number}" if helper else None,
        deputy=f"deputy-{number}" if deputy else None,
    ),
    st.integers(0, 9),
    st.sampled_from(PLACES),
    st.booleans(),
    st.booleans(),
)


@given(
    weak=st.lists(WEAK, max_size=6, unique_by=lambda person: person.ref).map(tuple),
    tier=st.sampled_from([Tier.ORANGE, Tier.RED]),
    lead_min=st.integers(1, 400),
)
def test_whoever_needs_help_is_fetched_at_orange_and_the_helper_knows_of_nobody_else(
    weak, tier, lead_min
):
    plan = PLAN.model_copy(update={"needs_help": weak})
    told = {order.place_id: order for order in placed(tier, plan=plan, lead_min=lead_min)}
    sites = {site.id for site in plan.special_sites}
    for person in weak:
        mine = person.place if person.place in sites else helped_in(person.place)
        helpers = {person.helper, person.deputy} - {None}
        assert told[mine].action in {Action.MOVE, Action.REFUGE}
        assert helpers <= set(told[mine].recipients)
        for place_id, order in told.items():
            assert person.ref not in order.recipients
            assert place_id == mine or not helpers & set(order.recipients)
    groups = {helped_in(person.place): 0 for person in weak if person.place not in sites}
    assert {place_id for place_id in told if is_helped(place_id)} == set(groups)
    assert all(told[group].people >= 1 for group in groups)


def test_whoever_lives_where_the_plan_knows_no_zone_is_fetched_with_the_first():
    lost = PLAN.needs_help[0].model_copy(update={"place": "westbank", "helper": "h", "deputy": "d"})
    plan = PLAN.model_copy(update={"needs_help": (lost,)})
    told = {order.place_id: order for order in placed(Tier.ORANGE, plan=plan)}
    first = told[helped_in(plan.zones[0].id)]
    assert first.people == 1
    assert {"h", "d"} <= set(first.recipients)


def test_without_a_plan_each_place_goes_home_by_itself_and_its_helpers_hear_of_it():
    moment = moment_of(HEKOU, Tier.NONE, risk(0), at=CUTOFF, config=PACK.config)
    (word,) = let_home(None, moment, ("west:help",), told={"west:help": ("helper",)})
    assert (word.place_id, word.place, word.recipients) == ("west:help", {"*": "west"}, ("helper",))


def test_those_who_were_fetched_go_home_by_a_word_to_the_same_people():
    moment = moment_of(HEKOU, Tier.NONE, risk(0), at=CUTOFF, config=PACK.config)
    fetched = next(o for o in placed(Tier.ORANGE) if o.place_id == "riverside:help")
    (word,) = let_home(PLAN, moment, (fetched.place_id,), told={})
    assert (word.action, word.place, word.people) == (Action.RETURN, fetched.place, 2)
    assert word.recipients == fetched.recipients


def test_the_order_to_a_care_home_reaches_its_keeper_and_its_team_and_no_zone_s_does():
    home = PLAN.special_sites[0].model_copy(update={"keeper": "hekou/keeper", "team": "town/team"})
    plan = PLAN.model_copy(update={"special_sites": (home,)})
    told = {order.place_id: order.recipients for order in placed(Tier.ORANGE, plan=plan)}
    assert {"hekou/keeper", "town/team"} <= set(told.pop("care-home"))
    assert not {"hekou/keeper", "town/team"} & {ref for refs in told.values() for ref in refs}


def test_at_red_every_place_moves():
    assert set(actions(Tier.RED).values()) == {Action.MOVE}


def test_past_its_decide_by_a_place_is_sent_to_its_own_refuge():
    by_place = {order.place_id: order for order in placed(Tier.RED, lead_min=20)}
    assert by_place["riverside"].action is Action.REFUGE
    assert by_place["riverside"].to["en"] == "the upper floor of the tea house"
    assert by_place["riverside"].way is None


def test_where_the_plan_names_no_refuge_it_is_never_up():
    by_place = {order.place_id: order for order in placed(Tier.RED, lead_min=20)}
    assert by_place["island"].action is Action.MOVE
    assert by_place["island"].to["en"] == "the village school"


def test_without_a_plan_the_village_is_ordered_as_a_whole():
    (order,) = placed(Tier.RED, plan=None)
    assert (order.place_id, order.action, order.to) == ("village", Action.MOVE, None)
    assert order.recipients == ()


@pytest.mark.parametrize("tier", list(Tier))
def test_a_river_point_gives_no_order(tier):
    point = HEKOU.model_copy(update={"kind": VillageKind.RIVER_POINT})
    assert placed(tier, village=point) == ()


def test_at_night_the_night_s_walk_counts():
    night, day = (
        placed(Tier.RED, at=at, lead_min=600)[1].decide_by for at in (CUTOFF, CUTOFF + 8 * HOUR)
    )
    assert dict(night.minutes)["walk"] == PLAN.routes[0].minutes_night
    assert dict(day.minutes)["walk"] == PLAN.routes[0].minutes_day


def test_the_night_is_from_eight_to_six_of_the_site_s_own_clock():
    local_midnight = SLOT - HOUR
    hours = [h for h in range(24) if is_night(local_midnight + h * HOUR, PACK.config)]
    assert hours == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]


def test_a_special_site_counts_its_own_time_for_help():
    site = placed(Tier.RED)[0]
    assert (site.place_id, dict(site.decide_by.minutes)["help"]) == ("care-home", 30)
    assert site.people == 48


@given(call=st.integers(0, 60), walk=st.integers(0, 90), age=st.integers(0, 7200))
def test_a_longer_call_walk_or_age_never_gives_a_later_order(call, walk, age):
    route = PLAN.routes[0]
    slower = PLAN.model_copy(
        update={
            "times": PLAN.times.model_copy(update={"call": PLAN.times.call + call}),
            "routes": (
                route.model_copy(update={"minutes_night": route.minutes_night + walk}),
                *PLAN.routes[1:],
            ),
        }
    )
    quick = placed(Tier.RED)
    slow = placed(Tier.RED, plan=slower, age_s=300 + age)
    assert all(s.decide_by.at <= q.decide_by.at for s, q in zip(slow, quick, strict=True))


def pressed(plan, lead_min, to=Tier.RED):
    """Return the places that press a village to a tier, of a risk one below."""
    seen = risk(int(to) - 1, lead_min=lead_min)
    moment = moment_of(HEKOU, to, seen, at=CUTOFF, config=PACK.config)
    return {order.place_id for order in pressing(plan, replace(moment, cycle_min=5))}


def test_where_every_way_takes_twice_as_long_the_clock_presses_earlier():
    leads = range(1, 300)
    plain, slow = ({n for n in leads if pressed(PLAN.walked(k), n)} for k in (1, 2))
    assert plain < slow
    assert max(slow) > max(plain)
    assert plain == set(range(1, max(plain) + 1))


@given(slower=st.integers(0, 240), lead_min=st.integers(1, 400))
def test_who_moves_at_orange_anyway_does_not_press_the_village_to_red(slower, lead_min):
    sites = tuple(
        site.model_copy(update={"times_help": site.times_help + slower})
        for site in PLAN.special_sites
    )
    slow = PLAN.model_copy(update={"special_sites": sites})
    assert pressed(slow, lead_min) == pressed(PLAN, lead_min)


@given(lead_min=st.integers(1, 400))
def test_where_every_place_moves_at_orange_the_clock_presses_nobody(lead_min):
    assert not pressed(PLAN.model_copy(update={"zones": ()}), lead_min)


@given(lead_min=st.integers(1, 400))
def test_each_place_presses_to_the_tier_at_which_it_leaves_and_to_no_other(lead_min):
    by_tier = {tier: pressed(PLAN, lead_min, tier) for tier in Tier if tier is not Tier.NONE}
    sites = {site.id for site in PLAN.special_sites}
    zones = {zone.id for zone in PLAN.zones if not zone.cannot_wait}
    assert not by_tier[Tier.BLUE] | by_tier[Tier.YELLOW]
    assert not by_tier[Tier.ORANGE] & zones
    assert not by_tier[Tier.RED] & sites


def test_a_care_home_presses_earlier_the_longer_its_people_take():
    leads = range(1, 300)
    quick = {n for n in leads if pressed(PLAN, n, Tier.ORANGE)}
    slow = {n for n in leads if pressed(PLAN.walked(2), n, Tier.ORANGE)}
    assert quick == set(range(1, max(quick) + 1))
    assert quick < slow


def test_the_oldest_reading_behind_the_level_counts():
    seen = risk(3, age_s=59)
    fresh = seen.evidence[0]
    old = replace(fresh, age_s=3601)
    beside_the_point = replace(fresh, age_s=99999, level=fresh.level.__class__(1))
    assert data_age_min(seen) == 1
    assert data_age_min(replace(seen, evidence=(fresh, old, beside_the_point))) == 61
    assert data_age_min(replace(seen, evidence=())) == 0


HOURS_S = 5 * 3600


def of_kind(indicator, level, age_s):
    return replace(risk(level, age_s=age_s).evidence[0], indicator=indicator)


def test_the_hours_since_a_gauge_was_lost_are_no_age_of_data():
    seen, lost = risk(4, age_s=300), of_kind(Indicator.GAUGE_LOST, 4, HOURS_S)
    assert data_age_min(replace(seen, evidence=(*seen.evidence, lost))) == 5


def test_where_a_loss_alone_supports_the_level_the_age_is_of_the_next_highest():
    lost, rain = of_kind(Indicator.GAUGE_LOST, 4, HOURS_S), of_kind(Indicator.RAIN, 3, 600)
    old = of_kind(Indicator.RAIN, 1, 99999)
    assert data_age_min(replace(risk(4), evidence=(lost, rain, old))) == 10
    assert data_age_min(replace(risk(4), evidence=(lost,))) == 0


@pytest.mark.parametrize("river", [Indicator.UPSTREAM, Indicator.STAGE, Indicator.DISCHARGE])
def test_the_age_of_a_river_is_in_the_onset_and_not_taken_off_again(river):
    seen, upstream = risk(4, age_s=300), of_kind(river, 4, 3600)
    assert data_age_min(replace(seen, evidence=(*seen.evidence, upstream))) == 5


def test_people_who_have_time_are_not_sent_to_the_refuge_because_a_gauge_was_lost():
    seen, lost = risk(4, lead_min=200), of_kind(Indicator.GAUGE_LOST, 4, HOURS_S)
    raised = replace(seen, evidence=(lost, *seen.evidence))
    told = orders(PLAN, moment_of(HEKOU, Tier.RED, raised, at=CUTOFF, config=PACK.config))
    assert {order.action for order in told} == {Action.MOVE}


def test_those_who_stood_by_are_told_when_they_need_not_any_more():
    order = stand_down(HEKOU, PLAN, risk(0), at=CUTOFF + MINUTE)
    assert (order.action, order.recipients) == (Action.STAND_DOWN, PLAN.people.responsible)


def test_at_orange_a_zone_prepares_even_past_its_decide_by():
    by_place = {order.place_id: order for order in placed(Tier.ORANGE, lead_min=20)}
    assert by_place["care-home"].action is Action.REFUGE
    assert by_place["riverside"].decide_by.passed
    assert by_place["riverside"].action is Action.PREPARE


@pytest.mark.parametrize("tier", [Tier.ORANGE, Tier.RED])
def test_who_only_prepares_knows_the_mark_at_which_to_leave_without_waiting_for_word(tier):
    mark = {"en": "at the second line on the wall"}
    offline = Offline(works={"en": "gong"}, shelter="school", mark_move=mark)
    plan = PLAN.model_copy(update={"offline": offline})
    for order in placed(tier, plan=plan):
        assert order.mark == (mark if order.action is Action.PREPARE else None)
