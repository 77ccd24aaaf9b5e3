"""A report counts from its instant on, for a while, raises and never lowers, and is remembered."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import assess
from pipeline.bulletin import DataState, Indicator, RiskLevel, Sighting
from pipeline.replay import Verdict, rebuild, replay
from pipeline.reports import Report, keep, standing_at
from pipeline.risk.judgement import judge
from pipeline.risk.reported import standing
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.risk_settings import ReportSettings
from pipeline.world import live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry

WORLD, RULES, MINUTE = live("small"), ReportSettings(), timedelta(minutes=1)
VILLAGES = ("upper", "lower", "ford", "lonely")


@pytest.fixture
def calm(engine):
    weather = dry(Weather())
    for hours in range(6):
        weather.rain(NOON + hours * HOUR, 0.0)
        weather.point("H", NOON + hours * HOUR, 0.5)
    weather.store(engine)
    return engine


def seen(saw=Sighting.OVER, village="lower", at=NOON, by="role:duty", **rest):
    return Report(village, at, rest.get("seen_at", at), saw, by)


def told(engine, report, stored_at=None):
    with engine.begin() as connection:
        return keep(connection, WORLD, report, stored_at=stored_at or report.known_at)


def judged(engine, slot):
    return assess(engine, config(), WORLD, slot, cutoff=slot + DELAY, now=slot + DELAY)


def test_what_a_person_saw_raises_its_village_alone_and_is_named_in_the_evidence(calm):
    told(calm, seen())
    bulletin = judged(calm, NOON)
    risk = bulletin.of("lower")
    assert (risk.level, risk.data_state) == (RiskLevel.RED, DataState.COMPLETE)
    (evidence,) = [e for e in risk.evidence if e.indicator is Indicator.REPORT]
    assert (evidence.saw, evidence.station_id, evidence.age_s) == (Sighting.OVER, "role:duty", 300)
    assert bulletin.of("upper").level == RiskLevel.NONE


def test_a_report_counts_for_its_time_and_then_no_more(calm):
    told(calm, seen())
    levels = [judged(calm, NOON + hours * HOUR).of("lower").level for hours in range(4)]
    assert levels == [4, 4, 0, 0]


def test_a_blind_village_rises_by_a_report_and_stays_blind(calm):
    told(calm, seen(Sighting.AT_BRIDGE, "lonely"))
    risk = judged(calm, NOON).of("lonely")
    assert (risk.level, risk.data_state) == (RiskLevel.ORANGE, DataState.BLIND)


def test_calm_ends_ones_own_reports_and_nobody_elses(calm):
    told(calm, seen(at=NOON))
    told(calm, seen(Sighting.RISING, by="role:patrol"))
    told(calm, seen(Sighting.CALM, at=NOON + MINUTE))
    assert judged(calm, NOON).of("lower").level == RiskLevel.YELLOW
    told(calm, seen(at=NOON + HOUR))
    assert judged(calm, NOON + HOUR).of("lower").level == RiskLevel.RED


def test_in_the_houses_the_water_is_there_and_over_the_road_it_comes_as_at_the_threshold(calm):
    site = SiteArrays.of(config())
    response_h = site.response_h[site.villages.index("lower")]
    onsets = []
    for hours, saw in enumerate((Sighting.RISING, Sighting.OVER, Sighting.IN_HOUSES)):
        slot = NOON + hours * HOUR
        told(calm, seen(saw, at=slot))
        onsets.append((judged(calm, slot).of("lower").onset.latest - slot) / HOUR)
    rising, over, there = onsets
    assert rising == pytest.approx(2 * response_h, abs=1 / 60)
    assert over == pytest.approx(response_h, abs=1 / 60)
    assert there == 0


def test_what_was_reported_or_stored_later_changes_no_decision_and_a_replay_sees_it(calm):
    plain = judged(calm, NOON)
    told(calm, seen(at=NOON + MINUTE), stored_at=NOON + HOUR)
    assert rebuild(calm, WORLD, NOON).verdict is Verdict.IDENTICAL
    told(calm, seen(at=NOON + HOUR))
    during = judged(calm, NOON + HOUR)
    start = NOON + HOUR
    (again,) = replay(calm, config(), start=start, end=start, assess_delay=DELAY)
    assert again.to_bytes() == during.to_bytes()
    assert during.inputs_sha256 != plain.inputs_sha256
    assert rebuild(calm, WORLD, NOON + HOUR).verdict is Verdict.IDENTICAL


def test_the_same_report_twice_is_once(calm):
    assert told(calm, seen())
    assert not told(calm, seen())
    assert len(standing_at(calm, WORLD, NOON, RULES)) == 1


reports = st.builds(
    seen,
    saw=st.sampled_from(Sighting),
    village=st.sampled_from(VILLAGES),
    at=st.integers(-180, 10).map(lambda minutes: NOON + minutes * MINUTE),
    by=st.sampled_from(["role:duty", "role:patrol"]),
)


@given(st.lists(reports, max_size=8))
def test_reports_never_lower_a_level_nor_delay_an_onset(said):
    site = SiteArrays.of(config())
    weather = dry(Weather())
    weather.rain(NOON, 21.0)
    weather.point("H", NOON, 2.5)
    alone = weather.cycle(site, NOON)
    heard = replace(alone, reports=standing(said, NOON + DELAY, RULES))
    before, after = judge([alone, heard], site, code_version="law")
    for village in VILLAGES:
        one, other = before.of(village), after.of(village)
        assert other.level >= one.level
        assert other.data_state is one.data_state
        if one.onset is not None:
            assert other.onset.earliest <= one.onset.earliest


@given(st.lists(reports, max_size=8), st.permutations(range(8)))
def test_the_order_in_which_reports_are_read_changes_nothing(said, order):
    shuffled = [said[i] for i in order if i < len(said)]
    assert standing(shuffled, NOON, RULES) == standing(said, NOON, RULES)
