"""Every night: rewrites days that are over, and deletes what the site keeps no longer.

Each step holds the store for a day or five hundred rows at a time, so that no cycle waits for it.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.steps import START
from dags.upkeep import compact_store, prune_store

with DAG(
    "keep_store",
    schedule=CronDataIntervalTimetable("40 2 * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args={"priority_weight": 1, "weight_rule": "absolute"},
    doc_md=__doc__,
):
    compact_store() >> prune_store()
