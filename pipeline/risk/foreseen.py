"""What forecast rain brings: sums that end ahead and flows, by member, and what members agree on.

Rain that nobody has seen raises no village above the level that the site allows, and lowers none:
its levels stand beside those of the rain and the rivers that were seen, and the highest counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.forecast.hours import AHEAD_H
from pipeline.forecast.members import agreed
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.model_flow import ModelFlow
from pipeline.risk.onset import crossing_offsets_h
from pipeline.risk.rain import RainSteps
from pipeline.risk.rain_ahead import HOUR_US, RainAhead
from pipeline.risk.runoff_arrays import HOUR_S, RunoffArrays
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import CLOSENESS_LEVEL, Bools, Floats, Ints, highest_level, lowered
from pipeline.runoff.gr4h import State, simulate
from pipeline.units import THOUSANDTH, Variable


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """A limit that enough members reach.

    Attributes
    ----------
    duration_h : of a sum; None for a flow
    members : what each of them foresees, dims (member)
    """

    level: int
    variable: Variable
    duration_h: float | None
    members: Floats
    limit: float


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """What the rain of a forecast brings at one cycle.

    Attributes
    ----------
    rain_mm : the most of any span that ends ahead, dims (member, duration, village)
    peak_m3s : highest flow ahead, dims (member, village); NaN where no model speaks
    limits_mm, limits_m3s : in force, dims (village, duration, level) and (village, level)
    rain_levels, flow_levels : that enough members agree on, dims (village, duration) and (village)
    water_h : hours after the newest step of rain until the water of the level of closeness is
        expected, dims (village, earliest/likely/latest); NaN where it is not foreseen
    """

    ahead: RainAhead
    rain_mm: Floats
    peak_m3s: Floats
    limits_mm: Floats
    limits_m3s: Floats
    rain_levels: Ints
    flow_levels: Ints
    water_h: Floats
    durations_h: tuple[int, ...]
    at_most: int

    def village_level(self) -> Ints:
        """Return the level that the forecast brings, as far as the site allows; dims (village)."""
        highest = self.rain_levels.max(axis=1, initial=0)
        return np.asarray(np.minimum(np.maximum(highest, self.flow_levels), self.at_most))

    def member_level(self, village: int) -> Floats:
        """Return the highest level that each member brings, by rain or flow; dims (member)."""
        by_rain = highest_level(self.rain_mm[..., village], self.limits_mm[village])
        by_flow = highest_level(self.peak_m3s[:, village], self.limits_m3s[village])
        return np.asarray(np.maximum(by_rain.max(axis=1, initial=0), by_flow), np.float64)

    def crossings(self, village: int) -> Iterator[Crossing]:
        """Yield the sum that reaches the highest level, the shortest of equals, and the flow."""
        column = int(self.rain_levels[village].argmax())
        level = int(self.rain_levels[village, column])
        if level:
            limit = float(self.limits_mm[village, column, level - 1])
            hours = float(self.durations_h[column])
            yield Crossing(level, Variable.RAIN, hours, self.rain_mm[:, column, village], limit)
        level = int(self.flow_levels[village])
        if level:
            limit = float(self.limits_m3s[village, level - 1])
            yield Crossing(level, Variable.DISCHARGE, None, self.peak_m3s[:, village], limit)


def foreseen(
    seen: RainSteps,
    site: SiteArrays,
    cache: ArealCache,
    thresholds_mm: Floats,
    factor: Floats,
    model: ModelFlow | None,
) -> Foreseen | None:
    """Return what the forecast of one cycle brings; None where it has none.

    Parameters
    ----------
    thresholds_mm : in force, dims (village, duration, level)
    factor : by which less flow is enough, dims (village)
    """
    ahead, share = seen.ahead, site.config.risk.forecast.share
    if ahead is None:
        return None
    so_far_mm = _sums(_hours_seen(seen, site, cache), ahead.mm, site.config.risk.durations_h)
    rain_mm = agreed(so_far_mm, share)
    flows, limits = _flows(ahead.mm, seen.end_us, site, model), _limits(site, factor)
    flow_m3s = agreed(flows, share)
    column = CLOSENESS_LEVEL - 1
    rain_h = _first_h(np.any(rain_mm >= thresholds_mm[..., column].T, axis=1))
    flow_h = _first_h(flow_m3s >= limits[:, column])
    water_h = np.fmin(
        crossing_offsets_h(rain_h[:, None]) + site.lag_h, crossing_offsets_h(flow_h[:, None])
    )
    return Foreseen(
        ahead=ahead,
        rain_mm=so_far_mm[:, -1],
        peak_m3s=flows[:, -1],
        limits_mm=thresholds_mm,
        limits_m3s=limits,
        rain_levels=highest_level(rain_mm[-1].T, thresholds_mm),
        flow_levels=highest_level(flow_m3s[-1], limits),
        water_h=water_h,
        durations_h=site.config.risk.durations_h,
        at_most=int(site.config.risk.forecast.at_most),
    )


def _hours_seen(seen: RainSteps, site: SiteArrays, cache: ArealCache) -> Floats:
    """Return the last hours of rain, as many as the longest duration has; dims (hour, village).

    What was not seen adds nothing.
    """
    hours = max(site.config.risk.durations_h)
    rows = seen.rows[-max(1, hours * HOUR_S // site.step_s) :]
    mm = np.nan_to_num(cache.mean_mm[rows])
    if site.step_s > HOUR_S:
        return np.repeat(mm, site.step_s // HOUR_S, axis=0) * (HOUR_S / site.step_s)
    return np.asarray(mm.reshape(hours, -1, mm.shape[1]).sum(axis=1))


def _sums(past_mm: Floats, ahead_mm: Floats, durations_h: tuple[int, ...]) -> Floats:
    """Return the most of any span that ends in the hours ahead, up to each of them.

    Parameters
    ----------
    past_mm : dims (hour, village)
    ahead_mm : dims (member, hour ahead, village)

    Returns
    -------
    dims (member, hour ahead, duration, village), mm to 0.001
    """
    members, _, villages = ahead_mm.shape
    past = np.broadcast_to(past_mm, (members, *past_mm.shape))
    nothing = np.zeros((members, 1, villages))
    total = np.concatenate([nothing, past, ahead_mm], axis=1).cumsum(axis=1)
    ends = np.arange(total.shape[1] - AHEAD_H, total.shape[1])
    spans = [total[:, ends] - total[:, ends - hours] for hours in durations_h]
    greatest = np.maximum.accumulate(np.stack(spans, axis=2), axis=1)
    return np.asarray(greatest.round(THOUSANDTH))


def _flows(ahead_mm: Floats, end_us: int, site: SiteArrays, model: ModelFlow | None) -> Floats:
    """Return the highest flow up to each hour ahead, dims (member, hour ahead, village), m3/s."""
    found = np.full(ahead_mm.shape, np.nan)
    runoff = site.runoff
    if runoff is not None and model is not None:
        mm = ahead_mm[..., runoff.villages]
        found[..., runoff.villages] = _routed(mm, end_us, runoff, model.stores)
    return found


def _routed(mm: Floats, end_us: int, runoff: RunoffArrays, stores: State) -> Floats:
    members, hours, catchments = mm.shape
    every = np.tile(np.arange(catchments), members)
    side_by_side = mm.transpose(1, 0, 2).reshape(hours, -1)
    ends_us = end_us + HOUR_US * np.arange(1, hours + 1)
    pet_mm = np.broadcast_to(runoff.evaporation_at(ends_us)[:, None], side_by_side.shape)
    runoff_mm, _ = simulate(
        np.ascontiguousarray(side_by_side),
        np.ascontiguousarray(pet_mm),
        runoff.parameters.of(every),
        stores.of(every),
    )
    flow = runoff_mm.reshape(hours, members, catchments).transpose(1, 0, 2) * runoff.flow_m3s
    return np.asarray(np.maximum.accumulate(flow, axis=1).round(THOUSANDTH))


def _limits(site: SiteArrays, factor: Floats) -> Floats:
    """Return the flow of each level in force, dims (village, level)."""
    if site.runoff is None:
        return np.full((len(site.villages), site.rain_mm.shape[-1]), np.nan)
    return lowered(site.runoff.of_villages(site.runoff.levels_m3s), factor)


def _first_h(over: Bools) -> Floats:
    """Return the first hour ahead at whose end a limit is reached, dims (village); NaN = none."""
    return np.where(over.any(axis=0), over.argmax(axis=0) + 1.0, np.nan)
