"""Four times a day: fetches the last days of every feed again; it pages nobody.

Then the slots that were lived through are judged again with what came late, for the record.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from alerts.schedule import schedule
from dags.steps import START, fill_gap
from dags.upkeep import review_late
from pipeline.settings import from_environment

with DAG(
    "fill_gaps",
    schedule=CronDataIntervalTimetable("30 */6 * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
):
    filled = fill_gap.expand(feed_id=list(schedule(from_environment().site_folder).feeds))
    filled >> review_late()
