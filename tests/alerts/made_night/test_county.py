"""A made county is a site without a fault, as large as was asked, and without a person."""

import json

import pytest

from alerts.cli.app import run
from alerts.first_run import contacts_toml
from alerts.made_night.county import Size, write_county
from alerts.warning_pack import load_warning
from pipeline.site.pack import load
from tests.services import ROOT

BEIJING = ROOT / "config" / "beijing"
URL = "http://127.0.0.1:9/rain.csv?from={start}&to={end}"
SIZE = Size(villages=57, cycle_minutes=5)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    write_county(load(BEIJING, folder / "home"), folder / "beijing", SIZE, URL)
    return load(folder / "beijing", folder / "home")


def test_it_has_as_many_villages_and_plans_as_were_asked_for(county):
    assert len(county.villages) == 57
    assert len(load_warning(county).plans) == 57
    assert len(county.stations) == SIZE.gauges == 29


def test_nothing_is_wrong_with_it(county, tmp_path, capsys):
    run(["check", "--site", str(county.folder), "--home", str(tmp_path), "--json", "-"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one for one in findings if one["severity"] == "error"] == []


def test_no_two_villages_share_a_person(county):
    plans = load_warning(county).plans
    told = [ref for plan in plans.values() for ref in {ref for _, ref in plan.told()}]
    assert len(told) == len(set(told)) > 57


def test_what_decides_a_warning_is_the_sites_own(county):
    own = load(BEIJING, county.home)
    assert {(one.duration_h, one.level, one.wetness, one.value) for one in county.thresholds} == {
        (one.duration_h, one.level, one.wetness, one.value) for one in own.thresholds
    }
    assert load_warning(county).templates == load_warning(own).templates


def test_nobodys_number_stands_in_it(county):
    text = contacts_toml(load_warning(county))
    assert "phone" not in text
