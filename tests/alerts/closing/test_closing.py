"""What is reported closed acts at once: who has not set out gets one new way, and nobody else."""

from dataclasses import replace

import pytest

from alerts.actions import Asked, order_village
from alerts.closing import Closing, report
from alerts.errors import Refused
from alerts.forms import Form, render
from alerts.issue import Minute
from alerts.ledger import actions, closures
from alerts.message import Voice
from alerts.orders import moment_of, orders
from alerts.tables import message, officer_action
from alerts.tier import Tier
from pipeline.database import reading
from tests.alerts.night import FLOOD, WALL, levels
from tests.golden.samples import MINUTE as MINUTES
from tests.golden.samples import bulletin, risk

COUNTY = "county_duty-1"


def at(minutes):
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def closing(ident="back-hill", *, kind="route", village="hekou", closed=True, reason="slide"):
    return Closing(village, kind, ident, closed=closed, reason=reason, by=COUNTY)


def red(night, lead_min=400):
    """Let hekou be told to move, with time to walk."""
    night.warned(bulletin(risk(4, lead_min=lead_min)))


def texts(night, place, language="en", *, after=1):
    rows = sorted(night.rows(message), key=lambda row: row.revision)
    return [
        r.body for r in rows if (r.place_id, r.language) == (place, language) and r.revision > after
    ]


def test_who_was_to_go_by_it_is_told_another_way_and_what_has_closed(night):
    red(night)
    (issued,) = report(night.desk, closing(), at(2))
    assert issued.deliveries > 0
    (body,) = texts(night, "riverside")
    assert "The way has changed: the back hill path cannot be used." in body
    assert "Take the stone lane." in body


def test_whose_way_is_another_one_is_told_nothing(night):
    red(night)
    report(night.desk, closing(), at(2))
    assert texts(night, "south") == []
    assert texts(night, "") != []  # the officers


def test_where_no_way_is_left_the_refuge_is_ordered(night):
    red(night)
    report(night.desk, closing(), at(2))
    report(night.desk, closing("lane"), at(3))
    body = texts(night, "riverside")[-1]
    assert "the upper floor of the tea house" in body
    assert "Take" not in body


@pytest.mark.parametrize(("language", "go_on"), [("en", "keep going"), ("zh", "继续")])
def test_who_is_under_way_is_told_to_go_on_where_a_way_is_left_and_never_where_none_is(
    night, language, go_on
):
    night.warned(bulletin(risk(4, lead_min=20)))
    (late,) = texts(night, "riverside", language, after=0)
    report(night.desk, closing(), at(2))
    report(night.desk, closing("lane"), at(3))
    red = replace(order_in(night, "riverside"), changed=None)
    for form in Form:
        cut = render(red, {"en": "Hekou"}, voice_of(night, language), at=FLOOD, form=form)
        assert cut.fault is None
        assert go_on not in cut.body
    assert go_on in late


def voice_of(night, language):
    pack = night.desk.pack
    return Voice(night.world.mode, pack.templates[language], pack.config)


def order_in(night, place):
    """Return the order to a place at red by what is reported closed now."""
    pack = night.desk.pack
    with reading(night.engine) as connection:
        shut = closures.reported(connection, night.world).of("hekou")
    village, seen = pack.village("hekou"), risk(4, lead_min=400)
    moment = moment_of(village, Tier.RED, seen, at=FLOOD, config=pack.config, closures=shut)
    return next(o for o in orders(pack.plans["hekou"], moment) if o.place_id == place)


def test_where_no_way_and_no_refuge_is_left_nobody_is_sent_across_the_water(night):
    red(night)
    report(night.desk, closing("lane"), at(3))
    body = texts(night, "island")[-1]
    assert "Do not cross water" in body
    assert "school" not in body


