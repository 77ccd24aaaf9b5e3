"""Asks a local Airflow by its own API: to switch a DAG on, and when its tasks began and ended."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from alerts.local_stack import DIRECT
from alerts.made_night.parts import Marks

CYCLE: Final = "flood_cycle"
PATIENCE_S: Final = 60
STEPS: Final = ("observe", "assess", "warn")
MOST: Final = 100


@dataclass(slots=True)
class AirflowApi:
    """One login at one Airflow."""

    url: str
    login: str
    password: str = field(repr=False)

    def switch_on(self) -> None:
        """Let the schedule run the cycle."""
        self._ask("PATCH", f"dags/{CYCLE}", {"is_paused": False})

    def marks(self) -> dict[datetime, Marks]:
        """Return when the steps of each run of the cycle began and ended, by slot."""
        runs = self._ask("GET", f"dags/{CYCLE}/dagRuns?limit={MOST}")["dag_runs"]
        found = ((_at(run["data_interval_end"]), self._marks(run["dag_run_id"])) for run in runs)
        return {slot: marks for slot, marks in found if marks is not None}

    def _marks(self, run_id: str) -> Marks | None:
        path = f"dags/{CYCLE}/dagRuns/{run_id}/taskInstances?limit={MOST}"
        tasks = self._ask("GET", path)["task_instances"]
        ended = {
            step: [task for task in tasks if task["task_id"] == step and task["end_date"]]
            for step in STEPS
        }
        if not all(ended.values()):
            return None
        observed, assessed, warned = (
            max(_at(task["end_date"]) for task in ended[step]) for step in STEPS
        )
        began = min(_at(task["start_date"]) for task in ended["observe"])
        return Marks(began, observed, assessed, warned)

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        token = self._post("/auth/token", {"username": self.login, "password": self.password})
        return _json(
            f"{self.url}/api/v2/{path}",
            method,
            body,
            {"Authorization": f"Bearer {token['access_token']}"},
        )

    def _post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        return _json(f"{self.url}{path}", "POST", body, {})


def _json(url: str, method: str, body: object, headers: dict[str, str]) -> Any:  # noqa: ANN401
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own Airflow on this machine
        url, content, {"Content-Type": "application/json", **headers}, method=method
    )
    with DIRECT.open(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
