"""A model, its flows and its settings are checked against one another, by file and row."""

from pathlib import Path

import pytest

from pipeline.site.check import check
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from tests.risk.modelled_site import model
from tests.site.test_pack import edit
from tests.valley import copied

FLOWS = "village_id,level,value,unit,source\n" + "".join(
    f"baishi,{level},{4.0 * level},m3/s,by hand\n" for level in (1, 2, 3, 4)
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return the valley with a model that says nothing wrong."""
    copy = copied(tmp_path)
    (copy / "flows.csv").write_text(FLOWS)
    (copy / "runoff.json").write_text(model(stations=("H01",)).model_dump_json())
    text = (copy / "site.toml").read_text(encoding="utf-8")
    (copy / "site.toml").write_text(f"{text}\n[runoff.pet_mm_per_day]\n7 = 4.1\n", encoding="utf-8")
    return copy


def checked(site: Path) -> list[tuple[str, int | None, str | None, str]]:
    return [(f.file, f.row, f.field, f.severity) for f in check(load(site, site.parent))]


def test_a_model_with_flows_and_evaporation_passes_and_is_in_the_configuration(site):
    assert checked(site) == []
    pack = load(site, site.parent)
    config = risk_config(pack)
    assert config.runoff is not None
    assert config.runoff.settings.pet_mm_per_day == {7: 4.1}
    assert {flow.village_id for flow in config.runoff.flows} == {"baishi"}
    assert [one.artefact for one in pack.fitted] == ["runoff.json"], "verify is told of it"


def test_a_model_without_flows_speaks_for_nobody(site):
    (site / "flows.csv").unlink()
    assert checked(site) == [("runoff.json", None, None, "error")]
    assert risk_config(load(site, site.parent)).runoff is None


def test_a_flow_that_falls_with_its_level_is_told_by_row(site):
    edit(site / "flows.csv", "baishi,3,12.0", "baishi,3,8.0")
    assert checked(site) == [("flows.csv", 4, "value", "error")]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("baishi,2", "nowhere,2", "village_id"),
        ("baishi,2,8.0,m3/s", "baishi,2,8.0,l/s", "unit"),
        ("baishi,2,8.0", "baishi,2,-8.0", "value"),
        ("baishi,2", "baishi,1", "level"),
    ],
)
def test_a_bad_row_of_the_flows_is_told_and_the_others_are_used(site, old, new, field):
    edit(site / "flows.csv", old, new)
    assert checked(site) == [("flows.csv", 3, field, "error")]
    assert len(load(site, site.parent).flows) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [('"x1_mm":60.0', '"x1_mm":-1'), ('"trigger":1.1', '"trigger":0.4'), ('"x3_mm"', '"x9_mm"')],
)
def test_a_broken_model_is_told_and_nothing_of_it_is_used(site, old, new):
    edit(site / "runoff.json", old, new)
    assert {(file, severity) for file, _, _, severity in checked(site)} == {
        ("runoff.json", "error")
    }
    assert load(site, site.parent).runoff_model is None


def test_a_model_that_is_no_json_is_told(site):
    (site / "runoff.json").write_text("{")
    assert [place[0] for place in checked(site)] == ["runoff.json"]


def test_a_model_of_unknown_stations_levels_or_evaporation_is_a_warning(site):
    warns = {"3": {"mean_of_h": 1, "held_h": 2, "trigger": 1.2}}
    odd = model(stations=("elsewhere",), warns=warns)
    (site / "runoff.json").write_text(odd.model_dump_json())
    edit(site / "site.toml", "\n[runoff.pet_mm_per_day]\n7 = 4.1\n", "\n")
    assert checked(site) == [
        ("runoff.json", None, "warns", "warning"),
        ("site.toml", None, "runoff.pet_mm_per_day", "warning"),
        ("runoff.json", None, "stations", "warning"),
    ]
