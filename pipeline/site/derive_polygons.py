"""Weights and areas of catchments that the site states as polygons."""

from __future__ import annotations

from collections.abc import Mapping

import rasterio.crs
import rasterio.errors
import rasterio.warp
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from pipeline.catchment.polygons import from_polygons
from pipeline.errors import SchemaError, SiteError
from pipeline.observation import GridGeometry
from pipeline.site.catchments_file import CATCHMENTS_FILE
from pipeline.site.derived import WGS84, Derived, Snapped, on_grid
from pipeline.site.model import Village

SHARE_DECIMALS = 6


def by_polygon(
    villages: tuple[Village, ...],
    polygons: Mapping[str, BaseGeometry],
    grid_id: str,
    geometry: GridGeometry,
) -> Derived:
    """Return what polygons imply for the villages that have one, and that the others have none.

    Raises
    ------
    SiteError
        The rain grid's CRS cannot be used, or the grid is rotated.
    """
    try:
        crs = rasterio.crs.CRS.from_user_input(geometry.crs)
        own = {v.village_id: _moved(polygons[v.village_id], crs) for v in villages
               if v.village_id in polygons}  # fmt: skip
        weights = from_polygons(
            own, geometry.transform, geometry.shape, geographic=bool(crs.is_geographic)
        )
    except (rasterio.errors.CRSError, SchemaError) as error:
        raise SiteError(f"[catchment] rain_sample: {error}") from error
    seen = dict(zip(own, weights.row_sums().round(SHARE_DECIMALS).tolist(), strict=True))
    return Derived(
        weights=on_grid(weights, tuple(own), grid_id, geometry.shape),
        snapped=tuple(_snapped(v.village_id, polygons, seen) for v in villages),
    )


def _snapped(
    village_id: str, polygons: Mapping[str, BaseGeometry], seen: Mapping[str, float]
) -> Snapped:
    if village_id not in polygons:
        return Snapped(village_id=village_id, fault=f"it has no polygon in {CATCHMENTS_FILE}")
    return Snapped(
        village_id=village_id,
        area_km2=round(area_km2(polygons[village_id]), 3),
        seen=seen[village_id],
        fault=None if seen[village_id] else "the rain grid sees nothing of its catchment",
    )


def area_km2(polygon: BaseGeometry) -> float:
    """Return the area of a polygon in longitude and latitude, by an equal-area plane around it."""
    middle = polygon.centroid
    plane = rasterio.crs.CRS.from_string(f"+proj=laea +lat_0={middle.y} +lon_0={middle.x}")
    return float(_moved(polygon, plane).area) / 1e6


def _moved(polygon: BaseGeometry, crs: rasterio.crs.CRS) -> BaseGeometry:
    return shape(rasterio.warp.transform_geom(WGS84, crs, mapping(polygon)))
