"""What the rainfall-runoff model foresees at each village: flows ahead, levels and closeness.

The stores are filled by the rain of the window, from an anchor of the calendar on, and are thereby
a function of what was read: nothing is carried from cycle to cycle that could differ. An hour of
which nothing was seen neither fills them nor dries them out; what it may have hidden is asked by a
second run, in which all that was not seen was a downpour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.forecast.held_rain import held_rain
from pipeline.forecast.hours import AHEAD_H
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.rain import RainSteps
from pipeline.risk.rain_ahead import HOUR_US
from pipeline.risk.runoff_arrays import ANCHOR_DAYS, HOUR_S, RunoffArrays
from pipeline.risk.thresholds import CLOSENESS_LEVEL, Floats, Ints, lowered
from pipeline.runoff.gr4h import State, ahead, simulate
from pipeline.units import THOUSANDTH

ANCHOR_H: Final = 24 * ANCHOR_DAYS
DOWNPOUR_MM: Final = 60.0
"""An hour that was not seen may have brought so much over the whole catchment: some three times
the heaviest areal hour of the Cance's autumn of 2014."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelFlow:
    """The flows foreseen at one cycle; NaN at a village without a model.

    Attributes
    ----------
    now_m3s : simulated at the end of the newest hour, dims (village)
    peak_m3s : the highest of the hours ahead as each level foresees it, dims (village, level)
    triggers_m3s : dims (village, level)
    levels : dims (village)
    hidden_levels : had all that was not seen been a downpour, dims (village)
    crossing_h : hours until the flow of the level of closeness is foreseen, dims (village)
    filled : of the production store, 0..1, dims (village)
    stores : at the end of the newest hour, of the catchments that the model speaks for
    """

    now_m3s: Floats
    peak_m3s: Floats
    triggers_m3s: Floats
    levels: Ints
    hidden_levels: Ints
    crossing_h: Floats
    filled: Floats
    stores: State

    def closeness(self) -> Floats:
        """Return the flow foreseen over what warns of the level of closeness, dims (village)."""
        column = CLOSENESS_LEVEL - 1
        return np.asarray(self.peak_m3s[:, column] / self.triggers_m3s[:, column])


def model_flows(
    seen: Sequence[RainSteps],
    runoff: RunoffArrays,
    cache: ArealCache,
    factors: Sequence[Floats],
    *,
    step_s: int,
    min_coverage: float,
) -> list[ModelFlow]:
    """Return what the model foresees at each cycle of a block; the same bytes as one by one.

    Parameters
    ----------
    factors : of each cycle, by which less flow is enough, dims (village)
    min_coverage : a step of which at least such a share was seen hides nothing
    """
    found: list[ModelFlow | None] = [None] * len(seen)
    per_hour = HOUR_S // step_s
    rows = [each.rows[-per_hour * _hours(each, runoff) :] for each in seen]
    for members in _runs(seen, rows):
        longest = rows[members[-1]]
        run = _hourly(longest, runoff, cache, seen[members[-1]].end_us, (per_hour, min_coverage))
        first = len(rows[members[0]]) // per_hour
        foreseen = _foreseen(run, runoff, first)
        for i in members:
            t = len(rows[i]) // per_hour - first
            found[i] = _model_flow(runoff, foreseen, t, factors[i][runoff.villages])
    return [flow for flow in found if flow is not None]


def _hours(seen: RainSteps, runoff: RunoffArrays) -> int:
    """Return the length of a cycle's run: from so long before its anchor to its newest hour."""
    spin_up_h = int(runoff.spin_up.total_seconds()) // HOUR_S
    return spin_up_h + seen.end_us // HOUR_US % ANCHOR_H


