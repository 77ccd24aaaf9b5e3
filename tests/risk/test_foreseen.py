"""Rain that is foreseen raises a village as far as the site allows, and lowers none."""

from datetime import timedelta

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import Confidence, Indicator, RiskBulletin, RiskLevel, Signal, from_bytes
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.village_case import village_case
from pipeline.site.model import ForecastGrid
from tests.risk.modelled_site import modelled
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry, settings, threshold

WEIGHTS = config().weights
QPF, COARSE = (
    ForecastGrid(feed_id=feed, weights=WEIGHTS, cadence_min=360, latency_min=60)
    for feed in ("qpf", "coarse")
)


def foreseeing(*feeds: ForecastGrid, **forecast: object) -> SiteArrays:
    return SiteArrays.of(config(forecasts=feeds or (QPF,), risk=settings(forecast=forecast)))


SITE = foreseeing()
MODELLED = SiteArrays.of(modelled(forecasts=(QPF,)))
RED_MM, ORANGE_MM = threshold(4, 1), threshold(3, 1)
"""Of one hour on dry ground, where the level is reached."""
falls = st.lists(st.floats(0, 60).map(lambda mm: round(mm, 1)), min_size=12, max_size=12)


def run_of(*mm: float, run=NOON, weather: Weather | None = None, **more) -> Weather:
    made = dry(Weather()) if weather is None else weather
    made.foresee(run, *mm, **more)
    return made


def told(found: RiskBulletin, village="upper"):
    return [e for e in found.of(village).evidence if e.indicator is Indicator.FORECAST]


def test_foreseen_rain_raises_a_village_and_shows_its_run_and_its_limit():
    found = bulletin(run_of(0, 0, ORANGE_MM), site=SITE)
    risk, (one,) = found.of("upper"), told(found)
    assert (risk.level, risk.signal, one.level) == (RiskLevel.ORANGE, Signal.PREPARE, risk.level)
    assert (one.station_id, one.duration_h, one.unit) == ("qpf", 1, "mm")
    assert (one.value, one.threshold) == (ORANGE_MM, ORANGE_MM)
    assert (one.valid_time, one.age_s) == (NOON, 300)
    assert (one.probability, one.spread) == (1.0, None)
    assert risk.confidence is Confidence.LOW
    assert from_bytes(found.to_bytes()) == found


def test_rain_that_nobody_has_seen_moves_nobody_unless_the_site_says_so():
    weather = run_of(4 * RED_MM)
    assert bulletin(weather, site=SITE).of("upper").level is RiskLevel.ORANGE
    bold = foreseeing(at_most=RiskLevel.RED)
    assert bulletin(weather, site=bold).of("upper").level is RiskLevel.RED
    shy = foreseeing(at_most=RiskLevel.YELLOW)
    assert bulletin(weather, site=shy).of("upper").level is RiskLevel.YELLOW


@hypothesis.settings(max_examples=40)
@given(falls, falls, st.integers(0, 3))
def test_more_rain_foreseen_never_lowers_a_level_nor_delays_its_water(one, more, member):
    members = [one, one, one, one]
    wetter = [*members]
    wetter[member] = [a + b for a, b in zip(one, more, strict=True)]
    before, after = (ensemble(each) for each in (members, wetter))
    for village in ("upper", "lower"):
        less, greater = before.of(village), after.of(village)
        assert greater.level >= less.level
        if less.level == greater.level and less.onset is not None:
            assert greater.onset is not None
            assert greater.onset.earliest <= less.onset.earliest


def ensemble(members, site: SiteArrays = SITE) -> RiskBulletin:
    weather = dry(Weather())
    for number, fall in enumerate(members):
        weather.foresee(NOON, *fall, member=number)
    return bulletin(weather, site=site)


@hypothesis.settings(max_examples=40)
@given(falls, falls)
def test_a_forecast_lowers_nothing_of_what_was_seen(seen, foreseen):
    weather = dry(Weather())
    for back, mm in enumerate(seen):
        weather.rain(NOON - back * HOUR, mm)
        weather.point("H", NOON - back * HOUR, mm / 15)
    without = bulletin(weather, site=SITE)
    weather.foresee(NOON, *foreseen)
    with_it = bulletin(weather, site=SITE)
    assert all(a >= b for a, b in zip(with_it.levels, without.levels, strict=True))
    assert with_it.data_states == without.data_states


def test_a_dry_forecast_does_not_outrank_a_rising_river():
    weather = dry(Weather())
    for back, stage in enumerate((3.1, 2.4, 1.6)):
        weather.point("H", NOON - back * HOUR, stage)
    weather.foresee(NOON, *[0.0] * 12)
    found = bulletin(weather, site=SITE)
    assert found.of("ford").level is RiskLevel.RED
    assert not told(found, "ford")


