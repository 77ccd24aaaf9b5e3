"""Rain at one point by a village: what the rule of a single station asks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.quality.nearby import apart_km
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.derive_cells import cells_over
from pipeline.site.model import Station, Village
from pipeline.store.known import Known
from pipeline.units import Variable
from pipeline.verification.steps import Steps

Floats = npt.NDArray[np.float64]


def nearest_rain_mm(
    known: Known, site: SiteArrays, steps: Steps, villages: Sequence[Village]
) -> Floats:
    """Return the rain of every step at the cell over each village, or at the station nearest to it.

    Returns
    -------
    dims (time, village), mm in one step; NaN where nothing was seen, or the village has no position
    """
    if site.config.weights.source_kind == "grid":
        return _of_cells(known, site, steps, villages)
    return _of_stations(known, site, steps, villages)


def _of_cells(known: Known, site: SiteArrays, steps: Steps, villages: Sequence[Village]) -> Floats:
    found = np.full((steps.n, len(villages)), np.nan)
    ours = [
        grid
        for grid in known.grids
        if grid.grid_id == site.config.weights.grid_id
        and grid.variable == Variable.RAIN
        and grid.interval_s == site.step_s
    ]
    if not ours:
        return found
    cells = cells_over(villages, ours[0].geometry)
    columns = [column for column, v in enumerate(villages) if v.village_id in cells]
    chosen = [cells[villages[column].village_id] for column in columns]
    rows = steps.rows(np.array([grid.valid_us for grid in ours]))
    for row, grid in zip(rows.tolist(), ours, strict=True):
        if 0 <= row < steps.n:
            found[row, columns] = grid.cells.reshape(-1)[chosen]
    return found


def _of_stations(
    known: Known, site: SiteArrays, steps: Steps, villages: Sequence[Village]
) -> Floats:
    found = np.full((steps.n, len(villages)), np.nan)
    points = known.points
    of_rain = (points.variable == Variable.RAIN) & (points.interval_s == site.step_s)
    sources = [s for s in site.config.stations if s.station_id in site.config.weights.sources]
    for column, village in enumerate(villages):
        station = min(sources, key=lambda s: (apart(s, village), s.station_id), default=None)
        if station is None or np.isinf(apart(station, village)):
            continue
        own = of_rain & (points.station_id == station.station_id)
        rows = steps.rows(points.valid_us[own])
        inside = (rows >= 0) & (rows < steps.n)
        found[rows[inside], column] = points.value[own][inside]
    return found


def apart(station: Station, village: Village) -> float:
    """Return the distance in km; infinite where one of them has no position."""
    if station.lon is None or station.lat is None or village.lon is None or village.lat is None:
        return np.inf
    return apart_km((station.lon, station.lat), (village.lon, village.lat))
