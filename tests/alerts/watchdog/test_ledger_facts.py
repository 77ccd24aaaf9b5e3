"""What the watch reads of a real night, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from alerts.actions import Told, acknowledge
from alerts.deployment import Deployment
from alerts.errors import NothingToDo
from alerts.issue import Minute
from alerts.people.absence import Absence
from alerts.roster import Roster
from alerts.said import Said
from alerts.tables import attempt, delivery
from alerts.tier import Tier
from alerts.warning_config import WatchRules
from alerts.watchdog.alarm import Kind
from alerts.watchdog.audit import Rule
from alerts.watchdog.findings import Facts, findings
from alerts.watchdog.ledger_facts import Looking, ledger_facts
from pipeline import runs
from pipeline.instants import to_us
from pipeline.site.pack import load
from pipeline.world import Exercise, Mode
from tests.alerts.night import FLOOD, SLOT, WALL, Night, levels
from tests.golden.samples import quick_valley
from tests.valley import VALLEY

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = WALL - timedelta(days=30)


@pytest.fixture
def played(night: Night) -> Night:
    """Give a night whose exercise is open."""
    end = FLOOD + timedelta(days=3)
    runs.open_exercise(night.engine, Exercise("valley", night.world.world_id, WALL, FLOOD, end, 1))
    return night


def seen(night: Night, *, at=WALL, roster=None, since=LONG_AGO):
    settings = replace(night.settings, site_folder=VALLEY)
    deployment = Deployment(settings, load(VALLEY, night.home), night.engine)
    looking = Looking(deployment, quick_valley(), roster or night.roster, lambda: at, since)
    return ledger_facts(looking)


def ids(ledger, *, at=WALL):
    alarms = findings(Facts(at, ledger=ledger, disk_free=10**12), WatchRules())
    return {alarm.id for alarm in alarms if alarm.kind not in {Kind.FEED, Kind.CLOCK}}


def answered(night: Night, said: Said) -> None:
    """Let everybody who was sent a red order say so of it."""
    orders = {
        (row.message_id, row.contact_ref)
        for row in night.rows(delivery)
        if row.purpose == "villager" and row.tier == Tier.RED
    }
    for message_id, ref in orders:
        told = Told(message_id, ref, "county_duty-1", said)
        acknowledge(night.desk, told, Minute(WALL + 12 * MINUTE, FLOOD + 12 * MINUTE))


def test_a_night_in_which_all_goes_on_has_no_alarm_but_of_its_feeds(played, post):
    played.warned(levels(hekou=4))
    assert ids(seen(played)) == set()
    played.delivered()
    assert ids(seen(played, at=WALL + MINUTE), at=WALL + MINUTE) == set()
    feeds = {feed.feed_id: feed.last for feed in seen(played).feeds}
    assert feeds == {"rain": None, "stage": None}


def test_no_cycle_for_two_intervals_is_late_on_the_floods_clock(played):
    assert "cycle" in ids(seen(played))
    played.warned(levels())
    rhythm = seen(played).rhythm
    assert rhythm.last == SLOT
    fine = WALL + rhythm.patience(2) - (FLOOD - SLOT)
    assert "cycle" not in ids(seen(played, at=fine), at=fine)
    late = fine + SECOND
    assert "cycle" in ids(seen(played, at=late), at=late)


def test_what_nobody_takes_up_is_an_alarm_after_a_minute_red_first(played):
    played.warned(levels(hekou=4, baishi=2))
    late = WALL + 61 * SECOND
    ledger = seen(played, at=late)
    assert {"outbox:red", "outbox:yellow"} <= ids(ledger, at=late)
    alarms = findings(Facts(late, ledger=ledger, disk_free=10**12), WatchRules())
    assert next(a.id for a in alarms if a.kind is Kind.OUTBOX) == "outbox:red"
    assert ledger.queues[Tier.RED].oldest == WALL


def test_a_lease_that_ran_out_is_due_since_then(played):
    played.warned(levels(hekou=4))
    leased = {"state": "leased", "lease_by": "x", "lease_until": to_us(WALL + 60 * SECOND)}
    with played.engine.begin() as connection:
        connection.execute(update(delivery).values(**leased))
    assert not seen(played, at=WALL + 59 * SECOND).queues
    assert seen(played, at=WALL + 90 * SECOND).queues[Tier.RED].oldest == WALL + 60 * SECOND


def test_what_failed_for_good_is_counted_for_a_day(played, post):
    post.default = "550 recipient"
    played.warned(levels(hekou=4))
    played.delivered()
    ledger = seen(played, at=WALL + MINUTE)
    assert ledger.failed is not None
    assert ledger.failed.number == played.states()["failed_final"] > 0
    assert "dead_letters:failed" in ids(ledger)
    assert seen(played, at=WALL + timedelta(hours=25)).failed is None


def test_a_red_order_that_nobody_acknowledged_is_an_alarm_until_somebody_does(played, post):
    played.warned(levels(hekou=4, baishi=3))
    assert seen(played).unanswered == {}, "it has not left"
    played.delivered()
    left = seen(played, at=WALL + 11 * MINUTE)
    assert list(left.unanswered) == ["hekou"]
    assert "unanswered:hekou" in ids(left, at=WALL + 11 * MINUTE)
    answered(played, Said.RECEIVED)
    assert seen(played, at=WALL + 13 * MINUTE).unanswered == {}


@pytest.mark.parametrize(("said", "is_alarm"), [(Said.UNCLEAR, True), (Said.HELP, False)])
def test_a_red_order_is_unanswered_until_a_word_shows_that_it_was_received(
    played, post, said, is_alarm
):
    played.warned(levels(hekou=4))
    played.delivered()
    answered(played, said)
    at = WALL + 13 * MINUTE
    assert ("unanswered:hekou" in ids(seen(played, at=at), at=at)) is is_alarm


def test_the_books_of_a_real_night_agree_and_a_row_taken_out_is_missed(played, post):
    played.warned(levels(hekou=4, baishi=3, nanping=2))
    played.delivered()
    assert seen(played).breaches == ()
    key = next(r.delivery_key for r in played.rows(delivery) if r.purpose == "villager")
    with played.engine.begin() as connection:
        connection.execute(delete(delivery).where(delivery.c.delivery_key == key))
    assert [b.rule for b in seen(played).breaches] == [Rule.MISSING]


def test_a_lost_attempt_is_found(played, post):
    played.warned(levels(hekou=4))
    played.delivered()
    with played.engine.begin() as connection:
        connection.execute(delete(attempt))
    assert {b.rule for b in seen(played).breaches} == {Rule.ATTEMPTS}


def test_who_came_into_the_roster_later_was_not_missed(played):
    played.warned(levels(hekou=4))
    duty = next(c for c in played.roster.contacts if c.role == "county_duty")
    roster = Roster((*played.roster.contacts, duty.model_copy(update={"ref": "new"})))
    assert Rule.MISSING in {b.rule for b in seen(played, roster=roster).breaches}
    assert seen(played, roster=roster, since=WALL + SECOND).breaches == ()


def test_who_was_away_when_it_was_written_is_not_missed_when_they_are_back(played):
    duty = [c for c in played.roster.contacts if c.role == "county_duty"]
    new = duty[0].model_copy(update={"ref": "new"})
    away = Absence("new", WALL - MINUTE, WALL + MINUTE)
    roster = Roster((*played.roster.contacts, new), (), (away,))
    played.warned(levels(hekou=4))
    assert seen(played, at=WALL + 2 * MINUTE, roster=roster).breaches == ()
    left = replace(away, begins=WALL + SECOND)
    roster = replace(roster, absences=(left,))
    assert Rule.MISSING in {
        b.rule for b in seen(played, roster=roster, at=WALL + 2 * SECOND).breaches
    }


def test_the_servers_clock_is_held_against_ours(played):
    off = seen(played).clock_off
    if played.engine.dialect.name == "sqlite":
        assert off is None
    else:
        assert abs(off) > timedelta(seconds=5), "ours says 2026-11-24"
        alarms = findings(Facts(WALL, ledger=seen(played)), WatchRules())
        assert "clock" in {alarm.id for alarm in alarms}


def test_where_nobody_is_paged_there_is_nothing_to_see(night):
    with pytest.raises(NothingToDo):
        seen(night)
    settings = replace(night.settings, mode=Mode.REPLAY)
    with pytest.raises(NothingToDo):
        Deployment(settings, load(VALLEY, night.home), night.engine).paging_world()
