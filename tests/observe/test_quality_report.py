"""`floodwarn quality --report`: the site's own record and a synthetic field, tried by faults."""

import json

import pytest

from alerts.cli.app import run
from pipeline.quality.injected_faults import faults
from tests.valley import VALLEY


@pytest.fixture
def floodwarn(tmp_path, monkeypatch, capfdbinary, database_url):
    monkeypatch.setenv("FLOODWARN_DATABASE_URL", database_url)
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))

    def command(*arguments: str):
        code = run([*arguments])
        return code, capfdbinary.readouterr().out

    return command


def report(floodwarn, *arguments):
    code, out = floodwarn("quality", "--report", "--draws", "1", "--json", "-", *arguments)
    assert code == 0
    return json.loads(out)


def test_the_record_is_tried_and_the_synthetic_field_says_so(floodwarn):
    for feed in ("rain", "stage"):
        assert floodwarn("ingest", "--feed", feed)[0] == 0
    answer = report(floodwarn)
    assert answer["schema"] == "floodwarn.quality/1"
    tried = [(s["name"], s["variable"], s["synthetic"]) for s in answer["series"]]
    assert tried == [
        ("valley", "rain_mm", False),
        ("valley", "stage_m", False),
        ("synthetic convective field", "rain_mm", True),
    ]
    for series in answer["series"]:
        asked = {rule["check"] for rule in series["rules"]}
        assert {alarm["check"] for alarm in series["false_alarms"]} == asked | {"any check"}
        put_in = {one["fault"] for one in series["detections"]}
        assert put_in <= set(faults(of_sums=series["variable"] == "rain_mm"))
        assert len(put_in) > 5


def test_no_true_peak_is_rejected(floodwarn):
    for feed in ("rain", "stage"):
        floodwarn("ingest", "--feed", feed)
    alarms = [a for s in report(floodwarn)["series"] for a in s["false_alarms"]]
    assert sum(alarm["peaks"] for alarm in alarms) > 0
    assert all(alarm["peaks_fail"] == 0 for alarm in alarms)


def test_an_empty_store_still_tries_the_synthetic_field_and_equal_seeds_are_equal(floodwarn):
    answer = report(floodwarn)
    assert [series["synthetic"] for series in answer["series"]] == [True]
    assert report(floodwarn) == answer


def test_a_person_is_shown_a_table(floodwarn):
    code, out = floodwarn("quality", "--report", "--draws", "1")
    assert code == 0
    assert b"synthetic convective field" in out
    assert b"its peaks, rejected" in out


def test_without_report_there_is_nothing_to_do(floodwarn):
    assert floodwarn("quality")[0] == 2
