"""A site of gauges without weights.csv: each village has the stations around it, or is told."""

import pytest

from pipeline.site.check import check
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from tests.site.test_pack import edit
from tests.valley import copied

BY_DISTANCE = '[catchment]\nstation_weights = "inverse_distance"\n'


@pytest.fixture
def site(tmp_path):
    found = copied(tmp_path)
    text = (found / "site.toml").read_text(encoding="utf-8")
    (found / "site.toml").write_text(BY_DISTANCE + "\n" + text, encoding="utf-8")
    return found


def shares(site) -> dict[str, dict[str, float]]:
    weights = risk_config(load(site, site.parent)).weights
    spans = zip(weights.indptr, weights.indptr[1:], strict=False)
    return {
        village: {
            weights.sources[i]: w
            for i, w in zip(weights.indices[a:b], weights.data[a:b], strict=True)
        }
        for village, (a, b) in zip(weights.villages, spans, strict=True)
    }


def test_without_rows_every_village_has_the_gauges_around_it(site):
    (site / "weights.csv").unlink()
    found = shares(site)
    assert all(sum(row.values()) == pytest.approx(1.0) for row in found.values())
    assert all(1 <= len(row) <= 4 for row in found.values())
    assert max(found["shangyuan"], key=found["shangyuan"].get) == "R01"
    assert [f for f in check(load(site, site.parent)) if f.severity == "error"] == []


def test_a_row_that_is_stated_stands(site):
    (site / "weights.csv").write_text("village_id,station_id,weight\nshangyuan,R03,1.0\n")
    found = shares(site)
    assert found["shangyuan"] == {"R03": 1.0}
    assert len(found["hekou"]) > 1


def test_a_station_at_the_villages_height_weighs_more_than_one_above_it(site):
    (site / "weights.csv").unlink()
    before = shares(site)["shangyuan"]
    table = (site / "villages.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{table[0]},elevation_m", *(f"{row},5000" if "shangyuan" in row.split(",")[0]
                                         else f"{row}," for row in table[1:])]  # fmt: skip
    (site / "villages.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    edit(site / "site.toml", BY_DISTANCE, BY_DISTANCE + "within_km = 100\n")
    assert shares(site)["shangyuan"] != before


def test_a_village_with_no_station_in_reach_is_told(site):
    (site / "weights.csv").unlink()
    edit(site / "site.toml", BY_DISTANCE, BY_DISTANCE + "within_km = 0.001\n")
    told = {(f.file, f.field) for f in check(load(site, site.parent)) if "no weights" in f.message}
    assert told == {("villages.csv", "village_id")}


def test_without_the_setting_nothing_is_derived(site):
    (site / "weights.csv").unlink()
    edit(site / "site.toml", BY_DISTANCE, "")
    assert set(map(len, shares(site).values())) == {0}
