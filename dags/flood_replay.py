"""The operators' backfill: re-assesses past slots in its own pool, and can send nothing.

``airflow backfill create --dag-id flood_replay --from-date ... --to-date ...``. A backfill needs
a DAG that is on and has a schedule, so this one also makes runs of its own: they do nothing.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from alerts.schedule import schedule
from dags.steps import START, assess
from pipeline.settings import from_environment

with DAG(
    "flood_replay",
    schedule=CronDataIntervalTimetable(
        schedule(from_environment().site_folder).cron, timezone="UTC"
    ),
    start_date=START,
    catchup=False,
    max_active_runs=8,
    is_paused_upon_creation=False,
    default_args={"pool": "replay", "priority_weight": 1},
    doc_md=__doc__,
):
    assess()
