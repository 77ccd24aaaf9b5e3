"""The recorded autumn on the Cance: what the levels did at the three stations, whatever it is.

Thresholds were tuned on data before 21 October 2014, so 12-13 October is in sample and 4 November
is out of it. Three nested stations and four storms are no measure of skill elsewhere.
"""

import random
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.assess import assess
from pipeline.bulletin import RiskLevel
from pipeline.database import reading
from pipeline.instants import to_us
from pipeline.replay import Verdict, rebuild, replay, replay_world
from pipeline.risk.judgement import Cycle, judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.store import batches
from pipeline.verification.record import read_record
from pipeline.verification.verify import GAUGED, OUT_OF_FOLD, Decided, judged, splits_of
from tests.replay.autumn import CREDIT, FIRST, HOUR, LAST, Autumn, autumn
from tests.replay.poison import poisoned
from tests.services import require

TWO_YEAR_M3S = {"V3524010": 57.7, "V3515010": 15.6, "V3517010": 4.5}
STATIONS = sorted(TWO_YEAR_M3S)
FLOODS = {"12-13 October, in sample": (12, 10), "4 November, out of sample": (3, 11)}
SEED = 20141104


@pytest.fixture(scope="module")
def cance(tmp_path_factory) -> Autumn:
    require("sample")
    yield from autumn(tmp_path_factory.mktemp("cance"))


def day(month: int, number: int) -> datetime:
    return datetime(2014, month, number, tzinfo=UTC)


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("flood", FLOODS)
def test_level_three_comes_before_the_two_year_flow_and_was_not_on_all_along(cance, station, flood):
    number, month = FLOODS[flood]
    begin, end = day(month, number), day(month, number) + timedelta(days=2)
    (storm,) = (s for s in cance.storms(station, TWO_YEAR_M3S[station]) if begin <= s.passed < end)
    levels = cance.levels(station)
    before = [levels[storm.passed - back * HOUR] for back in range(18, 0, -1)]
    assert min(before) < RiskLevel.ORANGE
    assert max(before) >= RiskLevel.ORANGE
    assert before[-1] >= RiskLevel.ORANGE, "reached, and still there when the flow is passed"


@pytest.mark.parametrize("station", STATIONS)
def test_the_storm_of_september_stays_below_level_three(cance, station):
    levels = cance.levels(station)
    quiet = [levels[slot] for slot in levels if day(9, 18) <= slot < day(9, 21)]
    assert len(quiet) == 72
    assert max(quiet) < RiskLevel.ORANGE


@pytest.mark.parametrize("station", STATIONS)
def test_level_three_outside_the_four_storms_is_rare(cance, station, capsys):
    storms = cance.storms(station, TWO_YEAR_M3S[station])
    assert len({s.passed.date() for s in storms}) >= 4
    levels = cance.levels(station)
    outside = [
        slot
        for slot, level in levels.items()
        if level >= RiskLevel.ORANGE and not any(s.begin <= slot < s.end for s in storms)
    ]
    leads = [
        sum(levels[s.passed - back * HOUR] >= RiskLevel.ORANGE for back in range(1, 19))
        for s in storms
    ]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{station}: level 3 or above outside the storms {len(outside)} of {len(levels)} h;"
            f" hours of it in the 18 h before each flood {leads}\n"
        )
    assert len(outside) <= 72


def test_the_autumn_is_replayed_without_a_gap(cance, capsys):
    with capsys.disabled():
        sys.stdout.write(f"\n{len(cance.bulletins)} cycles in {cance.seconds:.1f} s\n")
    assert len(cance.bulletins) == 2952


def test_a_fortnight_is_the_same_bytes_when_replayed_again_by_itself(cance):
    before = {b.slot: b.to_bytes() for b in cance.bulletins}
    again = [
        *replay(
            cance.engine,
            cance.config,
            start=day(11, 2),
            end=day(11, 16),
            assess_delay=cance.pack.assess_delay,
        )
    ]
    assert len(again) == 14 * 24 + 1
    assert all(b.to_bytes() == before[b.slot] for b in again)


