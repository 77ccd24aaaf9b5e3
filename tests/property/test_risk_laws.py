"""The laws of the judgement, in whatever weather hypothesis can think of."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bulletin import DataState, Indicator, RiskBulletin, RiskLevel
from pipeline.observation import QcFlag
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.judgement import Cycle, judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import FeedHealthRule, OfficialFeed
from pipeline.site.risk_settings import WetnessSettings
from tests.risk.modelled_site import modelled
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, gauge_config, rainless
from tests.risk.small_site import settings as risk_settings
from tests.risk.warnings import area, message, read

WETNESS = WetnessSettings(
    decay_per_day=0.9, cap_mm=80.0, window_days=1, exclude_last_h=3, dry_below=0.5, wet_from=0.8,
    min_coverage=0.9,
)  # fmt: skip
SHORT = {"risk": risk_settings(wetness=WETNESS, durations_h=(1, 3, 6))}
GRID_SITE = SiteArrays.of(config(**SHORT))
MODEL_SITE = SiteArrays.of(modelled(spin_up_days=1, **SHORT))
GAUGE_SITE = SiteArrays.of(gauge_config().model_copy(update=SHORT))
PREFERRED = FeedHealthRule(
    feed_id="a preferred one", variable="rain_mm", cadence_min=60, latency_min=0
)
HOURS = 27
"""The window of these sites; every weather has a value, or none, for each hour of it."""
PAST = rainless(NOON - HOURS * HOUR, 24 * 11 - HOURS)
"""The model's window begins before these weathers do; before them, nothing fell."""

mm = st.one_of(st.just(0.0), st.floats(0, 60, width=32))
unseen = st.just(None)
rain_hours = st.lists(st.one_of(st.tuples(mm, mm), unseen), min_size=HOURS, max_size=HOURS)
stage = st.floats(0, 4)
flags = st.sampled_from([QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT, QcFlag.FAIL])
river_hours = st.lists(st.one_of(st.tuples(stage, flags), unseen), min_size=HOURS, max_size=HOURS)
late_h = st.lists(st.integers(0, 4), min_size=HOURS, max_size=HOURS)
laws = settings(max_examples=60, deadline=None)


def weather(
    rain: list[tuple[float, float] | None],
    river: list[tuple[float, QcFlag] | None],
    late: list[int] | None = None,
) -> Weather:
    """Return weather by hours before noon, the newest first; `late` hours until it is known."""
    made = Weather()
    delays = [0] * HOURS if late is None else late
    for back, (fall, level, delay) in enumerate(zip(rain, river, delays, strict=True)):
        valid = NOON - back * HOUR
        known = valid + delay * HOUR
        if fall is not None:
            made.rain(valid, fall[0], fall[1], fall[1], fall[0], known=known)
            made.point("R1", valid, fall[0], known=known)
            made.point("R2", valid, fall[1], known=known)
        if level is not None:
            made.point("H", valid, level[0], flag=level[1], known=known)
    return made


def judged(made: Weather, site: SiteArrays) -> RiskBulletin:
    past = [PAST] if site is MODEL_SITE else []
    (bulletin,) = judge([made.cycle(site, NOON, past=past)], site, code_version="law")
    return bulletin


def never_lower(before: RiskBulletin, after: RiskBulletin) -> None:
    assert all(a >= b for a, b in zip(after.levels, before.levels, strict=True))


@laws
@given(rain_hours, river_hours, st.floats(0, 30, width=32))
def test_more_rain_never_lowers_a_level_and_never_delays_the_water(rain, river, more):
    wetter = [None if fall is None else (fall[0] + more, fall[1]) for fall in rain]
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        before, after = judged(weather(rain, river), site), judged(weather(wetter, river), site)
        never_lower(before, after)
        for village in before.villages:
            one, two = before.of(village).onset, after.of(village).onset
            assert one is None or (two is not None and two.likely <= one.likely)


@laws
@given(rain_hours, river_hours, st.floats(0, 60, width=32))
def test_a_wetter_past_never_lowers_a_level(rain, river, more):
    past = [
        fall if fall is None or back < 6 else (fall[0] + more, fall[1] + more)
        for back, fall in enumerate(rain)
    ]
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        never_lower(judged(weather(rain, river), site), judged(weather(past, river), site))


@laws
@given(rain_hours, river_hours, st.floats(0, 2))
def test_a_higher_river_never_lowers_a_level(rain, river, rise):
    newest = next((i for i, level in enumerate(river) if level is not None), None)
    higher = [
        (level[0] + rise, level[1]) if level is not None and i == newest else level
        for i, level in enumerate(river)
    ]
    before, after = (
        judged(weather(rain, river), GRID_SITE),
        judged(weather(rain, higher), GRID_SITE),
    )
    never_lower(before, after)


@laws
@given(rain_hours, river_hours, st.integers(1, HOURS))
def test_rain_that_goes_missing_never_leaves_a_lower_level_complete(rain, river, gone):
    full, holed = weather(rain, river), weather([None] * gone + rain[gone:], river)
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        before, after = judged(full, site), judged(holed, site)
        for village in before.villages:
            lower = after.of(village).level < before.of(village).level
            assert not (lower and after.of(village).data_state is DataState.COMPLETE)


@laws
@given(rain_hours, river_hours, st.integers(0, HOURS - 1), st.integers(1, 6))
def test_a_gap_in_the_rain_never_leaves_a_lower_level_complete(rain, river, begin, length):
    gap = [None if begin <= back < begin + length else fall for back, fall in enumerate(rain)]
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        before, after = judged(weather(rain, river), site), judged(weather(gap, river), site)
        for village in before.villages:
            lower = after.of(village).level < before.of(village).level
            assert not (lower and after.of(village).data_state is DataState.COMPLETE)


