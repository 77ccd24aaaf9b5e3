"""River stations: their newest readings, the levels these reach, and whether they were rising.

Flags: GOOD and UNKNOWN count. SUSPECT may raise a level and never lowers one: the newest trusted
value stands beside it, and the higher of the two levels counts (a true flash flood often fails a
rate-of-change test). FAIL and MISSING are not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag
from pipeline.risk.as_read import NEVER_US, SECOND_US, Objects, PointColumns
from pipeline.risk.site_arrays import HOUR_S, SiteArrays
from pipeline.risk.thresholds import Bools, Floats, Ints, highest_level
from pipeline.units import THOUSANDTH

Rows = npt.NDArray[np.intp]
TRUSTED, SUSPECT = 0, 1
"""The two columns of a series: what is good or not yet judged, and what is suspect."""
RISE_WINDOW_S = 3 * HOUR_S
RISE_SHARE = 0.1
"""A rise is this share of the station's lowest level, within the rise window: less is noise."""


@dataclass(frozen=True, slots=True, eq=False)
class RiverReadings:
    """The newest usable reading of each series of `SiteArrays.series`.

    Attributes
    ----------
    valid_us, value : dims (series, trusted/suspect); NEVER_US and NaN where there is none
    rising : dims (series): the last readings went up, judged at the newest one
    rise_per_h : rate of rise, unit of the variable per hour, dims (series); NaN where it is unknown
    feeds : the feed of the newest reading, empty where there is none
    """

    valid_us: Ints
    value: Floats
    rising: Bools
    rise_per_h: Floats
    feeds: tuple[str, ...]

    @property
    def newest_us(self) -> Ints:
        """Dims (series): the newest usable reading, trusted or suspect."""
        return np.asarray(self.valid_us.max(axis=1, initial=NEVER_US), dtype=np.int64)


def readings(points: PointColumns, site: SiteArrays) -> RiverReadings:
    """Return the newest readings of the site's river stations in the window as read."""
    n = len(site.series)
    valid = np.full((n, 2), NEVER_US, dtype=np.int64)
    value = np.full((n, 2), np.nan)
    rising = np.zeros(n, dtype=np.bool_)
    rise_per_h = np.full(n, np.nan)
    feeds = [""] * n
    for i, (rows, lowest) in enumerate(
        zip(_newest_rows(points, site), np.fmin.reduce(site.series_levels, axis=1), strict=True)
    ):
        if not len(rows):
            continue
        times, values = points.valid_us[rows], np.round(points.value[rows], THOUSANDTH)
        suspect = points.flag[rows] == QcFlag.SUSPECT
        for column, chosen in ((TRUSTED, ~suspect), (SUSPECT, suspect)):
            if chosen.any():
                valid[i, column], value[i, column] = times[chosen][-1], values[chosen][-1]
        rising[i] = _rises(times, values, lowest)
        rise_per_h[i] = rate_of_rise(times, values)
        feeds[i] = str(points.feed_id[rows[-1]])
    return RiverReadings(valid, value, rising, rise_per_h, tuple(feeds))


def levels(found: RiverReadings, site: SiteArrays) -> Ints:
    """Return the level that each value reaches, dims (series, trusted/suspect); age not asked."""
    return highest_level(found.value, site.series_levels[:, None, :])


def _rises(times: Ints, values: Floats, lowest: float) -> bool:
    """Tell whether the last reading stands clearly above one of the hours before it."""
    before = values[times >= times[-1] - RISE_WINDOW_S * SECOND_US]
    return bool(values[-1] - before.min() >= RISE_SHARE * lowest)


def rate_of_rise(times_us: Ints, values: Floats) -> float:
    """Return how fast the last hour's water rose, in the variable's unit per hour.

    From the newest reading back to the last one that is an hour old, or more where readings come
    less often; NaN where there is none within the rise window. Falling water has a negative rate.

    Parameters
    ----------
    times_us, values : oldest first, dims (reading)
    """
    back_s = (times_us[-1] - times_us) // SECOND_US
    before = np.flatnonzero((back_s >= HOUR_S) & (back_s <= RISE_WINDOW_S))
    if not len(before):
        return float("nan")
    hours = float(back_s[before[-1]]) / HOUR_S
    return round(float(values[-1] - values[before[-1]]) / hours, THOUSANDTH)


def series_rows(points: PointColumns, site: SiteArrays) -> list[Rows]:
    """Return the usable rows of each series, oldest first; of equals the preferred feed last."""
    everything = np.arange(len(points.valid_us))
    return [_rows_of(points, everything, key, site.feed_rank) for key in site.series]


def _newest_rows(points: PointColumns, site: SiteArrays) -> list[Rows]:
    """Return the rows that tell what each series last said, as `series_rows` but sooner."""
    recent = np.flatnonzero(points.valid_us >= _recent_us(points, site))
    chosen = [_rows_of(points, recent, key, site.feed_rank) for key in site.series]
    return chosen if all(len(rows) for rows in chosen) else series_rows(points, site)


def _recent_us(points: PointColumns, site: SiteArrays) -> int:
    """Return since when rows must be looked at, unless a series has none since then."""
    silent_s = max((60 * s.silent_after_min for s in site.river_stations), default=0)
    span_s = silent_s + site.config.risk.lost_hold_h * HOUR_S + RISE_WINDOW_S
    newest = int(points.valid_us.max(initial=NEVER_US + span_s * SECOND_US))
    return newest - span_s * SECOND_US


def _rows_of(
    points: PointColumns,
    rows: Rows,
    key: tuple[str, str],
    feed_rank: dict[str, int],
) -> Rows:
    station_id, variable = key
    rows = rows[points.station_id[rows] == station_id]
    rows = rows[points.variable[rows] == variable]
    rows = rows[(points.flag[rows] <= QcFlag.SUSPECT) & ~np.isnan(points.value[rows])]
    return _oldest_first(rows, points, feed_rank)


def _oldest_first(rows: Rows, points: PointColumns, feed_rank: dict[str, int]) -> Rows:
    times = points.valid_us[rows]
    if (np.diff(times) > 0).all():
        return rows
    order = np.lexsort((_disfavour(points.feed_id[rows], feed_rank), times))
    return rows[order]


def _disfavour(feeds: Objects, feed_rank: dict[str, int]) -> Ints:
    """Return a key that sorts the preferred feed last, so that the last of equals wins."""
    return np.array([-feed_rank.get(str(feed), len(feed_rank)) for feed in feeds], dtype=np.int64)
