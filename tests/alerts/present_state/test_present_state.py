"""The state of the villages is whole, the same bytes for the same facts, and makes nothing up."""

import json
from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.episode import Word, advance
from alerts.present_state import GRAVEST_FIRST, PresentState, Told, present_state
from alerts.tier import Action, Tier
from pipeline.bulletin import DataState
from pipeline.world import Mode
from tests.golden.samples import CUTOFF, EXERCISE, HOUR, SLOT, bulletin, risk, valley

VILLAGES = valley().villages
SAID = {
    *("village_id", "kind", "name", "name_en", "township", "position_basis"),
    *("tier", "tier_colour", "action", "decide_by", "since", "level", "data_state"),
    *("mode", "stale"),
}


def state(*told, seen=None, episodes=(), **changes):
    facts = PresentState(
        site="valley",
        mode=Mode.EXERCISE,
        at=CUTOFF,
        stale=False,
        villages=VILLAGES,
        bulletin=bulletin(*(seen or [risk(0, village=v.village_id) for v in VILLAGES])),
        episodes={e.village_id: e for e in episodes},
        told=told,
    )
    return replace(facts, **changes)


def features(facts):
    return {f["id"]: f for f in json.loads(present_state(facts))["features"]}


def said(facts, village="hekou"):
    return features(facts)[village]["properties"]


def episode(level, *, village="hekou", before=None, slot=SLOT):
    seen = risk(level, village=village, slot=slot)
    return advance(before, Word(slot, seen), world=EXERCISE, rules=valley().config).episode


def told(of, action, decide_by=None, revision=None, place="riverside"):
    number = of.revision if revision is None else revision
    return Told(of.episode_id, number, place, action, decide_by)


@given(st.permutations(VILLAGES), st.data())
def test_the_order_of_what_is_known_changes_no_byte(villages, data):
    ordered = episode(4)
    orders = [told(ordered, a) for a in (Action.MOVE, Action.REFUGE, Action.PREPARE)]
    mixed = data.draw(st.permutations(orders))
    one = state(*orders, episodes=[ordered])
    other = state(*mixed, episodes=[ordered], villages=tuple(villages))
    assert present_state(one) == present_state(other)
    named = [f["id"] for f in json.loads(present_state(other))["features"]]
    assert named == sorted(v.village_id for v in VILLAGES)


def test_it_is_a_feature_collection_and_says_whose_and_of_when():
    whole = json.loads(present_state(state()))
    assert whole.pop("features")
    assert whole == {
        "type": "FeatureCollection",
        "site": "valley",
        "mode": "exercise",
        "at": "2024-07-14T17:05:00Z",
        "slot": "2024-07-14T17:00:00Z",
        "stale": False,
    }


def test_every_place_says_these_things_and_no_other():
    for feature in features(state(stale=True)).values():
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert set(feature["properties"]) == SAID
        assert feature["properties"]["village_id"] == feature["id"]
        assert (feature["properties"]["mode"], feature["properties"]["stale"]) == ("exercise", True)


def test_nothing_that_is_given_to_it_can_hold_a_person():
    assert {field.name for field in fields(Told)} == {
        "episode_id", "revision", "place_id", "action", "decide_by",
    }  # fmt: skip


def test_a_position_is_longitude_first_and_is_never_invented():
    first, *others = VILLAGES
    for lost in ({"lat": None}, {"lon": None}, {"lat": None, "lon": None}):
        found = features(state(villages=(first.model_copy(update=lost), *others)))
        assert found[first.village_id]["geometry"] is None
        for village in others:
            point = {"type": "Point", "coordinates": [village.lon, village.lat]}
            assert found[village.village_id]["geometry"] == point
    at_zero = first.model_copy(update={"lat": 0.0, "lon": 0.0})
    found = features(state(villages=(at_zero,)))
    assert found[first.village_id]["geometry"]["coordinates"] == [0, 0]


def test_a_place_of_which_no_bulletin_speaks_is_blind_never_calm():
    for facts in (state(bulletin=None), state(seen=[risk(0, village="songlin")])):
        assert (said(facts)["level"], said(facts)["data_state"]) == (0, "blind")
    assert json.loads(present_state(state(bulletin=None)))["slot"] is None
    degraded = state(seen=[risk(3, state=DataState.DEGRADED)])
    assert (said(degraded)["level"], said(degraded)["data_state"]) == (3, "degraded")


