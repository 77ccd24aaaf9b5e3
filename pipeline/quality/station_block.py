"""Several stations beside one another in time: what a check over stations is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.site.model import Station

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint8]
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StationBlock:
    """The readings of one variable and interval, a column for each station of each feed.

    Attributes
    ----------
    stations : dims (station), names; one that two feeds tell has two columns of one name, and is
        no neighbour of its own
    times : dims (time), ends of intervals or instants, microseconds UTC, rising, not equally spaced
    values : dims (time, station), in the variable's unit; NaN = nothing usable was said then
    latency_min : dims (time, station), known_at less valid_time; NaN where `values` is
    interval_s : of every value; 0 = instant values
    lon, lat, elevation_m : dims (station), degrees (WGS 84) and metres; NaN = not stated
    feeds : dims (station), which feed tells each column; () = it does not matter
    grid : dims (time, station), what a grid says of the cell over each station; None = no grid
    """

    stations: tuple[str, ...]
    times: Ints
    values: Floats
    latency_min: Floats
    interval_s: int
    lon: Floats
    lat: Floats
    elevation_m: Floats
    feeds: tuple[str, ...] = ()
    grid: Floats | None = None

    @classmethod
    def of(
        cls,
        stations: Sequence[str],
        rows: tuple[Ints, Ints, Floats, Ints],
        interval_s: int,
        places: Mapping[str, Station],
    ) -> Self:
        """Return the block of some rows.

        Parameters
        ----------
        rows : column, valid_us, value and known_us of each reading, oldest first
        places : where each station lies; one that is not among them lies nowhere
        """
        column, valid_us, value, known_us = rows
        times, at = instants_of(valid_us)
        values = np.full((len(times), len(stations)), np.nan)
        latency = np.full(values.shape, np.nan)
        cells = at * len(stations) + column
        values.ravel()[cells] = value
        latency.ravel()[cells] = np.where(
            np.isnan(value), np.nan, (known_us - valid_us) / MINUTE_US
        )
        found = [places.get(name) for name in stations]
        return cls(
            stations=tuple(stations),
            times=times,
            values=values,
            latency_min=latency,
            interval_s=interval_s,
            lon=_stated([None if s is None else s.lon for s in found]),
            lat=_stated([None if s is None else s.lat for s in found]),
            elevation_m=_stated([None if s is None else s.elevation_m for s in found]),
        )

    def where(self, usable: npt.NDArray[np.bool_]) -> Self:
        """Return the block without the values that are not usable, dims (time, station)."""
        return replace(
            self,
            values=np.where(usable, self.values, np.nan),
            latency_min=np.where(usable, self.latency_min, np.nan),
        )


def instants_of(valid_us: Ints) -> tuple[Ints, Ints]:
    """Return the different instants of rows, oldest first, and which of them each row is of."""
    new = np.ones(len(valid_us), np.bool_)
    np.greater(valid_us[1:], valid_us[:-1], out=new[1:])
    return valid_us[new], np.cumsum(new) - 1


def _stated(numbers: Sequence[float | None]) -> Floats:
    return np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)
