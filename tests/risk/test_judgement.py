"""What one bulletin says of dry, wet and unseen weather."""

from datetime import timedelta

import pytest

from pipeline.bulletin import Confidence, DataState, Indicator, RiskLevel, Signal, from_bytes
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.risk_settings import Signals
from tests.risk.small_site import (
    HOUR,
    NOON,
    Weather,
    bulletin,
    config,
    dry,
    settings,
    threshold,
)

CALM_HOURS = 24 * 3 + 6


@pytest.fixture
def weather() -> Weather:
    """All of the window dry but its newest hour, which is still to come."""
    return dry(Weather(), NOON - HOUR)


def test_a_dry_day_seen_whole_is_calm_and_complete(weather):
    weather.rain(NOON, 0.0)
    upper = bulletin(weather).of("upper")
    assert (upper.level, upper.data_state) == (RiskLevel.NONE, DataState.COMPLETE)


def test_villages_are_columns_and_details_only_those_with_something_to_say(weather):
    weather.rain(NOON, 35.0, 0.0, 0.0, 0.0)
    found = bulletin(weather)
    assert found.villages == ("ford", "lonely", "lower", "upper")
    assert [d.village_id for d in found.details] == ["lonely", "upper"]


@pytest.mark.parametrize(
    ("mm", "level"), [(9.9, 0), (10.0, 1), (20.0, 2), (30.0, 3), (40.0, 4), (400.0, 4)]
)
def test_the_level_is_the_highest_threshold_reached(weather, mm, level):
    weather.rain(NOON, mm, 0.0, 0.0, 0.0)
    assert bulletin(weather).of("upper").level == level


def test_the_longest_duration_counts_as_much_as_the_shortest(weather):
    for back in range(6):
        weather.rain(NOON - back * HOUR, 7.0, 0.0, 0.0, 0.0)
    upper = bulletin(weather).of("upper")
    assert upper.level == RiskLevel.BLUE
    assert [(e.duration_h, e.value) for e in upper.evidence] == [(3.0, 21.0), (6.0, 42.0)]


def test_rain_is_the_mean_over_the_catchment(weather):
    weather.rain(NOON, 40.0, 0.0, 0.0, 0.0)
    found = bulletin(weather)
    assert found.of("upper").level == RiskLevel.RED
    (evidence,) = found.of("lower").evidence
    assert (evidence.value, evidence.level) == (10.0, RiskLevel.BLUE)


def test_evidence_names_its_source_value_threshold_and_age(weather):
    weather.rain(NOON, 31.0, 0.0, 0.0, 0.0)
    evidence = bulletin(weather).of("upper").evidence[0]
    assert (evidence.indicator, evidence.station_id) == (Indicator.RAIN, "radar")
    assert (evidence.duration_h, evidence.value, evidence.unit) == (1.0, 31.0, "mm")
    assert evidence.threshold == threshold(3, 1)
    assert (evidence.valid_time, evidence.age_s, evidence.basis) == (NOON, 300, "computed")


def test_only_what_supports_a_level_is_evidence(weather):
    weather.rain(NOON, 12.0, 0.0, 0.0, 0.0)
    assert [e.level for e in bulletin(weather).of("upper").evidence] == [RiskLevel.BLUE]


def test_a_wet_catchment_needs_less_rain(weather):
    storm = dry(Weather(), NOON - 12 * HOUR)
    for back in range(7, 12):
        storm.rain(NOON - back * HOUR, 30.0, 0.0, 0.0, 0.0)
    for back in range(1, 7):
        storm.rain(NOON - back * HOUR, 0.0)
    for soaked in (weather, storm):
        soaked.rain(NOON, 8.5, 0.0, 0.0, 0.0)
    assert bulletin(weather).of("upper").level == RiskLevel.NONE
    assert bulletin(storm).of("upper").level == RiskLevel.BLUE


