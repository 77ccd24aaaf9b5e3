"""Events of stations: a death, its feed's silence, and signs that a station's way is failing."""

from datetime import timedelta

import pytest

from pipeline.bulletin import StationEventKind, from_bytes
from pipeline.risk.site_arrays import SiteArrays
from pipeline.units import Variable
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry, gauge_config, station

GAUGE_SITE = SiteArrays.of(gauge_config())


def gauges(**silent_h: int) -> Weather:
    """Return dry gauges and a low river; each is silent for some hours before noon."""
    made = Weather()
    for back in range(80):
        for name in ("R1", "R2", "H"):
            if back >= silent_h.get(name, 0):
                made.point(name, NOON - back * HOUR, 0.2 if name == "H" else 0.0)
    return made


def test_a_station_that_falls_silent_is_dead_since_its_last_word():
    (event,) = bulletin(gauges(R1=4), site=GAUGE_SITE).events
    assert (event.kind, event.station_id) == (StationEventKind.DEATH, "R1")
    assert event.since == NOON - 4 * HOUR
    assert event.villages == ("lower", "upper")
    assert "feed" not in event.detail


def test_when_all_of_a_feed_are_silent_it_is_the_feeds_silence():
    events = bulletin(gauges(R1=4, R2=4), site=GAUGE_SITE).events
    assert [e.station_id for e in events] == ["R1", "R2"]
    assert all("the feed's silence" in e.detail for e in events)
    assert all("2 stations of t at once" in e.detail for e in events)


def test_nobody_in_doubt_is_no_event_and_no_byte():
    found = bulletin(gauges(), site=GAUGE_SITE)
    assert found.events == ()
    assert b'"events"' not in found.to_bytes()


def test_events_come_back_from_the_bytes():
    found = bulletin(gauges(R1=4, H=5), site=GAUGE_SITE)
    assert from_bytes(found.to_bytes()) == found
    assert len(found.events) == 2


@pytest.mark.parametrize(
    ("volts", "says"),
    [((12.6, 12.5, 11.4), "battery at 11.4 V"), ((13.4, 12.9, 12.3), "battery fell by 1.1 V")],
)
def test_a_battery_that_is_low_or_falling_puts_comms_at_risk(volts, says):
    made = dry(Weather())
    for back, volt in enumerate(reversed(volts)):
        valid = NOON - back * HOUR
        made.point("H", valid, volt, variable=Variable.VOLTAGE, interval_s=0)
    (event,) = bulletin(made).events
    assert (event.kind, event.station_id) == (StationEventKind.COMMS_AT_RISK, "H")
    assert says in event.detail


def test_readings_that_stay_away_put_comms_at_risk_before_the_silence():
    made = Weather()
    for back in range(80):
        made.rain(NOON - back * HOUR, 0.0)
        if back not in {1, 0}:
            made.point("H", NOON - back * HOUR, 0.2)
    (event,) = bulletin(made).events
    assert event.kind is StationEventKind.COMMS_AT_RISK
    assert "1 of 3 readings in 3 h" in event.detail


@pytest.mark.parametrize(("silent_after_min", "at_risk"), [(180, 1), (181, 0)])
def test_a_station_that_may_be_silent_for_longer_than_is_looked_at_has_no_rhythm_to_lose(
    silent_after_min, at_risk
):
    made = Weather()
    for back in range(80):
        made.rain(NOON - back * HOUR, 0.0)
        if back not in {1, 0}:
            made.point("H", NOON - back * HOUR, 0.2)
    patient = station(silent_after_min=silent_after_min)
    site = SiteArrays.of(config(stations=(patient,)))
    assert len(bulletin(made, site=site).events) == at_risk


def test_a_latency_that_grows_puts_comms_at_risk():
    made = Weather()
    for back in range(80):
        valid = NOON - back * HOUR
        made.rain(valid, 0.0)
        made.point("H", valid, 0.2, known=valid + timedelta(minutes=5 if back > 2 else 50))
    (event,) = bulletin(made, NOON + HOUR).events
    assert "latency 50 min, usually 5 min" in event.detail
