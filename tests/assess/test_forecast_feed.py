"""A feed of forecasts, from its NetCDF to the bulletin, in a site of gauges."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerts.cli.case_text import case_answer, case_lines
from pipeline.assess import assess
from pipeline.bulletin import Indicator, RiskLevel
from pipeline.observe import ObserveFailed, observe
from pipeline.replay import Verdict, rebuild, replay
from pipeline.site.check import check
from pipeline.site.derive import risk_config
from pipeline.site.pack import SitePack, load
from pipeline.source_health import source_health
from pipeline.village_case import village_case
from pipeline.world import KnownAs, Mode, World
from tests.feeds.samples import netcdf
from tests.site.test_pack import edit
from tests.site.under_radar import append_text
from tests.valley import STORM_PEAK, copied

HOUR = timedelta(hours=1)
MEMBERS = 4
SLOT = STORM_PEAK - 24 * HOUR
RUN = SLOT - 3 * HOUR
FEED = """
[[feeds]]
feed_id = "qpf"
protocol = "grid"
where = "${FLOODWARN_HOME}/qpf"
pattern = "run_%Y%m%d%H.nc"
parameter = "rain"
variable = "rain_mm"
cadence_min = 180
latency_min = 60
forecast_h = 12
"""
SAMPLES = """
[catchment.forecast_samples]
qpf = "${FLOODWARN_HOME}/sample.nc"
"""
WORLD = World("valley", Mode.REPLAY, "test")


def forecast(run: datetime, *falls: float, wet: int = MEMBERS) -> bytes:
    """Return a run of hourly rain, mm, on the same tenth of a degree; dry members come last."""
    units = {"units": f"hours since {run:%Y-%m-%d %H:%M:%S}"}
    hours = np.arange(1.0, len(falls) + 1)
    rain = np.zeros((MEMBERS, len(falls), 3, 3))
    rain[:wet] = np.array(falls)[:, None, None]
    return netcdf({
        "time": (("time",), hours, units | {"standard_name": "time", "bounds": "time_bnds"}),
        "time_bnds": (("time", "nv"), np.stack([hours - 1, hours], axis=1), {}),
        "run": ((), np.float64(0.0), units | {"standard_name": "forecast_reference_time"}),
        "member": (("member",), np.arange(MEMBERS, dtype=np.int32),
                   {"standard_name": "realization"}),
        "lat": (("lat",), np.array([40.0, 40.1, 40.2]), {"units": "degrees_north"}),
        "lon": (("lon",), np.array([115.5, 115.6, 115.7]), {"units": "degrees_east"}),
        "rain": (("member", "time", "lat", "lon"), rain, {"units": "mm"}),
    })  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> SitePack:
    folder = copied(tmp_path)
    append_text(folder / "feeds.toml", FEED)
    append_text(folder / "site.toml", SAMPLES)
    (tmp_path / "qpf").mkdir()
    (tmp_path / "sample.nc").write_bytes(forecast(RUN, 0.0))
    return load(folder, tmp_path)


def bring(engine, pack, run: datetime, content: bytes, *, now: datetime):
    (pack.home / "qpf" / f"run_{run:%Y%m%d%H}.nc").write_bytes(content)
    return observe(engine, pack, WORLD, "qpf", start=now - 6 * HOUR, end=now, now=now)


def judged(engine, pack, slot=SLOT):
    now = slot + timedelta(minutes=5)
    return assess(engine, risk_config(pack), WORLD, slot, cutoff=now, now=now)


def foreseen(bulletin):
    return {
        detail.village_id: e
        for detail in bulletin.details
        for e in detail.evidence
        if e.indicator is Indicator.FORECAST
    }


def test_a_run_that_came_is_judged_with_its_members_and_rebuilt_from_the_store(engine, site):
    assert not [f for f in check(site) if f.severity == "error"]
    stored = bring(engine, site, RUN, forecast(RUN, *[45.0] * 6, wet=3), now=SLOT)
    assert stored.readings == 6 * MEMBERS
    bulletin = judged(engine, site)
    found = foreseen(bulletin)
    assert found.keys() == set(bulletin.villages) - {
        v.village_id for v in site.villages if v.lon is None
    } - _without_thresholds(site)  # fmt: skip
    assert {e.probability for e in found.values()} == {0.75}
    assert max(bulletin.levels) is RiskLevel.ORANGE
    assert rebuild(engine, WORLD, SLOT).verdict is Verdict.IDENTICAL
    (again,) = replay(
        engine, risk_config(site), start=SLOT, end=SLOT, known=KnownAs.RECEIVED,
        assess_delay=timedelta(minutes=5),
    )  # fmt: skip
    assert foreseen(again) == found


def _without_thresholds(site: SitePack) -> set[str]:
    return {v.village_id for v in site.villages} - {t.village_id for t in site.thresholds}


def test_a_run_is_stored_once_and_its_renewal_lowers_what_is_foreseen(engine, site):
    run = forecast(RUN, *[45.0] * 6)
    assert bring(engine, site, RUN, run, now=SLOT).readings > 0
    assert bring(engine, site, RUN, run, now=SLOT + HOUR / 2).readings == 0
    later = SLOT + HOUR
    bring(engine, site, SLOT, forecast(SLOT, *[0.0] * 6), now=later)
    assert foreseen(judged(engine, site))
    assert not foreseen(judged(engine, site, later))


def test_the_feed_page_tells_the_age_of_the_newest_run(engine, site):
    bring(engine, site, RUN, forecast(RUN, 1.0), now=SLOT)
    (row,) = [
        s
        for s in source_health(engine, site, risk_config(site), now=SLOT + HOUR)
        if s.feed_id == "qpf"
    ]
    assert (row.newest, row.expected) == (RUN, None)
    assert row.latency_now is not None
    assert 3 * HOUR <= row.latency_now < 4 * HOUR


def test_explain_shows_what_the_members_foresee_and_how_many_bring_a_level(engine, site):
    bring(engine, site, RUN, forecast(RUN, *[45.0] * 6, wet=3), now=SLOT)
    case = village_case(engine, site, "zhangjiatai", SLOT + HOUR)
    lines = [*case_lines(case)]
    (head,) = [line for line in lines if line.startswith("  forecast qpf")]
    assert head.endswith("4 members: 75 % for orange")
    assert "    most of 3 h: 90.0 mm (0.0 to 90.0)" in lines
    answer = case_answer(case)["forecast"]
    assert answer["probability"]["3"] == 0.75
    assert answer["members"] == MEMBERS


def test_a_file_that_names_no_run_is_no_forecast(engine, site):
    plain = forecast(RUN, 1.0).replace(b"forecast_reference_time", b"some_other_time_of_runs")
    with pytest.raises(ObserveFailed, match="forecast_reference_time"):
        bring(engine, site, RUN, plain, now=SLOT)


def test_what_a_site_states_wrong_of_its_forecasts_is_told(tmp_path):
    folder = copied(tmp_path)
    append_text(folder / "feeds.toml", FEED)
    told = [f.message for f in check(load(folder, tmp_path)) if f.severity == "error"]
    assert any("rain grid needs" in m or "no sample of qpf" in m or "rain_feed" in m for m in told)
    assert not risk_config(load(folder, tmp_path)).forecasts
    append_text(folder / "site.toml", SAMPLES.replace("qpf =", "rain ="))
    told = [f.message for f in check(load(folder, tmp_path)) if f.severity == "error"]
    assert "'rain' is no feed that foresees rain" in told
    edit(folder / "feeds.toml", 'parameter = "rain"', 'unit = "mm"')
    edit(folder / "feeds.toml", "run_%Y%m%d%H.nc", "run_%Y%m%d%H.tif")
    told = [f.message for f in check(load(folder, tmp_path)) if f.severity == "error"]
    assert any("a GeoTIFF tells no run" in m for m in told)
