"""Takes the turn of the run in which a task finds itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from alerts.cycle import Turn


def taking_turn(step: Callable[[Turn], Any]) -> Any:  # noqa: ANN401 - what a step returns
    """Do one step of this run; a run without a part skips it, a refused one fails at once."""
    from alerts import cycle
    from dags.credentials import credential
    from pipeline import clock, runs, settings
    from pipeline.world import ModeRefused, RunKind

    dag_run = get_current_context()["dag_run"]
    run = runs.Run(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        clear_number=dag_run.clear_number or 0,  # of clears, not of retries
        kind=RunKind(dag_run.run_type.value),
        slot=dag_run.data_interval_end,
        replay_id=(dag_run.conf or {}).get("id"),
    )
    here = settings.from_environment()
    try:
        with cycle.turn_of(run, here, now=clock.now(), credential=credential) as turn:
            return step(turn)
    except cycle.NothingToDo as reason:
        raise AirflowSkipException(str(reason)) from reason
    except ModeRefused as reason:
        raise AirflowFailException(str(reason)) from reason
