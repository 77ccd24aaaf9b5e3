"""The same steps on a recorded flood: every minute, all flood slots that are due by then."""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from alerts.schedule import schedule
from dags.steps import START, flood_steps
from pipeline.settings import from_environment

with DAG(
    "flood_exercise",
    schedule=CronDataIntervalTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,  # without an exercise, or in another mode, it does nothing
    doc_md=__doc__,
):
    flood_steps(schedule(from_environment().site_folder).feeds)
