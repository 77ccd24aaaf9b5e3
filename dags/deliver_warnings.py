"""Every minute: what is due again, has expired, or was left by a sender that died."""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.steps import START, deliver

with DAG(
    "deliver_warnings",
    schedule=CronDataIntervalTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
):
    deliver()
