"""An exercise plays its flood from recordings; what is fed live is left to live cycles."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from alerts.cycle import turn_of
from alerts.errors import NothingToDo
from pipeline import clock
from pipeline.database import Engine, reading
from pipeline.holdings import holdings
from pipeline.instants import HOUR
from pipeline.observation import RawPayload
from pipeline.runs import Run, open_exercise
from pipeline.settings import Settings, from_environment
from pipeline.spool import Spool
from pipeline.store import fetches
from pipeline.world import Exercise, Mode, RunKind
from tests.feeds.server import Server, serving
from tests.valley import STORM_BREAKS, VALLEY, copied

LIVE = """
[[feeds]]
feed_id = "{feed_id}"
protocol = "csv"
layout = "long"
where = "{where}"
variable = "rain_mm"
unit = "mm"
cadence_min = 60
allow_private = ["127.0.0.0/8"]
"""
LIVE_FEEDS = ("rain_by_http", "rain_dropped")


@dataclass
class Night:
    """An exercise two hours into the flood, on a site that is also fed live."""

    settings: Settings
    engine: Engine
    server: Server
    exercise: Exercise
    spool: Spool

    def take(self, step):
        now = clock.now()
        run = Run("flood_exercise", "scheduled__1", 0, RunKind.SCHEDULED, now)
        with turn_of(run, self.settings, now=now) as turn:
            return step(turn)

    def attempt(self, feed_id):
        with reading(self.engine) as connection:
            return fetches.latest(connection, self.exercise.world, feed_id)


@pytest.fixture
def night(engine, tmp_path):
    home, now = tmp_path / "home", clock.now()
    (home / "incoming").mkdir(parents=True)
    rows = (VALLEY / "recordings" / "rain.csv").read_bytes()
    (home / "incoming" / "rain.csv").write_bytes(rows)
    spool = Spool(home / "spool" / "valley", "rain_by_http")
    spool.keep(RawPayload("rain_by_http", "http://gauge/rain.csv", now, rows, "text/csv"))
    site = copied(tmp_path)
    with serving(lambda _path, _headers: (200, {"Content-Type": "text/csv"}, rows)) as server:
        with (site / "feeds.toml").open("a", encoding="utf-8") as file:
            file.write(LIVE.format(feed_id="rain_by_http", where=f"{server.url}/rain.csv"))
            file.write(LIVE.format(feed_id="rain_dropped", where="${FLOODWARN_HOME}/incoming"))
        settings = replace(
            from_environment(site=site, home=home),
            mode=Mode.EXERCISE,
            database_url=engine.url.render_as_string(hide_password=False),
        )
        exercise = Exercise(
            "valley", "night", now - timedelta(minutes=2), STORM_BREAKS, STORM_BREAKS + 9 * HOUR, 60
        )
        open_exercise(engine, exercise)
        yield Night(settings, engine, server, exercise, spool)


def test_an_exercise_asks_no_live_feed_and_leaves_the_live_log_as_it_was(night):
    before = holdings(night.engine, "valley")
    for feed_id in LIVE_FEEDS:
        with pytest.raises(NothingToDo, match=f"does not ask feed {feed_id}: it"):
            night.take(lambda turn, feed_id=feed_id: turn.observe(feed_id))
        assert night.attempt(feed_id) is None
    assert night.server.asked == []
    assert len(night.spool.waiting()) == 1
    assert holdings(night.engine, "valley") == before


def test_an_exercise_reads_its_recordings_and_judges_without_the_live_feeds(night):
    assert night.take(lambda turn: turn.observe("rain")).startswith("ok: ")
    before = holdings(night.engine, "valley").rows
    assert before > 0
    with pytest.raises(NothingToDo):
        night.take(lambda turn: turn.observe("rain_by_http"))
    assert len(night.take(lambda turn: turn.assess())) == 2
    assert holdings(night.engine, "valley").rows == before
