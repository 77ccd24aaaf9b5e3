"""Is a station's way to us at risk? Signs that come before silence (users.md 12).

Every rule takes the rows of one station over the last hours, sorted by valid time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.risk.as_read import SECOND_US, PointColumns
from pipeline.risk.site_arrays import HOUR_S
from pipeline.risk.thresholds import Bools, Floats, Ints
from pipeline.site.comms_settings import CommsSettings
from pipeline.units import Variable

HOUR_US: Final = HOUR_S * SECOND_US
MINUTE_US: Final = 60 * SECOND_US
FEWEST: Final = 4
"""Readings in the usual hours from which a rhythm can be told."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What one station sent, in microseconds UTC; `volts` is NaN where it is no voltage."""

    valid_us: Ints
    known_us: Ints
    is_volt: Bools
    volts: Floats

    @property
    def latency_us(self) -> Ints:
        """From the end of each reading's interval to the instant at which we could use it."""
        return np.asarray(self.known_us - self.valid_us)


def rows_of(points: PointColumns, first_us: int) -> dict[str, Rows]:
    """Return the rows of each station after an instant; those without a value are left out."""
    recent = np.flatnonzero((points.valid_us > first_us) & ~np.isnan(points.value))
    order = recent[np.argsort(points.valid_us[recent], kind="stable")]
    names = points.station_id[order].astype(str)
    volt = np.asarray(points.variable[order] == Variable.VOLTAGE, dtype=np.bool_)
    found = {}
    for name in np.unique(names).tolist():
        own = order[names == name]
        is_volt = volt[names == name]
        volts = np.where(is_volt, points.value[own], np.nan)
        found[name] = Rows(points.valid_us[own], points.known_us[own], is_volt, volts)
    return found


def at_risk(rows: Rows, rule: CommsSettings, *, cutoff_us: int, by_events: bool) -> tuple[str, ...]:
    """Return the signs that a station's way to us is failing, in words for an officer.

    Parameters
    ----------
    by_events : its rain comes only when it rains: only its keep-alives have a rhythm
    """
    signs = (
        *_battery(rows, rule, cutoff_us),
        *_receipt(rows, rule, cutoff_us, by_events=by_events),
        *_latency(rows, rule, cutoff_us),
    )
    return tuple(signs)


def _battery(rows: Rows, rule: CommsSettings, cutoff_us: int) -> Iterator[str]:
    volts = rows.volts[rows.is_volt & (rows.valid_us > cutoff_us - rule.usual_h * HOUR_US)]
    if not len(volts):
        return
    last, fall = float(volts[-1]), float(volts.max() - volts[-1])
    if last <= rule.voltage_low_v:
        yield f"battery at {last:.1f} V"
    elif fall >= rule.voltage_fall_v:
        yield f"battery fell by {fall:.1f} V to {last:.1f} V"


def _receipt(rows: Rows, rule: CommsSettings, cutoff_us: int, *, by_events: bool) -> Iterator[str]:
    """Compare how many readings came lately with the usual number; what is merely due counts not.

    The hours end where the station's usual latency has let readings arrive.
    """
    own = rows.is_volt if by_events else np.ones(len(rows.valid_us), dtype=np.bool_)
    if not own.any():
        return
    end_us = cutoff_us - int(np.median(rows.latency_us[own]))
    times = np.unique(rows.valid_us[own])
    recent_us = end_us - rule.recent_h * HOUR_US
    lately = int(((times > recent_us) & (times <= end_us)).sum())
    usual = int(((times > recent_us - rule.usual_h * HOUR_US) & (times <= recent_us)).sum())
    expected = usual * rule.recent_h / rule.usual_h
    if usual >= FEWEST and expected >= 1 and lately < rule.receipt_below * expected:
        what = "keep-alives" if by_events else "readings"
        yield f"{lately} of {expected:.0f} {what} in {rule.recent_h} h"


def _latency(rows: Rows, rule: CommsSettings, cutoff_us: int) -> Iterator[str]:
    is_recent = rows.valid_us > cutoff_us - rule.recent_h * HOUR_US
    if not is_recent.any() or int((~is_recent).sum()) < FEWEST:
        return
    late = float(np.median(rows.latency_us[is_recent])) / MINUTE_US
    usual = float(np.median(rows.latency_us[~is_recent])) / MINUTE_US
    if late - usual >= rule.latency_growth_min:
        yield f"latency {late:.0f} min, usually {usual:.0f} min"
