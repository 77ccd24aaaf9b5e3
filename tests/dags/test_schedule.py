"""The rhythm of a site: its cron ticks are the slots, and a bad feed takes no other with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.schedule import DAY_MIN, cron, schedule
from pipeline.errors import SiteError
from tests.valley import VALLEY


def test_the_valley_has_an_hourly_rhythm_and_two_feeds():
    rhythm = schedule(VALLEY)
    assert rhythm.cron == "0 */1 * * *"
    assert rhythm.feeds == ("rain", "stage")


@given(st.integers(-10, 3 * DAY_MIN))
def test_a_cron_ticks_as_often_a_day_as_there_are_slots_or_is_refused(minutes):
    try:
        minute, hour, *rest = cron(minutes).split()
    except SiteError:
        assert (
            minutes <= 0
            or DAY_MIN % minutes
            or (minutes > 60 and minutes % 60)
            or (minutes < 60 and 60 % minutes)
        )
        return
    assert rest == ["*", "*", "*"]
    per_hour = 60 // int(minute[2:]) if minute.startswith("*/") else 1
    hours = 24 if hour == "*" else 24 // int(hour[2:]) if hour.startswith("*/") else 1
    assert per_hour * hours == DAY_MIN // minutes


def test_a_feed_without_an_id_is_left_out_and_a_site_without_a_file_is_refused(tmp_path):
    (tmp_path / "site.toml").write_text("[site]\ncycle_minutes = 5\n")
    with pytest.raises(SiteError):
        schedule(tmp_path)
    (tmp_path / "feeds.toml").write_text('[[feeds]]\nprotocol = "csv"\n[[feeds]]\nfeed_id = "a"\n')
    assert schedule(tmp_path).feeds == ("a",)
