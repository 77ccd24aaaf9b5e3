"""A warning that comes late is told once, of what stands now, and while it can still be kept."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from alerts.episode import Word, advance_through, in_all
from alerts.issue import Minute
from alerts.ledger import episodes
from alerts.tier import Tier
from pipeline.instants import from_us
from tests.alerts.night import (
    FLOOD,
    HOUR,
    SLOT,
    WALL,
    assessed,
    delivery,
    episode,
    levels,
    message,
)
from tests.golden.samples import EXERCISE, quick_valley, risk


def at(hours, wall=WALL):
    """Return the minute so many hours into the night, at the flood's own pace."""
    return Minute(wall + hours * HOUR, FLOOD + hours * HOUR)


def failing(night, *hourly):
    """Keep a bulletin an hour, of which nobody is warned."""
    for hour, level in enumerate(hourly):
        assessed(night.engine, night.world, levels(SLOT + hour * HOUR, hekou=level))


def bodies(night, audience="officer", language="en"):
    return [
        row.body
        for row in night.rows(message)
        if (row.audience, row.language) == (audience, language)
    ]


def test_a_red_that_nobody_was_told_of_for_seven_hours_is_told_and_not_born_expired(night, post):
    failing(night, *(4,) * 8)
    done = night.warned(at=at(7))
    assert [each.slot for each in done] == [SLOT + hour * HOUR for hour in range(8)]
    assert done[-1].deliveries == len(night.rows(delivery)) > 0
    night.delivered(after_s=7 * 3600)
    assert len(post.mails) == done[-1].deliveries
    assert set(night.states()) == {"accepted"}


def test_so_is_a_single_bulletin_that_is_taken_up_late(night):
    night.warned(levels(hekou=4), at=at(7))
    assert {from_us(row.expires_at) - (WALL + 7 * HOUR) for row in night.rows(delivery)} == {
        6 * HOUR
    }


def test_what_is_told_late_names_no_time_that_is_over(night):
    water = levels(hekou=4)
    night.warned(replace(water, details=(risk(4, lead_min=150),)), at=at(7))
    told = bodies(night, "villager")
    assert told
    assert all(time >= "08:05" for body in told for time in re.findall(r"\d\d:\d\d", body))


def test_each_village_is_told_once_of_the_newest_tier(night):
    failing(night, 2, 3, 4)
    *before, last = night.warned(at=at(2))
    assert {row.revision for row in night.rows(message)} == {3}
    assert {Tier(row.tier) for row in night.rows(message)} == {Tier.RED}
    assert [each.messages for each in before] == [0, 0]
    assert last.messages == len(night.rows(message))
    told = [(row.contact_ref, row.channel, row.message_id) for row in night.rows(delivery)]
    assert len(told) == len(set(told))


def test_every_state_on_the_way_is_kept(night):
    failing(night, 2, 3, 4, 4)
    night.warned(at=at(3))
    kept = sorted((row.revision, row.tier) for row in night.rows(episode))
    assert kept == [(1, Tier.YELLOW), (2, Tier.ORANGE), (3, Tier.RED), (4, Tier.RED)]


def test_what_rose_and_fell_unseen_is_told_to_nobody(night):
    failing(night, 2, 0, 0, 0)
    night.warned(at=at(3))
    assert night.rows(message) == []
    with night.engine.connect() as connection:
        assert episodes.newest_of(connection, night.world, "hekou").closed is not None


def test_a_fall_that_was_missed_is_told(night):
    night.warned(levels(hekou=2))
    for hour in (1, 2, 3):
        assessed(night.engine, night.world, levels(SLOT + hour * HOUR))
    night.warned(at=at(3))
    assert {row.action for row in night.rows(message)} == {"stand_by", "stand_down"}


def test_officers_read_up_to_when_the_readings_speak_and_not_when_it_was_written(night):
    failing(night, 4, 4)
    night.warned(at=at(6))
    assert any("Known at 2024-07-15 02:05" in body for body in bodies(night))


def test_one_bulletin_on_time_says_the_same_as_ever(night):
    night.warned(levels(hekou=4), at=at(0.5))
    (told,) = {row.expires_at for row in night.rows(message)}
    assert from_us(told) == FLOOD + 6 * HOUR


@pytest.mark.parametrize("before", [(), (2,), (4,), (2, 0, 0)])
@pytest.mark.parametrize("level", range(5))
def test_one_step_comes_in_all_to_itself(before, level):
    states = [Word(SLOT + h * HOUR, risk(n, slot=SLOT + h * HOUR)) for h, n in enumerate(before)]
    rules = quick_valley().config
    past = advance_through(None, states, world=EXERCISE, rules=rules)
    episode_before = past[-1].episode if past else None
    slot = SLOT + len(before) * HOUR
    (step,) = advance_through(
        episode_before, [Word(slot, risk(level, slot=slot))], world=EXERCISE, rules=rules
    )
    assert in_all(episode_before, step) == step


def test_a_pass_that_takes_all_ends_where_single_passes_do(night):
    hourly = (2, 3, 0, 4, 2, 0, 0)
    failing(night, *hourly)
    night.warned(at=at(7))
    rules = quick_valley().config
    told = [Word(SLOT + h * HOUR, risk(n, slot=SLOT + h * HOUR)) for h, n in enumerate(hourly)]
    steps = advance_through(None, told, world=night.world, rules=rules)
    with night.engine.connect() as connection:
        told = episodes.newest_of(connection, night.world, "hekou")
    # who was told to leave home is written with the order, and no step knows it
    assert told.sheltered
    assert replace(told, sheltered=()) == steps[-1].episode
    assert all(one.slot < two.slot for one, two in pairwise(
        sorted(night.rows(episode), key=lambda row: row.revision)))  # fmt: skip


@pytest.mark.parametrize("after", [(), (1,)])
def test_those_who_stood_by_hear_of_a_fall_that_a_new_blue_hides(night, after):
    night.warned(levels(hekou=2))
    for hour, level in enumerate((0, 0, 0, *after), start=1):
        assessed(night.engine, night.world, levels(SLOT + hour * HOUR, hekou=level))
    night.warned(at=at(3 + len(after)))
    told = {row.action for row in night.rows(message) if row.audience == "villager"}
    assert told == {"stand_by", "stand_down"}
