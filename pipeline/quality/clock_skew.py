"""Clock skew: a station whose readings come earlier or later than its siblings', always."""

from __future__ import annotations

import numpy as np

from pipeline.quality.graded import graded
from pipeline.quality.station_block import MINUTE_US, Flags, Floats, StationBlock
from pipeline.site.model import QualityRule

NEIGHBOURS = 3
STEADY = 0.5
"""An offset is one of the clock if half of it is more than what the latencies vary by."""


def clock_skew(block: StationBlock, rule: QualityRule) -> Flags:
    """Flag the stations whose usual latency is off that of their siblings, and steadily so.

    Latency is known_at less valid_time. Siblings of one variable and interval come much the same
    way, so a constant offset is that of the clock; a slow link varies, and is left to the feed's
    page. It looks at all readings of its window.

    Parameters
    ----------
    rule : `suspect`, `fail` in minutes; only the last `window_min` of the block are judged;
        `neighbours` is how many siblings it takes, 3 where not set

    Source: IOOS QARTOD, test 1 (timing), against siblings; `ioos_qc` has no such test.
    """
    since = -np.inf if rule.window_min is None else block.times[-1:] - rule.window_min * MINUTE_US
    latency = np.where((block.times > since)[:, None], block.latency_min, np.nan)
    usual, varies = _usual(latency)
    least = NEIGHBOURS if rule.neighbours is None else rule.neighbours
    offset = np.abs(usual - _siblings(usual, block.stations, least))
    offset = np.where(varies <= STEADY * offset, offset, np.where(np.isnan(offset), np.nan, 0.0))
    return graded(np.where(np.isnan(latency), np.nan, offset), block.values, rule)


def _usual(latency: Floats) -> tuple[Floats, Floats]:
    """Return the median latency of each station and the median departure from it; NaN = none."""
    usual, varies = np.full((2, latency.shape[1]), np.nan)
    heard = ~np.isnan(latency).all(axis=0)
    usual[heard] = np.nanmedian(latency[:, heard], axis=0)
    varies[heard] = np.nanmedian(np.abs(latency[:, heard] - usual[heard]), axis=0)
    return usual, varies


def _siblings(usual: Floats, stations: tuple[str, ...], least: int) -> Floats:
    """Return the median over the other stations that were heard; NaN where there are too few."""
    names = np.array(stations)
    found = np.full(len(usual), np.nan)
    for column, name in enumerate(stations):
        others = usual[(names != name) & ~np.isnan(usual)]
        if len(others) >= least:
            found[column] = np.median(others)
    return found
