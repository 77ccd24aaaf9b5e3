"""Weights of catchments that are given as polygons: how much of each rain cell they cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from pipeline.catchment.network import Transform, refuse_rotated
from pipeline.catchment.weights import Weights, from_rows

PLANE, SPHERE = "area_cartesian", "area_spherical_m2"
COVERAGE = "coverage"
TINY = np.finfo(np.float64).tiny


def from_polygons(
    polygons: Mapping[str, BaseGeometry],
    rain_transform: Transform,
    rain_shape: tuple[int, int],
    *,
    geographic: bool = False,
) -> Weights:
    """Return weights by the exact share of each rain cell that a catchment covers.

    Parameters
    ----------
    polygons : a catchment each, in the rain grid's CRS
    rain_transform : affine (a, b, c, d, e, f) of the rain grid
    rain_shape : (rows, cols)
    geographic : x, y are longitude and latitude: cells weigh by their area on the sphere

    Returns
    -------
    Weights
        Rows sum to 1 where the rain grid covers the whole catchment, to less where it does not, and
        to 0 where it sees nothing of it.

    Raises
    ------
    SchemaError
        The grid is rotated.

    Source: Baston (2024), exactextract: the fraction of each cell, exact for straight edges.
    """
    refuse_rotated(rain_transform)
    rows, cols = rain_shape
    a, _, left, _, e, top = rain_transform
    (west, east), (south, north) = sorted((left, left + a * cols)), sorted((top, top + e * rows))
    found = exact_extract(
        NumPyRasterSource(np.zeros(rain_shape), west, south, east, north),
        features(polygons.values()),
        ["cell_id", f"coverage(coverage_weight={SPHERE if geographic else PLANE})"],
    )
    frame, each = box(west, south, east, north), []
    for one, polygon in zip(found, polygons.values(), strict=True):
        cell, covered = one["properties"]["cell_id"], one["properties"][COVERAGE]
        down, along = cell // cols, cell % cols  # counted from the north-western corner
        down, along = down if e < 0 else rows - 1 - down, along if a > 0 else cols - 1 - along
        seen = polygon.intersection(frame).area / polygon.area
        each.append((down * cols + along, covered / max(covered.sum(), TINY) * seen))
    return from_rows(each, rows * cols)


def features(polygons: Iterable[BaseGeometry]) -> JSONFeatureSource:
    """Return polygons as exactextract takes them."""
    return JSONFeatureSource(
        [{"type": "Feature", "properties": {}, "geometry": mapping(p)} for p in polygons]
    )
