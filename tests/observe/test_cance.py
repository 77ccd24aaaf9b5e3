"""The recorded autumn comes in whole, fast enough, and without looking ahead."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline import database
from pipeline.database import reading
from pipeline.observe import observe
from pipeline.site.pack import load
from pipeline.store import batches
from pipeline.store.fetches import FetchStatus
from pipeline.world import Mode, World
from tests.services import ROOT, SAMPLE, require

HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2014, 9, 15, tzinfo=UTC), datetime(2015, 1, 15, 23, tzinfo=UTC)
SARRAS = "V3524010"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Import rain and flow once, cold, on SQLite: the engine, the answers."""
    require("sample")
    home = tmp_path_factory.mktemp("home")
    (home / "sample").symlink_to(SAMPLE.parents[2])
    pack = load(ROOT / "config" / "cance", home)
    engine = database.connect(f"sqlite:///{home}/floodwarn.db")
    database.migrate(engine)
    world = World("cance", Mode.REPLAY, "ingest")
    observed = {
        spec.feed_id: observe(
            engine, pack, world, spec.feed_id, start=FIRST, end=LAST, now=datetime.now(UTC)
        )
        for spec in pack.feeds
    }
    yield engine, observed
    engine.dispose()


def read(engine, start, end, cutoff=None):
    with reading(engine) as connection:
        revisions = batches.load(
            connection, site="cance", start=start - HOUR, end=end, known_before=cutoff
        )
    return revisions.at(cutoff, start - HOUR, end)


def test_the_whole_autumn_comes_in(imported):
    _, observed = imported
    assert observed["rain"].payloads == 2951
    assert observed["rain"].readings == 2951
    assert all(each.status is FetchStatus.OK for each in observed.values())
    assert all(each.faults == 0 for each in observed.values())


def test_the_missing_hour_is_unknown(imported):
    engine, observed = imported
    assert observed["rain"].absent == 1
    hour = datetime(2014, 12, 19, tzinfo=UTC)
    found = read(engine, hour - HOUR, hour + HOUR)
    assert [grid.valid_us // 3_600_000_000 % 24 for grid in found.grids] == [23, 1]


def test_rain_is_in_millimetres_and_every_cell_is_seen(imported):
    engine, _ = imported
    found = read(
        engine, datetime(2014, 9, 20, 15, tzinfo=UTC), datetime(2014, 9, 20, 15, tzinfo=UTC)
    )
    (grid,) = found.grids
    assert np.nanmax(grid.cells) == pytest.approx(48.5)
    assert not np.isnan(grid.cells).any()


def test_the_flood_of_record_is_not_known_before_its_peak(imported):
    engine, _ = imported
    peak = datetime(2014, 11, 4, 20, tzinfo=UTC)
    for cutoff, newest in ((peak - HOUR, peak - 3 * HOUR), (peak, peak)):
        points = read(engine, peak - 6 * HOUR, peak, cutoff).points
        of_station = points.valid_us[points.station_id == SARRAS]
        assert of_station.max() == int(newest.timestamp() * 1e6)


def test_a_share_of_the_flow_waits_for_the_reading_that_it_was_made_from(imported):
    engine, _ = imported
    points = read(engine, FIRST, LAST).points
    shares = {
        str(station): float(
            (points.known_us > points.valid_us)[points.station_id == station].mean()
        )
        for station in np.unique(points.station_id)
    }
    assert shares == {
        SARRAS: pytest.approx(0.48, abs=0.02),
        "V3515010": pytest.approx(0.30, abs=0.02),
        "V3517010": pytest.approx(0.09, abs=0.02),
    }
