"""A GeoTIFF: one grid of one variable at one time, which its name tells."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio.errors
import rasterio.io

from pipeline.errors import DecodeError
from pipeline.feeds import unit
from pipeline.feeds.raster import (
    MAX_BLOCK_BYTES,
    MAX_CELLS,
    agreed_crs,
    agreed_scale,
    possible,
)
from pipeline.feeds.stamp import interval_end, of_address
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, Fault, GridGeometry, GridReading, RawPayload
from pipeline.site.model import FeedSpec


@dataclass(frozen=True, slots=True)
class _Raster:
    """Numbers as written (float64 [rows, cols]), what the file says of them, and where they lie."""

    numbers: npt.NDArray[np.float64]
    nodata: float | None
    scale: tuple[float, float]
    geometry: GridGeometry


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode one GeoTIFF; its time is in its name, by the feed's pattern.

    Cells that are nodata, or that no instrument can have measured, are NaN; a fault tells how many
    of the latter. Where the file and the feed state different nodata numbers both are nodata, and
    a fault if a cell bears one; where they state different CRS the file is refused: guessing would
    move rain.

    Raises
    ------
    DecodeError
        Truncated, not a raster, too large, without a stamp, or not what the feed declares.
    """
    if spec.unit is None:
        raise DecodeError("a GeoTIFF states no unit, so feeds.toml must", field="unit")
    valid_time = interval_end(of_address(payload.source_url, spec), spec)
    if window is not None and valid_time not in window:
        return Decoded()
    raster = _read(payload, spec)
    scale, offset = agreed_scale(raster.scale, spec, payload.source_url)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is out of range below
        values = (raster.numbers * scale + offset) * unit.factor(spec.variable, spec.unit)
    empty = np.isin(raster.numbers, [*_nodata(raster, spec)])
    seen = np.isfinite(raster.numbers) & ~empty
    cells, fails = possible(np.where(seen, values, np.nan), spec, spec.interval_min * 60)
    grid = GridReading(
        grid_id=spec.grid_id or spec.feed_id,
        variable=spec.variable,
        interval_s=spec.interval_min * 60 if spec.variable.is_sum else 0,
        valid_time=valid_time,
        cells=cells,
        geometry=raster.geometry,
    )
    faults = []
    if empty.any() and len(_nodata(raster, spec)) > 1:
        message = f"the file states nodata {raster.nodata:g}, feeds.toml {spec.nodata:g}"
        faults.append(Fault(payload.source_url, message, field="nodata"))
    if fails:
        faults.append(Fault(payload.source_url, f"{fails} cells out of gross range"))
    return Decoded(grids=(grid,), faults=tuple(faults))


def _nodata(raster: _Raster, spec: FeedSpec) -> set[float]:
    return {number for number in (raster.nodata, spec.nodata) if number is not None}


def _read(payload: RawPayload, spec: FeedSpec) -> _Raster:
    if not payload.content:
        raise DecodeError(f"{payload.source_url}: empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", rasterio.errors.NotGeoreferencedWarning)
            return _opened(payload, spec)
    except (rasterio.errors.RasterioError, rasterio.errors.NotGeoreferencedWarning) as error:
        message = f"{payload.source_url}: truncated or not a raster ({type(error).__name__})"
        raise DecodeError(message) from error


def _opened(payload: RawPayload, spec: FeedSpec) -> _Raster:
    # This driver alone: others (VRT) would follow what a payload says to files and addresses.
    with rasterio.io.MemoryFile(payload.content) as memory, memory.open(driver="GTiff") as source:
        if source.width * source.height > MAX_CELLS:
            raise DecodeError(f"{payload.source_url}: more than {MAX_CELLS} cells")
        if _block_bytes(source) > MAX_BLOCK_BYTES:
            message = f"{payload.source_url}: tiles or strips of more than {MAX_BLOCK_BYTES} bytes"
            raise DecodeError(message)
        numbers = source.read(1).astype(np.float64)  # first: a cut file has lost its CRS too
        a, b, c, d, e, f = source.transform[:6]
        stated = None if source.crs is None else source.crs.to_wkt()
        crs = agreed_crs(stated, spec, payload.source_url)
        scale = float(source.scales[0]), float(source.offsets[0])
        geometry = GridGeometry(crs, (a, b, c, d, e, f), (source.height, source.width))
        return _Raster(numbers, source.nodata, scale, geometry)


def _block_bytes(source: rasterio.io.DatasetReader) -> int:
    """Return what one tile or strip takes when unpacked; pixel by pixel it holds every band."""
    rows, cols = source.block_shapes[0]
    by_band = source.tags(ns="IMAGE_STRUCTURE").get("INTERLEAVE") == "BAND"
    bands = 1 if by_band else source.count
    return int(rows * cols * np.dtype(source.dtypes[0]).itemsize * bands)
