"""The tables of config/cance are what its own script makes of the recorded autumn."""

import csv
import filecmp
import os
import subprocess
import sys
import tomllib
from itertools import product

import pytest

from tests.services import ROOT, SAMPLE, require

CANCE = ROOT / "config" / "cance"
TABLES = ("fitted.csv", "villages.csv", "stations.csv", "levels.csv", "links.csv", "thresholds.csv")
PUBLISHED_KM2 = {"CAN00": (381.7, 0.01), "CAN03": (107.0, 0.01), "CAN11": (25.3, 0.11)}


def rows(name):
    with (CANCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(script, *arguments):
    command = [sys.executable, CANCE / script, "--dataset", SAMPLE, *arguments]
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def derived(tmp_path_factory):
    require("sample")
    out = tmp_path_factory.mktemp("cance")
    return out, run("derive.py", "--out", out)


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_what_the_script_makes(derived, name):
    out, _ = derived
    assert filecmp.cmp(out / name, CANCE / name, shallow=False), f"run derive.py: {name} differs"


def test_the_wetness_of_the_site_is_the_one_its_thresholds_were_tuned_with(derived):
    _, printed = derived
    wetness = tomllib.loads((CANCE / "site.toml").read_text(encoding="utf-8"))["risk"]["wetness"]
    assert f"exclude_h={wetness['exclude_last_h']}," in printed
    script = (CANCE / "tuning.py").read_text(encoding="utf-8")
    for stated in (
        f"K_PER_DAY, WM_MM = {wetness['decay_per_day']}, {wetness['cap_mm']}",
        f"({wetness['dry_below']}, {wetness['wet_from']}), {wetness['min_coverage']},"
        f" {wetness['window_days']}",
    ):
        assert stated in script


@pytest.mark.parametrize(("village_id", "published"), PUBLISHED_KM2.items())
def test_areas_at_the_stations_are_near_the_published_ones(village_id, published):
    km2, tolerance = published
    area = {row["village_id"]: float(row["area_km2"]) for row in rows("villages.csv")}
    assert abs(area[village_id] / km2 - 1) <= tolerance


def test_rivers_grow_downstream_and_end():
    villages = {row["village_id"]: row for row in rows("villages.csv")}
    for row in villages.values():
        if row["downstream_id"]:
            below = villages[row["downstream_id"]]
            assert float(below["area_km2"]) > float(row["area_km2"])


def test_settlements_are_real_and_numbers_of_people_are_not_made_up():
    villages = [row for row in rows("villages.csv") if row["kind"] == "village"]
    assert len(villages) >= 18
    for row in villages:
        assert row["name_en"].isascii()
        assert row["position_basis"] == "town_centre"
        assert not row["people"]
        assert not row["households"]


def test_thresholds_rise_with_level_and_duration_and_fall_with_wetness():
    rain = {
        (r["village_id"], int(r["duration_h"]), r["wetness"], int(r["level"])): float(r["value"])
        for r in rows("thresholds.csv")
    }
    villages, durations = {key[0] for key in rain}, (1, 2, 3, 6, 12, 24)
    assert len(rain) == len(villages) * len(durations) * 3 * 4
    for village, duration, level in product(villages, durations, range(1, 5)):
        dry, medium, wet = (rain[village, duration, w, level] for w in ("dry", "medium", "wet"))
        assert dry > medium > wet > 0
        if level > 1:
            assert rain[village, duration, "wet", level - 1] < wet
        if duration > 1:
            shorter = durations[durations.index(duration) - 1]
            assert rain[village, shorter, "wet", level] < wet


def test_flows_rise_with_level_and_are_the_stations_own_where_there_is_one():
    flow = {(r["village_id"], int(r["level"])): float(r["value"]) for r in rows("flows.csv")}
    assert {village for village, _ in flow} == {r["village_id"] for r in rows("villages.csv")}
    for (village, level), value in flow.items():
        assert level == 1 or flow[village, level - 1] < value
    at_sarras = [float(r["value"]) for r in rows("levels.csv") if r["station_id"] == "V3524010"]
    assert [flow["CAN00", level] for level in (1, 2, 3, 4)] == at_sarras


def test_the_area_of_a_village_leads_back_to_its_stream():
    """The Rhône is nearer to some of them than the stream that the tables are about."""
    require("sample")
    import rasterio
    from rasterio.warp import transform

    from pipeline.catchment.nesting import downstream
    from pipeline.catchment.network import river_network
    from pipeline.catchment.outlet import Place, Reach, snap

    with rasterio.open(SAMPLE / "France_flwdir.tif") as file:
        network = river_network(file.read(1), tuple(file.transform)[:6], "north_clockwise")
        crs = file.crs
    villages = rows("villages.csv")
    xs, ys = transform("EPSG:4326", crs, *([float(v[k]) for v in villages] for k in ("lon", "lat")))
    outlets = [
        snap(network, Place(v["village_id"], x, y, float(v["area_km2"])), Reach(5.0, 1.5))
        for v, x, y in zip(villages, xs, ys, strict=True)
    ]
    assert [o.area_km2 for o in outlets] == [float(v["area_km2"]) for v in villages]
    below = downstream(network, outlets)
    assert below == {v["village_id"]: v["downstream_id"] or None for v in villages}


def test_the_pack_reads_without_fault_and_its_plans_say_that_they_are_an_exercise(tmp_path):
    from alerts.warning_pack import load_warning
    from pipeline.site.pack import load

    pack = load(CANCE, tmp_path)
    warning = load_warning(pack)
    assert pack.findings == ()
    assert [f.line() for f in warning.findings if f.severity == "error"] == []
    assert len(warning.plans) >= 12
    for plan in warning.plans.values():
        assert plan.exercise
        assert "Written for an exercise" in plan.note
        assert all(ref.startswith("role:") for ref in plan.people.responsible)
    assert sum(len(plan.special_sites) for plan in warning.plans.values()) >= 2
