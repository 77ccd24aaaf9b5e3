"""Small networks on a plane, in km, and what passes over them."""

import numpy as np

from pipeline.quality.station_block import StationBlock
from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable

STEP_S = 300
FIRST_US = 1_720_483_200_000_000
KM_A_DEGREE = 111.195


def network(east_km, north_km, values, *, heights=None, interval_s=STEP_S, grid=None):
    """Return a block of stations at km from (115 E, 40 N); heights unknown unless given."""
    east, north = np.asarray(east_km, float), np.asarray(north_km, float)
    values = np.asarray(values, float)
    n = len(east)
    return StationBlock(
        stations=tuple(f"S{i}" for i in range(n)),
        times=FIRST_US + np.arange(1, len(values) + 1) * interval_s * 1_000_000,
        values=values,
        latency_min=np.where(np.isnan(values), np.nan, 1.0),
        interval_s=interval_s,
        lon=115 + east / (KM_A_DEGREE * np.cos(np.radians(40))),
        lat=40 + north / KM_A_DEGREE,
        elevation_m=np.full(n, np.nan) if heights is None else np.asarray(heights, float),
        grid=grid,
    )


def ring(neighbours, values, radius_km=5.0, **about):
    """Return a block whose first station has all the others around it."""
    angle = np.linspace(0, 2 * np.pi, neighbours, endpoint=False)
    east = np.concatenate([[0.0], radius_km * np.cos(angle)])
    return network(east, np.concatenate([[0.0], radius_km * np.sin(angle)]), values, **about)


def rule(check: Check, **limits) -> QualityRule:
    return QualityRule(check=check, variable=Variable.RAIN, unit="mm", source="a test", **limits)


def moving_core(steps, east, north, *, peak_mm, width_km, speed_km, course, start):
    """Return the rain of a Gaussian core that crosses the origin at step `start`, tipped at 0.2."""
    along = (np.arange(steps) - start)[:, None] * speed_km
    x, y = along * np.cos(course), along * np.sin(course)
    apart = np.hypot(np.asarray(east) - x, np.asarray(north) - y)
    fallen = peak_mm * np.exp(-0.5 * (apart / width_km) ** 2)
    return np.floor(fallen / 0.2) * 0.2
