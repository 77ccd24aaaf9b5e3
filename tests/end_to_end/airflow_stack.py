"""A real Airflow beside a deployment: its components under our supervisor, and its own API."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from alerts import local_airflow, local_stack, supervisor
from alerts.local_airflow import LocalAirflow
from pipeline.settings import Settings
from tests.alerts.post_office import free_port
from tests.services import ROOT

LOGIN = "officer"
PATIENCE_S = 60  # a busy machine answers late, and Airflow is not what is tested
PAGE = 100


@dataclass
class AirflowStack:
    """A running Airflow."""

    airflow: LocalAirflow
    password: str
    environment: dict[str, str]

    def cli(self, *arguments: str) -> str:
        """Run Airflow's own command line; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def api(self, method: str, path: str, **body: object) -> dict:
        """Ask Airflow's API as the officer."""
        token = httpx.post(
            f"{self.airflow.url}/auth/token",
            json={"username": LOGIN, "password": self.password},
            timeout=PATIENCE_S,
        ).json()["access_token"]
        answer = httpx.request(
            method,
            f"{self.airflow.url}/api/v2/{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body or None,
            timeout=PATIENCE_S,
        )
        assert answer.status_code < 400, answer.text
        return answer.json()

    def runs(self, dag_id: str) -> list[dict]:
        """Return the runs of a DAG, newest first."""
        return self._all(f"dags/{dag_id}/dagRuns?order_by=-run_after", "dag_runs")

    def tasks(self, dag_id: str, run_id: str = "~") -> list[dict]:
        """Return the task instances of a DAG, or of one of its runs."""
        return self._all(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances?", "task_instances")

    def _all(self, path: str, what: str) -> list[dict]:
        found: list[dict] = []
        while True:
            page = self.api("GET", f"{path}&limit={PAGE}&offset={len(found)}")
            found += page[what]
            if not page[what] or len(found) >= page["total_entries"]:
                return found


@contextmanager
def running(settings: Settings, database_url: Callable[[Path], str]) -> Iterator[AirflowStack]:
    """Run Airflow for a deployment until the block ends; no process is left."""
    folder = settings.home / "airflow"
    airflow = LocalAirflow(folder, free_port(), {LOGIN: "admin"}, database_url(folder))
    password = local_airflow.write_files(airflow)[LOGIN]
    environment = supervisor.environment(
        local_airflow.environment(airflow) | local_stack.floodwarn_environment(settings)
    )
    with supervisor.owning(settings.home, environment) as tree:
        for component in local_airflow.set_up():
            tree.finish(component)
        for component in local_airflow.components(airflow):
            tree.start(component)
        tree.watch(lambda: local_stack.is_healthy(airflow.url))
        yield AirflowStack(airflow, password, environment)


def eventually(holds: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for something that another process brings about."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.5)