def test_where_wetness_is_unknown_its_stand_in_counts_and_nothing_is_complete():
    short = Weather()
    for back in range(6):
        short.rain(NOON - back * HOUR, 9.5 if back == 0 else 0.0)
    upper = bulletin(short).of("upper")
    assert upper.level == RiskLevel.BLUE  # medium: 9.0 mm; dry would need 10
    calm = Weather()
    for back in range(6):
        calm.rain(NOON - back * HOUR, 8.5 if back == 0 else 0.0)
    upper = bulletin(calm).of("upper")
    assert upper.level == RiskLevel.NONE  # wet would need 8
    assert (upper.data_state, upper.cause) == (DataState.DEGRADED, "antecedent wetness unknown")


def test_unknown_wetness_that_could_change_nothing_degrades_nothing():
    short = Weather()
    for back in range(6):
        short.rain(NOON - back * HOUR, 0.0)
    assert bulletin(short).of("upper").data_state is DataState.COMPLETE


def soaked(*unseen_h_ago: int) -> Weather:
    """Return a storm of two hours that wets the soil, and its rain of now; some hours unseen."""
    past = dry(Weather(), NOON - 12 * HOUR)
    for back in range(12):
        fall = {0: 8.5, 8: 35.0, 9: 35.0}.get(back, 0.0)
        if back not in unseen_h_ago:
            past.rain(NOON - back * HOUR, fall, 0.0, 0.0, 0.0)
    return past


def test_a_gap_in_the_rain_of_the_days_before_never_lowers_a_level_and_is_complete():
    assert bulletin(soaked()).of("upper").level == RiskLevel.BLUE
    upper = bulletin(soaked(8)).of("upper")
    assert upper.level == RiskLevel.NONE  # drier than it was, for what was seen of it
    assert (upper.data_state, upper.cause) == (DataState.DEGRADED, "antecedent rain partly seen")


def test_a_missing_hour_is_unknown_and_not_dry(weather):
    found = bulletin(weather)
    lower = found.of("lower")
    assert (lower.data_state, lower.cause) == (DataState.DEGRADED, "rain partly seen")
    assert found.of("upper").data_state is DataState.BLIND  # its answer comes within that hour


def test_what_was_seen_still_speaks_where_a_part_is_missing(weather):
    weather.rain(NOON, 45.0, float("nan"), float("nan"), float("nan"))
    found = bulletin(weather)
    assert found.of("upper").data_state is DataState.COMPLETE
    lower = found.of("lower")
    assert (lower.level, lower.data_state) == (RiskLevel.RED, DataState.DEGRADED)


def test_nothing_read_is_blind_everywhere_and_never_calm():
    found = bulletin(Weather())
    assert set(found.data_states) == {DataState.BLIND}
    assert set(found.closeness) == {None}
    assert set(found.newest_inputs) == {None}
    assert [d.village_id for d in found.details] == list(found.villages)


def test_a_village_that_nothing_could_raise_is_blind(weather):
    weather.rain(NOON, 0.0)
    lonely = bulletin(weather).of("lonely")
    assert (lonely.data_state, lonely.cause) == (DataState.BLIND, "no threshold")


def test_a_late_feed_is_looked_at_up_to_what_it_can_have_delivered(weather):
    feeds = config().feeds
    late = feeds[0].model_copy(update={"latency_min": 60})
    site = SiteArrays.of(config(feeds=(late, feeds[1])))
    assert bulletin(weather, site=site).of("upper").data_state is DataState.COMPLETE
    weather.rain(NOON, 35.0, 0.0, 0.0, 0.0)
    assert bulletin(weather, site=site).of("upper").level == RiskLevel.ORANGE


def test_a_grid_of_another_shape_or_name_is_not_rain_here(weather):
    site = SiteArrays.of(config(weights=config().weights.model_copy(update={"grid_id": "other"})))
    assert bulletin(weather, site=site).of("upper").cause == "rain not seen"


