"""An alert claims a village's ground only where every zone of the village could be read."""

from __future__ import annotations

import json
import shutil

import pytest
from shapely import Polygon, box

from alerts import cap_area, hazard_files
from alerts.hazard_files import ZONES_FILE
from alerts.warning_pack import WarningPack, load_warning
from pipeline.site.pack import load
from tests.alerts.cap.test_cap_area import areas
from tests.golden.samples import VALLEY

BANK = box(115.60, 40.05, 115.61, 40.06)
FLOOD = Polygon([(115.5, 40.0), (115.7, 40.1), (115.7, 40.0), (115.5, 40.1)])
"""It touches itself."""
BEYOND = 10**400
"""More than a float can hold."""


def feature(shape: Polygon | dict, **changed) -> dict:
    stated = {"zone": "bank", "level": 4, "basis": "surveyed", "village_id": "hekou"} | changed
    drawn = shape if isinstance(shape, dict) else shape.__geo_interface__
    return {"type": "Feature", "properties": stated, "geometry": drawn}


def ring(*corners: list) -> dict:
    return {"type": "Polygon", "coordinates": [corners]}


@pytest.fixture
def surveyed(tmp_path):
    """Return the valley as it is read where the survey drew those features."""
    site = tmp_path / "valley"
    shutil.copytree(VALLEY, site)

    def read(*features: dict | str) -> WarningPack:
        content = {"type": "FeatureCollection", "features": features}
        (site / ZONES_FILE).write_text(json.dumps(content), encoding="utf-8")
        return load_warning(load(site, tmp_path))

    return read


def has_circle(pack: WarningPack, village: str) -> bool:
    (area, *_) = areas(pack, village)
    assert bool(area["circle"]) is not bool(area["polygon"])
    return bool(area["circle"])


BOTH = (feature(BANK), feature(BANK, village_id="nanping"))


@pytest.mark.parametrize(
    "unread",
    [
        feature(FLOOD),
        feature(FLOOD, level=9),
        feature({"type": "Point", "coordinates": [115, 40]}),
        feature(ring([BEYOND, 40], [116, 41], [117, 40], [BEYOND, 40])),
        feature(ring([-BEYOND, BEYOND], [116, 41], [117, 40], [-BEYOND, BEYOND])),
    ],
)
def test_a_zone_that_cannot_be_used_is_a_finding_and_its_village_alone_has_the_circle(
    surveyed, unread
):
    pack = surveyed(*BOTH, unread)
    assert {(f.severity, f.row) for f in pack.findings if f.file == ZONES_FILE} == {("error", 3)}
    assert has_circle(pack, "hekou")
    assert not has_circle(pack, "nanping")


@pytest.mark.parametrize("nobody_s", [None, True, ["hekou"]])
def test_where_nobody_knows_whose_zone_it_was_every_village_has_the_circle(surveyed, nobody_s):
    pack = surveyed(*BOTH, feature(FLOOD, village_id=nobody_s))
    assert has_circle(pack, "hekou")
    assert has_circle(pack, "nanping")
    assert has_circle(surveyed(*BOTH, "a word"), "hekou")


def test_beyond_the_limit_of_the_file_every_village_has_the_circle(surveyed, monkeypatch):
    assert not has_circle(surveyed(*BOTH), "hekou")
    monkeypatch.setattr(hazard_files, "MAX_VERTICES", 12)
    pack = surveyed(*BOTH, feature(BANK, village_id="baishi"))
    assert has_circle(pack, "hekou")
    assert has_circle(pack, "nanping")
    assert len(pack.hazards.zones) == 2  # plans are still held against what was read


def test_while_an_alert_is_written_nothing_is_drawn(surveyed, monkeypatch):
    cap_area.drawn_once.cache_clear()
    pack = surveyed(*BOTH)

    def drawn(_zones: object) -> tuple[str, ...]:
        raise AssertionError("drawn while the fence is held")

    monkeypatch.setattr(cap_area, "polygons", drawn)
    assert not has_circle(pack, "hekou")