def test_slots_assessed_one_by_one_are_the_replays_bytes_and_rebuild_identically(cance):
    world, now = replay_world(cance.config), datetime.now(UTC)
    for replayed in random.Random(SEED).sample(cance.bulletins, 12):
        cutoff = replayed.slot + cance.pack.assess_delay
        found = assess(cance.engine, cance.config, world, replayed.slot, cutoff=cutoff, now=now)
        assert found.to_bytes() == replayed.to_bytes()
        assert rebuild(cance.engine, world, replayed.slot).verdict is Verdict.IDENTICAL


def test_the_missing_hour_is_unknown_and_not_dry(cance):
    (at,) = (b for b in cance.bulletins if b.slot == day(12, 19))
    assert {d.cause for d in at.details if d.village_id == cance.place("V3524010")} >= {
        "rain partly seen"
    }
    after = next(b for b in cance.bulletins if b.slot == day(12, 20))
    assert cance.place("V3524010") not in {d.village_id for d in after.details}


def test_poison_on_200_random_cycles(cance):
    """What was known after a cutoff is 9,999: no cycle up to that cutoff changes by a byte."""
    site, delay = SiteArrays.of(cance.config), cance.pack.assess_delay
    by_slot = {b.slot: b for b in cance.bulletins}
    chance, checked = random.Random(SEED), 0
    for _ in range(10):
        newest = FIRST + chance.randrange(24, 2952) * HOUR
        slots = sorted(newest - back * HOUR for back in (0, *chance.sample(range(1, 24), 19)))
        revisions = poisoned(
            cance.engine, "cance", slots[0] - site.window, newest + CREDIT, newest + delay
        )
        cycles = [Cycle(s, s + delay, revisions.at(s + delay, s - site.window, s)) for s in slots]
        code = by_slot[newest].code_version
        for bulletin in judge(cycles, site, code_version=code):
            assert bulletin.to_bytes() == by_slot[bulletin.slot].to_bytes(), bulletin.slot
            checked += 1
    assert checked == 200


def test_the_judge_finds_what_the_study_found(cance):
    """Twelve floods of four storms; in November, not tuned on, each is met and none is false."""
    record = read_record(cance.engine, cance.config, FIRST, LAST)
    own = Decided.of(GAUGED, record, cance.bulletins)
    tuned = cance.pack.fitted
    found = judged("cance", record, [own], tuned, splits_of(tuned, FIRST, LAST))
    rows = {(r.method, r.level, r.fold, r.latency_h): r for r in found.rows}
    assert [fold.first for fold in found.folds] == [FIRST, day(10, 21)]
    pooled = rows["static 6 h rain", "Q2", OUT_OF_FOLD, 0].skill
    assert (pooled.n, pooled.storms) == (12, 4)
    assert rows["static 6 h rain", "Q5", OUT_OF_FOLD, 0].skill.n == 7
    assert rows[GAUGED, "Q2", "A", 1].in_sample == ("thresholds.csv", "site.toml [risk.wetness]")
    november = rows[GAUGED, "Q2", "B", 0]
    assert not november.in_sample
    assert (november.skill.hits, november.skill.n, november.skill.false) == (6, 6, 0)
    late = rows[GAUGED, "Q2", "B", 1]
    assert late.headline
    assert (late.skill.hits, late.skill.late) == (5, 1)
    assert all(
        r.skill.csi <= november.skill.csi for r in found.rows if r.level == "Q2" and r.fitted
    )


def test_the_poison_is_in_the_cup(cance):
    """The poisoned rows would be seen, were they read."""
    slot = day(11, 4) + 12 * HOUR
    revisions = poisoned(cance.engine, "cance", slot - 2 * HOUR, slot + CREDIT, slot)
    with reading(cance.engine) as connection:
        honest = batches.load(
            connection, site="cance", start=slot, end=slot + CREDIT, known_before=None
        )
    later = revisions.at(None, slot, slot + CREDIT)
    assert all(np.nanmax(grid.cells) == 9999.0 for grid in later.grids)
    assert (later.points.value[later.points.valid_us > to_us(slot)] == 9999.0).all()
    assert len(honest.at(None, slot, slot + CREDIT).grids) == len(later.grids)
