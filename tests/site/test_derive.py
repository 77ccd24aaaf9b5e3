"""Weights follow from the grids, are kept by the hash of what they follow from, and sum to one."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.errors import SiteError
from pipeline.site.check import check
from pipeline.site.derive import risk_config, snap_report
from pipeline.site.pack import SitePack, load
from tests.feeds.samples import tif
from tests.services import ROOT, SAMPLE, require
from tests.site.test_pack import edit
from tests.site.under_radar import ORIGIN, RAIN_FEED, append_text, lon_lat, under_radar
from tests.valley import VALLEY, copied

SOUTH = 5
CATCHMENT = """
[catchment]
flow_directions = "${FLOODWARN_HOME}/flow.tif"
rain_feed = "radar"
rain_sample = "${FLOODWARN_HOME}/rain_202407150900.tif"
min_area_km2 = 3.0
max_shift_km = 0.8
"""
VILLAGES = """village_id,kind,name,name_en,township,lon,lat,position_basis
{rows}"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give the valley a flow grid of ten parallel rivers and three villages."""
    folder = copied(tmp_path)
    flow = np.full((10, 10), SOUTH, np.uint8)
    with rasterio.open(
        tmp_path / "flow.tif", "w", driver="GTiff", dtype="uint8", count=1, width=10, height=10,
        crs="EPSG:2154", transform=Affine(1000, 0, ORIGIN[0], 0, -1000, ORIGIN[1]),
    ) as grid:  # fmt: skip
        grid.write(flow, 1)
    (tmp_path / "rain_202407150900.tif").write_bytes(tif(np.zeros((8, 10))))
    for name, text in (("feeds.toml", RAIN_FEED), ("site.toml", CATCHMENT)):
        append_text(folder / name, text)
    rows = [
        f"shangyuan,village,a,a,t,{lon_lat(2.5, 4.4)},assumed",
        f"songlin,village,b,b,t,{lon_lat(6.5, 9.5)},assumed",
        f"baishi,village,c,c,t,{lon_lat(5.5, 0.2)},assumed",
        "hekou,village,d,d,t,,,none",
    ]
    (folder / "villages.csv").write_text(VILLAGES.format(rows="\n".join(rows)), encoding="utf-8")
    for name in ("thresholds.csv", "links.csv", "weights.csv"):
        (folder / name).unlink()
    (folder / "thresholds.csv").write_text(
        (VALLEY / "thresholds.csv").read_text(encoding="utf-8").splitlines()[0] + "\n"
    )
    return folder


def loaded(site: Path) -> SitePack:
    return load(site, site.parent)


def test_each_village_gets_the_rain_of_its_own_river_and_no_other(site):
    weights = risk_config(loaded(site)).weights
    assert (weights.source_kind, weights.grid_id, weights.shape) == ("grid", "radar", (8, 10))
    assert weights.villages == ("shangyuan", "songlin")
    first = slice(weights.indptr[0], weights.indptr[1])
    assert [cell % 10 for cell in weights.indices[first]] == [2] * 5
    assert sum(weights.data[first]) == pytest.approx(1.0)
    assert sum(weights.data[weights.indptr[1] :]) == pytest.approx(0.8)


def test_the_snap_report_tells_shift_area_and_what_rain_sees(site):
    report = {row.village_id: row for row in snap_report(loaded(site))}
    assert report["shangyuan"].shift_m == pytest.approx(100, abs=2)
    assert report["shangyuan"].area_km2 == 5.0
    assert report["songlin"].seen == pytest.approx(0.8)
    assert "3 km2" in (report["baishi"].fault or "")
    assert "no position" in (report["hekou"].fault or "")


def test_villages_without_a_river_are_findings_and_the_others_go_on(site):
    told = {(f.file, f.row, f.field, f.severity) for f in check(loaded(site))}
    assert ("villages.csv", 4, "lon", "error") in told
    assert ("villages.csv", 5, "lon", "error") in told
    assert ("villages.csv", 3, "lon", "warning") in told


def test_stations_with_weights_stand_in_for_the_grid_and_are_checked_as_any(site):
    assert risk_config(loaded(site)).stand_in is None
    table = site / "weights.csv"
    table.write_text("village_id,station_id,weight\nshangyuan,R01,0.6\nshangyuan,R02,0.4\n")
    config = risk_config(loaded(site))
    assert config.weights.source_kind == "grid"
    assert config.stand_in is not None
    assert config.stand_in.sources == ("R01", "R02")
    edit(table, "R02,0.4", "R02,0.3")
    told = [(f.file, f.field) for f in check(loaded(site)) if "sum to" in f.message]
    assert told == [("weights.csv", "weight")]


