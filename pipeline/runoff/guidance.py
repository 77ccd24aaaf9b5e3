"""Flash-flood guidance: the rain of the coming hours that brings a catchment to a given flow.

The rainfall-runoff kernel is inverted where it stands: the wetter its stores are now, the less it
takes. The rain is taken to fall evenly over the duration, and the flow to be looked for until its
last drop has come down.

Source: Carpenter et al. (1999), J. Hydrol. 224, 21-44 (threshold runoff and flash-flood guidance);
Norbiato et al. (2008), J. Hydrol. 362, 274-290 (by a continuous model's own state).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.runoff.gr4h import Parameters, State, simulate

Floats = npt.NDArray[np.float64]

MOST_MM: Final = 819.2
"""What not even so much rain brings has no guidance; some two thirds of the largest daily sums."""
STEPS: Final = 13
"""Halvings from MOST_MM down to a tenth of a millimetre."""
SLOWEST_H: Final = 24


def guidance_mm(
    parameters: Parameters,
    state: State,
    pet_mm: Floats,
    runoff_mm: Floats,
    durations_h: Sequence[int],
) -> Floats:
    """Return the least rain that brings a runoff, to a tenth of a millimetre.

    Parameters
    ----------
    state : now
    pet_mm : dims (catchment), evaporation of each hour
    runoff_mm : dims (level, catchment), mm in one hour, NaN where no level is stated

    Returns
    -------
    dims (duration, level, catchment), mm; 0 where it comes without more rain, NaN where no rain
    that is looked at brings it
    """
    found = [_least(parameters, state, pet_mm, runoff_mm, hours) for hours in durations_h]
    return np.stack(found)


def _least(
    parameters: Parameters, state: State, pet_mm: Floats, runoff_mm: Floats, hours: int
) -> Floats:
    """Return the rain of so many hours, dims (level, catchment)."""
    wanted = runoff_mm.reshape(-1)
    each = np.tile(np.arange(len(parameters)), len(runoff_mm))
    many, start = parameters.of(each), state.of(each)
    pet = np.tile(pet_mm[each], (hours + SLOWEST_H, 1))

    def brings(depth_mm: Floats) -> npt.NDArray[np.bool_]:
        rain = np.zeros_like(pet)
        rain[:hours] = depth_mm / hours
        runoff, _ = simulate(rain, pet, many, start)
        return np.asarray(runoff.max(axis=0) >= wanted)

    least = np.full(len(wanted), MOST_MM)
    least[~brings(least)] = np.nan
    least[brings(np.zeros(len(wanted)))] = 0.0
    sought = least > 0.0
    for step in range(1, STEPS + 1):
        lower = np.where(sought, least - MOST_MM / 2**step, 0.0)
        least = np.where(sought & brings(lower), lower, least)
    return least.round(1).reshape(runoff_mm.shape)
