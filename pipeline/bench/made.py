"""Payloads of the shapes that feeds have, made from a seed: the same ones in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.observation import Decoded, KnownBasis, QcFlag, Reading
from pipeline.store.batches import Incoming
from pipeline.units import Variable

SITE = "bench"
FEED = "bench"
START = datetime(2014, 11, 4, tzinfo=UTC)
LATENCY = timedelta(seconds=20)
DRY = 0.9
"""Of all five-minute sums; the rest is of a gamma distribution of about 2 mm."""

LATE = 0.02
"""Of all readings, corrected an hour later (docs/performance.md)."""


def stations(number: int) -> list[str]:
    """Return the names of some stations, in their order."""
    return [f"{i:08d}" for i in range(number)]


def rain(names: Sequence[str], at: datetime, interval: timedelta, seed: int) -> list[Reading]:
    """Return one step of rain: a tenth of the stations wet, to a tenth of a millimetre."""
    chance = np.random.default_rng(seed)
    wet = chance.random(len(names)) >= DRY
    value = np.where(wet, chance.gamma(2.0, 1.0, len(names)), 0.0).round(1).tolist()
    seconds = int(interval.total_seconds())
    return [
        Reading(name, Variable.RAIN, seconds, at, one, QcFlag.GOOD)
        for name, one in zip(names, value, strict=True)
    ]


def received(readings: Sequence[Reading], known_at: datetime, number: int) -> Incoming:
    """Return readings as one payload that was received at an instant."""
    return Incoming(
        site=SITE,
        feed_id=FEED,
        basis=KnownBasis.RECEIVED,
        known_at=known_at,
        payload_sha256=hashlib.sha256(b"%d" % number).hexdigest(),
        stored_at=known_at,
        decoded=Decoded(tuple(readings)),
    )


def steps(names: Sequence[str], number: int, interval: timedelta) -> Iterator[Incoming]:
    """Yield step after step of a network; every hour some readings of it are corrected."""
    an_hour = max(1, timedelta(hours=1) // interval)
    for i in range(number):
        at = START + i * interval
        readings = rain(names, at, interval, i)
        if i % an_hour == an_hour - 1:
            readings += _corrected(names, at - (an_hour - 1) * interval, interval, i)
        yield received(readings, at + LATENCY, i)


def windows(
    names: Sequence[str], fetches: int, days: int, interval: timedelta
) -> Iterator[Incoming]:
    """Yield what a feed gives that tells its last days again at each fetch, an hour apart."""
    hour = timedelta(hours=1)
    each = timedelta(days=days) // interval
    made = [
        rain(names, START + i * interval, interval, i)
        for i in range(each + fetches * (hour // interval))
    ]
    for fetch in range(fetches):
        first = fetch * (hour // interval)
        told = [one for step in made[first : first + each] for one in step]
        known_at = told[-1].valid_time + LATENCY
        yield received(told, known_at, fetch)


def _corrected(names: Sequence[str], at: datetime, interval: timedelta, seed: int) -> list[Reading]:
    wrong = names[seed % 50 :: round(1 / LATE)]
    return [
        Reading(
            one.station_id, one.variable, one.interval_s, at, (one.value or 0.0) + 0.05, one.flag
        )
        for one in rain(wrong, at, interval, -seed % 1_000_003)
    ]
