"""The operators' backfill on PostgreSQL, under a real scheduler, with a live sender watching.

Two and a half days of October 2014 on the Cance, with a flood; or the storm of the valley where
the sample is absent.
"""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from sqlalchemy import create_engine, make_url, text

from alerts import past
from alerts.deployment import Deployment, opened
from alerts.first_run import init_home
from alerts.warning_pack import load_warning
from pipeline import clock, instants
from pipeline.assess import bulletins
from pipeline.database import migrate
from pipeline.instants import HOUR
from pipeline.replay import replay, replay_world
from pipeline.settings import from_environment
from pipeline.site.derive import risk_config
from pipeline.world import Mode, World
from tests.alerts.post_office import PostOffice, open_for_business
from tests.end_to_end.airflow_stack import AirflowStack, eventually, running
from tests.services import POSTGRES, ROOT, SAMPLE, require

AGAIN_H = 5

pytestmark = pytest.mark.timeout(600)  # 61 runs of a real scheduler, also on a busy machine


@dataclass
class Backfilled:
    """A deployment after a backfill, Airflow still running."""

    deployment: Deployment
    stack: AirflowStack
    post: PostOffice
    world: World
    first: datetime
    last: datetime

    @property
    def slots(self) -> list[datetime]:
        return instants.slots(self.first + HOUR, self.last + HOUR, HOUR)

    def count(self) -> int:
        with self.deployment.engine.connect() as connection:
            return connection.execute(
                text("select count(*) from cycle where decision_sha256 is not null")
            ).scalar_one()

    def kept(self) -> list[bytes]:
        return [b.to_bytes() for b in bulletins(self.deployment.engine, self.world, after=None)]


@contextmanager
def database(name: str) -> Iterator[str]:
    """Make a database of PostgreSQL for one test; give its address."""
    name = f"floodwarn_{name}_{uuid.uuid4().hex[:8]}"
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        server.dispose()


def dates() -> tuple[str, datetime, datetime]:
    if SAMPLE.is_dir():
        return "cance", instants.parse("2014-10-11T12:00Z"), instants.parse("2014-10-14T00:00Z")
    return "valley", instants.parse("2024-07-13T00:00Z"), instants.parse("2024-07-15T00:00Z")


@pytest.fixture(scope="module")
def backfilled(tmp_path_factory) -> Iterator[Backfilled]:
    require("postgresql")
    site, first, last = dates()
    home = tmp_path_factory.mktemp("backfill") / "home"
    home.mkdir()
    if SAMPLE.is_dir():
        (home / "sample").symlink_to(SAMPLE.parents[2])
    with (
        database("store") as store,
        database("airflow") as metadata,
        open_for_business() as (post, port),
    ):
        settings = replace(
            from_environment(site=ROOT / "config" / site, home=home),
            database_url=store,
            mode=Mode.LIVE,
            smtp_host="127.0.0.1",
            smtp_port=port,
        )
        with opened(settings) as deployment:
            migrate(deployment.engine)
            init_home(home, load_warning(deployment.pack), Mode.EXERCISE)
            past.take_in(deployment, now=clock.now(), progress=lambda _feed: lambda _d, _a: None)
            world = replay_world(risk_config(deployment.pack))
            airflow_url = metadata.replace("+psycopg:", "+psycopg2:")
            with running(settings, lambda _folder: airflow_url) as stack:
                done = Backfilled(deployment, stack, post, world, first, last)
                eventually(lambda: _is_known(stack), 180, "the DAGs are parsed")
                _backfill(stack, first, last, "none")
                eventually(lambda: done.count() == len(done.slots), 500, "every slot is assessed")
                eventually(lambda: _at_rest(stack), 120, "every run has ended")
                yield done


def _is_known(stack: AirflowStack) -> bool:
    return {dag["dag_id"] for dag in stack.api("GET", "dags")["dags"]} >= {"flood_replay"}


def _at_rest(stack: AirflowStack) -> bool:
    backfills = stack.api("GET", "backfills?dag_id=flood_replay")["backfills"]
    if [backfill for backfill in backfills if backfill["completed_at"] is None]:
        return False
    return not [run for run in stack.runs("flood_replay") if run["state"] in {"queued", "running"}]


