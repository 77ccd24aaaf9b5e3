"""Observing stores what can be used, tells what cannot, and never does either twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.database import Engine, reading
from pipeline.errors import SiteError
from pipeline.hand_feed import take_file
from pipeline.observation import KnownBasis, QcFlag
from pipeline.observe import ObserveFailed, observe
from pipeline.site.pack import SitePack, load
from pipeline.store import archive, batches, fetches
from pipeline.store.fetches import FetchStatus
from pipeline.store.known import Known
from pipeline.store.quarantine import quarantined
from pipeline.world import Mode, World, live
from tests.feeds.samples import tif
from tests.valley import ARCHIVE_FIRST, ARCHIVE_LAST, STORM_PEAK, VALLEY, copied, live_like

HOUR = timedelta(hours=1)
LATER = datetime(2026, 11, 24, 2, tzinfo=UTC)
WORLD = World("valley", Mode.REPLAY, "test")
GRIDS = """
[[feeds]]
feed_id = "radar"
protocol = "grid"
where = "${FLOODWARN_HOME}/grids"
pattern = "%Y%m%d%H.tif"
variable = "rain_mm"
unit = "mm"
scale = 0.1
cadence_min = 60
latency_min = 20
basis = "declared"
"""


@pytest.fixture
def valley(tmp_path: Path) -> SitePack:
    return load(VALLEY, tmp_path)


def known(engine: Engine, start: datetime, end: datetime, cutoff: datetime | None = None) -> Known:
    with reading(engine) as connection:
        revisions = batches.load(
            connection, site="valley", start=start - HOUR, end=end, known_before=None
        )
    return revisions.at(cutoff, start - HOUR, end)


def take(engine, pack, feed_id="rain", *, start=ARCHIVE_FIRST, end=ARCHIVE_LAST, now=LATER, **more):
    return observe(engine, pack, WORLD, feed_id, start=start, end=end, now=now, **more)


def test_an_archive_is_stored_whole_and_once(engine, valley):
    first = take(engine, valley)
    assert (first.status, first.payloads, first.faults) == (FetchStatus.OK, 1, 0)
    assert first.readings == 5 * (24 * 17 - 1)
    again = take(engine, valley)
    assert (again.readings, again.repeated) == (0, first.readings)
    assert len(known(engine, ARCHIVE_FIRST, ARCHIVE_LAST).points) == first.readings


def test_the_bytes_are_kept_as_they_came(engine, valley):
    take(engine, valley, "stage")
    with reading(engine) as connection:
        attempt = fetches.latest(connection, WORLD, "stage")
        assert attempt is not None
        assert attempt.payload_sha256 is not None
        kept = archive.content(connection, attempt.payload_sha256)
    assert kept == (VALLEY / "recordings/stage.csv").read_bytes()


def test_a_late_reading_is_unknown_until_it_came(engine, valley):
    take(engine, valley)
    hour = datetime(2024, 7, 15, 9, tzinfo=UTC)
    for cutoff, stations in ((hour + 3 * HOUR, 4), (hour + 4 * HOUR, 5)):
        assert len(known(engine, hour, hour, cutoff).points) == stations


def test_the_missing_hour_is_unknown_and_not_zero(engine, valley):
    take(engine, valley)
    hour = datetime(2024, 7, 14, 20, tzinfo=UTC)
    assert len(known(engine, hour, hour).points) == 0


def test_only_the_window_is_stored_and_all_of_it_later(engine, valley):
    part = take(engine, valley, start=STORM_PEAK - HOUR, end=STORM_PEAK)
    assert part.readings == 10
    assert take(engine, valley).readings == 5 * (24 * 17 - 1) - 10


def test_a_window_outside_the_archive_asks_for_nothing(engine, valley):
    observed = take(engine, valley, start=LATER, end=LATER + HOUR)
    assert (observed.status, observed.payloads) == (FetchStatus.EMPTY, 0)


def test_a_text_in_a_number_is_in_quarantine_and_the_rest_is_stored(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "recordings/rain.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].rsplit(",", 2)[0] + ",wet,"
    path.write_text("\n".join(lines), encoding="utf-8")
    observed = take(engine, load(site, tmp_path))
    assert (observed.status, observed.faults) == (FetchStatus.OK, 1)
    assert observed.readings == 5 * (24 * 17 - 1) - 1
    with reading(engine) as connection:
        (kept,) = quarantined(connection, "valley")
    assert (kept.fault.row, kept.fault.field) == (4, "value")
    assert kept.fault.where == str(path)


def test_impossible_values_are_kept_and_flagged(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "recordings/rain.csv"
    text = path.read_text(encoding="utf-8").replace(
        "2024-07-15T11:00Z,42.5", "2024-07-15T11:00Z,4250"
    )
    path.write_text(text, encoding="utf-8")
    hour = datetime(2024, 7, 15, 11, tzinfo=UTC)
    take(engine, load(site, tmp_path), start=hour, end=hour)
    points = known(engine, hour, hour).points
    flags = dict(zip(points.station_id.tolist(), points.flag.tolist(), strict=True))
    assert flags["R01"] == QcFlag.FAIL
    assert flags["R02"] == QcFlag.GOOD
    assert points.value.max() == 4250


def test_stations_of_other_sites_are_not_ours(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "recordings/rain.csv"
    with path.open("a", encoding="utf-8") as file:
        file.write("X99,rain_mm,2024-07-15T11:00Z,5,\n")
    observed = take(engine, load(site, tmp_path))
    assert observed.readings == 5 * (24 * 17 - 1)


def test_received_readings_are_known_from_the_moment_they_came(engine, tmp_path):
    hour = datetime(2026, 11, 24, 2, tzinfo=UTC)
    site = live_like(tmp_path, tmp_path / "home", storm_hour=STORM_PEAK, now_hour=hour)
    pack, now = load(site, tmp_path / "home"), hour + timedelta(minutes=3)
    window = {"start": hour - 6 * HOUR, "end": hour}
    first = observe(engine, pack, live("valley"), "rain", now=now, **window)
    assert first.readings == 5 * 7
    assert len(known(engine, **window, cutoff=now - timedelta(seconds=1)).points) == 0
    assert len(known(engine, **window, cutoff=now + timedelta(minutes=1)).points) == 35
    again = observe(engine, pack, live("valley"), "rain", now=now + HOUR, **window)
    assert (again.readings, again.repeated) == (0, 35)


def test_received_times_of_the_future_and_of_long_ago_go_to_quarantine(engine, tmp_path, valley):
    path = tmp_path / "fed.csv"
    path.write_text(
        "station_id,variable,valid_time,value\n"
        "R01,rain_mm,2026-11-24T01:00Z,1\n"
        "R01,rain_mm,2026-11-24T03:00Z,1\n"
        "R01,rain_mm,2026-10-01T03:00Z,1\n"
    )
    word, basis = ("role:hydrologist", "the line is down"), KnownBasis.RECEIVED
    observed = take_file(engine, valley, WORLD, "rain", path, word, now=LATER, basis=basis)
    assert (observed.readings, observed.faults) == (1, 2)


@pytest.fixture
def grids(tmp_path: Path) -> SitePack:
    site = copied(tmp_path)
    path = site / "feeds.toml"
    path.write_text(path.read_text(encoding="utf-8") + GRIDS, encoding="utf-8")
    folder = tmp_path / "grids"
    folder.mkdir()
    for hour in (9, 10, 12):
        (folder / f"20240715{hour:02}.tif").write_bytes(tif(np.full((4, 5), hour)))
    return load(site, tmp_path)


def hours(first: int, last: int) -> dict[str, datetime]:
    day = datetime(2024, 7, 15, tzinfo=UTC)
    return {"start": day + first * HOUR, "end": day + last * HOUR}


def test_a_missing_grid_is_told_and_is_no_failure(engine, grids):
    observed = take(engine, grids, "radar", **hours(9, 12))
    assert (observed.status, observed.payloads, observed.absent) == (FetchStatus.OK, 3, 1)
    stored = known(engine, **hours(9, 12))
    assert [grid.valid_us // 3_600_000_000 % 24 for grid in stored.grids] == [9, 10, 12]
    np.testing.assert_allclose(stored.grids[0].cells, 0.9)


def test_declared_latency_makes_a_grid_known_later(engine, grids):
    take(engine, grids, "radar", **hours(9, 9))
    nine = hours(9, 9)["start"]
    assert known(engine, nine, nine, nine + timedelta(minutes=19)).grids == ()
    assert len(known(engine, nine, nine, nine + timedelta(minutes=20)).grids) == 1


def test_a_truncated_raster_fails_by_name_after_the_others_are_stored(engine, grids, tmp_path):
    broken = tmp_path / "grids/2024071510.tif"
    broken.write_bytes(broken.read_bytes()[:200])
    with pytest.raises(ObserveFailed, match=r"2024071510\.tif") as failed:
        take(engine, grids, "radar", **hours(9, 12))
    assert failed.value.observed.status is FetchStatus.REFUSED
    assert failed.value.observed.readings == 2
    assert len(known(engine, **hours(9, 12)).grids) == 2
    with reading(engine) as connection:
        statuses = [each.status for each in fetches.history(connection, WORLD, "radar")]
        (kept,) = quarantined(connection, "valley")
        assert kept.payload_sha256 is not None
        assert archive.content(connection, kept.payload_sha256) == broken.read_bytes()
    assert sorted(statuses) == ["empty", "ok", "ok", "refused"]


def test_a_feed_that_cannot_be_reached_fails_after_it_is_recorded(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "feeds.toml"
    text = path.read_text(encoding="utf-8").replace(
        '"${FLOODWARN_SITE}/recordings/rain.csv"', '"http://127.0.0.1:9/rain.csv?key=hush"'
    )
    path.write_text(
        text.replace('unit = "mm"', 'unit = "mm"\nbudget_s = 0.3\nallow_private = ["127.0.0.0/8"]'),
        encoding="utf-8",
    )
    with pytest.raises(ObserveFailed) as failed:
        take(engine, load(site, tmp_path))
    assert "hush" not in str(failed.value)
    with reading(engine) as connection:
        attempt = fetches.latest(connection, WORLD, "rain")
    assert attempt is not None
    assert attempt.status is FetchStatus.FAILED
    assert "hush" not in (attempt.detail or "")


def test_a_feed_whose_credential_is_not_set_fails_after_it_is_recorded(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "feeds.toml"
    text = path.read_text(encoding="utf-8").replace(
        'unit = "mm"', 'unit = "mm"\ncredential = "NOT_SET_HERE"'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ObserveFailed, match="NOT_SET_HERE"):
        take(engine, load(site, tmp_path))
    with reading(engine) as connection:
        attempt = fetches.latest(connection, WORLD, "rain")
    assert attempt is not None
    assert attempt.status is FetchStatus.FAILED


def test_progress_is_told_to_its_end(engine, grids):
    told: list[tuple[int, int]] = []
    take(engine, grids, "radar", **hours(9, 12), progress=lambda *done: told.append(done))
    assert told[-1] == (4, 4)


def test_a_feed_that_the_site_does_not_have_is_refused(engine, valley):
    with pytest.raises(SiteError, match="radar"):
        take(engine, valley, "radar")