def test_a_shelter_that_is_full_sends_people_to_the_next(night):
    red(night)
    report(night.desk, closing("hall", kind="shelter", reason="full"), at(2))
    assert "the upper floor of the village office" in texts(night, "south")[-1]


def test_a_way_that_opens_again_is_told_and_names_nothing_closed(night):
    red(night)
    report(night.desk, closing(), at(2))
    report(night.desk, closing(closed=False, reason="cleared"), at(20))
    body = texts(night, "riverside")[-1]
    assert "The way has changed.\n" in body
    assert "Take the back hill path." in body


def test_what_is_closed_before_the_flood_counts_when_it_comes(night):
    assert report(night.desk, closing(), at(0)) == ()
    red(night)
    assert "Take the stone lane." in texts(night, "riverside", after=0)[0]


def test_the_same_report_twice_tells_nobody_twice(night):
    red(night)
    assert len(report(night.desk, closing(), at(2))) == 1
    assert report(night.desk, closing(), at(3)) == ()


def test_a_calm_village_is_told_nothing(night):
    night.warned(levels())
    assert report(night.desk, closing(), at(2)) == ()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"ident": "tunnel"}, "knows: back-hill, lane"),
        ({"village": "nowhere"}, "no usable plan"),
        ({"kind": "dam"}, "no route, crossing or shelter"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_report_about_nothing_is_refused_with_what_there_is(night, wrong, why):
    with pytest.raises(Refused, match=why):
        report(night.desk, closing(**wrong), at(1))
    assert night.rows(officer_action) == []


def test_only_who_may_report_closes_a_way(night):
    with pytest.raises(Refused, match="no right to report"):
        report(night.desk, replace(closing(), by="hekou/responsible"), at(1))


def with_bridge(plan, crossing):
    lane = plan.routes[-1].model_copy(update={"crossings": (crossing,)})
    return plan.model_copy(update={"routes": (*plan.routes[:-1], lane)})


def test_a_bridge_is_out_in_every_village_whose_ways_cross_it(night):
    from alerts.plan.ways import Crossing

    bridge = Crossing(id="stone-bridge", name={"en": "the stone bridge"}, cut_from="never")
    pack = night.desk.pack
    plans = {v: with_bridge(pack.plans[v], bridge) for v in ("hekou", "baishi")}
    night.pack = replace(pack, plans={**pack.plans, **plans})
    night.warned(bulletin(risk(4, lead_min=400), risk(4, village="baishi", lead_min=400)))
    told = report(night.desk, closing("stone-bridge", kind="crossing", village="*"), at(2))
    assert {issued.messages[0].village_id for issued in told} == {"hekou"}  # baishi goes uphill
    with reading(night.engine) as connection:
        shut = closures.reported(connection, night.world)
    assert shut.of("baishi").crossings == shut.of("hekou").crossings == ("stone-bridge",)
    assert "the stone bridge cannot be used" in texts(night, "south")[-1]


def test_the_log_shows_a_row_that_was_changed_or_taken_out(night):
    red(night)
    for minute, closed in enumerate((True, False, True), start=2):
        report(night.desk, closing(closed=closed), at(minute))
    order_village(night.desk, Asked("baishi", Tier.RED, "water", COUNTY), at(9))
    with night.engine.begin() as connection:
        assert actions.broken_link(connection, night.world) is None
        second = officer_action.c.number == 2
        changed = connection.begin_nested()
        connection.execute(officer_action.update().where(second).values(reason="nothing"))
        assert actions.broken_link(connection, night.world) == 2
        changed.rollback()
        connection.execute(officer_action.delete().where(second))
        assert actions.broken_link(connection, night.world) == 2


def test_an_order_by_hand_sends_nobody_on_a_way_that_is_closed(night):
    report(night.desk, closing(), at(1))
    order_village(night.desk, Asked("hekou", Tier.RED, "water at the bridge", COUNTY), at(2))
    (body,) = texts(night, "riverside", after=0)
    assert "Take the stone lane." in body
