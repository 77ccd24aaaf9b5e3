"""A made-up network under moving convective cells: what the checks over stations are proved on.

No dense network's record comes with this project, so the report measures the checks over stations
here and calls it synthetic. Rain falls off exponentially from a cell's core (von Hardenberg,
Ferraris and Provenzale 2003, Geophys. Res. Lett. 30, 2280); cells of more than 20 mm/h are some
10 km wide (Begum and Otung 2009, Radio Science 44, RS2015), drift with one wind, and live about
an hour. Gauges tip at 0.2 mm; the grid sees the mean of the cell's 2 km.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.quality.station_block import StationBlock

Floats = npt.NDArray[np.float64]

WIDTH_KM: Final = 40.0
STEP_MIN: Final = 5
FINE: Final = 5
"""Parts of a step in which the cells are seen moving."""
TIP_MM: Final = 0.2
EVAPORATED_MM_H: Final = 1.0
"""What falls from a cell and does not arrive: so its edge is an edge."""
GRID_KM: Final = 2.0
KM_A_DEGREE: Final = 111.2
WEST: Final = 115.5
SOUTH: Final = 40.0
FIRST_US: Final = 1_720_483_200_000_000  # 2024-07-09T00:00Z
MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Rain cells, dims (cell).

    Attributes
    ----------
    x, y : km, of the core at its birth
    core_mm_h : intensity of the core at its height
    fold_km : distance at which rain has fallen to 1/e of the core's
    born_min, life_min : minutes
    wind : km a minute, east and north
    """

    x: Floats
    y: Floats
    core_mm_h: Floats
    fold_km: Floats
    born_min: Floats
    life_min: Floats
    wind: tuple[float, float]

    def rain(self, at_min: Floats, east: Floats, north: Floats) -> Floats:
        """Return the intensity, mm/h [time, place], at minutes [time] and km [place]."""
        age = at_min[:, None] - self.born_min
        alive = np.clip(age / self.life_min, 0.0, 1.0)
        core = self.core_mm_h * np.sin(np.pi * alive) ** 2
        x, y = self.x + self.wind[0] * age, self.y + self.wind[1] * age
        apart = np.hypot(east[:, None] - x[:, None], north[:, None] - y[:, None])
        there = core[:, None] * np.exp(-apart / self.fold_km) - EVAPORATED_MM_H
        return np.asarray(np.maximum(there, 0.0).sum(axis=2))


def convective_field(seed: int, *, stations: int = 40, hours: int = 24) -> StationBlock:
    """Return a synthetic network under a day of cells; equal seeds give equal numbers.

    Its heights rise from west to east, over less than a kilometre.
    """
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(0.0, WIDTH_KM, (2, stations))
    steps = hours * 60 // STEP_MIN
    cells = _cells(rng, hours)
    fallen = _steps_mm(cells, steps, east, north).cumsum(axis=0) + rng.uniform(0, TIP_MM, stations)
    tips = np.diff(np.floor(fallen / TIP_MM), axis=0, prepend=0.0)
    return StationBlock(
        stations=tuple(f"S{number:02}" for number in range(stations)),
        times=FIRST_US + np.arange(1, steps + 1) * STEP_MIN * MINUTE_US,
        values=np.round(tips * TIP_MM, 1),
        latency_min=np.ones((steps, stations)),
        interval_s=STEP_MIN * 60,
        lon=WEST + east / (KM_A_DEGREE * np.cos(np.radians(SOUTH))),
        lat=SOUTH + north / KM_A_DEGREE,
        elevation_m=300.0 + 15.0 * east + rng.uniform(0.0, 200.0, stations),
        grid=_grid_mm(cells, steps, east, north),
    )


def _cells(rng: np.random.Generator, hours: int) -> Cells:
    n = int(rng.integers(12, 20))
    life = rng.uniform(40.0, 80.0, n)
    speed, course = rng.uniform(0.1, 0.7), rng.uniform(0.0, 2 * np.pi)
    return Cells(
        x=rng.uniform(0.0, WIDTH_KM, n),
        y=rng.uniform(0.0, WIDTH_KM, n),
        core_mm_h=rng.uniform(50.0, 220.0, n),
        fold_km=rng.uniform(1.5, 3.5, n),
        born_min=rng.uniform(0.0, hours * 60.0 - 40.0, n),
        life_min=life,
        wind=(speed * np.cos(course), speed * np.sin(course)),
    )


def _steps_mm(cells: Cells, steps: int, east: Floats, north: Floats) -> Floats:
    """Return the rain of each step, mm [step, place]."""
    fine_min = (np.arange(steps * FINE) + 0.5) * STEP_MIN / FINE
    intensity = cells.rain(fine_min, east, north).reshape(steps, FINE, len(east))
    return np.asarray(intensity.mean(axis=1) * STEP_MIN / 60.0)


def _grid_mm(cells: Cells, steps: int, east: Floats, north: Floats) -> Floats:
    """Return the mean over the grid's cell above each place, mm [step, place]."""
    parts = (np.arange(3) + 0.5) / 3 * GRID_KM
    west, south = (np.floor(axis / GRID_KM) * GRID_KM for axis in (east, north))
    seen = [_steps_mm(cells, steps, west + x, south + y) for x in parts for y in parts]
    return np.asarray(np.mean(seen, axis=0))
