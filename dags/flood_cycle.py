"""The cycle of the deployment: every interval of the site, day and night."""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from alerts.schedule import schedule
from dags.steps import START, flood_steps, readings_due
from pipeline.settings import from_environment

SITE = schedule(from_environment().site_folder)

with DAG(
    "flood_cycle",
    schedule=CronDataIntervalTimetable(SITE.cron, timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
):
    readings_due() >> flood_steps(SITE.feeds)
