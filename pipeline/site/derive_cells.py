"""Which cell of a grid lies over each place of a site."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import rasterio.errors
import rasterio.warp
from affine import Affine

from pipeline.catchment.weights import from_rows
from pipeline.errors import SiteError
from pipeline.observation import GridGeometry
from pipeline.site.derived import WGS84, on_grid
from pipeline.site.model import CatchmentWeights, Station, Village


def cells_over(places: Iterable[Station | Village], geometry: GridGeometry) -> dict[str, int]:
    """Return the row-major cell of each place that lies on a grid, by its id.

    Raises
    ------
    SiteError
        The grid's CRS cannot be used.
    """
    placed = {
        p.station_id if isinstance(p, Station) else p.village_id: (p.lon, p.lat)
        for p in places
        if p.lon is not None and p.lat is not None
    }
    if not placed:
        return {}
    lon, lat = zip(*placed.values(), strict=True)
    try:
        x, y = rasterio.warp.transform(WGS84, geometry.crs, lon, lat)
    except rasterio.errors.CRSError as error:
        raise SiteError(f"[catchment] sample of a grid: {error}") from error
    col, row = np.floor(~Affine(*geometry.transform) @ (np.array(x), np.array(y)))
    rows, cols = geometry.shape
    on_it = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    cell = np.where(on_it, row * cols + col, -1).astype(int).tolist()
    return {name: at for name, at in zip(placed, cell, strict=True) if at >= 0}


def by_position(
    villages: tuple[Village, ...], grid_id: str, geometry: GridGeometry
) -> CatchmentWeights:
    """Return weights by which the cell over each village stands for its catchment.

    Raises
    ------
    SiteError
        The grid's CRS cannot be used, or it lies over no village.
    """
    cells = cells_over(villages, geometry)
    if not cells:
        raise SiteError(f"grid {grid_id} lies over no village")
    rows, cols = geometry.shape
    own = [(np.array([cell]), np.ones(1)) for cell in cells.values()]
    return on_grid(from_rows(own, rows * cols), tuple(cells), grid_id, geometry.shape)
