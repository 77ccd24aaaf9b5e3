"""A site pack is used as far as it is good; each fault is told by file, row and field."""

from pathlib import Path

import pytest

from pipeline.errors import SiteError
from pipeline.site import sheet
from pipeline.site.check import check
from pipeline.site.finding import Finding
from pipeline.site.pack import SitePack, load
from tests.valley import VALLEY, copied


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return copied(tmp_path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def loaded(site: Path) -> SitePack:
    return load(site, site.parent)


def places(findings: tuple[Finding, ...]) -> list[tuple[str, int | None, str | None]]:
    return [(finding.file, finding.row, finding.field) for finding in findings]


def line_with(path: Path, text: str) -> int:
    """Return the line as an editor counts it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_valley_has_no_fault(tmp_path):
    pack = load(VALLEY, tmp_path)
    assert pack.findings == ()
    assert pack.site_id == VALLEY.name
    assert len(pack.villages) == 10
    assert len(pack.stations) == 7
    assert len(pack.thresholds) == 10 * 6 * 3 * 4
    assert [spec.feed_id for spec in pack.feeds] == ["rain", "stage"]


def test_a_threshold_in_the_wrong_unit_is_not_used(site):
    edit(site / "thresholds.csv", ",mm,", ",cm,")
    pack = loaded(site)
    assert places(pack.findings) == [("thresholds.csv", 2, "unit")]
    assert len(pack.thresholds) == 719


def test_a_level_in_another_variables_unit_is_not_used(site):
    edit(site / "levels.csv", ",m,", ",cm,")
    pack = loaded(site)
    assert places(pack.findings) == [("levels.csv", 2, "unit")]
    assert "m" in pack.findings[0].cure
    assert len(pack.levels) == 7


def test_a_text_in_a_number_loses_its_own_row_only(site):
    row = line_with(site / "stations.csv", "R02")
    edit(site / "stations.csv", "115.66,", "east,")
    pack = loaded(site)
    assert places(pack.findings)[0] == ("stations.csv", row, "lon")
    assert "'east'" in pack.findings[0].message
    assert "R02" not in {station.station_id for station in pack.stations}
    assert "R01" in {station.station_id for station in pack.stations}


def test_what_names_a_lost_station_is_lost_with_it_and_told(site):
    edit(site / "stations.csv", "R05,", "R55,")
    pack = loaded(site)
    row = line_with(site / "weights.csv", "R05")
    assert places(pack.findings) == [("weights.csv", row, "station_id")]


def test_of_two_rows_of_one_name_the_first_is_used(site):
    path = site / "villages.csv"
    double = "songlin,camp,x,x,x,1,1,assumed,1,,,\n"
    path.write_text(path.read_text(encoding="utf-8") + double, encoding="utf-8")
    pack = loaded(site)
    assert places(pack.findings) == [("villages.csv", 12, "village_id")]
    assert "line 3" in pack.findings[0].message
    assert next(v for v in pack.villages if v.village_id == "songlin").kind == "village"


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("thresholds.csv", "shangyuan,rain", "atlantis,rain", "village_id"),
        ("links.csv", "hekou,H01", "hekou,H09", "station_id"),
        ("levels.csv", "H01,stage_m,1", "H09,stage_m,1", "station_id"),
        ("weights.csv", "hekou,R01", "atlantis,R01", "village_id"),
        ("thresholds.csv", "rain,1,dry,1", "rain,1,moist,1", "wetness"),
        ("thresholds.csv", "rain,1,dry,1", "rain,1,dry,5", "level"),
        ("stations.csv", "rain_mm", "rain_inch", "variables.0"),
        ("villages.csv", "assumed", "guessed", "position_basis"),
    ],
)
def test_a_name_that_nobody_knows_is_told_where_it_stands(site, file, old, new, field):
    row = line_with(site / file, old)
    edit(site / file, old, new)
    assert (file, row, field) in places(loaded(site).findings)


def test_a_lost_village_is_one_finding_a_table_however_many_rows_name_it(site):
    village_id = loaded(site).thresholds[0].village_id
    (site / "villages.csv").write_text(
        "".join(
            line
            for line in (site / "villages.csv").read_text("utf-8").splitlines(keepends=True)
            if not line.startswith(f"{village_id},")
        ),
        encoding="utf-8",
    )
    told = [f for f in loaded(site).findings if f.file == "thresholds.csv"]
    assert len(told) == 1
    assert "71 more rows" in told[0].message


def test_rivers_in_a_circle_are_cut_and_told(site):
    edit(site / "villages.csv", "52.0,xiaqiao", "52.0,hekou")
    pack = loaded(site)
    circle = ("hekou,village", "nanping,village", "liushuwan,hamlet")
    rows = {line_with(site / "villages.csv", start) for start in circle}
    assert {finding.row for finding in pack.findings} == rows
    assert {finding.field for finding in pack.findings} == {"downstream_id"}
    below = {village.village_id: village.downstream_id for village in pack.villages}
    assert [below[v] for v in ("hekou", "nanping", "liushuwan")] == [None] * 3
    assert below["baishi"] == "hekou"


def test_a_village_below_itself_and_a_river_to_nowhere_are_told(site):
    edit(site / "villages.csv", "6.2,zhangjiatai", "6.2,shangyuan")
    edit(site / "villages.csv", "9.4,baishi", "9.4,atlantis")
    findings = loaded(site).findings
    assert places(findings) == [
        ("villages.csv", 2, "downstream_id"), ("villages.csv", 3, "downstream_id"),
    ]  # fmt: skip


def test_an_unknown_key_of_site_toml_is_told_and_the_others_are_used(site):
    edit(site / "site.toml", "min_coverage = 0.75", "min_coverage = 0.75\nmin_covrage = 0.5")
    pack = loaded(site)
    row = line_with(site / "site.toml", "min_covrage")
    assert places(pack.findings) == [("site.toml", row, "risk.min_covrage")]
    assert pack.risk.min_coverage == 0.75


def test_a_wrong_setting_gives_way_to_its_default(site):
    edit(site / "site.toml", "lost_hold_h = 12", 'lost_hold_h = "long"')
    pack = loaded(site)
    row = line_with(site / "site.toml", '"long"')
    assert places(pack.findings) == [("site.toml", row, "risk.lost_hold_h")]
    assert pack.risk.lost_hold_h == 12


def test_an_unknown_table_is_told(site):
    edit(site / "site.toml", "[exercise]", "[excercise]")
    pack = loaded(site)
    assert places(pack.findings) == [("site.toml", None, "excercise")]
    assert pack.exercise == {}


def test_a_misspelt_key_refuses_its_feed_and_no_other(site):
    edit(site / "feeds.toml", 'unit = "m"', 'unit = "m"\nnodta = -99')
    pack = loaded(site)
    row = line_with(site / "feeds.toml", "nodta")
    assert places(pack.findings) == [("feeds.toml", row, "feeds.nodta")]
    assert [spec.feed_id for spec in pack.feeds] == ["rain"]
    with pytest.raises(SiteError, match="stage"):
        pack.feed("stage")


def test_a_feed_in_a_unit_of_something_else_is_refused(site):
    edit(site / "feeds.toml", 'unit = "mm"', 'unit = "m3/s"')
    pack = loaded(site)
    row = line_with(site / "feeds.toml", '"m3/s"')
    assert places(pack.findings) == [("feeds.toml", row, "feeds.unit")]


def test_an_unknown_column_is_told_and_a_missing_one_ends_its_table(site):
    edit(site / "links.csv", "travel_min", "travel_minutes")
    pack = loaded(site)
    assert places(pack.findings) == [
        ("links.csv", 1, "travel_minutes"), ("links.csv", 1, "travel_min"),
    ]  # fmt: skip
    assert pack.links == ()


def test_a_short_row_is_told(site):
    path = site / "links.csv"
    path.write_text(path.read_text(encoding="utf-8") + "hekou,H02\n", encoding="utf-8")
    assert places(loaded(site).findings) == [("links.csv", 9, None)]


def test_an_absent_table_that_is_needed_is_told_and_one_that_is_not_is_empty(site):
    (site / "thresholds.csv").unlink()
    (site / "links.csv").unlink()
    pack = loaded(site)
    assert places(pack.findings) == [("thresholds.csv", None, None)]
    assert pack.links == ()


def test_a_table_is_bounded_before_it_is_parsed(site, monkeypatch):
    monkeypatch.setattr(sheet, "MAX_BYTES", 10_000)
    pack = loaded(site)
    assert places(pack.findings) == [("thresholds.csv", None, None)]
    assert "at most 10000" in pack.findings[0].message


def test_a_table_in_another_encoding_is_told(site):
    path = site / "levels.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode() + b"\xff\n")
    assert places(loaded(site).findings) == [("levels.csv", None, None)]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(site, tmp_path):
    for name in ("villages.csv", "levels.csv", "site.toml"):
        path = site / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert loaded(site).findings == ()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("site.toml", ""),
        ("site.toml", "[site\n"),
        ("site.toml", None),
        ("villages.csv", None),
        ("villages.csv", "village_id\n"),
    ],
)
def test_where_nothing_can_run_the_site_is_refused_with_the_reason(site, file, content):
    if content is None:
        (site / file).unlink()
    else:
        (site / file).write_text(content, encoding="utf-8")
    with pytest.raises(SiteError, match=file):
        loaded(site)


def test_a_cycle_that_does_not_divide_the_day_is_refused(site):
    edit(site / "site.toml", "cycle_minutes = 60", "cycle_minutes = 7")
    with pytest.raises(SiteError, match="divide the day"):
        loaded(site)


def test_addresses_are_filled_with_the_deployments_folders(site):
    pack = loaded(site)
    assert pack.expand("${FLOODWARN_HOME}/in") == f"{site.parent}/in"
    assert pack.expand(pack.feed("rain").where) == f"{site}/recordings/rain.csv"


HEAD = "station_id,what,signed_by,signed_on\n"


def test_signatures_stand_with_their_station_and_a_wrong_one_is_told_by_its_line(site):
    (site / "station_signatures.csv").write_text(
        HEAD
        + "R03,unit,hydrologist-1,2024-06-01\nR03,weather,hydrologist-1,2024-06-01\n"
        + "R99,unit,hydrologist-1,2024-06-01\nR03,unit,hydrologist-2,2024-06-02\n"
        + "R03,clock,+86 139 0000 0000,2024-06-01\nR03,clock,hydrologist-1,yesterday\n"
    )
    pack = loaded(site)
    (own,) = (s.signatures for s in pack.stations if s.station_id == "R03")
    assert [(row.what, row.signed_by) for row in own] == [("unit", "hydrologist-1")]
    assert sorted(places(pack.findings), key=str) == [
        ("station_signatures.csv", 3, "what"),
        ("station_signatures.csv", 4, "station_id"),
        ("station_signatures.csv", 5, "what"),
        ("station_signatures.csv", 6, "signed_by"),
        ("station_signatures.csv", 7, "signed_on"),
    ]


def test_a_new_station_that_nobody_signed_for_is_found_by_check(site):
    lines = (site / "stations.csv").read_text(encoding="utf-8").splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("station_id"))
    new = [f"{line},{'2024-06-30' if 'R03' in line else ''}" for line in lines[head + 1 :]]
    lines[head:] = [lines[head] + ",probation_until", *new]
    (site / "stations.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (found,) = [f for f in check(loaded(site)) if f.field == "probation_until"]
    assert (found.severity, found.row) == ("warning", line_with(site / "stations.csv", "R03"))
    assert found.message == "R03 stays on probation: unsigned unit, clock, village_link"
