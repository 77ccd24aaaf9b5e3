"""What was decided since keeps a delivery at home: by what is newer, and by no clock."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.issue import Minute
from alerts.tier import Tier
from pipeline.world import live
from tests.alerts.night import HOUR, MINUTE, SLOT, delivery, levels, message

ONE, TWO = "county_duty-1", "county_duty-2"


def minute(hours=0.0, seconds=0.0):
    shift = timedelta(hours=hours, seconds=seconds)
    return Minute(MINUTE.wall + shift, MINUTE.flood + shift)


def asked(to):
    return Asked("hekou", to, "seen from the bridge", ONE, "the gauge lies")


def lowered(night, to, at):
    confirm_lower(night.desk, request_lower(night.desk, asked(to), at), TWO, at)


def states(night, audience):
    """Return where the deliveries to that audience stand, by tier and action."""
    told = {row.message_id: row for row in night.rows(message)}
    found = {}
    for row in night.rows(delivery):
        text = told[row.message_id]
        if text.audience == audience:
            found.setdefault((Tier(text.tier), text.action), set()).add(row.state)
    return found


def calm(night, level, *, since, until):
    for hour in range(since, until + 1):
        night.warned(levels(SLOT + hour * HOUR, hekou=level), at=minute(hour, 0.5))


def test_a_persons_order_is_not_replaced_by_what_it_overruled(night, post):
    """The person's minute bears whole seconds, and is read before the cycle's is over."""
    night.warned(levels(hekou=3), at=minute(seconds=0.5))
    order_village(night.desk, asked(Tier.RED), minute(seconds=0.7))
    night.delivered(after_s=1)
    for audience in ("villager", "officer"):
        for (tier, _), stand in states(night, audience).items():
            assert stand == ({"accepted"} if tier is Tier.RED else {"superseded"})


def test_an_order_of_a_new_episode_is_not_replaced_by_the_end_of_the_last(night, post):
    night.warned(levels(hekou=2), at=minute(seconds=0.5))
    night.delivered(after_s=1)
    calm(night, 0, since=1, until=4)
    stood_down = max(row.created_at for row in night.rows(message))
    last = minute(seconds=stood_down / 1e6 - MINUTE.wall.timestamp() + 0.2)
    order_village(night.desk, asked(Tier.RED), last)
    night.delivered(after_s=4 * 3600 + 60)
    red = {k: v for k, v in states(night, "villager").items() if k[0] is Tier.RED}
    assert red
    assert set.union(*red.values()) == {"accepted"}
    assert states(night, "villager")[Tier.NONE, "stand_down"] == {"superseded"}


@pytest.mark.parametrize("to", [Tier.ORANGE, Tier.YELLOW, Tier.NONE])
def test_an_order_to_leave_stays_at_home_once_two_persons_lowered_it(night, post, to):
    night.warned(levels(hekou=4))
    lowered(night, to, minute(seconds=60))
    night.delivered(after_s=120)
    villagers = states(night, "villager")
    assert {tier for tier, _ in villagers} == {Tier.RED}
    assert set.union(*villagers.values()) == {"superseded"}
    officers = {tier: stand for (tier, _), stand in states(night, "officer").items()}
    assert officers == {Tier.RED: {"superseded"}, to: {"accepted"}}


def test_an_uncertain_order_is_not_repeated_once_it_was_lowered(night, post):
    post.default = "accept and hang up"
    night.warned(levels(hekou=4))
    night.delivered()
    mails = len(post.mails)
    lowered(night, Tier.NONE, minute(seconds=60))
    post.default = "accept"
    night.delivered(after_s=120)
    assert len(post.mails) - mails == sum(row.tier == 0 for row in night.rows(delivery))


def test_what_was_raised_again_goes_out(night, post):
    night.warned(levels(hekou=4))
    lowered(night, Tier.ORANGE, minute(seconds=60))
    order_village(night.desk, asked(Tier.RED), minute(seconds=90))
    night.delivered(after_s=120)
    villagers = [row for row in night.rows(delivery) if row.purpose == "villager"]
    sent = [row for row in villagers if row.state == "accepted"]
    assert len(sent) == len(villagers) / 2
    assert min(row.created_at for row in sent) > min(row.created_at for row in villagers)


def test_that_nobody_need_stand_by_any_more_is_told_though_the_episode_went_on_falling(night, post):
    night.warned(levels(hekou=2))
    calm(night, 1, since=1, until=3)
    calm(night, 0, since=4, until=7)
    stood_down = max(row.created_at for row in night.rows(message) if row.action == "stand_down")
    night.delivered(after_s=60 + stood_down / 1e6 - MINUTE.wall.timestamp())
    villagers = states(night, "villager")
    assert villagers[Tier.YELLOW, "stand_by"] == {"superseded"}
    assert villagers[Tier.BLUE, "stand_down"] == {"accepted"}


@pytest.mark.parametrize(("real", "stays"), [(Tier.RED, True), (Tier.ORANGE, False)])
def test_a_real_red_ends_the_exercise_in_that_village_and_in_no_other(night, post, real, stays):
    night.warned(levels(hekou=4, baishi=4))
    earnest = replace(night.desk, world=live(night.world.site))
    order_village(earnest, asked(real), minute(seconds=30))
    night.delivered(after_s=60)
    village = {row.message_id: row.village_id for row in night.rows(message)}
    found = {}
    for row in night.rows(delivery):
        found.setdefault(village[row.message_id], set()).add(row.state)
    assert found == {"hekou": {"superseded" if stays else "accepted"}, "baishi": {"accepted"}}


def test_the_exercise_stays_over_where_a_real_red_was_lowered_and_is_not_closed(night, post):
    earnest = replace(night.desk, world=live(night.world.site))
    order_village(earnest, asked(Tier.RED), minute(seconds=10))
    confirm_lower(
        earnest,
        request_lower(earnest, asked(Tier.YELLOW), minute(seconds=20)),
        TWO,
        minute(seconds=20),
    )
    night.warned(levels(hekou=4), at=minute(seconds=30))
    night.delivered(after_s=60)
    assert night.states() == {"superseded": len(night.rows(delivery))}
    assert post.mails == []