def test_derived_areas_fill_what_the_table_leaves_empty(site):
    areas = {v.village_id: v.area_km2 for v in risk_config(loaded(site)).villages}
    assert areas == {"shangyuan": 5.0, "songlin": 10.0, "baishi": None, "hekou": None}


def test_what_was_derived_is_read_again_and_not_derived_again(site):
    first = risk_config(loaded(site))
    (kept,) = (site.parent / "derived").glob("weights-*.json")
    before = kept.stat().st_mtime_ns
    assert risk_config(loaded(site)).to_bytes() == first.to_bytes()
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(kept.read_bytes()[:50])
    assert risk_config(loaded(site)).to_bytes() == first.to_bytes()


def test_a_moved_village_is_derived_anew(site):
    first = risk_config(loaded(site))
    edit(site / "villages.csv", lon_lat(2.5, 4.4), lon_lat(3.5, 4.4))
    assert risk_config(loaded(site)).weights != first.weights


@pytest.mark.parametrize("missing", ["flow.tif", "rain_202407150900.tif"])
def test_without_its_grids_nothing_is_derived(site, missing):
    (site.parent / missing).unlink()
    with pytest.raises(SiteError, match=missing):
        risk_config(loaded(site))


def test_grids_in_two_projections_are_refused(site):
    (site.parent / "rain_202407150900.tif").write_bytes(tif(np.zeros((8, 10)), crs="EPSG:4326"))
    with pytest.raises(SiteError, match="CRS"):
        risk_config(loaded(site))


def test_weights_by_hand_leave_a_village_that_does_not_sum_to_one_unseen(tmp_path):
    folder = copied(tmp_path)
    edit(folder / "weights.csv", "baishi,R02,0.6", "baishi,R02,0.7")
    weights = risk_config(loaded(folder)).weights
    spans = dict(zip(weights.villages, np.diff(weights.indptr), strict=True))
    assert spans["baishi"] == 0
    assert spans["songlin"] == 2


@pytest.fixture
def gauges(tmp_path: Path) -> Path:
    return under_radar(tmp_path)


def test_each_rain_station_knows_the_cell_of_the_rain_grid_above_it(gauges):
    found = risk_config(loaded(gauges))
    cells = found.rain_cells
    assert (found.weights.source_kind, cells.grid_id, cells.shape) == ("station", "radar", (8, 10))
    assert dict(zip(cells.stations, cells.cells, strict=True)) == {"R01": 42, "R02": 79}


def test_a_site_whose_rules_ask_no_grid_keeps_the_bytes_of_its_configuration(gauges):
    (gauges / "quality.toml").write_text("", encoding="utf-8")
    assert b"rain_cells" not in risk_config(loaded(gauges)).to_bytes()


@pytest.mark.parametrize("content", [b"no grid", None])
def test_a_site_of_gauges_goes_on_without_its_rain_grid_and_is_told_so(gauges, content):
    sample = gauges.parent / "rain_202407150900.tif"
    before = [f for f in check(loaded(gauges)) if f.file == "site.toml"]
    sample.unlink() if content is None else sample.write_bytes(content)
    assert risk_config(loaded(gauges)).rain_cells is None
    told = [f for f in check(loaded(gauges)) if f.file == "site.toml"]
    assert (before, [f.severity for f in told]) == ([], ["error"])


def test_one_site_has_one_configuration(tmp_path):
    one, other = (risk_config(load(VALLEY, tmp_path)) for _ in range(2))
    assert one.sha256 == other.sha256


def test_the_cance_drains_what_was_published_for_its_stations(tmp_path):
    require("sample")
    (tmp_path / "sample").symlink_to(SAMPLE.parents[2])
    pack = load(ROOT / "config" / "cance", tmp_path)
    report = {row.village_id: row for row in snap_report(pack)}
    named = {station: village for village, station in _at_stations(pack)}
    published = {"V3524010": (381.7, 0.01), "V3515010": (107.0, 0.01), "V3517010": (25.3, 0.11)}
    for station, (area_km2, share) in published.items():
        assert report[named[station]].area_km2 == pytest.approx(area_km2, rel=share)
    assert [row for row in report.values() if row.fault is not None] == []


def _at_stations(pack: SitePack) -> list[tuple[str, str]]:
    return [
        (link.village_id, link.station_id) for link in pack.links if link.source == "at the station"
    ]
