"""Filling gaps asks for what is missing and says so; it is known from then on."""

from datetime import timedelta

import pytest

from alerts.cycle import GAP, turn_of
from pipeline import clock
from pipeline.database import connect, migrate
from pipeline.gaps import gaps
from pipeline.instants import HOUR, MICROSECOND, floor_to
from pipeline.observe import observe
from pipeline.runs import Run
from pipeline.settings import from_environment
from pipeline.site.pack import load
from pipeline.world import Mode, RunKind, live
from tests.valley import STORM_PEAK, live_like


@pytest.fixture
def settings(tmp_path, monkeypatch):
    home = tmp_path / "home"
    slot = floor_to(clock.now(), HOUR)
    site = live_like(tmp_path, home, storm_hour=STORM_PEAK, now_hour=slot)
    monkeypatch.setenv("FLOODWARN_MODE", Mode.LIVE)
    settings = from_environment(site=site, home=home)
    engine = connect(settings.database_url)
    migrate(engine)
    engine.dispose()
    return settings


def fill(settings, **more):
    now = clock.now()
    run = Run("fill_gaps", "manual__1", 0, RunKind.MANUAL, floor_to(now, HOUR))
    with turn_of(run, settings, now=now, **more) as turn:
        return turn.fill_gap("rain")


def test_only_what_is_missing_is_fetched_and_told(settings):
    now = clock.now()
    pack = load(settings.site_folder, settings.home)
    engine = connect(settings.database_url)
    outage = floor_to(now, HOUR) - 9 * HOUR
    for start, end in ((now - GAP, outage), (outage + 3 * HOUR, now)):
        observe(engine, pack, live("valley"), "rain", start=start, end=end, now=now)
    never, missed = gaps(engine, pack, live("valley"), "rain", start=now - GAP, end=now)
    assert missed == (outage + HOUR, outage + 3 * HOUR - MICROSECOND)
    said = fill(settings).split("; ")
    # One hour of the recording is missing at its source, and stays so.
    assert said[0].endswith("ok: 0 new, 0 known, 0 faults")
    assert said[1].endswith("ok: 10 new, 0 known, 0 faults")
    assert gaps(engine, pack, live("valley"), "rain", start=now - GAP, end=now) == [never]
    engine.dispose()


def test_a_feed_that_cannot_be_reached_fails_after_all_gaps_were_tried(settings):
    path = settings.site_folder / "feeds.toml"
    text = path.read_text(encoding="utf-8").replace(
        '"${FLOODWARN_HOME}/incoming/rain.csv"', '"http://127.0.0.1:9/rain.csv"'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="not of the public internet"):
        fill(settings)


def test_the_secret_comes_from_whoever_takes_the_turn(settings):
    path = settings.site_folder / "feeds.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('unit = "mm"', 'unit = "mm"\ncredential = "K"', 1), encoding="utf-8"
    )
    asked: list[str] = []

    def tell(name):
        asked.append(name)
        return "hush"

    fill(settings, credential=tell)
    assert set(asked) == {"K"}
    assert timedelta(0) < GAP