def _backfill(stack: AirflowStack, first: datetime, last: datetime, again: str) -> None:
    stack.cli(
        "backfill", "create", "--dag-id", "flood_replay",
        "--from-date", first.isoformat(), "--to-date", last.isoformat(),
        "--reprocess-behavior", again,
    )  # fmt: skip


def test_every_slot_is_assessed_in_the_bytes_of_floodwarn_replay(backfilled):
    deployment = backfilled.deployment
    expected = replay(
        deployment.engine,
        risk_config(deployment.pack),
        start=backfilled.slots[0],
        end=backfilled.slots[-1],
        assess_delay=deployment.pack.assess_delay,
    )
    assert backfilled.kept() == [bulletin.to_bytes() for bulletin in expected]


def test_the_command_line_folds_both_into_the_same_bytes(backfilled):
    span = [instants.text(backfilled.slots[0]), instants.text(backfilled.slots[-1])]
    direct = floodwarn(backfilled, "replay", "--from", span[0], "--to", span[1], "--json", "-")
    kept = floodwarn(
        backfilled, "replay", "--id", backfilled.world.world_id, "--fold", "--json", "-"
    )
    assert direct == kept
    assert b'"changes":[{' in direct


def test_it_runs_in_its_own_pool(backfilled):
    tasks = backfilled.stack.tasks("flood_replay")
    assert len(tasks) >= len(backfilled.slots)
    assert {task["pool"] for task in tasks} == {"replay"}


def test_its_own_scheduled_runs_and_manual_ones_do_nothing(backfilled):
    stack, before = backfilled.stack, backfilled.kept()
    slot = backfilled.first + HOUR
    manual = stack.api(
        "POST", "dags/flood_replay/dagRuns", logical_date=instants.text(slot - 2 * HOUR * 24)
    )
    eventually(lambda: _at_rest(stack), 60, "the manual run has ended")
    others = [run for run in stack.runs("flood_replay") if run["run_type"] != "backfill"]
    assert manual["dag_run_id"] in {run["dag_run_id"] for run in others}
    assert "scheduled" in {run["run_type"] for run in others}
    for run in others:
        assert {t["state"] for t in stack.tasks("flood_replay", run["dag_run_id"])} == {"skipped"}
    assert backfilled.kept() == before


def test_runs_again_and_clears_change_nothing(backfilled):
    stack, before = backfilled.stack, backfilled.kept()
    _backfill(stack, backfilled.first, backfilled.first + AGAIN_H * HOUR, "completed")
    cleared = stack.runs("flood_replay")[20]["dag_run_id"]
    stack.api("POST", f"dags/flood_replay/dagRuns/{cleared}/clear", dry_run=False)
    eventually(lambda: _at_rest(stack), 120, "all has ended")
    states = {run["state"] for run in stack.runs("flood_replay")}
    assert states == {"success"}
    assert backfilled.kept() == before


def test_nothing_was_sent_though_a_live_sender_ran_and_would_have(backfilled):
    sender = [run for run in backfilled.stack.runs("deliver_warnings") if run["state"] == "success"]
    assert sender
    assert not backfilled.post.tries
    with backfilled.deployment.engine.connect() as connection:
        assert connection.execute(text("select count(*) from delivery")).scalar_one() == 0
    village = next(
        v.village_id
        for v in backfilled.deployment.pack.villages
        if v.people is not None or v.kind == "village"
    )
    floodwarn(
        backfilled,
        "order",
        village,
        "--tier",
        "red",
        "--reason",
        "the test",
        "--by",
        _officer(backfilled),
    )
    assert backfilled.post.mails


def _officer(backfilled: Backfilled) -> str:
    from alerts.roster import Right, Roster

    contacts = Roster.load(backfilled.deployment.settings.home).contacts
    return next(c.ref for c in contacts if Right.ORDER in c.rights)


def floodwarn(backfilled: Backfilled, *arguments: str) -> bytes:
    """Run the command in the deployment's own environment; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "alerts.cli", *arguments],
        env=backfilled.stack.environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
