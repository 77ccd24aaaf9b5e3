"""What the shipped villages do when power and network are gone: by their site's own thresholds."""

import csv

import pytest

from pipeline.site.pack import load
from tests.golden.samples import shipped
from tests.services import ROOT

SITES = ("beijing", "cance", "valley")


def on_wet_ground(site):
    """Return millimetres by village, hours and level."""
    with (ROOT / "config" / site / "thresholds.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["village_id"], float(row["duration_h"]), int(row["level"])): float(row["value"])
            for row in csv.DictReader(file)
            if row["wetness"] == "wet"
        }


@pytest.mark.parametrize("site", SITES)
def test_a_village_alone_acts_at_the_thresholds_of_wet_ground_in_whole_millimetres(site):
    wet = on_wet_ground(site)
    signals = load(ROOT / "config" / site, ROOT / ".floodwarn").risk.signals
    for village, plan in shipped(site).plans.items():
        assert {bucket.hours for bucket in plan.offline.buckets} == {1.0, 3.0}
        for bucket in plan.offline.buckets:
            assert bucket.prepare_mm == wet[village, bucket.hours, signals.prepare] // 1
            assert bucket.move_mm == wet[village, bucket.hours, signals.move] // 1


@pytest.mark.parametrize("site", SITES)
def test_every_plan_has_a_signal_and_a_sign_of_its_own(site):
    lacking = {"signals", "offline"}
    found = [f.line() for f in shipped(site).findings if f.field in lacking]
    assert found == []
