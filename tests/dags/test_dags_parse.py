"""The DAGs as Airflow sees them: no import error, the declared schedules, thin and fast files."""

import os
import subprocess
import sys
import tomllib

import pytest

from tests.services import ROOT

DAGS = {
    "flood_cycle", "flood_exercise", "flood_replay", "deliver_warnings", "fill_gaps", "keep_store",
    "keep_watch",
}  # fmt: skip
PARSE_S = 2.0


def test_every_dag_imports(dag_bag):
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) >= DAGS


@pytest.mark.parametrize("dag_id", sorted(DAGS))
def test_a_dag_makes_up_for_no_past_and_reads_its_clock_in_utc(dag_bag, dag_id):
    dag = dag_bag.dags[dag_id]
    assert dag.catchup is False
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert str(dag.timetable._timezone if hasattr(dag.timetable, "_timezone") else "UTC") == "UTC"


@pytest.mark.parametrize(
    "dag_id", ["flood_cycle", "flood_exercise", "deliver_warnings", "keep_watch"]
)
def test_no_two_runs_of_what_reaches_people_at_once(dag_bag, dag_id):
    assert dag_bag.dags[dag_id].max_active_runs == 1


def test_a_feed_is_one_mapped_task_that_airflow_does_not_retry(dag_bag):
    feeds = tomllib.loads((ROOT / "config" / "valley" / "feeds.toml").read_text())["feeds"]
    observe = dag_bag.dags["flood_cycle"].get_task("observe")
    assert observe.retries == 0
    assert observe.op_kwargs_expand_input.value["feed_id"] == [f["feed_id"] for f in feeds]


@pytest.mark.parametrize("dag_id", ["flood_cycle", "flood_exercise"])
def test_assess_runs_whatever_observe_did(dag_bag, dag_id):
    dag = dag_bag.dags[dag_id]
    assert dag.get_task("assess").trigger_rule == "all_done"
    assert dag.get_task("assess").downstream_task_ids == {"warn"}
    assert dag.get_task("warn").downstream_task_ids == {"deliver"}


def test_the_backfill_has_its_own_pool_and_neither_network_nor_people(dag_bag):
    dag = dag_bag.dags["flood_replay"]
    assert set(dag.task_ids) == {"assess"}
    assert dag.get_task("assess").pool == "replay"
    others = [t for d in dag_bag.dags.values() if d.dag_id != "flood_replay" for t in d.tasks]
    assert not [task for task in others if task.pool == "replay"]


def test_the_upkeep_compacts_before_it_prunes_and_yields_to_every_other_task(dag_bag):
    dag = dag_bag.dags["keep_store"]
    assert dag.max_active_runs == 1
    assert dag.get_task("compact_store").downstream_task_ids == {"prune_store"}
    assert {str(task.weight_rule) for task in dag.tasks} == {"absolute"}
    assert {task.priority_weight for task in dag.tasks} == {1}


def test_late_data_are_reviewed_whatever_became_of_the_gaps(dag_bag):
    dag = dag_bag.dags["fill_gaps"]
    assert dag.get_task("fill_gap").downstream_task_ids == {"review_late"}
    assert dag.get_task("review_late").trigger_rule == "all_done"


def test_no_dag_waits_for_an_asset(dag_bag):
    for dag in dag_bag.dags.values():
        assert not [task.task_id for task in dag.tasks if task.inlets or task.outlets]


def test_parsing_a_dag_file_loads_nothing_heavy(airflow_home):
    heavy = "'numpy', 'pandas', 'xarray', 'sqlalchemy', 'rasterio', 'scipy', 'pyarrow'"
    program = (
        "import sys, time, airflow.sdk; before = set(sys.modules); began = time.perf_counter();"
        "import dags.flood_cycle, dags.flood_exercise, dags.flood_replay, dags.deliver_warnings;"
        f"print(time.perf_counter() - began, [m for m in ({heavy}) if m in sys.modules"
        " and m not in before])"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        env=os.environ | {"FLOODWARN_SITE": str(ROOT / "config" / "valley")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    seconds, loaded = answer.stdout.strip().splitlines()[-1].split(" ", 1)
    assert loaded == "[]"
    assert float(seconds) < PARSE_S