def _runs(seen: Sequence[RainSteps], rows: Sequence[Ints]) -> Iterator[list[int]]:
    """Yield cycles whose runs begin at one instant and saw the same in all that they share."""
    of: dict[tuple[int, int], list[int]] = {}
    for i, each in enumerate(seen):
        of.setdefault((each.end_us // HOUR_US // ANCHOR_H, each.end_us % HOUR_US), []).append(i)
    for members in of.values():
        members.sort(key=lambda i: len(rows[i]))
        start = 0
        for k in range(1, len(members) + 1):
            last = rows[members[k - 1]]
            if k == len(members) or not np.array_equal(rows[members[k]][: len(last)], last):
                yield members[start:k]
                start = k


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A run's rain as seen, and had all else been a downpour; dims (hour, catchment), mm."""

    rain: Floats
    downpour: Floats
    evaporation: Floats


def _hourly(
    rows: Ints, runoff: RunoffArrays, cache: ArealCache, end_us: int, rule: tuple[int, float]
) -> _Run:
    per_hour, min_coverage = rule
    mean, coverage = cache.mean_mm[rows][:, runoff.villages], cache.coverage[rows]
    seen, share = ~np.isnan(mean), coverage[:, runoff.villages]
    hidden = np.where(share < min_coverage, DOWNPOUR_MM / per_hour * (1.0 - share), 0.0)
    shape = (-1, per_hour, mean.shape[1])
    rain = np.where(seen, mean, 0.0).reshape(shape).sum(axis=1)
    ends = end_us - HOUR_US * np.arange(len(rain) - 1, -1, -1)
    of_hour = runoff.evaporation_at(ends)[:, None]
    evaporation = np.where(seen.reshape(shape).any(axis=1), of_hour, 0.0)
    return _Run(rain, rain + hidden.reshape(shape).sum(axis=1), evaporation)


@dataclass(frozen=True, slots=True, eq=False)
class _Foreseen:
    """What a run foresees after its first hours and after each that follows.

    Attributes
    ----------
    flows, hidden : by way of foreseeing, dims (hour, hour ahead, catchment), m3/s, as seen and had
        all else been a downpour
    simulated : flow, dims (hour, catchment)
    stores : at the end of each hour
    """

    flows: list[Floats]
    hidden: list[Floats]
    simulated: Floats
    stores: list[State]


def _foreseen(run: _Run, runoff: RunoffArrays, first: int) -> _Foreseen:
    """Return what is foreseen after `first` hours of a run, and after each hour that follows."""
    before, after = slice(0, first - 1), slice(first - 1, None)
    start = (run.rain[before], run.evaporation[before], runoff.parameters, runoff.begin)
    _, stores = simulate(*start)
    flows = _ahead(run.rain, run.evaporation, runoff, stores, first)
    hidden = _hidden(run, runoff, first, flows)
    return _Foreseen(
        flows, hidden, *_stores(run.rain[after], run.evaporation[after], runoff, stores)
    )


def _ahead(
    rain: Floats, evaporation: Floats, runoff: RunoffArrays, stores: State, first: int
) -> list[Floats]:
    """Return by way of foreseeing the flow ahead of each hour, dims (hour, hour ahead, catchment).

    Parameters
    ----------
    stores : before the last of the `first` hours
    """
    after = slice(first - 1, None)
    longest = max(mean_of for mean_of, _ in runoff.held)
    recent = rain[max(0, first - longest) :]
    flows = []
    for mean_of, held in runoff.held:
        future = held_rain(recent, mean_of=mean_of, held=held, ahead=AHEAD_H)[
            first - 1 - len(rain) :
        ]
        depth = ahead(rain[after], evaporation[after], future, runoff.parameters, stores)
        flows.append((depth * runoff.flow_m3s).round(THOUSANDTH))
    return flows


def _hidden(run: _Run, runoff: RunoffArrays, first: int, seen: list[Floats]) -> list[Floats]:
    """Return the flows had all that was not seen been a downpour; `seen` where all was seen."""
    if np.array_equal(run.downpour, run.rain):
        return seen
    before = slice(0, first - 1)
    _, stores = simulate(
        run.downpour[before], run.evaporation[before], runoff.parameters, runoff.begin
    )
    return _ahead(run.downpour, run.evaporation, runoff, stores, first)


def _peaks(runoff: RunoffArrays, flows: Sequence[Floats], t: int) -> Floats:
    """Return the highest flow ahead of an hour as each level foresees it, (catchment, level)."""
    return np.stack([flow[t].max(axis=0) for flow in flows], axis=1)[:, runoff.way]


def _stores(
    rain: Floats, evaporation: Floats, runoff: RunoffArrays, stores: State
) -> tuple[Floats, list[State]]:
    """Return the flow, dims (hour, catchment), and the stores at the end of each hour."""
    flow, after = np.empty_like(rain), []
    for t in range(len(rain)):
        runoff_mm, stores = simulate(
            rain[t : t + 1], evaporation[t : t + 1], runoff.parameters, stores
        )
        flow[t] = runoff_mm[0] * runoff.flow_m3s
        after.append(stores)
    return flow.round(THOUSANDTH), after


def _model_flow(runoff: RunoffArrays, foreseen: _Foreseen, t: int, factor: Floats) -> ModelFlow:
    """Return what is foreseen at an hour, of catchments, as the site's villages have it.

    Parameters
    ----------
    factor : by which less flow is enough, dims (catchment)
    """
    triggers, limits = (lowered(m3s, factor) for m3s in (runoff.triggers_m3s, runoff.levels_m3s))
    peaks = _peaks(runoff, foreseen.flows, t)
    column = CLOSENESS_LEVEL - 1
    over = foreseen.flows[runoff.way[column]][t] >= limits[:, column]
    crossing = np.where(over.any(axis=0), over.argmax(axis=0) + 1.0, np.nan)
    levels = [_highest(each, triggers) for each in (peaks, _peaks(runoff, foreseen.hidden, t))]
    filled = foreseen.stores[t].production / runoff.parameters.x1
    own, hidden = (runoff.of_villages(level.astype(np.float64)) for level in levels)
    return ModelFlow(
        now_m3s=runoff.of_villages(foreseen.simulated[t]),
        peak_m3s=runoff.of_villages(peaks),
        triggers_m3s=runoff.of_villages(triggers),
        levels=np.nan_to_num(own).astype(np.int64),
        hidden_levels=np.nan_to_num(hidden).astype(np.int64),
        crossing_h=runoff.of_villages(crossing),
        filled=runoff.of_villages(filled.round(THOUSANDTH)),
        stores=foreseen.stores[t],
    )


def _highest(peaks: Floats, triggers: Floats) -> Ints:
    """Return the highest level of which the flow foreseen for it warns, dims (catchment)."""
    steps = np.arange(1, peaks.shape[1] + 1)
    return np.asarray(((peaks >= triggers) * steps).max(axis=1, initial=0), dtype=np.int64)
