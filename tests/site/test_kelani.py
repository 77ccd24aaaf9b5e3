"""Cyclone Ditwah at 39 gauges: a second site, from CSV alone."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline import database
from pipeline.bulletin import DataState, RiskLevel
from pipeline.database import reading
from pipeline.instants import from_us
from pipeline.observation import QcFlag
from pipeline.observe import observe
from pipeline.quality.verdict import flagged
from pipeline.replay import replay
from pipeline.site.check import check
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.store import batches
from pipeline.store.fetches import FetchStatus
from pipeline.world import Mode, World
from tests.services import ROOT, require_shared

HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2025, 11, 23, 6, tzinfo=UTC), datetime(2025, 12, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Make the site's folder from the data set as its README says."""
    dataset = require_shared(ROOT.parent / "shared" / "data" / "kelani_ditwah_2025")
    folder = tmp_path_factory.mktemp("site") / "kelani"
    derive = ROOT / "config" / "kelani" / "derive.py"
    command = [sys.executable, derive, "--dataset", dataset, "--to", folder]
    subprocess.run(command, check=True, capture_output=True)
    return load(folder, folder / "home")


@pytest.fixture(scope="module")
def observed(pack):
    """Take in its three feeds: the engine, and what became of each."""
    engine = database.connect(f"sqlite:///{pack.folder}/floodwarn.db")
    database.migrate(engine)
    world = World(pack.site_id, Mode.REPLAY, "ingest")
    taken = {
        spec.feed_id: observe(
            engine, pack, world, spec.feed_id, start=FIRST - HOUR, end=LAST + HOUR, now=LAST
        )
        for spec in pack.feeds
    }
    yield engine, taken
    engine.dispose()


@pytest.fixture(scope="module")
def bulletins(pack, observed):
    return list(
        replay(
            observed[0], risk_config(pack), start=FIRST, end=LAST, assess_delay=pack.assess_delay
        )
    )


def first_at(bulletins, station, level):
    """Return the first slot at which a station's river point is at a level."""
    place = bulletins[0].villages.index(f"at-{station}")
    return next((b.slot for b in bulletins if b.levels[place] >= level), None)


def test_the_site_has_39_stations_with_official_levels_and_no_finding(pack):
    assert check(pack) == []
    assert len(pack.stations) == 39
    assert {level.station_id for level in pack.levels} == {s.station_id for s in pack.stations}


def test_every_reading_of_every_feed_comes_in(observed):
    _, taken = observed
    assert {feed: each.readings for feed, each in taken.items()} == {
        "telemetry": 6760, "sheet": 631, "rain": 686,
    }  # fmt: skip
    assert all(each.status is FetchStatus.OK for each in taken.values())


def test_deraniyagala_passes_its_major_level_22_hours_before_hanwella(bulletins):
    upper = first_at(bulletins, "Deraniyagala", RiskLevel.RED)
    lower = first_at(bulletins, "Hanwella", RiskLevel.RED)
    assert lower - upper == 22 * HOUR


def test_from_stations_upstream_alone_orange_comes_six_hours_before_the_minor_level(
    pack, observed, bulletins, capsys
):
    with reading(observed[0]) as connection:
        points = (
            batches.load(connection, site=pack.site_id, start=FIRST, end=LAST, known_before=None)
            .at(None, FIRST, LAST)
            .points
        )
    minor = {x.station_id: x.value for x in pack.levels if x.level is RiskLevel.ORANGE}
    for name in ("Hanwella", "Nagalagam-Street"):
        own = (points.station_id == name) & (points.value >= minor[name])
        passed = from_us(int(points.valid_us[own & (points.feed_id == "telemetry")].min()))
        lead = passed - first_at(bulletins, name, RiskLevel.ORANGE)
        with capsys.disabled():
            sys.stdout.write(f"\n{name}: orange {lead} before its minor level\n")
        assert timedelta(hours=6) <= lead <= timedelta(hours=12)


def test_what_rises_upstream_asks_to_prepare_and_never_to_move(bulletins):
    assert first_at(bulletins, "Kithulgala", RiskLevel.RED) < first_at(
        bulletins, "Hanwella", RiskLevel.RED
    ) - timedelta(hours=12)


def test_a_station_that_never_reached_a_level_never_stands_at_it(pack, bulletins, observed):
    """Every station off the main stem, at every level: no link and no loss invents a flood."""
    with reading(observed[0]) as connection:
        log = batches.load(
            connection, site=pack.site_id, start=FIRST - HOUR, end=LAST, known_before=None
        )
    points = log.at(None, FIRST - HOUR, LAST).points
    highest = {
        s.station_id: float(np.max(points.value[points.station_id == s.station_id]))
        for s in pack.stations
    }
    calm = [
        level.station_id
        for level in pack.levels
        if level.level is RiskLevel.ORANGE and highest[level.station_id] < level.value
    ]
    assert len(calm) >= 8
    assert [name for name in calm if first_at(bulletins, name, RiskLevel.ORANGE)] == []


def test_norwood_and_thaldena_never_reach_their_major_level(bulletins):
    assert first_at(bulletins, "Norwood", RiskLevel.RED) is None
    assert first_at(bulletins, "Thaldena", RiskLevel.RED) is None


def test_twenty_of_the_39_reach_their_major_level(bulletins):
    names = [village.removeprefix("at-") for village in bulletins[0].villages]
    reached = [name for name in names if first_at(bulletins, name, RiskLevel.RED) is not None]
    assert len(reached) == 20


def test_the_wrong_column_of_the_spreadsheet_is_caught_and_the_right_ones_are_kept(pack, observed):
    with reading(observed[0]) as connection:
        revisions = batches.load(
            connection, site=pack.site_id, start=FIRST - HOUR, end=LAST + HOUR, known_before=None
        )
    points = revisions.at(None, FIRST - HOUR, LAST + HOUR).points
    flags = flagged(points, pack.quality, pack.stations)
    assert (flags[points.feed_id != "sheet"] != QcFlag.FAIL).all()
    share = {}
    for name in sorted(set(points.station_id[points.feed_id == "sheet"])):
        own = (points.feed_id == "sheet") & (points.station_id == name)
        share[name] = float(np.mean(flags[own] == QcFlag.FAIL))
    assert share.pop("Deraniyagala") > 0.5
    assert max(share.values()) < 0.03


def test_a_station_that_is_silent_for_days_is_blind_and_never_calm(bulletins):
    place = bulletins[0].villages.index("at-Galgamuwa")
    silence = datetime(2025, 11, 27, 20, tzinfo=UTC), datetime(2025, 12, 1, 4, tzinfo=UTC)
    silent = [b for b in bulletins if silence[0] < b.slot < silence[1]]
    assert len(silent) == 79
    assert {b.data_states[place] for b in silent} <= {DataState.BLIND, DataState.DEGRADED}
