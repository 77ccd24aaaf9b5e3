"""Blindness by cause: a station lost when it mattered, and a dead feed on a dry day."""

import pytest

from pipeline.bulletin import Confidence, DataState, Indicator, RiskLevel
from pipeline.observation import QcFlag
from pipeline.risk.site_arrays import SiteArrays
from pipeline.units import Variable
from tests.risk.small_site import (
    HOUR,
    NOON,
    Weather,
    bulletin,
    config,
    dry,
    gauge_config,
    settings,
    station,
    thresholds,
)


def river(until_h_ago: int, *stages: float) -> Weather:
    """Return a dry grid, and a river whose last readings are these, then silence."""
    weather = Weather()
    for back in range(80):
        weather.rain(NOON - back * HOUR, 0.0)
    for i, stage in enumerate(reversed(stages)):
        weather.point("H", NOON - (until_h_ago + i) * HOUR, stage)
    return weather


def test_a_station_lost_while_rising_raises_its_villages_to_yellow():
    found = bulletin(river(4, 0.2, 0.3, 0.6, 0.9))
    for village in ("ford", "lower"):
        assert found.of(village).level == RiskLevel.YELLOW
        (evidence,) = found.of(village).evidence
        assert (evidence.indicator, evidence.station_id) == (Indicator.GAUGE_LOST, "H")
        assert (evidence.value, evidence.threshold, evidence.basis) == (None, None, "rule")
        assert evidence.valid_time == NOON - 4 * HOUR
        assert found.of(village).confidence is Confidence.LOW
    assert found.of("upper").level == RiskLevel.NONE


def test_our_own_dead_feed_on_a_dry_day_raises_nobody():
    found = bulletin(river(4, 0.3, 0.3, 0.3, 0.3))
    assert [found.of(v).level for v in ("ford", "lower")] == [0, 0]
    assert found.of("lower").data_state is DataState.DEGRADED
    assert found.of("ford").data_state is DataState.BLIND
    assert "silent since 2024-07-14T08:00Z" in (found.of("ford").cause or "")


def test_all_feeds_dead_on_a_dry_day_raise_nobody():
    weather = dry(Weather(), NOON - 8 * HOUR)
    found = bulletin(weather)
    assert set(found.levels) == {RiskLevel.NONE}
    assert DataState.COMPLETE not in found.data_states


def test_a_station_silent_while_rain_falls_around_it_raises_its_villages():
    weather = river(4, 0.3, 0.3, 0.3, 0.3)
    weather.rain(NOON - HOUR, 9.9)
    assert bulletin(weather).of("ford").level == RiskLevel.NONE
    weather.rain(NOON, 0.1)
    assert bulletin(weather).of("ford").level == RiskLevel.YELLOW


def test_rain_before_the_last_reading_does_not_count():
    weather = river(4, 0.3, 0.3, 0.3, 0.3)
    weather.rain(NOON - 4 * HOUR, 30.0)
    assert Indicator.GAUGE_LOST not in {e.indicator for e in bulletin(weather).of("lower").evidence}


def test_a_loss_adds_one_level_to_what_was_last_seen_of_the_river():
    assert bulletin(river(4, 0.9, 1.2, 1.6)).of("ford").level == RiskLevel.ORANGE
    assert bulletin(river(4, 0.9, 1.6, 2.1)).of("ford").level == RiskLevel.RED


def test_no_red_is_raised_further_and_keeps_its_evidence():
    ford = bulletin(river(4, 1.0, 2.0, 3.2)).of("ford")
    assert ford.level == RiskLevel.RED
    assert {e.indicator for e in ford.evidence} == {Indicator.STAGE, Indicator.GAUGE_LOST}


def test_a_loss_stops_speaking_after_its_hold():
    weather = river(4, 0.2, 0.6, 0.9)
    silent_from = NOON - 4 * HOUR + 3 * HOUR  # 180 minutes without a word
    assert bulletin(weather, silent_from + 11 * HOUR).of("ford").level == RiskLevel.YELLOW
    later = bulletin(weather, silent_from + 12 * HOUR)
    assert (later.of("ford").level, later.of("ford").data_state) == (0, DataState.BLIND)


