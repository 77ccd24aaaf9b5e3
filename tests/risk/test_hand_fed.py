"""What a person feeds by hand may raise a village, lowers none, and makes none calm."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.by_person import order_by_person
from alerts.episode import Word, advance
from alerts.tier import Tier
from pipeline.bulletin import DataState, Indicator, RiskLevel, StationEventKind, from_bytes
from pipeline.observation import QcFlag, WarningKind
from pipeline.risk.hand_fed import HandFed, hand_feed
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import OfficialFeed
from pipeline.world import live
from tests.alerts.night import valley
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry, gauge_config
from tests.risk.warnings import message, names, read

RULES, WORLD = valley().config, live("small")
GAUGES, GRID = SiteArrays.of(gauge_config()), SiteArrays.of(config())
BY_HAND = {"gauges": hand_feed("gauges"), "river": hand_feed("river"), "radar": hand_feed("radar")}
WORD = HandFed(
    BY_HAND["river"], "0" * 64, NOON, NOON - 9 * HOUR, NOON, "role:hydrologist", "staff gauge read"
)

hours, mm = st.integers(0, 9), st.floats(0, 60, width=32)
usable = st.sampled_from([QcFlag.GOOD, QcFlag.SUSPECT, QcFlag.FAIL])
readings = st.lists(
    st.tuples(st.sampled_from(["H", "R1", "R2"]), hours, st.one_of(st.none(), mm), usable),
    max_size=8,
)


def gauged(rows, silent: set[str] = frozenset()) -> Weather:
    made = Weather()
    for back in range(80):
        for name in {"R1", "R2"} - silent:
            made.point(name, NOON - back * HOUR, 0.0)
    told(made, rows)
    return made


def told(weather: Weather, rows, *, by_hand: bool = False) -> None:
    for name, back, value, flag in rows:
        feed = "river" if name == "H" else "gauges"
        level = value if value is None or name != "H" else value / 15
        feed = BY_HAND[feed] if by_hand else feed
        said = QcFlag.MISSING if value is None else flag
        weather.point(name, NOON - back * HOUR, level, flag=said, feed=feed)


@settings(max_examples=150, deadline=None)
@given(readings, readings, st.sets(st.sampled_from(["R1", "R2"])))
def test_rows_fed_by_hand_never_lower_a_level_and_make_nothing_complete(own, fed, silent):
    weather = gauged(own, silent)
    before = bulletin(weather, site=GAUGES)
    told(weather, fed, by_hand=True)
    after = bulletin(weather, site=GAUGES)
    for was, now in zip(before.levels, after.levels, strict=True):
        assert now >= was
    for was, now in zip(before.data_states, after.data_states, strict=True):
        assert now is not DataState.COMPLETE or was is DataState.COMPLETE
    assert after.freshness == before.freshness
    assert after.newest_inputs == before.newest_inputs
    assert from_bytes(after.to_bytes()) == after


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(hours, mm), max_size=4), st.lists(st.tuples(hours, mm), max_size=4))
def test_grids_fed_by_hand_never_lower_a_level_either(own, fed):
    weather = dry(Weather(), NOON - 3 * HOUR)
    for back, value in own:
        weather.rain(NOON - back * HOUR, value)
    before = bulletin(weather)
    for back, value in fed:
        weather.rain(NOON - back * HOUR, value, feed=BY_HAND["radar"])
    after = bulletin(weather)
    assert all(now >= was for was, now in zip(before.levels, after.levels, strict=True))


@settings(max_examples=100, deadline=None)
@given(readings, readings, st.sampled_from(Tier), st.integers(0, 9))
def test_no_tier_that_stands_falls_on_rows_fed_by_hand(own, fed, tier, calm_slots):
    weather = gauged(own)
    before = bulletin(weather, site=GAUGES)
    told(weather, fed, by_hand=True)
    after = bulletin(weather, site=GAUGES)
    for village in before.villages:
        episode = None
        if tier is not Tier.NONE:
            since = NOON - 12 * HOUR
            opened = order_by_person(None, village, tier, world=WORLD, slot=since).episode
            episode = replace(
                opened,
                by_hand=Tier.NONE,
                calm_since=since if calm_slots else None,
                calm_slots=calm_slots,
                last_slot=NOON - RULES.interval,
            )
        without, with_them = (
            advance(episode, Word(NOON, b.of(village)), world=WORLD, rules=RULES).episode
            for b in (before, after)
        )
        assert standing(with_them) >= standing(without)


def standing(episode) -> Tier:
    return Tier.NONE if episode is None else episode.tier


def fed_at(stage: float, back: int = 0, own: float | None = 0.2) -> Weather:
    weather = dry(Weather())
    if own is not None:
        weather.point("H", NOON - back * HOUR, own)
    weather.point("H", NOON - back * HOUR, stage, feed=BY_HAND["river"])
    return weather


def judged(weather: Weather, *words: HandFed):
    cycle = replace(weather.cycle(GRID, NOON), hand_fed=words)
    return next(judge([cycle], GRID, code_version="test"))


def test_a_staff_gauge_that_a_person_read_raises_its_villages_and_says_who_read_it():
    found = judged(fed_at(3.2), WORD)
    ford = found.of("ford")
    (stage,) = ford.evidence
    assert ford.level is RiskLevel.RED
    assert (stage.indicator, stage.value) == (Indicator.STAGE, 3.2)
    assert stage.fed_by == "1 fed by hand by role:hydrologist: staff gauge read"
    (event,) = [e for e in found.events if e.kind is StationEventKind.HAND_FED]
    assert (event.station_id, event.since, event.villages) == ("H", NOON, ("ford", "lower"))


def test_a_lower_reading_fed_by_hand_leaves_a_red_as_it_is():
    found = judged(fed_at(0.1, own=3.5), WORD)
    assert found.of("ford").level is RiskLevel.RED
    assert [e.fed_by for e in found.of("ford").evidence] == [None]


def test_a_silent_station_is_not_made_calm_by_hand():
    weather = Weather()
    for back in range(80):
        weather.rain(NOON - back * HOUR, 0.0)
    weather.point("H", NOON, 0.1, feed=BY_HAND["river"])
    ford = judged(weather, WORD).of("ford")
    assert ford.data_state is DataState.DEGRADED
    assert "rests on data fed by hand" in ford.cause
    assert next(iter(judged(weather).freshness)).newest is None


def test_a_bulletin_without_anything_fed_by_hand_has_the_bytes_it_always_had():
    content = judged(dry(Weather())).to_bytes()
    assert b"fed_by" not in content
    assert b"hand" not in content


@pytest.mark.parametrize("lag", [timedelta(0), HOUR])
def test_a_block_gives_the_bytes_of_its_cycles_where_some_are_fed_by_hand(lag):
    weather = fed_at(3.2)
    cycles = [weather.cycle(GRID, NOON - back * HOUR) for back in (2, 1, 0)]
    cycles = [replace(c, cutoff=c.cutoff + lag, hand_fed=(WORD,)) for c in cycles]
    block = [b.to_bytes() for b in judge(cycles, GRID, code_version="test")]
    alone = [next(judge([c], GRID, code_version="test")).to_bytes() for c in cycles]
    assert block == alone


def test_a_cancellation_fed_by_hand_takes_no_official_warning_away():
    mapped = config(official=(OfficialFeed(feed_id="cap", area_map={"county": ("t",)}),))
    site = SiteArrays.of(mapped)
    cancel = message(2, kind=WarningKind.CANCEL, references=names(1), sent=NOON, areas=())
    cycle = replace(Weather().cycle(site, NOON), messages=read(message(1)))
    ended = (*read(message(1)), *read(cancel, feed=hand_feed("cap")))
    before, after = (
        next(judge([replace(cycle, messages=known)], site, code_version="test"))
        for known in (read(message(1)), ended)
    )
    assert before.of("upper").level is RiskLevel.ORANGE
    assert after.levels == before.levels
    assert after.details == before.details


def test_an_official_red_fed_by_hand_moves_who_is_blind_and_bears_its_name():
    mapped = config(official=(OfficialFeed(feed_id="cap", area_map={"county": ("t",)}),))
    site = SiteArrays.of(mapped)
    fed = read(message(1), feed=hand_feed("cap"))
    word = replace(WORD, feed_id=hand_feed("cap"))
    cycle = replace(Weather().cycle(site, NOON), messages=fed, hand_fed=(word,))
    upper = next(judge([cycle], site, code_version="test")).of("upper")
    assert upper.level is RiskLevel.ORANGE
    assert [e.fed_by for e in upper.evidence] == ["by role:hydrologist: staff gauge read"]
