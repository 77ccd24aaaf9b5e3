"""What differs between two plans is told whole, by id and not by position."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.plan.difference import Change, differences
from tests.alerts.plan.book_plans import plans
from tests.golden.samples import valley

PLAN = valley().plans["baishi"]
slow = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def with_zone(number, **update):
    zones = list(PLAN.zones)
    zones[number] = zones[number].model_copy(update=update)
    return PLAN.model_copy(update={"zones": tuple(zones)})


@slow
@given(plans(), plans())
def test_two_plans_have_no_difference_exactly_where_they_are_equal(one, other):
    assert differences(one, one) == ()
    assert bool(differences(one, other)) == (one != other)


@slow
@given(plans(), plans())
def test_a_difference_turned_round_has_old_and_new_changed(one, other):
    there = {(c.field, c.old, c.new) for c in differences(one, other)}
    back = {(c.field, c.new, c.old) for c in differences(other, one)}
    assert there == back


@slow
@given(plans(), st.data())
def test_another_order_of_zones_is_one_difference_and_no_zone_differs(plan, data):
    turned = plan.model_copy(update={"zones": tuple(data.draw(st.permutations(plan.zones)))})
    assert {change.field for change in differences(plan, turned)} <= {"zones"}
    assert bool(differences(plan, turned)) == (turned.zones != plan.zones)


def test_a_change_is_told_with_the_id_of_its_zone_and_its_language():
    name = PLAN.zones[0].name | {"en": "the lower houses"}
    assert differences(PLAN, with_zone(0, people=120, name=name)) == (
        Change(
            "zones.riverside.name.en",
            "zone riverside: name (en)",
            "the riverside houses",
            "the lower houses",
        ),
        Change("zones.riverside.people", "zone riverside: people", "112", "120"),
    )


def test_a_zone_that_goes_is_one_change_that_says_what_went():
    (change,) = differences(PLAN, PLAN.model_copy(update={"zones": PLAN.zones[1:]}))
    assert (change.field, change.new) == ("zones.riverside", None)
    assert "people 112" in change.old
    assert change.line().endswith("-> nothing")


def test_another_first_route_is_told_in_its_order():
    (change,) = differences(PLAN, with_zone(1, routes=("street", "hill")))
    assert change.line() == "zone market: routes: hill, street -> street, hill"


def test_a_plan_that_comes_or_goes_is_one_change():
    (new,), (gone,) = differences(None, PLAN), differences(PLAN, None)
    assert (new.old, gone.new) == (None, None)
    assert new.new == gone.old
    assert differences(None, None) == ()