@given(st.integers(0, 10), st.sampled_from([0.1, 0.3, 0.5, 0.7, 1.0]))
def test_a_level_counts_where_its_share_of_the_members_brings_it(wet, share):
    found = ensemble([[ORANGE_MM if m < wet else 0.0] for m in range(10)], foreseeing(share=share))
    counts = wet >= round(share * 10)
    assert (found.of("upper").level is RiskLevel.ORANGE) == counts
    if counts:
        (one,) = told(found)
        assert one.probability == pytest.approx(wet / 10)
        assert one.spread is not None
        assert 0 <= one.spread[0] <= one.spread[1] <= ORANGE_MM


def test_the_rain_of_the_last_hours_goes_on_in_the_rain_foreseen():
    weather = dry(Weather())
    half = threshold(3, 3) / 2
    weather.rain(NOON, half)
    weather.foresee(NOON, half)
    (one,) = told(bulletin(weather, site=SITE))
    assert (one.duration_h, one.value) == (3, pytest.approx(2 * half, abs=1e-3))


def test_the_forecasts_flow_goes_through_the_stores_as_they_are():
    wet, arid = dry(Weather(), NOON, 24 * 12), dry(Weather(), NOON, 24 * 12)
    for back in range(24, 144):
        wet.rain(NOON - back * HOUR, 4.0)
    flows = []
    for weather in (arid, wet):
        weather.foresee(NOON, *[8.0] * 4)
        case = village_case(weather.cycle(MODELLED, NOON), MODELLED, "upper")
        assert case.forecast is not None
        assert case.forecast.peak_m3s is not None
        flows.append(case.forecast.peak_m3s[1])
    assert flows[1] > 2 * flows[0]
    by_flow = [e for e in told(bulletin(wet, site=MODELLED)) if e.unit == "m3/s"]
    assert by_flow
    assert by_flow[0].value == pytest.approx(flows[1], abs=1e-3)


def test_a_run_that_became_known_after_the_cutoff_was_not_foreseen():
    late = run_of(4 * RED_MM, known=NOON + timedelta(minutes=6))
    assert bulletin(late, site=SITE).of("upper").level is RiskLevel.NONE
    (after,) = judge([late.cycle(SITE, NOON, NOON + timedelta(minutes=7))], SITE, code_version="")
    assert after.of("upper").level is RiskLevel.ORANGE


def test_the_newest_run_speaks_and_an_old_one_says_nothing():
    renewed = run_of(*[RED_MM] * 12, run=NOON - 6 * HOUR)
    renewed.foresee(NOON, *[0.0] * 12)
    assert bulletin(renewed, site=SITE).of("upper").level is RiskLevel.NONE
    old = run_of(*[RED_MM] * 30, run=NOON - 19 * HOUR)
    assert bulletin(old, site=SITE).of("upper").level is RiskLevel.NONE
    (row,) = [f for f in bulletin(old, site=SITE).freshness if f.feed_id == "qpf"]
    assert row.state == "silent"
    assert bulletin(old, site=foreseeing(max_age_h=20)).of("upper").level is RiskLevel.ORANGE


def test_where_the_preferred_forecast_fails_the_next_one_speaks_and_is_named():
    site = foreseeing(QPF, COARSE)
    weather = run_of(ORANGE_MM, feed="coarse")
    assert [e.station_id for e in told(bulletin(weather, site=site))] == ["coarse"]
    weather.foresee(NOON, 0.0)
    assert not told(bulletin(weather, site=site))


def test_a_site_without_forecasts_has_the_bytes_that_it_always_had():
    plain = SiteArrays.of(config())
    weather = dry(Weather())
    before = bulletin(weather, site=plain).to_bytes()
    weather.foresee(NOON, *[RED_MM] * 12)
    assert bulletin(weather, site=plain).to_bytes() == before
    assert b"forecast" not in config().to_bytes()


def test_what_was_foreseen_is_part_of_what_was_read():
    digests = {
        bulletin(run_of(mm, member=member, run=run), site=SITE).inputs_sha256
        for mm, member, run in (
            (1.0, None, NOON), (2.0, None, NOON), (1.0, 3, NOON), (1.0, None, NOON - HOUR),
        )
    }  # fmt: skip
    assert len(digests) == 4


