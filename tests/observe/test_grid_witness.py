"""Every door that judges a gauge asks the rain grid above it, as it was known then."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.assess import assess
from pipeline.bulletin import RiskLevel
from pipeline.hand_feed import preview
from pipeline.observation import Decoded, GridReading, KnownBasis, QcFlag, Reading
from pipeline.replay import Verdict, rebuild
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.source_health import source_health
from pipeline.station_check import station_check
from pipeline.store import batches
from pipeline.store.admission import Incoming
from pipeline.units import Variable
from pipeline.world import live
from tests.site.under_radar import GEOMETRY, SHAPE, under_radar

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2024, 7, 14, 12, tzinfo=UTC)
NOW = NOON + 5 * MINUTE
LIVE = live("valley")
DECLARED = KnownBasis.DECLARED
RULE = """
[[rules]]
check = "lone_burst"
variable = "rain_mm"
suspect = 20.0
fail = 60.0
unit = "mm"
neighbours = 1
source = "a test"
"""


@pytest.fixture
def pack(tmp_path):
    """The gauges under a radar, each of them out of reach of the others."""
    site = under_radar(tmp_path)
    (site / "quality.toml").write_text(RULE, encoding="utf-8")
    return load(site, tmp_path)


def append(engine, feed_id, decoded, known):
    incoming = Incoming(
        site="valley", feed_id=feed_id, basis=DECLARED, known_at=known,
        payload_sha256=f"{feed_id}{known}".ljust(64, "0")[:64], stored_at=known, decoded=decoded,
    )  # fmt: skip
    with engine.begin() as connection:
        batches.append(connection, incoming)


def radar(engine, mm, *, known=NOON + MINUTE):
    cells = np.full(SHAPE, mm, np.float32)
    hours = (NOON - back * HOUR for back in range(3))
    grids = [GridReading("radar", Variable.RAIN, 3600, h, cells, GEOMETRY) for h in hours]
    append(engine, "radar", Decoded(grids=tuple(grids)), known)


def gauge(engine, newest_mm):
    hours = {NOON - back * HOUR: 0.0 for back in range(1, 6)} | {NOON: newest_mm}
    said = [Reading("R01", Variable.RAIN, 3600, hour, mm) for hour, mm in hours.items()]
    append(engine, "rain", Decoded(readings=tuple(said)), NOON + MINUTE)


def bulletin(engine, pack):
    return assess(engine, risk_config(pack), LIVE, NOON, cutoff=NOW, now=NOW)


@pytest.mark.parametrize(("mm", "raised"), [(0.0, False), (40.0, True), (float("nan"), True)])
def test_a_lone_burst_raises_nobody_under_a_dry_radar_alone(engine, pack, mm, raised):
    gauge(engine, 300.0)
    radar(engine, mm)
    assert (max(bulletin(engine, pack).levels) > RiskLevel.NONE) is raised


def test_what_the_radar_said_later_is_not_asked_and_a_past_decision_is_rebuilt(engine, pack):
    gauge(engine, 300.0)
    radar(engine, 0.0, known=NOW + MINUTE)
    assert max(bulletin(engine, pack).levels) > RiskLevel.NONE
    assert rebuild(engine, LIVE, NOON).verdict is Verdict.IDENTICAL


def test_the_feed_page_and_the_station_check_show_the_flag_of_the_assessment(engine, pack):
    gauge(engine, 300.0)
    radar(engine, 0.0)
    config = risk_config(pack)
    health = {(s.feed_id, s.source_id): s for s in source_health(engine, pack, config, now=NOW)}
    assert dict(health["rain", "R01"].flags)[QcFlag.FAIL] == 1
    (station,) = [s for s in pack.stations if s.station_id == "R01"]
    case = station_check(engine, pack, config, station, at=NOW).case
    assert [r.flag for r in case.readings if r.value == 300.0] == [QcFlag.FAIL]


def test_a_file_fed_by_hand_is_held_against_the_radar_before_it_is_stored(engine, pack, tmp_path):
    gauge(engine, 0.0)
    radar(engine, 0.0)
    path = tmp_path / "hand.csv"
    path.write_text(
        "station_id,variable,valid_time,value,known_at\nR01,rain_mm,2024-07-14T12:00Z,300.0,\n"
    )
    found = preview(engine, pack, "rain", path, now=NOW, basis=KnownBasis.RECEIVED)
    assert [fault.message for fault in found.effect.doubted] == ["300 is fail"]
