"""Who may page whom: every run type of every DAG, as Airflow itself makes and plays it.

The mode table (DESIGN section 9). A real mail server watches, and would have caught a delivery.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from alerts.first_run import init_home
from alerts.local_stack import floodwarn_environment
from alerts.warning_pack import load_warning
from alerts.watchdog import remembered
from alerts.watchdog.findings import AIRFLOW
from pipeline import clock
from pipeline.assess import bulletins
from pipeline.database import Engine, connect, migrate
from pipeline.holdings import holdings
from pipeline.instants import HOUR, floor_to
from pipeline.replay import replay_world
from pipeline.runs import open_exercise
from pipeline.settings import Settings, from_environment
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Exercise, Mode, live
from tests.alerts.post_office import PostOffice, open_for_business
from tests.dags.airflow_runs import clear, finish, play
from tests.valley import STORM_BREAKS, live_like

RUN_TYPES = (
    "scheduled",
    "manual",
    "backfill",
    "operator_triggered",
    "asset_triggered",
    "asset_materialization",
)
PAGING = {"scheduled", "manual"}
STORM_HOUR = STORM_BREAKS + 4 * HOUR


@dataclass
class Valley:
    """A deployment of the valley in which the storm is today's."""

    settings: Settings
    engine: Engine
    post: PostOffice
    slot: datetime

    def slots(self, world):
        return [b.slot for b in bulletins(self.engine, world, after=None)]

    def lived(self):
        return self.slots(live("valley"))

    def replayed(self):
        pack = load(self.settings.site_folder, self.settings.home)
        return self.slots(replay_world(risk_config(pack)))


@pytest.fixture
def valley(tmp_path, monkeypatch, request):
    mode = getattr(request, "param", Mode.LIVE)
    home = tmp_path / "home"
    slot = floor_to(clock.now() - timedelta(minutes=6), HOUR)  # its readings are due by now
    site = live_like(tmp_path, home, storm_hour=STORM_HOUR, now_hour=slot)
    with open_for_business() as (post, port):
        settings = replace(
            from_environment(site=site, home=home), mode=mode, smtp_host="127.0.0.1", smtp_port=port
        )
        engine = connect(settings.database_url)
        migrate(engine)
        init_home(home, load_warning(load(site, home)), Mode.EXERCISE)
        for name, value in floodwarn_environment(settings).items():
            monkeypatch.setenv(name, value)
        yield Valley(settings, engine, post, slot)
        engine.dispose()


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_of_the_cycle_only_scheduled_and_manual_runs_page(dag_bag, valley, run_type):
    _, states = play(dag_bag, "flood_cycle", run_type, valley.slot)
    assert states["assess"] == {"success"}
    if run_type in PAGING:
        assert valley.lived() == [valley.slot]
        assert valley.replayed() == []
        assert valley.post.mails
    else:
        assert valley.lived() == []
        assert valley.replayed() == [valley.slot]
        assert states["observe"] == states["warn"] == {"skipped"}
        assert not valley.post.tries


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_a_cycle_without_a_data_interval_is_refused(dag_bag, valley, run_type):
    _, states = play(dag_bag, "flood_cycle", run_type, None)
    assert states["assess"] == {"failed"}
    assert valley.lived() == valley.replayed() == []
    assert not valley.post.tries


@pytest.mark.parametrize("run_type", sorted(PAGING))
def test_a_cycle_older_than_two_intervals_pages_nobody(dag_bag, valley, run_type):
    old = valley.slot - 3 * HOUR
    play(dag_bag, "flood_cycle", run_type, old)
    assert valley.lived() == []
    assert valley.replayed() == [old]
    assert not valley.post.tries


def test_a_cycle_behind_the_last_committed_one_pages_nobody(dag_bag, valley):
    play(dag_bag, "flood_cycle", "scheduled", valley.slot)
    sent = len(valley.post.mails)
    play(dag_bag, "flood_cycle", "manual", valley.slot - HOUR)
    assert valley.lived() == [valley.slot]
    assert valley.replayed() == [valley.slot - HOUR]
    assert len(valley.post.mails) == sent


@pytest.mark.parametrize("only", [None, ["warn"], ["deliver"]])
def test_a_cleared_run_is_a_replay(dag_bag, valley, only):
    run_id, _ = play(dag_bag, "flood_cycle", "scheduled", valley.slot)
    sent = len(valley.post.mails)
    assert sent
    clear("flood_cycle", run_id, only=only)
    states = finish(dag_bag, "flood_cycle", run_id)
    assert all(states[task] == {"skipped"} for task in only or ["warn", "deliver"])
    assert len(valley.post.mails) == sent
    assert valley.lived() == [valley.slot]


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_of_the_backfill_dag_only_backfill_runs_do_anything(dag_bag, valley, run_type):
    _, states = play(dag_bag, "flood_replay", run_type, valley.slot)
    assert states == {"assess": {"success" if run_type == "backfill" else "skipped"}}
    assert valley.replayed() == ([valley.slot] if run_type == "backfill" else [])
    assert valley.lived() == []
    assert not valley.post.tries


