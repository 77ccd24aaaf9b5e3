"""Who stands near whom: neighbours by distance and climb."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from pipeline.quality.station_block import StationBlock
from pipeline.site.model import QualityRule

EARTH_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a check asks, and over how long; the defaults where a rule does not say.

    Attributes
    ----------
    radius_km : 10 km, the range of de Vos et al. (2019), and the width of a convective cell
    climb_m : the difference in elevation that counts as much as the radius
    window_min : a cell that moves at 10 km/h has crossed the radius in it
    neighbours : how many it takes to judge
    """

    radius_km: float = 10.0
    climb_m: float = 500.0
    window_min: float = 60.0
    neighbours: int = 3

    @classmethod
    def of(cls, rule: QualityRule) -> Self:
        """Return what a rule says."""
        said = {field.name: getattr(rule, field.name) for field in fields(cls)}
        return cls(**{name: value for name, value in said.items() if value is not None})


def nearby(block: StationBlock, reach: Reach) -> csr_array:
    """Return the neighbours of each station, ones in a matrix [station, station].

    Rain changes with height as it does with distance, so a climb of `climb_m` counts as much as
    `radius_km`: neighbours are those with (distance / radius)^2 + (climb / climb_m)^2 <= 1. Where
    one of the two heights is unknown the distance alone counts. A station without a position has
    no neighbours. Nobody is its own neighbour, by whatever feed it speaks.

    Source: the separation of the spatial consistency test, Lussana, Uboldi and Salvati (2010),
    Q. J. R. Meteorol. Soc. 136, 1075-1088, eq. 5.
    """
    placed = np.flatnonzero(~np.isnan(block.lon) & ~np.isnan(block.lat))
    pairs = cKDTree(_on_the_globe(block.lon[placed], block.lat[placed])).query_pairs(
        reach.radius_km, output_type="ndarray"
    )
    one, other = placed[pairs[:, 0]], placed[pairs[:, 1]]
    climb = np.nan_to_num(block.elevation_m[one] - block.elevation_m[other]) / reach.climb_m
    place = _on_the_globe(block.lon, block.lat)
    apart = np.linalg.norm(place[one] - place[other], axis=1) / reach.radius_km
    own = np.array(block.stations)
    near = (apart**2 + climb**2 <= 1.0) & (own[one] != own[other])
    rows = np.concatenate([one[near], other[near]])
    columns = np.concatenate([other[near], one[near]])
    n = len(block.lon)
    return csr_array((np.ones(len(rows), np.float64), (rows, columns)), shape=(n, n))


def apart_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two places (lon, lat in degrees), as `nearby` measures it."""
    lon, lat = np.array([one, other]).T
    return float(np.linalg.norm(np.diff(_on_the_globe(lon, lat), axis=0)))


def _on_the_globe(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return x, y, z in km [station, 3]; within a radius of 100 km a chord is the distance."""
    east, north = np.radians(lon), np.radians(lat)
    around = np.cos(north)
    xyz = np.stack([around * np.cos(east), around * np.sin(east), np.sin(north)], axis=1)
    return np.asarray(EARTH_KM * xyz, np.float64)
