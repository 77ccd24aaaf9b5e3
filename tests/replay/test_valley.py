"""The synthetic valley through its own files: a gauge lost in a storm, and then no site folder."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import database
from pipeline.assess import assess
from pipeline.bulletin import DataState, Indicator, RiskLevel
from pipeline.observe import observe
from pipeline.replay import Verdict, rebuild, replay, replay_world
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Mode, World
from tests.services import ROOT

FIRST, LAST = datetime(2024, 6, 25, tzinfo=UTC), datetime(2024, 7, 17, tzinfo=UTC)
STORM = datetime(2024, 7, 13, tzinfo=UTC)
UPPER_STATION = "H01"


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    """Import the recorded storm from a copy of the site, judge it, and take the copy away."""
    home = tmp_path_factory.mktemp("valley")
    shutil.copytree(ROOT / "config" / "valley", home / "site")
    pack = load(home / "site", home)
    engine = database.connect(f"sqlite:///{home}/floodwarn.db")
    database.migrate(engine)
    world, now = World(pack.site_id, Mode.REPLAY, "import"), datetime.now(UTC)
    for feed in pack.feeds:
        observe(engine, pack, world, feed.feed_id, start=FIRST, end=LAST, now=now)
    config = risk_config(pack)
    span = {"start": STORM, "end": LAST, "assess_delay": pack.assess_delay}
    bulletins = list(replay(engine, config, **span))
    judged = bulletins[40::12]
    for bulletin in judged:
        at = {"cutoff": bulletin.cutoff, "now": now}
        assess(engine, config, replay_world(config), bulletin.slot, **at)
    shutil.rmtree(home / "site")
    yield engine, config, bulletins, judged
    engine.dispose()


def test_the_storm_moves_villages_through_every_level(valley):
    _, _, bulletins, _ = valley
    assert {level for b in bulletins for level in b.levels} == set(RiskLevel)


def test_the_station_lost_while_rising_raises_its_villages_and_no_others(valley):
    _, config, bulletins, _ = valley
    linked = {link.village_id for link in config.links if link.station_id == UPPER_STATION}
    lost = [
        (bulletin, detail)
        for bulletin in bulletins
        for detail in bulletin.details
        if any(e.indicator is Indicator.GAUGE_LOST for e in detail.evidence)
    ]
    assert {detail.village_id for _, detail in lost} == linked
    assert all(detail.level >= RiskLevel.YELLOW for _, detail in lost)
    assert all(detail.data_state is not DataState.COMPLETE for _, detail in lost)
    slots = {bulletin.slot for bulletin, _ in lost}
    assert max(slots) - min(slots) <= timedelta(hours=config.risk.lost_hold_h)


def test_a_dry_hole_in_the_feed_raises_nobody(valley):
    _, _, bulletins, _ = valley
    holes = [b for b in bulletins if DataState.COMPLETE not in b.data_states]
    assert holes
    assert {level for b in holes for level in b.levels} == {RiskLevel.NONE}


def test_every_decision_is_identical_when_rebuilt_without_the_sites_folder(valley):
    engine, config, _, judged = valley
    for bulletin in judged:
        found = rebuild(engine, replay_world(config), bulletin.slot)
        assert found.verdict is Verdict.IDENTICAL
        assert found.stored == bulletin
