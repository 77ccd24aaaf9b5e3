"""What cannot be seen is never calm: it pages nobody on a dry day, and raises in a storm."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from alerts import cycle
from alerts.actions import Asked, confirm_lower, request_lower
from alerts.errors import Refused
from alerts.tier import Tier
from tests.alerts.hard_nights.gorge import FIRST, OFFICERS, SECOND
from tests.alerts.hard_nights.night import subjects

NOON = datetime(2026, 7, 14, 10, tzinfo=UTC)
PEAK = datetime(2026, 7, 14, 21, tzinfo=UTC)
"""Eleven at night in the gorge."""
DAWN = datetime(2026, 7, 15, 4, tzinfo=UTC)
"""Six o'clock in the gorge; it has been light for half an hour."""
RED = "Ferry: red (raised, before: yellow)"
ALL_SILENT = {"R1": None, "R2": None, "H1": None}


def row(view, village_id):
    """Return a village's row of the officers' first page, wherever it stands."""
    return next(r for r in (*view.villages, *view.calm) if r.village_id == village_id)


def test_a_sensor_lost_at_the_peak_and_six_calm_hours_over_midnight_leave_red_at_dawn(begin):
    night = begin(slot=PEAK.replace(hour=18), cycle_min=60)
    assert night.lived(H1=0.9) == []
    assert subjects(night.lived(H1=1.8), "ferry") == {"Ferry: stand by"}
    peak = night.lived(H1=3.1)
    assert night.slot == PEAK
    assert subjects(peak) == {RED}
    assert subjects(peak, "ferry") == {"The quay: leave now", "The care home: leave now"}
    lost = night.lived(R1=0.3, R2=0.3, H1=None)
    assert subjects(lost) == {"Feed stage: silent since 2026-07-14 23:00"}
    assert {sent.village for sent in lost} == {None}
    while night.slot < DAWN:
        assert night.lived(R1=0.3, R2=0.3, H1=None) == []
    with night.board() as board:
        ferry = row(board.now_view(), "ferry")
    assert (ferry.tier, ferry.data_state) == (Tier.RED, "degraded")
    assert "station H1 lost since 2026-07-14T21:00Z" in ferry.cause
    with night.desk() as (desk, minute):
        request = request_lower(desk, Asked("ferry", Tier.NONE, "a quiet night", FIRST), minute)
        with pytest.raises(Refused, match="a river is rising"):
            confirm_lower(desk, request, SECOND, minute)
    assert night.waited(1) == []


@pytest.fixture
def dead_feed(begin):
    """Give a dry day on which the file of the rain has not been there for two hours."""
    night = begin(slot=NOON, cycle_min=60)
    assert night.lived() == []
    night.dead = frozenset({"rain"})
    night.calm(2)
    return night


def test_our_own_feed_dead_on_a_dry_day_sends_no_message_to_any_village(dead_feed):
    dead_feed.calm(2)
    with dead_feed.board() as board:
        rows = [row(board.now_view(), village) for village in ("ferry", "mill")]
    assert [r.tier for r in rows] == [0, 0]
    assert [r.data_state for r in rows] == ["degraded", "blind"]
    dead_feed.dead = frozenset()
    dead_feed.calm(2)
    assert {sent.village for sent in dead_feed.sent} == {None}


def test_our_own_feed_dead_on_a_dry_day_is_one_line_before_the_officers(dead_feed):
    with dead_feed.board() as board:
        feeds, events = board.feeds_view().feeds, board.now_view().events
    (ill,) = [feed for feed in feeds if not feed.is_well]
    assert (ill.feed_id, ill.state, ill.last_success) == ("rain", "late", "14 Jul 13:05")
    assert {e.station_id for e in events} == {"R1", "R2"}
    assert all("the feed's silence, not the station's" in e.detail for e in events)


def test_our_own_feed_dead_on_a_dry_day_is_one_line_sent_to_the_officers(dead_feed):
    told = {sent.text for sent in dead_feed.sent if sent.village is None}
    assert len(told) == 1
    assert "rain" in told.pop()


def test_a_dead_feed_is_told_once_to_each_officer_and_once_that_it_is_back(dead_feed):
    assert dead_feed.calm(3) == []
    dead_feed.dead = frozenset()
    dead_feed.calm(3)
    silent, back = "Feed rain: silent since 2026-07-14 13:00", "Feed rain: heard again"
    told = Counter((sent.to, sent.subject) for sent in dead_feed.sent)
    assert told == {(to, subject): 1 for to in OFFICERS for subject in (silent, back)}


def test_a_watch_that_breaks_holds_up_no_order_and_is_made_good_later(begin, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("broken")

    night = begin(slot=NOON)
    assert night.lived() == []
    night.dead = frozenset({"stage"})
    with monkeypatch.context() as patched:
        patched.setattr(cycle, "watch", broken)
        assert night.calm(2) == []
        assert subjects(night.lived(R1=26.5, R2=26.5), "ferry") == {
            "The quay: leave now",
            "The care home: leave now",
        }
    assert subjects(night.lived()) == {"Feed stage: silent since 2026-07-14 12:15"}


def test_stations_that_fall_silent_in_a_storm_raise_their_villages(begin):
    night = begin()
    wet = night.calm(2, R1=7.0, R2=7.0)
    assert subjects(wet, "ferry") == {"Ferry: stand by"}
    assert subjects(wet, "mill") == {"Mill: stand by"}
    assert night.lived(**ALL_SILENT) == []  # half an hour without a word is not silence yet
    silence = night.lived(**ALL_SILENT)
    assert subjects(silence, "ferry") == {
        "The quay: get ready to leave",
        "The care home: leave now",
    }
    assert subjects(silence, "mill") == {"The mill lane: leave now"}
    assert subjects(silence) == {
        "Ferry: orange (raised, before: yellow)",
        "Mill: red (raised, before: yellow)",
    }
    officers = [sent.text for sent in silence if sent.village is None]
    assert all("station lost R2 Lower gauge; speaks for orange" in text for text in officers)
    assert all("WHAT CANNOT BE SEEN IS NOT CALM" in text for text in officers)
    assert night.calm(2, **ALL_SILENT) == []


def test_a_village_blind_from_the_start_is_shown_blind_and_told_by_the_first_reading(begin):
    night = begin(dry=0, cycle_min=30)
    night.dead = frozenset({"rain", "stage"})
    assert night.calm(2, **ALL_SILENT) == []
    with night.board() as board:
        rows = [row(board.now_view(), village) for village in ("ferry", "mill")]
    assert [(r.tier, r.data_state, r.data_age) for r in rows] == [(0, "blind", "nothing seen")] * 2
    night.dead = frozenset()
    seen = night.lived(R1=10.0, R2=10.0, H1=None)
    assert subjects(seen, "ferry") == {"The quay: get ready to leave", "The care home: leave now"}
    assert subjects(seen, "mill") == {"The mill lane: do not set out, go to the mill's loft now"}
