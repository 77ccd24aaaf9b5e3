"""The steps that keep the store, and the look of the watch; none of them reaches a village.

Tasks import what they run: a DAG file is parsed often and must be light.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dags.steps import AGAIN, LIMIT
from dags.turn import taking_turn

UPKEEP: Any = {"execution_timeout": timedelta(hours=2), "retries": 1}
"""Of work in many short transactions: what is done by then stays done."""


@task(trigger_rule="all_done", **AGAIN)
def review_late() -> str:
    """Judge lived slots again with what came late; it tells nobody of the past."""
    from alerts import upkeep

    return str(taking_turn(lambda turn: upkeep.review_late(turn.deployment, now=turn.now)))


@task(**UPKEEP)
def compact_store() -> str:
    """Rewrite the days that are over as segments."""
    from alerts import upkeep

    return str(taking_turn(lambda turn: upkeep.compact(turn.deployment, now=turn.now)))


@task(trigger_rule="all_done", **UPKEEP)
def prune_store() -> str:
    """Delete what the site keeps no longer; a site that says nothing keeps everything."""
    from alerts import upkeep

    return str(taking_turn(lambda turn: upkeep.prune_by_site(turn.deployment, now=turn.now)))


@task(retries=0, **LIMIT)
def look() -> list[str]:
    """Look whether all goes on that should; an alarm is told, and fails no run."""
    from airflow.sdk import get_current_context
    from airflow.sdk.exceptions import AirflowSkipException

    from alerts.channels import channels
    from alerts.watchdog.findings import AIRFLOW
    from alerts.watchdog.watching import Watcher
    from dags.credentials import credential
    from pipeline import clock, settings
    from pipeline.world import PAGING_KINDS, RunKind

    kind = RunKind(get_current_context()["dag_run"].run_type.value)
    if kind not in PAGING_KINDS:
        raise AirflowSkipException(f"a {kind} run watches nothing")
    here = settings.from_environment()
    return Watcher(here, channels(here, credential), clock.now, name=AIRFLOW).once().lines()
