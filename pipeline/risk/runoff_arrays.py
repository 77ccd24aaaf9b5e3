"""A site's rainfall-runoff model as arrays: which villages it speaks for, and when it warns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

import numpy as np

from pipeline.risk.thresholds import LEVELS, Bools, Floats, Ints
from pipeline.runoff.calibration import Region
from pipeline.runoff.gr4h import Parameters, State
from pipeline.site.model import RiskConfig
from pipeline.site.runoff_model import RunoffModel
from pipeline.site.runoff_settings import RunoffSettings
from pipeline.units import THOUSANDTH

HOUR_S: Final = 3600
MM_PER_M3S_KM2: Final = 3.6
"""1 m3/s from 1 km2 is 3.6 mm/h."""
ANCHOR_DAYS: Final = 10
"""The stores are begun anew at each such boundary of the calendar, not at every cycle, so that
neighbouring cycles go one way through the same hours."""


def region(model: RunoffModel) -> Region:
    """Return the model's parameters as the runoff kernel takes them."""
    return Region(model.x1_mm, model.x3_mm, model.a_h, model.n, model.begin_mm_h)


def evaporation_mm(settings: RunoffSettings) -> Floats:
    """Return the potential evaporation of one hour by month, dims (13); [0] is no month."""
    by_month = (settings.pet_mm_per_day.get(month, 0.0) for month in range(13))
    return np.array([*by_month]) / 24.0


@dataclass(frozen=True, slots=True, eq=False)
class RunoffArrays:
    """The model of a site; rows of catchments follow `villages`.

    Attributes
    ----------
    villages : rows of the site's villages that have an area and a flow level, dims (catchment)
    modelled : dims (village)
    begin : the stores at an anchor
    flow_m3s : of 1 mm/h from each catchment, dims (catchment)
    evaporation_mm : of one hour, by month
    held : (hours whose mean rain goes on, hours for which it does), each way of foreseeing once
    way : index of `held`, dims (level)
    levels_m3s : the flow of each level, dims (catchment, level); NaN where none is stated
    triggers_m3s : foreseen, it warns of the level; NaN where the model has no trigger for it
    spin_up : least length of the run that fills the stores
    """

    villages: Ints
    modelled: Bools
    parameters: Parameters
    begin: State
    flow_m3s: Floats
    evaporation_mm: Floats
    held: tuple[tuple[int, int], ...]
    way: Ints
    levels_m3s: Floats
    triggers_m3s: Floats
    spin_up: timedelta

    @classmethod
    def of(cls, config: RiskConfig, villages: Sequence[str], step_s: int) -> Self | None:
        """Return the model; None where the site has none, or its rain has no hours."""
        runoff = config.runoff
        if runoff is None or HOUR_S % step_s:
            return None
        areas = {v.village_id: v.area_km2 for v in config.villages}
        flows = np.full((len(villages), len(LEVELS)), np.nan)
        at = {village: row for row, village in enumerate(villages)}
        for flow in runoff.flows:
            flows[at[flow.village_id], flow.level - 1] = flow.value
        area = np.array([areas[v] or np.nan for v in villages], np.float64)
        modelled = np.asarray(~np.isnan(area) & ~np.isnan(flows).all(axis=1))
        rows = np.flatnonzero(modelled)
        if not len(rows):
            return None
        warns = runoff.model.warns
        held = tuple(sorted({(one.mean_of_h, one.held_h) for one in warns.values()}))
        found = [warns.get(level) for level in LEVELS]
        trigger = np.array([np.nan if one is None else one.trigger for one in found])
        parameters = region(runoff.model).parameters(area[rows])
        return cls(
            villages=rows,
            modelled=modelled,
            parameters=parameters,
            begin=region(runoff.model).begin(parameters),
            flow_m3s=area[rows] / MM_PER_M3S_KM2,
            evaporation_mm=evaporation_mm(runoff.settings),
            held=held,
            way=np.array([0 if w is None else held.index((w.mean_of_h, w.held_h)) for w in found]),
            levels_m3s=flows[rows],
            triggers_m3s=np.round(flows[rows] * trigger, THOUSANDTH),
            spin_up=timedelta(days=runoff.settings.spin_up_days),
        )

    def evaporation_at(self, ends_us: Ints) -> Floats:
        """Return the potential evaporation of the hours that end at some instants, mm."""
        months = ends_us.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return np.asarray(self.evaporation_mm[months % 12 + 1])

    def of_villages(self, values: Floats) -> Floats:
        """Return values of catchments, dims (catchment, ...), by village; NaN without a model."""
        found = np.full((len(self.modelled), *values.shape[1:]), np.nan)
        found[self.villages] = values
        return found

    @property
    def window(self) -> timedelta:
        """How far back the longest run begins."""
        return self.spin_up + timedelta(days=ANCHOR_DAYS)