def test_what_a_station_calls_silence_is_its_own():
    patient = config().stations[0].model_copy(update={"silent_after_min": 7200})
    site = SiteArrays.of(config(stations=(patient,)))
    ford = bulletin(river(30, 0.9, 0.9, 0.9), site=site).of("ford")
    assert ford.level == RiskLevel.NONE
    assert bulletin(river(4, 0.2, 0.6, 0.9), site=site).of("ford").level == RiskLevel.NONE


def test_a_station_never_heard_is_blind_from_the_start_and_not_lost():
    weather = Weather()
    for back in range(80):
        weather.rain(NOON - back * HOUR, 20.0 if back < 3 else 0.0)
    found = bulletin(weather)
    assert (found.of("ford").level, found.of("ford").data_state) == (0, DataState.BLIND)
    assert found.of("lower").data_state is DataState.DEGRADED
    assert "station H never heard" in (found.of("lower").cause or "")
    assert found.freshness[0].state == "never"


def test_failed_values_alone_are_silence():
    weather = river(4, 0.2, 0.6, 0.9)
    for back in range(4):
        weather.point("H", NOON - back * HOUR, 0.1, flag=QcFlag.FAIL)
    assert bulletin(weather).of("ford").level == RiskLevel.YELLOW


def test_a_small_wobble_is_not_a_rise():
    assert bulletin(river(4, 0.30, 0.33, 0.36, 0.39)).of("ford").level == RiskLevel.NONE


@pytest.mark.parametrize("share", [0.0, 0.24, 0.25])
def test_rain_is_unseen_below_the_sites_share_of_the_time_of_concentration(share):
    # upper: 10 km2, 1.8 h, nearest duration 1 h; of its one cell all or nothing is seen
    weather = dry(Weather(), NOON - HOUR)
    site = SiteArrays.of(config(risk=settings(blind_below=share)))
    state = bulletin(weather, site=site).of("upper").data_state
    assert state is (DataState.DEGRADED if share == 0.0 else DataState.BLIND)


class TestTwoVariables:
    """Station H tells its stage and its discharge; only the stage has levels."""

    both = station(variables=(Variable.STAGE, Variable.DISCHARGE))
    site = SiteArrays.of(config(stations=(both,)))

    @staticmethod
    def weather(*stages: float, until_h_ago: int = 4) -> Weather:
        """Return a dry grid, a stage that died, and a discharge that is told to this day."""
        weather = river(until_h_ago, *stages)
        for back in range(80):
            weather.point("H", NOON - back * HOUR, 5.0, variable=Variable.DISCHARGE)
        return weather

    def test_a_dead_stage_is_not_hidden_by_the_discharge_beside_it(self):
        ford = bulletin(self.weather(2.1, 2.1, 2.1), site=self.site).of("ford")
        assert (ford.level, ford.data_state) == (RiskLevel.NONE, DataState.BLIND)
        assert ford.cause == "station H silent since 2024-07-14T08:00Z"

    def test_a_stage_that_stood_high_and_is_late_is_not_hidden_either(self):
        found = bulletin(self.weather(2.1, 2.1, until_h_ago=3), NOON - HOUR / 4, site=self.site)
        assert found.of("lower").cause == "station H above a level when last heard"

    def test_a_stage_lost_while_rising_raises_although_the_discharge_speaks(self):
        ford = bulletin(self.weather(0.9, 1.6, 2.1), site=self.site).of("ford")
        assert ford.level == RiskLevel.RED
        assert ford.evidence[0].valid_time == NOON - 4 * HOUR

    def test_the_freshness_of_a_station_is_that_of_its_levelled_variable(self):
        found = bulletin(self.weather(0.2), site=self.site)
        state = {f.station_id: (f.newest, f.state) for f in found.freshness}
        assert state["H"] == (NOON - 4 * HOUR, "silent")

    def test_a_station_without_any_level_never_counts_as_seen(self):
        site = SiteArrays.of(
            config(stations=(self.both,), levels=(), thresholds=thresholds("lower", "upper"))
        )
        weather = Weather()
        weather.point("H", NOON, 0.2)
        assert bulletin(weather, site=site).of("lower").data_state is DataState.BLIND

    def test_one_dead_variable_of_two_that_have_levels_degrades_and_both_can_be_lost(self):
        flow = tuple(
            level.model_copy(update={"variable": Variable.DISCHARGE, "unit": "m3/s"})
            for level in config().levels
        )
        site = SiteArrays.of(config(stations=(self.both,), levels=config().levels + flow))
        weather = river(40, 0.2)
        for back, value in enumerate((0.9, 0.6, 0.2)):
            weather.point("H", NOON - back * HOUR, value, variable=Variable.DISCHARGE)
        ford = bulletin(weather, site=site).of("ford")
        assert (ford.level, ford.data_state) == (RiskLevel.NONE, DataState.DEGRADED)
        assert ford.cause == "station H stage_m silent since 2024-07-12T20:00Z"
        assert bulletin(weather, site=site).freshness[0].state == "silent"
        later = bulletin(weather, NOON + 4 * HOUR, site=site).of("ford")
        assert later.level == RiskLevel.YELLOW, "the discharge was lost while rising"


