"""What each cycle's rain says: accumulations, wetness, levels and closeness, with coverage.

Cycles are answered in blocks. Those whose windows share their steps go through the arithmetic
together; the kernels of `catchment` and `runoff` give each of them the same bytes as alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.catchment.accumulation import accumulate_steps
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.as_read import NEVER_US, SECOND_US
from pipeline.risk.foreseen import Foreseen, foreseen
from pipeline.risk.model_flow import ModelFlow, model_flows
from pipeline.risk.rain import RainSteps
from pipeline.risk.site_arrays import HOUR_S, SiteArrays
from pipeline.risk.thresholds import (
    CLOSENESS_LEVEL,
    WETNESS_ORDER,
    Bools,
    Floats,
    Ints,
    highest_level,
    lowered,
)
from pipeline.runoff.wetness import WetnessClass, WetnessRule, antecedent_wetness, wetness_class
from pipeline.units import THOUSANDTH

Kernel = Callable[[Floats, Floats, int], tuple[Floats, Floats]]
LONGEST_SHIFT = 48
"""Cycles whose windows lie further apart than this many steps share little: another run."""


@dataclass(frozen=True, slots=True, eq=False)
class RainIndicators:
    """The rain of one cycle.

    Attributes
    ----------
    seen : the cycle's steps
    cache : areal rain by row of `seen.rows`
    rain_mm, coverage : dims (duration, village), mm to 0.001 and 0..1
    wetness_mm, wetness_coverage : dims (village), mm and 0..1
    wetness_class : dims (village); UNKNOWN below the site's coverage of the window
    factor : by which less rain is enough for a while, dims (village); never below 1
    tables_mm : those that apply at this wetness, dims (village, duration, level); where the model
        speaks and the wetness is known, without those that were computed from it
    thresholds_mm : in force, that is over the factor
    levels : what each duration alone reaches, dims (village, duration)
    model : what the rainfall-runoff model foresees; None where the site has none
    foreseen : what forecast rain brings; None where there is no usable forecast
    """

    site: SiteArrays
    seen: RainSteps
    cache: ArealCache
    rain_mm: Floats
    coverage: Floats
    wetness_mm: Floats
    wetness_coverage: Floats
    wetness_class: Ints
    factor: Floats
    tables_mm: Floats
    thresholds_mm: Floats
    levels: Ints
    model: ModelFlow | None
    foreseen: Foreseen | None

    def village_level(self) -> Ints:
        """Return the level of the rain that was seen, or of its flow; dims (village)."""
        highest: Ints = self.levels.max(axis=1, initial=0)
        return highest if self.model is None else np.maximum(highest, self.model.levels)

    def closeness(self) -> Floats:
        """Return the largest value over level-3 threshold, dims (village), NaN if none was seen."""
        ratio = self.rain_mm.T / self.thresholds_mm[..., CLOSENESS_LEVEL - 1]
        highest = np.asarray(np.fmax.reduce(ratio, axis=1, initial=np.nan))
        return highest if self.model is None else np.fmax(highest, self.model.closeness())

    def wetness_matters(self) -> Bools:
        """Return where the wetness was not seen whole and, had it been wet, the level were higher.

        What was not seen adds nothing, so the class is a lower bound wherever a part is missing.
        """
        unsure: Bools = np.asarray(self.wetness_class == WetnessClass.UNKNOWN)
        unsure |= self.wetness_coverage < self.site.config.risk.min_coverage
        if unsure.any():
            table = self.site.rain_mm[:, :, WetnessClass.WET]
            wet = highest_level(self.rain_mm.T, lowered(table, self.factor))
            unsure &= wet.max(axis=1) > self.village_level()
        if self.model is not None:
            unsure |= self.model.hidden_levels > self.village_level()
        return unsure

    def steps_after(self, us: int) -> int:
        """Return how many steps of the window end after an instant."""
        after = -(-(self.seen.end_us - us) // (self.site.step_s * SECOND_US))
        return min(max(after, 0), self.site.rain_steps)

    def step_ends_us(self) -> Ints:
        """Return the end of each step of the window, dims (step)."""
        back = np.arange(self.site.rain_steps - 1, -1, -1)
        return np.asarray(self.seen.end_us - back * self.site.step_s * SECOND_US)

    def since(self, us: int) -> Floats:
        """Return the rain seen after an instant, mm to 0.001; what was not seen adds nothing."""
        rows = self.seen.rows[self.site.rain_steps - self.steps_after(us) :]
        return np.asarray(np.nansum(self.cache.mean_mm[rows], axis=0).round(THOUSANDTH))

    def newest_us(self) -> Ints:
        """Return the end of the newest step of which something was seen, dims (village)."""
        return self._newest_us(self.seen.rows)

    def newest_grid_us(self) -> Ints:
        """Return the end of the newest step of which the grid saw something, dims (village)."""
        of_grid = self.seen.of_grid
        return self._newest_us(self.seen.rows if of_grid is None else of_grid)

    def source(self, village: int, hours: int) -> str:
        """Return what saw a village's rain in the last hours: the grid, or what stood in for it."""
        site, of_grid = self.site, self.seen.of_grid
        if of_grid is None:
            return site.rain_sources[village]
        last = slice(-max(1, hours * HOUR_S // site.step_s), None)
        seen, grid = (self.cache.coverage[r[last], village] for r in (self.seen.rows, of_grid))
        stood_in = seen > grid
        if not stood_in.any():
            return site.rain_sources[village]
        both = site.rain_sources[village], site.stand_in_sources[village]
        return both[1] if stood_in.all() else "+".join(both)

    def _newest_us(self, rows: Ints) -> Ints:
        last = self.cache.coverage[rows[-1]] > 0
        if last.all():
            return np.full(len(last), self.seen.end_us, dtype=np.int64)
        some = self.cache.coverage[rows[::-1]] > 0
        back = some.argmax(axis=0) * self.site.step_s * SECOND_US
        return np.where(some.any(axis=0), self.seen.end_us - back, NEVER_US)


def rain_indicators(
    seen: Sequence[RainSteps], site: SiteArrays, cache: ArealCache
) -> Iterator[RainIndicators]:
    """Yield the rain indicators of each cycle of a block."""
    settings, rule = site.config.risk.wetness, _wetness_rule(site)
    newest = settings.exclude_last_h * HOUR_S // site.step_s
    before = slice(site.rain_steps - newest - rule.window_steps, site.rain_steps - newest)
    wetness = _by_runs(
        seen, before, site, cache, lambda m, c, n: antecedent_wetness(m, c, rule, steps=n)
    )
    rain = _sums(seen, site, cache)
    stand_in = WETNESS_ORDER.index(settings.unknown)
    limits = (settings.dry_below, settings.wet_from)
    factors = [site.factors.at(steps.end_us) for steps in seen]
    models = _models(seen, site, cache, factors)
    for steps, (pa_mm, pa_seen), (rain_mm, coverage), model, factor in zip(
        seen, wetness, rain, models, factors, strict=True
    ):
        found = wetness_class(pa_mm, pa_seen, settings.cap_mm, limits, settings.min_coverage)
        column = np.where(found == WetnessClass.UNKNOWN, stand_in, found)
        tables = _applied(site, found != WetnessClass.UNKNOWN, column)
        in_force = lowered(tables, factor)
        yield RainIndicators(
            site=site,
            seen=steps,
            cache=cache,
            rain_mm=rain_mm,
            coverage=coverage,
            wetness_mm=pa_mm,
            wetness_coverage=pa_seen,
            wetness_class=found.astype(np.int64),
            factor=factor,
            tables_mm=tables,
            thresholds_mm=in_force,
            levels=highest_level(rain_mm.T, in_force),
            model=model,
            foreseen=foreseen(steps, site, cache, in_force, factor, model),
        )


def _sums(
    seen: Sequence[RainSteps], site: SiteArrays, cache: ArealCache
) -> Iterator[tuple[Floats, Floats]]:
    """Yield the sums of each cycle over every duration, and how much of them was seen."""
    durations = [h * HOUR_S // site.step_s for h in site.config.risk.durations_h]
    storm = slice(site.rain_steps - max(durations), site.rain_steps)
    return _by_runs(
        seen, storm, site, cache, lambda m, c, n: accumulate_steps(m, c, durations, steps=n)
    )


def _wetness_rule(site: SiteArrays) -> WetnessRule:
    """Return how wetness follows from rain; the running storm is cut off before it is asked."""
    settings, steps_per_day = site.config.risk.wetness, 24 * HOUR_S // site.step_s
    return WetnessRule(
        decay_per_day=settings.decay_per_day,
        cap_mm=settings.cap_mm,
        window_steps=settings.window_days * steps_per_day,
        exclude_steps=0,
        steps_per_day=steps_per_day,
    )


def _models(
    seen: Sequence[RainSteps], site: SiteArrays, cache: ArealCache, factors: Sequence[Floats]
) -> Sequence[ModelFlow | None]:
    if site.runoff is None:
        return [None] * len(seen)
    least = site.config.risk.min_coverage
    return model_flows(seen, site.runoff, cache, factors, step_s=site.step_s, min_coverage=least)


def _applied(site: SiteArrays, known: Bools, column: Ints) -> Floats:
    """Return the thresholds of the tables that apply, dims (village, duration, level).

    Where the wetness is unknown the model's stores are too, and the computed tables stand in.
    """
    village = np.arange(len(column))
    table = site.rain_mm[village, :, column]
    if site.runoff is None:
        return table
    return np.where(known[:, None, None], site.stated_mm[village, :, column], table)


def _by_runs(
    seen: Sequence[RainSteps], part: slice, site: SiteArrays, cache: ArealCache, kernel: Kernel
) -> Iterator[tuple[Floats, Floats]]:
    """Yield the kernel's answer for each cycle, from a part of its window, run by run."""
    rows = [steps.rows[part] for steps in seen]
    ends = [steps.end_us // (site.step_s * SECOND_US) for steps in seen]
    for first, stop in _runs(rows, ends):
        more = [rows[i][len(rows[i]) - ends[i] + ends[i - 1] :] for i in range(first + 1, stop)]
        steps = np.concatenate([rows[first], *more])
        span = ends[stop - 1] - ends[first] + 1
        one, two = kernel(cache.mean_mm[steps], cache.coverage[steps], span)
        for i in range(first, stop):
            yield one[ends[i] - ends[first]], two[ends[i] - ends[first]]


def _runs(rows: Sequence[Ints], ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield [first, stop) of cycles that saw the same in every step their windows share."""
    first = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or not _same(rows[i - 1], rows[i], ends[i] - ends[i - 1]):
            yield first, i
            first = i


def _same(earlier: Ints, later: Ints, shift: int) -> bool:
    if not 0 <= shift <= min(LONGEST_SHIFT, len(earlier)):
        return False
    return bool((earlier[shift:] == later[: len(later) - shift]).all())
