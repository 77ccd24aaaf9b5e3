"""Protocol ``grid``: rain as a raster, from a GeoTIFF or from NetCDF by the CF conventions.

A GeoTIFF is one grid at one time, which its name tells. A NetCDF file tells its own times, units
and forecast members; feeds.toml may state them too, and what contradicts is refused.
"""

from __future__ import annotations

from typing import Final

from pipeline.feeds import geotiff, netcdf
from pipeline.feeds.netcdf_file import BEGINS
from pipeline.feeds.protocol import Problems, Protocol
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec

ENDINGS: Final = (".nc", ".nc4", ".cdf")


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode a raster by what its first bytes say it is.

    Raises
    ------
    DecodeError
        Truncated, not a raster, too large, or not what the feed declares.
    """
    read = netcdf.decode if payload.content.startswith(BEGINS) else geotiff.decode
    return read(payload, spec, window)


def problems(spec: FeedSpec) -> Problems:
    """Yield what a grid feed's declaration lacks."""
    tells_itself = (spec.pattern or spec.where).lower().endswith(ENDINGS)
    if spec.parameter is not None or tells_itself:
        return
    if spec.forecast_h is not None:
        yield "forecast_h", "a GeoTIFF tells no run; of NetCDF, state the parameter"
    if spec.pattern is None:
        yield "pattern", "a GeoTIFF's time is in its name; of NetCDF, state the parameter"
    if spec.unit is None:
        yield "unit", "a GeoTIFF states no unit; of NetCDF, state the parameter"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True)
