"""4 November 2014 on the Cance: who would have been told to leave, and whether that was in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import past
from alerts.orders import moment_of, orders, rerouted
from alerts.plan.ways import OPEN, Closures
from alerts.tier import Tier
from pipeline.bulletin import Onset
from pipeline.settings import Settings
from pipeline.world import Mode
from tests.services import ROOT, SAMPLE, require

BEGAN, ENDED = datetime(2014, 11, 3, tzinfo=UTC), datetime(2014, 11, 5, 12, tzinfo=UTC)
NO_TIME = timedelta()


@pytest.fixture(scope="module")
def looked_back(tmp_path_factory):
    """Give the storm as the plans are, and as if every way took twice as long."""
    require("sample")
    home = tmp_path_factory.mktemp("cance")
    (home / "sample").symlink_to(SAMPLE.parents[2])
    settings = Settings(
        home=home,
        site_folder=ROOT / "config" / "cance",
        database_url=f"sqlite:///{home}/floodwarn.db",
        mode=Mode.EXERCISE,
        public_url="http://127.0.0.1:8091",
        smtp_host="127.0.0.1",
        smtp_port=1,
    )
    found = []
    with past.recorded(settings, lambda _feed: lambda _done, _all: None) as deployment:
        for walk in (1.0, 2.0):
            seen = past.replayed(
                deployment, start=BEGAN, end=ENDED, assumed=past.Assumed(walk=walk)
            )
            found.append((seen, past.orders_of(deployment, seen)))
    return found


def test_every_place_with_a_way_has_a_decide_by_in_every_orange_and_red(looked_back):
    (seen, ordered), _ = looked_back
    assert len({one.village.village_id for one in ordered}) > 15
    for one in ordered:
        planned = one.village.village_id in seen.warning.plans
        assert (one.order.decide_by.at is not None) is planned, one.order.place_id


def test_where_a_river_tells_everybody_was_there_before_it_stood_at_level_three(looked_back):
    (_, ordered), _ = looked_back
    margins = [one.margin for one in ordered if one.margin is not None]
    assert len(margins) >= 15
    assert min(margins) >= NO_TIME


def test_twice_the_walk_is_never_ordered_later_and_always_has_to_be_decided_earlier(looked_back):
    (_, plain), (_, slow) = looked_back
    twice = {(one.village.village_id, one.order.place_id): one for one in slow}
    for one in plain:
        other = twice[one.village.village_id, one.order.place_id]
        assert other.at <= one.at
        if one.order.decide_by.at is not None:
            assert other.order.decide_by.at < one.order.decide_by.at


def with_time(onset):
    """Return an onset that leaves time for a way: past decide-by nobody is sent by any."""
    later = timedelta(hours=6)
    return Onset(onset.earliest + later, onset.likely + later, onset.latest + later)


def goes(order):
    return order.action, order.to, order.way


def moments(seen, ordered):
    """Yield each planned village's plan and moment of its order, had there been time."""
    at = {one.village.village_id: one for one in ordered}
    for change in seen.rehearsal.changes:
        one, plan = at.get(change.risk.village_id), seen.warning.plans.get(change.risk.village_id)
        if one is not None and plan is not None and one.at == change.known_at:
            risk = replace(change.risk, onset=with_time(change.risk.onset))
            yield (
                plan,
                moment_of(one.village, Tier.RED, risk, at=one.at, config=seen.warning.config),
            )


def test_a_way_that_closes_that_night_changes_the_order_of_who_goes_by_it_and_nobody_elses(
    looked_back,
):
    (seen, ordered), _ = looked_back
    changed = []
    for plan, moment in moments(seen, ordered):
        before = {order.place_id: order for order in orders(plan, moment)}
        for route in plan.routes:
            shut = replace(moment, closures=Closures(routes=(route.id,)))
            told = [order.place_id for order in rerouted(plan, shut, before=OPEN)]
            after = {order.place_id: order for order in orders(plan, shut)}
            assert sorted(told) == sorted(p for p in after if goes(after[p]) != goes(before[p]))
            for place, order in after.items():
                limit, old = order.decide_by.at, before[place].decide_by.at
                assert limit is None or (old is not None and limit <= old)
            changed += [after[p].decide_by.at != before[p].decide_by.at for p in told]
    assert any(changed)
