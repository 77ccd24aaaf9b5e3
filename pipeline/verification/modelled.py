"""The rainfall-runoff model as a method to be judged: calibrated out of fold, and out of gauge.

A forecast at an hour is the highest flow of the hours ahead with the rain of the last hours held,
over the level. At a gauge the newest known flow corrects it, and counts itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.forecast.held_rain import held_rain
from pipeline.runoff.calibration import Region, calibrate
from pipeline.runoff.gr4h import ahead, simulate
from pipeline.site.model import RiskConfig
from pipeline.units import Variable
from pipeline.verification.baselines import Variant
from pipeline.verification.folds import Fold
from pipeline.verification.record import Record

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AHEAD_H: Final = 12
TRIGGERS: Final = np.geomspace(0.4, 2.0, 60).round(3)
HELD: Final = tuple(product((1, 2), (0, 2, 3, 4, 6)))
"""Hours whose mean rain is held, and for how many."""
FADES_H: Final = 6.0
"""An error of the model fades by 1/e in so many hours ahead."""
CLIP: Final = (0.5, 2.0)
MM_PER_M3S_KM2: Final = 3.6
HOUR_S: Final = 3600
HOURS_A_DAY: Final = 24

Correction = Callable[[Floats, Floats, Floats], Floats]


def as_it_is(foreseen: Floats, _known: Floats, _simulated: Floats) -> Floats:
    """Return the forecast without a look at the river."""
    return foreseen


def scaled(foreseen: Floats, known: Floats, simulated: Floats) -> Floats:
    """Return the forecast times known over simulated flow, within bounds."""
    ratio = np.clip(known / np.maximum(simulated, 1e-6), *CLIP)
    return np.asarray(foreseen * np.nan_to_num(ratio, nan=1.0)[:, None])


def shifted(foreseen: Floats, known: Floats, simulated: Floats) -> Floats:
    """Return the forecast plus known less simulated flow, fading in the hours ahead."""
    fade = np.exp(-np.arange(1, foreseen.shape[1] + 1) / FADES_H)
    return foreseen + np.nan_to_num(known - simulated)[:, None] * fade[:, None]


CORRECTIONS: Final[Mapping[str, Correction]] = {
    "as it is": as_it_is,
    "scaled": scaled,
    "shifted": shifted,
}


Peaks = list[tuple[str, Floats]]
"""By variant, the highest flow foreseen at each hour, dims (time, gauge), m3/s."""


def remembered(method: Callable[[Model, Fold], Peaks]) -> Callable[[Model, Fold], Peaks]:
    """Let a method answer for each fold once."""

    def asked(model: Model, fold: Fold) -> Peaks:
        key = method.__name__, fold.name
        if key not in model.memory:
            model.memory[key] = method(model, fold)
        return model.memory[key]

    return asked


@dataclass(frozen=True, eq=False)
class Model:
    """GR4H on a record of hourly steps.

    Attributes
    ----------
    area_km2 : dims (gauge)
    pet_mm : dims (time), potential evaporation in one hour
    generations : of each calibration
    """

    record: Record
    area_km2: Floats
    pet_mm: Floats
    generations: int = 30

    def gauged(self, fold: Fold, levels: Floats) -> list[Variant]:
        """Return forecasts by what the other folds teach at all gauges, corrected by the river."""
        return [Variant(name, peak / levels, TRIGGERS) for name, peak in self._at_gauges(fold)]

    def ungauged(self, fold: Fold, levels: Floats) -> list[Variant]:
        """Return forecasts at each gauge by what the other folds teach at the other gauges."""
        return [Variant(name, peak / levels, TRIGGERS) for name, peak in self._elsewhere(fold)]

    @property
    def _everyone(self) -> Ints:
        return np.arange(len(self.area_km2))

    @remembered
    def _at_gauges(self, fold: Fold) -> Peaks:
        region, known = self._taught(fold, self._everyone), self.record.known_flow()
        found = []
        for mean_of, held in HELD:
            simulated, foreseen = self._foreseen(region, self._everyone, mean_of, held)
            for name, correct in CORRECTIONS.items():
                peak = np.fmax(correct(foreseen, known, simulated).max(axis=1), known)
                found.append((f"mean of {mean_of} h held {held} h, {name}", peak))
        return found

    @remembered
    def _elsewhere(self, fold: Fold) -> Peaks:
        gauges = self._everyone
        regions = [self._taught(fold, gauges[gauges != own]) for own in gauges]
        found = []
        for mean_of, held in HELD:
            peaks = [
                self._foreseen(region, gauges[own : own + 1], mean_of, held)[1].max(axis=1)
                for own, region in enumerate(regions)
            ]
            found.append((f"mean of {mean_of} h held {held} h", np.concatenate(peaks, axis=1)))
        return found

    @cached_property
    def memory(self) -> dict[tuple[str, str], Peaks]:
        """The forecasts of each fold: they are the same for every level and latency."""
        return {}

    @cached_property
    def _rain_mm(self) -> Floats:
        # An hour that was not seen fills no store: the flow then is a lower bound.
        return np.nan_to_num(self.record.rain_mm)

    def _taught(self, fold: Fold, gauges: Ints) -> Region:
        area = self.area_km2[gauges]
        return calibrate(
            self._rain_mm[:, gauges],
            self._pet(len(gauges)),
            self.record.flow[:, gauges] * MM_PER_M3S_KM2 / area,
            area,
            ~fold.within,
            generations=self.generations,
        )

    def _foreseen(
        self, region: Region, gauges: Ints, mean_of: int, held: int
    ) -> tuple[Floats, Floats]:
        """Return the flow simulated at each hour, and foreseen for the hours ahead, m3/s."""
        rain, area = self._rain_mm[:, gauges], self.area_km2[gauges]
        parameters, pet = region.parameters(area), self._pet(len(gauges))
        begin = region.begin(parameters)
        future = held_rain(rain, mean_of=mean_of, held=held, ahead=AHEAD_H)
        flow = area / MM_PER_M3S_KM2
        simulated, _ = simulate(rain, pet, parameters, begin)
        return simulated * flow, ahead(rain, pet, future, parameters, begin) * flow

    def _pet(self, n: int) -> Floats:
        return np.repeat(self.pet_mm[:, None], n, axis=1)


def model_of(
    record: Record, config: RiskConfig, pet_mm_per_day: Mapping[int, float]
) -> Model | str:
    """Return the model of a record, or why there can be none.

    Parameters
    ----------
    pet_mm_per_day : potential evaporation, by month
    """
    areas = {village.village_id: village.area_km2 for village in config.villages}
    area = [areas[gauge.village_id] for gauge in record.gauges]
    months = np.array([time.month for time in record.times])
    lacking = sorted({*months.tolist()} - pet_mm_per_day.keys())
    if any(gauge.variable != Variable.DISCHARGE for gauge in record.gauges):
        return "a gauge tells no discharge"
    if record.step_s != HOUR_S:
        return "the record's steps are not hours"
    if None in area:
        return "a gauge's catchment has no area"
    if lacking:
        return f"site.toml [runoff] states no pet_mm_per_day of month {lacking[0]}"
    if len(area) < 2:  # noqa: PLR2004 - nothing is left to learn from
        return "there is one gauge alone"
    pet = np.array([pet_mm_per_day.get(month, 0.0) for month in range(13)]) / HOURS_A_DAY
    return Model(record, np.array(area, np.float64), pet[months])