@given(
    actions=st.lists(st.sampled_from(Action), min_size=1, max_size=6),
    hours=st.lists(st.none() | st.integers(-5, 5), min_size=6, max_size=6),
)
def test_the_gravest_order_stands_and_the_first_decide_by(actions, hours):
    ordered = episode(4)
    limits = [None if h is None else SLOT + h * HOUR for h in hours]
    orders = [told(ordered, a, t) for a, t in zip(actions, limits, strict=False)]
    found = said(state(*orders, episodes=[ordered]))
    assert found["action"] == min(actions, key=GRAVEST_FIRST.index)
    known = [t for t in limits[: len(actions)] if t is not None]
    assert found["decide_by"] == (min(known).isoformat().replace("+00:00", "Z") if known else None)
    assert (found["tier"], found["tier_colour"]) == (4, "red")


def test_every_action_has_its_weight_and_a_refuge_the_greatest():
    assert sorted(GRAVEST_FIRST) == sorted(Action)
    assert GRAVEST_FIRST[:3] == (Action.REFUGE, Action.MOVE, Action.PREPARE)


def test_an_order_is_replaced_by_the_next_and_outlives_a_fall_told_to_officers_alone():
    ordered = episode(4)
    older = told(ordered, Action.REFUGE, SLOT, revision=1)
    newer = told(ordered, Action.PREPARE, SLOT + HOUR, revision=2)
    fallen = replace(ordered, tier=Tier.YELLOW, revision=7, tier_since=SLOT + 2 * HOUR)
    for orders in ((older, newer), (newer, older)):
        found = said(state(*orders, episodes=[fallen]))
        assert (found["action"], found["decide_by"]) == ("prepare", "2024-07-14T18:00:00Z")
        assert (found["tier_colour"], found["since"]) == ("yellow", "2024-07-14T19:00:00Z")


def test_a_new_way_for_one_place_revokes_nothing_of_the_rest():
    ordered = episode(4)
    rest = told(ordered, Action.REFUGE, SLOT, revision=1, place="island")
    rerouted = told(ordered, Action.MOVE, SLOT + HOUR, revision=2)
    assert said(state(rest, rerouted, episodes=[ordered]))["action"] == "refuge"
    whole = told(ordered, Action.RETRACT, revision=3, place="village")
    assert said(state(rest, rerouted, whole, episodes=[ordered]))["action"] == "retract"


def test_a_map_shows_what_a_village_at_large_is_asked():
    ordered = episode(3)
    fetched = told(ordered, Action.MOVE, place="riverside:help")
    found = state(fetched, told(ordered, Action.PREPARE), episodes=[ordered])
    assert said(found)["action"] == "prepare"


def test_what_another_village_or_an_ended_episode_was_told_does_not_stand():
    ordered, elsewhere = episode(4), episode(4, village="songlin")
    closed = replace(ordered, tier=Tier.NONE, closed=SLOT + HOUR)
    order = told(ordered, Action.MOVE, SLOT + HOUR)
    calm = {"tier": 0, "tier_colour": "none", "action": None, "decide_by": None, "since": None}
    for facts in (
        state(order, episodes=[closed]),
        state(order, episodes=[elsewhere]),
        state(told(elsewhere, Action.MOVE)),
    ):
        assert {name: said(facts)[name] for name in calm} == calm
    assert said(state(order, episodes=[elsewhere]), "songlin")["action"] is None


@given(name=st.text(max_size=30))
def test_any_name_is_carried_as_it_is(name):
    odd = VILLAGES[0].model_copy(update={"name": name, "name_en": name, "township": name})
    found = said(state(villages=(odd,)), odd.village_id)
    assert found["name"] == found["name_en"] == found["township"] == name


def test_times_are_utc_to_the_second():
    ordered = episode(4)
    late = CUTOFF + timedelta(microseconds=5)
    found = json.loads(present_state(state(told(ordered, Action.MOVE, late), at=late)))
    assert found["at"] == "2024-07-14T17:05:00Z"
