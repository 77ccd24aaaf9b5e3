"""A cycle that was away for a run of a forecast fetches it all the same, while it is of use."""

from datetime import timedelta

from alerts.cycle import turn_of
from pipeline import clock
from pipeline.database import connect, migrate
from pipeline.instants import HOUR, floor_to
from pipeline.runs import Run
from pipeline.settings import from_environment
from pipeline.world import Mode, RunKind
from tests.assess.test_forecast_feed import FEED, SAMPLES, forecast
from tests.site.under_radar import append_text
from tests.valley import STORM_PEAK, live_like


def test_a_run_that_is_older_than_a_usual_look_back_is_fetched(tmp_path, monkeypatch):
    home, now = tmp_path / "home", clock.now()
    site = live_like(tmp_path, home, storm_hour=STORM_PEAK, now_hour=floor_to(now, HOUR))
    append_text(site / "feeds.toml", FEED.replace("cadence_min = 180", "cadence_min = 360"))
    append_text(site / "site.toml", SAMPLES)
    run = floor_to(now, timedelta(hours=6)) - 6 * HOUR
    (home / "qpf").mkdir()
    for path in (home / "sample.nc", home / "qpf" / f"run_{run:%Y%m%d%H}.nc"):
        path.write_bytes(forecast(run, *[5.0] * 12))
    monkeypatch.setenv("FLOODWARN_MODE", Mode.LIVE)
    settings = from_environment(site=site, home=home)
    engine = connect(settings.database_url)
    migrate(engine)
    engine.dispose()
    cycle = Run("flood_cycle", "manual__1", 0, RunKind.MANUAL, floor_to(now, HOUR))
    with turn_of(cycle, settings, now=now) as turn:
        assert "48 new" in turn.observe("qpf")