def test_signals_follow_the_site(weather):
    weather.rain(NOON, 35.0, 0.0, 0.0, 0.0)
    assert bulletin(weather).of("upper").signal is Signal.PREPARE
    early = Signals(prepare=RiskLevel.YELLOW, move=RiskLevel.ORANGE)
    site = SiteArrays.of(config(risk=settings(signals=early)))
    assert bulletin(weather, site=site).of("upper").signal is Signal.MOVE


def test_closeness_is_the_largest_share_of_level_three(weather):
    weather.rain(NOON, 15.0, 0.0, 0.0, 0.0)
    found = bulletin(weather)
    assert found.closeness[found.villages.index("upper")] == 0.5


def test_confidence_is_high_where_rain_and_river_agree(weather):
    weather.rain(NOON, 30.0)
    assert bulletin(weather).of("lower").confidence is Confidence.MEDIUM
    weather.point("H", NOON, 2.0)
    assert bulletin(weather).of("lower").confidence is Confidence.HIGH


def test_a_bulletin_comes_back_from_its_bytes(weather):
    weather.rain(NOON, 35.0, 0.0, 0.0, 0.0)
    weather.point("H", NOON, 2.2)
    found = bulletin(weather)
    assert from_bytes(found.to_bytes()) == found
    assert from_bytes(found.to_bytes()).to_bytes() == found.to_bytes()


def test_the_decision_is_the_same_under_other_code_and_differs_with_other_rows(weather):
    found = bulletin(weather)
    weather.point("H", NOON - timedelta(days=2), 0.3)
    other = bulletin(weather)
    assert other.levels == found.levels
    assert other.decision_sha256 != found.decision_sha256


def test_a_cycle_between_two_steps_looks_at_the_step_before(weather):
    weather.rain(NOON, 31.0)
    found = bulletin(weather, NOON + timedelta(minutes=20))
    upper = found.of("upper")
    assert (upper.level, upper.data_state) == (RiskLevel.ORANGE, DataState.COMPLETE)
    assert upper.evidence[0].valid_time == NOON


def test_rain_in_intervals_longer_than_the_shortest_duration_stays_unknown(weather):
    feeds = config().feeds
    daily = feeds[0].model_copy(update={"cadence_min": 1440})
    site = SiteArrays.of(config(feeds=(daily, feeds[1])))
    assert site.step_s == 3600
    assert bulletin(weather, site=site).of("upper").level == RiskLevel.NONE


def test_of_two_grids_for_one_hour_the_feed_named_first_counts(weather):
    weather.rain(NOON, 31.0, feed="another")
    assert bulletin(weather).of("upper").level == RiskLevel.ORANGE
    weather.rain(NOON, 11.0, feed="radar")
    assert bulletin(weather).of("upper").level == RiskLevel.BLUE


def test_a_preferred_grid_that_saw_nothing_does_not_erase_the_other(weather):
    weather.rain(NOON, 31.0, feed="another")
    weather.rain(NOON, float("nan"), feed="radar")
    found = bulletin(weather)
    for village in ("upper", "lower"):
        state = found.of(village).level, found.of(village).data_state
        assert state == (RiskLevel.ORANGE, DataState.COMPLETE)


def test_of_two_grids_each_village_takes_the_one_that_saw_most_of_it(weather):
    nan = float("nan")
    weather.rain(NOON, 31.0, feed="another")
    weather.rain(NOON, 11.0, nan, nan, nan, feed="radar")
    found = bulletin(weather)
    assert [found.of(v).level for v in ("upper", "lower")] == [RiskLevel.BLUE, RiskLevel.ORANGE]
    assert found.of("lower").data_state is DataState.COMPLETE


def test_a_village_that_the_bulletin_does_not_name_is_blind_and_not_calm(weather):
    weather.rain(NOON, 0.0)
    stranger = bulletin(weather).of("nowhere")
    assert (stranger.data_state, stranger.confidence) == (DataState.BLIND, Confidence.LOW)