class TestQuietRiver:
    """A station for which five days without a word are normal (ADR 0005)."""

    patient = station(silent_after_min=7200)
    site = SiteArrays.of(config(stations=(patient,)))

    def test_a_river_last_heard_low_is_calm_and_complete_while_it_is_dry(self):
        lower = bulletin(river(28, 0.9), site=self.site).of("lower")
        assert (lower.data_state, lower.cause) == (DataState.COMPLETE, None)

    @pytest.mark.parametrize(("mm", "state"), [(9.9, "complete"), (10.0, "degraded")])
    def test_rain_since_it_was_last_heard_leaves_its_villages_degraded(self, mm, state):
        weather = river(28, 0.9)
        weather.rain(NOON - 20 * HOUR, mm)
        lower = bulletin(weather, site=self.site).of("lower")
        assert (lower.level, lower.data_state) == (RiskLevel.NONE, state)
        if state == "degraded":
            assert lower.cause == "station H not heard in the rain since 2024-07-13T08:00Z"

    def test_rain_while_the_river_is_heard_does_not(self):
        weather = river(1, 0.9)
        weather.rain(NOON, 9.9)
        weather.rain(NOON - HOUR / 2, 9.9)
        assert bulletin(weather, site=self.site).of("lower").data_state is DataState.COMPLETE