@laws
@given(rain_hours, river_hours, st.lists(st.sampled_from([0.0, 30.0, None]), min_size=HOURS))
def test_a_second_grid_never_blinds_a_village_and_changes_no_byte_of_a_block(rain, river, other):
    made = weather(rain, river)
    before = judged(made, GRID_SITE)
    for back, fall in enumerate(other[:HOURS]):
        unseen = float("nan")
        cells = (unseen,) * 4 if fall is None else (fall, unseen, unseen, fall)
        made.rain(NOON - back * HOUR, *cells, feed="a preferred one")
    site = SiteArrays.of(config(**SHORT, feeds=(PREFERRED, *GRID_SITE.config.feeds)))
    after = judged(made, site)
    for one, two in zip(before.data_states, after.data_states, strict=True):
        assert one is DataState.BLIND or two is not DataState.BLIND
    cycles = [made.cycle(site, NOON - back * HOUR) for back in (2, 1, 0)]
    block = list(judge(cycles, site, code_version="law"))
    assert block[-1].to_bytes() == after.to_bytes()


@laws
@given(rain_hours, river_hours)
def test_a_river_that_falls_silent_never_leaves_a_lower_level_complete(rain, river):
    silence = [None] * 4 + river[4:]
    before, after = (
        judged(weather(rain, river), GRID_SITE),
        judged(weather(rain, silence), GRID_SITE),
    )
    for village in ("ford", "lower"):
        lower = after.of(village).level < before.of(village).level
        assert not (lower and after.of(village).data_state is DataState.COMPLETE)


@laws
@given(rain_hours, river_hours)
def test_a_village_without_any_data_is_blind_and_in_the_details(rain, river):
    found = judged(weather([None] * HOURS, [None] * HOURS), GRID_SITE)
    assert {d.data_state for d in found.details} == {DataState.BLIND}
    assert len(found.details) == len(found.villages)
    seen = judged(weather(rain, river), GRID_SITE)
    blind_or_seen = [
        newest is not None or state is DataState.BLIND
        for newest, state in zip(seen.newest_inputs, seen.data_states, strict=True)
    ]
    assert all(blind_or_seen)


@laws
@given(rain_hours, river_hours, late_h, st.sets(st.integers(0, HOURS - 1), min_size=1))
def test_a_block_of_cycles_is_byte_for_byte_its_cycles_one_by_one(rain, river, late, chosen):
    revisions = weather(rain, river, late).revisions()
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        cycles = [
            Cycle(slot, slot + DELAY, revisions.at(slot + DELAY, slot - site.window, slot))
            for slot in (NOON - back * HOUR for back in sorted(chosen, reverse=True))
        ]
        block = list(judge(cycles, site, code_version="law"))
        alone = [next(judge([cycle], site, code_version="law")) for cycle in cycles]
        assert [b.to_bytes() for b in block] == [b.to_bytes() for b in alone]


@laws
@given(rain_hours, river_hours)
def test_a_warm_cache_changes_no_byte(rain, river):
    made, cache = weather(rain, river), ArealCache(GRID_SITE.weights)
    cycle = made.cycle(GRID_SITE, NOON)
    first, second = (
        next(judge([cycle], GRID_SITE, code_version="law", cache=cache)) for _ in range(2)
    )
    assert first.to_bytes() == second.to_bytes() == judged(made, GRID_SITE).to_bytes()


@laws
@given(rain_hours, river_hours, late_h, st.integers(0, 12))
def test_what_became_known_after_the_cutoff_changes_no_byte(rain, river, late, back):
    slot = NOON - back * HOUR
    honest, poisoned = weather(rain, river, late), weather(rain, river, late)
    for i in range(HOURS):
        after = max(NOON - i * HOUR, slot + DELAY + timedelta(seconds=1))
        poisoned.rain(NOON - i * HOUR, 9999.0, known=after)
        for station in ("H", "R1", "R2"):
            poisoned.point(station, NOON - i * HOUR, 9999.0, known=after)
    for site in (GRID_SITE, GAUGE_SITE, MODEL_SITE):
        one, two = (
            next(judge([made.cycle(site, slot)], site, code_version="law"))
            for made in (honest, poisoned)
        )
        assert one.to_bytes() == two.to_bytes()


MAPPED = {"official": (OfficialFeed(feed_id="cap", area_map={"county": ("t",)}),)}
OFFICIAL_SITE = SiteArrays.of(config(**SHORT, **MAPPED))
colours = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@laws
@given(rain_hours, river_hours, colours)
def test_official_warnings_lower_nothing_and_move_only_who_is_blind_under_a_red(rain, river, some):
    cycle = weather(rain, river).cycle(OFFICIAL_SITE, NOON)
    messages = read(*(message(i, areas=(area(level),)) for i, level in enumerate(some)))
    before, after = (
        next(judge([one], OFFICIAL_SITE, code_version="law"))
        for one in (cycle, replace(cycle, messages=messages))
    )
    assert after.data_states == before.data_states
    for name in before.villages:
        one, two = before.of(name), after.of(name)
        is_moved = one.data_state is DataState.BLIND and max(some) == RiskLevel.RED
        assert two.level == (max(one.level, RiskLevel.ORANGE) if is_moved else one.level)
        shown = [e.value for e in two.evidence if e.indicator is Indicator.OFFICIAL]
        assert shown == [max(some)]