@hypothesis.settings(max_examples=30)
@given(falls, st.integers(0, 11))
def test_a_block_of_cycles_gives_the_bytes_of_each_alone(fall, shift):
    weather = run_of(*fall)
    weather.foresee(NOON + shift * HOUR, *fall[::-1])
    for hour in range(1, 6):
        weather.rain(NOON + hour * HOUR, fall[hour])
    cycles = weather.cycles(SITE, [NOON + hour * HOUR for hour in range(6)])
    together = [b.to_bytes() for b in judge(cycles, SITE, code_version="")]
    alone = [next(judge([one], SITE, code_version="")).to_bytes() for one in cycles]
    assert together == alone


def test_water_of_rain_to_come_is_not_expected_before_the_rain():
    onsets = []
    for hours in (1, 4, 8):
        found = bulletin(run_of(*[0.0] * (hours - 1), ORANGE_MM), site=SITE).of("upper")
        assert found.onset is not None
        assert found.onset.likely >= NOON + hours * HOUR
        onsets.append(found.onset.earliest)
    assert onsets == sorted(set(onsets))


def test_a_lost_station_does_not_raise_what_was_only_foreseen():
    weather = Weather()
    for back in range(80):
        weather.rain(NOON - back * HOUR, 0.0 if back else 12.0)
    for back in range(4, 12):
        weather.point("H", NOON - back * HOUR, 0.98 - 0.05 * back)
    weather.foresee(NOON, 4 * RED_MM)
    found = bulletin(weather, site=SITE).of("lower")
    assert {e.indicator for e in found.evidence} >= {Indicator.GAUGE_LOST, Indicator.FORECAST}
    assert found.level is RiskLevel.ORANGE


def test_sums_since_the_beginning_of_a_run_are_read_as_the_rain_of_each_hour():
    by_hour, in_all = run_of(5.0, 20.0, 31.0), dry(Weather())
    in_all.foresee(NOON, 5.0, 25.0, 56.0, since_run=True)
    values = [told(bulletin(weather, site=SITE))[0].value for weather in (by_hour, in_all)]
    assert values[0] == values[1] == 31.0


def test_sums_of_two_runs_are_never_laid_together():
    in_all = dry(Weather())
    in_all.foresee(NOON - 6 * HOUR, *[4.0 * h for h in range(1, 19)], since_run=True)
    in_all.foresee(NOON, *[2.0 * h for h in range(1, 8)], since_run=True)
    case = village_case(in_all.cycle(SITE, NOON), SITE, "upper")
    assert case.forecast is not None
    assert case.forecast.run == NOON
    assert case.forecast.mm[1] == (2.0, 2.0, 2.0)
    assert case.forecast.mm[6] == (12.0, 12.0, 12.0)


def test_a_forecast_on_another_grid_is_not_read_as_if_it_were_on_ours():
    weights = WEIGHTS.model_copy(update={"grid_id": "elsewhere"})
    site = foreseeing(QPF.model_copy(update={"weights": weights}))
    assert not told(bulletin(run_of(4 * RED_MM), site=site))


def test_a_forecast_fed_by_hand_raises_and_lowers_nothing():
    weather = run_of(ORANGE_MM)
    weather.foresee(NOON, 0.0, feed="qpf@hand")
    assert bulletin(weather, site=SITE).of("upper").level is RiskLevel.ORANGE
    wetter = run_of(0.0)
    wetter.foresee(NOON, ORANGE_MM, feed="qpf@hand")
    assert bulletin(wetter, site=SITE).of("upper").level is RiskLevel.ORANGE


def test_members_of_two_runs_are_as_old_as_the_older():
    weather = run_of(*[0.0] * 6, ORANGE_MM, run=NOON - 6 * HOUR, member=1)
    weather.foresee(NOON, ORANGE_MM, member=0)
    (one,) = told(bulletin(weather, site=SITE))
    assert (one.valid_time, one.probability) == (NOON - 6 * HOUR, 1.0)


def test_rain_of_steps_that_make_no_hours_goes_on_in_no_forecast():
    odd = config().feeds[0].model_copy(update={"cadence_min": 45})
    site = SiteArrays.of(config(forecasts=(QPF,), feeds=(odd,), risk=settings(durations_h=(3, 6))))
    assert (site.step_s, site.forecasts) == (2700, ())


def test_rain_of_three_hours_is_spread_over_its_hours_before_a_forecast_goes_on():
    slow = config().feeds[0].model_copy(update={"cadence_min": 180})
    site = SiteArrays.of(config(forecasts=(QPF,), feeds=(slow,), risk=settings(durations_h=(3, 6))))
    assert site.step_s == 3 * 3600
    assert np.isfinite(site.lag_h[0]).all()
    (found,) = judge([run_of(80.0).cycle(site, NOON)], site, code_version="")
    assert told(found)
