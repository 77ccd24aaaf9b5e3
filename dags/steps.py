"""The steps that every flood DAG wires: observe each feed, assess, warn, deliver.

Tasks import what they run: a DAG file is parsed often and must be light.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import task

from dags.turn import taking_turn

START = datetime(2014, 9, 15, tzinfo=UTC)
LIMIT: Any = {"execution_timeout": timedelta(minutes=5)}
AGAIN: Any = LIMIT | {"retries": 3, "retry_delay": timedelta(seconds=5)}


def flood_steps(feeds: Sequence[str]) -> Any:  # noqa: ANN401 - Airflow's own
    """Wire observe (one task a feed) -> assess, whatever observe did -> warn -> deliver."""
    observed = observe.expand(feed_id=list(feeds))
    observed >> assess() >> warn() >> deliver()
    return observed


@task.sensor(mode="reschedule", poke_interval=10, timeout=3600)
def readings_due() -> bool:
    """Wait, without a worker, until the slot's readings have had the time the site gives them."""
    return bool(taking_turn(lambda turn: turn.is_due))


@task(retries=0, **LIMIT)
def observe(feed_id: str) -> str:
    """Fetch one feed; it fails alone, and only the client retries, within its budget."""
    return str(taking_turn(lambda turn: turn.observe(feed_id)))


@task(**AGAIN)
def fill_gap(feed_id: str) -> str:
    """Fetch the last days of one feed again."""
    return str(taking_turn(lambda turn: turn.fill_gap(feed_id)))


@task(trigger_rule="all_done", **AGAIN)
def assess() -> list[str]:
    """Judge every slot of this run as known at its cutoff."""
    return list(taking_turn(lambda turn: turn.assess()))


@task(**AGAIN)
def warn() -> list[str]:
    """Turn bulletins into orders in the outbox; nothing in a replay."""
    return list(taking_turn(lambda turn: turn.warn()))


@task(**AGAIN)
def deliver() -> str:
    """Send what is due; nothing in a replay."""
    return str(taking_turn(lambda turn: turn.deliver()))
