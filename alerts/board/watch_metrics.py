"""What goes out, and what the watch found, as metrics; no label names a person or a village."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.tier import Tier
from alerts.watchdog.alarm import Kind, Severity
from alerts.watchdog.findings import Count, Ledger
from alerts.watchdog.memory import Memory


def watch_metrics(ledger: Ledger | None, memory: Memory, *, at: datetime) -> Iterator[Metric]:
    """Return the metrics; what is not known has no sample, for 0 would be an answer.

    Parameters
    ----------
    ledger : None where nobody is paged
    memory : what the watch remembers of its newest pass
    at : wall time
    """
    if ledger is not None:
        yield from _of_outbox(ledger, at)
        yield from _of_cycle(ledger)
    yield from _of_watch(memory)


def _of_outbox(ledger: Ledger, at: datetime) -> Iterator[Metric]:
    due = GaugeMetricFamily("floodwarn_outbox_due", "Due and not taken up.", labels=("tier",))
    age = GaugeMetricFamily(
        "floodwarn_outbox_oldest_due_age_seconds", "Since it fell due.", labels=("tier",)
    )
    for tier in Tier:
        queue = ledger.queues.get(tier)
        due.add_metric((tier.colour,), 0 if queue is None else queue.due)
        if queue is not None:
            age.add_metric((tier.colour,), (at - queue.oldest).total_seconds())
    yield from (due, age)
    yield _counted("floodwarn_outbox_dead_letters", "Ended failed of late.", ledger.failed)
    yield _counted("floodwarn_outbox_uncertain", "Ended uncertain of late.", ledger.uncertain)


def _counted(name: str, about: str, count: Count | None) -> Metric:
    return GaugeMetricFamily(name, about, value=0 if count is None else count.number)


def _of_cycle(ledger: Ledger) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "floodwarn_unanswered_red_villages",
        "Villages whose red orders have gone and nobody acknowledged.",
        value=len(ledger.unanswered),
    )
    rhythm = ledger.rhythm
    if rhythm.last is not None:
        age = (rhythm.at - rhythm.last).total_seconds()
        yield GaugeMetricFamily("floodwarn_cycle_age_seconds", "Of the newest slot.", value=age)


def _of_watch(memory: Memory) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "floodwarn_watch_last_pass_timestamp_seconds",
        "When a watcher last ended a pass.",
        labels=("watcher",),
    )
    for watcher, at in sorted(memory.passes.items()):
        last.add_metric((watcher,), at.timestamp())
    yield last
    if memory.beat is not None:
        yield GaugeMetricFamily(
            "floodwarn_watch_last_heartbeat_timestamp_seconds",
            "When the second watcher last took a heartbeat.",
            value=memory.beat.timestamp(),
        )
    if not memory.passes:
        return  # no alarm and no watch are two things
    alarms = GaugeMetricFamily(
        "floodwarn_watch_alarms", "Alarms that stand.", labels=("kind", "severity")
    )
    counted = Counter((kept.alarm.kind, kept.alarm.severity) for kept in memory.standing)
    for kind in Kind:
        for severity in Severity:
            alarms.add_metric((kind, severity), counted[kind, severity])
    yield alarms
