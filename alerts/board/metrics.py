"""How feeds and stations live, as metrics in the Prometheus text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from pipeline.feed_health import FeedHealth, FeedState
from pipeline.source_health import SourceHealth

SOURCE = ("feed", "source", "variable")


def metrics(
    feeds: Sequence[FeedHealth],
    sources: Sequence[SourceHealth],
    others: Iterable[Metric] = (),
    *,
    at: datetime,
) -> bytes:
    """Return the metrics; what is not known has no sample, for 0 would be an answer.

    Parameters
    ----------
    others : of what goes out, and of the watch
    at : the instant that ages are counted to
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_of_feeds(feeds), *_of_sources(sources, at), *others]))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self.families = families

    @override
    def collect(self) -> Iterable[Metric]:
        return self.families


def _of_feeds(feeds: Sequence[FeedHealth]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "floodwarn_feed_state", "1 for the state that a feed is in.", labels=("feed", "state")
    )
    success = GaugeMetricFamily(
        "floodwarn_feed_last_success_timestamp_seconds",
        "When a feed was last read.",
        labels=("feed",),
    )
    failures = GaugeMetricFamily(
        "floodwarn_feed_failures", "Bad attempts since the last success.", labels=("feed",)
    )
    refused = GaugeMetricFamily(
        "floodwarn_feed_quarantined", "Rows and fields refused in a day.", labels=("feed",)
    )
    for feed in feeds:
        for each in FeedState:
            state.add_metric((feed.feed_id, each), float(feed.state is each))
        if feed.last_success is not None:
            success.add_metric((feed.feed_id,), feed.last_success.timestamp())
        failures.add_metric((feed.feed_id,), feed.failures)
        refused.add_metric((feed.feed_id,), feed.refused)
    yield from (state, success, failures, refused)


def _of_sources(sources: Sequence[SourceHealth], at: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "floodwarn_source_age_seconds", "Age of the newest reading.", labels=SOURCE
    )
    latency = GaugeMetricFamily(
        "floodwarn_source_latency_seconds",
        "Sensor to store in a day: of the newest reading, the median and the largest.",
        labels=(*SOURCE, "of"),
    )
    completeness = GaugeMetricFamily(
        "floodwarn_source_completeness_ratio",
        "Share of the promised readings that came in a day.",
        labels=SOURCE,
    )
    flags = GaugeMetricFamily(
        "floodwarn_source_readings", "Readings of a day by QARTOD flag.", labels=(*SOURCE, "flag")
    )
    for source in sources:
        name = (source.feed_id, source.source_id, str(source.variable))
        if source.newest is not None:
            age.add_metric(name, (at - source.newest).total_seconds())
        for of, span in _spans(source):
            latency.add_metric((*name, of), span.total_seconds())
        if source.completeness is not None:
            completeness.add_metric(name, source.completeness)
        for flag, count in source.flags:
            flags.add_metric((*name, flag.name.lower()), count)
    yield from (age, latency, completeness, flags)


def _spans(source: SourceHealth) -> list[tuple[str, timedelta]]:
    spans = (
        ("newest", source.latency_now),
        ("usual", source.latency_usual),
        ("worst", source.latency_worst),
    )
    return [(of, span) for of, span in spans if span is not None]
