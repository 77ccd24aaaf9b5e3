"""The shapes in which readings come and are asked for, each done by the log and by a row table.

A shape is timed only as far as both sides answer alike: what they read is compared, row for row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple, Self

import numpy as np

from pipeline.bench import made
from pipeline.bench.batch_log import BatchLog
from pipeline.bench.ratio import Differs, Ratio, Work, by_turns
from pipeline.bench.row_table import RowTable
from pipeline.compaction import compact
from pipeline.database import Engine
from pipeline.store.batches import Incoming
from pipeline.store.rows import Points, SeriesNames

FIVE: Final = timedelta(minutes=5)
QUARTER: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
DAYS: Final = 28
REACH: Final = 20.0
"""Times faster than rows that a window of a network must be read."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work the shapes are.

    Attributes
    ----------
    national, stations, retold : stations of the steps, of the three days, and of the feed that
        tells its last 28 days again at each fetch
    three_days : steps of five minutes
    reads, floods, fetches : pairs that are timed, after one that is not
    """

    national: int = 150_000
    stations: int = 2_000
    retold: int = 20
    two_hours: int = 24
    three_days: int = 864
    reads: int = 5
    floods: int = 3
    fetches: int = 24


SMALL: Final = Sizes(
    national=3_000,
    stations=100,
    retold=2,
    two_hours=4,
    three_days=150,
    reads=1,
    floods=1,
    fetches=2,
)
"""To see that all of it works; their ratios say little."""


class Timed(NamedTuple):
    """One line of the comparison.

    Attributes
    ----------
    reach : how many times faster than rows it must be; None = it is told, as a part of a shape or
        against another peer, and need not be anything
    """

    shape: str
    rows: int
    reach: float | None
    ratio: Ratio

    @property
    def reached(self) -> bool:
        """Whether the log was as many times faster as it must be, in half of the pairs."""
        return self.ratio.reaches(self.reach)


@dataclass(frozen=True, slots=True)
class Sides:
    """The log and the row table of one database."""

    log: BatchLog
    table: RowTable

    @classmethod
    def of(cls, engine: Engine, names: Sequence[str], interval: timedelta) -> Self:
        """Return both sides, empty, for the rain of some stations."""
        n = len(names)
        series = SeriesNames(
            feed_id=np.full(n, made.FEED, object),
            station_id=np.array(names, object),
            variable=np.full(n, "rain_mm", object),
            interval_s=np.full(n, int(interval.total_seconds())),
        )
        return cls(BatchLog(engine), RowTable.made(engine, series))

    def appends(
        self, payloads: Iterator[Incoming], *, first: int = 0
    ) -> Iterator[tuple[Work, Work]]:
        """Yield, payload by payload, the work of appending it on each side."""
        for number, payload in enumerate(payloads, first):

            def ours(one: Incoming = payload) -> None:
                self.log.append(one)

            def peer(one: Incoming = payload, number: int = number) -> None:
                self.table.append(one, number)

            yield ours, peer

    def reads(self, window: Window, times: int, peer: Reads | None = None) -> Ratio:
        """Time the reading of a window, after both sides have answered alike."""
        peer = peer or self.table.read
        expect_alike(self.log.read(*window), peer(*window))
        pair = lambda: self.log.read(*window), lambda: peer(*window)
        return by_turns([pair] * (times + 1), repeatable=True)

    def windows(self, name: str, window: Window, sizes: Sizes) -> Iterator[Timed]:
        """Time a window of a network, against rows as a driver gives them and by COPY."""
        rows = len(self.log.read(*window))
        yield Timed(name, rows, REACH, self.reads(window, sizes.reads))
        if self.table.engine.dialect.name == "postgresql":
            ratio = self.reads(window, sizes.reads, self.table.copied)
            yield Timed(f"{name}, rows by COPY", rows, None, ratio)


Window = tuple[datetime, datetime, datetime]
Reads = Callable[[datetime, datetime, datetime], Points]
Shape = Callable[[Engine, Sizes], Iterator[Timed]]


def national(engine: Engine, sizes: Sizes) -> Iterator[Timed]:
    """Append the steps of two hours of a national network, and read them at their end."""
    names = made.stations(sizes.national)
    sides = Sides.of(engine, names, FIVE)
    payloads = made.steps(names, sizes.two_hours, FIVE)
    yield Timed("append of one national step", len(names), 1.0, by_turns(sides.appends(payloads)))
    yield from sides.windows("two-hour national window", _window(sizes.two_hours, FIVE), sizes)


def three_days(engine: Engine, sizes: Sizes) -> Iterator[Timed]:
    """Append 72 hours of a province, and read them as known twelve hours before their end."""
    names = made.stations(sizes.stations)
    sides = Sides.of(engine, names, FIVE)
    payloads = made.steps(names, sizes.three_days, FIVE)
    ratio = by_turns(sides.appends(payloads))
    yield Timed("append of one step of 72 hours", len(names), 1.0, ratio)
    start, end, _ = _window(sizes.three_days, FIVE)
    window = start, end, end - 12 * HOUR
    yield from sides.windows("72-hour window as known at T", window, sizes)


def push(engine: Engine, sizes: Sizes) -> Iterator[Timed]:
    """Append 72 hours of one station, one row a payload, and read them; flood after flood."""
    names, n = made.stations(1), sizes.three_days
    sides = Sides.of(engine, names, FIVE)
    payloads = made.steps(names, n * (sizes.floods + 2), FIVE)
    floods = [_window(n, FIVE, flood * n) for flood in range(sizes.floods + 2)]

    def whole() -> Iterator[tuple[Work, Work]]:
        for flood, window in enumerate(floods[:-1]):
            appends = [*sides.appends(islice(payloads, n), first=flood * n)]
            ours, peer = zip(*appends, strict=True)
            yield (
                _then(ours, sides.log.read, window),
                _then(peer, sides.table.read, window),
            )

    yield Timed("72 hours of a push feed, and their window", n, 1.0, by_turns(whole()))
    for window in floods[:-1]:
        expect_alike(sides.log.read(*window), sides.table.read(*window))
    ratio = by_turns(sides.appends(payloads, first=len(floods[:-1]) * n))
    yield Timed("of it: append of one row", 1, None, ratio)
    yield from _before_and_after(sides, floods[-1], "of it: the window", None, sizes)


def retold(engine: Engine, sizes: Sizes) -> Iterator[Timed]:
    """Append, an hour apart, what a feed gives that tells its last 28 days at each fetch."""
    names = made.stations(sizes.retold)
    sides = Sides.of(engine, names, QUARTER)
    payloads = made.windows(names, sizes.fetches + 1, DAYS, QUARTER)
    ratio = by_turns(sides.appends(payloads))
    steps = timedelta(days=DAYS) // QUARTER
    yield Timed("feed that tells 28 days at each fetch", len(names) * steps, 1.0, ratio)
    window = _window(steps + sizes.fetches * 4, QUARTER)
    yield from _before_and_after(sides, window, "28-day window of it", 1.0, sizes)


def _before_and_after(
    sides: Sides, window: Window, name: str, reach: float | None, sizes: Sizes
) -> Iterator[Timed]:
    """Read a window of many small batches, and again when the night has compacted them."""
    rows = len(sides.log.read(*window))
    yield Timed(name, rows, reach, sides.reads(window, sizes.reads))
    compact(sides.log.engine, made.SITE, before=window[1] + DAY, now=window[1] + DAY)
    yield Timed(f"{name}, compacted", rows, reach, sides.reads(window, sizes.reads))


def _then(appends: Sequence[Work], read: Reads, window: Window) -> Work:
    def work() -> None:
        for append in appends:
            append()
        read(*window)

    return work


SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {"national": national, "three-days": three_days, "push": push, "retold": retold}
)


def expect_alike(ours: Points, theirs: Points) -> None:
    """Expect that both sides read the same rows in the same order.

    Raises
    ------
    Differs
        They did not.
    """
    for name in ("station_id", "interval_s", "valid_us", "known_us", "flag", "value"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if not np.array_equal(mine, other, equal_nan=name == "value"):
            raise Differs(f"the log and the row table differ in {name} of {len(ours)} rows")


def _window(steps: int, interval: timedelta, first: int = 0) -> Window:
    start = made.START + (first - 1) * interval
    end = start + steps * interval
    return start, end, end + HOUR
