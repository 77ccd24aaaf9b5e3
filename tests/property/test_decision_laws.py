"""What changes no byte of a decision, from rows in a real database; and what no tier falls on."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.by_person import order_by_person
from alerts.episode import Word, advance
from alerts.tier import Tier
from pipeline.assess import assess, read_cycle
from pipeline.bulletin import DataState, RiskBulletin
from pipeline.database import Engine, reading
from pipeline.observation import KnownBasis
from pipeline.replay import Verdict, rebuild, replay
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.hand_fed import HandFed, hand_feed
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import Suspension
from pipeline.store import hand_feeds
from pipeline.store.compaction import compact
from pipeline.suspensions import keep
from pipeline.world import KnownAs, World, live
from tests.golden.samples import valley
from tests.property.test_risk_laws import SHORT
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, gauge_config

GAUGES = gauge_config().model_copy(update=SHORT)
CONFIGS = (config(**SHORT), GAUGES)
STATIONS = ("H", "R1", "R2")
SECOND = timedelta(seconds=1)
on_a_database = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

steps = st.lists(st.sampled_from([None, 0.0, 2.0, 8.0, 25.0]), min_size=9, max_size=9)
late = st.lists(st.integers(0, 4), min_size=9, max_size=9)
stages = st.sampled_from([0.3, 1.2, 2.2, 3.4])
spans = st.tuples(st.sampled_from(STATIONS), st.integers(0, 240), st.integers(1, 12))


def weather(rain: list[float | None], stage: float, delays: list[int]) -> Weather:
    """Return nine hours up to noon on a day that was dry before, each known some hours late."""
    made = Weather()
    for back in range(27):
        fell = rain[back] if back < len(rain) else 0.0
        valid = NOON - back * HOUR
        known = valid + (delays[back] if back < len(delays) else 0) * HOUR
        if fell is not None:
            made.rain(valid, fell, known=known)
            for gauge in ("R1", "R2"):
                made.point(gauge, valid, fell, known=known)
        made.point("H", valid, stage if back < 3 else 0.2, known=known)
    return made


def flood(known: datetime) -> Weather:
    made = Weather()
    for back in range(9):
        made.rain(NOON - back * HOUR, 999.0, known=known)
        for station in STATIONS:
            made.point(station, NOON - back * HOUR, 999.0, known=known)
    return made


def said(engine: Engine, site: SiteArrays, world: World, **more: ArealCache) -> RiskBulletin:
    """Return the bulletin of noon that the log gives."""
    with reading(engine) as connection:
        cycle = read_cycle(connection, site, world, NOON, (NOON + DELAY, NOON + DELAY))
    return next(judge([cycle], site, code_version="law", **more))


@on_a_database
@pytest.mark.parametrize("of", CONFIGS, ids=["grid", "gauges"])
@given(rain=steps, stage=stages, basis=st.sampled_from(KnownBasis))
def test_999_mm_of_a_drill_leave_the_bytes_of_the_live_bulletin_as_they_are(
    engine: Engine, of, rain, stage, basis
) -> None:
    of = of.model_copy(update={"site": uuid.uuid4().hex})
    site, world = SiteArrays.of(of), live(of.site)
    weather(rain, stage, []).store(engine, basis=basis, site=of.site, stored_at=NOON)
    before = said(engine, site, world).to_bytes()
    flood(NOON).store(engine, basis=basis, site=of.site, scenario="drill", stored_at=NOON)
    assert said(engine, site, world).to_bytes() == before
    found = assess(engine, of, world, NOON, cutoff=NOON + DELAY, now=NOON + DELAY)
    assert replace(found, code_version="law").to_bytes() == before


@on_a_database
@pytest.mark.parametrize("of", CONFIGS, ids=["grid", "gauges"])
@given(rain=steps, stage=stages, delays=late)
def test_a_cache_rebuilt_from_the_log_gives_the_same_bytes_also_after_a_compaction(
    engine: Engine, of, rain, stage, delays
) -> None:
    of = of.model_copy(update={"site": uuid.uuid4().hex})
    site, world = SiteArrays.of(of), live(of.site)
    warm = ArealCache(site.weights)
    first, second = weather(rain, stage, delays), weather(rain[::-1], stage, delays)
    for made in (first, second):
        made.store(engine, site=of.site, stored_at=NOON)
        lived = said(engine, site, world, cache=warm).to_bytes()
        assert said(engine, site, world).to_bytes() == lived
    with engine.begin() as connection:
        compact(connection, site=of.site, before=NOON + 24 * HOUR, stored_at=NOON)
    assert said(engine, site, world).to_bytes() == lived


@on_a_database
@given(rain=steps, stage=stages, before=st.lists(spans, max_size=2), after=st.lists(spans))
def test_what_is_suspended_resumed_or_fed_by_hand_later_changes_no_byte_of_what_was_decided(
    engine: Engine, rain, stage, before, after
) -> None:
    of = GAUGES.model_copy(update={"site": uuid.uuid4().hex})
    world, cutoff = live(of.site), NOON + DELAY
    weather(rain, stage, []).store(engine, site=of.site, stored_at=NOON)
    for number, (station, minutes, hours) in enumerate(before):
        at = cutoff - minutes * timedelta(minutes=1) - number * SECOND
        suspend(engine, world, station, at, at + hours * HOUR)
    lived = assess(engine, of, world, NOON, cutoff=cutoff, now=cutoff)
    for number, (station, minutes, hours) in enumerate(after):
        at = cutoff + minutes * timedelta(minutes=1) + (number + 1) * SECOND
        suspend(engine, world, station, at, at + hours * HOUR if hours % 2 else None)
    later = cutoff + SECOND
    fed = flood(later)
    fed.moved(hand_feed)
    fed.store(engine, site=of.site)
    with engine.begin() as connection:
        word = HandFed(hand_feed("river"), "0" * 64, later, NOON - 8 * HOUR, NOON, "who", "why")
        hand_feeds.say(connection, of.site, word, stored_at=later)
    assert rebuild(engine, world, NOON).verdict is Verdict.IDENTICAL
    span = {"start": NOON, "end": NOON, "assess_delay": DELAY}
    (again,) = replay(engine, of, known=KnownAs.DECLARED, **span)
    assert again.to_bytes() == lived.to_bytes()


def suspend(
    engine: Engine, world: World, station: str, at: datetime, until: datetime | None
) -> None:
    with engine.begin() as connection:
        keep(connection, world, Suspension(station, at, until, "it lies", "who"), stored_at=at)


@settings(max_examples=60, deadline=None)
@given(
    rain=steps,
    stage=stages,
    tier=st.sampled_from([tier for tier in Tier if tier is not Tier.NONE]),
    names=st.sets(st.sampled_from(STATIONS), min_size=1),
    calm_h=st.integers(0, 48),
)
def test_a_tier_that_was_sent_holds_when_a_station_of_its_village_is_suspended(
    rain, stage, tier, names, calm_h
):
    site, rules, world = SiteArrays.of(GAUGES), valley().config, live("small")
    words = tuple(Suspension(name, NOON, NOON + HOUR, "it lies", "who") for name in sorted(names))
    cycle = replace(weather(rain, stage, []).cycle(site, NOON), suspensions=words)
    bulletin = next(judge([cycle], site, code_version="law"))
    spoken_for = {site.villages[row] for name in names for row in site.villages_of(name)}
    for village in spoken_for:
        risk = bulletin.of(village)
        assert risk.data_state is not DataState.COMPLETE
        opened = NOON - 72 * HOUR
        ordered = order_by_person(None, village, tier, world=world, slot=opened).episode
        assert ordered is not None
        long_calm = replace(
            ordered, by_hand=Tier.NONE, calm_since=NOON - calm_h * HOUR, calm_slots=calm_h,
            last_slot=NOON - rules.interval,
        )  # fmt: skip
        after = advance(long_calm, Word(NOON, risk), world=world, rules=rules).episode
        assert after is not None
        assert after.tier >= tier