def test_a_backfill_writes_under_the_id_that_its_conf_gives(dag_bag, valley):
    play(dag_bag, "flood_replay", "backfill", valley.slot, conf={"id": "tuning-7"})
    world = replace(
        replay_world(risk_config(load(valley.settings.site_folder, valley.settings.home))),
        world_id="tuning-7",
    )
    assert valley.slots(world) == [valley.slot]
    assert valley.replayed() == []


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_only_scheduled_and_manual_runs_send_what_is_due(dag_bag, valley, run_type):
    valley.post.default = "451 recipient"
    play(dag_bag, "flood_cycle", "scheduled", valley.slot)
    assert valley.post.tries
    assert not valley.post.mails
    valley.post.tries.clear()
    _, states = play(dag_bag, "deliver_warnings", run_type, valley.slot)
    assert states == {"deliver": {"success" if run_type in PAGING else "skipped"}}


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_only_scheduled_and_manual_runs_watch_and_an_alarm_fails_none(dag_bag, valley, run_type):
    _, states = play(dag_bag, "keep_watch", run_type, valley.slot)
    assert states == {"look": {"success" if run_type in PAGING else "skipped"}}
    passes = remembered.read(valley.settings.home).passes
    assert set(passes) == ({AIRFLOW} if run_type in PAGING else set())
    assert valley.lived() == valley.replayed() == []


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_gaps_are_filled_without_a_decision_and_without_a_word(dag_bag, valley, run_type):
    _, states = play(dag_bag, "fill_gaps", run_type, valley.slot)
    state = {"success" if run_type in PAGING else "skipped"}
    assert states == {"fill_gap": state, "review_late": state}
    assert bool(holdings(valley.engine, "valley").rows) is (run_type in PAGING)
    assert valley.lived() == valley.replayed() == []
    assert not valley.post.tries


@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_the_store_is_kept_without_a_decision_and_without_a_word(dag_bag, valley, run_type):
    _, states = play(dag_bag, "keep_store", run_type, valley.slot)
    state = {"success" if run_type in PAGING else "skipped"}
    assert states == {"compact_store": state, "prune_store": state}
    assert valley.lived() == valley.replayed() == []
    assert not valley.post.tries


@pytest.mark.parametrize("valley", [Mode.EXERCISE], indirect=True)
@pytest.mark.parametrize("run_type", RUN_TYPES)
def test_of_the_exercise_only_scheduled_and_manual_runs_play(dag_bag, valley, run_type):
    exercise = _open(valley, speed=60, flood_start=valley.slot - 2 * HOUR)
    minute = floor_to(clock.now(), timedelta(minutes=1))
    _, states = play(dag_bag, "flood_exercise", run_type, minute)
    assert bool(valley.slots(exercise.world)) is (run_type in PAGING)
    # The valley's feeds are live here.
    assert states["observe"] == {"skipped"}
    assert holdings(valley.engine, "valley").rows == 0
    assert valley.lived() == valley.replayed() == []


def test_an_exercise_does_not_play_where_the_deployment_is_live(dag_bag, valley):
    exercise = _open(valley, speed=60, flood_start=valley.slot - 2 * HOUR)
    _, states = play(dag_bag, "flood_exercise", "scheduled", valley.slot)
    assert states["assess"] == {"skipped"}
    assert valley.slots(exercise.world) == []


@pytest.mark.parametrize("valley", [Mode.EXERCISE], indirect=True)
def test_a_recorded_flood_and_todays_weather_never_share_a_world(dag_bag, valley):
    exercise = _open(valley, speed=60, flood_start=valley.slot - 2 * HOUR)
    _, states = play(dag_bag, "flood_cycle", "scheduled", valley.slot)
    assert states["assess"] == {"skipped"}
    assert valley.slots(exercise.world) == []


@pytest.mark.parametrize("valley", [Mode.REPLAY], indirect=True)
@pytest.mark.parametrize("dag_id", ["flood_cycle", "deliver_warnings", "flood_exercise"])
def test_a_deployment_whose_mode_nobody_set_pages_nobody(dag_bag, valley, dag_id):
    play(dag_bag, dag_id, "scheduled", valley.slot)
    assert valley.lived() == []
    assert not valley.post.tries


def _open(valley, *, speed, flood_start):
    exercise = Exercise(
        "valley", "drill", clock.now() - timedelta(minutes=2), flood_start, valley.slot, speed
    )
    open_exercise(valley.engine, exercise)
    return exercise
