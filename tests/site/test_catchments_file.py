"""A site whose catchments are polygons: they decide where its rain falls, and faults are named."""

import json
from pathlib import Path

import pytest

from pipeline.errors import SiteError
from pipeline.site.check import check
from pipeline.site.derive import risk_config, snap_report
from pipeline.site.pack import load
from tests.site.test_pack import edit
from tests.site.under_radar import lon_lat, under_radar


def ring(*corners: tuple[float, float]) -> list[list[float]]:
    """Return a closed ring of places on the rain grid, by column and row."""
    each = [[float(x) for x in lon_lat(*corner).split(",")] for corner in corners]
    return [*each, each[0]]


def square(west: float, north: float, side: float = 2.0) -> dict:
    corners = ((0, 0), (0, side), (side, side), (side, 0))
    return {
        "type": "Polygon",
        "coordinates": [ring(*((west + x, north + y) for x, y in corners))],
    }


def feature(village: object, geometry: object) -> dict:
    return {"type": "Feature", "properties": {"village_id": village}, "geometry": geometry}


VILLAGES = ("shangyuan", "songlin", "baishi", "zhangjiatai", "hekou")
GOOD = [feature(v, square(1.0 + i, 1.0)) for i, v in enumerate(VILLAGES)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    found = under_radar(tmp_path)
    (found / "weights.csv").unlink()
    return found


def written(site: Path, features: list[object]) -> Path:
    content = {"type": "FeatureCollection", "features": features}
    (site / "catchments.geojson").write_text(json.dumps(content), encoding="utf-8")
    return site


def loaded(site: Path):
    return load(site, site.parent)


def test_the_rain_of_a_village_is_that_of_the_cells_under_its_polygon(site):
    pack = loaded(written(site, GOOD))
    weights = risk_config(pack).weights
    assert (weights.source_kind, weights.grid_id, weights.shape) == ("grid", "radar", (8, 10))
    assert weights.villages == VILLAGES
    first = weights.indices[weights.indptr[0] : weights.indptr[1]]
    shares = dict(zip(first, weights.data[: len(first)], strict=True))
    wanted = {11: 0.25, 12: 0.25, 21: 0.25, 22: 0.25}
    assert {cell: share for cell, share in shares.items() if share > 0.01} == pytest.approx(
        wanted, abs=1e-3
    )
    areas = {s.village_id: s.area_km2 for s in snap_report(pack) if s.fault is None}
    assert areas == pytest.approx(dict.fromkeys(VILLAGES, 4.0), rel=0.005)


def test_what_polygons_imply_is_kept_and_derived_anew_when_they_change(site):
    first = risk_config(loaded(written(site, GOOD))).sha256
    assert risk_config(loaded(site)).sha256 == first
    assert len([*(site.parent / "derived").glob("weights-*.json")]) == 1
    moved = [feature(VILLAGES[0], square(4.0, 4.0)), *GOOD[1:]]
    assert risk_config(loaded(written(site, moved))).sha256 != first


def test_each_fault_of_a_feature_is_named_and_the_others_go_on(site):
    bow = {"type": "Polygon", "coordinates": [ring((1, 1), (3, 3), (3, 1), (1, 3))]}
    beyond = {"type": "Polygon", "coordinates": [[[810000, 6480000], [1, 1], [2, 2], [810000, 0]]]}
    faults = [
        feature("nowhere", square(1, 1)), feature("shangyuan", square(1, 1)),
        feature(7, square(1, 1)), feature("songlin", bow),
        feature("baishi", {"type": "Point", "coordinates": [1, 2]}),
        feature("zhangjiatai", None), feature("hekou", beyond), "no feature",
        feature("hekou", {"type": "Polygon", "coordinates": [[["x", 1]]]}),
    ]  # fmt: skip
    pack = loaded(written(site, [GOOD[0], *faults]))
    told = [(f.row, f.field) for f in check(pack) if f.file == "catchments.geojson"]
    village, shape = "properties.village_id", "geometry"
    assert told == [
        (2, village), (3, village), (4, village), (5, shape), (6, shape), (7, shape), (8, shape),
        (9, village), (10, shape),
    ]  # fmt: skip
    assert risk_config(pack).weights.villages == ("shangyuan",)
    without = [f.message for f in check(pack) if "no polygon" in f.message]
    assert len(without) >= len(VILLAGES) - 1


@pytest.mark.parametrize("content", ["[1, 2", "{}", '{"features": 3}', "[" * 100_000, "null"])
def test_a_file_that_is_no_geojson_is_a_finding(site, content):
    (site / "catchments.geojson").write_text(content, encoding="utf-8")
    assert [f.row for f in loaded(site).findings if f.file == "catchments.geojson"] == [None]


def test_a_polygon_that_the_rain_grid_does_not_see_is_told(site):
    far = [feature("shangyuan", square(40.0, 40.0)), *GOOD[1:]]
    pack = loaded(written(site, far))
    assert "the rain grid sees nothing of its catchment" in {f.message for f in check(pack)}
    half = [feature("shangyuan", square(9.0, 1.0)), *GOOD[1:]]
    seen = {s.village_id: s.seen for s in snap_report(loaded(written(site, half)))}
    assert seen["shangyuan"] == pytest.approx(0.5, abs=0.01)


def test_polygons_beside_a_flow_grid_are_refused(site):
    written(site, GOOD)
    flow = 'flow_directions = "${FLOODWARN_HOME}/flow.tif"\n'
    edit(site / "site.toml", "[catchment]\n", "[catchment]\n" + flow)
    with pytest.raises(SiteError, match="keep one"):
        risk_config(loaded(site))
