"""Fit a site's rainfall-runoff model to a part of its record: parameters, and when it warns.

The parameters are those that bring the simulated flow nearest to the observed one. A level is then
warned of when the highest flow of the hours ahead, with the rain of the last hours held, reaches
the level's flow times a trigger: what is held, and the trigger, are what did best on the floods of
the same part. The trigger takes up what the model has of bias: it compares the model with itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.bulletin import RiskLevel
from pipeline.database import Engine
from pipeline.errors import NotKept
from pipeline.forecast.held_rain import held_rain
from pipeline.forecast.hours import AHEAD_H
from pipeline.risk.runoff_arrays import HOUR_S, MM_PER_M3S_KM2, evaporation_mm
from pipeline.runoff.calibration import Region, calibrate
from pipeline.runoff.gr4h import ahead
from pipeline.site.model import RiskConfig
from pipeline.site.runoff_model import Foresight, RunoffModel
from pipeline.site.runoff_settings import RunoffSettings
from pipeline.units import Variable
from pipeline.verification.baselines import Truth, Variant, choose
from pipeline.verification.floods import Rules, floods
from pipeline.verification.record import Record, later, read_record

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

TRIGGERS: Final = np.geomspace(1.0, 2.0, 40).round(3)
HELD: Final = ((1, 0), *product((1, 2), (2, 3, 4, 6)))
"""Hours whose mean rain is held, and for how many; held for none, the mean makes no difference."""
FEWEST_GAUGES: Final = 2
"""Of one gauge alone, the way in which the hydrograph grows with the area cannot be told."""


@dataclass(frozen=True, eq=False)
class Fitting:
    """GR4H on a record of hourly steps.

    Attributes
    ----------
    area_km2 : dims (gauge)
    generations : of each search for parameters
    """

    record: Record
    area_km2: Floats
    settings: RunoffSettings
    generations: int = 30

    @property
    def everyone(self) -> Ints:
        """Return the columns of all gauges."""
        return np.arange(len(self.area_km2))

    def model(self, training: Bools, gauges: Ints, *, latency_h: int = 0) -> RunoffModel:
        """Return what a part of the record teaches at some gauges.

        Parameters
        ----------
        training : dims (time); the flow of other hours is not looked at
        latency_h : how much later than its data a decision will be told

        Raises
        ------
        NotKept
            No level was passed at any of the gauges in that part.
        """
        region = self._region(training, gauges)
        times = [t for t, used in zip(self.record.times, training.tolist(), strict=True) if used]
        return RunoffModel(
            trained_from=times[0],
            trained_to=times[-1],
            stations=tuple(self.record.gauges[i].station_id for i in gauges.tolist()),
            x1_mm=round(region.x1, 3),
            x3_mm=round(region.x3, 3),
            a_h=round(region.a, 4),
            n=round(region.n, 4),
            begin_mm_h=round(region.runoff0, 5),
            nse=round(region.nse, 4),
            warns=self._warns(region, training, gauges, latency_h),
        )

    def _warns(
        self, region: Region, training: Bools, gauges: Ints, latency_h: int
    ) -> dict[RiskLevel, Foresight]:
        """Return when each level is warned of; one that was not passed, as the one below it."""
        found: dict[RiskLevel, Foresight] = {}
        last: Foresight | None = None
        for level, values in sorted(self._levels(gauges).items()):
            last = self._foresight(region, training, gauges, values, latency_h) or last
            if last is not None:
                found[level] = last
        if not found:
            raise NotKept("no level was passed in what the model is to learn from")
        return found

    def _foresight(
        self, region: Region, training: Bools, gauges: Ints, values: Floats, latency_h: int
    ) -> Foresight | None:
        rules = Rules.of_step(self.record.step_s)
        flow = self.record.flow.T[gauges]
        passed = tuple(floods(f, v, rules) for f, v in zip(flow, values.tolist(), strict=True))
        if not any(training[flood.start] for of in passed for flood in of):
            return None
        variants = [
            Variant(f"{held}", later(peak / values, latency_h), TRIGGERS)
            for held, peak in zip(HELD, self._peaks(region, gauges), strict=True)
        ]
        chosen = choose(variants, Truth(passed, rules), training)
        mean_of_h, held_h = HELD[variants.index(chosen.variant)]
        return Foresight(mean_of_h=mean_of_h, held_h=held_h, trigger=chosen.threshold)

    def _levels(self, gauges: Ints) -> Mapping[RiskLevel, Floats]:
        """Return the flow of each level that all of the gauges have, dims (gauge)."""
        own = [dict(self.record.gauges[i].levels.values()) for i in gauges.tolist()]
        common = set.intersection(*(set(levels) for levels in own))
        return {level: np.array([levels[level] for levels in own]) for level in common}

    @cached_property
    def _memory(self) -> dict[tuple[bytes, bytes], Region]:
        """The parameters of each part: they are the same for every latency."""
        return {}

    @cached_property
    def _seen_peaks(self) -> dict[tuple[Region, bytes], list[Floats]]:
        return {}

    def _region(self, training: Bools, gauges: Ints) -> Region:
        key = training.tobytes(), gauges.tobytes()
        if key not in self._memory:
            area = self.area_km2[gauges]
            self._memory[key] = calibrate(
                self._rain_mm[:, gauges],
                self._evaporation_mm[:, gauges],
                self.record.flow[:, gauges] * MM_PER_M3S_KM2 / area,
                area,
                training,
                generations=self.generations,
            )
        return self._memory[key]

    def _peaks(self, region: Region, gauges: Ints) -> list[Floats]:
        """Return the highest flow of the hours ahead, by `HELD`, dims (time, gauge), m3/s."""
        key = region, gauges.tobytes()
        if key not in self._seen_peaks:
            rain, area = self._rain_mm[:, gauges], self.area_km2[gauges]
            parameters, pet = region.parameters(area), self._evaporation_mm[:, gauges]
            self._seen_peaks[key] = [
                ahead(
                    rain,
                    pet,
                    held_rain(rain, mean_of=mean_of, held=held, ahead=AHEAD_H),
                    parameters,
                    region.begin(parameters),
                ).max(axis=1)
                * area
                / MM_PER_M3S_KM2
                for mean_of, held in HELD
            ]
        return self._seen_peaks[key]

    @cached_property
    def _rain_mm(self) -> Floats:
        return np.nan_to_num(self.record.rain_mm)

    @cached_property
    def _evaporation_mm(self) -> Floats:
        month = np.array([time.month for time in self.record.times])
        of_hour = evaporation_mm(self.settings)[month]
        return np.where(np.isnan(self.record.rain_mm), 0.0, of_hour[:, None])


def fit(
    engine: Engine,
    config: RiskConfig,
    settings: RunoffSettings,
    *,
    span: tuple[datetime, datetime],
    latency_h: int = 0,
) -> RunoffModel:
    """Return the model that a site's whole record teaches.

    Raises
    ------
    NotKept
        There is no record to learn from (`read_record`), or the model cannot be fitted to it.
    """
    record = read_record(engine, config, *span)
    fitting = fitting_of(record, config, settings)
    if isinstance(fitting, str):
        raise NotKept(f"no model: {fitting}")
    everything = np.ones(len(record.times), np.bool_)
    return fitting.model(everything, fitting.everyone, latency_h=latency_h)


def fitting_of(record: Record, config: RiskConfig, settings: RunoffSettings) -> Fitting | str:
    """Return what fits a model to a record, or why none can be."""
    areas = {village.village_id: village.area_km2 for village in config.villages}
    area = [areas[gauge.village_id] for gauge in record.gauges]
    lacking = _months_without(record, settings)
    if any(gauge.variable != Variable.DISCHARGE for gauge in record.gauges):
        return "a gauge tells no discharge"
    if record.step_s != HOUR_S:
        return "the record's steps are not hours"
    if None in area:
        return "a gauge's catchment has no area"
    if lacking:
        return f"site.toml [runoff] states no pet_mm_per_day of month {lacking[0]}"
    if len(area) < FEWEST_GAUGES:
        return "there is one gauge alone"
    return Fitting(record, np.array(area, np.float64), settings)


def _months_without(record: Record, settings: RunoffSettings) -> Sequence[int]:
    return sorted({time.month for time in record.times} - settings.pet_mm_per_day.keys())
