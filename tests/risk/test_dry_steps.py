"""A station that reports by events: no row is not zero rain, and not silence either."""

from datetime import timedelta

import pytest

from pipeline.bulletin import DataState, StationEventKind
from pipeline.risk.site_arrays import SiteArrays
from pipeline.units import Variable
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, gauge_config

GAUGES = gauge_config()
SITE = SiteArrays.of(
    GAUGES.model_copy(
        update={
            "stations": tuple(
                s.model_copy(update={"reports": "events"}) if s.station_id == "R1" else s
                for s in GAUGES.stations
            )
        }
    )
)


def quiet(heartbeat_until_h_ago: int | None = 0, *, step: int = 1) -> Weather:
    """Return gauges in dry weather; R1 says nothing but its voltage, every `step` hours."""
    made = Weather()
    for back in range(82):
        valid = NOON - back * HOUR
        made.point("R2", valid, 0.0)
        made.point("H", valid, 0.2)
        told = heartbeat_until_h_ago is not None and back >= heartbeat_until_h_ago
        if told and not (back - (heartbeat_until_h_ago or 0)) % step:
            made.point("R1", valid, 12.6, variable=Variable.VOLTAGE, interval_s=0)
    return made


def test_no_row_is_dry_while_the_voltage_is_told():
    found = bulletin(quiet(), site=SITE)
    assert found.of("upper").data_state is DataState.COMPLETE
    assert found.events == ()


def test_no_row_and_no_sign_of_life_is_not_zero_rain():
    assert bulletin(quiet(None), site=SITE).of("upper").data_state is DataState.BLIND


def test_a_heartbeat_that_stops_is_a_death_since_then():
    (event,) = bulletin(quiet(4), site=SITE).events
    assert (event.kind, event.station_id) == (StationEventKind.DEATH, "R1")
    assert event.since == NOON - 4 * HOUR


@pytest.mark.parametrize(("hours", "complete"), [(2, True), (3, False)])
def test_signs_further_apart_than_its_silence_leave_what_lies_between_unseen(hours, complete):
    state = bulletin(quiet(step=hours), site=SITE).of("upper").data_state
    assert (state is DataState.COMPLETE) is complete


def test_rain_in_part_of_a_step_is_all_of_it_while_the_station_lives():
    made = quiet()
    made.point("R1", NOON - timedelta(minutes=20), 6.0, interval_s=300)
    found = bulletin(made, site=SITE)
    assert found.of("upper").data_state is DataState.COMPLETE
