"""What each file says without fault may still contradict another: the check tells where."""

from pathlib import Path

import pytest

from pipeline.site.check import check
from pipeline.site.pack import load
from tests.site.test_pack import edit, line_with, places
from tests.valley import VALLEY, copied


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return copied(tmp_path)


def checked(site: Path) -> list[tuple[str, int | None, str | None]]:
    return places(tuple(check(load(site, site.parent))))


def test_the_valley_passes(tmp_path):
    assert check(load(VALLEY, tmp_path)) == []


def test_the_check_also_tells_what_the_rows_lack(site):
    edit(site / "levels.csv", ",m,", ",cm,")
    assert ("levels.csv", 2, "unit") in checked(site)


def test_the_folder_bears_the_sites_name(site):
    assert checked(site.rename(site.with_name("gorge"))) == [("site.toml", None, "site.id")]


def test_a_station_that_is_linked_to_itself_is_told(site):
    row = line_with(site / "links.csv", "rp-upper,H01,0")
    for file in ("villages.csv", "links.csv", "weights.csv", "thresholds.csv"):
        text = (site / file).read_text(encoding="utf-8")
        (site / file).write_text(text.replace("rp-upper,", "H01,"), encoding="utf-8")
    assert checked(site) == []
    edit(site / "links.csv", "H01,H01,0", "H01,H01,30")
    assert checked(site) == [("links.csv", row, "travel_min")]


def test_a_factor_on_a_reach_that_does_not_flow_there_is_told(site):
    path, head = site / "factors.csv", "village_id,down_to,factor,since,until,author,reason\n"
    row = "shangyuan,hekou,1.5,2024-07-01T00:00Z,2024-09-01T00:00Z,role.x,burnt slope\n"
    for cells, field in (
        (row, None),
        (row.replace("shangyuan,hekou", "hekou,shangyuan"), "down_to"),
        (row.replace("hekou", "nowhere"), "down_to"),
        (row.replace(",1.5,", ",0.5,"), "factor"),
    ):
        path.write_text(head + cells, encoding="utf-8")
        assert checked(site) == ([] if field is None else [("factors.csv", 2, field)])


def test_a_hole_in_the_thresholds_is_told_by_village(site):
    path = site / "thresholds.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "hekou,rain,6,wet,4" not in line))
    row = line_with(site / "villages.csv", "hekou,village")
    assert checked(site) == [("villages.csv", row, "village_id")]


@pytest.mark.parametrize(
    ("cells", "value"),
    [("hekou,rain,6,wet,4,", "1.0"), ("hekou,rain,6,dry,1,", "999")],
    ids=["level 4 below level 3", "six hours above twelve, level 1 above level 2"],
)
def test_thresholds_out_of_order_are_told_with_both_lines(site, cells, value):
    path = site / "thresholds.csv"
    row = line_with(path, cells)
    old = path.read_text(encoding="utf-8").splitlines()[row - 1].split(",")[5]
    edit(path, cells + old, cells + value)
    pack = load(site, site.parent)
    told = check(pack)
    assert {finding.field for finding in told} == {"value"}
    assert any(finding.row == row or f"line {row}" in finding.message for finding in told)


def test_a_station_whose_levels_do_not_rise_is_told(site):
    edit(site / "levels.csv", "H02,stage_m,3,2.6", "H02,stage_m,3,1.9")
    row = line_with(site / "levels.csv", "H02,stage_m,3")
    assert checked(site) == [("levels.csv", row, "value")]


def test_a_station_that_warns_no_village_is_told(site):
    path = site / "links.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "H02" not in line), encoding="utf-8")
    row = line_with(site / "stations.csv", "H02")
    assert checked(site) == [("stations.csv", row, "station_id")]


def test_a_station_that_warns_by_no_level_is_told(site):
    path = site / "levels.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "H02" not in line), encoding="utf-8")
    row = line_with(site / "stations.csv", "H02")
    assert checked(site) == [("stations.csv", row, "station_id")]


def test_weights_that_do_not_sum_to_one_are_told(site):
    edit(site / "weights.csv", "baishi,R02,0.6", "baishi,R02,0.7")
    row = line_with(site / "weights.csv", "baishi,R02")
    assert checked(site) == [("weights.csv", row, "weight")]


def test_a_village_without_weights_is_told(site):
    edit(site / "weights.csv", "shangyuan,R01,1.0\n", "")
    assert checked(site) == [("villages.csv", 2, "village_id")]


def test_a_feed_for_a_station_that_is_not_there_is_told(site):
    edit(site / "feeds.toml", '"H02"', '"H09"')
    told = checked(site)
    assert ("feeds.toml", line_with(site / "feeds.toml", '"stage"') - 1, "station_map") in told


def test_a_warned_area_that_is_no_township_of_ours_is_told(site):
    path = site / "feeds.toml"
    warned = (
        '[[feeds]]\nfeed_id = "office"\nprotocol = "cap"\nwhere = "https://example.org/w.xml"\n'
        'variable = "official_level"\ncadence_min = 5\n'
        'area_map = { "110118" = ["青溪镇"], "密云区" = ["青溪"] }\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + warned, encoding="utf-8")
    row = line_with(path, 'feed_id = "office"') - 1
    assert checked(site) == [("feeds.toml", row, "area_map")]


def test_a_feed_that_is_not_there_is_told(site):
    (site / "recordings" / "rain.csv").unlink()
    row = line_with(site / "feeds.toml", "[[feeds]]")
    assert checked(site) == [("feeds.toml", row, "where")]


def test_an_exercise_without_an_instant_is_told(site):
    edit(site / "site.toml", '"2024-07-13T17:00:00Z"', '"13 July"')
    edit(site / "site.toml", "speed = 60", "speed = 60\npace = 2")
    assert checked(site) == [
        ("site.toml", None, "exercise.pace"), ("site.toml", None, "exercise.flood_start"),
    ]  # fmt: skip


def test_a_flow_grid_that_is_not_there_is_told(site):
    edit(site / "site.toml", "[warning]", '[catchment]\nflow_directions = "no.tif"\n\n[warning]')
    assert ("site.toml", None, "catchment.flow_directions") in checked(site)
