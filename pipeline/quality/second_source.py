"""Second source: what one feed tells of a station, against what a better one tells of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.graded import graded
from pipeline.quality.station_block import MINUTE_US, StationBlock
from pipeline.site.model import QualityRule

Floats = npt.NDArray[np.float64]


def second_source(block: StationBlock, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag values that lie outside all that the reference feed told around their time.

    A spreadsheet, a bulletin or a hand-fed file tells of a gauge that telemetry tells of too, at
    other minutes. Whatever the river did between two readings of telemetry lies between them, so
    a value is measured by how far it lies outside the range of those within the window. It looks
    as far ahead as the window, at readings that were known.

    Parameters
    ----------
    block : dims (time, station), one column for each feed of a station
    rule : `reference`, the feed that is believed, and is not judged; `suspect`, `fail` in the
        variable's unit; `window_min`, how far on either side it is asked

    Returns
    -------
    Flags [time, station]; UNKNOWN where the reference told nothing within the window
    """
    outside = np.full(block.values.shape, np.nan)
    told = [*enumerate(zip(block.stations, block.feeds, strict=True))]
    believed = {name: column for column, (name, feed) in told if feed == rule.reference}
    for column, (name, feed) in told:
        if name in believed and feed != rule.reference:
            low, high = _range(block, believed[name], rule)
            values = block.values[:, column]
            outside[:, column] = np.maximum(np.maximum(values - high, low - values), 0.0)
    return graded(outside, block.values, rule)


def _range(block: StationBlock, column: int, rule: QualityRule) -> tuple[Floats, Floats]:
    """Return the least and the greatest value of a column within the window of each instant."""
    said = ~np.isnan(block.values[:, column])
    times, values = block.times[said], block.values[said, column]
    span = (rule.window_min or 0) * MINUTE_US
    first = np.searchsorted(times, block.times - span)
    last = np.searchsorted(times, block.times + span, side="right")
    low, high = np.full(len(block.times), np.nan), np.full(len(block.times), np.nan)
    some = first < last
    if some.any():
        # One element beyond the end, so that every range may be asked for by its two ends.
        padded = np.append(values, values[-1])
        ends = np.stack([first[some], last[some]], axis=1).ravel()
        low[some] = np.minimum.reduceat(padded, ends)[::2]
        high[some] = np.maximum.reduceat(padded, ends)[::2]
    return low, high
