"""Every minute: the watch inside Airflow, which also looks after the one outside of it.

`floodwarn watch` is the other one: a scheduler that is dead runs no DAG.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.steps import START
from dags.upkeep import look

with DAG(
    "keep_watch",
    schedule=CronDataIntervalTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
):
    look()
