"""Whom a warning wakes at night: a law of the rule, and what becomes of it in a night's outbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.chase import chase
from alerts.issue import Minute
from alerts.outbox import held_back
from alerts.outbox.delivery import LADDER
from alerts.roster import CONTACTS
from alerts.tier import Tier
from alerts.waking import Waking, put_off
from pipeline.database import reading
from tests.alerts.night import FLOOD, HOUR, SLOT, WALL, delivery, levels, quick_valley

ONE = datetime(2026, 7, 14, 17, tzinfo=UTC)
SIX = ONE + 5 * HOUR
"""The valley's 01:00 and 06:00, when its quiet hours end."""
TOWNSHIP = "township_duty-17d971"
OWN = "hekou/responsible"
HOURS = st.none() | st.integers(-600, 600).map(lambda minutes: ONE + timedelta(minutes=minutes))


@given(st.sampled_from([Tier.ORANGE, Tier.RED]), HOURS)
def test_orange_and_red_ring_at_any_hour(tier, leave_by):
    assert put_off(tier, leave_by, at=ONE, quiet_until=SIX, rule=Waking()) is None


@given(st.sampled_from(Tier), HOURS)
def test_by_day_everything_rings_at_once(tier, leave_by):
    assert put_off(tier, leave_by, at=ONE, quiet_until=None, rule=Waking()) is None


@given(HOURS)
def test_a_yellow_lets_nobody_sleep_longer_than_the_night_nor_than_the_decide_by_allows(leave_by):
    rings = put_off(Tier.YELLOW, leave_by, at=ONE, quiet_until=SIX, rule=Waking()) or ONE
    assert ONE <= rings <= SIX
    if leave_by is not None:
        assert rings == ONE or rings <= leave_by - timedelta(minutes=90)


@given(st.integers(0, 7 * 24 * 4))
def test_quiet_hours_end_at_their_hour_on_the_local_clock_also_when_the_clock_changes(quarters):
    config = quick_valley().config.model_copy(update={"zone": "Europe/Paris"})
    at = datetime(2026, 10, 22, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    ends = config.quiet_until(at)
    assert (ends is not None) == config.is_quiet(at)
    if ends is not None:
        assert at < ends <= at + timedelta(hours=9)
        assert ends.astimezone(ZoneInfo("Europe/Paris")).hour == config.quiet_to
        assert not config.is_quiet(ends)


@pytest.fixture
def phones(night):
    """Give one of the village and the township a telephone beside their mail."""
    text = night.home.joinpath(CONTACTS).read_text()
    for number, ref in enumerate((OWN, TOWNSHIP)):
        named = f'ref = "{ref}"\n'
        assert named in text
        ways = f'phone = "+861380013800{number}"\nchannels = ["voice", "email"]\n'
        text = text.replace(named, named + ways)
    night.home.joinpath(CONTACTS).write_text(text)
    return night


def due(night):
    """Return when each who has a telephone is rung and written to, after the warning."""
    return {
        (row.contact_ref, row.channel): row.next_at
        for row in night.rows(delivery)
        if row.contact_ref in {OWN, TOWNSHIP}
    }


def us(at):
    return int(at.timestamp() * 1_000_000)


QUIET_ENDS = WALL + (SLOT + 5 * HOUR - FLOOD)


def test_a_yellow_at_night_rings_the_township_alone_and_writes_to_the_rest_at_once(phones):
    phones.warned(levels(hekou=2))
    assert due(phones) == {
        (OWN, "email"): us(WALL),
        (OWN, "voice"): us(QUIET_ENDS),
        (TOWNSHIP, "email"): us(WALL),
        (TOWNSHIP, "voice"): us(WALL),
    }


def test_who_is_let_sleep_is_still_rung_in_the_morning(phones):
    phones.warned(levels(hekou=2))
    (ring,) = [r for r in phones.rows(delivery) if (r.contact_ref, r.channel) == (OWN, "voice")]
    assert ring.expires_at > ring.next_at


def test_a_ring_that_is_put_off_waits_for_no_approver(phones):
    phones.warned(levels(hekou=2))
    with reading(phones.engine) as connection:
        assert not held_back.waiting(connection, phones.world, now=WALL)


def test_a_yellow_that_rises_at_night_wakes_at_once(phones):
    phones.warned(levels(hekou=2))
    phones.warned(levels(SLOT + HOUR, hekou=3), at=Minute(WALL + HOUR, FLOOD + HOUR))
    tiers = [r.tier for r in phones.rows(delivery) if (r.contact_ref, r.channel) == (OWN, "voice")]
    assert set(tiers) == {Tier.YELLOW, Tier.ORANGE}
    later = [r for r in phones.rows(delivery) if r.tier == Tier.ORANGE and r.channel == "voice"]
    assert all(row.next_at < us(QUIET_ENDS) for row in later)


def test_nobody_is_called_up_the_ladder_for_want_of_an_answer_from_those_let_sleep(phones):
    def called(wall):
        chase(phones.desk, Minute(wall, FLOOD + (wall - WALL)))
        return [row for row in phones.rows(delivery) if row.purpose == LADDER]

    phones.warned(levels(hekou=2))
    assert not called(QUIET_ENDS)
    assert {row.contact_ref for row in called(QUIET_ENDS + HOUR / 2)} == {TOWNSHIP}


def test_a_site_without_quiet_hours_rings_at_once(phones):
    pack = quick_valley()
    config = pack.config.model_copy(update={"quiet_from": 7, "quiet_to": 7})
    phones.pack = replace(pack, config=config)
    phones.warned(levels(hekou=2))
    assert set(due(phones).values()) == {us(WALL)}
