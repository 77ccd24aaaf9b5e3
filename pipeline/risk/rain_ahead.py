"""Which forecast of rain each cycle uses, and what its members foresee for the catchments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.catchment.areal import areal_mean
from pipeline.forecast.hours import AHEAD_H, apart, hours_ahead
from pipeline.risk.as_read import NEVER_US, SECOND_US, GridRow
from pipeline.risk.forecast_arrays import ForecastArrays
from pipeline.risk.hand_fed import hand_feed
from pipeline.risk.thresholds import Floats
from pipeline.units import THOUSANDTH, Variable

HOUR_US: Final = 3600 * SECOND_US


@dataclass(frozen=True, slots=True, eq=False)
class RainAhead:
    """The rain that a forecast foresees at one cycle.

    Attributes
    ----------
    feed_id : of the log
    reference_us : beginning of the run; of members from several runs, of the oldest
    mm : dims (member, hour ahead, village), in each hour after the newest step of rain
    """

    feed_id: str
    reference_us: int
    mm: Floats


def rain_ahead(
    rows: Sequence[GridRow], forecasts: Sequence[ForecastArrays], *, end_us: int, cutoff_us: int
) -> RainAhead | None:
    """Return what the preferred feed with a usable run foresees; None where there is none.

    Parameters
    ----------
    rows : grids foreseen, as known at the cutoff
    forecasts : the preferred one first
    end_us : end of the newest step of rain: what is foreseen of the time before it was seen
    """
    for forecast in forecasts:
        for feed_id in (hand_feed(forecast.feed_id), forecast.feed_id):
            own = _newest(_usable(rows, feed_id, forecast, cutoff_us), end_us)
            if own:
                reference_us = min(_reference_us(row) for row in own)
                return RainAhead(feed_id, reference_us, _by_member(own, forecast, end_us))
    return None


def _usable(
    rows: Sequence[GridRow], feed_id: str, forecast: ForecastArrays, cutoff_us: int
) -> list[GridRow]:
    """Return a feed's rain, on its grid, from runs that are young enough."""
    return [
        row
        for row in rows
        if row.feed_id == feed_id
        and row.grid_id == forecast.grid_id
        and row.variable == Variable.RAIN
        and row.interval_s > 0
        and row.cells.size == forecast.weights.n_sources
        and cutoff_us - _reference_us(row) <= forecast.max_age_us
    ]


def _newest(rows: Sequence[GridRow], end_us: int) -> list[GridRow]:
    """Return what the newest run of each member that looks ahead foresees.

    Of several lengths of interval the shortest counts: the others tell the same rain again. Sums
    since the beginning of the run are of every length, and all count.
    """
    runs: dict[int | None, int] = {}
    for row in rows:
        if row.valid_us > end_us:
            runs[row.member] = max(runs.get(row.member, NEVER_US), _reference_us(row))
    own = [row for row in rows if runs.get(row.member) == _reference_us(row)]
    if all(row.valid_us - row.interval_s * SECOND_US == row.reference_us for row in own):
        return own
    shortest = min(row.interval_s for row in own)
    return [row for row in own if row.interval_s == shortest]


def _by_member(rows: Sequence[GridRow], forecast: ForecastArrays, end_us: int) -> Floats:
    mean, _ = areal_mean(np.stack([row.cells.reshape(-1) for row in rows]), forecast.weights)
    to_h = np.array([(row.valid_us - end_us) / HOUR_US for row in rows])
    from_h = to_h - np.array([row.interval_s * SECOND_US / HOUR_US for row in rows])
    member = np.array([-1 if row.member is None else row.member for row in rows])
    found = [
        hours_ahead(*apart(mean[own], from_h[own], to_h[own]), ahead=AHEAD_H)
        for own in (member == each for each in np.unique(member))
    ]
    return np.stack(found).round(THOUSANDTH)


def _reference_us(row: GridRow) -> int:
    return NEVER_US if row.reference_us is None else row.reference_us
