"""`flood_cycle` in today's weather, under a real scheduler, to a real mail server.

The deployment is live and the addresses are a test's: nothing else tells it from a county's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from alerts import local_airflow
from alerts.deployment import Deployment, opened
from alerts.first_run import init_home
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.assess import bulletins
from pipeline.database import migrate
from pipeline.instants import HOUR, floor_to
from pipeline.settings import from_environment
from pipeline.world import Mode, live
from tests.alerts.post_office import PostOffice, open_for_business
from tests.end_to_end.airflow_stack import AirflowStack, eventually, running
from tests.valley import STORM_BREAKS, live_like

STORM_HOUR = STORM_BREAKS + 4 * HOUR


@dataclass
class Live:
    """A live deployment whose first scheduled cycle has run."""

    deployment: Deployment
    stack: AirflowStack
    post: PostOffice
    run: dict


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    home = folder / "home"
    slot = floor_to(clock.now(), HOUR)
    site = live_like(folder, home, storm_hour=STORM_HOUR, now_hour=slot)
    config = site / "site.toml"
    content = config.read_text(encoding="utf-8")
    # The recording is there already: nothing to wait for after the hour.
    config.write_text(content.replace("assess_delay_minutes = 5", "assess_delay_minutes = 0"))
    with open_for_business() as (post, port):
        settings = replace(
            from_environment(site=site, home=home),
            mode=Mode.LIVE,
            smtp_host="127.0.0.1",
            smtp_port=port,
        )
        with opened(settings) as deployment:
            migrate(deployment.engine)
            init_home(home, load_warning(deployment.pack), Mode.EXERCISE)
            with running(settings, local_airflow.sqlite_url) as stack:
                eventually(lambda: _is_known(stack), 180, "the DAGs are parsed")
                stack.api("PATCH", "dags/flood_cycle", is_paused=False)
                eventually(lambda: _ended(stack), 180, "the scheduled cycle has ended")
                yield Live(deployment, stack, post, stack.runs("flood_cycle")[0])


def _is_known(stack: AirflowStack) -> bool:
    return "flood_cycle" in {dag["dag_id"] for dag in stack.api("GET", "dags")["dags"]}


def _ended(stack: AirflowStack) -> bool:
    runs = stack.runs("flood_cycle")
    return bool(runs) and runs[0]["state"] in {"success", "failed"}


def test_the_schedule_brings_todays_storm_to_people(lived):
    assert (lived.run["run_type"], lived.run["state"]) == ("scheduled", "success")
    (bulletin,) = bulletins(lived.deployment.engine, live("valley"), after=None)
    assert bulletin.slot.isoformat() == lived.run["data_interval_end"].replace("Z", "+00:00")
    assert max(bulletin.levels) == 4
    assert lived.post.mails
    assert set(lived.post.accepted().values()) == {1}


def test_each_feed_is_a_task_of_its_own_that_the_grid_shows(lived):
    tasks = lived.stack.tasks("flood_cycle", lived.run["dag_run_id"])
    observed = [task for task in tasks if task["task_id"] == "observe"]
    assert sorted(task["map_index"] for task in observed) == [0, 1]
    assert {task["state"] for task in tasks} == {"success"}


def test_cleared_later_it_pages_nobody_again(lived):
    sent = len(lived.post.mails)
    run_id = lived.run["dag_run_id"]
    lived.stack.api("POST", f"dags/flood_cycle/dagRuns/{run_id}/clear", dry_run=False)
    eventually(
        lambda: {_states(lived, run_id)[task] for task in ("warn", "deliver")} == {"skipped"},
        60,
        "the run is a replay",
    )
    assert len(lived.post.mails) == sent


def _states(lived: Live, run_id: str) -> dict[str, str | None]:
    return {task["task_id"]: task["state"] for task in lived.stack.tasks("flood_cycle", run_id)}
