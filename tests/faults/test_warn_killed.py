"""A warn that is killed anywhere, then run again, has warned once: no row lost, none doubled."""

from dataclasses import replace

import pytest

from alerts.actions import Asked, order_village
from alerts.tables import cap_alert, fence, officer_action
from alerts.tier import Tier
from alerts.warn import warn
from pipeline.world import Mode, World
from tests.alerts.night import (
    FLOOD,
    HOUR,
    MINUTE,
    SLOT,
    WALL,
    assessed,
    delivery,
    episode,
    levels,
    message,
    valley,
)
from tests.faults.killed import killed_at

STRIDE = 5
TOLD = (levels(hekou=3), levels(SLOT + HOUR, hekou=4, xiaqiao=2))


@pytest.fixture
def world_of(night):
    """Give each try a world of its own in the one database."""

    def enter(number: int) -> World:
        night.world = World("valley", Mode.EXERCISE, f"x{number}")
        assessed(night.engine, night.world, *TOLD)
        return night.world

    return enter


def written(night) -> dict[str, list]:
    """Return all that a world holds, without what names the world."""
    kept = {row.message_id: row for row in night.rows(message)}
    return {
        "fence": [row.last_slot for row in night.rows(fence)],
        "episodes": sorted((r.village_id, r.revision, r.tier) for r in night.rows(episode)),
        "messages": sorted(
            (r.village_id, r.revision, r.place_id, r.language, r.body) for r in kept.values()
        ),
        "cap": sorted(row.revision for row in night.rows(cap_alert)),
        "deliveries": sorted(
            (
                *(kept[r.message_id].village_id, kept[r.message_id].revision),
                *(kept[r.message_id].place_id, r.contact_ref, r.channel, r.state),
            )
            for r in night.rows(delivery)
        ),
        "deeds": sorted((row.village_id, row.verb) for row in night.rows(officer_action)),
    }


def test_a_warn_killed_at_any_touch_of_the_database_warns_once_in_the_end(
    night, engine_url, world_of
):
    roster = night.roster

    def step(engine):
        warn(engine, valley(), night.world, roster, now=WALL, flood_now=FLOOD)

    world_of(0)
    step(night.engine)
    whole = written(night)
    assert len(whole["deliveries"]) == len(set(whole["deliveries"])) > 0
    fatal, killed = 1, True
    while killed:
        world_of(fatal)
        night.engine.dispose()
        killed = killed_at(fatal, engine_url, step)
        if not killed:
            assert written(night) == whole
        step(night.engine)
        assert written(night) == whole, fatal
        fatal += STRIDE
    assert fatal > 60


def test_an_order_by_hand_killed_anywhere_is_there_wholly_or_not_at_all(
    night, engine_url, world_of
):
    def step(engine):
        desk = replace(night.desk, engine=engine)
        order_village(desk, Asked("hekou", Tier.RED, "seen", "county_duty-1"), MINUTE)

    world_of(0)
    nothing = written(night)
    step(night.engine)
    whole = written(night)
    fatal, killed = 1, True
    while killed:
        world_of(fatal)
        night.engine.dispose()
        killed = killed_at(fatal, engine_url, step)
        assert written(night) == (nothing if killed else whole), fatal
        fatal += STRIDE
    assert fatal > 20
