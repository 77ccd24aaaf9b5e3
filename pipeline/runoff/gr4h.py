"""GR4H: rain and evaporation to runoff, an hour at a time, for many catchments together.

Two stores and two unit hydrographs with four parameters a catchment. Depths are mm over the
catchment, in one hour or at its end; 1 mm/h over A km2 is A / 3.6 m3/s.

Source: Perrin et al. (2003), J. Hydrol. 279, 275-289 (GR4J); Mathevet (2005), thesis, Engref (GR4H:
the percolation constant 21/4 and the hydrographs' exponent 5/4 of an hourly step).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numba
import numpy as np
import numpy.typing as npt

from pipeline.errors import SchemaError

Floats = npt.NDArray[np.float64]

PERCOLATION: Final = 21.0 / 4.0
UH_EXPONENT: Final = 5.0 / 4.0
ROUTED: Final = 0.9
"""Share of the effective rain that goes through the routing store."""
EXCHANGE_EXPONENT: Final = 3.5
SHORTEST_X4_H, LONGEST_X4_H = 0.5, 96.0


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The four parameters of each catchment, dims (catchment).

    Attributes
    ----------
    x1 : capacity of the production store, mm, above 0
    x2 : groundwater exchange, mm/h; below 0 water is lost
    x3 : capacity of the routing store, mm, above 0
    x4 : base of the first unit hydrograph, h; the second one's is twice that
    """

    x1: Floats
    x2: Floats
    x3: Floats
    x4: Floats

    def __post_init__(self) -> None:
        """Refuse what the equations cannot take.

        Raises
        ------
        SchemaError
            Shapes differ, or a parameter is out of its bounds.
        """
        shapes = {one.shape for one in (self.x1, self.x2, self.x3, self.x4)}
        if len(shapes) > 1 or self.x1.ndim != 1:
            raise SchemaError(f"parameters of shapes {sorted(shapes)}")
        good = (self.x1 > 0) & (self.x3 > 0) & np.isfinite(self.x2)
        good &= (self.x4 >= SHORTEST_X4_H) & (self.x4 <= LONGEST_X4_H)
        if not good.all():
            raise SchemaError(f"parameters out of bounds: rows {np.flatnonzero(~good).tolist()}")

    def __len__(self) -> int:
        return len(self.x1)

    def of(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the parameters of some catchments; one may be asked for again."""
        return type(self)(self.x1[rows], self.x2[rows], self.x3[rows], self.x4[rows])


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What catchments remember at the end of an hour.

    Attributes
    ----------
    production, routing : dims (catchment), mm in the two stores
    routed, direct : dims (catchment, hour ahead), mm on their way through the two unit hydrographs
    """

    production: Floats
    routing: Floats
    routed: Floats
    direct: Floats

    @classmethod
    def filled(cls, parameters: Parameters, production: float, routing: float) -> Self:
        """Return stores filled to a share of their capacities, and nothing on its way."""
        first, second = hydrographs(parameters.x4)
        return cls(
            production=production * parameters.x1,
            routing=routing * parameters.x3,
            routed=np.zeros_like(first),
            direct=np.zeros_like(second),
        )

    def of(self, rows: npt.NDArray[np.int64]) -> State:
        """Return the state of some catchments; one may be asked for again."""
        return State(
            self.production[rows], self.routing[rows], self.routed[rows], self.direct[rows]
        )

    def copy(self) -> State:
        """Return the same in arrays of its own."""
        return State(
            self.production.copy(), self.routing.copy(), self.routed.copy(), self.direct.copy()
        )


def released(routing_mm: Floats, x3_mm: float) -> Floats:
    """Return what the routing store lets go in an hour when it holds so much, mm.

    Source: Perrin et al. (2003), eq. 20.
    """
    return np.asarray(routing_mm * (1.0 - (1.0 + (routing_mm / x3_mm) ** 4) ** -0.25))


def hydrographs(x4: Floats) -> tuple[Floats, Floats]:
    """Return the ordinates of both unit hydrographs, dims (catchment, hour), each row summing to 1.

    Source: Perrin et al. (2003), eqs. 9 to 17, with the exponent 5/4.
    """
    n = int(np.ceil(x4.max(initial=1.0)))
    first = np.minimum(np.arange(n + 1) / x4[:, None], 1.0) ** UH_EXPONENT
    t = np.minimum(np.arange(2 * n + 1) / x4[:, None], 2.0)
    rising, falling = 0.5 * np.minimum(t, 1.0) ** UH_EXPONENT, 1.0 - 0.5 * (2.0 - t) ** UH_EXPONENT
    return np.diff(first, axis=1), np.diff(np.where(t <= 1.0, rising, falling), axis=1)


def simulate(
    rain_mm: Floats, pet_mm: Floats, parameters: Parameters, state: State
) -> tuple[Floats, State]:
    """Return the runoff of each hour, and what is remembered at its end.

    A block of hours gives the same bytes as the hours one by one.

    Parameters
    ----------
    rain_mm, pet_mm : dims (time, catchment), mm in one hour, without NaN
    state : at the beginning; it is left as it is

    Returns
    -------
    runoff : dims (time, catchment), mm in one hour
    state : at the end

    Raises
    ------
    SchemaError
        Shapes differ, or rain or evaporation is missing.
    """
    _refuse(rain_mm, pet_mm, parameters)
    after = state.copy()
    runoff = np.empty_like(rain_mm)
    first, second = hydrographs(parameters.x4)
    _run(rain_mm, pet_mm, *_arrays(parameters), first, second, *_stores(after), runoff)
    return runoff, after


def ahead(
    rain_mm: Floats,
    pet_mm: Floats,
    future_mm: Floats,
    parameters: Parameters,
    state: State,
) -> Floats:
    """Return, at each hour, the runoff of the hours after it if the rain is as foreseen then.

    Parameters
    ----------
    rain_mm, pet_mm : dims (time, catchment); evaporation stays as it is in the hours ahead
    future_mm : dims (time, hour ahead, catchment), rain as foreseen at each hour
    state : at the beginning

    Returns
    -------
    dims (time, hour ahead, catchment), mm in one hour

    Raises
    ------
    SchemaError
        Shapes differ, or rain or evaporation is missing.
    """
    _refuse(rain_mm, pet_mm, parameters)
    if future_mm.shape[::2] != rain_mm.shape or np.isnan(future_mm).any():
        raise SchemaError(f"rain {rain_mm.shape} and the rain ahead {future_mm.shape} do not fit")
    after = state.copy()
    runoff = np.empty_like(future_mm)
    first, second = hydrographs(parameters.x4)
    _look(rain_mm, pet_mm, future_mm, *_arrays(parameters), first, second, *_stores(after), runoff)
    return runoff


def _refuse(rain_mm: Floats, pet_mm: Floats, parameters: Parameters) -> None:
    if rain_mm.shape != pet_mm.shape or rain_mm.shape[1:] != (len(parameters),):
        raise SchemaError(f"{rain_mm.shape} rain, {pet_mm.shape}, {len(parameters)} catchments")
    if np.isnan(rain_mm).any() or np.isnan(pet_mm).any():
        raise SchemaError("GR4H takes no missing rain or evaporation: say what stands in for it")


def _arrays(parameters: Parameters) -> tuple[Floats, Floats, Floats]:
    return parameters.x1, parameters.x2, parameters.x3


def _stores(state: State) -> tuple[Floats, Floats, Floats, Floats]:
    return state.production, state.routing, state.routed, state.direct


@numba.njit(cache=True)
def _hour(  # noqa: PLR0913, PLR0917 - numba takes no dataclass
    rain: float, pet: float, s: float, r: float, x1: float, x2: float, x3: float,
    first: Floats, second: Floats, routed: Floats, direct: Floats,
) -> tuple[float, float, float]:  # fmt: skip
    """Return the two stores and the runoff after one hour; what is on its way moves on."""
    fill = s / x1
    effective = 0.0
    if rain >= pet:
        wet = np.tanh(min((rain - pet) / x1, 13.0))
        gain = x1 * (1.0 - fill * fill) * wet / (1.0 + fill * wet)
        s += gain
        effective = rain - pet - gain
    else:
        dry = np.tanh(min((pet - rain) / x1, 13.0))
        s = max(0.0, s - s * (2.0 - fill) * dry / (1.0 + (1.0 - fill) * dry))
    percolated = s * (1.0 - (1.0 + (s / x1 / PERCOLATION) ** 4) ** -0.25)
    s -= percolated
    effective += percolated
    for i in range(len(routed) - 1):
        routed[i] = routed[i + 1] + ROUTED * effective * first[i]
    routed[-1] = ROUTED * effective * first[-1]
    for i in range(len(direct) - 1):
        direct[i] = direct[i + 1] + (1.0 - ROUTED) * effective * second[i]
    direct[-1] = (1.0 - ROUTED) * effective * second[-1]
    exchange = x2 * (r / x3) ** EXCHANGE_EXPONENT
    r = max(0.0, r + routed[0] + exchange)
    released = r * (1.0 - (1.0 + (r / x3) ** 4) ** -0.25)
    return s, r - released, released + max(0.0, direct[0] + exchange)


@numba.njit(cache=True)
def _run(  # noqa: PLR0913, PLR0917
    rain: Floats, pet: Floats, x1: Floats, x2: Floats, x3: Floats, first: Floats, second: Floats,
    production: Floats, routing: Floats, routed: Floats, direct: Floats, runoff: Floats,
) -> None:  # fmt: skip
    for c in range(rain.shape[1]):
        for t in range(rain.shape[0]):
            production[c], routing[c], runoff[t, c] = _hour(
                rain[t, c], pet[t, c], production[c], routing[c], x1[c], x2[c], x3[c],
                first[c], second[c], routed[c], direct[c],
            )  # fmt: skip


@numba.njit(cache=True)
def _look(  # noqa: PLR0913, PLR0917
    rain: Floats, pet: Floats, future: Floats, x1: Floats, x2: Floats, x3: Floats,
    first: Floats, second: Floats, production: Floats, routing: Floats,
    routed: Floats, direct: Floats, runoff: Floats,
) -> None:  # fmt: skip
    for c in range(rain.shape[1]):
        for t in range(rain.shape[0]):
            production[c], routing[c], _ = _hour(
                rain[t, c], pet[t, c], production[c], routing[c], x1[c], x2[c], x3[c],
                first[c], second[c], routed[c], direct[c],
            )  # fmt: skip
            s, r = production[c], routing[c]
            on_routed, on_direct = routed[c].copy(), direct[c].copy()
            for k in range(future.shape[1]):
                s, r, runoff[t, k, c] = _hour(
                    future[t, k, c], pet[t, c], s, r, x1[c], x2[c], x3[c],
                    first[c], second[c], on_routed, on_direct,
                )  # fmt: skip