class TestRainGauges:
    site = SiteArrays.of(gauge_config())

    def weather(self, r1_until: int = 0, r1_mm: float = 0.0) -> Weather:
        """Return two gauges in dry weather; R1 caught `r1_mm` last, then fell silent."""
        weather = Weather()
        for back in range(80):
            weather.point("R2", NOON - back * HOUR, 0.0)
            if back >= r1_until:
                weather.point("R1", NOON - back * HOUR, r1_mm if back == r1_until else 0.0)
            weather.point("H", NOON - back * HOUR, 0.2)
        return weather

    def test_gauges_seen_whole_are_complete(self):
        found = bulletin(self.weather(), site=self.site)
        assert [found.of(v).data_state for v in ("upper", "lower")] == [DataState.COMPLETE] * 2

    def test_areal_rain_names_the_gauges_that_it_is_made_of(self):
        weather = self.weather(r1_mm=40.0)
        lower = bulletin(weather, site=self.site).of("lower")
        assert (lower.evidence[0].station_id, lower.evidence[0].value) == ("R1+R2", 16.0)

    def test_a_gauge_lost_in_its_own_downpour_raises_the_village_that_it_carries(self):
        found = bulletin(self.weather(r1_until=3, r1_mm=12.0), site=self.site)
        upper = found.of("upper")
        assert upper.level == RiskLevel.YELLOW
        assert Indicator.GAUGE_LOST in {e.indicator for e in upper.evidence}
        assert found.of("lower").level == RiskLevel.NONE  # R1 carries less than half of it

    def test_a_gauge_lost_on_a_dry_day_raises_nobody(self):
        found = bulletin(self.weather(r1_until=3), site=self.site)
        assert set(found.levels) == {RiskLevel.NONE}
        assert found.of("upper").data_state is DataState.BLIND
        assert found.of("lower").data_state is DataState.DEGRADED

    def test_suspect_rain_counts_and_leaves_the_village_degraded(self):
        weather = self.weather()
        weather.point("R1", NOON, 45.0, flag=QcFlag.SUSPECT)
        upper = bulletin(weather, site=self.site).of("upper")
        assert (upper.level, upper.data_state) == (RiskLevel.RED, DataState.DEGRADED)

    def test_parts_of_an_hour_add_up_and_a_missing_part_is_not_dry(self):
        weather = Weather()
        for back in range(1, 80):
            weather.point("R1", NOON - back * HOUR, 0.0)
        for quarter in (3, 2, 1):
            weather.point("R1", NOON - quarter * HOUR / 4, 12.0, interval_s=900)
        upper = bulletin(weather, site=self.site).of("upper")
        assert (upper.level, upper.data_state) == (RiskLevel.ORANGE, DataState.DEGRADED)
        weather.point("R1", NOON, 5.0, interval_s=900)
        upper = bulletin(weather, site=self.site).of("upper")
        assert (upper.level, upper.data_state) == (RiskLevel.RED, DataState.COMPLETE)

    def test_rain_told_by_the_hour_and_by_ten_minutes_counts_once(self):
        weather = Weather()
        for back in range(1, 80):
            weather.point("R1", NOON - back * HOUR, 0.0)
        for part in range(6):
            weather.point("R1", NOON - part * HOUR / 6, 2.0, interval_s=600)
        in_parts = bulletin(weather, site=self.site).of("upper")
        weather.point("R1", NOON, 12.0)
        twice = bulletin(weather, site=self.site).of("upper")
        assert in_parts.evidence[0].value == twice.evidence[0].value == 12.0
        assert twice.level == RiskLevel.BLUE

    def test_parts_of_unequal_length_still_add_up(self):
        weather = self.weather(r1_until=1)
        for end, minutes in ((NOON, 30), (NOON - HOUR / 2, 10), (NOON - HOUR * 2 / 3, 20)):
            weather.point("R1", end, 4.0, interval_s=60 * minutes)
        upper = bulletin(weather, site=self.site).of("upper")
        assert (upper.evidence[0].value, upper.data_state) == (12.0, DataState.COMPLETE)

    def test_an_hour_told_in_part_by_ten_minutes_takes_the_whole(self):
        weather = self.weather(r1_until=1)
        weather.point("R1", NOON - HOUR / 2, 3.0, interval_s=600)
        weather.point("R1", NOON, 11.0)
        upper = bulletin(weather, site=self.site).of("upper")
        assert (upper.evidence[0].value, upper.data_state) == (11.0, DataState.COMPLETE)

    def test_a_gauge_without_a_station_row_still_brings_its_rain(self):
        full = gauge_config()
        stations = tuple(s for s in full.stations if s.station_id != "R2")
        site = SiteArrays.of(full.model_copy(update={"stations": stations}))
        found = bulletin(self.weather(), site=site)
        assert found.of("lower").data_state is DataState.COMPLETE
        assert "R2" not in {f.station_id for f in found.freshness}

    def test_a_sum_longer_than_the_step_cannot_be_placed(self):
        weather = self.weather(r1_until=1)
        weather.point("R1", NOON, 99.0, interval_s=7200)
        assert bulletin(weather, site=self.site).of("upper").level == RiskLevel.NONE


def test_a_village_with_rain_thresholds_and_no_rain_is_blind_without_a_river():
    site = SiteArrays.of(config(thresholds=thresholds("upper", "lower", "lonely")))
    weather = dry(Weather(), NOON)
    assert bulletin(weather, site=site).of("lonely").cause == "rain not seen"
