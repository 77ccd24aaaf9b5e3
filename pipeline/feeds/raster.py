"""What every raster must agree on with its declaration: where it lies, and its numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import rasterio.crs
import rasterio.errors

from pipeline.errors import DecodeError
from pipeline.observation import QcFlag
from pipeline.quality.gross_range import gross_range
from pipeline.site.model import FeedSpec

MAX_CELLS = 25_000_000
"""Of all grids in one payload: 100 MB as they are kept."""

MAX_BLOCK_BYTES = 67_108_864
"""Of one tile, strip or chunk, which is unpacked whole: 4096 x 4096 cells of four bytes."""


def agreed_crs(stated: str | None, spec: FeedSpec, where: str) -> str:
    """Return the authority code, or the WKT, of the CRS that file and feeds.toml agree on.

    Raises
    ------
    DecodeError
        Neither states one, or they state different ones: guessing would move rain.
    """
    if stated is None:
        if spec.crs is None:
            message = f"{where}: neither the file nor feeds.toml states a CRS"
            raise DecodeError(message, field="crs")
        return spec.crs
    try:
        text = _named(stated)
        same = spec.crs is None or _same(text, spec.crs)
    except rasterio.errors.CRSError:
        raise DecodeError(f"{where}: its CRS cannot be read", field="crs") from None
    if not same:
        message = f"{where}: the file states {text[:40]}, feeds.toml {(spec.crs or '')[:40]}"
        raise DecodeError(message, field="crs")
    return text


def agreed_scale(stated: tuple[float, float], spec: FeedSpec, where: str) -> tuple[float, float]:
    """Return scale and offset by which a number as written becomes one in the feed's unit.

    Parameters
    ----------
    stated : of the file; (1, 0) = it states none

    Raises
    ------
    DecodeError
        The file states one that is no number or zero, or another than feeds.toml.
    """
    scale, offset = stated
    if not (np.isfinite(scale) and np.isfinite(offset) and scale):
        raise DecodeError(f"{where}: scaled by what is no number, or zero", field="scale")
    if (scale, offset) == (1.0, 0.0):
        return spec.scale, 0.0
    if spec.scale not in {1.0, scale}:
        message = f"{where}: the file states {scale:g}, feeds.toml {spec.scale:g}"
        raise DecodeError(message, field="scale")
    return scale, offset


def possible(
    values: npt.NDArray[np.float64], spec: FeedSpec, interval_s: int
) -> tuple[npt.NDArray[np.float32], int]:
    """Return the cells, NaN where no instrument can have measured them, and how many those are."""
    failed = gross_range(values, spec.variable, interval_s) == QcFlag.FAIL
    return np.where(failed, np.nan, values).astype(np.float32), int(failed.sum())


@lru_cache(maxsize=64)
def _named(stated: str) -> str:
    """Return the authority code where the file names one, else the WKT."""
    crs = rasterio.crs.CRS.from_user_input(stated)
    authority = crs.to_authority()
    return str(crs.to_wkt()) if authority is None else ":".join(authority)


@lru_cache(maxsize=64)
def _same(one: str, other: str) -> bool:
    crs = rasterio.crs.CRS
    return bool(crs.from_user_input(one) == crs.from_user_input(other))
