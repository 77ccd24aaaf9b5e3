"""GR4H fitted to the flow of some gauges, and carried to catchments that have none.

X1 and X3 are one for all, and the base of the hydrograph grows with the area, X4 = a A^n: so a
catchment without discharge has its parameters from those that have it. There is no exchange with
other catchments (X2 = 0): a record of one season cannot tell it from the capacities, and a search
runs to whatever bound it is given. The stores begin at a fixed share, and at the release of the
gauges' low flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, differential_evolution

from pipeline.errors import SchemaError
from pipeline.runoff.gr4h import (
    LONGEST_X4_H,
    SHORTEST_X4_H,
    Floats,
    Parameters,
    State,
    released,
    simulate,
)

Bools = npt.NDArray[np.bool_]

LOWEST: Final = (1.5, 0.5, 0.3, 0.1)
HIGHEST: Final = (3.2, 2.6, 4.0, 0.5)
"""Of log10 X1, log10 X3, a and n."""
PRODUCTION_SHARE: Final = 0.3
"""Filled of the production store at the beginning: free, it takes the place of the others."""
LOW_FLOW: Final = 0.1
GRID: Final = 2000


@dataclass(frozen=True, slots=True)
class Region:
    """What gauges have in common.

    Attributes
    ----------
    x1, x3 : mm
    a, n : X4 = a A^n, h and km2
    runoff0 : mm/h of the gauges' low flow, as at the beginning
    nse : Nash and Sutcliffe's efficiency on what it was fitted to, mean of the gauges
    """

    x1: float
    x3: float
    a: float
    n: float
    runoff0: float
    nse: float = np.nan

    def parameters(self, area_km2: Floats) -> Parameters:
        """Return the parameters of catchments of such areas."""
        one = np.ones(len(area_km2))
        x4 = np.clip(self.a * area_km2**self.n, SHORTEST_X4_H, LONGEST_X4_H)
        return Parameters(self.x1 * one, 0.0 * one, self.x3 * one, x4)

    def begin(self, parameters: Parameters) -> State:
        """Return the state that catchments begin with."""
        share = np.linspace(0.0, 1.0, GRID)
        level = np.interp(self.runoff0, released(share * self.x3, self.x3), share)
        return State.filled(parameters, PRODUCTION_SHARE, float(level))


def calibrate(  # noqa: PLR0913 - a record, what of it counts, and how hard to try
    rain_mm: Floats,
    pet_mm: Floats,
    runoff_mm: Floats,
    area_km2: Floats,
    training: Bools,
    *,
    generations: int = 30,
    seed: int = 1,
) -> Region:
    """Return what makes the simulated runoff of some gauges most like the observed one.

    Maximises the mean of Nash and Sutcliffe's efficiencies over the training hours; the hours
    before them fill the stores with their rain, and their flow is not looked at.

    Parameters
    ----------
    rain_mm, pet_mm, runoff_mm : dims (time, gauge), mm in one hour; runoff may be NaN
    area_km2 : dims (gauge)
    training : dims (time)
    generations, seed : of the search; equal seeds give equal regions

    Raises
    ------
    SchemaError
        A gauge's flow does not vary, or is not there, in the training hours.

    Source: Nash and Sutcliffe (1970), J. Hydrol. 10, 282-290; Storn and Price (1997), J. Global
    Optim. 11, 341-359.
    """
    observed = runoff_mm[training]
    runoff0 = float(np.nanquantile(observed, LOW_FLOW))
    spread = np.nansum((observed - np.nanmean(observed, axis=0)) ** 2, axis=0)
    varies = np.fmax.reduce(observed) > np.fmin.reduce(observed)
    if not varies.all():
        raise SchemaError(f"the flow of gauge {int(varies.argmin())} does not vary: nothing to fit")

    def loss(point: Floats) -> float:
        region = _region(point, runoff0)
        parameters = region.parameters(area_km2)
        runoff, _ = simulate(rain_mm, pet_mm, parameters, region.begin(parameters))
        misses = np.nansum((runoff[training] - observed) ** 2, axis=0)
        return float(np.mean(misses / spread))

    found = differential_evolution(
        loss,
        Bounds(LOWEST, HIGHEST),
        maxiter=generations,
        popsize=8,
        tol=1e-4,
        rng=np.random.default_rng(seed),
    )
    return _region(found.x, runoff0, nse=1.0 - float(found.fun))


def _region(point: Floats, runoff0: float, nse: float = np.nan) -> Region:
    x1, x3, a, n = (float(each) for each in point)
    return Region(10.0**x1, 10.0**x3, a, n, runoff0, nse)
